"""What a pool tells of itself."""

from __future__ import annotations

from typing import Any

from podcompose.backends import MemoryBackend
from podcompose.backends.memory import NeverScheduled
from podcompose.run import run
from podcompose.run.warm.pool import WarmPool

POD: dict[str, Any] = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "i", "command": ["true"]}]}}


def test_the_mean_start_is_of_the_pods_that_were_started_here() -> None:
    """A pod counts from when it was asked for until it runs, once; as long as none runs, there is no mean."""
    with WarmPool(MemoryBackend(), keep=0, limit=2) as pool:
        before = pool.stats().start_s
        for number in range(2):
            pool.launch(POD, launch_id=f"task/{number}")
        ended = [run(pool, POD, launch_id=f"task/{number}") for number in range(9)]
        stats = pool.stats()

    assert (before, len(ended), stats.tasks, stats.pods, stats.start_s) == (None, 9, 9, 2, 1.0)


def test_pods_that_never_run_have_no_start() -> None:
    """A pod that no node takes was started, and took no time that could be told."""
    with WarmPool(MemoryBackend(NeverScheduled()), keep=0) as pool:
        pool.launch(POD, launch_id="task/1")
        stats = pool.stats()

    assert (stats.pods, stats.start_s) == (1, None)
