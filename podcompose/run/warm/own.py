"""Pods of their own, of tasks that share none: as they were seen last, under the task's uid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from podcompose.run.ledger import newer
from podcompose.run.records import PodRecord, PodRef
from podcompose.run.warm.records import UID

__all__ = ["OwnPods"]


class OwnPods:
    """
    By the task's uid, which is the pod's own if it says no other.

    >>> from podcompose.run.records import Stage
    >>> own = OwnPods()
    >>> pod = PodRecord(PodRef("jobs", "a", "u2"), "dag/1", Stage.RUNNING, annotations={UID: "u1"})
    >>> own.see(pod).ref.uid, own.find("jobs", "dag/1").ref.uid, own.ref_of(PodRef("jobs", "a", "u1")).uid, own.has("u1")
    ('u1', 'u1', 'u2', True)
    """

    def __init__(self) -> None:
        self._pods: dict[str, PodRecord] = {}
        self._by_id: dict[tuple[str, str], str] = {}

    def see(self, record: PodRecord) -> PodRecord | None:
        """A pod as it is, as it is to be shown; None: that is not new."""
        shown = _with_uid(record)
        there = self._pods.get(shown.ref.uid)
        if there is not None and not newer(record.resource_version, there.resource_version):
            return None
        self._pods[shown.ref.uid] = record
        if record.launch_id is not None:
            self._by_id[record.ref.namespace, record.launch_id] = shown.ref.uid
        return shown

    def left(self, record: PodRecord) -> PodRecord | None:
        """A pod that is not podcompose's any more, as it is to be shown; None: it was not known, or that is not new."""
        shown = _with_uid(record)
        there = self._pods.get(shown.ref.uid)
        return None if there is None or newer(there.resource_version, record.resource_version) else shown

    def gone(self, record: PodRecord) -> PodRecord:
        """A pod is no more: as it is to be shown."""
        shown = _with_uid(record)
        self._pods.pop(shown.ref.uid, None)
        if self._by_id.get((record.ref.namespace, record.launch_id or "")) == shown.ref.uid:
            del self._by_id[record.ref.namespace, record.launch_id or ""]
        return shown

    def find(self, namespace: str, launch_id: str) -> PodRecord | None:
        """The pod of a launch id, as it is shown."""
        uid = self._by_id.get((namespace, launch_id))
        return None if uid is None else _with_uid(self._pods[uid])

    def has(self, uid: str) -> bool:
        """Whether the task of this uid has a pod of its own."""
        return uid in self._pods

    def of(self, uid: str) -> PodRecord | None:
        """The pod of the task of this uid, as it is."""
        return self._pods.get(uid)

    def ref_of(self, ref: PodRef) -> PodRef:
        """The pod that a task's reference means."""
        record = self._pods.get(ref.uid)
        return ref if record is None else record.ref

    def all(self) -> Iterable[PodRecord]:
        """All of them, as they are."""
        return tuple(self._pods.values())


def _with_uid(record: PodRecord) -> PodRecord:
    uid = (record.annotations or {}).get(UID)
    return record if uid is None else replace(record, ref=replace(record.ref, uid=uid))
