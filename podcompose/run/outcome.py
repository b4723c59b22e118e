"""How a pod ended: one value, written once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["Cause", "CauseKind", "Disruption", "DisruptionKind", "Kind", "Outcome", "Ran"]

Kind = Literal["Succeeded", "Failed", "Stopped", "Deleted", "Lost"]
"""Stopped: by our own stop. Deleted: by someone else. Lost: gone, and nobody saw how."""

CauseKind = Literal[
    "Exit",
    "OOMKilled",
    "StartError",
    "InitFailed",
    "Evicted",
    "Preempted",
    "NodeLost",
    "NodeShutdown",
    "Rejected",
    "DeadlineExceeded",
    "StartTimeout",
    "NotLaunched",
    "Unknown",
]

DisruptionKind = Literal["Stop", "Deletion", "DeadlineExceeded", "Evicted", "Preempted", "NodeLost", "NodeShutdown"]

Ran = Literal["yes", "no", "unknown"]
"""Whether a main container ever started."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a pod failed or was deleted: our word for it, and Kubernetes' own reason and message."""

    kind: CauseKind
    reason: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Disruption:
    """What had begun to end the pod, and when (the server's clock; None where the object does not tell)."""

    kind: DisruptionKind
    reason: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How a pod ended. One per uid, never two, never changed.

    Shapes: `exit_code`, `signal`, `container`, `reason`, `message`, `started` and `finished` are those of the main container
            that decided; None where nothing is known. `reason` is Kubernetes' own word.
    Units:  `started` and `finished` are aware datetimes in UTC, by the cluster's clock, to the second.
    Source: facts of 111 histories of a real kubelet; docs/outcomes.md.

    >>> Outcome("Failed", Cause("Exit"), exit_code=3, container="base", ran="yes").retry_safe
    False
    """

    kind: Kind
    cause: Cause | None = None
    exit_code: int | None = None
    signal: int | None = None
    reason: str | None = None
    message: str | None = None
    container: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    restarts: int = 0
    ran: Ran = "unknown"
    #: The cluster's doing (eviction, preemption, a lost node, ...), not the program's.
    infrastructure: bool = False
    disruption: Disruption | None = None

    @property
    def retry_safe(self) -> bool:
        """No main container ever started: running it again runs it once."""
        return self.ran == "no"
