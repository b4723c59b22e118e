"""
Tasks in pods in memory: what becomes of one says the fate of its launch id, in virtual time.

What happens to a pod before it runs cannot happen to a task in a pod that runs already: with the fates Rejected, NeverScheduled,
ImageError and InitFails it succeeds. What ends a pod (Evicted, Preempted, NodeLost, Deleted) ends the one that the task is in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from podcompose.backends.memory.clock import Timer, VirtualClock
from podcompose.backends.memory.fates import (
    BadCommand,
    ByHand,
    DeadlineExceeded,
    Deleted,
    Evicted,
    Fails,
    Fate,
    NodeLost,
    OOMs,
    Preempted,
    Restarts,
    Runs,
    Succeeds,
)
from podcompose.backends.memory.lives import Lives
from podcompose.backends.tasks import HeardBoard, Hosted, Tasks, idle_pod
from podcompose.core.json import JsonMap
from podcompose.run.naming import launch_label
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Order, Quit, Report, Run, Task, Told

__all__ = ["OrderError", "Orders", "idle"]

OrderError: TypeAlias = Literal["cut-before", "cut-after"]
"""An order that is lost before it has taken effect, or its answer after."""

_IDLE = ["podcompose-idle"]
_KILLED = 137


def idle(manifest: JsonMap, container: str) -> JsonMap:
    """The pod as it waits for tasks."""
    return idle_pod(manifest, container, _IDLE)


@dataclass(slots=True)
class _Course:
    """What is to become of a task."""

    fate: Fate
    task: Task
    end: Timer | None = None
    #: When it answers TERM, once it was sent.
    answers_at: datetime | None = None
    deadline: Timer | None = None
    timed_out: bool = False


class Orders:
    """The tasks of a memory backend, and the effects they have: timers, and what befalls their pods."""

    def __init__(
        self,
        board: HeardBoard,
        clock: VirtualClock,
        lives: Lives,
        fate_of: Callable[[str], Fate],
        errors: Mapping[str, Iterable[OrderError]],
    ) -> None:
        self._board = board
        self._clock = clock
        self._lives = lives
        self._fate_of = fate_of
        self._labels: dict[str, str] = {}
        self._errors = {launch_label(launch_id): list(those) for launch_id, those in errors.items()}
        self._courses: dict[Hosted, _Course] = {}
        self._tasks = Tasks(board, self)
        board.heard = self._tasks.heard

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in a pod's container, or lose it, as scripted."""
        with self._board.changed:
            error = self._error(order)
            if error != "cut-before":
                self._tasks.order(ref, container, order, told if error is None else lambda report: None)
            if error is not None:
                self.say(told, Report("cut", message=f"scripted: {error}"))

    def end_task(self, launch_id: str, code: int) -> None:
        """The task of a launch id ends."""
        with self._board.changed:
            found = [hosted for hosted in self._courses if hosted.launch_id == launch_id]
            if found == []:
                raise KeyError(f"no task of the launch id {launch_id!r} runs")
            for hosted in found:
                self._end(hosted, Report("ended", code))

    def close(self) -> None:
        """Nothing happens to tasks any more, and nobody will hear of them."""
        for hosted, course in self._courses.items():
            _cancel(course)
            waiters, hosted.waiters = hosted.waiters, []
            for told in waiters:
                self.say(told, Report("cut", message="the backend was closed"))

    def say(self, told: Told, report: Report) -> None:
        """Tell it as the next thing that happens."""
        self._clock.after(0, lambda: told(report))

    def begin(self, hosted: Hosted, pod: JsonMap, task: Task) -> str | None:
        """Start the task; its fate takes its course."""
        fate = self._fate_of(task.launch_id)
        course = self._courses[hosted] = _Course(fate, task)
        wait, report = _end_of(fate)
        if not report.start_error:
            self._tasks.running(hosted, self._clock.now().replace(microsecond=0))
        if isinstance(fate, (Evicted, Preempted, NodeLost, Deleted)):
            self._lives.strike(pod, fate)
        if wait is not None:
            course.end = self._later(wait, hosted, lambda: self._end(hosted, report))
        if task.deadline_s is not None:
            course.deadline = self._later(task.deadline_s, hosted, lambda: self._overdue(hosted, course))
        return None

    def stop(self, hosted: Hosted, grace_s: float) -> None:
        """It answers TERM as its fate says; asked again, it may only end sooner."""
        course = self._courses[hosted]
        if hosted.started is None:
            return  # it cannot be started, and will be told to have ended at once
        runs = course.fate if isinstance(course.fate, Runs) else Runs()
        wait, code = (grace_s, _KILLED) if runs.stops_after_s > grace_s else (runs.stops_after_s, runs.exit_code)
        at = self._clock.now() + timedelta(seconds=wait)
        if course.answers_at is not None and course.answers_at <= at:
            return
        if course.end is not None:
            course.end.cancel()
        course.answers_at = at
        course.end = self._later(wait, hosted, lambda: self._end(hosted, Report("ended", code)))

    def kill(self, hosted: Hosted) -> None:
        """Its pod has ended: nothing is left of it."""
        self._end(hosted, Report("gone"))

    def quit(self, pod: JsonMap, container: str) -> None:
        """The pod succeeds at once."""
        self._lives.finish(pod)

    def drop(self, hosted: Hosted, *, forgotten: bool) -> None:
        """There is nothing to drop."""

    def _error(self, order: Order) -> OrderError | None:
        if isinstance(order, Quit):
            return None
        if isinstance(order, Run):
            self._labels[order.task.key] = launch_label(order.task.launch_id)
        key = order.task.key if isinstance(order, Run) else order.key
        errors = self._errors.get(self._labels.get(key, key), [])
        return errors.pop(0) if len(errors) > 0 else None

    def _overdue(self, hosted: Hosted, course: _Course) -> None:
        course.timed_out = True
        self.stop(hosted, course.task.grace_s)

    def _end(self, hosted: Hosted, report: Report) -> None:
        course = self._courses.pop(hosted)
        _cancel(course)
        finished = self._clock.now().replace(microsecond=0)
        late = report.timed_out or course.timed_out
        self._tasks.ended(hosted, replace(report, stopped=hosted.stopped, timed_out=late, finished=finished))

    def _later(self, seconds: float, hosted: Hosted, call: Callable[[], None]) -> Timer:
        def due() -> None:
            with self._board.changed:
                if hosted in self._courses and not timer.cancelled:
                    call()

        timer = self._clock.after(seconds, due)
        return timer


def _cancel(course: _Course) -> None:
    for timer in (course.end, course.deadline):
        if timer is not None:
            timer.cancel()


def _end_of(fate: Fate) -> tuple[float | None, Report]:
    """How a task of this fate ends by itself, and after how long; None: it does not."""
    match fate:
        case Succeeds(wait) | Restarts(_, _, wait):
            return wait, Report("ended", 0)
        case Fails(code, wait, message):
            return wait, Report("ended", code, message="" if message is None else message)
        case OOMs(wait, code):
            return wait, Report("ended", code, oom=True)
        case DeadlineExceeded(wait):
            return wait, Report("ended", 143, timed_out=True)
        case BadCommand(message):
            return 0.0, Report("ended", 128, start_error=True, message=message)
        case Runs() | ByHand() | Evicted() | Preempted() | NodeLost() | Deleted():
            return None, Report("ended")
        case _:
            return Succeeds().after_s, Report("ended", 0)
