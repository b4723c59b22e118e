"""A thread that waits for one backend, as long as somebody waits for several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Condition, Event, Thread

from podcompose.run.protocols import Change
from podcompose.run.routing.part import Part

__all__ = ["Reader"]

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

    def join(self, seconds: float) -> None:
        """Wait for its thread to end, so long at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self.busy and not self._closing.is_set():
                    self._changed.wait()
            if self._closing.is_set():
                return
            self._wait()

    def _wait(self) -> None:
        """Subscribe, if it has to be, and ask until something comes or nobody waits any more."""
        early = False
        while not self._closing.is_set():
            if not self._part.is_open and self._part.is_rested:
                self._part.open()
            left = self._left()
            if left is not None and left <= 0:
                break
            if not self._part.is_open:
                self._rest(self._part.rests_in_s, left)
                continue
            if self._told(self._part.ask(0.0 if early else left, 1)):
                return
            left = self._left()
            early = self._part.is_open and (left is None or left > 0)
            if early:
                self._rest(_LOOK_S, left)
        self._told(())

    def _left(self) -> float | None:
        with self._changed:
            return None if self._end is None else (self._end - self._clock()).total_seconds()

    def _rest(self, seconds: float, left: float | None) -> None:
        self._closing.wait(seconds if left is None else min(seconds, left))

    def _told(self, changes: tuple[Change, ...]) -> bool:
        """Whether it is done: something came, or nobody waits any more."""
        with self._changed:
            self._take(self._part, changes)
            over = self._closing.is_set() or (self._end is not None and self._end <= self._clock())
            if changes != () or over:
                self.busy = False
                self._changed.notify_all()
            return not self.busy
