"""
What a scheduler, a kubelet and the API server write into a pod: pure functions, manifest in, manifest out.

Shaped after histories of a real kubelet of Kubernetes 1.37. Statuses are made new; nothing that came in is changed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from podcompose.backends.memory.happenings import (
    Acknowledged,
    BackingOff,
    Bound,
    Broken,
    Disrupted,
    Ended,
    Exited,
    Happening,
    InitExited,
    Marked,
    Prepared,
    Refused,
    Silent,
    Started,
    Unbound,
)
from podcompose.core.json import JsonMap

__all__ = ["after", "begun", "is_bound", "is_done", "is_sidecar", "main_of", "rfc3339"]

NODE = "memory"


def after(manifest: JsonMap, what: Happening, now: datetime) -> JsonMap:
    """
    The pod after something has happened.

    >>> from datetime import timezone
    >>> pod = begun({"spec": {"containers": [{"name": "base"}]}}, "ns", "u1", datetime(2026, 1, 1, tzinfo=timezone.utc))
    >>> after(pod, Refused("OutOfcpu", "too small"), datetime(2026, 1, 1, tzinfo=timezone.utc))["status"]["phase"]
    'Failed'
    """
    if isinstance(what, Marked):
        return _marked(manifest, what.grace, now)
    at, status = rfc3339(now), dict(manifest["status"])
    spec = {**manifest["spec"], "nodeName": NODE} if isinstance(what, (Bound, Refused)) else manifest["spec"]
    if not isinstance(what, (Bound, Unbound, Silent, Disrupted)):
        status["observedGeneration"] = manifest["metadata"]["generation"]
    _HAPPENS[type(what)](manifest, status, what, at)
    return {**manifest, "spec": spec, "status": status}


def begun(manifest: JsonMap, namespace: str, uid: str, now: datetime) -> JsonMap:
    """A pod as the API server keeps it once it was accepted."""
    metadata = {
        **manifest.get("metadata", {}),
        "namespace": namespace,
        "uid": uid,
        "generation": 1,
        "creationTimestamp": rfc3339(now),
    }
    spec = {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, **manifest.get("spec", {})}
    head = {"apiVersion": "v1", "kind": "Pod"}
    return {**head, **manifest, "metadata": metadata, "spec": spec, "status": {"phase": "Pending", "qosClass": "BestEffort"}}


def rfc3339(at: datetime) -> str:
    """A moment as Kubernetes writes it: in UTC, to the second."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def is_bound(manifest: JsonMap) -> bool:
    """Whether it has a node."""
    return manifest["spec"].get("nodeName") is not None


def is_done(manifest: JsonMap) -> bool:
    """Whether its phase is terminal."""
    return manifest["status"].get("phase") in ("Succeeded", "Failed")


def is_sidecar(container: JsonMap) -> bool:
    """Whether an init container is one that goes on running."""
    return container.get("restartPolicy") == "Always"


def main_of(manifest: JsonMap) -> str:
    """The container whose fate it is: the annotated one, else the first."""
    annotations = manifest["metadata"].get("annotations") or {}
    names = [container["name"] for container in manifest["spec"]["containers"]]
    named = annotations.get("kubectl.kubernetes.io/default-container")
    return str(named if named in names else names[0])


def _marked(manifest: JsonMap, grace: float, now: datetime) -> JsonMap:
    metadata = dict(manifest["metadata"])
    if "deletionTimestamp" not in metadata:
        metadata["generation"] += 1
    metadata["deletionTimestamp"] = rfc3339(now + timedelta(seconds=grace))
    metadata["deletionGracePeriodSeconds"] = int(grace)
    return {**manifest, "metadata": metadata}


def _bound(pod: JsonMap, status: JsonMap, what: Bound, at: str) -> None:
    _condition(status, "PodScheduled", True, at)


def _unbound(pod: JsonMap, status: JsonMap, what: Unbound, at: str) -> None:
    _condition(status, "PodScheduled", False, at, "Unschedulable", what.message)


