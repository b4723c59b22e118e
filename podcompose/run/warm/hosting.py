"""What a backend does besides launching and watching, so that its pods can be kept warm: it runs tasks in a pod that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from podcompose.core.json import JsonMap
from podcompose.errors import Problem
from podcompose.run.records import PodRecord, PodRef

__all__ = ["Ask", "Changed", "Hosting", "Order", "Quit", "Report", "Run", "State", "Stop", "Swapped", "Task", "Told", "Void"]


@dataclass(frozen=True, slots=True)
class Task:
    """
    One program of one launch, as it is run in a pod's main container.

    Shapes: `key`, 52 characters of a-z and 2-7, is what a task is called inside the pod: a launch id that is launched anew, its
            result acknowledged, has another. `argv` and the values of `env` (literal variables, in the order of the pod; a name may
            come twice, the last one counts) have their `$(VAR)` still in them: whoever runs it expands them by the variables that
            are there, those of `env` one after another. What the kubelet would not expand is escaped as `$$(VAR)`; what is not
            there stays as it is written.
    Units:  `deadline_s` from the task's start (None: for ever); `grace_s` from TERM to KILL.
    """

    key: str
    launch_id: str
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    deadline_s: float | None = None
    grace_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Run:
    """
    Run the task, unless it runs or ran here already; then only wait for it. Nothing of it is kept where another runs ("busy").

    `forget` names tasks (by key) whose result has been written down elsewhere: nothing of them is kept any longer.
    """

    task: Task
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """
    End the task of this key: TERM, after the grace KILL; one that has not begun never will.

    Units: `grace_s` in seconds.
    """

    key: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class Void:
    """See to it that the task of this key never begins here, and tell of it; one that has begun goes on."""

    key: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Tell of the task of this key, and change nothing."""

    key: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Have the idle program exit 0, so that the pod succeeds and stays to be read."""


Order: TypeAlias = Run | Stop | Void | Ask | Quit

State = Literal["running", "ended", "void", "absent", "busy", "cut", "unfit", "gone", "done"]
"""
running  the task has begun, and goes on. The only state that is no last word.
ended    it has begun and ended: `code` and the rest are its result
void     it was stopped before it began, and never will
absent   (to Ask) it has not begun here
busy     (to Run) another task, the one whose key is the `message`, runs here; this one has not begun, and nobody keeps its order
cut      the connection broke, or the server did not answer: nobody knows; order again
unfit    tasks cannot be run in this pod: no shell, say; `message` says what is missing. This one has not begun
gone     there is no such pod, or its container does not run (yet, or any more)
done     (to Quit)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """
    What is known of a task in its pod.

    Units:  `started` and `finished` are aware datetimes by the node's clock, to the second.
    """

    state: State
    code: int | None = None
    #: The kernel killed it, or a child of it, for the memory it used.
    oom: bool = False
    #: Its deadline was over before it ended.
    timed_out: bool = False
    #: It was stopped before it ended.
    stopped: bool = False
    #: Its container was being ended when it ended, by whoever deletes or evicts the pod: the pod's end says why.
    ending: bool = False
    #: Its program could not be started (there is none of that name, ...): nothing of it ran.
    start_error: bool = False
    #: (Of "unfit") That nothing has begun is sure of earlier orders too, not of this one alone.
    sure: bool = True
    started: datetime | None = None
    finished: datetime | None = None
    message: str = ""


Told: TypeAlias = Callable[[Report], None]


@dataclass(frozen=True, slots=True)
class Swapped:
    """What was to be written is there; the pod as it is now."""

    record: PodRecord


@dataclass(frozen=True, slots=True)
class Changed:
    """The pod was changed by somebody else since it was read, and was left alone; as it is now, None if it is gone."""

    record: PodRecord | None


@runtime_checkable
class Hosting(Protocol):
    """
    A backend whose pods can be kept warm. These methods, beside those of Launcher and Watcher.

    `order` returns at once and never raises; `told` is called from any thread, under no lock: with "running" any number of times,
    and then once with a last word. An order may be given twice, by two schedulers, after any failure: one task runs once.
    """

    def unfit(self, manifest: JsonMap, container: str) -> tuple[Problem, ...]:
        """Why tasks cannot be run in this container of such a pod (as it was composed); () if they can."""
        ...

    def idle(self, manifest: JsonMap, container: str) -> JsonMap:
        """
        The pod as it waits for tasks: what this container does instead.

        Shapes: `manifest` has no command, arguments and literal variables in that container; it is not changed.
        """
        ...

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in the pod's container."""
        ...

    def swap(self, record: PodRecord, labels: Mapping[str, str | None], annotations: Mapping[str, str | None]) -> Swapped | Changed:
        """
        Write labels and annotations (None: take away) on the pod, if it is as it was in this record: compare and swap.

        Raises: LaunchError: Unsettled where it may have been written.
        """
        ...

    def holders(self, namespace: str, label: str, *, since: str = "") -> tuple[PodRecord, ...]:
        """
        The pods of the namespace that have a label of this name, as they all were at one moment.

        Shapes: `since` is the resource version of a write that the moment must not be before: so of two who write and then read,
                one at least sees the other. Without it, the moment is after every write that was answered before the call.
        Raises: LaunchError.
        """
        ...

    def output(self, ref: PodRef, container: str, key: str) -> bytes:
        """
        What the task of this key has written so far, both streams in one; empty if nothing, or if it is not kept any longer.

        Raises: LaunchError.
        """
        ...
