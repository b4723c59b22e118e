"""
Measure in one environment: `python -m benchmarks.measure ENVIRONMENT OUTPUT ROUNDS`, started by `python -m benchmarks`.

All jobs are timed in turn, round after round: what disturbs the machine disturbs neighbours alike, and a round's ratios hold.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pyperf  # type: ignore[import-untyped] # it has none

from benchmarks.go import Go
from benchmarks.jobs import Job, airflow_jobs, mapping_jobs, start_jobs, typed_jobs

__all__ = ["calibrated", "jobs_of", "main", "versions"]

#: How long one value of one job takes, about.
SLICE_S = 0.012


def jobs_of(environment: str, stack: ExitStack) -> Iterator[Job]:
    """The jobs of an environment."""
    if environment == "airflow":
        yield from airflow_jobs()
        yield from typed_jobs()
        return
    yield from stack.enter_context(Go()).jobs()
    yield from mapping_jobs()
    yield from typed_jobs()
    yield from start_jobs()


def calibrated(job: Job) -> int:
    """How often a job fits into one slice; at least once."""
    loops = 1
    while True:
        seconds = job.seconds(loops)
        if seconds > SLICE_S / 4:
            return max(1, int(loops * SLICE_S / seconds))
        loops *= 4


def versions() -> dict[str, str]:
    """What is installed here, of what matters."""
    known = {"python": sys.version.partition(" ")[0]}
    for name in ("kubernetes", "orjson", "pyperf", "apache-airflow-providers-cncf-kubernetes"):
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            known[name] = "none"
    return known


def main(environment: str, output: str, rounds: str) -> None:
    """Measure, and write a suite that pyperf can read."""
    with ExitStack() as stack:
        jobs = list(jobs_of(environment, stack))
        loops = [calibrated(job) for job in jobs]
        values = [[job.seconds(often) / often for job, often in zip(jobs, loops, strict=True)] for _ in range(int(rounds))]
    benchmarks = []
    for job, often, taken in zip(jobs, loops, zip(*values, strict=True), strict=True):
        metadata = {"name": job.name, "loops": often, **{f"version_{name}": of for name, of in versions().items()}}
        benchmarks.append(pyperf.Benchmark([pyperf.Run(taken, metadata=metadata, collect_metadata=False)]))
    Path(output).unlink(missing_ok=True)
    pyperf.BenchmarkSuite(benchmarks).dump(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
