"""Pods on their way, and what becomes of them: the part that running one or many has in common, without waiting for anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, NamedTuple

from podcompose.composition import Composition
from podcompose.run.errors import LaunchError, Unsettled
from podcompose.run.outcome import Cause, Outcome
from podcompose.run.policy import Policy, overdue
from podcompose.run.protocols import Change, Gone, Left, Pod, Seen, Synced
from podcompose.run.records import PodRecord, PodRef, Stage

__all__ = ["Ended", "Flight", "Noted", "Pods", "Reconciled", "clock_of", "in_order", "namespace_of", "not_launched"]

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
        self._records: dict[str, PodRecord] = {}

    def __len__(self) -> int:
        """How many outcomes are awaited."""
        return len(self._ids)

    def awaits(self, launch_id: str, ref: PodRef) -> None:
        """This pod was launched."""
        self._ids[ref.uid] = launch_id

    def taken(self, changes: Iterable[Change]) -> list[Ended]:
        """The outcomes among these changes; a pod of nobody here is passed over."""
        ended = []
        for change in changes:
            if not isinstance(change, (Seen, Gone)) or change.record.ref.uid not in self._ids:
                continue
            record = change.record
            self._records[record.ref.uid] = record
            outcome = change.outcome if record.outcome is None else record.outcome
            if outcome is not None:
                lingers = record.stage is Stage.DRAINING and self._policy.sidecar_grace_s is not None
                ended.append(self._end(record.ref, outcome)._replace(stop=lingers, grace=self._policy.sidecar_grace_s))
        return ended

    def overdue(self, now: datetime) -> list[Ended]:
        """The pods that have been held up for too long, to be stopped."""
        late = [(record.ref, overdue(record, self._policy, now)) for record in self._records.values() if record.blocker is not None]
        return [self._end(ref, outcome)._replace(stop=True) for ref, outcome in late if outcome is not None]

    def _end(self, ref: PodRef, outcome: Outcome) -> Ended:
        self._records.pop(ref.uid, None)
        return Ended(self._ids.pop(ref.uid), ref, outcome)


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

    def reconciled(self, known_ids: Collection[str]) -> Reconciled:
        """Compare it with the launch ids one knows."""
        by_id = {record.launch_id: record for record in self._records.values()}
        owned = {launch_id: by_id[launch_id] for launch_id in known_ids if launch_id in by_id}
        unknown = tuple(record for record in self._records.values() if record.launch_id not in owned)
        return Reconciled(owned, unknown, tuple(launch_id for launch_id in known_ids if launch_id not in owned))


def not_launched(error: LaunchError) -> Outcome:
    """
    What is to be said of a launch that failed: nothing ran, or, unsettled, nobody knows.

    >>> from podcompose.run.errors import QuotaExceeded
    >>> outcome = not_launched(QuotaExceeded([]))
    >>> outcome.kind, outcome.cause.kind, outcome.reason, outcome.retry_safe
    ('Failed', 'NotLaunched', 'QuotaExceeded', True)
    """
    cause = Cause("NotLaunched", error.reason, str(error))
    if isinstance(error, Unsettled):
        return Outcome("Lost", cause, reason=error.reason, message=str(error), ran="unknown", infrastructure=True)
    return Outcome("Failed", cause, reason=error.reason, message=str(error), ran="no")


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
