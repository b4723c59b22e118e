"""Pod objects made by hand, for what no record shows; moments are seconds after one noon."""

from __future__ import annotations

from typing import Any

from podcompose.run.moments import instant

Pod = dict[str, Any]


def at(second: int) -> str:
    """A moment as Kubernetes writes it."""
    return f"2026-11-22T12:{second // 60:02}:{second % 60:02}Z"


def when(second: int) -> Any:
    """The same moment as a datetime."""
    return instant(at(second))


def ended(code: int, finished: int, *, started: int = 1, reason: str | None = None, **more: object) -> Pod:
    """The state of a container that has exited."""
    word = reason if reason is not None else "Completed" if code == 0 else "Error"
    times = {"startedAt": at(started), "finishedAt": at(finished)}
    return {"terminated": {"exitCode": code, "reason": word, **times, "containerID": "containerd://1", **more}}


def running(started: int = 1) -> Pod:
    """The state of a container that runs."""
    return {"running": {"startedAt": at(started)}}


def waiting(reason: str = "ContainerCreating", message: str = "") -> Pod:
    """The state of a container that waits."""
    return {"waiting": {"reason": reason, "message": message}}


#: A container that never started, or was lost: what the kubelet makes up for it.
UNKNOWN: Pod = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None, "finishedAt": None}}
NOT_STARTED: Pod = {
    "terminated": {"exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": at(2)}
}


def pod(phase: str | None = "Running", *, policy: str = "Never", inits: Pod | None = None, **containers: Pod | None) -> Pod:
    """
    A pod of these containers, each given by its state (None: no status yet); `inits` are its init containers.

    A container of the name `side` stands outside the main set, where there is another.
    """
    found: Pod = {
        "metadata": {"name": "trainer", "namespace": "ml", "uid": "7f", "resourceVersion": "12", "generation": 1},
        "spec": {"restartPolicy": policy, "nodeName": "node", "containers": [{"name": name} for name in containers]},
        "status": {"startTime": at(0), "containerStatuses": _statuses(containers), "observedGeneration": 1},
    }
    if phase is not None:
        found["status"]["phase"] = phase
    if inits is not None:
        found["spec"]["initContainers"] = [{"name": name} for name in inits]
        found["status"]["initContainerStatuses"] = _statuses(inits)
    if "side" in containers and len(containers) > 1:
        found["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": next(iter(containers))}
    return found


def _statuses(states: Pod) -> list[Pod]:
    return [
        {"name": name, "state": state, "lastState": {}, "restartCount": 0} for name, state in states.items() if state is not None
    ]


def deleted(pod: Pod, began: int, *, grace: int = 30, seen: bool | None = True) -> Pod:
    """A pod that someone deletes; `seen` by the kubelet when it wrote the status (None: a server that does not say)."""
    pod["metadata"] |= {"deletionTimestamp": at(began + grace), "deletionGracePeriodSeconds": grace, "generation": 2}
    pod["status"]["observedGeneration"] = 2 if seen else 1
    if seen is None:
        del pod["metadata"]["generation"], pod["status"]["observedGeneration"]
    return pod


def disrupted(pod: Pod, reason: str, began: int, *, message: str = "") -> Pod:
    """A pod that something had begun to end."""
    target = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message, "lastTransitionTime": at(began)}
    pod["status"].setdefault("conditions", []).append({**target, "observedGeneration": 1})
    return pod


def said(pod: Pod, reason: str, message: str = "") -> Pod:
    """A pod of which the kubelet says this."""
    pod["status"] |= {"reason": reason, "message": message}
    return pod
