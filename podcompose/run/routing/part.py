"""One backend's part of a subscription to several: asked, failing, asked again; and what it has told so far."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from podcompose.run.observe import lost
from podcompose.run.protocols import Batch, Change, Gone, Health, Left, Resynced, Seen, Selection, Subscription, Synced, Watcher
from podcompose.run.records import PodRecord, Stage
from podcompose.run.watch.backoff import Backoff

__all__ = ["Part", "backoff"]


def backoff() -> Backoff:
    """How long a backend that fails is left alone."""
    return Backoff(0.8, 30.0, 120.0, random.random)


class Part:
    """
    A backend's subscription, made anew when it fails. One asks it at a time; what it has told is under its owner's lock.

    `cursor` acknowledges all that was taken from it, `acked` what of that was delivered.
    """

    def __init__(
        self,
        name: str,
        watcher: Watcher,
        where: Selection,
        cursor: str,
        clock: Callable[[], datetime],
        lock: AbstractContextManager[Any],
    ) -> None:
        self.name = name
        self.cursor = self.acked = cursor
        #: Pods of it were told of.
        self.delivered = False
        #: Its next Synced says something.
        self.owes = True
        #: When it may be asked again, after a failure.
        self.rests_until: datetime | None = None
        #: Its subscription has not told all there was yet: what it says may have been told by one before.
        self._repeats = True
        self._watcher, self._where, self._clock, self._lock = watcher, where, clock, lock
        self._backoff = backoff()
        self._subscription: Subscription | None = None
        #: Counts the subscriptions that were given up: what those still say is of another time.
        self._epoch = 0
        self._closed = False
        self._why, self._since = "it was not asked yet", clock()
        #: What was told of pods that are there; `_whole` where that is all that the consumer knows of this backend.
        self._view: dict[str, PodRecord] = {}
        self._whole = cursor == ""
        self._anew = False
        #: Pods whose end was told and may not be acknowledged yet, and those that were told before all began afresh.
        self._gone: set[str] = set()
        self._before: dict[str, PodRecord] = {}

    @property
    def is_open(self) -> bool:
        """Whether it can be asked without being subscribed first."""
        return self._subscription is not None

    @property
    def is_rested(self) -> bool:
        """Whether its last failure is long enough ago."""
        return self.rests_in_s == 0.0

    @property
    def rests_in_s(self) -> float:
        """For how long it is left alone."""
        return 0.0 if self.rests_until is None else max(0.0, (self.rests_until - self._clock()).total_seconds())

    def open(self) -> None:
        """Subscribe, if that can be done now."""
        with self._lock:
            epoch, cursor = self._epoch, self.cursor
        try:
            subscription = self._watcher.subscribe(self._where, cursor=cursor or None)
        except Exception as error:  # whatever one backend does, the others go on
            self._failed(epoch, f"{type(error).__name__}: {error}")
            return
        with self._lock:
            if epoch == self._epoch and not self._closed:
                self._subscription = subscription
                return
        _close(subscription)

    def ask(self, timeout: float | None, max_items: int) -> tuple[Change, ...]:
        """What its backend says; nothing, if that fails: then it rests."""
        with self._lock:
            epoch, subscription = self._epoch, self._subscription
        try:
            if subscription is None:
                return ()
            batch = subscription.poll(timeout, max_items)
            over = batch.changes == () and subscription.status().state == "Closed"
        except Exception as error:  # whatever one backend does, the others go on
            self._failed(epoch, f"{type(error).__name__}: {error}")
            return ()
        if over:
            self._failed(epoch, "its subscription was closed")
        return self._answered(epoch, batch, max_items)

    def renew(self) -> None:
        """All begins afresh, and it is to tell everything again."""
        with self._lock:
            self.forget()
            self._give_up()
            self.cursor, self.rests_until = "", None

    def close(self) -> None:
        """End it; whatever its backend makes of that, it is over."""
        self._closed = True
        _close(self._subscription)

    def forget(self) -> None:
        """All begins afresh; what is not told again is gone."""
        self.owes, self._whole, self._anew, self._repeats = True, True, False, True
        self._before.update(self._view)
        self._view.clear()
        self._gone.clear()

    def told(self, change: Change) -> Iterator[Change]:
        """What a change says that was not said: after a failure it may come again."""
        if isinstance(change, Seen):
            yield from self._seen(change)
        elif isinstance(change, Gone):
            yield from self._ended(change)
        elif isinstance(change, Left):
            self._view.pop(change.record.ref.uid, None)
            yield change
        elif isinstance(change, Synced):
            yield from self._vanished()
        else:
            yield from self._resynced(change)

    def health(self) -> Health:
        """How it is doing."""
        subscription = self._subscription
        try:
            found = None if subscription is None else subscription.status()
        except Exception as error:  # whatever one backend does, the others go on
            return Health("Degraded", f"{self.name}: {type(error).__name__}: {error}", self._since)
        if found is None:
            return Health("Degraded", f"{self.name}: {self._why}", self._since)
        return replace(found, reason="" if found.state == "Live" else f"{self.name}: {found.reason or found.state}")

    def _answered(self, epoch: int, batch: Batch, asked: int) -> tuple[Change, ...]:
        with self._lock:
            if epoch != self._epoch:  # it tells everything again by now, but not this
                return tuple(change for change in batch.changes if isinstance(change, Gone))
            self.cursor, self.rests_until = batch.cursor, None
            if len(batch.changes) < asked and not self._repeats:
                self._gone.clear()  # all that was told is acknowledged
            anew, self._anew = self._anew, False
            return (Resynced(self._why, afresh=True), *batch.changes) if anew else batch.changes

    def _failed(self, epoch: int, why: str) -> None:
        with self._lock:
            if epoch != self._epoch or self._closed:
                return
            now = self._clock()
            self._since = self._since if self.rests_until is not None else now
            self._why, self.rests_until = why, now + timedelta(seconds=self._backoff.next_s(now))
            self._anew = self.cursor == "" and (not self.owes or len(self._view) + len(self._gone) > 0)
            self._give_up()

    def _give_up(self) -> None:
        self._epoch += 1
        self._repeats = True
        subscription, self._subscription = self._subscription, None
        _close(subscription)

    def _seen(self, change: Seen) -> Iterator[Change]:
        record, uid = change.record, change.record.ref.uid
        known = self._view.get(uid)
        self._before.pop(uid, None)
        if uid in self._gone or (known is not None and _again(change, known)):
            return
        self._view[uid] = record
        yield change if known is None or known.outcome is None else replace(change, outcome=None)

    def _ended(self, change: Gone) -> Iterator[Change]:
        uid = change.record.ref.uid
        if uid in self._gone:
            return
        self._gone.add(uid)
        self._before.pop(uid, None)
        known = self._view.pop(uid, None)
        yield change if known is None or known.outcome is None else replace(change, outcome=None)

    def _resynced(self, change: Resynced) -> Iterator[Change]:
        """It tells all again: what that changes can be told, if all it told before is known here; else all begins afresh."""
        if change.afresh:
            self.owes = self._repeats = True
        if change.afresh and self._whole:
            self._before.update(self._view)
        yield Resynced(f"{self.name}: {change.reason}", change.afresh and not self._whole)

    def _vanished(self) -> Iterator[Change]:
        """It has told all there is: what it does not tell any more is gone, and nobody saw it go."""
        before, self._before, self._repeats = self._before, {}, False
        for uid, record in before.items():
            known = self._view.pop(uid, None)
            outcome = lost(record)
            gone = replace(record, stage=Stage.GONE, outcome=outcome, deleting=True, blocker=None)
            yield Gone(gone, False, None if known is not None and known.outcome is not None else outcome)
        if self.owes:
            self.owes = False
            yield Synced()


def _again(change: Seen, known: PodRecord) -> bool:
    """Whether a change says nothing that was not said."""
    told = change.outcome is None or known.outcome is not None
    return told and known == replace(change.record, resource_version=known.resource_version)


def _close(subscription: Subscription | None) -> None:
    if subscription is not None:
        with suppress(Exception):  # whatever one backend does, the others go on
            subscription.close()
