"""Backends in memory that share a clock, polled by several threads."""

from __future__ import annotations

import threading

from podcompose.backends.memory import MemoryBackend, VirtualClock
from podcompose.run.protocols import Selection


def test_what_is_due_has_one_lock() -> None:
    """A poll of one backend lets things happen in another: nobody can meanwhile hold that one, and wait for the first."""
    clock = VirtualClock()
    one, other = MemoryBackend(clock=clock), MemoryBackend(clock=clock)
    free: list[bool] = []

    def tried() -> None:
        taken = other._board.changed.acquire(blocking=False)
        free.append(taken)
        if taken:
            other._board.changed.release()

    def elsewhere() -> None:
        thread = threading.Thread(target=tried)
        thread.start()
        thread.join()

    subscription = one.subscribe(Selection())
    subscription.poll(0)
    clock.after(1, elsewhere)
    subscription.poll(2)

    assert free == [False]
