"""Stopping, acknowledging and adopting tasks: written on their pods first, by compare and swap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from podcompose.run.protocols import Adopted, NotFound, Superseded
from podcompose.run.records import Owner, PodRecord, PodRef, Stage
from podcompose.run.warm.claims import Claim, label_of, written
from podcompose.run.warm.hosting import Changed
from podcompose.run.warm.tending import Tending
from podcompose.run.warm.upkeep import HostingBackend
from podcompose.run.warm.yard import Yard

__all__ = ["Stopping"]

_STARTING = (Stage.REQUESTED, Stage.ACCEPTED, Stage.SCHEDULED, Stage.INITIALIZING, Stage.STARTING)


class Stopping:
    """Stops and adoptions of one pool. Pods of their own are stopped and adopted by the backend."""

    def __init__(self, backend: HostingBackend, yard: Yard, tending: Tending, clock: Callable[[], datetime]) -> None:
        self._backend, self._yard, self._tending, self._clock = backend, yard, tending, clock

    def stop(self, ref: PodRef, grace: float | None) -> None:
        """
        Have a task end; forget one that has ended.

        Raises: LaunchError.
        """
        while True:
            pod, claim, own = self._found(ref)
            if pod is None or claim is None:
                self._backend.stop(own, grace=grace)
                return
            if claim.is_open and claim.stopped_at is not None:
                return
            if not self._changed(pod, claim, self._stopped(claim, grace) if claim.is_open else None):
                if claim.is_open:
                    self._see_to(pod.ref, claim, grace)
                return

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """
        Have a task be this owner's.

        Raises: LaunchError.
        """
        while True:
            pod, claim, own = self._found(ref)
            if pod is None or claim is None:
                adopted = self._backend.adopt(own, owner)
                return adopted if isinstance(adopted, NotFound) else replace(adopted, ref=ref)
            there = claim.owner
            if there is not None and there != owner and there.epoch >= owner.epoch:
                return Superseded(ref, there)
            if not self._changed(pod, claim, replace(claim, owner=owner)):
                return Adopted(ref, owner)

    def _found(self, ref: PodRef) -> tuple[PodRecord | None, Claim | None, PodRef]:
        """The pod of a task and its claim; else the pod that the reference means."""
        with self._yard.lock:
            found = self._yard.of_task(ref.uid)
            if found is None:
                return None, None, self._yard.own.ref_of(ref)
            return found[0].record, found[1], ref

    def _stopped(self, claim: Claim, grace: float | None) -> Claim:
        own_s = None if claim.task is None else claim.task.grace_s
        return replace(claim, stopped_at=self._clock(), stop_grace_s=own_s if grace is None else grace)

    def _changed(self, pod: PodRecord, claim: Claim, new: Claim | None) -> bool:
        """Write a claim anew (None: take it away), unless the pod has changed: then it is looked at again."""
        name = label_of(claim.key)
        result = self._backend.swap(pod, {name: None} if new is None else {}, {name: None if new is None else written(new)})
        with self._yard.lock:
            if result.record is not None:
                self._yard.see(result.record, self._clock())
            elif isinstance(result, Changed):
                self._yard.lost(pod, self._clock())
        return isinstance(result, Changed)

    def _see_to(self, pod: PodRef, claim: Claim, grace: float | None) -> None:
        """A stop is written: have it done; a pod that does not run yet goes with its task."""
        with self._yard.lock:
            there = self._yard.machine.pods.get(pod.uid)
            runs = there is not None and there.runs
            starts = there is not None and there.record.stage in _STARTING and len(there.claims) == 1
        if starts:
            self._backend.stop(pod, grace=grace)
        elif runs:
            self._tending.tend(pod.uid, claim.key)
