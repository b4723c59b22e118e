"""Time that passes only when it is told to, or when somebody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from heapq import heappop, heappush
from itertools import count

__all__ = ["START", "Timer", "VirtualClock"]

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Timer:
    """Something that is due; `cancel` it as long as it is not done."""

    __slots__ = ("at", "call", "cancelled")

    def __init__(self, at: datetime, call: Callable[[], object]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """It is not due any more."""
        self.cancelled = True


class VirtualClock:
    """
    A clock of one's own: it stands still until it is advanced, or until somebody waits by it.

    What is due runs in the thread that advances the clock, in the order of time, then of asking. Several backends, and the
    scheduler under test, can share one.

    >>> clock = VirtualClock()
    >>> _ = clock.after(90, lambda: print("a minute and a half later:", clock.now().time()))
    >>> clock.advance(60)
    >>> clock.run_until_idle()
    a minute and a half later: 00:01:30
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._timers: list[tuple[datetime, int, Timer]] = []
        self._order = count()
        #: Of all that this clock lets happen: a poll of one backend does what is due in others, and must not wait there.
        self.lock = threading.RLock()
        # Held for moments only and never while something runs, so that it can be asked under any other lock.
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._now

    __call__ = now

    def after(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Have something done in so many seconds."""
        with self._lock:
            timer = Timer(self._now + timedelta(seconds=max(seconds, 0)), call)
            heappush(self._timers, (timer.at, next(self._order), timer))
            return timer

    def advance(self, seconds: float) -> None:
        """Let time pass, and do what falls due in it."""
        end = self._now + timedelta(seconds=seconds)
        while self._step(end):
            pass
        self._reach(end)

    def run_until_idle(self, at_most: int = 1_000_000) -> None:
        """Let time pass until nothing is due any more; `at_most` so many things, for a pod may restart for ever."""
        for _ in range(at_most):
            if not self._step(None):
                return
        raise RuntimeError(f"not idle after {at_most} happenings; advance the clock by seconds instead, or say a larger at_most")

    @property
    def idle(self) -> bool:
        """Whether nothing is due, ever."""
        return self._due(None) is None

    def wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """
        Wait in virtual time: the next thing due is done at once; if none is in time, the time is over at once.

        With nothing due at all and no `timeout`, another thread may still notify the condition, which is held.
        """
        if timeout is None:
            return self._step(None) or condition.wait()
        end = self._now + timedelta(seconds=timeout)
        if not self._step(end):
            self._reach(end)
        return True

    def _step(self, end: datetime | None) -> bool:
        timer = self._due(end, take=True)
        if timer is None:
            return False
        timer.call()
        return True

    def _due(self, end: datetime | None, *, take: bool = False) -> Timer | None:
        with self._lock:
            while len(self._timers) > 0 and self._timers[0][2].cancelled:
                heappop(self._timers)
            if len(self._timers) == 0 or (end is not None and self._timers[0][0] > end):
                return None
            timer = self._timers[0][2]
            if take:
                heappop(self._timers)
                self._now = max(self._now, timer.at)
            return timer

    def _reach(self, end: datetime) -> None:
        with self._lock:
            self._now = max(self._now, end)
