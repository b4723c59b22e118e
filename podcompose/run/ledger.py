"""
What one subscription knows, and has not delivered yet.

Changes go in as pod objects in any number of repeats; what comes out is level-triggered: the newest state per pod, each outcome
once per uid. Memory is bounded by live pods and undelivered ends. No lock and no clock in here: its owner has them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from podcompose.run.classify import Moment, classify
from podcompose.run.naming import STOPPED_AT
from podcompose.run.objects import uid_of, version_of
from podcompose.run.observe import Observation, Unreadable, lost, observe
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Change, Gone, Left, Resynced, Seen, Synced
from podcompose.run.records import PodRecord, PodRef, Stage

__all__ = ["PATIENCE", "Ledger", "newer"]

#: How long the terminal phase of a pod is waited for, once all its containers have ended. A real kubelet took up to 5.1 s.
PATIENCE = timedelta(seconds=30)
#: Of how many pods that have left or gone it is remembered that their outcome was told.
_REMEMBERED = 4096


def newer(version: str, than: str) -> bool:
    """
    Whether a resource version is later than another: by number where both are numbers, else by not being the same.

    >>> newer("100", than="99"), newer("99", than="100"), newer("b", than="a"), newer("b", than="b")
    (True, False, True, False)
    """
    if version.isdecimal() and than.isdecimal():
        return int(version) > int(than)
    return version != than


@dataclass(slots=True)
class _Known:
    record: PodRecord
    #: Its outcome was put into a change, which was delivered or waits to be.
    told: bool
    #: What to conclude if the terminal phase does not come by `until`.
    provisional: Outcome | None = None
    until: datetime | None = None


@dataclass(slots=True)
class _Pending:
    change: Change
    #: The mark before this pod's first undelivered change: a cursor must not be later.
    behind: str


class Ledger:
    """
    The pods of a selection as last seen, and the changes that wait to be taken.

    `mark` is how far the source has been read, in the source's own words (a resource version); `stops` says of which pods our
    own stop began, and when. `read` is how an object is read, `observe` if it is a pod's.
    """

    def __init__(self, stops: Mapping[str, Moment] | None = None, read: Callable[..., Observation] = observe) -> None:
        self.mark = ""
        self.skipped = 0
        self._read = read
        self._stops = {} if stops is None else stops
        self._known: dict[str, _Known] = {}
        self._uids: dict[tuple[str, str], str] = {}
        self._waiting: set[str] = set()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._notes = 0

    @property
    def lag(self) -> int:
        """How many changes wait."""
        return len(self._pending)

    def knows(self, uid: str) -> bool:
        """Whether this pod has been seen, and not gone or left."""
        return uid in self._known

    def recall(self, manifest: Mapping[str, Any], now: datetime) -> None:
        """A pod as it was when it was last acknowledged: known, and nothing to deliver."""
        try:
            seen = self._read(manifest, stopped_at=self._stop(manifest), now=now)
        except Unreadable:
            return
        until = None if seen.provisional is None else now + PATIENCE
        self._keep(_Known(seen.record, seen.record.outcome is not None, seen.provisional, until))

    def recall_told(self, ref: PodRef, outcome: Outcome) -> None:
        """A pod whose outcome was acknowledged, whatever else has changed since."""
        self._keep(_Known(PodRecord(ref, None, Stage.REQUESTED, outcome=outcome), True))

    def see(self, manifest: Mapping[str, Any], now: datetime, *, trusted: bool = False) -> str | None:
        """
        A pod as it is; returns its uid, None if it could not be read.

        What was seen before, or is older, changes nothing. A fresh list is `trusted` even where it is older than what was seen:
        then the server was put back to an earlier time.
        """
        known = self._known.get(uid_of(manifest))
        if known is not None:
            version, seen_version = version_of(manifest), known.record.resource_version
            if version == seen_version or not (trusted or newer(version, seen_version)):
                return known.record.ref.uid
        try:
            seen = self._read(manifest, previous=None if known is None else known.record, stopped_at=self._stop(manifest), now=now)
        except Unreadable:
            self.skipped += 1
            return None
        record = seen.record
        self._pending.pop(f"{record.ref.uid} left", None)
        self._replaced(record.ref, now)
        told = known.told if known is not None else record.ref.uid in self._told
        fresh = _Known(record, record.outcome is not None, seen.provisional)
        if seen.provisional is not None:
            fresh.until = now + PATIENCE if known is None or known.until is None else known.until
        if known is None or not _same(known.record, record) or (fresh.told and not told):
            self._put(record.ref.uid, Seen(record, None if told else record.outcome))
        self._keep(fresh)
        return record.ref.uid

    def begin_afresh(self, reason: str) -> None:
        """Nothing is known any more, and the consumer is told so."""
        self._known, self._uids, self._waiting = {}, {}, set()
        self._told.clear()
        self.note(Resynced(reason, afresh=True))

    def leave(self, uid: str) -> None:
        """A pod that lives on and is selected no more."""
        known = self._forget(uid)
        if known is None:
            return
        if known.told:
            self._remember(uid)
        waiting = self._pending.get(uid)
        # An outcome that waits is delivered all the same, before.
        behind = waiting is not None and isinstance(waiting.change, Seen) and waiting.change.outcome is not None
        self._put(f"{uid} left" if behind else uid, Left(known.record))

    def removed(self, manifest: Mapping[str, Any], now: datetime) -> None:
        """A pod's removal was seen, with the last of it."""
        known = self._known.get(uid_of(manifest))
        stopped_at = self._stop(manifest)
        try:
            previous = None if known is None else known.record
            record = self._read(manifest, previous=previous, stopped_at=stopped_at, now=now).record
        except Unreadable:
            self.vanished(uid_of(manifest))
            return
        outcome = record.outcome if record.outcome is not None else classify(manifest, None, stopped_at, "certain")
        self._end(record, outcome, known is not None and known.told, certain=True)

    def vanished(self, uid: str) -> None:
        """A pod is not there any more, and nobody saw it go."""
        known = self._known.get(uid)
        if known is None:
            return
        record = known.record
        outcome = record.outcome
        if outcome is None:
            outcome = known.provisional if known.provisional is not None else lost(record, self._stopping(record))
        self._end(record, outcome, known.told, certain=False)

    def only(self, uids: Collection[str]) -> None:
        """All that is there now: what is known besides has vanished."""
        for uid in [uid for uid in self._known if uid not in uids]:
            self.vanished(uid)

    def note(self, change: Synced | Resynced) -> None:
        """A word on the subscription itself, in its place among the changes."""
        self._notes += 1
        self._put(f"note {self._notes}", change)

    def tick(self, now: datetime) -> None:
        """Conclude what has waited long enough for a terminal phase."""
        for uid in [uid for uid in self._waiting if (until := self._known[uid].until) is not None and until <= now]:
            known = self._known[uid]
            known.record = replace(known.record, outcome=known.provisional, stage=Stage.DRAINING)
            known.told, known.provisional, known.until = True, None, None
            self._waiting.discard(uid)
            self._put(uid, Seen(known.record, known.record.outcome))

    @property
    def until(self) -> datetime | None:
        """When `tick` is due; None if nothing waits."""
        return min((until for uid in self._waiting if (until := self._known[uid].until) is not None), default=None)

    def take(self, max_items: int) -> tuple[tuple[Change, ...], str]:
        """The next changes, and the mark that acknowledges all taken so far."""
        taken: list[Change] = []
        while len(taken) < max_items and len(self._pending) > 0:
            taken.append(self._pending.popitem(last=False)[1].change)
        first = next(iter(self._pending.values()), None)
        return tuple(taken), self.mark if first is None else first.behind

    def _stopping(self, record: PodRecord) -> bool:
        return record.ref.uid in self._stops or (record.annotations is not None and STOPPED_AT in record.annotations)

    def _stop(self, manifest: Mapping[str, Any]) -> Moment:
        return self._stops.get(uid_of(manifest)) if len(self._stops) > 0 else None

    def _replaced(self, ref: PodRef, now: datetime) -> None:
        """A name that has come again: the pod that had it is gone."""
        before = self._uids.get((ref.namespace, ref.name))
        if before is not None and before != ref.uid:
            self.vanished(before)

    def _keep(self, known: _Known) -> None:
        ref = known.record.ref
        self._known[ref.uid] = known
        self._uids[ref.namespace, ref.name] = ref.uid
        if known.until is not None:
            self._waiting.add(ref.uid)
        else:
            self._waiting.discard(ref.uid)

    def _forget(self, uid: str) -> _Known | None:
        known = self._known.pop(uid, None)
        if known is not None:
            ref = known.record.ref
            if self._uids.get((ref.namespace, ref.name)) == uid:
                del self._uids[ref.namespace, ref.name]
        self._waiting.discard(uid)
        return known

    def _remember(self, uid: str) -> None:
        """That its outcome was told, should it come back: relabelled, or in a server that was put back in time."""
        self._told[uid] = None
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    def _end(self, record: PodRecord, outcome: Outcome | None, told: bool, *, certain: bool) -> None:
        self._forget(record.ref.uid)
        told = told or record.ref.uid in self._told
        if outcome is not None:
            self._remember(record.ref.uid)
        gone = replace(record, stage=Stage.GONE, outcome=outcome, deleting=True, blocker=None)
        self._put(record.ref.uid, Gone(gone, certain, None if told else outcome))

    def _put(self, key: str, change: Change) -> None:
        """Queue a change behind the others; of one pod, the newest stands for all, and keeps an outcome not yet taken."""
        waiting = self._pending.get(key)
        if waiting is None:
            self._pending[key] = _Pending(change, self.mark)
            return
        if isinstance(waiting.change, (Seen, Gone)) and waiting.change.outcome is not None and isinstance(change, (Seen, Gone)):
            change = replace(change, outcome=waiting.change.outcome)
        waiting.change = change


def _same(one: PodRecord, other: PodRecord) -> bool:
    """Whether nothing has changed that a record shows; half of a kubelet's updates show nothing."""
    return one == replace(other, resource_version=one.resource_version)
