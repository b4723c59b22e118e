"""On which pod a launch id's task is, as far as can be told: of two claims, which one is shown."""

from __future__ import annotations

from collections.abc import Mapping

from podcompose.run.records import PodRef
from podcompose.run.warm.claims import Claim
from podcompose.run.warm.commands import WarmPod
from podcompose.run.warm.machine import Machine
from podcompose.run.warm.records import Known

__all__ = ["Believing"]


class Believing:
    """The places of tasks that are shown. `machine` and `known` are the yard's, who changes them."""

    def __init__(self, machine: Machine, known: Mapping[str, Known]) -> None:
        self._machine, self._known = machine, known
        self._places: dict[tuple[str, str], tuple[str, str]] = {}

    def at(self, namespace: str, launch_id: str) -> tuple[WarmPod, Claim] | None:
        """The pod and the claim of a launch id's task."""
        uid, key = self._places.get((namespace, launch_id), ("", ""))
        pod = self._machine.pods.get(uid)
        claim = None if pod is None else pod.claims.get(key)
        return None if pod is None or claim is None else (pod, claim)

    def put(self, claim: Claim, pod: PodRef) -> None:
        """The task is on this pod."""
        self._places[pod.namespace, claim.launch_id] = (pod.uid, claim.key)

    def forget(self, claim: Claim, namespace: str) -> None:
        """This claim is no more; where another of its launch id has the place, that one keeps it."""
        there = self.at(namespace, claim.launch_id)
        if there is None or there[1].uid == claim.uid:
            self._places.pop((namespace, claim.launch_id), None)

    def is_pending(self, claim: Claim) -> bool:
        """Whether it is of a launch that is under way here."""
        return claim.key in self._machine.pending and claim.holder == self._machine.settings.holder and claim.is_open

    def is_tentative(self, claim: Claim, pod: PodRef) -> bool:
        """Whether it may be taken back: it is being launched here, or the same task is on another pod already."""
        if self.is_pending(claim):
            return True
        uid, _ = self._places.get((pod.namespace, claim.launch_id), ("", ""))
        other = None if uid == pod.uid else self._machine.pods.get(uid)
        first = None if other is None else other.claims.get(claim.key)
        if first is None or other is None or not first.is_open:
            return first is not None
        if self._is_sure(first) or self._is_sure(claim):
            return self._is_sure(first)
        # Of two, the one that is left, most likely: whose pod has the smaller uid (see inheriting). One of ours is not so sure.
        return claim.holder == self._machine.settings.holder or other.record.ref.uid < pod.uid

    def _is_sure(self, claim: Claim) -> bool:
        """Whether it is ours, and was found to be in one pod alone."""
        return claim.holder == self._machine.settings.holder and self._known.get(claim.uid, Known()).sent is not None
