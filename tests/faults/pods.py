"""Pods that are watched, what becomes of them, and what the server was asked about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from podcompose.run import Selection
from podcompose.testing.faults import FaultServer, Status

__all__ = ["EXPIRED", "HERE", "compacted", "ended", "lists", "marks", "pod", "running"]

HERE = Selection(("default",), {"app": "x"})
EXPIRED = Status(410, reason="Expired", message="too old resource version: 3 (9)")


def pod(name: str, **metadata: Any) -> dict[str, Any]:
    """A pod that is selected."""
    return {
        "metadata": {"name": name, "labels": {"app": "x"}, **metadata},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "i"}]},
    }


def ended(code: int) -> dict[str, Any]:
    """The status of a pod that has ended."""
    terminated = {"exitCode": code, "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:05Z"}
    statuses = [{"name": "main", "image": "i", "state": {"terminated": terminated}}]
    return {"phase": "Succeeded" if code == 0 else "Failed", "containerStatuses": statuses}


def running() -> dict[str, Any]:
    """The status of a pod that runs."""
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return {"phase": "Running", "containerStatuses": [{"name": "main", "image": "i", "state": state}]}


def lists(server: FaultServer) -> list[dict[str, str]]:
    """The LISTs that were to learn what there is; those of one pod only prove a version."""
    return [dict(request.query) for request in server.asked("LIST") if request.query.get("limit") != "1"]


def marks(server: FaultServer) -> list[str | None]:
    """Where each WATCH began."""
    return [request.query.get("resourceVersion") for request in server.asked("WATCH")]


def compacted(server: FaultServer, away: Callable[[], object]) -> None:
    """Let something happen while nobody watches, and history be forgotten."""
    server.await_watches(1)
    server.refuse()
    away()
    server.compact()
    server.listen()
