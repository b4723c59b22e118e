"""A subscription to the tasks of a pool: it begins when the pool has seen all there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from podcompose.run.board import Board, BoardSubscription
from podcompose.run.protocols import Batch, Health, Selection
from podcompose.run.warm.views import View

__all__ = ["WarmSubscription"]


class WarmSubscription:
    """The changes of the tasks of a pool, and of pods of their own, pulled in batches."""

    def __init__(
        self,
        board: Board,
        where: Selection,
        cursor: str | None,
        views: tuple[View, ...],
        pump: Callable[[], bool],
        on_close: Callable[[WarmSubscription], None],
    ) -> None:
        self._board, self._where, self._cursor = board, where, cursor
        self._views, self._pump, self._on_close = views, pump, on_close
        self._told: BoardSubscription | None = None
        self._closed = False

    def begin(self) -> None:
        """Hear of what happens from now on, if all that is there is known already; else from the first poll on that it is known."""
        with self._board.changed:
            self._open()

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait `timeout` seconds (None: for ever) for changes; an empty batch when there are none, or when closed."""
        self._pump()
        left = timeout if self._told is not None else self._begun(timeout)
        told = self._told
        if told is None or self._closed:
            return Batch((), "")
        batch = told.poll(left, max_items)
        if batch.changes == () and self._pump():
            batch = told.poll(0.0, max_items)
        return batch

    def status(self) -> Health:
        """How it is doing: as well as what the pool hears from its backend."""
        if self._closed:
            return Health("Closed")
        found = [view.health() for view in self._views]
        worst = next((health for health in found if health.state != "Live"), found[0])
        lag = 0 if self._told is None else self._told.status().lag
        if self._told is None and worst.state == "Live":
            return Health("Degraded", "what is there has not been told yet", None, worst.last_heard, lag)
        return replace(worst, lag=max(lag, worst.lag))

    def close(self) -> None:
        """End it; a poll that waits returns at once."""
        self._closed = True
        with self._board.changed:
            if self._told is not None:
                self._told.close()
            self._board.changed.notify_all()
        self._on_close(self)

    def _begun(self, timeout: float | None) -> float | None:
        """Wait until all that is there is on the board; how much of the time is left."""
        board = self._board
        with board.changed:
            end = None if timeout is None else board.clock() + timedelta(seconds=timeout)
            while self._open() is None and not self._closed:
                left = None if end is None else (end - board.clock()).total_seconds()
                if (left is not None and left <= 0) or not board.wait(board.changed, left):
                    break
            return None if end is None else max(0.0, (end - board.clock()).total_seconds())

    def _open(self) -> BoardSubscription | None:
        """The board's own, once all that is there is on the board; the lock is held."""
        if self._told is None and all(view.synced for view in self._views) and not self._closed:
            self._told = self._board.subscribe(self._where, self._cursor)
        return self._told
