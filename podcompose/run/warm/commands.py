"""What the machine of a pool is made of: its settings, its pods, what it chooses and what it commands. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from podcompose.run.records import Owner, PodRecord, Stage
from podcompose.run.warm.claims import Claim
from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.life import State
from podcompose.run.warm.marks import Marks

__all__ = ["Attend", "Command", "Conclude", "End", "Leave", "Settings", "Spend", "Start", "Take", "Wait", "WarmPod", "has_no_shell"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a pool is to be; as in `WarmPool`."""

    pool: str
    holder: Owner
    keep: int = 4
    limit: int = 64
    idle_timeout_s: float = 300.0
    max_tasks: int = 100
    max_age_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Take:
    """This pod, which is kept for the task from now on."""

    uid: str


@dataclass(frozen=True, slots=True)
class Start:
    """A new pod; `once`: for one task alone, as the pool is full. As a command: one ahead."""

    kind: Kind
    once: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A pod will be free sooner than a new one would be there; so many seconds at most."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Spend:
    """Mark the pod, so that nobody gives it a task."""

    uid: str
    why: str


@dataclass(frozen=True, slots=True)
class End:
    """Delete the pod: nothing is left on it."""

    uid: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Have its program quit: results are left on it."""

    uid: str


@dataclass(frozen=True, slots=True)
class Attend:
    """See to a task that is on a pod, and that nobody here sees to: order it (it runs once), and wait for it."""

    uid: str
    key: str


@dataclass(frozen=True, slots=True)
class Conclude:
    """The pod has ended, and with it a task that has no result."""

    uid: str
    key: str


Command: TypeAlias = Start | Spend | End | Leave | Attend | Conclude


def has_no_shell(record: PodRecord) -> str | None:
    """Why the idle program of a pod could not be started; None if it could, or was not tried."""
    end = record.outcome
    if end is None or end.cause is None or end.cause.kind != "StartError" or end.ran != "no":
        return None
    return f"its image cannot run the idle program, a shell: {end.cause.message or end.cause.reason or 'StartError'}"


@dataclass(slots=True)
class WarmPod:
    """One pod of the pool, as far as it is known here."""

    record: PodRecord
    marks: Marks
    claims: dict[str, Claim]
    #: A task is being put on it.
    kept: bool = False
    #: The tasks that somebody here sees to.
    attended: set[str] = field(default_factory=set)
    #: Tasks that it had, and of which nothing needs to be kept inside it.
    forget: set[str] = field(default_factory=set)
    state: State = State.STARTING
    since: datetime | None = None
    #: A command for it is being carried out, or has failed and rests.
    busy: bool = False
    rests_until: datetime | None = None

    @property
    def runs(self) -> bool:
        """Whether its container runs."""
        return self.record.stage is Stage.RUNNING

    @property
    def open(self) -> list[Claim]:
        """Its tasks without a result."""
        return [claim for claim in self.claims.values() if claim.is_open]
