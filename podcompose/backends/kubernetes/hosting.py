"""Tasks in a pod that is there: what keeps it warm, and the orders that its shell is given."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from podcompose.core.json import JsonMap
from podcompose.errors import Problem

__all__ = ["FOLDER", "VOLUME", "idle", "unfit"]

#: Where the tasks of a pod are kept: the same folder in every pod, so that whoever finds a pod knows where to look.
FOLDER = "/podcompose"
VOLUME = "podcompose-tasks"


def unfit(manifest: JsonMap, container: str) -> tuple[Problem, ...]:
    """
    Why tasks cannot be run in this container of such a pod; () if they can.

    An image without a shell is no reason here: it shows when the pod is started.

    >>> [problem.path for problem in unfit({"spec": {"containers": [{"name": "base", "image": "i"}], "hostPID": True}}, "base")]
    ['.spec.hostPID', '.spec.containers[name="base"].command']
    """
    spec = _map(manifest.get("spec"))
    return (*_unfit_pod(spec), *_unfit_container(_named(spec, container), f'.spec.containers[name="{container}"]'))


def _unfit_pod(spec: JsonMap) -> Iterator[Problem]:
    for field in ("shareProcessNamespace", "hostPID"):
        if spec.get(field) is True:
            message = (
                "what a task leaves running is ended with all processes that are to be seen, and these are not the task's alone"
            )
            yield Problem("not-warm", f".spec.{field}", message, suggestion="leave it out")
    if _map(spec.get("os")).get("name") == "windows":
        yield Problem("not-warm", ".spec.os.name", "tasks are run by a POSIX shell, and Windows has none")
    if any(volume.get("name") == VOLUME for volume in _maps(spec.get("volumes"))):
        yield Problem(
            "not-warm", f'.spec.volumes[name="{VOLUME}"]', "the volume of the tasks has this name", suggestion="rename it"
        )


def _unfit_container(container: JsonMap, where: str) -> Iterator[Problem]:
    if container.get("command") in (None, []):
        message = "without a command the image's own program is run, and which one that is cannot be known here"
        yield Problem("not-warm", f"{where}.command", message, suggestion="write the command")
    for field in ("stdin", "tty"):
        if container.get(field) is True:
            yield Problem("not-warm", f"{where}.{field}", "a task in a warm pod has neither input nor terminal")
    for mount in _maps(container.get("volumeMounts")):
        path = str(mount.get("mountPath"))
        if f"{path}/".startswith(f"{FOLDER}/"):
            message = f"tasks are kept in {FOLDER}"
            yield Problem("not-warm", f'{where}.volumeMounts[mountPath="{path}"]', message, suggestion="mount it elsewhere")


def idle(manifest: JsonMap, container: str, command: list[str], scratch: Mapping[str, Any]) -> JsonMap:
    """
    The pod as it waits for tasks: the container runs this command instead, and has an empty folder for the tasks.

    Shapes: `scratch` is the emptyDir (`medium`, `sizeLimit`) of that folder. `manifest` is not changed.

    >>> pod = idle({"spec": {"containers": [{"name": "base", "image": "i"}]}}, "base", ["sh", "-c", "..."], {"sizeLimit": "1Gi"})
    >>> pod["spec"]["volumes"], pod["spec"]["containers"][0]["volumeMounts"]
    ([{'name': 'podcompose-tasks', 'emptyDir': {'sizeLimit': '1Gi'}}], [{'name': 'podcompose-tasks', 'mountPath': '/podcompose'}])
    """
    pod = copy.deepcopy(manifest)
    spec = pod["spec"]
    spec["volumes"] = [*_maps(spec.get("volumes")), {"name": VOLUME, "emptyDir": copy.deepcopy(dict(scratch))}]
    main = _named(spec, container)
    main["command"] = command
    main.pop("args", None)
    main["volumeMounts"] = [*_maps(main.get("volumeMounts")), {"name": VOLUME, "mountPath": FOLDER}]
    return pod


def _named(spec: JsonMap, container: str) -> JsonMap:
    return next((entry for entry in _maps(spec.get("containers")) if entry.get("name") == container), {})


def _map(value: Any) -> JsonMap:
    return value if type(value) is dict else {}


def _maps(value: Any) -> list[JsonMap]:
    return [entry for entry in value if type(entry) is dict] if type(value) is list else []
