"""What can happen to a pod, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "Acknowledged",
    "BackingOff",
    "Bound",
    "Broken",
    "Disrupted",
    "Ended",
    "Exited",
    "Happening",
    "InitExited",
    "Marked",
    "Prepared",
    "Refused",
    "Silent",
    "Started",
    "Unbound",
]


@dataclass(frozen=True, slots=True)
class Bound:
    """The scheduler has found a node."""


@dataclass(frozen=True, slots=True)
class Unbound:
    """The scheduler has found none."""

    message: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The kubelet has taken it: every container waits."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The kubelet does not take it."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class InitExited:
    """The next init container has run."""

    code: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """The main container cannot start, for now; the others run."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class BackingOff:
    """The main container waits to be started again."""


@dataclass(frozen=True, slots=True)
class Started:
    """Every container runs; one that ran before is restarted."""


@dataclass(frozen=True, slots=True)
class Exited:
    """The main container ends so, what else runs (`others`) with 0; `started` False: it never began."""

    code: int
    reason: str | None = None
    message: str | None = None
    started: bool = True
    others: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """The kubelet's last word."""

    phase: Literal["Succeeded", "Failed"]
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Disrupted:
    """Kubernetes has begun to end it."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Silent:
    """Its node is heard of no more."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Its deletion has begun; with grace 0 the pod is removed next."""

    grace: float


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The kubelet has seen that it is being deleted."""


Happening: TypeAlias = (
    Bound
    | Unbound
    | Prepared
    | Refused
    | InitExited
    | Broken
    | BackingOff
    | Started
    | Exited
    | Ended
    | Disrupted
    | Silent
    | Marked
    | Acknowledged
)
