"""Launching a task: a pod is chosen and claimed, or started with the claim on it; whoever else claims the same task, one has it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from podcompose.errors import Problem
from podcompose.run.errors import LaunchError, OtherPod, Throttled, Unsettled
from podcompose.run.naming import WARM_POOL
from podcompose.run.outcome import Outcome
from podcompose.run.prepare import Prepared, taken
from podcompose.run.protocols import Launched
from podcompose.run.records import Owner, PodRecord, PodRef, Stage
from podcompose.run.warm import marks
from podcompose.run.warm.claims import Claim, claims_of, label_of, written
from podcompose.run.warm.commands import Start, Take, Wait
from podcompose.run.warm.hosting import Changed
from podcompose.run.warm.kinds import Fit, Kind
from podcompose.run.warm.records import Known, existing, ref_of
from podcompose.run.warm.upkeep import HostingBackend, Upkeep
from podcompose.run.warm.yard import Yard

__all__ = ["Launching"]

#: How long, at most, one who met another claim waits before he looks again.
_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True)
class _Asked:
    """One launch under way."""

    prepared: Prepared
    kind: Kind
    claim: Claim
    #: When it is to be given up.
    end: datetime | None

    @property
    def size(self) -> int:
        return len(written(self.claim).encode()) + 2 * len(label_of(self.claim.key))


class Launching:
    """Launches of one pool."""

    def __init__(self, backend: HostingBackend, yard: Yard, upkeep: Upkeep, holder: Owner, clock: Callable[[], datetime]) -> None:
        self._backend, self._yard, self._upkeep, self._holder, self._clock = backend, yard, upkeep, holder, clock
        self._waiting = 0
        #: How many tasks have been put on a pod.
        self.reused = 0

    def warm(self, prepared: Prepared, found: Fit, deadline: float | None) -> Launched:
        """
        Have a task claimed, once: by this call, or by another, whoever makes it.

        Raises: LaunchError.
        """
        asked = self._asked(prepared, found, deadline)
        with self._yard.lock:
            self._yard.machine.pending.add(asked.claim.key)
        try:
            return self._launched(asked)
        finally:
            with self._yard.lock:
                if asked.claim.key in self._yard.machine.pending:  # it was not launched, or its claim may be anywhere
                    self._yard.machine.pending.discard(asked.claim.key)
                    self._yard.launched(asked.claim)
                    self._yard.machine.sweep()
            self._upkeep.look()

    def _asked(self, prepared: Prepared, found: Fit, deadline: float | None) -> _Asked:
        task, kind = found.task, found.kind
        if task is None or kind is None:
            raise TypeError("a pod with a reason for a pod of its own is not launched here")
        uid, end = str(uuid.uuid4()), None if deadline is None else self._clock() + timedelta(seconds=deadline)
        whose = (prepared.launch_id, uid, prepared.digest, self._holder)
        return _Asked(prepared, kind, Claim(task.key, *whose, found.labels, found.annotations, task), end)

    def _launched(self, asked: _Asked) -> Launched:
        attempts = 0
        while True:
            attempts += 1
            self._check(asked, attempts)
            put = self._claimed(asked)
            if put is not None:
                pod, since = put
                if not self._is_shared(asked, pod, since):
                    self._confirm(asked, pod)
                    return Launched(ref_of(asked.claim, asked.prepared.namespace), True, attempts=attempts)
                self._withdraw(pod, asked.claim)
            there = self._there(asked.prepared, asked.claim.key)
            if there is not None:
                return there
            if put is not None:
                self._rest()

    def _confirm(self, asked: _Asked, pod: PodRef) -> None:
        """The task is ours, and nobody else's."""
        with self._yard.lock:
            self._yard.machine.pending.discard(asked.claim.key)
            self._yard.known[asked.claim.uid] = Known(sent=False, prepared=asked.prepared)
            self._yard.machine.let_go(pod.uid, self._clock())
            there = self._yard.machine.pods.get(pod.uid)
            if there is not None:
                self._yard.show(there, self._clock())
            elif not self._yard.launched(asked.claim):  # it went before the claim was seen on it
                self._yard.end(PodRecord(pod, None, Stage.GONE), asked.claim, Outcome("Deleted", ran="no"), remove=True)
        self.reused += 1

    def _claimed(self, asked: _Asked) -> tuple[PodRef, str] | None:
        """The pod that carries the claim now, and since which version of it ("": not known); None: look again."""
        now, patient = self._clock(), True
        with self._yard.lock:
            while True:
                choice = self._yard.machine.choose(asked.kind, asked.size, self._waiting, now, patient=patient)
                if not isinstance(choice, Wait):
                    break
                patient = self._wait(choice.seconds, asked)
                now = self._clock()
            record = self._yard.machine.pods[choice.uid].record if isinstance(choice, Take) else None
        if record is None:
            spent = "it was for one task, as the pool was full" if isinstance(choice, Start) and choice.once else None
            return self._upkeep.start(asked.kind, asked.claim, spent, self._left(asked)), ""
        return self._put(record, asked.claim)

    def _wait(self, seconds: float, asked: _Asked) -> bool:
        """Wait for a pod to be free; whether there is any time left to wait for another."""
        end = self._clock() + timedelta(seconds=seconds)
        self._waiting += 1
        try:
            board, wanted = self._yard.board, (asked.kind.digest, asked.size)
            while not self._yard.machine.has(*wanted) and (left := (end - self._clock()).total_seconds()) > 0:
                if not board.wait(self._yard.stirred, left):
                    break
        finally:
            self._waiting -= 1
        return self._yard.machine.has(*wanted)

    def _put(self, record: PodRecord, claim: Claim) -> tuple[PodRef, str] | None:
        name = label_of(claim.key)
        if name in (record.annotations or {}):  # another has had it run there meanwhile
            with self._yard.lock:
                self._yard.machine.let_go(record.ref.uid, self._clock())
            return None
        tasks = str(marks.tasks_in(record.annotations or {}) + 1)
        swapped = None
        try:
            swapped = self._backend.swap(record, {name: ""}, {name: written(claim), marks.TASKS: tasks})
        finally:
            with self._yard.lock:
                if swapped is not None and swapped.record is not None:
                    self._yard.see(swapped.record, self._clock())
                if swapped is None or isinstance(swapped, Changed):
                    self._yard.machine.let_go(record.ref.uid, self._clock())
        return None if isinstance(swapped, Changed) else (record.ref, swapped.record.resource_version)

    def _is_shared(self, asked: _Asked, pod: PodRef, since: str) -> bool:
        """Whether another pod has this task too: then neither runs it, until one has withdrawn."""
        claim = asked.claim
        try:
            holders = self._backend.holders(asked.prepared.namespace, label_of(claim.key), since=since)
        except LaunchError as error:
            self._take_back(asked, pod, error)
            raise
        return any(record.ref.uid != pod.uid for record in holders)

    def _take_back(self, asked: _Asked, pod: PodRef, error: LaunchError) -> None:
        """It was not found out whether somebody else has the task; if the claim cannot be taken back, the task may run."""
        try:
            self._withdraw(pod, asked.claim)
        except LaunchError as again:
            ours, fix = asked.prepared, "settle this launch id later; never launch the same work under another"
            unsettled = Problem("unsettled", "", "the task is claimed, and may run", suggestion=fix)
            named: dict[str, Any] = {"launch_id": ours.launch_id, "namespace": ours.namespace, "name": ours.name}
            raise Unsettled([unsettled, *error.problems, *again.problems], **named) from again

    def _withdraw(self, pod: PodRef, claim: Claim) -> None:
        """Take a claim back: nothing of it has begun. One that somebody has taken over is his."""
        try:
            while self._is_on(pod, claim):
                pass
            with self._yard.lock:
                self._yard.withdrawn(claim)
        finally:
            with self._yard.lock:
                self._yard.machine.let_go(pod.uid, self._clock())

    def _is_on(self, pod: PodRef, claim: Claim) -> bool:
        """Whether a claim is on its pod still, after one more attempt to take it off."""
        name = label_of(claim.key)
        with self._yard.lock:
            there = self._yard.machine.pods.get(pod.uid)
            found = None if there is None else there.claims.get(claim.key)
            record = None if there is None else there.record
        if record is None or found is None or found.uid != claim.uid or found.holder != claim.holder:
            return False
        result = self._backend.swap(record, {name: None}, {name: None})
        with self._yard.lock:
            if result.record is not None:
                self._yard.see(result.record, self._clock())
        return isinstance(result, Changed) and result.record is not None

    def still_there(self, prepared: Prepared, claim: Claim) -> Launched | None:
        """
        The task of a launch id that has one as far as is known; None if nobody has it by now: that may not have been told yet.

        Raises: LaunchError.
        """
        there = self._there(prepared, claim.key)
        if there is None:
            with self._yard.lock:
                self._yard.drop(claim, self._clock())
        return there

    def _there(self, prepared: Prepared, key: str) -> Launched | None:
        """What is there of this launch, by a read."""
        for record in self._backend.holders(prepared.namespace, label_of(key)):
            found = claims_of(record).get(key)
            with self._yard.lock:
                self._yard.see(record, self._clock())
            if found is not None:
                self._check_pool(prepared, record)
                refused = taken(prepared, existing(found, prepared.composition.manifest))
                if refused is not None:
                    raise refused
                return Launched(ref_of(found, prepared.namespace), False)
        return None

    def _check_pool(self, prepared: Prepared, record: PodRecord) -> None:
        """A task in a pod of another pool is not told of here: who waited for it would wait for ever."""
        pool = (record.annotations or {}).get(WARM_POOL)
        if pool != self._yard.machine.settings.pool:
            said = f"this launch id has a task in {record.ref}, a pod of the pool {pool!r}"
            problem = Problem("other-pod", "", said, suggestion="launch it by a pool of that name, or under another id")
            named: dict[str, Any] = {"launch_id": prepared.launch_id, "namespace": prepared.namespace, "name": prepared.name}
            raise OtherPod([problem], **named)

    def _rest(self) -> None:
        with self._yard.lock:
            self._yard.board.wait(self._yard.lock, random.uniform(0, _AGAIN_S))

    def _left(self, asked: _Asked) -> float | None:
        return None if asked.end is None else max(0.1, (asked.end - self._clock()).total_seconds())

    def _check(self, asked: _Asked, attempts: int) -> None:
        if asked.end is not None and attempts > 1 and self._clock() >= asked.end:
            ours = asked.prepared
            problem = Problem("deadline", "", f"no pod could be claimed in {attempts - 1} attempts", suggestion="launch it again")
            raise Throttled([problem], launch_id=ours.launch_id, namespace=ours.namespace, name=ours.name, attempts=attempts)