def _refused(pod: JsonMap, status: JsonMap, what: Refused, at: str) -> None:
    status.update(phase="Failed", reason=what.reason, message=f"Pod was rejected: {what.message}", startTime=at)


def _prepared(pod: JsonMap, status: JsonMap, what: Prepared, at: str) -> None:
    inits = pod["spec"].get("initContainers") or []
    reason = "ContainerCreating" if len(inits) == 0 else "PodInitializing"
    waiting = {"waiting": {"reason": reason}}
    status.update(startTime=at, hostIP="127.0.0.1")
    if len(inits) > 0:
        status["initContainerStatuses"] = [_fresh(container, waiting) for container in inits]
    status["containerStatuses"] = [_fresh(container, waiting) for container in pod["spec"]["containers"]]
    _condition(status, "Initialized", len(inits) == 0, at, None if len(inits) == 0 else "ContainersNotInitialized")
    _ready(status, False, at, "ContainersNotReady")


def _fresh(container: JsonMap, state: JsonMap) -> JsonMap:
    named = {"name": container["name"], "image": container.get("image", ""), "imageID": ""}
    return {**named, "state": state, "lastState": {}, "ready": False, "restartCount": 0, "started": False}


def _init_exited(pod: JsonMap, status: JsonMap, what: InitExited, at: str) -> None:
    inits = list(status["initContainerStatuses"])
    due = [place for place, one in enumerate(inits) if "waiting" in one["state"]]
    for place in due:
        sidecar = is_sidecar(pod["spec"]["initContainers"][place])
        ended = {**_terminated(pod, inits[place], what.code, None, None, at), "ready": what.code == 0}
        inits[place] = _running(pod, inits[place], at) if sidecar else ended
        if not sidecar:
            break
    status["initContainerStatuses"] = inits
    if all("waiting" not in one["state"] for one in inits) and what.code == 0:
        _condition(status, "Initialized", True, at)


def _broken(pod: JsonMap, status: JsonMap, what: Broken, at: str) -> None:
    main = main_of(pod)
    waiting = {"waiting": {"reason": what.reason, "message": what.message}}
    status["containerStatuses"] = [
        {**one, "state": waiting} if one["name"] == main else _running(pod, one, at) for one in status["containerStatuses"]
    ]


def _backing_off(pod: JsonMap, status: JsonMap, what: BackingOff, at: str) -> None:
    main = main_of(pod)
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off restarting failed container={main}"}}
    status["containerStatuses"] = [
        {**one, "state": waiting, "lastState": _last(one)} if one["name"] == main else one for one in status["containerStatuses"]
    ]


def _started(pod: JsonMap, status: JsonMap, what: Started, at: str) -> None:
    status.update(phase="Running", podIP="10.0.0.1", podIPs=[{"ip": "10.0.0.1"}])
    status["containerStatuses"] = [_running(pod, one, at) for one in status["containerStatuses"]]
    _condition(status, "Initialized", True, at)
    _ready(status, True, at)


def _exited(pod: JsonMap, status: JsonMap, what: Exited, at: str) -> None:
    main = main_of(pod)
    statuses = []
    for one in status.get("containerStatuses", []):
        if one["name"] == main:
            one = _ended_so(pod, one, what, at)
        elif what.others and "running" in one["state"]:
            one = _terminated(pod, one, 0, None, None, at)
        statuses.append(one)
    status["containerStatuses"] = statuses
    _ready(status, False, at, "PodCompleted" if what.code == 0 else "PodFailed")


def _ended_so(pod: JsonMap, one: JsonMap, what: Exited, at: str) -> JsonMap:
    if "terminated" in one["state"]:
        return one
    if not what.started and what.reason == "ContainerStatusUnknown":
        gone = {"exitCode": 137, "reason": what.reason, "message": what.message, "startedAt": None, "finishedAt": None}
        return {**one, "state": {"terminated": gone}, "ready": False, "started": False}
    return _terminated(pod, one, what.code, what.reason, what.message, at, started=what.started)


