"""
The pods of a pool and the tasks on them, as last seen, under one lock.

Records come in from the backend, in any order and as often as they like; tasks come out on a board, each as a pod of its own, with
one outcome. Pods of the pool are not shown; pods that are not of any pool are shown as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from podcompose.run.board import Board
from podcompose.run.ledger import newer
from podcompose.run.naming import MANAGED_BY, WARM_POOL
from podcompose.run.observe import Observation, lost
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Change, Gone, Left, Seen
from podcompose.run.records import PodRecord, PodRef, Stage
from podcompose.run.warm.believing import Believing
from podcompose.run.warm.claims import Claim
from podcompose.run.warm.commands import WarmPod
from podcompose.run.warm.life import State
from podcompose.run.warm.machine import Machine
from podcompose.run.warm.own import OwnPods
from podcompose.run.warm.pace import Starts
from podcompose.run.warm.records import UID, Known, outcome_of_end, record_of
from podcompose.run.warm.vanished import Doubts, Graves

__all__ = ["Yard", "read_task"]


def read_task(
    manifest: Mapping[str, Any], *, previous: PodRecord | None = None, stopped_at: object = None, now: datetime | None = None
) -> Observation:
    """What the board's subscriptions read: the record that was put; an outcome that was told stays."""
    record: PodRecord = manifest["record"]
    if previous is not None and previous.ref.uid == record.ref.uid and previous.outcome is not None:
        record = replace(record, outcome=previous.outcome)
    return Observation(replace(record, resource_version=manifest["metadata"]["resourceVersion"]))


