"""One pod object as a record: stage of life, blocker, outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podcompose.run.classify import Moment, conclude, own_stop
from podcompose.run.ends import Stop, deleting
from podcompose.run.moments import instant
from podcompose.run.naming import LAUNCH_ID, OWNER, OWNER_EPOCH, STOPPED_AT
from podcompose.run.outcome import Outcome
from podcompose.run.reading import Fields, Pod, is_map, mapping, read, text
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.stages import blocker_of, stage_of
from podcompose.run.verdict import unseen

__all__ = ["Observation", "Unreadable", "lost", "observe"]


class Unreadable(ValueError):
    """The object has no uid, name or resourceVersion that could be read: nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A record, and the outcome it would have if the terminal phase never came (see `classify`, `patient`)."""

    record: PodRecord
    provisional: Outcome | None = None


def observe(
    manifest: Mapping[str, Any], *, previous: PodRecord | None = None, stopped_at: Moment = None, now: datetime | None = None
) -> Observation:
    """
    What is to know of a pod object as the API server gave it.

    Shapes: `previous` is the last record of this pod, if any: its outcome stays, and so does the beginning of what still holds
            the pod up. `stopped_at` as in `classify`. The stage `Gone` is not told by an object; the watch says it.
    Raises: Unreadable. Whatever else is odd is a problem of the record, and the rest of it is right.

    >>> metadata = {"uid": "7f", "name": "trainer", "namespace": "ml", "resourceVersion": "12"}
    >>> record = observe({"metadata": metadata, "status": {"phase": "Succeeded"}}).record
    >>> str(record.ref), str(record.stage), record.outcome.kind
    ('ml/trainer', 'Finished', 'Succeeded')
    """
    pod = read(manifest)
    problems: list[str] = []
    ref, version = _identity(pod.metadata, problems)
    if previous is not None and previous.ref.uid != ref.uid:
        previous = None
    outcome, provisional = _end(pod, previous, own_stop(pod, stopped_at))
    stage = stage_of(pod, ended=outcome is not None)
    annotations = _texts(pod.metadata, "annotations", problems)
    problems.extend([f"{field} is no map" for field in ("spec", "status") if _no_map(manifest.get(field))])
    _notice(pod, problems)
    record = PodRecord(
        ref=ref,
        launch_id=None if annotations is None else annotations.get(LAUNCH_ID),
        stage=stage,
        blocker=blocker_of(pod, stage, None if previous is None else previous.blocker, now),
        outcome=outcome,
        owner=None if annotations is None else _owner(annotations, problems),
        labels=_texts(pod.metadata, "labels", problems),
        annotations=annotations,
        restarts=pod.restarts,
        started=pod.started if previous is None or previous.started is None else previous.started,
        deleting=deleting(pod),
        finalizers=_finalizers(pod.metadata, problems),
        resource_version=version,
        problems=tuple(problems),
    )
    return Observation(record, provisional)


def lost(record: PodRecord, stopped: bool = False) -> Outcome:
    """
    How a pod ended that is not there any more, nobody having seen it go: as was known before, else `Lost`, or `Stopped` by us.

    Laws:   lost(observe(pod).record) is classify(pod, gone="uncertain").
    """
    if record.outcome is not None:
        return record.outcome
    noted = record.annotations is not None and STOPPED_AT in record.annotations
    return unseen(record.started, record.restarts, stopped=stopped or noted, deleting=record.deleting)


def _end(pod: Pod, previous: PodRecord | None, stop: Stop | None) -> tuple[Outcome | None, Outcome | None]:
    """The outcome and the provisional one; what was concluded once stays."""
    if previous is not None and previous.outcome is not None:
        return previous.outcome, None
    early = conclude(pod, stop, patient=False)
    if early is None or pod.phase is not None:
        return early, None
    outcome = conclude(pod, stop)
    return (None, early) if outcome is None else (outcome, None)


def _identity(metadata: Fields, problems: list[str]) -> tuple[PodRef, str]:
    uid, name, version = text(metadata.get("uid")), text(metadata.get("name")), text(metadata.get("resourceVersion"))
    if uid is None or name is None or version is None:
        known = {"uid": uid, "name": name, "resourceVersion": version}
        missing = ", ".join(field for field, value in known.items() if value is None)
        raise Unreadable(f"a pod object whose metadata has no readable {missing} (it has {known}); it is skipped")
    namespace = text(metadata.get("namespace"))
    if namespace is None:
        problems.append("metadata.namespace is not there, or no text")
    return PodRef(namespace or "", name, uid), version


def _texts(metadata: Fields, field: str, problems: list[str]) -> dict[str, str] | None:
    """Labels or annotations, but for the entries that are no text."""
    value = metadata.get(field)
    if value is None:
        return None
    found = mapping(value)
    if found is not value:
        problems.append(f"metadata.{field} is no map")
    for key, entry in found.items():
        if type(key) is not str or type(entry) is not str:
            problems.append(f"metadata.{field} has entries that are no text, such as {key!r:.80}")
            return {key: entry for key, entry in found.items() if isinstance(key, str) and isinstance(entry, str)}
    return dict(found)


_EPOCH = re.compile(r"-?\d{1,18}", re.ASCII)


def _owner(annotations: Mapping[str, str], problems: list[str]) -> Owner | None:
    name = annotations.get(OWNER)
    if name is None:
        return None
    epoch = annotations.get(OWNER_EPOCH, "")
    if _EPOCH.fullmatch(epoch) is None:
        owner, wrong = f"{name!r:.80}", f"{epoch!r:.80}"
        problems.append(f"the annotation {OWNER_EPOCH} is {wrong}, no integer: {owner} is not taken for the owner; adopt it anew")
        return None
    return Owner(name, int(epoch))


def _finalizers(metadata: Fields, problems: list[str]) -> tuple[str, ...]:
    value = metadata.get("finalizers")
    if value is None:
        return ()
    found = [entry for entry in value if isinstance(entry, str)] if isinstance(value, (list, tuple)) else []
    if not isinstance(value, (list, tuple)) or len(found) != len(value):
        problems.append("metadata.finalizers is no list of texts")
    return tuple(found)


_PHASES = frozenset({"Pending", "Running", "Succeeded", "Failed", "Unknown"})
_LISTS = ("conditions", "containerStatuses", "initContainerStatuses")


def _no_map(value: object) -> bool:
    return value is not None and not is_map(value)


def _notice(pod: Pod, problems: list[str]) -> None:
    """Note what could not be read of the status."""
    phase = pod.status.get("phase")
    if phase is not None and (type(phase) is not str or phase not in _PHASES):
        problems.append(f"status.phase is {phase!r:.80}, no phase known")
    for field in _LISTS:
        value = pod.status.get(field)
        if value is not None and not (isinstance(value, list) and all(map(is_map, value))):
            problems.append(f"status.{field} is no list of maps")
    if pod.main == ():
        problems.append("no containers are there to be read")
    problems.extend([f"the exit code of container {run.name!r} cannot be read" for run in (*pod.main, *pod.beside) if run.odd])
    if deleting(pod) and instant(pod.metadata.get("deletionTimestamp")) is None:
        problems.append("metadata.deletionTimestamp is no time")
