"""What the classifier says of one pod object: row by row of the fault matrix, then rule by rule."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest

from podcompose.run.classify import classify
from podcompose.run.naming import STOPPED_AT
from podcompose.run.outcome import Cause, Disruption, Outcome

from .pods import NOT_STARTED, UNKNOWN, Pod, at, deleted, disrupted, ended, pod, running, said, waiting, when

SHUTDOWN = "Pod was terminated in response to imminent node shutdown."


def _said(outcome: Outcome | None) -> str | None:
    """An outcome as a few words: kind, cause, exit code, whether it ran, infrastructure."""
    if outcome is None:
        return None
    cause = "" if outcome.cause is None else f"({outcome.cause.kind})"
    code = "" if outcome.exit_code is None else f" {outcome.exit_code}"
    return f"{outcome.kind}{cause}{code} ran={outcome.ran}{' infrastructure' if outcome.infrastructure else ''}"


# The matrix. P1, P2 and P3 are blockers (test_observe.py); without a stop they have no outcome.
ROWS: dict[str, tuple[Pod, str | None]] = {
    "P1 an image that cannot be pulled": (pod("Pending", main=waiting("ImagePullBackOff")), None),
    "P2 a config map that is not there": (pod("Pending", main=waiting("CreateContainerConfigError")), None),
    "P3 no node": (pod("Pending", main=None), None),
    "P4 evicted by the kubelet": (
        disrupted(said(pod("Failed", main=ended(137, 20)), "Evicted", "low on memory"), "TerminationByKubelet", 5),
        "Failed(Evicted) 137 ran=yes infrastructure",
    ),
    "P4 evicted by a volume's limit": (
        said(pod("Failed", main=ended(137, 20)), "Evicted"),
        "Failed(Evicted) 137 ran=yes infrastructure",
    ),
    "P4 evicted before it started": (
        said(pod("Failed", main=waiting()), "Evicted"),
        "Failed(Evicted) ran=no infrastructure",
    ),
    "P4 evicted through the API": (
        deleted(disrupted(pod("Failed", main=ended(143, 20)), "EvictionByEvictionAPI", 5), 5),
        "Failed(Evicted) 143 ran=yes infrastructure",
    ),
    "P5 preempted by the scheduler": (
        deleted(disrupted(pod("Failed", main=ended(137, 36)), "PreemptionByScheduler", 5), 5),
        "Failed(Preempted) 137 ran=yes infrastructure",
    ),
    "P5 preempted by the kubelet": (
        disrupted(said(pod("Failed", main=ended(137, 36)), "Preempting"), "TerminationByKubelet", 5),
        "Failed(Preempted) 137 ran=yes infrastructure",
    ),
    "P6 the node was deleted": (
        disrupted(pod("Failed", main=running()), "DeletionByPodGC", 90),
        "Failed(NodeLost) ran=yes infrastructure",
    ),
    "P6 the node was tainted": (
        deleted(disrupted(pod("Failed", main=ended(137, 36)), "DeletionByTaintManager", 5), 5),
        "Failed(NodeLost) 137 ran=yes infrastructure",
    ),
    "P6 the node was lost before it told of a start": (
        disrupted(pod("Failed", main=waiting()), "DeletionByPodGC", 90),
        "Failed(NodeLost) ran=unknown infrastructure",
    ),
    "P6 the node has lost the container": (pod("Failed", main=UNKNOWN), "Failed(NodeLost) ran=unknown infrastructure"),
    "P6 the node is silent": (pod("Running", main=running()), None),
    "P7 out of memory": (pod("Failed", main=ended(137, 9, reason="OOMKilled")), "Failed(OOMKilled) 137 ran=yes"),
    "P7 a child out of memory": (pod("Failed", main=ended(7, 9, reason="OOMKilled")), "Failed(OOMKilled) 7 ran=yes"),
    "P7 137 for another reason": (pod("Failed", main=ended(137, 9)), "Failed(Exit) 137 ran=yes"),
    "P8 a plain sidecar still runs": (pod("Running", main=ended(0, 9), side=running()), "Succeeded 0 ran=yes"),
    "P8 a plain sidecar still runs after a failure": (pod("Running", main=ended(3, 9), side=running()), "Failed(Exit) 3 ran=yes"),
    "P8 a plain sidecar was killed afterwards": (pod("Failed", main=ended(0, 9), side=ended(137, 40)), "Succeeded 0 ran=yes"),
    "P10 OnFailure after a failure": (pod("Running", policy="OnFailure", main=ended(3, 9), side=running()), None),
    "P10 OnFailure after success": (pod("Running", policy="OnFailure", main=ended(0, 9), side=running()), "Succeeded 0 ran=yes"),
    "P10 Always": (pod("Running", policy="Always", main=ended(0, 9), side=running()), None),
    "P11 deleted by someone else while it ran": (deleted(pod("Failed", main=ended(143, 20)), 10), "Deleted 143 ran=yes"),
    "P11 deleted by someone else, and ended well": (deleted(pod("Succeeded", main=ended(0, 20)), 10), "Succeeded 0 ran=yes"),
    "P12 a finalizer holds it": (deleted(pod("Failed", main=ended(3, 9)), 30, grace=0, seen=False), "Failed(Exit) 3 ran=yes"),
    "P14 no CPU left": (said(pod("Failed", main=None), "OutOfcpu"), "Failed(Rejected) ran=no infrastructure"),
    "P14 another node's pod": (said(pod("Failed", main=None), "NodeAffinity"), "Failed(Rejected) ran=no infrastructure"),
    "P14 the node shuts down": (said(pod("Failed", main=None), "NodeShutdown"), "Failed(Rejected) ran=no infrastructure"),
    "P14 a reason of a later version": (said(pod("Failed", main=None), "NoSuchDevice"), "Failed(Rejected) ran=no infrastructure"),
    "P15 too long": (said(pod("Failed", main=ended(0, 20)), "DeadlineExceeded"), "Failed(DeadlineExceeded) 0 ran=yes"),
    "a node that shuts down": (
        disrupted(said(pod("Failed", main=ended(143, 20)), "Terminated", SHUTDOWN), "TerminationByKubelet", 5),
        "Failed(NodeShutdown) 143 ran=yes infrastructure",
    ),
    "no such command": (pod("Failed", main=NOT_STARTED), "Failed(StartError) 128 ran=no"),
    "exit 128 of its own": (pod("Failed", main=ended(128, 9)), "Failed(Exit) 128 ran=yes"),
    "a failed init container": (
        pod("Failed", inits={"one": ended(0, 2), "two": ended(4, 3)}, main=waiting("PodInitializing")),
        "Failed(InitFailed) 4 ran=no",
    ),
    "a failure without a word": (pod("Failed", main=running()), "Failed(Unknown) ran=yes"),
    "ended well, and nothing else is told": ({"status": {"phase": "Succeeded"}}, "Succeeded ran=yes"),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_matrix(row: str) -> None:
    """Each row of the matrix has its outcome, and reading it changes nothing in the object."""
    manifest, expected = ROWS[row]
    untouched = copy.deepcopy(manifest)

    assert _said(classify(manifest)) == expected
    assert manifest == untouched


def test_p9_a_native_sidecar_never_decides() -> None:
    """The exit code of a restartable init container is not the pod's, though its status comes first."""
    manifest = pod("Succeeded", inits={"mesh": ended(137, 12)}, main=ended(0, 9))
    manifest["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    backing_off = pod("Succeeded", inits={"mesh": waiting("CrashLoopBackOff")}, main=ended(0, 9))
    backing_off["spec"]["initContainers"][0]["restartPolicy"] = "Always"

    assert [_said(classify(one)) for one in (manifest, backing_off)] == ["Succeeded 0 ran=yes"] * 2


def test_p9_a_failed_native_sidecar_is_no_init_failure() -> None:
    """A pod that never came past its sidecar, and was stopped, was stopped."""
    manifest = pod("Failed", inits={"mesh": ended(1, 5)}, main=waiting("PodInitializing"))
    manifest["spec"]["initContainers"][0]["restartPolicy"] = "Always"

    assert _said(classify(deleted(manifest, 3), stopped_at=at(3))) == "Stopped ran=no"


RULES = [
    ([{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}], 42, None),
    ([{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}], 3, "Failed(Exit) 3 ran=yes"),
    ([{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [42]}}], 42, "Failed(Exit) 42 ran=yes"),
    ([{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [42]}}], 3, None),
    ([{"action": "Restart", "exitCodes": {"operator": "Between", "values": [42]}}], 3, None),
    ([{"action": "Restart"}], 3, None),
    ([{"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}], 3, None),
]


@pytest.mark.parametrize(("rules", "code", "expected"), RULES)
def test_p10_restart_rules(rules: list[Pod], code: int, expected: str | None) -> None:
    """Rules are asked before the policy; one that cannot be read, or starts all containers again, makes us wait for the phase."""
    manifest = pod("Running", main=ended(code, 9), side=running())
    manifest["spec"]["containers"][0] |= {"restartPolicy": "Never", "restartPolicyRules": rules}

    assert _said(classify(manifest)) == expected


@pytest.mark.parametrize(
    ("own", "code", "expected"), [("Never", 3, "Failed(Exit) 3 ran=yes"), ("OnFailure", 3, None), ("Always", 0, None)]
)
def test_p10_a_container_has_a_policy_of_its_own(own: str, code: int, expected: str | None) -> None:
    """The container's policy stands above the pod's."""
    manifest = pod("Running", policy="Always" if own == "Never" else "Never", main=ended(code, 9), side=running())
    manifest["spec"]["containers"][0]["restartPolicy"] = own

    assert _said(classify(manifest)) == expected


@pytest.mark.parametrize(
    ("finished", "expected"), [(9, "Succeeded 0 ran=yes"), (10, "Succeeded 0 ran=yes"), (11, "Stopped 0 ran=yes")]
)
def test_our_stop_counts_if_it_was_earlier(finished: int, expected: str) -> None:
    """An exit in the second of our stop, or before it, is the outcome; a later one is the stop's."""
    manifest = deleted(pod("Succeeded", main=ended(0, finished)), 10)

    assert _said(classify(manifest, stopped_at=at(10))) == expected


@pytest.mark.parametrize(
    "moment",
    [
        at(10),
        "2026-11-22T13:00:10.999+01:00",
        when(10).replace(microsecond=500),
        when(10).timestamp() + 0.5,
        datetime(2026, 11, 22, 12, 0, 10),
    ],
)
def test_moments_of_every_make(moment: Any) -> None:
    """RFC 3339 text with any zone, seconds since 1970 and datetimes say the same; fractions of the second do not count."""
    early, late = (deleted(pod("Succeeded", main=ended(0, finished)), 10) for finished in (10, 11))

    outcomes = [classify(one, stopped_at=moment) for one in (early, late)]

    assert [_said(one) for one in outcomes] == ["Succeeded 0 ran=yes", "Stopped 0 ran=yes"]
    assert outcomes[1] is not None
    assert outcomes[1].disruption == Disruption("Stop", None, when(10))


def test_the_last_word_of_the_kubelet_moves_the_deletion() -> None:
    """The final delete has grace 0 and a time of its own; when our stop began tells the truth."""
    manifest = deleted(pod("Failed", main=ended(143, 12)), 14, grace=0)

    assert _said(classify(manifest, stopped_at=at(10))) == "Stopped 143 ran=yes"


def test_what_was_written_before_the_deletion_is_not_its_doing() -> None:
    """A terminal status that does not know of the deletion was there first, whatever the clocks say."""
    manifest = deleted(pod("Failed", main=ended(3, 12)), 10, grace=0, seen=False)

    assert _said(classify(manifest, stopped_at=at(10))) == "Failed(Exit) 3 ran=yes"
    assert _said(classify(manifest)) == "Failed(Exit) 3 ran=yes"


def test_a_foreign_deletion_on_an_older_server() -> None:
    """Without observedGeneration, timestamp minus grace tells; with grace 0, an exit that is there is taken for earlier."""
    told = deleted(pod("Failed", main=ended(143, 12)), 10, seen=None)
    untold = deleted(pod("Failed", main=ended(143, 12)), 14, grace=0, seen=None)

    assert [_said(classify(one)) for one in (told, untold)] == ["Deleted 143 ran=yes", "Failed(Exit) 143 ran=yes"]


def test_a_crash_loop_that_is_stopped_is_stopped() -> None:
    """Under Always an exit is no completion, however long before the stop it was."""
    manifest = deleted(pod("Failed", policy="Always", main=ended(3, 5)), 10)

    assert _said(classify(manifest, stopped_at=at(10))) == "Stopped 3 ran=yes"


def test_exit_0_of_a_pod_that_was_evicted() -> None:
    """Kubernetes' word stands, and the outcome says what had begun to end it."""
    outcome = classify(disrupted(pod("Succeeded", main=ended(0, 9)), "EvictionByEvictionAPI", 5))

    assert _said(outcome) == "Succeeded 0 ran=yes"
    assert outcome is not None
    assert outcome.disruption == Disruption("Evicted", "EvictionByEvictionAPI", when(5))


def test_a_disruption_that_came_too_late() -> None:
    """A pod that had ended by then, or in the same second, was not disrupted."""
    outcomes = [classify(disrupted(pod("Failed", main=ended(3, 9)), "EvictionByEvictionAPI", second)) for second in (9, 10)]

    assert [(_said(one), one and one.disruption) for one in outcomes] == [("Failed(Exit) 3 ran=yes", None)] * 2


def test_a_disruption_that_was_called_off_is_none() -> None:
    """Kubernetes sets the condition to False where nothing came of it."""
    manifest = disrupted(pod("Failed", main=ended(3, 9)), "EvictionByEvictionAPI", 5)
    manifest["status"]["conditions"][0]["status"] = "False"

    assert _said(classify(manifest)) == "Failed(Exit) 3 ran=yes"


@pytest.mark.parametrize(
    ("deadline", "reason", "expected"),
    [
        (8, "DeadlineExceeded", "Failed(DeadlineExceeded) 3 ran=yes"),
        (9, "DeadlineExceeded", "Failed(DeadlineExceeded) 3 ran=yes"),
        (10, "DeadlineExceeded", "Failed(Exit) 3 ran=yes"),
        (8, None, "Failed(Exit) 3 ran=yes"),
    ],
)
def test_a_deadline_counts_by_the_kubelets_word(deadline: int, reason: str | None, expected: str) -> None:
    """A deadline that the kubelet does not speak of ended nothing; of one second, its word decides; an earlier exit stands."""
    manifest = pod("Failed", main=ended(3, 9))
    manifest["spec"]["activeDeadlineSeconds"] = deadline
    if reason is not None:
        said(manifest, reason)

    assert _said(classify(manifest)) == expected


@pytest.mark.parametrize(("deadline", "expected"), [(8, None), (9, None), (10, "Failed(Exit) 3 ran=yes")])
def test_an_exit_after_the_deadline_waits_for_the_kubelets_word(deadline: int, expected: str | None) -> None:
    """Before the last phase, an exit counts only if the deadline had not come."""
    manifest = pod("Running", main=ended(3, 9), side=running())
    manifest["spec"]["activeDeadlineSeconds"] = deadline

    assert _said(classify(manifest)) == expected


def test_a_bare_reason_counts_unless_a_sidecar_outlived_the_main_set() -> None:
    """What ended the pod ended its last container; a main container that ended before that ended by itself."""
    outlived = said(pod("Failed", main=ended(3, 9), side=ended(137, 20)), "Evicted")
    together = said(pod("Failed", main=ended(137, 20), side=ended(137, 20)), "Evicted")

    assert [_said(classify(one)) for one in (outlived, together)] == [
        "Failed(Exit) 3 ran=yes",
        "Failed(Evicted) 137 ran=yes infrastructure",
    ]


def test_a_deletion_counts_unless_a_sidecar_outlived_the_main_set() -> None:
    """The same holds for a foreign deletion: the early outcome of a main set that was done stays right."""
    manifest = deleted(pod("Failed", main=ended(0, 9), side=ended(137, 50)), 20)

    assert _said(classify(manifest)) == "Succeeded 0 ran=yes"


PATIENCE = {
    "all have exited": (pod("Running", main=ended(0, 9)), None, "Succeeded 0 ran=yes"),
    "an init container has failed": (
        pod("Pending", inits={"one": ended(4, 3)}, main=waiting("PodInitializing")),
        None,
        "Failed(InitFailed) 4 ran=no",
    ),
    "the command is not there": (pod("Pending", main=NOT_STARTED), None, "Failed(StartError) 128 ran=no"),
    "a sidecar cannot start": (pod("Pending", main=ended(0, 9), side=waiting("ErrImagePull")), None, "Succeeded 0 ran=yes"),
    "a sidecar runs while it is deleted": (
        deleted(pod("Running", main=ended(143, 12), side=running()), 10),
        None,
        "Deleted 143 ran=yes",
    ),
    "a main container waits": (pod("Pending", main=ended(0, 9), other=waiting("ErrImagePull")), None, None),
    "it only runs": (pod("Running", main=running()), None, None),
    "it is being deleted": (deleted(pod("Running", main=running()), 5), None, None),
}


@pytest.mark.parametrize("case", PATIENCE)
def test_patience(case: str) -> None:
    """Where a last phase is about to come it is waited for; impatiently, what is there decides."""
    manifest, patient, impatient = PATIENCE[case]

    assert (_said(classify(manifest)), _said(classify(manifest, patient=False))) == (patient, impatient)


GONE = {
    "ours": (deleted(pod("Running", main=running()), 5, grace=0), at(5), "Stopped ran=yes", "Stopped ran=yes"),
    "someone else's": (deleted(pod("Running", main=running()), 5, grace=0), None, "Deleted ran=yes", "Lost ran=yes"),
    "without any sign": (pod("Running", main=running()), None, "Deleted ran=yes", "Lost ran=yes"),
    "before anything was told of it": (pod("Pending", main=None), None, "Deleted ran=unknown", "Lost ran=unknown"),
    "evicted": (
        disrupted(pod("Running", main=running()), "EvictionByEvictionAPI", 4),
        None,
        "Deleted(Evicted) ran=yes infrastructure",
        "Lost ran=yes",
    ),
    "before it started": (pod("Pending", main=waiting()), None, "Deleted ran=unknown", "Lost ran=unknown"),
    "by a node that shuts down": (
        disrupted(pod("Running", main=running()), "TerminationByKubelet", 4, message=SHUTDOWN),
        None,
        "Deleted(NodeShutdown) ran=yes infrastructure",
        "Lost ran=yes",
    ),
    "deleted, then evicted": (
        disrupted(deleted(pod("Failed", main=running()), 2, grace=0), "DeletionByPodGC", 2),
        None,
        "Failed(NodeLost) ran=yes infrastructure",
        "Failed(NodeLost) ran=yes infrastructure",
    ),
    "ended before": (pod("Running", main=ended(3, 4)), None, "Failed(Exit) 3 ran=yes", "Lost ran=yes"),
    "told before": (pod("Failed", main=ended(3, 4)), None, "Failed(Exit) 3 ran=yes", "Failed(Exit) 3 ran=yes"),
    "told before, and stopped": (pod("Failed", main=ended(3, 4)), at(9), "Failed(Exit) 3 ran=yes", "Failed(Exit) 3 ran=yes"),
}


@pytest.mark.parametrize("case", GONE)
def test_gone(case: str) -> None:
    """The object of the removal decides first; then who asked for it. Unseen, only what was told before counts."""
    manifest, stopped_at, certain, uncertain = GONE[case]

    assert _said(classify(manifest, None, stopped_at, "certain")) == certain
    assert _said(classify(manifest, None, stopped_at, "uncertain")) == uncertain


def test_a_pod_without_a_node_never_ran() -> None:
    """What had no node when it was removed can be run again."""
    manifest = pod("Pending", main=None)
    del manifest["spec"]["nodeName"]
    outcome = classify(manifest, gone="certain")

    assert outcome is not None
    assert (outcome.ran, outcome.retry_safe) == ("no", True)


def test_a_deletion_that_a_lost_node_followed() -> None:
    """A condition that was told under the deletion came after it: Deleted, and the cause says what else happened."""
    manifest = disrupted(deleted(pod("Failed", main=running()), 2, grace=0), "DeletionByPodGC", 40)
    manifest["status"]["conditions"][0]["observedGeneration"] = 2

    assert _said(classify(manifest)) == "Deleted(NodeLost) ran=yes infrastructure"
    assert _said(classify(manifest, stopped_at=at(2))) == "Stopped ran=yes"


def test_a_stop_that_the_object_does_not_show_yet() -> None:
    """The caller knows that the DELETE was answered; an exit after that is the stop's."""
    manifest = pod("Failed", main=ended(143, 12))

    assert _said(classify(manifest, stopped_at=at(10))) == "Stopped 143 ran=yes"


def test_a_node_lost_under_our_stop() -> None:
    """What others than the kubelet wrote is told by their own moments, whatever the kubelet had seen."""
    manifest = disrupted(deleted(pod("Failed", main=running()), 2, grace=0, seen=False), "DeletionByPodGC", 40)

    assert _said(classify(manifest, stopped_at=at(2))) == "Stopped ran=yes"


def test_the_pods_own_reason_says_most() -> None:
    """Where the condition and the pod say the same, the cause has the pod's words."""
    outcome = classify(ROWS["P4 evicted by the kubelet"][0])

    assert outcome is not None
    assert outcome.cause == Cause("Evicted", "Evicted", "low on memory")


def test_of_several_that_ended_well_the_last_is_named() -> None:
    """The pod ended when its last main container did."""
    outcome = classify(pod("Succeeded", one=ended(0, 9), two=ended(0, 12)))

    assert outcome is not None
    assert (outcome.container, outcome.finished) == ("two", when(12))


def test_the_note_of_a_stop_that_did_not_come() -> None:
    """A note at the pod alone is no stop: it counts once the pod is being deleted, or gone."""
    manifest = pod("Failed", main=ended(3, 12))
    manifest["metadata"]["annotations"] = {STOPPED_AT: at(10)}

    assert _said(classify(manifest)) == "Failed(Exit) 3 ran=yes"
    assert _said(classify(deleted(manifest, 10))) == "Stopped 3 ran=yes"


MAIN = [
    ("one", "Failed(Exit) 3 ran=yes"),
    ("two", None),
    (("one", "two"), None),
    ("nobody", None),
    (None, None),
]


@pytest.mark.parametrize(("main", "expected"), MAIN)
def test_the_main_set(main: Any, expected: str | None) -> None:
    """The containers that the caller names decide; names that are not there do not count."""
    manifest = pod("Running", one=ended(3, 9), two=running())

    assert _said(classify(manifest, main)) == expected


def test_the_callers_word_stands_above_the_annotation() -> None:
    """The annotation names the main container for people; the caller may mean another."""
    manifest = pod("Running", main=ended(3, 9), side=running())

    assert (_said(classify(manifest)), classify(manifest, "side")) == ("Failed(Exit) 3 ran=yes", None)


def test_all_that_an_outcome_says() -> None:
    """Every field is told from the container that failed first."""
    manifest = pod("Failed", late=ended(4, 12), early=ended(137, 11, started=2, message="oh no\n"))
    manifest["status"]["containerStatuses"][1]["restartCount"] = 2
    manifest["status"]["containerStatuses"][0]["restartCount"] = 1

    assert classify(manifest) == Outcome(
        "Failed",
        Cause("Exit", "Error", "oh no\n"),
        exit_code=137,
        signal=9,
        reason="Error",
        message="oh no\n",
        container="early",
        started=when(2),
        finished=when(11),
        restarts=3,
        ran="yes",
    )


def test_the_pods_own_word_is_told_where_no_container_tells() -> None:
    """A rejected pod has no container; its reason and message are the kubelet's."""
    outcome = classify(said(pod("Failed", main=None), "OutOfcpu", "Node didn't have enough resource: cpu"))

    assert outcome is not None
    assert (outcome.reason, outcome.message) == ("OutOfcpu", "Node didn't have enough resource: cpu")
    assert outcome.cause == Cause("Rejected", "OutOfcpu", "Node didn't have enough resource: cpu")


@pytest.mark.parametrize(("code", "signal"), [(128, None), (129, 1), (143, 15), (192, 64), (193, None), (255, None), (3, None)])
def test_signals(code: int, signal: int | None) -> None:
    """128 + n is signal n, as far as there are signals."""
    outcome = classify(pod("Failed", main=ended(code, 9)))

    assert outcome is not None
    assert outcome.signal == signal


def test_a_container_that_could_not_start_was_not_killed() -> None:
    """Its exit code 128 or more says nothing of signals."""
    state = {"terminated": {**NOT_STARTED["terminated"], "exitCode": 137}}
    outcome = classify(pod("Failed", main=state))

    assert outcome is not None
    assert (outcome.signal, outcome.started, outcome.finished) == (None, None, when(2))


def test_a_start_that_failed_again_and_again_may_hide_one_that_did_not() -> None:
    """Of a container that was started more often than the object shows, nobody can say that it never ran."""
    manifest = deleted(pod("Failed", policy="Always", main=NOT_STARTED), 5)
    manifest["status"]["containerStatuses"][0]["restartCount"] = 2
    outcome = classify(manifest, stopped_at=at(5))

    assert outcome is not None
    assert (outcome.kind, outcome.ran, outcome.retry_safe) == ("Stopped", "unknown", False)


def test_disruptions_say_when_where_it_is_told() -> None:
    """The moment of our stop, of a deadline and of a condition is known; that of a bare reason is not."""
    deadline = said(pod("Failed", main=ended(3, 9)), "DeadlineExceeded")
    deadline["spec"]["activeDeadlineSeconds"] = 8
    outcomes = [
        classify(deleted(pod("Failed", main=ended(143, 9)), 5), stopped_at=at(5)),
        classify(deadline),
        classify(said(pod("Failed", main=ended(137, 9)), "Evicted")),
        classify(deleted(pod("Failed", main=ended(143, 9)), 5)),
        classify(deleted(pod("Failed", main=ended(143, 9)), 5, seen=None)),
        classify(deleted(pod("Running", main=running()), 5, grace=0), gone="certain"),
    ]

    assert [one and one.disruption for one in outcomes] == [
        Disruption("Stop", None, when(5)),
        Disruption("DeadlineExceeded", "DeadlineExceeded", when(8)),
        Disruption("Evicted", "Evicted", None),
        Disruption("Deletion", None, None),
        Disruption("Deletion", None, when(5)),
        Disruption("Deletion", None, None),
    ]


def test_nothing_is_said_of_the_day_before_yesterday() -> None:
    """All moments of an outcome are aware, and in UTC."""
    outcome = classify(pod("Failed", main=ended(3, 9)))

    assert outcome is not None
    assert outcome.finished is not None
    assert outcome.finished.tzinfo is timezone.utc


@pytest.mark.parametrize(("reason", "kind"), [("Evicted", "Evicted"), ("Terminated", "NodeShutdown"), ("Preempting", "Preempted")])
def test_a_program_that_answers_a_kubelets_kill_with_0_has_failed_as_the_phase_says(reason: str, kind: str) -> None:
    """Exit 0 under an eviction, a shutdown or a preemption by the kubelet: the phase is Failed, and so is the outcome."""
    ended = {"exitCode": 0, "reason": "Completed", "containerID": "c", "finishedAt": "2026-05-01T12:00:06Z"}
    target = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "TerminationByKubelet",
        "lastTransitionTime": "2026-05-01T12:00:04Z",
    }
    status = {
        "phase": "Failed",
        "reason": reason,
        "conditions": [target],
        "containerStatuses": [{"name": "base", "state": {"terminated": ended}}],
    }
    outcome = classify({"spec": {"restartPolicy": "Never", "containers": [{"name": "base"}]}, "status": status})

    assert outcome is not None
    assert outcome.cause is not None
    assert (outcome.kind, outcome.cause.kind, outcome.exit_code, outcome.infrastructure) == ("Failed", kind, 0, True)
