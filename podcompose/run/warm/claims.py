"""
What is written on a warm pod: each task that it has, as a label by which it is found and an annotation that says all of it.

A claim is written before anything runs, and becomes the task's result when that is known; it stays until the scheduler has
acknowledged it. So whoever lists the pods knows every task, whatever became of who launched it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from podcompose.run.moments import instant
from podcompose.run.naming import TASK_PREFIX, launch_label
from podcompose.run.outcome import Cause, Disruption, Outcome
from podcompose.run.records import Owner, PodRecord
from podcompose.run.warm.hosting import Task

__all__ = ["LARGEST", "Claim", "claims_of", "label_of", "read_claim", "written"]

#: All annotations of an object together may have 256 KiB; the rest is for the pod's own, and for results.
LARGEST = 192 * 1024
#: From so many characters on, a task is packed.
_PACKED = 8192


@dataclass(frozen=True, slots=True)
class Claim:
    """
    One task of one pod.

    Shapes: `uid` is the task's own, as a pod's is. `task` is there until the outcome is known. `holder` is the scheduler who
            attends to it, `owner` who adopted it. `stopped_at`: when our own stop of it began.
    """

    key: str
    launch_id: str
    uid: str
    digest: str
    holder: Owner
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    task: Task | None = None
    owner: Owner | None = None
    stopped_at: datetime | None = None
    stop_grace_s: float | None = None
    outcome: Outcome | None = None
    #: Its pod cannot run it: who holds it is about to give it a pod of its own.
    moving: bool = False

    @property
    def inner(self) -> str:
        """What the task is called inside the pod: an id that is launched anew, its result acknowledged, is another task."""
        return launch_label(self.uid)

    @property
    def is_open(self) -> bool:
        """Whether its result is not known yet."""
        return self.outcome is None

    def ended(self, outcome: Outcome) -> Claim:
        """With its result, and without what was only needed to get there."""
        return replace(self, outcome=outcome, task=None)


def label_of(key: str) -> str:
    """
    The name of a task's label and annotation.

    >>> label_of("abc")
    'task.podcompose.io/abc'
    """
    return TASK_PREFIX + key


def written(claim: Claim) -> str:
    """
    A claim as the text of its annotation.

    >>> claim = Claim("k", "dag/1", "u1", "sha256:0", Owner("one", 1), task=Task("k", "dag/1", ("true",)))
    >>> read_claim("k", written(claim)) == claim
    True
    """
    return json.dumps(_map_of(claim), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_claim(key: str, text: str) -> Claim | None:
    """The claim of an annotation; None where it cannot be read."""
    try:
        found = json.loads(text)
        return _claim(key, found)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error):
        return None


def claims_of(record: PodRecord, before: PodRecord | None = None, read: Mapping[str, Claim] | None = None) -> dict[str, Claim]:
    """
    The claims that a pod has, by key; those that cannot be read are left out.

    Shapes: `before` is the pod as it was and `read` its claims then: of a pod that changes, most claims do not.
    """
    known = {} if before is None else before.annotations or {}
    found: dict[str, Claim] = {}
    for name, text in (record.annotations or {}).items():
        if name.startswith(TASK_PREFIX):
            key = name[len(TASK_PREFIX) :]
            same = read.get(key) if read is not None and known.get(name) == text else None
            claim = read_claim(key, text) if same is None else same
            if claim is not None:
                found[key] = claim
    return found


def _map_of(claim: Claim) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": claim.launch_id,
        "uid": claim.uid,
        "digest": claim.digest,
        "holder": _owner_map(claim.holder),
        "labels": dict(claim.labels),
        "annotations": dict(claim.annotations),
        "task": None if claim.task is None else _packed(claim.task),
        "owner": None if claim.owner is None else _owner_map(claim.owner),
        "stopped": None if claim.stopped_at is None else claim.stopped_at.isoformat(),
        "grace": claim.stop_grace_s,
        "outcome": None if claim.outcome is None else _plain(claim.outcome),
        "moving": True if claim.moving else None,
    }
    return {name: value for name, value in said.items() if value is not None and value != {}}


def _claim(key: str, said: dict[str, Any]) -> Claim:
    task, owner, outcome = said.get("task"), said.get("owner"), said.get("outcome")
    return Claim(
        key,
        str(said["id"]),
        str(said["uid"]),
        str(said["digest"]),
        Owner(str(said["holder"]["name"]), int(said["holder"]["epoch"])),
        _texts(said.get("labels", {}).items()),
        _texts(said.get("annotations", {}).items()),
        None if task is None else _unpacked(key, str(said["id"]), task),
        None if owner is None else Owner(str(owner["name"]), int(owner["epoch"])),
        instant(said.get("stopped")),
        said.get("grace"),
        None if outcome is None else _outcome(outcome),
        said.get("moving") is True,
    )


def _texts(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(name): str(value) for name, value in pairs}


def _owner_map(owner: Owner) -> dict[str, Any]:
    return {"name": owner.name, "epoch": owner.epoch}


def _packed(task: Task) -> Any:
    said = {"argv": task.argv, "env": task.env, "deadline": task.deadline_s, "grace": task.grace_s}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return said if len(text) < _PACKED else base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"))).decode()


def _unpacked(key: str, launch_id: str, packed: Any) -> Task:
    if isinstance(packed, str):
        packed = json.loads(zlib.decompress(base64.b64decode(packed)).decode("utf-8", "surrogatepass"))
    env = tuple((str(name), str(value)) for name, value in packed["env"])
    return Task(key, launch_id, tuple(map(str, packed["argv"])), env, packed["deadline"], packed["grace"])


def _plain(outcome: Outcome) -> dict[str, Any]:
    """What of an outcome is not as it is by default."""
    said: dict[str, Any] = {}
    for part in fields(Outcome):
        value = getattr(outcome, part.name)
        if value != part.default or part.name == "kind":
            said[part.name] = _plain_value(value)
    return said


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (Cause, Disruption)):
        return {part.name: _plain_value(getattr(value, part.name)) for part in fields(value)}
    return value


def _outcome(said: dict[str, Any]) -> Outcome:
    values = {name: value for name, value in said.items() if name in {part.name for part in fields(Outcome)}}
    for name in ("started", "finished"):
        values[name] = instant(values.get(name))
    if values.get("cause") is not None:
        values["cause"] = Cause(**values["cause"])
    if values.get("disruption") is not None:
        found = values["disruption"]
        values["disruption"] = Disruption(found["kind"], found["reason"], instant(found["at"]))
    return Outcome(**values)
