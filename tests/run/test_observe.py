"""Records of pod objects: who, how far, and what holds it up."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from podcompose.run.classify import classify
from podcompose.run.naming import STOPPED_AT
from podcompose.run.observe import Observation, lost, observe
from podcompose.run.records import Blocker, Owner, PodRecord, PodRef, Stage

from .histories import NAMES, history
from .pods import NOT_STARTED, Pod, at, deleted, ended, pod, running, waiting, when


def _stages(name: str) -> list[str]:
    """The stages of a history, without repeats."""
    found: list[str] = []
    record: PodRecord | None = None
    for one in history(name).moments:
        record = observe(one.object, previous=record, stopped_at=one.stopped_at).record
        if found == [] or found[-1] != record.stage:
            found.append(str(record.stage))
    return found


STAGES = {
    "exit0": "Accepted Scheduled Starting Running Draining Finished",
    "init-ok": "Accepted Scheduled Initializing Starting Running Draining Finished",
    "two-sidecars-order": "Accepted Scheduled Initializing Starting Running Draining Finished",
    "bad-command": "Accepted Scheduled Starting Draining Finished",
    "bad-command-always": "Accepted Scheduled Starting Running Draining Finished",
    "crashloop": "Accepted Scheduled Starting Running Draining Finished",
    "node-selector-mismatch": "Scheduled Finished",
    "unschedulable": "Accepted Draining",
    "delete-force": "Accepted Scheduled Starting Running Draining",
    "init-fails": "Accepted Scheduled Initializing Finished",
}


@pytest.mark.parametrize("name", STAGES)
def test_stages_of_real_pods(name: str) -> None:
    """A real pod goes through its stages in their order."""
    assert " ".join(_stages(name)) == STAGES[name]


def _blockers(name: str) -> list[tuple[str, str, str | None]]:
    """What held a real pod up before its stop, without repeats, as kind, reason and container."""
    found: list[tuple[str, str, str | None]] = []
    record: PodRecord | None = None
    for one in history(name).moments:
        record = observe(one.object, previous=record).record
        held = record.blocker
        if held is not None and held.kind != "volume" and (held.kind, held.reason, held.container) not in found:
            found.append((held.kind, held.reason, held.container))
    return found


BLOCKERS = {
    "P1 image-pull": [("image", "ErrImagePull", "main"), ("image", "ImagePullBackOff", "main")],
    "P1 image-invalid-name": [("image", "InvalidImageName", "main")],
    "P1 deadline-pending": [("image", "ErrImageNeverPull", "main")],
    "P1 init-bad-image": [("image", "ErrImageNeverPull", "i1")],
    "P1 sidecar-bad-image": [("image", "ErrImageNeverPull", "side")],
    "P1 two-one-bad-image": [("image", "ErrImageNeverPull", "bad")],
    "P2 config-missing": [("config", "CreateContainerConfigError", "main")],
    "P2 config-key-missing": [("config", "CreateContainerConfigError", "main")],
    "P2 nonroot": [("config", "CreateContainerConfigError", "main")],
    "P2 bad-command-always": [("config", "RunContainerError", "main"), ("config", "CrashLoopBackOff", "main")],
    "P3 unschedulable": [("scheduling", "Unschedulable", None)],
    "P3 scheduling-gate": [("gate", "SchedulingGated", None)],
    "P10 crashloop": [("crash-loop", "Error", "main"), ("crash-loop", "CrashLoopBackOff", "main")],
    "P10 oom-always": [("crash-loop", "OOMKilled", "main"), ("crash-loop", "CrashLoopBackOff", "main")],
    "P10 liveness-always": [("crash-loop", "CrashLoopBackOff", "main")],
    "P10 init-crashloop": [("init-crash", "Error", "i1"), ("init-crash", "CrashLoopBackOff", "i1")],
    "P9 sidecar-never-starts": [("init-crash", "Completed", "side")],
    "exit0": [],
    "sidecar": [],
    "delete-grace": [],
}


@pytest.mark.parametrize("row", BLOCKERS)
def test_blockers_of_real_pods(row: str) -> None:
    """What holds a real pod up is named, and nothing is where nothing does."""
    assert _blockers(row.rsplit(" ", 1)[-1]) == BLOCKERS[row]


def test_p1_two_reasons_that_take_turns_are_one_blocker() -> None:
    """A pull that fails, and is backed off, and fails, has been failing since it first did."""
    record: PodRecord | None = None
    since = set()
    for second, one in enumerate(history("image-pull").moments):
        record = observe(one.object, previous=record, now=when(second)).record
        if record.blocker is not None and record.blocker.kind == "image":
            since.add(record.blocker.since)

    assert since == {when(4)}


def test_p2_a_command_that_cannot_be_started_is_one_blocker() -> None:
    """RunContainerError and the back-off between two of them are one."""
    record: PodRecord | None = None
    since = set()
    for second, one in enumerate(history("bad-command-always").moments):
        record = observe(one.object, previous=record, now=when(second)).record
        if record.blocker is not None and record.blocker.kind == "config":
            since.add(record.blocker.since)

    assert since == {when(4)}


def test_another_blocker_begins_anew() -> None:
    """Another kind, another container or another thing wrong has another beginning."""
    before = observe(pod("Pending", main=waiting("ErrImagePull")), now=when(1)).record
    others = [
        pod("Pending", main=waiting("CreateContainerConfigError")),
        pod("Pending", main=waiting("InvalidImageName")),
        pod("Pending", other=waiting("ErrImagePull")),
    ]

    assert [observe(one, previous=before, now=when(9)).record.blocker.since for one in others] == [when(9)] * 3  # type: ignore[union-attr]
    same = observe(pod("Pending", main=waiting("ImagePullBackOff")), previous=before, now=when(9)).record.blocker
    assert same is not None
    assert same.since == when(1)


def test_p3_the_scheduler_says_since_when() -> None:
    """Its condition has a time, which stands above ours, and the message it gives to people."""
    manifest = history("unschedulable").moments[1].object
    held = observe(manifest, now=when(0)).record.blocker

    assert held is not None
    assert str(held.since) == "2026-11-22 13:52:48+00:00"
    assert held.message.startswith("0/1 nodes are available")


def test_volumes_are_named_where_the_sandbox_waits() -> None:
    """A volume that is not there is told by no container, only by the sandbox."""
    held = observe(history("volume-missing").moments[2].object).record.blocker

    assert held is not None
    assert (held.kind, held.reason, held.container) == ("volume", "PodSandboxNotReady", None)
    assert str(held.since) == "2026-11-22 13:52:24+00:00"


def test_nothing_holds_up_what_is_being_deleted() -> None:
    """A pod on its way out has no blocker."""
    record = observe(deleted(pod("Pending", main=waiting("ErrImagePull")), 5)).record

    assert (record.stage, record.blocker, record.deleting) == (Stage.DRAINING, None, True)


def test_a_sidecar_that_cannot_start_holds_nothing_up() -> None:
    """Only containers that the stage waits for are blockers."""
    assert observe(pod("Pending", main=running(), side=waiting("ErrImagePull"))).record.blocker is None


def test_the_first_restart_is_no_loop() -> None:
    """A container that has failed once is started again at once."""
    manifest = pod("Running", policy="Always", main=ended(3, 5))
    first = observe(manifest).record
    manifest["status"]["containerStatuses"][0]["restartCount"] = 1
    second = observe(manifest).record

    assert (first.stage, first.blocker) == (Stage.RUNNING, None)
    assert second.blocker == Blocker("crash-loop", "Error", "", "main", when(5))


STAGE_RULES: list[tuple[str, Pod, str]] = [
    ("R1", pod("Succeeded", main=ended(0, 9)), "Finished"),
    ("R2", pod("Failed", main=ended(3, 9)), "Finished"),
    ("R3", pod("Running", main=ended(3, 9)), "Draining"),
    ("R3 under Always", pod("Running", policy="Always", main=ended(3, 9)), "Running"),
    ("R4", deleted(pod("Running", main=running()), 5), "Draining"),
    ("R5", pod("Pending", main=running(), other=waiting()), "Running"),
    ("R6 running", pod("Pending", inits={"one": running()}, main=waiting("PodInitializing")), "Initializing"),
    ("R6 waiting", pod("Pending", inits={"one": waiting()}, main=waiting("PodInitializing")), "Initializing"),
    ("R6 failed", pod("Pending", policy="Always", inits={"one": ended(1, 3)}, main=waiting("PodInitializing")), "Initializing"),
    ("R6 done", pod("Pending", inits={"one": ended(0, 3)}, main=waiting("PodInitializing")), "Starting"),
    ("R7", pod("Pending", main=waiting()), "Starting"),
    ("R7 before any status", pod("Pending", main=None), "Scheduled"),
    ("never started", pod("Running", policy="Always", main={**NOT_STARTED, "waiting": None}), "Starting"),
    ("an unknown phase", pod("Hibernating", main=running()), "Running"),
]


@pytest.mark.parametrize(("rule", "manifest", "stage"), STAGE_RULES, ids=[rule for rule, _, _ in STAGE_RULES])
def test_the_stage_rules(rule: str, manifest: Pod, stage: str) -> None:
    """The first rule that fits says the stage."""
    assert observe(manifest).record.stage == stage


def test_r6_by_the_condition() -> None:
    """Where the pod says that it is not initialized, it is so, sidecars included."""
    manifest = pod("Pending", main=waiting("PodInitializing"))
    manifest["status"]["conditions"] = [{"type": "Initialized", "status": "False"}]

    assert observe(manifest).record.stage == Stage.INITIALIZING


@pytest.mark.parametrize(("status", "stage"), [("True", "Scheduled"), ("False", "Accepted")])
def test_r7_r8_by_the_condition(status: str, stage: str) -> None:
    """A pod is scheduled if it has a node, or its condition says so."""
    manifest = pod("Pending", main=None)
    del manifest["spec"]["nodeName"]
    manifest["status"]["conditions"] = [{"type": "PodScheduled", "status": status}]

    assert observe(manifest).record.stage == stage


def test_a_record_says_who() -> None:
    """The names, our annotations, labels, finalizers and the version are told; nothing is shared with the object."""
    manifest: Any = pod("Running", main=running(3))
    annotations = {"podcompose.io/launch-id": "dag/1", "podcompose.io/owner": "east", "podcompose.io/owner-epoch": "7"}
    manifest["metadata"] |= {"labels": {"a": "b"}, "annotations": annotations, "finalizers": ["x/y"]}
    manifest["status"]["containerStatuses"][0] |= {"restartCount": 2, "lastState": ended(1, 2)}
    record = observe(manifest).record

    assert record == PodRecord(
        PodRef("ml", "trainer", "7f"),
        "dag/1",
        Stage.RUNNING,
        owner=Owner("east", 7),
        labels={"a": "b"},
        annotations=annotations,
        restarts=2,
        started=when(1),
        finalizers=("x/y",),
        resource_version="12",
    )
    assert record.labels is not manifest["metadata"]["labels"]
    assert record.annotations is not annotations


def test_the_first_start_is_kept() -> None:
    """After several restarts the object does not tell any more when a container first started; the record does."""
    before = observe(pod("Running", policy="Always", main=running(3))).record
    after = observe(pod("Running", policy="Always", main=running(50)), previous=before).record

    assert after.started == when(3)


def test_an_outcome_is_never_changed() -> None:
    """What was concluded once stays, whatever the object says later, and the stage does not go back behind it."""
    before = observe(pod("Failed", main=ended(3, 9))).record
    after = observe(pod("Running", main=running()), previous=before)

    assert after == Observation(after.record, None)
    assert (after.record.outcome, after.record.stage) == (before.outcome, Stage.DRAINING)


def test_a_namesake_has_an_outcome_of_its_own() -> None:
    """The record of another uid says nothing of this one."""
    before = observe(pod("Failed", main=ended(3, 9))).record
    namesake = pod("Running", main=running())
    namesake["metadata"]["uid"] = "80"

    assert observe(namesake, previous=before).record.outcome is None


def test_what_would_be_concluded_if_the_last_phase_never_came() -> None:
    """It is told beside the record until the outcome is."""
    waits, told, runs = (
        observe(one)
        for one in (pod("Running", main=ended(0, 9)), pod("Succeeded", main=ended(0, 9)), pod("Running", main=running()))
    )

    assert waits.record.outcome is None
    assert (waits.provisional, told.provisional, runs.provisional) == (told.record.outcome, None, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_vanished(name: str) -> None:
    """What is said of a pod that vanished unseen follows from its record alone."""
    for one in history(name).moments:
        noted = copy.deepcopy(dict(one.object))
        if one.stopped_at is not None:
            noted["metadata"].setdefault("annotations", {})[STOPPED_AT] = one.stopped_at.isoformat()
        record = observe(noted).record

        assert lost(record, stopped=False) == classify(noted, gone="uncertain")


def test_w10_what_vanished_while_it_ran() -> None:
    """Stopped if the stop was ours, else Lost; it may have started since it was last seen."""
    runs, waits = observe(pod("Running", main=running())).record, observe(pod("Pending", main=waiting())).record

    assert [(one.kind, one.ran) for one in (lost(runs), lost(waits), lost(waits, stopped=True))] == [
        ("Lost", "yes"),
        ("Lost", "unknown"),
        ("Stopped", "unknown"),
    ]


def test_the_object_is_left_as_it_was() -> None:
    """Observing changes nothing in the object."""
    manifest = deleted(pod("Failed", main=ended(3, 9), side=running()), 10)
    untouched = copy.deepcopy(manifest)
    observe(manifest, stopped_at=at(3), now=when(9))

    assert manifest == untouched
