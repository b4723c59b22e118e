"""Pods on their way, and what becomes of them: the part that running one or many has in common, without waiting for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, NamedTuple

from podcompose.composition import Composition
from podcompose.errors import Problem
from podcompose.run.errors import LaunchError, OtherPod, Unsettled
from podcompose.run.observe import lost
from podcompose.run.outcome import Cause, Outcome
from podcompose.run.policy import Policy, overdue
from podcompose.run.protocols import Change, Gone, Left, Pod, Seen, Synced
from podcompose.run.records import PodRecord, PodRef, Stage

__all__ = ["Ended", "Flight", "Noted", "Pods", "Reconciled", "clock_of", "closed", "in_order", "namespace_of", "not_launched"]

Pods = Mapping[str, Pod] | Iterable[tuple[str, Pod]]
"""Pods by launch id, or pairs of launch id and pod."""


class Ended(NamedTuple):
    """A launch has its outcome; `stop` where its pod is to be stopped now."""

    launch_id: str
    ref: PodRef
    outcome: Outcome
    stop: bool = False
    grace: float | None = None


class Flight:
    """
    The launches whose outcome is awaited.

    >>> flight = Flight(Policy())
    >>> flight.awaits("dag/1", PodRef("ns", "dag-1", "u1"))
    >>> gone = Gone(PodRecord(PodRef("ns", "dag-1", "u1"), "dag/1", Stage.GONE), True, Outcome("Deleted"))
    >>> [(ended.launch_id, ended.outcome.kind) for ended in flight.taken([gone])], len(flight)
    ([('dag/1', 'Deleted')], 0)
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._ids: dict[str, str] = {}
        self._starting: set[str] = set()
        #: The newest of each pod that has ended or is held up, awaited or not: what was launched before may be awaited later.
        self._records: dict[str, PodRecord] = {}
        self._told: dict[str, Outcome] = {}

    def __len__(self) -> int:
        """How many outcomes are awaited, or will be."""
        return len(self._ids) + len(self._starting)

    def starts(self, launch_id: str) -> None:
        """This pod is being launched: what becomes of it meanwhile will be asked for."""
        self._starting.add(launch_id)

    def not_launched(self, launch_id: str) -> None:
        """It was not."""
        self._starting.discard(launch_id)

    def awaits(self, launch_id: str, ref: PodRef) -> None:
        """This pod was launched, now or before."""
        self._starting.discard(launch_id)
        self._ids[ref.uid] = launch_id
        if ref.uid in self._told:  # the same launch id once more: the same outcome once more
            self._records[ref.uid] = PodRecord(ref, launch_id, Stage.FINISHED, outcome=self._told[ref.uid])

    def noted(self, changes: Iterable[Change]) -> None:
        """Take note of changes."""
        for change in changes:
            if isinstance(change, (Seen, Gone, Left)):
                self._note(change)

    def taken(self, changes: Iterable[Change]) -> list[Ended]:
        """Take note of changes; the outcomes that are known now of pods that are awaited."""
        self.noted(changes)
        ended = [self._records[uid] for uid in self._ids if uid in self._records and self._records[uid].outcome is not None]
        return [self._end(record) for record in ended]

    def overdue(self, now: datetime) -> list[Ended]:
        """The pods that have been held up for too long; they are awaited until they are `given_up`."""
        held = [self._records[uid] for uid in self._ids if uid in self._records]
        late = [(record.ref, overdue(record, self._policy, now)) for record in held]
        return [Ended(self._ids[ref.uid], ref, outcome, stop=True) for ref, outcome in late if outcome is not None]

    def given_up(self, ended: Ended) -> None:
        """Its pod was stopped: it is awaited no more."""
        self._ids.pop(ended.ref.uid, None)
        self._told[ended.ref.uid] = ended.outcome
        self._records.pop(ended.ref.uid, None)

    def _note(self, change: Seen | Gone | Left) -> None:
        record = change.record
        uid, over = record.ref.uid, not isinstance(change, Seen)
        if isinstance(change, Left) and record.outcome is None:
            record = replace(record, outcome=replace(lost(record, False), message="it was relabelled, and is not watched any more"))
        elif not isinstance(change, Left) and record.outcome is None:
            record = replace(record, outcome=change.outcome)
        wanted = uid in self._ids or record.launch_id in self._starting
        if wanted or (not over and (record.outcome is not None or record.blocker is not None)):
            self._records[uid] = record
        else:
            self._records.pop(uid, None)

    def _end(self, record: PodRecord) -> Ended:
        del self._records[record.ref.uid]
        grace = self._policy.sidecar_grace_s
        lingers = record.stage is Stage.DRAINING and grace is not None
        assert record.outcome is not None
        self._told[record.ref.uid] = record.outcome
        return Ended(self._ids.pop(record.ref.uid), record.ref, record.outcome, lingers, grace)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What is there after a restart: by known launch id, unknown ones, and the known ones that are not there."""

    owned: dict[str, PodRecord]
    unknown: tuple[PodRecord, ...]
    missing: tuple[str, ...]


class Noted:
    """What a subscription says is there, until it is synced."""

    def __init__(self) -> None:
        self.synced = False
        self._records: dict[PodRef, PodRecord] = {}

    def take(self, changes: Iterable[Change]) -> None:
        """Note what came and went."""
        for change in changes:
            if isinstance(change, Seen):
                self._records[change.record.ref] = change.record
            elif isinstance(change, (Gone, Left)):
                self._records.pop(change.record.ref, None)
            elif isinstance(change, Synced):
                self.synced = True

    def reconciled(self, known_ids: Iterable[str]) -> Reconciled:
        """Compare it with the launch ids one knows."""
        known_ids = tuple(known_ids)
        by_id = {record.launch_id: record for record in self._records.values()}
        owned = {launch_id: by_id[launch_id] for launch_id in known_ids if launch_id in by_id}
        unknown = tuple(record for record in self._records.values() if record.launch_id not in owned)
        return Reconciled(owned, unknown, tuple(launch_id for launch_id in known_ids if launch_id not in owned))


def closed(launch_id: str = "") -> Unsettled:
    """The error of one who awaits outcomes of a backend that was closed meanwhile."""
    fix = "the pods go on: settle their launch ids, or launch them again under the same ones"
    return Unsettled(
        [Problem("closed", "", "the backend was closed while outcomes were awaited", suggestion=fix)], launch_id=launch_id
    )


def not_launched(error: LaunchError) -> Outcome:
    """
    What is to be said of a launch that failed: this launch made nothing, or, unsettled, nobody knows.

    >>> from podcompose.run.errors import QuotaExceeded
    >>> outcome = not_launched(QuotaExceeded([]))
    >>> outcome.kind, outcome.cause.kind, outcome.reason, outcome.retry_safe
    ('Failed', 'NotLaunched', 'QuotaExceeded', True)
    """
    cause = Cause("NotLaunched", error.reason, str(error))
    if isinstance(error, Unsettled):
        return Outcome("Lost", cause, reason=error.reason, message=str(error), ran="unknown", infrastructure=True)
    # The other pod of this launch id is there, or was; whether it ran is another question.
    return Outcome("Failed", cause, reason=error.reason, message=str(error), ran="unknown" if isinstance(error, OtherPod) else "no")


def in_order(pods: Pods) -> Iterable[tuple[str, Pod]]:
    """Pods as pairs, in the order they were given."""
    return pods.items() if isinstance(pods, Mapping) else pods


def namespace_of(pod: Pod, default: str) -> str:
    """Where a pod goes."""
    if isinstance(pod, Composition):
        named: Any = pod.namespace
    elif isinstance(pod, Mapping):
        metadata = pod.get("metadata")
        named = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    else:
        named = getattr(getattr(pod, "metadata", None), "namespace", None)
    return default if named is None or named == "" else str(named)


def clock_of(backend: object) -> Callable[[], datetime]:
    """A backend's own clock, where it has one (a virtual one, say)."""
    clock: Any = getattr(backend, "clock", None)
    return clock if callable(clock) else lambda: datetime.now(timezone.utc)
