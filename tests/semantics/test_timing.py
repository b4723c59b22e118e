"""Times: each as a ratio to podcompose's in the same run."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.semantics import timing
from benchmarks.semantics.systems import System, read_systems
from benchmarks.semantics.timing import PODS, measured

SYSTEMS = {system.id: system for system in read_systems()}


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three batches each."""
    for name in ("SECONDS", "_BRIEFLY"):
        monkeypatch.setattr(timing, name, 0.001)
    monkeypatch.setattr(timing, "_SIZES", (0, 10))
    monkeypatch.setattr(timing, "_OVERRIDES", (1, 10))
    monkeypatch.setattr(timing, "_IMPORTS", 1)


def times(*systems: System) -> tuple[dict[str, Any], list[str]]:
    """What is measured of them, and who was told of."""
    told: list[str] = []
    return measured(systems, told.append), told


def test_everything_is_measured_beside_podcompose() -> None:
    """Which is measured first, in the middle and last, and is one row a pod like all others."""
    found, told = times(SYSTEMS["compose"], SYSTEMS["deepmerge-always"], SYSTEMS["deepmerge-or-raise"])

    assert told == ["compose", "deepmerge-always", "compose", "deepmerge-or-raise", "compose"]
    assert [(row["system"], row["pod"]) for row in found["rows"]][:6] == [
        (system, pod) for system in ("compose", "deepmerge-always") for pod in PODS
    ]
    assert all(row["ratio_in_process"] > 0 and row["ratio_json"] > 0 for row in found["rows"])
    assert [(row["ratio_in_process"], row["ratio_json"]) for row in found["rows"][: len(PODS)]] == [(1, 1)] * len(PODS)
    assert {each["system"]: each["ratio"] for each in found["imports"]}["compose"] == 1
    assert [len(curve["points"]) for curve in found["curves"] if curve["system"] == "compose"] == [2, 2]
    assert found["noise"]["spread"] >= 0


def test_a_ratio_is_never_none_of_it() -> None:
    """Not even of what is a thousand times as fast."""
    assert timing._ratio(0.01, [90.0, 100.0, 300.0]) == 0.0001


def test_without_podcompose_there_are_no_ratios() -> None:
    """But times there are."""
    found, told = times(SYSTEMS["deepmerge-always"])

    assert told == ["deepmerge-always"]
    assert [(row["ratio_in_process"], row["in_process_us"]["best"] > 0) for row in found["rows"]] == [(None, True)] * len(PODS)
    assert [each["ratio"] for each in found["imports"]] == [None]


@pytest.mark.parametrize("program", ["import no_such_thing", "print('no number')", "pass", "import time; time.sleep(60)"])
def test_an_import_that_fails_has_no_time(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor one that does not end, or that prints something of its own when it does."""
    monkeypatch.setattr(timing, "PATIENCE_S", 0.5)

    assert timing._run(SYSTEMS["compose"], program) is None
