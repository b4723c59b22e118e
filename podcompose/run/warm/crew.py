"""Who does what is to be done: threads, or, by a virtual clock, whoever asks the pool next."""

from __future__ import annotations

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol, TypeAlias

__all__ = ["Crew", "Hands", "Job", "Pump"]

Job: TypeAlias = Callable[[], object]

_LOG = logging.getLogger("podcompose.warm")
_HANDS = 16


class Crew(Protocol):
    """Does jobs; one that raises is logged, and the others go on."""

    def do(self, job: Job) -> None:
        """Soon."""
        ...

    def later(self, seconds: float, job: Job) -> None:
        """In so many seconds."""
        ...

    def close(self) -> None:
        """Nothing more is done; what is under way may end."""
        ...


class Hands:
    """In threads: some for jobs, and one that knows what is due when."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(_HANDS, thread_name_prefix="podcompose-warm")
        self._changed = threading.Condition()
        self._due: list[tuple[datetime, int, Job]] = []
        self._order = count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="podcompose-warm-clock", daemon=True)
        self._thread.start()

    def do(self, job: Job) -> None:
        """Soon."""
        with self._changed:
            if not self._closed:
                self._hand(job)

    def later(self, seconds: float, job: Job) -> None:
        """In so many seconds."""
        with self._changed:
            heapq.heappush(self._due, (self._clock() + timedelta(seconds=seconds), next(self._order), job))
            self._changed.notify()

    def close(self) -> None:
        """Nothing more is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand(self, job: Job) -> None:
        with suppress(RuntimeError):  # no thread can be had: it lies there, for the next hand that is free
            self._pool.submit(_done, job)

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                left = None if self._due == [] else (self._due[0][0] - self._clock()).total_seconds()
                if left is not None and left <= 0:
                    self._hand(heapq.heappop(self._due)[2])
                else:
                    self._changed.wait(left)


class Pump:
    """In the thread of whoever asks the pool next, one job after another; what is due later, by the virtual clock."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._jobs: deque[Job] = deque()
        self._pumping = False
        self._closed = False

    def do(self, job: Job) -> None:
        """At once, or after the job that asks for it."""
        if not self._closed:
            self._jobs.append(job)

    def later(self, seconds: float, job: Job) -> None:
        """In so many seconds of the virtual clock."""
        self._clock.after(seconds, lambda: self.do(job))

    def pump(self) -> bool:
        """Do all that is to be done; whether there was anything."""
        if self._pumping:
            return False
        self._pumping, any_done = True, False
        try:
            while len(self._jobs) > 0 and not self._closed:
                _done(self._jobs.popleft())
                any_done = True
        finally:
            self._pumping = False
        return any_done

    def close(self) -> None:
        """Nothing more is done."""
        self._closed = True
        self._jobs.clear()


def _done(job: Job) -> None:
    try:
        job()
    except Exception:
        _LOG.exception("a job of a warm pool failed")
