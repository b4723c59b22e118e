# Everything a person types. `make` alone lists the targets; `make demo` and `make test` need nothing but Python, make and the registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := podcompose tests benchmarks examples
# Tests run side by side: four workers, for many of them wait. `make test WORKERS=0` runs them one after the other, in this process.
WORKERS ?= 4
PYTEST := $(BIN)/python -m pytest
SIDE_BY_SIDE := -n $(WORKERS)

.DEFAULT_GOAL := help
.PHONY: help demo test check format unit laws differential clients docs bench schema clean run cluster real-node soak soak-warm semantics semantics-check

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test]'
	@touch $@

demo: $(READY)  ## compose pods from three people's wishes, see who set what, and run them here
	@$(BIN)/python examples/demo.py

# A real node and a real control plane keep time: nothing else runs beside them, and their tests come first.
test: check semantics-check  ## format, lint, types, the quick half of the scoreboard, then every test
	@$(PYTEST) $(SIDE_BY_SIDE) tests/cluster tests/node
	@$(PYTEST) $(SIDE_BY_SIDE) --ignore=tests/cluster --ignore=tests/node

check: $(READY)  ## format, lint, import direction, types
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo 'run `make format`'; exit 1; }
	@$(BIN)/ruff check --quiet $(SOURCES)
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/mypy

format: $(READY)  ## put the code into its format
	@$(BIN)/ruff check --quiet --fix $(SOURCES) ; $(BIN)/ruff format --quiet $(SOURCES)

unit: $(READY)  ## tables of cases and the command line
	@$(PYTEST) tests/unit tests/typed tests/schema tests/cli

laws: $(READY)  ## the laws of the merge, over generated pods
	@$(PYTEST) $(SIDE_BY_SIDE) tests/laws

differential: $(READY)  ## against Kubernetes' own code and kubectl; PODCOMPOSE_CASES=200000 for a night
	@$(PYTEST) $(SIDE_BY_SIDE) tests/differential tests/oracle

run: $(READY)  ## outcomes, the watch machine, backends, the fault matrix, conformance
	@$(PYTEST) $(SIDE_BY_SIDE) tests/run tests/backends tests/faults tests/conformance

cluster: $(READY)  ## against a real kube-apiserver, built from its modules when it is not there
	@$(PYTEST) tests/cluster

real-node: $(READY)  ## stories told on a real node (kubelet, containerd, runc); needs root and apt-get
	@$(PYTEST) tests/node

soak: $(READY)  ## a night: 10,000 launches with lost replies and killed servers, 50,000 watched pods
	@PODCOMPOSE_SOAK=1 $(PYTEST) tests/cluster

soak-warm: $(READY)  ## 5,000 tasks over 8 warm pods of a real node, with cut streams and a killed API server
	@$(BIN)/python -m tests.warm.soak

clients: $(READY)  ## the typed edge on five generations of the kubernetes client
	@$(PYTEST) $(SIDE_BY_SIDE) tests/clients

docs: $(READY)  ## every example of the documentation and the docstrings
	@$(PYTEST) tests/docs

bench: $(READY)  ## time and memory beside Kubernetes' Go, Airflow and the client itself
	@$(BIN)/python -m benchmarks

semantics: $(READY)  ## the merge side by side: cases times systems, each in its environment, and the page of it (15 min the first time)
	@$(BIN)/python -m benchmarks.semantics run

semantics-check: $(READY)  ## ours, kubectl, deepmerge and the dummies on all cases: a verdict that changed is named
	@$(BIN)/python -m benchmarks.semantics check

schema: $(READY)  ## make podcompose/schema/pod.py anew from the facts
	@$(BIN)/python -m tests.schema.generate

clean:  ## forget everything that was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
