"""
Tasks that nobody living is sure of: first their claims are ours, then it is made sure that each is in one pod alone.

Who claimed a task may have died before he looked whether another pod has it too, or may be alive and about to withdraw. So nobody
orders such a task before he has taken the claim over, by compare and swap, and has read who else has one: then whoever withdraws
leaves it alone, and of two that were left, one gives way. A pod in which the task has begun never does. A claim of our own is
such a one too where the answer was lost, or nobody could be asked who else has the task.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from podcompose.run.errors import LaunchError
from podcompose.run.records import Owner, PodRecord
from podcompose.run.warm.claims import Claim, claims_of, label_of, written
from podcompose.run.warm.crew import Crew
from podcompose.run.warm.hosting import Ask, Changed, Hosting, Report, State, Void
from podcompose.run.warm.marks import CONTAINER
from podcompose.run.warm.yard import Yard

__all__ = ["Inheriting"]

_REST_S = 1.0
_BEGUN = ("running", "ended")


class Inheriting:
    """
    Takes claims over.

    `alone` is called with a task that is ours and in no other pod, `abandoned` with one that was on its way elsewhere, `tend` with
    one that has changed meanwhile.
    """

    def __init__(
        self,
        hosting: Hosting,
        yard: Yard,
        crew: Crew,
        holder: Owner,
        clock: Callable[[], datetime],
        tend: Callable[[str, str], None],
        alone: Callable[[str, str], None],
        abandoned: Callable[[str, str], None],
    ) -> None:
        self._hosting, self._yard, self._crew, self._holder, self._clock = hosting, yard, crew, holder, clock
        self._tend, self._alone, self._abandoned = tend, alone, abandoned

    def take_over(self, uid: str, key: str) -> None:
        """Have the claim of this key, on the pod of this uid, be ours; then see to its task."""
        found = self._found(uid, key)
        if found is None:
            return
        record, claim = found
        try:
            taken = self._hosting.swap(record, {}, {label_of(key): written(replace(claim, holder=self._holder))})
            with self._yard.lock:
                if taken.record is not None:
                    self._yard.see(taken.record, self._clock())
            if isinstance(taken, Changed):
                self._crew.later(0.0, lambda: self._tend(uid, key))
                return
            holders = self._hosting.holders(record.ref.namespace, label_of(key), since=taken.record.resource_version)
        except LaunchError:
            self._again(uid, key)
            return
        self._decide(taken.record, claim, [other for other in holders if other.ref.uid != uid])

    def _found(self, uid: str, key: str) -> tuple[PodRecord, Claim] | None:
        with self._yard.lock:
            pod = self._yard.machine.pods.get(uid)
            claim = None if pod is None else pod.claims.get(key)
            return None if pod is None or claim is None or not claim.is_open else (pod.record, claim)

    def _decide(self, pod: PodRecord, claim: Claim, others: list[PodRecord]) -> None:
        """Go on if no other pod has the task; else one gives way: whose task has not begun, and of two such the larger uid."""
        uid, key = pod.ref.uid, claim.key
        if claim.moving:
            if others != []:
                self._give_way(uid, key)
            else:
                self._abandoned(uid, key)
        elif others == []:
            self._alone(uid, key)
        elif any(key not in claims_of(other) for other in others):
            self._give_way(uid, key)  # it has a pod of its own
        else:
            self._ask(pod, claim, lambda state: self._asked(pod, claim, others, state))

    def _asked(self, pod: PodRecord, claim: Claim, others: list[PodRecord], state: State) -> None:
        uid, key = pod.ref.uid, claim.key
        if state in _BEGUN or (state == "void" and claim.stopped_at is not None):
            self._alone(uid, key)
        elif state == "void":
            self._give_way(uid, key)  # renounced, and not taken away
        elif state != "absent":
            self._again(uid, key)
        elif any(other.ref.uid < uid for other in others):
            self._renounce(pod, claim)
        else:
            other = others[0]
            self._ask(other, claims_of(other)[key], lambda there: self._asked_elsewhere(pod, claim, there))

    def _asked_elsewhere(self, pod: PodRecord, claim: Claim, state: State) -> None:
        if state in _BEGUN:
            self._renounce(pod, claim)
        else:
            self._again(pod.ref.uid, claim.key)

    def _ask(self, pod: PodRecord, claim: Claim, answered: Callable[[State], None]) -> None:
        """How a task stands in a pod, now."""

        def told(report: Report) -> None:
            self._crew.do(lambda: answered(report.state))

        self._hosting.order(pod.ref, _container(pod), Ask(claim.inner), _once(told))

    def _renounce(self, pod: PodRecord, claim: Claim) -> None:
        """Give way; but first it is made sure that no order of somebody before us, who knows how late, begins the task yet."""
        uid, key = pod.ref.uid, claim.key
        then = {"void": self._give_way, "running": self._alone, "ended": self._alone}

        def told(report: Report) -> None:
            self._crew.do(lambda: then.get(report.state, self._again)(uid, key))

        self._hosting.order(pod.ref, _container(pod), Void(claim.inner), _once(told))

    def _give_way(self, uid: str, key: str) -> None:
        found = self._found(uid, key)
        if found is None:
            return
        try:
            left = self._hosting.swap(found[0], {label_of(key): None}, {label_of(key): None})
        except LaunchError:
            self._again(uid, key)
            return
        with self._yard.lock:
            if left.record is not None:
                self._yard.see(left.record, self._clock())
        if isinstance(left, Changed):
            self._again(uid, key)

    def _again(self, uid: str, key: str) -> None:
        self._crew.later(_REST_S, lambda: self.take_over(uid, key))


def _container(pod: PodRecord) -> str:
    return (pod.annotations or {}).get(CONTAINER, "")


def _once(told: Callable[[Report], None]) -> Callable[[Report], None]:
    """Only the first word: that a task runs is enough."""
    heard: list[Report] = []

    def first(report: Report) -> None:
        heard.append(report)
        if len(heard) == 1:
            told(report)

    return first
