"""Why a task has a pod of its own: plain facts of its pod, each as a problem with its path."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from podcompose.core.json import JsonMap
from podcompose.errors import Problem

__all__ = ["NOT_WARM", "reasons"]

#: The code of all of them.
NOT_WARM = "not-warm"

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def reasons(manifest: JsonMap, init_once: Collection[str] = ()) -> tuple[Problem, ...]:
    """
    Why such a pod cannot be shared; () if nothing in it says so.

    Shapes: `init_once` names the init containers that prepare the pod, and not the task.

    >>> [problem.path for problem in reasons({"spec": {"restartPolicy": "OnFailure", "containers": [{"name": "base"}]}})]
    ['.spec.restartPolicy']
    """
    spec = manifest.get("spec")
    spec = spec if type(spec) is dict else {}
    return (*_pod(spec, init_once), *_container(_only(spec)), *_own_fields(spec))


def _reason(path: str, message: str, fix: str | None = None) -> Problem:
    return Problem(NOT_WARM, path, message, suggestion=fix)


def _pod(spec: JsonMap, init_once: Collection[str]) -> Iterator[Problem]:
    policy = spec.get("restartPolicy")
    if policy != "Never":
        said = "Always, as it is not set" if policy is None else repr(policy)
        yield _reason(".spec.restartPolicy", f"a task runs once in a warm pod, and the policy is {said}", "set it to Never")
    containers = _maps(spec.get("containers"))
    if len(containers) != 1:
        yield _reason(".spec.containers", f"there are {len(containers)} main containers, and a task is one program")
    for place, container in enumerate(_maps(spec.get("initContainers"))):
        name = container.get("name")
        if container.get("restartPolicy") != "Always" and name not in init_once:
            fix = f"if it prepares the pod and not the task, name it in `init_once`: {name!r}"
            yield _reason(f".spec.initContainers[{place}]", f"the init container {name!r} must run for each task", fix)


def _container(container: JsonMap) -> Iterator[Problem]:
    where = f'.spec.containers[name="{container.get("name")}"]'
    for probe in _PROBES:
        if container.get(probe) is not None:
            yield _reason(f"{where}.{probe}", "a probe asks after one program, and a warm pod runs many")
    for field in ("restartPolicy", "restartPolicyRules", "lifecycle"):
        if container.get(field) is not None:
            yield _reason(f"{where}.{field}", "it is about the container's start and end, which are not the task's")
    if any(mount.get("subPathExpr") is not None for mount in _maps(container.get("volumeMounts"))):
        yield _reason(f"{where}.volumeMounts", "a subPathExpr is expanded when the pod starts, before it has a task")
    literal = {entry.get("name") for entry in _maps(container.get("env")) if "valueFrom" not in entry}
    for entry in _maps(container.get("env")):
        if "valueFrom" in entry and entry.get("name") in literal:
            yield _reason(f"{where}.env", f"the variable {entry.get('name')!r} is there with a value and with a source")


def _own_fields(spec: JsonMap) -> Iterator[Problem]:
    """Labels and annotations are the task's, and the downward API would give the pod's."""
    for place, volume in enumerate(_maps(spec.get("volumes"))):
        sources = [volume, *_maps(_map(volume.get("projected")).get("sources"))]
        items = [item for source in sources for item in _maps(_map(source.get("downwardAPI")).get("items"))]
        if any(_of_the_task(item.get("fieldRef")) for item in items):
            yield _reason(f".spec.volumes[{place}]", "it shows labels or annotations of the pod, which are not the task's")
    for group in ("containers", "initContainers"):
        for container in _maps(spec.get(group)):
            for entry in _maps(container.get("env")):
                if _of_the_task(_map(entry.get("valueFrom")).get("fieldRef")):
                    where = f'.spec.{group}[name="{container.get("name")}"].env[name="{entry.get("name")}"]'
                    yield _reason(where, "it is a label or an annotation of the pod, which are not the task's")


def _of_the_task(reference: Any) -> bool:
    path = _map(reference).get("fieldPath")
    return type(path) is str and path.startswith(("metadata.labels", "metadata.annotations"))


def _only(spec: JsonMap) -> JsonMap:
    containers = _maps(spec.get("containers"))
    return containers[0] if len(containers) > 0 else {}


def _map(value: Any) -> JsonMap:
    return value if type(value) is dict else {}


def _maps(value: Any) -> list[JsonMap]:
    return [entry for entry in value if type(entry) is dict] if type(value) is list else []
