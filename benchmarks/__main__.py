"""Measure everything, print the results and write them to benchmarks/results.md: `python -m benchmarks [ROUNDS]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pyperf  # type: ignore[import-untyped] # it has none

from benchmarks import running
from benchmarks.environments import BUILD, ENVIRONMENTS, python_of, run
from benchmarks.report import page
from tests.oracle.driver import program

RESULTS = Path(__file__).with_name("results.md")

#: (how many, variables, kind, meter)
HELD = (
    (100_000, 20, "compositions", "rss"),
    (100_000, 2000, "compositions", "rss"),
    (100_000, 2000, "apart", "rss"),
    (5_000, 20, "compositions", "tracemalloc"),
    (5_000, 2000, "compositions", "tracemalloc"),
    (5_000, 2000, "apart", "tracemalloc"),
    (1_000, 20, "copies", "rss"),
    (100, 2000, "copies", "rss"),
)


def main(rounds: int = 60) -> None:
    """Measure; an environment that cannot be made is an error, Go missing too."""
    start = time.perf_counter()
    BUILD.mkdir(parents=True, exist_ok=True)
    program()
    for environment in ENVIRONMENTS:
        python_of(environment)
    suites: dict[str, list[pyperf.BenchmarkSuite]] = {environment: [] for environment in ENVIRONMENTS}
    # Several processes each, in turn: where memory lies, and the seed of the hashes, are part of the noise.
    for process in range(3):
        for environment, measured in suites.items():
            output = BUILD / f"{environment}-{process}.json"
            if environment != "airflow" or process == 0:
                run(environment, "benchmarks.measure", environment, str(output), str(rounds // 3))
                measured.append(pyperf.BenchmarkSuite.load(str(output)))
                print(f"measured {environment}, {time.perf_counter() - start:.0f} s", flush=True)
    held = {(variables, kind, meter): (_held(count, variables, kind, meter), count) for count, variables, kind, meter in HELD}
    text = page(
        {environment: _joined(measured) for environment, measured in suites.items()},
        held,
        {environment: _versions(measured[0]) for environment, measured in suites.items()},
    )
    text = running.written(text, running.section(running.measured()))
    RESULTS.write_text(text)
    print(f"\n{text}\n{time.perf_counter() - start:.0f} s in all")


def _held(count: int, variables: int, kind: str, meter: str) -> float:
    return float(run("37", "benchmarks.memory", str(count), str(variables), kind, meter))


def _joined(suites: list[pyperf.BenchmarkSuite]) -> Mapping[str, list[float]]:
    joined: dict[str, list[float]] = {}
    for suite in suites:
        for benchmark in suite.get_benchmarks():
            joined.setdefault(benchmark.get_name(), []).extend(benchmark.get_values())
    return joined


def _versions(suite: pyperf.BenchmarkSuite) -> Mapping[str, str]:
    metadata = suite.get_benchmarks()[0].get_metadata()
    return {name.removeprefix("version_"): of for name, of in metadata.items() if name.startswith("version_") and of != "none"}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