class Yard:
    """What is known, and who is told. Whoever calls holds `lock`, but for `find`, which takes it."""

    def __init__(self, machine: Machine, board: Board, stirred: threading.Condition) -> None:
        self.machine, self.board = machine, board
        self.lock: threading.Condition = board.changed
        #: Of the same lock: a pod is free, or has ended, or a view has told all there is. Not of every change: few wait for these.
        self.stirred = stirred
        #: What is known of tasks here, by uid: whoever finds out more writes it.
        self.known: dict[str, Known] = {}
        #: Results that are being written, by the task's uid: whatever becomes of the pod meanwhile, they are the truth.
        self.ending: dict[str, Outcome] = {}
        #: How long the pods that were started here took.
        self.starts = Starts()
        #: Tasks that are on their way to another pod.
        self.moving: set[str] = set()
        #: Told of a task that was ordered here, when somebody else takes it off its pod.
        self.astray: Callable[[WarmPod, Claim], None] = lambda pod, claim: None
        #: Told of a task of another's that has vanished: he may have withdrawn, to put it on another pod.
        self.doubted: Callable[[Claim], None] = self.give_up
        self._doubts, self._graves = Doubts(), Graves()
        #: Pods with a task that was not shown, for another pod had it too, and has it no more.
        self.hidden: list[WarmPod] = []
        self._believing = Believing(machine, self.known)
        self._shown: dict[str, dict[str, Claim]] = {}
        self.own = OwnPods()
        #: Claims of launches that are under way here, whose pods have gone meanwhile.
        self._early: dict[str, tuple[PodRecord, Claim]] = {}

    def take(self, change: Change, now: datetime) -> None:
        """One change of the backend's."""
        if isinstance(change, Seen):
            self.see(change.record, now)
        elif isinstance(change, Gone):
            self._gone(change.record, now)
        elif isinstance(change, Left):
            self._left(change.record)

    def see(self, record: PodRecord, now: datetime) -> WarmPod | None:
        """A pod as it is; one that is older than what is known says nothing."""
        if record.ref.uid in self._graves:
            return None
        there = self.machine.pods.get(record.ref.uid)
        if there is not None and not newer(record.resource_version, there.record.resource_version):
            return there
        pod = self.machine.see(record, now)
        if pod is not None:
            self._time(pod, now)
            self.show(pod, now)
            if pod.state in (State.FREE, State.OVER):
                self.stirred.notify_all()
        elif not _is_pooled(record):
            self._see_own(record)
        while len(self.hidden) > 0:
            self.show(self.hidden.pop(), now)
        return pod

    def lost(self, record: PodRecord, now: datetime) -> None:
        """A pod is not there any more."""
        self._gone(replace(record, outcome=lost(record)), now)

    def find(self, namespace: str, launch_id: str) -> tuple[PodRecord, Claim | None] | None:
        """The task of a launch id, as it is shown, and its claim if it has one."""
        with self.lock:
            there = self._believing.at(namespace, launch_id)
            if there is not None:
                pod, claim = there
                return record_of(claim, pod.record, self.known.get(claim.uid, Known())), claim
            own = self.own.find(namespace, launch_id)
            return None if own is None else (own, None)

    def of_task(self, uid: str) -> tuple[WarmPod, Claim] | None:
        """The pod and the claim of a task's uid."""
        shown = self.board.by_uid(uid)
        if shown is None:
            return None
        record: PodRecord = shown["record"]
        there = self._believing.at(record.ref.namespace, record.launch_id or "")
        return there if there is not None and there[1].uid == uid else None

    def end(self, pod: PodRecord, claim: Claim, outcome: Outcome, *, remove: bool) -> None:
        """A task has its outcome, which is told; and it is no more."""
        record = record_of(claim.ended(outcome), pod, self.known.get(claim.uid, Known()))
        self._put(record)
        if remove:
            self._forget(claim, pod.ref.namespace)

    def drop(self, claim: Claim, now: datetime) -> None:
        """A task is on no pod any more: that was read, and is not told yet."""
        found = self.of_task(claim.uid)
        if found is not None:
            pod = found[0]
            pod.claims = {key: other for key, other in pod.claims.items() if key != claim.key}
            self.show(pod, now)

    def drop_own(self, uid: str) -> None:
        """A pod of its own is gone: that was read, and is not told yet."""
        record = self.own.of(uid)
        if record is not None:
            self._graves.bury(record.ref.uid)
            self._gone_own(replace(record, outcome=lost(record)))

    def begin_anew(self, uids: set[str], places: Callable[[PodRef], bool], now: datetime) -> None:
        """All that is there has been told: what is known besides, in these places, is gone."""
        records = [pod.record for pod in self.machine.pods.values()] + [*self.own.all()]
        for record in records:
            if record.ref.uid not in uids and places(record.ref):
                self.lost(record, now)

    def _time(self, pod: WarmPod, now: datetime) -> None:
        start_s = self.starts.runs(pod.record.launch_id, now) if pod.record.stage is Stage.RUNNING else None
        if start_s is not None:
            self.machine.took(pod.marks.kind, start_s=start_s)

    def show(self, pod: WarmPod, now: datetime) -> None:
        """Tell of a pod's tasks what is not told yet."""
        uid, namespace = pod.record.ref.uid, pod.record.ref.namespace
        before = self._shown.get(uid, {})
        is_tentative = self._believing.is_tentative
        self._shown[uid] = {key: claim for key, claim in pod.claims.items() if not is_tentative(claim, pod.record.ref)}
        for key, claim in self._shown[uid].items():
            shown = before.get(key)
            if (shown is claim and not claim.is_open) or self._is_elsewhere(claim):
                continue
            if shown is not None and shown.uid != claim.uid:
                self._vanished(pod, shown)
            self._believing.put(claim, pod.record.ref)
            if claim.holder != self.machine.settings.holder:
                self._doubtful(claim)
            for record, earlier in self._doubts.over(claim, namespace):
                self._deleted(record, earlier)
            self._put(record_of(claim, pod.record, self.known.get(claim.uid, Known())))
        for key, claim in before.items():
            if key not in pod.claims:
                pod.forget.add(claim.inner)
                pod.attended.discard(key)
                self._vanished(pod, claim)

    def _vanished(self, pod: WarmPod, claim: Claim) -> None:
        """A claim is not there any more: acknowledged, withdrawn, or taken away by somebody."""
        if self._is_elsewhere(claim):
            self.known.pop(claim.uid, None)
            return
        if claim.is_open and self.board.by_uid(claim.uid) is not None:
            self._reveal(claim, pod)
            known = self._doubtful(claim)
            if known.sent is True and claim.uid not in self.ending:
                self.astray(pod, claim)
            if claim.holder != self.machine.settings.holder and not known.began and claim.uid not in self.ending:
                self._doubts.add(pod.record, claim)
                self.doubted(claim)
                return
            outcome = self.ending.get(claim.uid) or outcome_of_end(claim, replace(pod.record, outcome=Outcome("Deleted")), known)
            self.end(pod.record, claim, outcome, remove=True)
        else:
            self._forget(claim, pod.record.ref.namespace)

    def _doubtful(self, claim: Claim) -> Known:
        """What is known of a task that somebody else has, or had, in hand: he may have ordered it."""
        known = self.known.get(claim.uid, Known())
        if known.sent is False:
            known = self.known[claim.uid] = replace(known, sent=None)
        return known

    def _reveal(self, claim: Claim, gone_from: WarmPod) -> None:
        """Another pod that has the same task is looked at once more: that one was not shown."""
        for other in self.machine.pods.values():
            if other is not gone_from and claim.key in other.claims:
                self.hidden.append(other)

    def give_up(self, claim: Claim) -> None:
        """A task of another's that has vanished has not come again: he has not only put it on another pod."""
        record = self._doubts.take(claim)
        if record is not None:
            self._deleted(record, claim)

    def _deleted(self, record: PodRecord, claim: Claim) -> None:
        if self.board.by_uid(claim.uid) is not None:
            known = self.known.get(claim.uid, Known())
            self.end(record, claim, outcome_of_end(claim, replace(record, outcome=Outcome("Deleted")), known), remove=True)

    def _gone(self, record: PodRecord, now: datetime) -> None:
        self._graves.bury(record.ref.uid)
        there = self.machine.pods.get(record.ref.uid)
        if there is not None and there.record.annotations != record.annotations:
            self.show(self.machine.see(record, now) or there, now)  # the last of it may say more than was seen
        pod = self.machine.gone(record.ref.uid)
        self.starts.forget(record.launch_id)
        if pod is None:
            self._gone_own(record)
            return
        pod.record, pod.state = record, State.OVER
        self.stirred.notify_all()
        self._shown.pop(record.ref.uid, None)
        for claim in pod.claims.values():
            if self._is_elsewhere(claim):
                continue
            if self.board.by_uid(claim.uid) is not None or not self._believing.is_tentative(claim, record.ref):
                self._end_with(record, claim)
            elif self._believing.is_pending(claim):
                self._early[claim.uid] = (record, claim)

    def launched(self, claim: Claim) -> bool:
        """A claim of a launch here stands, or may: whether its pod has gone meanwhile, which is its end."""
        early = self._early.pop(claim.uid, None)
        if early is not None:
            self._end_with(*early)
        return early is not None

    def withdrawn(self, claim: Claim) -> None:
        """A claim of a launch here is on no pod any more, and was never told of."""
        self._early.pop(claim.uid, None)

    def _end_with(self, record: PodRecord, claim: Claim) -> None:
        """A task ends with its pod."""
        known = self.known.get(claim.uid, Known())
        outcome = claim.outcome or self.ending.get(claim.uid) or outcome_of_end(claim, record, known)
        self.end(record, claim, outcome, remove=True)

    def _left(self, record: PodRecord) -> None:
        """A pod is not podcompose's any more, by its labels, and lives on; the tasks of a warm one are seen to as before."""
        shown = self.own.left(record)
        if shown is not None:
            self._put(replace(shown, labels={name: value for name, value in (record.labels or {}).items() if name != MANAGED_BY}))

    def _forget(self, claim: Claim, namespace: str) -> None:
        self.board.remove(claim.uid)
        self.known.pop(claim.uid, None)
        self.ending.pop(claim.uid, None)
        self._believing.forget(claim, namespace)

    def _is_elsewhere(self, claim: Claim) -> bool:
        """Whether a task has, or is about to have, a pod of its own instead."""
        return claim.uid in self.moving or self.own.has(claim.uid)

    def _see_own(self, record: PodRecord) -> None:
        shown = self.own.see(record)
        self.moving.discard((record.annotations or {}).get(UID, record.ref.uid))
        if shown is not None:
            self._put(shown)

    def _gone_own(self, record: PodRecord) -> None:
        shown = self.own.gone(record)
        if self.board.by_uid(shown.ref.uid) is not None:
            self._put(shown)
            self.board.remove(shown.ref.uid)

    def _put(self, record: PodRecord) -> None:
        ref = record.ref
        metadata = {"namespace": ref.namespace, "name": ref.name, "uid": ref.uid, "labels": dict(record.labels or {})}
        self.board.put({"metadata": metadata, "record": replace(record, resource_version="")})


def _is_pooled(record: PodRecord) -> bool:
    return record.annotations is not None and WARM_POOL in record.annotations
