"""
Statuses as a node writes them, as few as the suite needs.

Written for the suite alone: what a backend has of the kind is what the suite is to find out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

__all__ = ["Status", "ended", "exit_code_of", "is_terminal", "running", "scheduled"]

Status = dict[str, Any]


def scheduled(at: datetime) -> Status:
    """A node was found."""
    return {"phase": "Pending", "conditions": [_condition("PodScheduled", at)]}


def running(at: datetime, *names: str, restarts: int = 0) -> Status:
    """Every container runs."""
    return _status(
        "Running", at, [_container(name, {"running": {"startedAt": _text(at)}}, restarts) for name in names or ("base",)]
    )


def ended(at: datetime, code: int, *names: str, started: datetime | None = None) -> Status:
    """
    Every container has exited so, and the phase is terminal.

    >>> from datetime import timezone
    >>> ended(datetime(2026, 1, 1, tzinfo=timezone.utc), 3)["phase"]
    'Failed'
    """
    exited = {
        "exitCode": code,
        "reason": "Completed" if code == 0 else "Error",
        "startedAt": _text(at if started is None else started),
        "finishedAt": _text(at),
        "containerID": "containerd://" + "0" * 64,
    }
    containers = [_container(name, {"terminated": exited}, 0) for name in names or ("base",)]
    return _status("Succeeded" if code == 0 else "Failed", at, containers)


def is_terminal(manifest: Status) -> bool:
    """Whether the phase of a pod is terminal."""
    return (manifest.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def exit_code_of(status: Status) -> int | None:
    """The exit code of the first container; None as long as it has not exited."""
    containers = status.get("containerStatuses") or []
    state = containers[0]["state"] if len(containers) > 0 else {}
    return int(state["terminated"]["exitCode"]) if "terminated" in state else None


def _status(phase: str, at: datetime, containers: list[Status]) -> Status:
    conditions = [_condition("PodScheduled", at), _condition("Initialized", at)]
    return {"phase": phase, "startTime": _text(at), "conditions": conditions, "containerStatuses": containers}


def _container(name: str, state: Status, restarts: int) -> Status:
    runs = "running" in state
    identity = {"image": "busybox", "imageID": "sha256:" + "0" * 64, "containerID": "containerd://" + "0" * 64}
    return {"name": name, "state": state, "lastState": {}, "ready": runs, "started": runs, "restartCount": restarts, **identity}


def _condition(kind: str, at: datetime) -> Status:
    return {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": _text(at)}


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
