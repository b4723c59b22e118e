"""
What lies behind a pool, read and written by none of its code: the tasks on its pods, each as the pod it would be without the pool.

A task is an annotation of a pod, `task.podcompose.io/<key>`, whose text is JSON: `id`, `uid`, `digest`, `labels`, `annotations`,
`task` (until it has ended) and `outcome` (from then on).
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from podcompose.run.naming import DIGEST, LAUNCH, LAUNCH_ID, MANAGED_BY, MANAGER, pod_name

__all__ = ["PREFIX", "Place", "find", "is_warm", "tasks_of", "with_labels", "without"]

PREFIX = "task.podcompose.io/"
POOL = "podcompose.io/warm-pool"

Json = Mapping[str, Any]


class Place(NamedTuple):
    """A task, and the pod that has it."""

    key: str
    claim: dict[str, Any]
    pod: Json


def is_warm(pod: Json) -> bool:
    """Whether a pod belongs to a pool."""
    return POOL in _texts(pod, "annotations")


def places(pods: Iterable[Json]) -> Iterator[Place]:
    """Every task of every pod."""
    for pod in pods:
        if is_warm(pod):
            for name, text in _texts(pod, "annotations").items():
                if name.startswith(PREFIX):
                    yield Place(name.removeprefix(PREFIX), json.loads(text), pod)


def find(pods: Iterable[Json], uid: str) -> Place | None:
    """The task of this uid."""
    return next((place for place in places(pods) if place.claim["uid"] == uid), None)


def tasks_of(pods: Iterable[Json]) -> list[dict[str, Any]]:
    """What there is for who launches and watches through a pool: its tasks, and pods that are in no pool as they are."""
    seen = list(pods)
    return [*(_as_pod(place) for place in places(seen)), *(dict(pod) for pod in seen if not is_warm(pod))]


def without(pod: Json, key: str) -> dict[str, Any]:
    """The pod when somebody has taken a task off it."""
    return _rewritten(pod, {part: _left(pod, part, key) for part in ("labels", "annotations")})


def with_labels(place: Place, labels: Mapping[str, str]) -> dict[str, Any]:
    """The pod when somebody has given its task other labels."""
    text = json.dumps({**place.claim, "labels": dict(labels)})
    return _rewritten(place.pod, {"annotations": {**_texts(place.pod, "annotations"), PREFIX + place.key: text}})


def _as_pod(place: Place) -> dict[str, Any]:
    claim = place.claim
    labels = {**claim.get("labels", {}), MANAGED_BY: MANAGER, LAUNCH: place.key}
    annotations = {**claim.get("annotations", {}), LAUNCH_ID: claim["id"], DIGEST: claim["digest"]}
    metadata = {
        "namespace": place.pod["metadata"]["namespace"],
        "name": pod_name(claim["id"]),
        "uid": claim["uid"],
        "labels": labels,
        "annotations": annotations,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _spec(place), "status": {"phase": _phase(place)}}


def _phase(place: Place) -> str:
    outcome = place.claim.get("outcome")
    if outcome is not None:
        return "Succeeded" if outcome["kind"] == "Succeeded" else "Failed"
    return "Running" if place.pod["status"].get("phase") == "Running" else "Pending"


def _spec(place: Place) -> dict[str, Any]:
    """The pod's own, with what is the task's: its words and its literal variables."""
    spec, task = place.pod["spec"], place.claim.get("task")
    if task is None:
        return dict(spec)
    if isinstance(task, str):
        task = json.loads(zlib.decompress(base64.b64decode(task)))
    env = [{"name": name, "value": value} for name, value in task["env"]]
    main, *others = spec["containers"]
    # What must not be expanded in the pod has one dollar more; the suite's pods have nothing that must.
    words = [word.replace("$$", "$") for word in task["argv"]]
    main = {**main, "command": words, "env": [*main.get("env", []), *env]}
    main.pop("args", None)
    return {**spec, "containers": [main, *others]}


def _left(pod: Json, part: str, key: str) -> dict[str, str]:
    return {name: text for name, text in _texts(pod, part).items() if name != PREFIX + key}


def _rewritten(pod: Json, parts: Json) -> dict[str, Any]:
    return {**pod, "metadata": {**pod["metadata"], **parts}}


def _texts(pod: Json, part: str) -> Mapping[str, str]:
    return pod["metadata"].get(part) or {}
