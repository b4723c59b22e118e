"""Tasks that their warm pod turns out not to be able to run: each has a pod of its own instead, under the uid it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from podcompose.run.errors import LaunchError, Refused, Unsettled
from podcompose.run.naming import launch_label
from podcompose.run.prepare import Prepared
from podcompose.run.protocols import Launched, NotFound
from podcompose.run.records import PodRecord, PodRef
from podcompose.run.routing.places import Turns
from podcompose.run.warm.claims import Claim, label_of, written
from podcompose.run.warm.crew import Crew
from podcompose.run.warm.fitting import Fitting
from podcompose.run.warm.hosting import Changed
from podcompose.run.warm.records import Known
from podcompose.run.warm.starting import own_pod
from podcompose.run.warm.tending import Tending
from podcompose.run.warm.upkeep import HostingBackend
from podcompose.run.warm.yard import Yard

__all__ = ["Moving"]

#: After how long a pod of its own is tried again.
_AGAIN_S = 1.0


class Moving:
    """Moves of one pool, each in its launch id's turn. `moved` is called after each."""

    def __init__(
        self,
        backend: HostingBackend,
        yard: Yard,
        crew: Crew,
        clock: Callable[[], datetime],
        tending: Tending,
        fitting: Fitting,
        turns: Turns,
        moved: Callable[[], None],
    ) -> None:
        self._backend, self._yard, self._crew, self._clock = backend, yard, crew, clock
        self._tending, self._fitting, self._turns, self._moved = tending, fitting, turns, moved
        #: Pods of their own by the task's uid, until that is off its warm pod; and the tasks of those that may have been launched.
        self._owns: dict[str, PodRef] = {}
        self._unsettled: set[str] = set()
        #: How many tasks have got a pod of their own so.
        self.count = 0

    def cannot_run(self, uid: str, key: str, message: str) -> None:
        """A pod cannot run its task, of which nothing has begun: the task has a pod of its own, and so have all of its kind."""
        with self._yard.lock:
            pod = self._yard.machine.pods.get(uid)
            claim = None if pod is None else pod.claims.get(key)
            if pod is None or claim is None or key in self._yard.machine.pending:
                return
            self._yard.machine.pending.add(key)
            prepared = self._yard.known.get(claim.uid, Known()).prepared
        self._fitting.cannot(pod.marks.kind, message)
        self._move(pod.record.ref, claim, prepared, message)

    def still_own(self, prepared: Prepared, record: PodRecord) -> Launched | None:
        """
        The pod of its own of a launch id that has one as far as is known; None if it is gone by now.

        Shapes: `record` is that pod's, under the task's uid.
        Raises: LaunchError.
        """
        pod = self._yard.own.ref_of(record.ref)
        settled = self._backend.settle(prepared.launch_id, prepared.namespace)
        if isinstance(settled, NotFound) or settled.ref.uid != pod.uid:
            with self._yard.lock:
                self._yard.drop_own(record.ref.uid)
            return None
        moved = record.ref.uid != pod.uid
        composed = own_pod(prepared.composed, launch_label(prepared.launch_id), record.ref.uid) if moved else prepared.composed
        launched = self._backend.launch(composed, launch_id=prepared.launch_id)
        return launched if launched.created else Launched(record.ref, False)

    def _move(self, pod: PodRef, claim: Claim, prepared: Prepared | None, message: str) -> None:
        """Give a task a pod of its own, again and again if need be."""
        try:
            if prepared is None:
                self._tending.conclude_as(pod.uid, claim.key, message)
            else:
                with self._turns.of((prepared.namespace, prepared.launch_id)):
                    self._moved_to(pod, claim, prepared)
        except LaunchError:
            self._crew.later(_AGAIN_S, lambda: self._move(pod, claim, prepared, message))
            return
        with self._yard.lock:
            self._yard.machine.pending.discard(claim.key)
        self._moved()

    def _moved_to(self, pod: PodRef, claim: Claim, prepared: Prepared) -> None:
        """One attempt; what was launched by an earlier one is never launched again."""
        own = self._owns.get(claim.uid)
        if own is None:
            own = self._launched(pod, claim, prepared) if self._is_marked(pod, claim) else None
            if own is None:
                return
            self._owns[claim.uid] = own
            self.count += 1
        self._take_off(pod, claim, own)
        del self._owns[claim.uid]

    def _launched(self, pod: PodRef, claim: Claim, prepared: Prepared) -> PodRef | None:
        """A pod of its own; None: it was refused, so the task goes nowhere, and its end is told of the pod that it is on."""
        with self._yard.lock:
            self._yard.moving.add(claim.uid)
        try:
            own = self._backend.launch(own_pod(prepared.composed, claim.key, claim.uid), launch_id=claim.launch_id).ref
        except Refused as error:
            settled = self._backend.settle(claim.launch_id, pod.namespace)
            if isinstance(settled, NotFound):
                with self._yard.lock:
                    self._yard.moving.discard(claim.uid)
                self._tending.conclude_as(pod.uid, claim.key, str(error), "unknown" if claim.uid in self._unsettled else "no")
                own = None
            else:
                own = settled.ref  # an attempt before this one, whose answer was lost, was not refused
        except Unsettled:
            self._unsettled.add(claim.uid)
            raise
        self._unsettled.discard(claim.uid)
        return own

    def _is_marked(self, pod: PodRef, claim: Claim) -> bool:
        """Whether it is written on the claim that the task is to leave; what somebody has taken over is his."""
        while True:
            record, found = self._found(pod, claim)
            if record is None or found is None or not found.is_open:
                return False
            if found.moving:
                return True
            result = self._backend.swap(record, {}, {label_of(claim.key): written(replace(found, moving=True))})
            with self._yard.lock:
                if result.record is not None:
                    self._yard.see(result.record, self._clock())
            if isinstance(result, Changed) and result.record is None:
                return False

    def _take_off(self, pod: PodRef, claim: Claim, own: PodRef) -> None:
        """Take the claim off the warm pod; what somebody has asked of the task meanwhile is asked of its own pod first."""
        name = label_of(claim.key)
        while True:
            record, found = self._found(pod, claim)
            if record is None or found is None:
                return
            if found.owner is not None:
                self._backend.adopt(own, found.owner)
            if found.stopped_at is not None:
                self._backend.stop(own, grace=found.stop_grace_s)
            result = self._backend.swap(record, {name: None}, {name: None})
            with self._yard.lock:
                if result.record is not None:
                    self._yard.see(result.record, self._clock())
            if not isinstance(result, Changed) or result.record is None:
                return

    def _found(self, pod: PodRef, claim: Claim) -> tuple[PodRecord | None, Claim | None]:
        """The warm pod, and the claim if it is still ours."""
        with self._yard.lock:
            there = self._yard.machine.pods.get(pod.uid)
            found = None if there is None else there.claims.get(claim.key)
        if there is None or found is None or found.uid != claim.uid or found.holder != self._yard.machine.settings.holder:
            return None, None
        return there.record, found
