"""
Which tasks may share a pod: those whose pods are equal but for what is the task's own.

The task's own: its name, its labels and annotations, and its main container's command, arguments, literal variables. All else makes
the kind, to the byte. What an admin's template or hook put on labels and annotations is the pod's, where there was an override to
tell the user's from the admin's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from podcompose.composition import Composition
from podcompose.core.diff import Change, changes
from podcompose.core.json import JsonMap
from podcompose.dialect import COMPOSE, keeping
from podcompose.encode import encode
from podcompose.errors import Problem
from podcompose.run.naming import launch_label
from podcompose.run.warm.hosting import Task
from podcompose.run.warm.reasons import reasons
from podcompose.run.warm.references import settled_argv, settled_env

__all__ = ["Fit", "Kind", "differences", "fit"]

_GRACE_S = 30
_PLAN = keeping(COMPOSE, "keep").plan()


@dataclass(frozen=True, slots=True)
class Kind:
    """
    What pods have in common that tasks share.

    Shapes: `digest`: `sha256:` and hex, of everything below and the time limit. `manifest`: the pod without what is the task's own,
            and without its time limit (`limit_s`), which each task has for itself. Shared: never written to.
    """

    digest: str
    namespace: str
    container: str
    manifest: JsonMap = field(compare=False)
    limit_s: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fit:
    """How a pod fits a pool: its kind and its task; or, with `reasons`, none."""

    reasons: tuple[Problem, ...]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    kind: Kind | None = None
    task: Task | None = None


def fit(
    composition: Composition, launch_id: str, namespace: str, init_once: Collection[str] = (), of_pod: Collection[str] = ()
) -> Fit:
    """
    The kind and the task of a composed pod, or why it has none.

    Shapes: `init_once` as in `reasons`; `of_pod` names labels and annotations that are the pod's, whoever set them.
    Raises: Refused: the launch id is none.

    >>> from podcompose import compose
    >>> pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox", "command": ["true"]}]}}
    >>> found = fit(compose(pod), "dag/1", "default")
    >>> found.task.argv, found.kind.manifest["spec"]["containers"]
    (('true',), [{'name': 'base', 'image': 'busybox'}])
    """
    key, manifest = launch_label(launch_id), composition.manifest
    own = {part: _own(composition, manifest, part, of_pod) for part in ("labels", "annotations")}
    found = reasons(manifest, init_once)
    if found != ():
        return Fit(found, own["labels"], own["annotations"])
    container = manifest["spec"]["containers"][0]
    grace, limit = manifest["spec"].get("terminationGracePeriodSeconds"), manifest["spec"].get("activeDeadlineSeconds")
    task = Task(
        key,
        launch_id,
        _argv(container),
        settled_env(
            [(entry["name"], _value(entry)) for entry in _env(container)], env_from=container.get("envFrom") not in (None, [])
        ),
        None if limit is None else float(limit),
        float(_GRACE_S if grace is None else grace),
    )
    return Fit((), own["labels"], own["annotations"], _kind(manifest, own, namespace), task)


def differences(one: Kind, other: Kind) -> tuple[Change, ...]:
    """What keeps the pods of two kinds from being shared."""
    return tuple(changes(_limited(one), _limited(other), _PLAN))


def _limited(kind: Kind) -> JsonMap:
    """The pod with its time limit, which is of the digest too."""
    spec = kind.manifest["spec"]
    return kind.manifest if kind.limit_s is None else {**kind.manifest, "spec": {**spec, "activeDeadlineSeconds": kind.limit_s}}


def _kind(manifest: JsonMap, own: Mapping[str, Mapping[str, str]], namespace: str) -> Kind:
    spec = dict(manifest["spec"])
    container = {name: value for name, value in spec["containers"][0].items() if name not in ("command", "args", "env")}
    env = [entry for entry in _env(spec["containers"][0]) if "valueFrom" in entry]
    if env != []:
        container["env"] = env
    spec["containers"] = [container]
    metadata = {name: value for name, value in manifest.get("metadata", {}).items() if name not in ("name", "generateName")}
    for part, of_task in own.items():
        left = {name: value for name, value in (metadata.pop(part, None) or {}).items() if name not in of_task}
        if left != {}:
            metadata[part] = left
    metadata["namespace"] = namespace
    bare: JsonMap = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    digest = hashlib.sha256(encode(bare, exponents=True)).hexdigest()
    limit = spec.pop("activeDeadlineSeconds", None)
    return Kind(f"sha256:{digest}", namespace, container["name"], bare, limit)


def _argv(container: JsonMap) -> tuple[str, ...]:
    names = [entry["name"] for entry in _env(container)]
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    return settled_argv(words, names, env_from=container.get("envFrom") not in (None, []))


def _value(variable: JsonMap) -> str | None:
    """None where it comes from elsewhere; a variable without a value is empty."""
    value = variable.get("value")
    return None if "valueFrom" in variable else "" if value is None else str(value)


def _env(container: JsonMap) -> list[JsonMap]:
    found = container.get("env")
    return found if type(found) is list else []


def _own(composition: Composition, manifest: JsonMap, part: str, of_pod: Collection[str]) -> Mapping[str, str]:
    """The labels (or annotations) that are the task's: all of them or, where overrides say which, those of overrides."""
    found = _texts(manifest, part)
    if composition.overrides == ():
        return {name: value for name, value in found.items() if name not in of_pod}
    template = _texts(composition.template.document.value, part)
    said: set[str] = set()
    for override in composition.overrides:
        if override.kind == "json-patch":
            said |= {name for name, text in found.items() if template.get(name) != text}
        else:
            said |= set(_texts(override.document.value, part, of_any=True))
    return {name: value for name, value in found.items() if name in said and name not in of_pod}


def _texts(value: Any, part: str, *, of_any: bool = False) -> dict[str, str]:
    metadata = value.get("metadata") if type(value) is dict else None
    found = metadata.get(part) if type(metadata) is dict else None
    return {name: text for name, text in found.items() if of_any or type(text) is str} if type(found) is dict else {}
