"""The status of a pod as a kubelet would write it, and the times in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from time import gmtime, strftime
from typing import Any

from podcompose.backends.local.lifecycle import Container, Life, Run, may_restart, passed, restart_time
from podcompose.core.json import JsonMap

__all__ = ["ADDRESSES", "pending_status", "rfc3339", "status_of"]

#: Of the pod and of its host: processes of this machine have no other.
_ADDRESS = "127.0.0.1"
ADDRESSES = {"hostIP": _ADDRESS, "hostIPs": [{"ip": _ADDRESS}], "podIP": _ADDRESS, "podIPs": [{"ip": _ADDRESS}]}
_OVERDUE = "Pod was active on the node longer than the specified deadline"


@lru_cache(maxsize=256)
def _text(second: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(second))


def rfc3339(time: float) -> str:
    """
    Seconds since 1970 as Kubernetes writes times: to the second.

    >>> rfc3339(0.9)
    '1970-01-01T00:00:00Z'
    """
    return _text(int(time))


def pending_status() -> JsonMap:
    """A pod that waits for room on this machine."""
    return {"phase": "Pending", "qosClass": "BestEffort"}


def status_of(life: Life, metadata: Mapping[str, Any], before: Mapping[str, Any], now: float) -> JsonMap:
    """The whole status of a pod; `before` is the last one, from which conditions that have not changed keep their time."""
    conditions = _Conditions(before.get("conditions", ()), metadata["generation"], rfc3339(now))
    status: JsonMap = {"observedGeneration": metadata["generation"], "phase": life.phase}
    if life.over and life.overdue:
        status |= {"reason": "DeadlineExceeded", "message": _OVERDUE}
    status["conditions"] = _conditions(life, conditions)
    status |= ADDRESSES
    status["startTime"] = rfc3339(life.accepted)
    if life.plan.inits != ():
        status["initContainerStatuses"] = [_container_status(life, name, metadata) for name in life.plan.inits]
    status["containerStatuses"] = [_container_status(life, name, metadata) for name in sorted(life.plan.mains)]
    status["qosClass"] = "BestEffort"
    return status


class _Conditions:
    """Makes conditions; one that says what it said before keeps the time of its last change."""

    def __init__(self, before: Iterable[Mapping[str, Any]], generation: int, now: str) -> None:
        self.before = {one["type"]: one for one in before}
        self.generation = generation
        self.now = now

    def make(self, kind: str, true: bool, reason: str = "", message: str = "") -> JsonMap:
        """One condition."""
        word = "True" if true else "False"
        known = self.before.get(kind)
        since = known["lastTransitionTime"] if known is not None and known["status"] == word else self.now
        made = {"type": kind, "observedGeneration": self.generation, "status": word}
        made["lastTransitionTime"] = since
        return made | ({"reason": reason} if reason != "" else {}) | ({"message": message} if message != "" else {})


def _conditions(life: Life, conditions: _Conditions) -> list[JsonMap]:
    incomplete = [name for name in life.plan.inits if not passed(life.plan.containers[name], life.containers[name])]
    unready = [name for name in (*life.plan.sidecars, *life.plan.mains) if life.containers[name].at != "running"]
    ready = _ready(life, unready)
    done = "PodCompleted" if life.phase == "Succeeded" else ""
    return [
        conditions.make("PodReadyToStartContainers", not life.over, *(("PodSandboxNotReady",) if life.over else ())),
        conditions.make("Initialized", incomplete == [], *(_incomplete(incomplete) if incomplete else (done,))),
        conditions.make("Ready", unready == [], *ready),
        conditions.make("ContainersReady", unready == [], *ready),
        conditions.make("PodScheduled", True),
    ]


def _ready(life: Life, unready: list[str]) -> tuple[str, ...]:
    if unready == []:
        return ()
    if life.over:
        return ("PodCompleted",) if life.phase == "Succeeded" else ("PodFailed",)
    return ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")


def _incomplete(names: list[str]) -> tuple[str, ...]:
    return ("ContainersNotInitialized", f"containers with incomplete status: [{' '.join(names)}]")


def _container_status(life: Life, name: str, metadata: Mapping[str, Any]) -> JsonMap:
    container, plan = life.containers[name], life.plan.containers[name]
    state, shown = _state(life, name, metadata)
    last = container.last if shown is container.run else container.run
    running = container.at == "running"
    good = plan.role == "init" and container.at == "ended" and container.run is not None and container.run.code == 0
    status: JsonMap = {
        "name": name,
        "state": state,
        "lastState": {} if last is None or last.code is None else {"terminated": _terminated(last)},
        "ready": (running and plan.role != "init") or good,
        "restartCount": container.restarts,
        "image": str(plan.manifest.get("image", "")),
        "imageID": "",
    }
    known = last if shown is None else shown
    if known is not None and _has_id(known):
        status["containerID"] = f"local://{known.id}"
    return status | {"started": running}


def _state(life: Life, name: str, metadata: Mapping[str, Any]) -> tuple[JsonMap, Run | None]:
    """The state of a container, and the run it speaks of."""
    container = life.containers[name]
    run = container.run
    if container.at == "running" and run is not None:
        return {"running": {"startedAt": rfc3339(run.started)}}, run
    if container.at == "starting" and container.last is not None:
        return {"terminated": _terminated(container.last)}, container.last
    if container.at == "ended" and run is not None:
        held = not life.over and life.kill_at is None and may_restart(life, name)
        return ({"waiting": _held(life, name, metadata)}, None) if held else ({"terminated": _terminated(run)}, run)
    return {"waiting": _waiting(life, container)}, None


def _waiting(life: Life, container: Container) -> JsonMap:
    if container.reason != "" and life.deletion is None:
        return {"reason": container.reason, "message": container.message}
    return {"reason": "ContainerCreating" if life.plan.inits == () else "PodInitializing"}


def _held(life: Life, name: str, metadata: Mapping[str, Any]) -> JsonMap:
    """A container that will be started again, and not at once."""
    container = life.containers[name]
    run = container.run
    if run is not None and run.reason == "StartError" and restart_time(life, name) <= run.finished:
        return {"reason": "RunContainerError", "message": run.message}
    which = f"container={name} pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    return {"reason": "CrashLoopBackOff", "message": f"back-off {_duration(container.delay)} restarting failed {which}"}


def _duration(seconds: float) -> str:
    """
    As Go writes it.

    >>> _duration(10.0), _duration(160.0), _duration(300.0)
    ('10s', '2m40s', '5m0s')
    """
    minutes, left = divmod(seconds, 60)
    return f"{left:g}s" if minutes == 0 else f"{int(minutes)}m{left:g}s"


def _terminated(run: Run) -> JsonMap:
    terminated: JsonMap = {"exitCode": run.code, "reason": run.reason}
    if run.message != "":
        terminated["message"] = run.message
    started = None if run.reason == "ContainerStatusUnknown" and run.started == 0 else rfc3339(run.started)
    terminated |= {"startedAt": started, "finishedAt": None if started is None else rfc3339(run.finished)}
    return terminated | ({"containerID": f"local://{run.id}"} if _has_id(run) else {})


def _has_id(run: Run) -> bool:
    return run.id != "" and run.reason != "ContainerStatusUnknown"
