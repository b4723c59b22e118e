"""What becomes of pods in memory: each fate's outcome, to the byte the same each time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcompose.backends.memory import (
    BadCommand,
    DeadlineExceeded,
    Deleted,
    Evicted,
    Fails,
    Fate,
    Fault,
    ImageError,
    InitFails,
    MemoryBackend,
    NeverScheduled,
    NodeLost,
    OOMs,
    Preempted,
    Rejected,
    Restarts,
    Runs,
    Succeeds,
)
from podcompose.run import Launched, NotFound, Outcome, Selection, Throttled, Unsettled

_CONTAINERS = [{"name": "base", "image": "busybox"}, {"name": "beside", "image": "busybox"}]
_INITS = [{"name": "first", "image": "busybox"}, {"name": "sidecar", "image": "busybox", "restartPolicy": "Always"}]
POD: dict[str, Any] = {"spec": {"restartPolicy": "Never", "initContainers": _INITS, "containers": _CONTAINERS}}


def _life(fate: Fate, stop_after_s: float | None = None) -> tuple[list[str], list[Outcome], str]:
    """Stages, outcomes, and everything that was delivered, as text."""
    with MemoryBackend(fate) as backend:
        subscription = backend.subscribe(Selection())
        ref = backend.launch(POD, launch_id="task/1").ref
        changes: list[Any] = []
        for second in range(100):
            if second == stop_after_s:
                backend.stop(ref, grace=5)
            changes += subscription.poll(1.0, 1).changes
        told = [change for change in changes if hasattr(change, "record")]
        return [str(change.record.stage) for change in told], [one.outcome for one in told if one.outcome], repr(changes)


@pytest.mark.parametrize(
    ("fate", "expected"),
    [
        (Succeeds(), ("Succeeded", None, 0, "yes")),
        (Fails(3), ("Failed", "Exit", 3, "yes")),
        (OOMs(), ("Failed", "OOMKilled", 137, "yes")),
        (Restarts(2), ("Succeeded", None, 0, "yes")),
        (DeadlineExceeded(), ("Failed", "DeadlineExceeded", 143, "yes")),
        (Evicted(), ("Failed", "Evicted", 137, "yes")),
        (Preempted(), ("Failed", "Preempted", 143, "yes")),
        (NodeLost(), ("Failed", "NodeLost", None, "yes")),
        (Deleted(), ("Deleted", None, 143, "yes")),
        (Deleted(force=True), ("Deleted", None, None, "yes")),
        (Rejected(), ("Failed", "Rejected", None, "no")),
        (InitFails(4), ("Failed", "InitFailed", 4, "no")),
        (BadCommand(), ("Failed", "StartError", 128, "no")),
        (ImageError(heals_after_s=5.0), ("Succeeded", None, 0, "yes")),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, tuple) else "",
)
def test_a_fate_has_its_outcome(fate: Fate, expected: tuple[str, str | None, int | None, str]) -> None:
    """The classifier tells from the statuses of a fate what the fate says, once, and the same bytes come each time."""
    _, (outcome,), everything = _life(fate)

    cause = None if outcome.cause is None else outcome.cause.kind
    assert (outcome.kind, cause, outcome.exit_code, outcome.ran) == expected
    assert everything == _life(fate)[2]


@pytest.mark.parametrize("fate", [Runs(), Runs(exit_code=0), Runs(stops_after_s=60.0), NeverScheduled(), ImageError()])
def test_what_never_ends_is_stopped(fate: Fate) -> None:
    """A pod that would not end by itself has no outcome, and Stopped once it was stopped."""
    assert _life(fate)[1] == []
    stages, (outcome,), _ = _life(fate, stop_after_s=60)
    assert (outcome.kind, stages[-1]) == ("Stopped", "Gone")


def test_a_pod_without_the_container_has_no_such_fate() -> None:
    """A fate that needs an init container is refused for a pod without one."""
    with MemoryBackend(InitFails()) as backend, pytest.raises(ValueError, match="init container"):
        backend.launch({"spec": {"containers": _CONTAINERS}}, launch_id="task/1")


def test_launch_errors_come_in_turn() -> None:
    """A scripted error is raised once; where the pod was made all the same, settle finds it."""
    faults = {"task/1": [Fault(Throttled), Fault(Unsettled, made=True)]}
    with MemoryBackend(launch_errors=faults) as backend:
        with pytest.raises(Throttled):
            backend.launch(POD, launch_id="task/1")
        assert isinstance(backend.settle("task/1"), NotFound)
        with pytest.raises(Unsettled):
            backend.launch(POD, launch_id="task/1")
        assert isinstance(backend.settle("task/1"), Launched)
        assert backend.launch(POD, launch_id="task/1").created is False


def test_what_is_given_is_a_copy() -> None:
    """Scribbling over manifests that the backend gave changes nothing in it."""
    with MemoryBackend() as backend:
        ref = backend.launch(POD, launch_id="task/1").ref
        before = json.dumps(backend.manifest(ref))
        backend.pods[0]["metadata"]["labels"].clear()
        given = backend.manifest(ref)
        assert given is not None
        given["spec"]["containers"].clear()
        assert json.dumps(backend.manifest(ref)) == before
