"""An API server of pods as one value, without sockets or time: what the watch machine is tested against."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from podcompose.run.watch import Closed, Request, Rest, WatchMachine

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
Json = dict[str, Any]


def status(code: int, reason: str, message: str = "", **details: Any) -> Json:
    """A Status as the API server writes it."""
    return {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}


@dataclass
class Server:
    """Pods, every event there was, and how far back it remembers."""

    version: int = 100
    pods: dict[str, Json] = field(default_factory=dict)
    events: list[tuple[int, str, Json]] = field(default_factory=list)
    snapshots: dict[int, dict[str, Json]] = field(default_factory=dict)
    compacted: int = 0
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.snapshots[self.version] = {}

    def _event(self, kind: str, pod: Json) -> None:
        self.version += 1
        pod = json.loads(json.dumps(pod))
        pod["metadata"]["resourceVersion"] = str(self.version)
        name = pod["metadata"]["name"]
        if kind == "DELETED":
            self.pods.pop(name, None)
        else:
            self.pods[name] = pod
        self.events.append((self.version, kind, pod))
        self.snapshots[self.version] = dict(self.pods)

    def put(self, name: str, uid: str, phase: str, **metadata: Any) -> None:
        """A pod is new, or has changed."""
        known = name in self.pods
        if known and self.pods[name]["metadata"]["uid"] != uid:
            self.delete(name)
            known = False
        running = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        ended = {"terminated": {"exitCode": 0 if phase == "Succeeded" else 3, "startedAt": "2026-01-01T00:00:00Z",
                                "finishedAt": "2026-01-01T00:00:01Z", "containerID": "c"}}  # fmt: skip
        state = {"Pending": {"waiting": {"reason": "ContainerCreating"}}, "Running": running}.get(phase, ended)
        pod = {
            "metadata": {"name": name, "namespace": "ns", "uid": uid, **metadata},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "base"}]},
            "status": {"phase": phase, "containerStatuses": [{"name": "base", "state": state, "restartCount": 0}]},
        }
        self._event("MODIFIED" if known else "ADDED", pod)

    def delete(self, name: str) -> None:
        """A pod is removed, in the two steps in which the server does it."""
        pod = self.pods[name]
        pod["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:02Z", "deletionGracePeriodSeconds": 0}
        self._event("MODIFIED", pod)
        self._event("DELETED", self.pods[name])

    def deselect(self, name: str) -> Json:
        """A pod's labels change, and it is selected no more; returns it."""
        pod = self.pods[name]
        self._event("DELETED", pod)
        return pod

    def compact(self) -> None:
        """Forget all but the present."""
        self.compacted = self.version
        self.events = [event for event in self.events if event[0] > self.compacted]
        self.snapshots = {version: pods for version, pods in self.snapshots.items() if version >= self.compacted}

    def answer(self, request: Request, living: dict[str, Json] | None = None) -> tuple[int, bytes, bool]:
        """Status and body of a request, and whether a stream would go on."""
        self.requests.append(request)
        query = dict(request.query)
        if query.get("watch") == "true":
            return self._watch(query)
        if request.path.count("/") == 6:
            name = request.path.rsplit("/", 1)[1]
            found = {**self.pods, **({} if living is None else living)}.get(name)
            return (404, b"{}", False) if found is None else (200, json.dumps(found).encode(), False)
        return (*self._list(query), False)

    def _list(self, query: dict[str, str]) -> tuple[int, bytes]:
        version, start = int(query.get("resourceVersion", self.version)), 0
        if "continue" in query:
            version, start = map(int, query["continue"].split(":"))
        if version > self.version:
            cause = {"reason": "ResourceVersionTooLarge"}
            return 504, json.dumps(status(504, "Timeout", "Too large resource version", causes=[cause])).encode()
        exact = query.get("resourceVersionMatch") == "Exact" or "continue" in query
        if exact and version not in self.snapshots:
            return 410, json.dumps(status(410, "Expired", "too old resource version")).encode()
        pods = list((self.snapshots[version] if exact else self.pods).values())
        version = version if exact else self.version
        stop = start + int(query.get("limit", 10**6))
        metadata = {"resourceVersion": str(version)}
        if stop < len(pods):
            metadata["continue"] = f"{version}:{stop}"
        return 200, json.dumps({"kind": "PodList", "metadata": metadata, "items": pods[start:stop]}).encode()

    def _watch(self, query: dict[str, str]) -> tuple[int, bytes, bool]:
        since = int(query.get("resourceVersion", "0"))
        if "sendInitialEvents" in query:
            events = [("ADDED", pod) for pod in reversed(self.pods.values())]
            end = {"metadata": {"resourceVersion": str(self.version), "annotations": {"k8s.io/initial-events-end": "true"}}}
            return 200, lines([*events, ("BOOKMARK", end)]), True
        if since < self.compacted:
            return 200, lines([("ERROR", status(410, "Expired", "too old resource version"))]), False
        body = lines([(kind, pod) for version, kind, pod in self.events if version > since])
        if query["timeoutSeconds"] == "1":
            body += lines([("BOOKMARK", {"metadata": {"resourceVersion": str(max(self.version, since))}})])
        return 200, body, since <= self.version


def lines(events: list[tuple[str, Json]]) -> bytes:
    """Events as the API server streams them."""
    return b"".join(json.dumps({"type": kind, "object": thing}).encode() + b"\n" for kind, thing in events)


def step(machine: WatchMachine, server: Server, now: datetime = NOW, chunk: int = 10**9, **living: Json) -> Request | Rest | Closed:
    """Do what is due once, the stream ending in good order after what there is."""
    due = machine.due(now)
    if isinstance(due, Request):
        code, body, _ = server.answer(due, living)
        machine.answered(code, {}, now)
        for place in range(0, len(body), chunk):
            if machine.streaming:
                machine.received(body[place : place + chunk], now)
        machine.ended(now + timedelta(seconds=2))
    return due


def settle(machine: WatchMachine, server: Server, rounds: int = 40, chunk: int = 10**9) -> None:
    """Do what is due until the machine knows all there is."""
    for _ in range(rounds):
        step(machine, server, chunk=chunk)
        if machine.state.value == "Watching" and machine.ledger.mark == str(server.version):
            return
    raise AssertionError(f"still {machine.state} at {machine.ledger.mark}, the server is at {server.version}")
