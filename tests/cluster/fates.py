"""
How a pod shall end, said by the pod itself: statuses in its annotations, which kwok writes when their time has come.

    pod = fates.pod("base", FATES["oom"])        # a manifest, bound to the node, with its fate written on it
    FATES["oom"].outcome                         # Expected("Failed", "OOMKilled", 137, "yes")

A pod without such annotations runs until it is deleted. What a status says is what a real kubelet was seen to write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["FATES", "NODE", "STAGES", "Expected", "Fate", "exits", "node", "pod"]

NODE = "kwok-0"
PREFIX = "podcompose.test"

Json = dict[str, Any]


class Expected(NamedTuple):
    """The outcome that a fate must have: words of `podcompose.run.Outcome`. None where it has none until someone ends the pod."""

    kind: str | None
    cause: str | None = None
    exit_code: int | None = None
    ran: str = "yes"


@dataclass(frozen=True, slots=True)
class Fate:
    """What kwok writes first, what it writes last, how long it waits between the two, and what must be concluded."""

    outcome: Expected
    begin: Json
    end: Json | None = None
    delay: str = "100ms"
    spec: Json = field(default_factory=dict)

    def annotations(self) -> dict[str, str]:
        """The fate, written down."""
        written = {f"{PREFIX}/begin": json.dumps(self.begin), f"{PREFIX}/delay": self.delay}
        return written if self.end is None else {**written, f"{PREFIX}/end": json.dumps(self.end)}


def status(phase: str, state: Json, **more: Any) -> Json:
    """A status of one container `base`; `@now`, `@start` and `@generation` are filled in by the stage."""
    container = {"name": "base", "image": "busybox", "imageID": "", "ready": "running" in state, "restartCount": 0, "state": state}
    ready = "True" if "running" in state else "False"
    return {
        "phase": phase,
        "observedGeneration": "@generation",
        "startTime": "@start",
        "containerStatuses": [container],
        "conditions": [condition("PodScheduled", "True"), condition("Initialized", "True"), condition("Ready", ready)],
        **more,
    }


def condition(kind: str, value: str, **more: str) -> Json:
    """One condition."""
    return {"type": kind, "status": value, "lastTransitionTime": "@now", **more}


def ended(code: int, reason: str, **more: Any) -> Json:
    """The state of a container that ran and ended."""
    return {"terminated": {"exitCode": code, "reason": reason, "startedAt": "@start", "finishedAt": "@now", **more}}


def waiting(reason: str, message: str = "") -> Json:
    """A status of a container that cannot start."""
    return status("Pending", {"waiting": {"reason": reason, "message": message}})


RUNNING = status("Running", {"running": {"startedAt": "@now"}})
STARTING = waiting("ContainerCreating")
BARE: Json = {"phase": "Failed", "startTime": "@now", "observedGeneration": "@generation"}


def exits(code: int, delay: str = "100ms", reason: str | None = None) -> Fate:
    """It runs, and exits with this code."""
    word = reason or ("Completed" if code == 0 else "Error")
    kind = "OOMKilled" if word == "OOMKilled" else "Exit"
    outcome = Expected("Succeeded", None, 0) if code == 0 else Expected("Failed", kind, code)
    return Fate(outcome, RUNNING, status("Succeeded" if code == 0 else "Failed", ended(code, word)), delay)


def disrupted(kind: str, reason: str, pod_reason: str | None = None) -> Fate:
    """It runs, and something begins to end it before it is killed."""
    end = status("Failed", ended(137, "Error"), message=f"for {reason}")
    end["conditions"] = [
        *end["conditions"],
        condition("DisruptionTarget", "True", reason=reason) | {"lastTransitionTime": "@start"},
    ]
    # A moment before the end: the disruption came first.
    return Fate(Expected("Failed", kind, 137), RUNNING, end if pod_reason is None else {**end, "reason": pod_reason}, "1100ms")


def init_failed(code: int) -> Fate:
    """Its init container fails under restartPolicy Never, so that it never runs."""
    init = {"name": "init", "image": "busybox", "imageID": "", "ready": False, "restartCount": 0}
    begin = {**waiting("PodInitializing"), "initContainerStatuses": [{**init, "state": {"running": {"startedAt": "@now"}}}]}
    begin["conditions"] = [condition("PodScheduled", "True"), condition("Initialized", "False", reason="ContainersNotInitialized")]
    end = {**begin, "phase": "Failed", "initContainerStatuses": [{**init, "state": ended(code, "Error")}]}
    return Fate(
        Expected("Failed", "InitFailed", code, "no"), begin, end, spec={"initContainers": [{"name": "init", "image": "busybox"}]}
    )


FATES: Mapping[str, Fate] = {
    "exit-0": exits(0),
    "exit-0-late": exits(0, "1500ms"),
    "exit-1": exits(1),
    "exit-255": exits(255),
    "signal-9": exits(137),
    "oom": exits(137, reason="OOMKilled"),
    "oom-child": exits(7, reason="OOMKilled"),
    "start-error": Fate(
        Expected("Failed", "StartError", 128, "no"),
        STARTING,
        status("Failed", ended(128, "StartError", message="no such file", startedAt="1970-01-01T00:00:00Z")),
    ),
    "init-failed": init_failed(4),
    "evicted": disrupted("Evicted", "TerminationByKubelet", "Evicted"),
    "evicted-by-api": disrupted("Evicted", "EvictionByEvictionAPI"),
    "preempted": disrupted("Preempted", "PreemptionByScheduler"),
    "node-lost": disrupted("NodeLost", "DeletionByPodGC"),
    "deadline": Fate(
        Expected("Failed", "DeadlineExceeded", 143),
        RUNNING,
        status("Failed", ended(143, "Error"), reason="DeadlineExceeded", message="Pod was active longer than specified deadline"),
        "1100ms",
        {"activeDeadlineSeconds": 1},
    ),
    "rejected": Fate(Expected("Failed", "Rejected", None, "no"), {**BARE, "reason": "OutOfcpu", "message": "Node didn't have it"}),
    "image": Fate(Expected(None, ran="no"), waiting("ImagePullBackOff", 'Back-off pulling image "nowhere"')),
    "config": Fate(Expected(None, ran="no"), waiting("CreateContainerConfigError", 'secret "x" not found')),
    "runs": Fate(Expected(None), RUNNING),
    # Nobody binds it: no scheduler runs, and it names no node.
    "never-scheduled": Fate(Expected(None, ran="no"), RUNNING),
}


def pod(name: str | None, fate: Fate, *, scheduled: bool = True, **labels: str) -> Json:
    """A manifest with this fate; bound to the node unless `scheduled` is false. Without a name where podcompose gives it."""
    metadata: Json = {"labels": labels, "annotations": fate.annotations()}
    spec: Json = {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox"}], **fate.spec}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata if name is None else {"name": name, **metadata},
        "spec": {"nodeName": NODE, **spec} if scheduled else spec,
    }


def node(name: str = NODE) -> Json:
    """A node that has room for any number of pods, ready as it is made."""
    room = {"cpu": "100000", "memory": "100Ti", "pods": "1000000"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
    return {"metadata": {"name": name}, "status": {"capacity": room, "allocatable": room, "conditions": [ready]}}


def _exists(key: str, there: bool = True) -> Json:
    return {"key": key, "operator": "Exists" if there else "DoesNotExist"}


def _phase(*values: str) -> Json:
    return {"key": ".status.phase", "operator": "In", "values": list(values)}


def _stage(name: str, when: list[Json], step: Json, delay: Json | None = None, *, kind: str = "Pod") -> Json:
    spec = {"resourceRef": {"apiGroup": "v1", "kind": kind}, "selector": {"matchExpressions": when}, "next": step}
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": spec if delay is None else {**spec, "delay": delay},
    }


def _writes(template: str) -> Json:
    """Write a status: the text, with moments by the machine's clock and to the second, as a kubelet writes them."""
    now = '{{ $now := dateInZone "2006-01-02T15:04:05Z" now "UTC" }}{{ $start := or .status.startTime $now }}'
    fill = '| replace "@now" $now | replace "@start" $start | replace "\\"@generation\\"" (toString (or .metadata.generation 1)) }}'
    text = f"{now}{{{{ $text := {template} }}}}{{{{ $text {fill}"
    return {"patches": [{"subresource": "status", "root": "status", "type": "merge", "template": text}]}


