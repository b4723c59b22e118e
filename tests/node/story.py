"""
A story: a pod, what is done to it and when, when it is over, and how it must be said to have ended.

Stories are data; `recorder.py` makes them happen on a real node, and writes down what the API server told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.node.images import BUSYBOX
from tests.node.watching import Json

__all__ = [
    "ANY",
    "ENDED",
    "Act",
    "Gone",
    "Said",
    "Saw",
    "Story",
    "When",
    "condition",
    "container",
    "evict",
    "exited",
    "pod",
    "ran_twice",
    "restarted",
    "running",
    "script",
    "started",
    "stop",
    "waiting",
]


@dataclass(frozen=True, slots=True)
class Saw:
    """The newest object of the pod is so."""

    what: str
    test: Callable[[Json], bool]


@dataclass(frozen=True, slots=True)
class Said:
    """A container has printed this."""

    container: str
    text: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The pod is deleted."""


When: TypeAlias = Saw | Said | Gone


#: It is there.
ANY = Saw("it is there", lambda _: True)
#: It will change no more: the phase is terminal.
ENDED = Saw("it has ended", lambda seen: seen.get("status", {}).get("phase") in ("Succeeded", "Failed"))


@dataclass(frozen=True, slots=True)
class Act:
    """
    When it is so, somebody does this.

    `verb` is an HTTP verb, or KILL or START (the kubelet). `path` is `pod`, `pods`, `eviction`, or one from the root. `ours` says
    whether the scheduler under test does it: its DELETE is its own stop.
    """

    when: When
    verb: str
    path: str = "pod"
    body: Json | None = None
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Story:
    """
    One history to be made.

    `expected` is the outcome's kind, its cause's kind and the exit code, as far as they matter. `until` says when no more is to
    come. `row` names the row of the fault matrix, `blocker` the kind of what must be seen to hold the pod up. Stories told `alone`
    change the node, and so share it with nobody.
    """

    name: str
    manifest: Json
    expected: tuple[str, ...]
    acts: tuple[Act, ...] = ()
    until: When = ENDED
    row: str = ""
    blocker: str = ""
    alone: bool = False


def script(text: str, name: str = "main", **more: Any) -> Json:
    """A container that runs a shell script."""
    return container(name, "sh", "-c", text, **more)


def container(name: str, *command: str, **more: Any) -> Json:
    """A container of our image that runs a command."""
    return {"name": name, "image": BUSYBOX, "command": list(command), **more}


def pod(*containers: Json, restart: str = "Never", grace: int = 5, **spec: Any) -> Json:
    """A pod of these containers; `spec` holds its other fields."""
    return {"spec": {"restartPolicy": restart, "terminationGracePeriodSeconds": grace, "containers": list(containers), **spec}}


def statuses(seen: Json) -> dict[str, Json]:
    """Container -> its status."""
    status = seen.get("status", {})
    kinds = ("containerStatuses", "initContainerStatuses")
    return {entry["name"]: entry for kind in kinds for entry in status.get(kind, [])}


def _state(seen: Json, name: str, kind: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = statuses(seen).get(name, {}).get("state", {}).get(kind)
    return found


def running(name: str = "main") -> Saw:
    """This container runs."""
    return Saw(f"{name} runs", lambda seen: _state(seen, name, "running") is not None)


def started(name: str = "main") -> Saw:
    """This container runs, or has ended."""
    return Saw(
        f"{name} has started", lambda seen: not {"running", "terminated"}.isdisjoint(statuses(seen).get(name, {}).get("state", {}))
    )


def exited(name: str = "main") -> Saw:
    """This container has ended."""
    return Saw(f"{name} has ended", lambda seen: _state(seen, name, "terminated") is not None)


def waiting(reason: str, name: str = "main") -> Saw:
    """This container waits, for this reason."""
    return Saw(f"{name} waits: {reason}", lambda seen: (_state(seen, name, "waiting") or {}).get("reason") == reason)


def restarted(times: int, name: str = "main") -> Saw:
    """This container was started anew so often."""
    return Saw(f"{name} was restarted {times} times", lambda seen: statuses(seen).get(name, {}).get("restartCount", 0) >= times)


def ran_twice(name: str = "main") -> Saw:
    """This container was restarted, and has ended again; the next restart is seconds away."""

    def test(seen: Json) -> bool:
        ended = _state(seen, name, "terminated") or (_state(seen, name, "waiting") or {}).get("reason") == "CrashLoopBackOff"
        return bool(ended) and statuses(seen)[name]["restartCount"] == 1

    return Saw(f"{name} has run twice", test)


def condition(kind: str, status: str) -> Saw:
    """A condition of the pod has this status."""
    return Saw(
        f"{kind}={status}",
        lambda seen: any(
            entry["type"] == kind and entry["status"] == status for entry in seen.get("status", {}).get("conditions", [])
        ),
    )


def stop(when: When, grace: int | None = None, *, ours: bool = True, **body: Any) -> Act:
    """Delete the pod."""
    options = {} if grace is None else {"gracePeriodSeconds": grace}
    return Act(when, "DELETE", "pod", {**options, **body}, ours)


def evict(when: When) -> Act:
    """Ask the API server to evict the pod."""
    return Act(when, "POST", "eviction", {"apiVersion": "policy/v1", "kind": "Eviction"}, ours=False)
