"""
Pods in memory: a virtual clock, scripted fates, nothing else; for tests of other people's schedulers.

    from podcompose.backends.memory import Evicted, Fails, MemoryBackend

    def test_my_scheduler_retries_what_the_cluster_did():
        with MemoryBackend(fates={"dag/run/1": Evicted(), "dag/run/2": Fails(3)}) as backend:
            ...

Give every `poll` a timeout: it passes in virtual time, at once.
"""

from podcompose.backends.memory.backend import Fates, Fault, MemoryBackend
from podcompose.backends.memory.clock import START, Timer, VirtualClock
from podcompose.backends.memory.fates import (
    STARTUP_S,
    BadCommand,
    ByHand,
    DeadlineExceeded,
    Deleted,
    Evicted,
    Fails,
    Fate,
    ImageError,
    InitFails,
    NeverScheduled,
    NodeLost,
    OOMs,
    Preempted,
    Rejected,
    Restarts,
    Runs,
    Succeeds,
)
from podcompose.backends.memory.hosting import OrderError

__all__ = [
    "START",
    "STARTUP_S",
    "BadCommand",
    "ByHand",
    "DeadlineExceeded",
    "Deleted",
    "Evicted",
    "Fails",
    "Fate",
    "Fates",
    "Fault",
    "ImageError",
    "InitFails",
    "MemoryBackend",
    "NeverScheduled",
    "NodeLost",
    "OOMs",
    "OrderError",
    "Preempted",
    "Rejected",
    "Restarts",
    "Runs",
    "Succeeds",
    "Timer",
    "VirtualClock",
]