def _annotation(which: str, otherwise: Json) -> str:
    """The annotation's text, or this status where a pod has none; indexing nil would fail the stage."""
    return f"or (index (or .metadata.annotations dict) {json.dumps(f'{PREFIX}/{which}')}) {json.dumps(json.dumps(otherwise))}"


_ALIVE = _exists(".metadata.deletionTimestamp", False)
_DELETED = _exists(".metadata.deletionTimestamp")

#: What kwok does to a pod. TERM ends every container with 143, and a pod that has ended is removed.
STAGES: tuple[Json, ...] = (
    _stage("begin", [_ALIVE, _exists(".status.startTime", False)], _writes(_annotation("begin", RUNNING))),
    _stage(
        "end",
        [_ALIVE, _exists(".status.startTime"), _phase("Pending", "Running"), _exists(f'.metadata.annotations["{PREFIX}/end"]')],
        _writes(_annotation("end", RUNNING)),
        {"durationFrom": {"jq": {"expression": f'.metadata.annotations["{PREFIX}/delay"]'}}},
    ),
    # Later than the second in which the deletion began: at equal seconds an end by itself is believed.
    _stage(
        "killed",
        [_DELETED, _phase("Running")],
        _writes(_annotation("killed", status("Failed", ended(143, "Error")))),
        {"durationMilliseconds": 1100},
    ),
    _stage("gone", [_DELETED, _phase("Pending", "Succeeded", "Failed")], {"delete": True}),
    # Our node is ready as it is made, so this one never comes true; but without any stage for nodes kwok plays no pods either.
    _stage("never", [_phase("Never")], {"delete": True}, kind="Node"),
)
