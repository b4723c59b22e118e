"""
Hold many results in memory: `python -m benchmarks.memory COUNT VARIABLES KIND METER`, in a fresh process each.

Prints the bytes that each adds. KIND: `compositions` (the override changes a variable and adds one), `apart` (it leaves the
variables alone), or `copies` of the whole pod. METER: `tracemalloc`, or `rss`, what the operating system says.
"""

from __future__ import annotations

import copy
import gc
import resource
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks import pods
from podcompose import Template, compose

__all__ = ["METERS", "bytes_each", "main"]


def _traced() -> int:
    return tracemalloc.get_traced_memory()[0]


def _resident() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


METERS: dict[str, Callable[[], int]] = {"tracemalloc": _traced, "rss": _resident}


def bytes_each(make: Callable[[int], Any], count: int, meter: Callable[[], int]) -> float:
    """The bytes that each of `count` results takes while all are held."""
    held: list[Any] = [make(0), *[None] * count]
    gc.collect()
    before = meter()
    for task in range(1, count + 1):
        held[task] = make(task)
    return (meter() - before) / count


def main(count: str, variables: str, kind: str, meter: str) -> None:
    """Print the bytes of a composition, or of a deep copy of the pod."""
    number = int(variables)
    template = Template.from_pod(pods.template(number))
    composed = pods.composed(number)
    makers: dict[str, Callable[[int], Any]] = {
        "compositions": lambda task: compose(template, pods.override(task)),
        "apart": lambda task: compose(template, pods.override(task, env=False)),
        "copies": lambda task: copy.deepcopy(composed),
    }
    if compose(template, pods.override(3)).manifest != pods.composed(number, 3):
        raise AssertionError("compose gives another pod than it must")
    if meter == "tracemalloc":
        tracemalloc.start()
    print(bytes_each(makers[kind], int(count), METERS[meter]))


if __name__ == "__main__":
    main(*sys.argv[1:])
