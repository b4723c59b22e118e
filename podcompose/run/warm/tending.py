"""Seeing to tasks: ordered until there is a last word, their results written down before anybody is told."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from podcompose.run.errors import LaunchError
from podcompose.run.outcome import Cause, Outcome, Ran
from podcompose.run.records import Owner
from podcompose.run.warm.claims import Claim, label_of, written
from podcompose.run.warm.commands import WarmPod, has_no_shell
from podcompose.run.warm.crew import Crew
from podcompose.run.warm.hosting import Changed, Hosting, Report, Run, Stop, Swapped
from podcompose.run.warm.inheriting import Inheriting
from podcompose.run.warm.records import Known, outcome_of_end, outcome_of_report
from podcompose.run.warm.yard import Yard
from podcompose.run.watch.backoff import Backoff

__all__ = ["Tending"]

#: How long a pod that does not answer is left alone.
_REST_S = 1.0
#: How long a task of another scheduler's that has vanished may take to come again, on another pod.
_DOUBT_S = 10.0


class Tending:
    """The tasks of one pool."""

    def __init__(
        self,
        hosting: Hosting,
        yard: Yard,
        crew: Crew,
        holder: Owner,
        clock: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self._hosting, self._yard, self._crew, self._holder, self._clock = hosting, yard, crew, holder, clock
        self._changed = changed
        #: Told of a task (the pod's uid, its key, why) whose pod cannot run it; nothing of it has begun.
        self.unfit: Callable[[str, str, str], None] = lambda uid, key, why: self.conclude_as(uid, key, why)
        yard.astray, yard.doubted = self._end_astray, self._doubted
        self._inheriting = Inheriting(hosting, yard, crew, holder, clock, self.tend, self._order, self._abandoned)
        self._backoffs: dict[str, Backoff] = {}
        self._ordered: dict[str, datetime] = {}

    def tend(self, uid: str, key: str) -> None:
        """Order the task of this key in the pod of this uid, once more if need be; but first be sure that no other pod has it."""
        with self._yard.lock:
            pod, claim = self._open(uid, key)
            if pod is None or claim is None:
                self._let_be(key)
                return
            pod.attended.add(key)
            is_sure = claim.holder == self._holder and self._yard.known.get(claim.uid, Known()).sent is not None
        if is_sure:
            self._order(uid, key)
        else:
            self._crew.do(lambda: self._inheriting.take_over(uid, key))

    def _order(self, uid: str, key: str) -> None:
        """Order a task that is in this pod alone."""
        with self._yard.lock:
            pod, claim = self._open(uid, key)
            if pod is None or claim is None:
                return
            if claim.holder != self._holder:
                self._crew.do(lambda: self._inheriting.take_over(uid, key))
                return
            self._ordered.setdefault(key, self._clock())
            known = self._yard.known.get(claim.uid, Known())
            self._yard.known[claim.uid] = replace(known, sent=True)
            first = known.sent is False
            ref, container = pod.record.ref, pod.marks.container
            forget = tuple(sorted(pod.forget))
            if claim.stopped_at is None:  # a Run says it
                pod.forget.clear()
        order = _order_of(claim, forget)
        if order is not None:
            self._hosting.order(ref, container, order, lambda report: self._told(uid, claim, report, first))

    def conclude(self, uid: str, key: str) -> None:
        """The pod has ended: what its container left to be read is the task's result, else the pod's end is."""
        with self._yard.lock:
            pod, claim = self._open(uid, key)
            if pod is None or claim is None:
                return
            why = has_no_shell(pod.record)
            if why is not None and claim.stopped_at is None:
                self._crew.do(lambda: self.unfit(uid, key, why))
                return
            outcome = outcome_of_end(claim, pod.record, self._yard.known.get(claim.uid, Known()))
        self._write(uid, key, outcome)

    def conclude_as(self, uid: str, key: str, message: str, ran: Ran = "no") -> None:
        """A task that cannot be run here, and of which nobody here has the pod: it has failed."""
        cause = Cause("NotLaunched", "Unfit", message)
        self._write(uid, key, Outcome("Failed", cause, reason="Unfit", message=message, ran=ran, infrastructure=True))

    def _abandoned(self, uid: str, key: str) -> None:
        """Somebody was about to give the task a pod of its own, and nobody knows what it was to be."""
        self.conclude_as(uid, key, "who was to give the task a pod of its own is gone", "unknown")

    def _doubted(self, claim: Claim) -> None:
        self._crew.later(_DOUBT_S, lambda: self._give_up_waiting(claim))

    def _give_up_waiting(self, claim: Claim) -> None:
        with self._yard.lock:
            self._yard.give_up(claim)
        self._changed()

    def _end_astray(self, pod: WarmPod, claim: Claim) -> None:
        """Somebody took an open task off its pod, as he would delete a pod: it is ended as one that is deleted."""
        ref, container = pod.record.ref, pod.marks.container
        stop = Stop(claim.inner, 30.0 if claim.task is None else claim.task.grace_s)

        def told(report: Report) -> None:
            if report.state == "cut":
                self._crew.later(_REST_S, order)

        def order() -> None:
            self._hosting.order(ref, container, stop, told)

        self._crew.do(order)

    def _let_be(self, key: str) -> None:
        """Nobody here sees to a task of this key any more."""
        self._backoffs.pop(key, None)
        self._ordered.pop(key, None)

    def _open(self, uid: str, key: str) -> tuple[WarmPod | None, Claim | None]:
        pod = self._yard.machine.pods.get(uid)
        claim = None if pod is None else pod.claims.get(key)
        return pod, claim if claim is not None and claim.is_open else None

    def _told(self, uid: str, ordered: Claim, report: Report, first: bool) -> None:
        """What came of an order; `first`: nobody ordered this task before."""
        key = ordered.key
        with self._yard.lock:
            _, claim = self._open(uid, key)
            if claim is None:
                self._let_be(key)
        if claim is None or claim.uid != ordered.uid:
            return
        if report.state == "running":
            self._began(uid, key, report)
        elif report.state in ("ended", "void"):
            self._crew.do(lambda: self._ended(uid, key, report))
        elif report.state == "cut" or (report.state == "unfit" and not (first or report.sure)):
            self._again(uid, key)
        elif report.state == "busy":
            self._crew.do(lambda: self._clear(uid, key, report.message))
        elif report.state == "unfit":
            self._crew.do(lambda: self.unfit(uid, key, report.message))
        else:
            self._crew.later(_REST_S, lambda: self._let_go(uid, key))

    def _again(self, uid: str, key: str) -> None:
        wait_s = self._backoffs.setdefault(key, Backoff(0.1, 5.0, 60.0, random.random)).next_s(self._clock())
        self._crew.later(wait_s, lambda: self.tend(uid, key))

    def _clear(self, uid: str, key: str, inner: str) -> None:
        """Another task runs in the pod: one that somebody took off it, and that nobody was there to end. It is ended now."""
        with self._yard.lock:
            pod, claim = self._open(uid, key)
        if pod is None or claim is None or claim.task is None or any(other.inner == inner for other in pod.open):
            self._again(uid, key)
            return

        def told(report: Report) -> None:
            if report.state != "running":
                self._again(uid, key)

        # All tasks of a kind have one grace.
        self._hosting.order(pod.record.ref, pod.marks.container, Stop(inner, claim.task.grace_s), told)

    def _began(self, uid: str, key: str, report: Report) -> None:
        with self._yard.lock:
            pod, claim = self._open(uid, key)
            if pod is not None and claim is not None:
                known = self._yard.known.get(claim.uid, Known())
                self._yard.known[claim.uid] = replace(known, began=True, started=report.started or known.started, prepared=None)
                self._yard.show(pod, self._clock())

    def _let_go(self, uid: str, key: str) -> None:
        """The pod does not run (any more), so the task is seen to again when it does, or has ended."""
        with self._yard.lock:
            pod, _ = self._open(uid, key)
            if pod is not None:
                pod.attended.discard(key)
                self._yard.machine.stir(uid)
        self._changed()

    def _ended(self, uid: str, key: str, report: Report) -> None:
        with self._yard.lock:
            pod, claim = self._open(uid, key)
            if pod is None or claim is None:
                return
            if report.ending and claim.stopped_at is None:  # why, the pod's end will say
                self._yard.known[claim.uid] = replace(self._yard.known.get(claim.uid, Known()), began=True, report=report)
                return
            outcome = outcome_of_report(report, claim, pod.marks.container)
            ordered = self._ordered.pop(key, None)
            if ordered is not None:
                self._yard.machine.took(pod.marks.kind, task_s=(self._clock() - ordered).total_seconds())
        self._write(uid, key, outcome)

    def _write(self, uid: str, key: str, outcome: Outcome) -> None:
        """Write a task's outcome onto its pod; then it is told. One that was stopped is taken off then, as a pod is gone."""
        while True:
            with self._yard.lock:
                pod, claim = self._open(uid, key)
                if pod is None or claim is None:
                    self._let_be(key)
                    return
                self._yard.ending[claim.uid] = outcome
                record = pod.record
            try:
                result = self._hosting.swap(record, {}, {label_of(key): written(claim.ended(outcome))})
            except LaunchError:
                self._crew.later(_REST_S, lambda: self._write(uid, key, outcome))
                return
            if self._wrote(result, uid, claim):
                break
        if claim.stopped_at is not None:
            self._take_off(uid, claim)

    def _take_off(self, uid: str, ended: Claim) -> None:
        """Take a result off its pod: who stopped the task wants it gone."""
        with self._yard.lock:
            pod = self._yard.machine.pods.get(uid)
            claim = None if pod is None else pod.claims.get(ended.key)
            if pod is None or claim is None or claim.uid != ended.uid:
                return
            record, name = pod.record, label_of(ended.key)
        try:
            result = self._hosting.swap(record, {name: None}, {name: None})
        except LaunchError:
            self._crew.later(_REST_S, lambda: self._take_off(uid, ended))
            return
        with self._yard.lock:
            if result.record is not None:
                self._yard.see(result.record, self._clock())
        if isinstance(result, Changed) and result.record is not None:
            self._crew.do(lambda: self._take_off(uid, ended))

    def _wrote(self, result: Swapped | Changed, uid: str, claim: Claim) -> bool:
        """Whether a result is written, or the pod is gone; else it has changed, and is known as it is now."""
        now = self._clock()
        with self._yard.lock:
            if isinstance(result, Changed) and result.record is not None:
                self._yard.see(result.record, now)
                return False
            pod = self._yard.machine.pods.get(uid)
            if isinstance(result, Changed):
                if pod is not None:
                    self._yard.lost(pod.record, now)
            elif pod is not None:
                pod.attended.discard(claim.key)
                self._yard.see(result.record, now)
            self._yard.ending.pop(claim.uid, None)
            self._let_be(claim.key)
        self._changed()
        return True


def _order_of(claim: Claim, forget: tuple[str, ...]) -> Run | Stop | None:
    """What is ordered of a task; None where nobody has written what it is to do."""
    if claim.stopped_at is not None:
        return Stop(claim.inner, 30.0 if claim.stop_grace_s is None else claim.stop_grace_s)
    return None if claim.task is None else Run(replace(claim.task, key=claim.inner), forget)
