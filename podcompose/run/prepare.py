"""A pod made ready for its launch: a name, labels and annotations are put on it, as a last stage that `explain` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from podcompose.compose import compose
from podcompose.composition import Composition
from podcompose.core.diff import Change, changes, shown
from podcompose.core.json import JsonMap
from podcompose.core.merge import check, lay
from podcompose.dialect import COMPOSE, keeping
from podcompose.errors import Problem, TemplateError
from podcompose.override import Override
from podcompose.run.errors import Invalid, NameTaken, OtherPod, Refused
from podcompose.run.naming import DIGEST, LAUNCH, LAUNCH_ID, MANAGED_BY, MANAGER, launch_label, pod_name
from podcompose.run.protocols import Pod

__all__ = ["Prepared", "differing", "for_launch", "taken"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """One launch: the pod as it will be sent, and what tells it from every other."""

    launch_id: str
    namespace: str
    name: str
    #: The digest of the composition before the launch stage: it travels as an annotation.
    digest: str
    composition: Composition
    #: As it was before the launch stage.
    composed: Composition

    @property
    def body(self) -> bytes:
        """The bytes to send."""
        return self.composition.json


def for_launch(pod: Pod, launch_id: str, namespace: str = "default") -> Prepared:
    """
    The pod of a launch: what was composed, plus its name, two labels and two annotations.

    Shapes: pod: Composition, V1Pod or wire JSON; fields the schema does not know are kept, for the server to judge.
            `namespace` is where it goes if it names none itself; it is not written into the pod.
    Raises: Refused: the launch id is no good. Invalid: a V1Pod or mapping is no pod.

    >>> prepared = for_launch({"spec": {"containers": [{"name": "base", "image": "busybox"}]}}, "dag/run/1")
    >>> prepared.name
    'dag-run-1-nxi2j5exfx'
    >>> print(prepared.composition.explain("metadata.name"))
    .metadata.name: "dag-run-1-nxi2j5exfx"
      launch set it to "dag-run-1-nxi2j5exfx"
    """
    name, label = pod_name(launch_id), launch_label(launch_id)
    composition = pod if isinstance(pod, Composition) else _composed(pod, launch_id, name, namespace)
    named = composition.namespace
    digest = composition.digest
    stamp = {
        "name": name,
        "labels": {MANAGED_BY: MANAGER, LAUNCH: label},
        "annotations": {LAUNCH_ID: launch_id, DIGEST: digest},
    }
    launched = composition.with_stage("launch", Override({"metadata": stamp}))
    return Prepared(launch_id, namespace if named in (None, "") else named, name, digest, launched, composition)


def _composed(pod: Pod, launch_id: str, name: str, namespace: str) -> Composition:
    try:
        return compose(pod, unknown="keep")
    except TemplateError as error:
        raise Invalid(error.problems, launch_id=launch_id, namespace=namespace, name=name) from error


def taken(prepared: Prepared, existing: JsonMap) -> Refused | None:
    """
    Why a pod that has this launch's name is not this launch's pod; None if it is.

    >>> prepared = for_launch({"spec": {"nodeName": "n"}}, "dag/run/1")
    >>> taken(prepared, prepared.composition.manifest) is None
    True
    """
    metadata = existing.get("metadata")
    found = metadata.get("annotations") if type(metadata) is dict else None
    found = found if type(found) is dict else {}
    named: Any = {"launch_id": prepared.launch_id, "namespace": prepared.namespace, "name": prepared.name}
    if found.get(LAUNCH_ID) != prepared.launch_id:
        whose = f"launch {found[LAUNCH_ID]!r}" if LAUNCH_ID in found else "somebody who left no launch id"
        fix = "it was left untouched; delete it, or launch under another id"
        return NameTaken([Problem("name-taken", ".metadata.name", f"this pod belongs to {whose}", suggestion=fix)], **named)
    if found.get(DIGEST) != prepared.digest:
        problems = [_difference(change) for change in differing(prepared, existing)]
        whole = f"launched before with another pod: {found.get(DIGEST)}, not {prepared.digest}"
        fix = "launch what was launched before, or under another id"
        return OtherPod([Problem("other-pod", "", whole, suggestion=fix), *problems], **named)
    return None


def differing(prepared: Prepared, existing: JsonMap) -> tuple[Change, ...]:
    """What of our pod is otherwise in the one that is there; what only that one has (defaults, say) is no difference."""
    existing = {part: existing[part] for part in existing if part != "status"}
    laid = lay(check(existing, _KEEPING).manifest, prepared.composition.manifest, _KEEPING, {})
    return tuple(change for change in changes(existing, laid.manifest, _KEEPING.plan()) if not change.path.startswith(_OF_ITS_OWN))


def _difference(change: Change) -> Problem:
    if change.action == "added":
        return Problem("other-pod", change.path, f"here it is {shown(change.after)}, there it is not set")
    return Problem("other-pod", change.path, f"there it is {shown(change.before)}, here {shown(change.after)}")


_KEEPING = keeping(COMPOSE, "keep")
#: The digest differs where anything does.
_OF_ITS_OWN = f'.metadata.annotations["{DIGEST}"]'
