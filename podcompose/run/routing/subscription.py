"""One subscription over several backends."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from podcompose.run.cursor import scope_of
from podcompose.run.protocols import Batch, Change, Gone, Health, Resynced, Seen, Selection, Synced, Watcher
from podcompose.run.routing.marks import marked, marks_of
from podcompose.run.routing.part import Part
from podcompose.run.routing.places import Places
from podcompose.run.routing.reader import Reader

__all__ = ["RoutedSubscription"]

#: How long the lock is waited for, and then all threads together, when it is closed.
_CLOSING_S = 0.4


class _Waiting(NamedTuple):
    """A change that was not taken yet; without one, a mark: from here on, so much of a part is acknowledged."""

    part: Part
    change: Change | None
    cursor: str = ""


class RoutedSubscription:
    """
    The changes of the pods of several backends, pulled in batches.

    Whoever polls asks each backend what it has; only to wait for several at once there are threads, one for each, which ask for
    one change as long as somebody polls. By a virtual clock there are none: then time passes between two rounds of asking.
    """

    def __init__(
        self,
        watchers: Mapping[str, Watcher],
        where: Selection,
        cursor: str | None,
        clock: Callable[[], datetime],
        places: Places,
        on_close: Callable[[RoutedSubscription], None],
    ) -> None:
        self._clock, self._places, self._on_close = clock, places, on_close
        virtual: Any = clock if callable(getattr(clock, "wait", None)) else None
        self._virtual = virtual
        # Whatever a virtual clock lets happen holds its lock, and may ask this subscription.
        self._changed = threading.Condition(getattr(virtual, "lock", None) or threading.RLock())
        self._closing = threading.Event()
        self._scope = scope_of(where)
        marks = marks_of(cursor, self._scope, list(watchers))
        self._parts = [Part(name, watchers[name], where, marks.cursors[name], clock, self._changed) for name in watchers]
        self._waiting: deque[_Waiting] = deque()
        if marks.reason != "":
            self._waiting.append(_Waiting(self._parts[0], Resynced(marks.reason, afresh=True)))
        self._turn = 0
        self._readers = {part.name: Reader(part, self._changed, self._closing, clock, self._take) for part in self._parts}
        for part in self._parts:
            part.open()

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes; an empty batch when there are none in time, or when closed."""
        with self._changed:
            end = None if timeout is None else self._clock() + timedelta(seconds=timeout)
            while not self._closing.is_set():
                self._gather(max_items)
                if self._lag > 0 or max_items < 1 or (end is not None and end <= self._clock()):
                    break
                self._wait(end)
            return self._batch(0 if self._closing.is_set() else max_items)

    def status(self) -> Health:
        """How it is doing: as well as the worst of its backends, with a word of each that is not well."""
        found = [part.health() for part in self._parts]
        with self._changed:
            closed = self._closing.is_set()
            owing = [health for health, part in zip(found, self._parts, strict=True) if part.owes and health.lag > 0]
            # Each of them has its Synced among what waits, which in the end is one.
            lag = self._lag + sum(health.lag for health in found) - max(0, len(owing) - 1)
        since = min((health.since for health in found if health.since is not None and health.state != "Live"), default=None)
        heard = min((health.last_heard for health in found if health.last_heard is not None), default=None)
        reason = "; ".join(health.reason for health in found if health.state != "Live")
        skipped = sum(health.skipped for health in found)
        if closed or all(health.state == "Closed" for health in found):
            return Health("Closed", "", None, heard, lag, skipped)
        return Health("Live" if reason == "" else "Degraded", reason, since, heard, lag, skipped)

    def close(self) -> None:
        """End it: from any thread, more than once; a poll that waits returns at once."""
        self._closing.set()
        for part in self._parts:
            part.close()
        # A backend that does not return keeps the lock; who polls looks whether this is closed before it waits.
        if self._changed.acquire(timeout=_CLOSING_S):
            self._changed.notify_all()
            self._changed.release()
        end = monotonic() + _CLOSING_S
        for reader in self._readers.values():
            reader.join(max(0.0, end - monotonic()))
        self._on_close(self)

    @property
    def _lag(self) -> int:
        return sum(waiting.change is not None for waiting in self._waiting)

    def _gather(self, max_items: int) -> None:
        """Ask every backend that nobody waits for, until there are as many changes as are wanted."""
        count = len(self._parts)
        self._turn = (self._turn + 1) % count
        for part in (self._parts[(self._turn + step) % count] for step in range(count)):
            room = max_items - self._lag
            if room > 0 and not self._readers[part.name].busy and self._is_open(part):
                self._take(part, part.ask(0.0, room))

    def _is_open(self, part: Part) -> bool:
        """Whether it can be asked; one that has to be subscribed first may take its time, in a thread of its own."""
        if not part.is_open and part.is_rested:
            if self._virtual is None:
                self._readers[part.name].ask(self._clock())
            else:
                part.open()
        return part.is_open

    def _wait(self, end: datetime | None) -> None:
        """Until something comes, or the time is up, or it is time to ask a backend again."""
        if self._closing.is_set():
            return
        dues = [end, *(part.rests_until for part in self._parts if not part.is_open)]
        due = min((moment for moment in dues if moment is not None), default=None)
        left = None if due is None else max(0.0, (due - self._clock()).total_seconds())
        if self._virtual is not None and not (left is None and self._virtual.idle):
            self._virtual.wait(self._changed, left)
            return
        for reader in self._readers.values():
            reader.ask(end)
        self._changed.wait(None if end is None else max(0.0, (end - self._clock()).total_seconds()))

    def _take(self, part: Part, changes: tuple[Change, ...]) -> None:
        """What a backend said joins what waits, and behind it the mark that acknowledges it."""
        for change in changes:
            for news in part.told(change):
                self._learn(part, news)
                if isinstance(news, Resynced) and news.afresh:
                    self._begin_afresh(part, news)
                elif not isinstance(news, Synced) or not any(other.owes for other in self._parts):
                    self._waiting.append(_Waiting(part, news))
        if changes != () or part.acked != part.cursor:
            self._waiting.append(_Waiting(part, None, part.cursor))

    def _begin_afresh(self, first: Part, said: Resynced) -> None:
        """
        What one backend was to go on from is of no use, and `afresh` is said of all: all of them tell everything again.

        What waits in the others comes before.
        """
        others = [part for part in self._parts if part is not first]
        first.forget()
        for part in others:
            self._drain(part)
            part.renew()
        self._waiting.append(_Waiting(first, said))
        self._waiting.extend(_Waiting(part, None, "") for part in others)

    def _drain(self, part: Part) -> None:
        while part.is_open and not self._readers[part.name].busy:
            changes = part.ask(0.0, 1000)
            for change in changes:
                if isinstance(change, Resynced) and change.afresh:
                    return  # it begins afresh itself, so nothing of before waits in it
                self._waiting.extend(_Waiting(part, news) for news in part.told(change) if not isinstance(news, (Resynced, Synced)))
            if changes == ():
                return

    def _learn(self, part: Part, change: Change) -> None:
        if isinstance(change, Seen):
            self._places.saw(part.name, change.record.ref, change.record.launch_id)
        elif isinstance(change, Gone):
            self._places.lost(change.record.ref, change.record.launch_id)

    def _batch(self, max_items: int) -> Batch:
        taken: list[Change] = []
        while len(self._waiting) > 0 and (self._waiting[0].change is None or len(taken) < max_items):
            part, change, cursor = self._waiting.popleft()
            if change is None:
                part.acked = cursor
            else:
                taken.append(change)
                self._note(part, change)
        return Batch(tuple(taken), self._cursor())

    def _note(self, part: Part, change: Change) -> None:
        """Who has told of pods, since all began afresh."""
        if isinstance(change, Resynced) and change.afresh:
            for other in self._parts:
                other.delivered = False
        elif not isinstance(change, (Resynced, Synced)):
            part.delivered = True

    def _cursor(self) -> str:
        """
        What acknowledges all that was delivered, as far as it can be acknowledged.

        As long as pods of a backend were told of and nothing of that is acknowledged, it is nothing of all: who went on from there
        would not be told that such a pod is gone.
        """
        if any(part.delivered and part.acked == "" for part in self._parts):
            return ""
        return marked({part.name: part.acked for part in self._parts}, self._scope)
