"""A thread that waits for one backend, as long as somebody waits for several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Condition, Event, Thread

from podcompose.run.protocols import Change
from podcompose.run.routing.part import Part

__all__ = ["Reader"]

_CLOSING_S = 0.5
#: How often a backend is looked at that says too early that nothing came: its time is another than ours.
_LOOK_S = 0.1


class Reader:
    """
    Asks its part for one change at a time, when it was told to. It has no thread before.

    One change: so little is taken from a backend before anybody wants it, and what changes meanwhile is still one change there.
    """

    def __init__(
        self,
        part: Part,
        changed: Condition,
        closing: Event,
        clock: Callable[[], datetime],
        take: Callable[[Part, tuple[Change, ...]], None],
    ) -> None:
        self._part, self._changed, self._closing, self._clock, self._take = part, changed, closing, clock, take
        self._thread: Thread | None = None
        #: Whether it waits for its part now, or is about to; nobody else asks it then.
        self.busy = False
        self._end: datetime | None = None

    def ask(self, end: datetime | None) -> None:
        """Wait for a change until then; the condition is held."""
        self._end = end
        if self.busy or self._closing.is_set():
            return
        self.busy = True
        if self._thread is None:
            self._thread = Thread(target=self._run, name=f"podcompose route {self._part.name}", daemon=True)
            self._thread.start()
        else:
            self._changed.notify_all()

    def join(self) -> None:
        """Wait for its thread to end, as long as one may wait for that."""
        if self._thread is not None:
            self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self.busy and not self._closing.is_set():
                    self._changed.wait()
            if self._closing.is_set():
                return
            self._wait()

    def _wait(self) -> None:
        """Ask until something comes or nobody waits any more."""
        early = False
        while not self._closing.is_set():
            with self._changed:
                left = None if self._end is None else (self._end - self._clock()).total_seconds()
                rest = self._rest()
                if left is not None and left <= 0:
                    break
            if rest > 0:
                self._closing.wait(rest if left is None else min(rest, left))
                continue
            changes = self._part.ask(0.0 if early else left, 1)
            if self._told(changes):
                return
            early = self._part.is_open and (left is None or self._is_early())
            if early:
                self._closing.wait(_LOOK_S if left is None else min(_LOOK_S, left))
        self._told((), done=True)

    def _told(self, changes: tuple[Change, ...], done: bool = False) -> bool:
        with self._changed:
            self._take(self._part, changes)
            if changes != () or done:
                self.busy = False
                self._changed.notify_all()
            return not self.busy

    def _rest(self) -> float:
        until = self._part.rests_until
        return 0.0 if until is None or self._part.is_open else (until - self._clock()).total_seconds()

    def _is_early(self) -> bool:
        with self._changed:
            return self._end is None or self._clock() < self._end
