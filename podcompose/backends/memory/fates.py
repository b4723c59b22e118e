"""
What becomes of a pod: plain data, chosen by launch id.

A fate says how a pod ends; its statuses on the way are those of a real kubelet (docs/backends.md). All `after_s` are seconds since
the pod's containers started, where they start, else since the launch. A pod starts `STARTUP_S` after its launch, one second later
for each init container.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "STARTUP_S",
    "BadCommand",
    "ByHand",
    "DeadlineExceeded",
    "Deleted",
    "Evicted",
    "Fails",
    "Fate",
    "ImageError",
    "InitFails",
    "NeverScheduled",
    "NodeLost",
    "OOMs",
    "Preempted",
    "Rejected",
    "Restarts",
    "Runs",
    "Succeeds",
]

STARTUP_S = 1.0


@dataclass(frozen=True, slots=True)
class Succeeds:
    """The main container exits 0."""

    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Fails:
    """The main container exits otherwise; 137 and the like stand for signals, as everywhere."""

    exit_code: int = 1
    after_s: float = 1.0
    #: The termination message.
    message: str | None = None


@dataclass(frozen=True, slots=True)
class OOMs:
    """The main container is killed for the memory it used."""

    after_s: float = 1.0
    exit_code: int = 137


@dataclass(frozen=True, slots=True)
class Restarts:
    """The main container fails and is started again, so many times; then it exits 0. For pods with such a restartPolicy."""

    times: int = 1
    exit_code: int = 1
    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Runs:
    """It runs until it is stopped: then it exits with `exit_code` after `stops_after_s`, or is killed when grace is over."""

    exit_code: int = 143
    stops_after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class DeadlineExceeded:
    """Its activeDeadlineSeconds are over."""

    after_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Evicted:
    """The node runs out of something and evicts it."""

    after_s: float = 1.0
    message: str = "The node was low on resource: memory."


@dataclass(frozen=True, slots=True)
class Preempted:
    """The scheduler deletes it in favour of a pod of higher priority."""

    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class NodeLost:
    """Its node is heard of no more, and 40 seconds later given up."""

    after_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody else deletes it; force: without a word of the kubelet."""

    after_s: float = 1.0
    force: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The kubelet does not take it: OutOfcpu, NodeAffinity, UnexpectedAdmissionError, ..."""

    reason: str = "OutOfcpu"
    message: str = "Node didn't have enough resource: cpu, requested: 1000, used: 7500, capacity: 8000"


@dataclass(frozen=True, slots=True)
class InitFails:
    """Its last init container fails; the pod must have one."""

    exit_code: int = 1


@dataclass(frozen=True, slots=True)
class BadCommand:
    """Its main container cannot be started."""

    message: str = 'exec: "/no/such": stat /no/such: no such file or directory'


@dataclass(frozen=True, slots=True)
class ImageError:
    """Its image cannot be pulled; it waits for ever, or until that heals, and then it succeeds."""

    reason: str = "ErrImagePull"
    message: str = "failed to resolve image: no such host"
    heals_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class NeverScheduled:
    """No node is found for it."""

    message: str = "0/1 nodes are available: 1 Insufficient cpu."


@dataclass(frozen=True, slots=True)
class ByHand:
    """Nothing happens by itself: `set_status` and `remove` say what does."""


Fate: TypeAlias = (
    Succeeds
    | Fails
    | OOMs
    | Restarts
    | Runs
    | DeadlineExceeded
    | Evicted
    | Preempted
    | NodeLost
    | Deleted
    | Rejected
    | InitFails
    | BadCommand
    | ImageError
    | NeverScheduled
    | ByHand
)
