"""
Pods as processes: `python -m benchmarks.locally [COUNT] [ROUNDS]`, in a fresh process, prints what it found as JSON.

The same program, `true`, as pods by `run_many` over the local backend, and bare: `subprocess.Popen` and `wait`, so many at once, in
turn. Time passes on a clock, for that is what a person waits; CPU, children included, stands beside it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter

from podcompose.backends import LocalBackend
from podcompose.run import run_many

__all__ = ["found", "main"]

_AT_ONCE = 32
_POD = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "command": ["true"]}]}}


def _pods(count: int) -> int:
    with LocalBackend() as backend:
        pods = ((f"task/{place}", _POD) for place in range(count))
        return sum(outcome.kind == "Succeeded" for _, outcome in run_many(backend, pods, max_in_flight=_AT_ONCE))


def _bare(count: int) -> int:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(code == 0 for code in pool.map(_spawned, range(count)))


def _spawned(place: int) -> int:
    return subprocess.Popen(["true"], stdin=subprocess.DEVNULL).wait()


def _measured(work: Callable[[int], int], count: int) -> tuple[float, float]:
    """Seconds and CPU seconds of one."""
    start, before = perf_counter(), _cpu()
    given = work(count)
    seconds, cpu = perf_counter() - start, _cpu() - before
    if given != count:
        raise AssertionError(f"{given} of {count} have succeeded")
    return seconds / count, cpu / count


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def found(count: int = 1000, rounds: int = 3) -> Mapping[str, float]:
    """Microseconds of one pod and of one bare process, by the clock and in CPU; the ratios are medians of the rounds'."""
    _measured(_pods, 1)
    turns = [(_measured(_pods, count), _measured(_bare, count)) for _ in range(rounds)]
    told: dict[str, float] = {}
    for place, name in enumerate(("", " cpu")):
        ours, bare = ([one[place] for one in side] for side in zip(*turns, strict=True))
        told[f"ours{name}"], told[f"peer{name}"] = min(ours) * 1e6, min(bare) * 1e6
        told[f"ratio{name}"] = median(one / other for one, other in zip(ours, bare, strict=True))
    return told


def main(count: str = "1000", rounds: str = "3") -> None:
    """Print what was found."""
    print(json.dumps(found(int(count), int(rounds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
