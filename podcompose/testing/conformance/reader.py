"""
What holds for every subscription, whatever happens: each batch that the suite takes goes through here.

The reader keeps, by uid, what a consumer would: the pods in view, the outcomes told, the pods gone. It asks the backend nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Batch, Change, Gone, Left, Resynced, Seen, Selection, Synced
from podcompose.run.records import PodRecord, Stage
from podcompose.run.table import legal
from podcompose.testing.conformance.memory import Memory, Stored
from podcompose.testing.conformance.rules import require, selected

if TYPE_CHECKING:
    from podcompose.testing.conformance.doors import Doors

__all__ = ["Reader"]

_TICK_S = 0.5
_DECIDED = (Stage.DRAINING, Stage.FINISHED, Stage.GONE)


class Reader:
    """A subscription, and what was learnt from it. `there` are the pods of before it began, `stored` is what it went on from."""

    def __init__(
        self,
        suite: Doors,
        subscription: Any,
        where: Selection,
        there: Iterable[Mapping[str, Any]],
        stored: Stored | None = None,
    ) -> None:
        self.suite = suite
        self.subscription = subscription
        self.where = where
        self.there = [pod for pod in there if selected(where, pod)]
        start = Stored() if stored is None else stored
        self.memory = start.memory.copied()
        #: What is acknowledged, and must not come again as it was.
        self.sure = start.sure.copied()
        #: What may come once more, as it was before; and of which pods, step by step.
        self.before = start.memory.copied()
        self.unsure = start.memory.beyond(start.sure)
        self.resumed = stored is not None
        self.cursor = ""
        self.changes: list[Change] = []
        self.notes: list[Synced | Resynced] = []

    @property
    def view(self) -> Mapping[str, PodRecord]:
        """The pods that are there, as last seen."""
        return self.memory.view

    @property
    def told(self) -> Mapping[str, Outcome]:
        """Outcomes, by uid."""
        return self.memory.told

    @property
    def gone(self) -> Mapping[str, Gone]:
        """Pods that are no more, by uid."""
        return self.memory.gone

    @property
    def synced(self) -> bool:
        """Whether all that was there has been delivered."""
        return any(isinstance(note, Synced) for note in self.notes)

    def stage(self, uid: str) -> Stage | None:
        """The stage last seen."""
        return Stage.GONE if uid in self.gone else self.view[uid].stage if uid in self.view else None

    def take(self, timeout: float = _TICK_S, max_items: int = 1000) -> Batch:
        """Poll once, and judge every change."""
        batch: Batch = self.suite.call(self.subscription.poll, timeout, max_items)
        require(isinstance(batch, Batch), "batch", f"poll gave {batch!r}, no Batch")
        require(isinstance(batch.cursor, str), "cursor", f"the cursor is {batch.cursor!r}, no text")
        require(len(batch.changes) <= max_items, "max-items", f"{len(batch.changes)} changes where at most {max_items} were asked")
        for change in batch.changes:
            self.changes.append(change)
            self._judge(change)
        self.cursor = batch.cursor
        if len(batch.changes) < max_items and len(self.notes) > 0 and isinstance(self.notes[-1], Synced):
            self.sure = self.memory.copied()
        return batch

    def stored(self) -> Stored:
        """What a consumer would store now; the empty cursor acknowledges nothing, so nothing is known from there."""
        if self.cursor == "":
            return Stored()
        return Stored(self.cursor, self.memory.copied(), self.sure.copied())

    def until(self, wanted: Callable[[Reader], bool], what: str, max_items: int = 1000) -> Reader:
        """Poll until something is so; what is still not so after the suite's patience was lost."""
        waited = 0.0
        while not wanted(self):
            if len(self.take(_TICK_S, max_items).changes) == 0:
                waited += _TICK_S
            late = waited > self.suite.patience_s
            require(not late, "lost", f"{what}: not delivered within {self.suite.patience_s} s; {'; '.join(self.missing())}")
        return self

    def until_synced(self, max_items: int = 1000) -> Reader:
        """Poll until all that was there has been delivered."""
        return self.until(lambda reader: reader.synced, "Synced", max_items)

    def until_stage(self, uid: str, stage: Stage) -> Reader:
        """Poll until a pod is in a stage."""
        return self.until(lambda reader: reader.stage(uid) is stage, f"stage {stage} of pod {uid}")

    def until_told(self, uid: str) -> Outcome:
        """Poll until a pod's outcome is told."""
        return self.until(lambda reader: uid in reader.told, f"the outcome of pod {uid}").told[uid]

    def until_gone(self, uid: str) -> Gone:
        """Poll until a pod is gone."""
        return self.until(lambda reader: uid in reader.gone, f"Gone of pod {uid}").gone[uid]

    def rest(self, max_items: int = 1000) -> Reader:
        """Poll until nothing comes any more, and compare with what is really there."""
        self.until_synced(max_items)
        while True:
            self.until(lambda reader: reader.missing() == [], "what is really there", max_items)
            if len(self.take(0.0, max_items).changes) == 0:
                return self

    def missing(self) -> list[str]:
        """What this subscription does not say, or says wrongly, of the pods that are really there."""
        there = {pod["metadata"]["uid"]: pod for pod in self.suite.pods() if selected(self.where, pod)}
        wrong = [f"pod {uid} is there and was not seen" for uid in there if uid not in self.view]
        wrong += [f"pod {uid} is not there and is not gone" for uid in self.view if uid not in there]
        wrong += [
            f"pod {uid} has ended and its outcome was not told"
            for uid, pod in there.items()
            if _ended(pod) and uid not in self.told
        ]
        wrong += [f"pod {uid} is gone and its outcome was not told" for uid in self.gone if uid not in self.told]
        return wrong

    def _judge(self, change: Change) -> None:
        if isinstance(change, (Seen, Left)):
            self._step_back(change)
        if isinstance(change, Seen):
            self._seen(change)
        elif isinstance(change, Gone):
            self._gone(change)
        elif isinstance(change, Left):
            self._left(change)
        elif isinstance(change, Synced):
            self._synced()
        else:
            require(isinstance(change, Resynced), "change", f"{change!r} is no change")
            self._resynced(change)

    def _seen(self, change: Seen) -> None:
        record, uid = change.record, change.record.ref.uid
        self._identity(record)
        require(uid not in self.gone, "stale-after-gone", f"Seen({record.stage}) of pod {uid}, which is gone")
        require(record.stage is not Stage.GONE, "illegal-stage", f"pod {uid} is Seen in stage Gone")
        self._step(uid, record.stage)
        self._news(change)
        self._outcome(record, change.outcome)
        self.memory.view[uid] = record
        self.memory.left.discard(uid)

    def _step_back(self, change: Seen | Left) -> None:
        """
        What was told and not acknowledged may come again in more pieces than it came in: Seen(Draining), say, and then Gone.

        So a change that does not follow what was known may, once for each pod, follow what was acknowledged.
        """
        uid = change.record.ref.uid
        if uid in self.unsure and not self._follows(change):
            for other in self.unsure.intersection((uid, *self._namesakes(change.record))):
                self.memory.recall(other, self.sure)
                self.unsure.discard(other)

    def _follows(self, change: Seen | Left) -> bool:
        record, uid = change.record, change.record.ref.uid
        if isinstance(change, Left):
            return uid in self.view
        told = self.told.get(uid) if change.outcome is None else change.outcome
        legally = uid not in self.gone and legal(self.stage(uid), record.stage)
        return legally and record.outcome == told and self._namesakes(record) == []

    def _namesakes(self, record: PodRecord) -> list[str]:
        """Other pods in view that have this one's name."""
        place = (record.ref.namespace, record.ref.name)
        refs = [other.ref for other in self.view.values()]
        return [ref.uid for ref in refs if ref.uid != record.ref.uid and (ref.namespace, ref.name) == place]

    def _gone(self, change: Gone) -> None:
        record, uid = change.record, change.record.ref.uid
        self._identity(record)
        again = uid in self.before.gone and uid not in self.sure.gone
        require(again or uid not in self.gone, "gone-twice", f"pod {uid} is gone for the second time")
        require(record.stage is Stage.GONE, "illegal-stage", f"pod {uid} is gone in stage {record.stage}")
        self._outcome(record, change.outcome)
        require(uid in self.told, "no-outcome", f"pod {uid} is gone without an outcome")
        self.memory.view.pop(uid, None)
        self.memory.left.discard(uid)
        self.memory.gone[uid] = change
        self.before.gone.pop(uid, None)

    def _left(self, change: Left) -> None:
        uid = change.record.ref.uid
        require(uid in self.view, "left", f"pod {uid} has left, and was not there")
        del self.memory.view[uid]
        self.memory.left.add(uid)

    def _synced(self) -> None:
        again = sum(isinstance(note, Resynced) for note in self.notes)
        before = sum(isinstance(note, Synced) for note in self.notes)
        require(before <= again, "synced-twice", "Synced for the second time, and no Resynced between")
        self.notes.append(Synced())
        if before == 0:
            self._all_seen()

    def _all_seen(self) -> None:
        """What was there when the subscription began, and still is, has been delivered by now."""
        still = {pod["metadata"]["uid"] for pod in self.suite.pods()}
        for pod in self.there:
            uid = pod["metadata"]["uid"]
            known = uid not in still or uid in self.view or uid in self.gone or uid in self.memory.left
            require(known, "synced-too-early", f"Synced, but pod {uid} of before was not seen")
            told = uid not in still or not _ended(pod) or uid in self.told
            require(told, "synced-too-early", f"Synced, but the outcome of pod {uid} was not told")

    def _resynced(self, change: Resynced) -> None:
        require(change.reason != "", "resynced", "Resynced without a reason")
        if self.resumed and len(self.changes) == 1:
            # The cursor was of no use: this subscription begins anew, and owes everything again.
            self.memory, self.sure, self.before, self.unsure = Memory(), Memory(), Memory(), set()
        self.notes.append(change)

    def _identity(self, record: PodRecord) -> None:
        ref = record.ref
        require(ref.uid != "" and ref.name != "" and ref.namespace != "", "identity", f"{ref!r} lacks a part")
        labels = {"metadata": {"namespace": ref.namespace, "labels": dict(record.labels or {})}}
        require(selected(self.where, labels), "selection", f"pod {ref} is not selected by {self.where}")
        known = self.view.get(ref.uid)
        same = known is None or known.ref == ref
        require(same, "identity", f"uid {ref.uid} was {known and known.ref}, and is {ref} now")
        for other in self._namesakes(record):
            require(False, "identity", f"{ref} is seen as {ref.uid}, and {other} of that name is not gone")

    def _step(self, uid: str, stage: Stage) -> None:
        before = self.stage(uid)
        require(legal(before, stage), "illegal-stage", f"pod {uid} went from {before} to {stage}")

    def _news(self, change: Seen) -> None:
        """What was acknowledged does not come again."""
        known = self.sure.view.get(change.record.ref.uid)
        same = known is not None and change.outcome is None and _alike(known, change.record)
        still = known is not None and known is self.view.get(change.record.ref.uid)
        require(not (same and still), "repeated", f"pod {change.record.ref.uid} comes again as it was acknowledged")

    def _outcome(self, record: PodRecord, outcome: Outcome | None) -> None:
        uid, told = record.ref.uid, self.told.get(record.ref.uid)
        if outcome is not None:
            again = uid in self.before.told and uid not in self.sure.told
            require(told is None or again, "outcome-twice", f"pod {uid} had the outcome {told}, and now {outcome}")
            known = told if told is not None else self.before.told.get(uid)
            require(known in (None, outcome), "outcome-changed", f"pod {uid} had the outcome {known}, and now {outcome}")
            self.before.told.pop(uid, None)
            require(record.stage in _DECIDED, "illegal-stage", f"pod {uid} has an outcome in stage {record.stage}")
            self.memory.told[uid] = outcome
        now = self.told.get(uid)
        require(record.outcome == now, "outcome-changed", f"pod {uid} was told {now}, and its record says {record.outcome}")


def _ended(manifest: Mapping[str, Any]) -> bool:
    return (manifest.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _alike(one: PodRecord, other: PodRecord) -> bool:
    return one == replace(other, resource_version=one.resource_version)
