"""What is known of one pod: who it is, how far it came, what holds it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from podcompose.run.outcome import Outcome

__all__ = ["Blocker", "BlockerKind", "Owner", "PodRecord", "PodRef", "Stage"]


class Stage(str, Enum):
    """
    How far a pod's life has come. A stage may move back (a restart); `Gone` is the last.

    >>> Stage.RUNNING == "Running"
    True
    """

    REQUESTED = "Requested"
    ACCEPTED = "Accepted"
    SCHEDULED = "Scheduled"
    INITIALIZING = "Initializing"
    STARTING = "Starting"
    RUNNING = "Running"
    DRAINING = "Draining"
    FINISHED = "Finished"
    GONE = "Gone"

    def __str__(self) -> str:
        """Its word, on every Python."""
        return self.value


BlockerKind = Literal["scheduling", "gate", "image", "config", "volume", "init-crash", "crash-loop"]


@dataclass(frozen=True, slots=True, order=True)
class PodRef:
    """Which pod: a name may come again, a uid never."""

    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        """`namespace/name`, as kubectl users write it."""
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Owner:
    """A scheduler that owns pods; of two, the higher epoch wins. Raise the epoch at each restart."""

    name: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """
    What holds a stage up, in Kubernetes' words.

    Units:  `since` is when it was first seen: by the cluster's clock where the object tells, else by the watcher's.
    """

    kind: BlockerKind
    reason: str
    message: str = ""
    container: str | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        """One line for people, without its age."""
        where = "" if self.container is None else f" (container {self.container})"
        return f"{self.reason}{where}" if self.message == "" else f"{self.reason}{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class PodRecord:
    """
    One pod as last seen.

    Shapes: `launch_id` and `owner` are read from our annotations, None where there are none. `problems` says which parts of the
            object could not be read; the rest is right. The whole object is not kept: GET it by `ref`.
    """

    ref: PodRef
    launch_id: str | None
    stage: Stage
    blocker: Blocker | None = None
    outcome: Outcome | None = None
    owner: Owner | None = None
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None
    restarts: int = 0
    #: When a main container first started; None as long as none has.
    started: datetime | None = None
    deleting: bool = False
    finalizers: tuple[str, ...] = ()
    resource_version: str = ""
    problems: tuple[str, ...] = ()