def _ended(pod: JsonMap, status: JsonMap, what: Ended, at: str) -> None:
    status["phase"] = what.phase
    if what.reason is not None:
        status.update(reason=what.reason, message=what.message)
    if "initContainerStatuses" in status:
        inits = [
            _terminated(pod, one, 0, None, None, at) if "running" in one["state"] else one
            for one in status["initContainerStatuses"]
        ]
        status["initContainerStatuses"] = inits


def _disrupted(pod: JsonMap, status: JsonMap, what: Disrupted, at: str) -> None:
    _condition(status, "DisruptionTarget", True, at, what.reason, what.message)


def _silent(pod: JsonMap, status: JsonMap, what: Silent, at: str) -> None:
    # As real nodes do: Ready turns false, ContainersReady stays true.
    _condition(status, "Ready", False, at)


def _acknowledged(pod: JsonMap, status: JsonMap, what: Acknowledged, at: str) -> None:
    """Nothing but observedGeneration."""


_HAPPENS: dict[type, Any] = {
    Bound: _bound,
    Unbound: _unbound,
    Prepared: _prepared,
    Refused: _refused,
    InitExited: _init_exited,
    Broken: _broken,
    BackingOff: _backing_off,
    Started: _started,
    Exited: _exited,
    Ended: _ended,
    Disrupted: _disrupted,
    Silent: _silent,
    Acknowledged: _acknowledged,
}


def _running(pod: JsonMap, one: JsonMap, at: str) -> JsonMap:
    if "running" in one["state"]:
        return one
    again = "containerID" in one
    restarted = {"restartCount": one["restartCount"] + 1, "lastState": _last(one)} if again else {}
    running = {**one, **restarted, "state": {"running": {"startedAt": at}}, "ready": True, "started": True}
    return {**running, "imageID": "sha256:" + "0" * 64, "containerID": _container_id(pod, one, running["restartCount"])}


def _last(one: JsonMap) -> JsonMap:
    return {"terminated": one["state"]["terminated"]} if "terminated" in one["state"] else dict(one["lastState"])


def _terminated(
    pod: JsonMap, one: JsonMap, code: int, reason: str | None, message: str | None, at: str, *, started: bool = True
) -> JsonMap:
    container = one.get("containerID", _container_id(pod, one, one["restartCount"]))
    begun_at = one["state"].get("running", {}).get("startedAt", at) if started else "1970-01-01T00:00:00Z"
    fallback = "Completed" if code == 0 else "Error"
    ended: JsonMap = {"exitCode": code, "reason": fallback if reason is None else reason}
    if message is not None:
        ended["message"] = message
    ended.update(startedAt=begun_at, finishedAt=at, containerID=container)
    return {**one, "state": {"terminated": ended}, "ready": False, "started": False, "containerID": container}


def _container_id(pod: JsonMap, one: JsonMap, restarts: int) -> str:
    text = f"{pod['metadata']['uid']}/{one['name']}/{restarts}"
    return f"containerd://{hashlib.sha256(text.encode()).hexdigest()}"


def _ready(status: JsonMap, ready: bool, at: str, reason: str | None = None) -> None:
    _condition(status, "Ready", ready, at, reason)
    _condition(status, "ContainersReady", ready, at, reason)


def _condition(status: JsonMap, kind: str, true: bool, at: str, reason: str | None = None, message: str | None = None) -> None:
    """Set one condition; its time is of its last transition, and it keeps its place."""
    conditions = list(status.get("conditions", []))
    place = next((place for place, one in enumerate(conditions) if one["type"] == kind), len(conditions))
    before = conditions[place] if place < len(conditions) else {}
    value = "True" if true else "False"
    since = before["lastTransitionTime"] if before.get("status") == value else at
    one = {"type": kind, "status": value, "lastProbeTime": None, "lastTransitionTime": since}
    one |= {} if reason is None else {"reason": reason}
    one |= {} if message is None else {"message": message}
    status["conditions"] = [*conditions[:place], one, *conditions[place + 1 :]]
