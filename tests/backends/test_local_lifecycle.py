"""The life of a pod, by the clock on the wall of the test: what is decided, and when it is asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose.backends.local import changes
from podcompose.backends.local.lifecycle import Backoff, Decision, Life, decide, new_life
from podcompose.backends.local.plan import plan_of
from podcompose.backends.local.status import status_of

METADATA = {"name": "n", "namespace": "ns", "uid": "u", "generation": 1}


def life(restart: str = "Always", **spec: Any) -> Life:
    """A pod of one container, accepted half a second after second 1000."""
    return new_life(plan_of({"restartPolicy": restart, "containers": [{"name": "a"}], **spec}), 1000.5, Backoff())


def runs(one: Life, at: float, name: str = "a") -> Life:
    """It was started and runs."""
    return changes.started(changes.starting(one, name, "id", at), name, at)


def exits(one: Life, at: float, code: int = 0, name: str = "a") -> Life:
    """It runs, and ends at once."""
    return changes.ended(runs(one, at, name), name, code, "", at)


def state(one: Life, at: float) -> dict[str, Any]:
    """The state of the first container in the status."""
    found: dict[str, Any] = status_of(one, METADATA, {}, at)["containerStatuses"][0]["state"]
    return found


def test_the_back_off_doubles_to_its_longest() -> None:
    """At once, then 10 s, 20 s, ... 300 s after the end of the run before."""
    one, at, waits = life(), 2000.0, []
    for _ in range(8):
        one = exits(one, at, 1)
        decision = decide(one, at)
        wake = at if decision.start else decision.wake
        assert wake is not None
        waits.append(wake - at)
        assert decide(one, wake).start == ("a",)
        at = wake

    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]
    assert state(exits(one, at, 1), at)["waiting"]["message"].startswith("back-off 5m0s restarting failed container=a pod=n_ns(u)")


def test_a_long_good_run_forgets_the_back_off() -> None:
    """After twice the longest time it begins anew."""
    one = exits(exits(life(), 2000.0, 1), 2000.0, 1)
    one = changes.ended(runs(one, 2010.0), "a", 1, "", 2611.0)

    assert decide(one, 2611.0).start == ("a",)


@pytest.mark.parametrize(
    ("restart", "code", "again"),
    [("Always", 0, True), ("Always", 1, True), ("OnFailure", 0, False), ("OnFailure", 1, True), ("Never", 1, False)],
)
def test_the_restart_policy_says_whether_it_is_started_again(restart: str, code: int, again: bool) -> None:
    """Always, OnFailure or Never; who is not started again is over."""
    decision = decide(exits(life(restart), 2000.0, code), 2000.0)

    assert (decision.start == ("a",), decision.over) == (again, not again)


@pytest.mark.parametrize(("code", "again"), [(3, True), (4, False)])
def test_restart_rules_come_before_the_policy(code: int, again: bool) -> None:
    """A container's own rules and policy, by exit code."""
    rules = [{"action": "Restart", "exitCodes": {"operator": "In", "values": [3]}}]
    containers = [{"name": "a", "restartPolicy": "Never", "restartPolicyRules": rules}]

    assert decide(exits(life(containers=containers), 2000.0, code), 2000.0).over is not again


def test_a_deadline_is_told_from_an_exit_just_before_it() -> None:
    """It ends the pod in the second after the one in which it is over; then the grace begins."""
    one = runs(life("Never", activeDeadlineSeconds=2, terminationGracePeriodSeconds=5), 1001.0)
    assert decide(one, 1002.9) == Decision(wake=1003.0)
    late = decide(one, 1003.0)
    one = changes.marked(one, late, 1003.0)

    assert late == Decision(ends=True, overdue=True)
    assert decide(one, 1003.0) == Decision(term=("a",), wake=1008.0)
    one = changes.signalled(one, decide(one, 1003.0))
    assert decide(one, 1007.9) == Decision(wake=1008.0)
    assert decide(one, 1008.0) == Decision(kill=("a",))


def test_init_containers_come_one_by_one_and_sidecars_stay() -> None:
    """A sidecar lets the next one start when it runs, an init container when it has succeeded."""
    inits = [{"name": "one"}, {"name": "side", "restartPolicy": "Always"}, {"name": "two"}]
    one = life("Never", initContainers=inits)
    assert decide(one, 2000.0).start == ("one",)
    one = exits(one, 2000.0, 0, "one")
    assert decide(one, 2000.0).start == ("side",)
    one = changes.starting(one, "side", "id", 2000.0)
    assert decide(one, 2000.0).start == ()
    one = changes.started(one, "side", 2000.0)
    assert decide(one, 2000.0).start == ("two",)
    one = exits(one, 2000.0, 0, "two")
    assert decide(one, 2000.0).start == ("a",)
    one = exits(one, 2000.0)
    assert decide(one, 2000.0) == Decision(ends=True)


def test_a_failed_init_container_is_tried_again_unless_never() -> None:
    """Under Never the pod has failed, and its sidecars are ended first."""
    inits = [{"name": "side", "restartPolicy": "Always"}, {"name": "bad"}]
    again = exits(runs(life("OnFailure", initContainers=inits), 2000.0, "side"), 2000.0, 1, "bad")
    never = exits(runs(life("Never", initContainers=inits), 2000.0, "side"), 2000.0, 1, "bad")

    assert decide(again, 2000.0).start == ("bad",)
    assert decide(never, 2000.0) == Decision(ends=True)
    assert decide(changes.marked(never, Decision(), 2000.0), 2000.0).term == ("side",)


def test_a_shorter_grace_counts_and_a_longer_one_does_not() -> None:
    """Of two deletions the earlier end wins."""
    one = runs(life(), 2000.0)
    one = changes.delete(one, 10.0, 2000.0)
    assert changes.delete(one, 100.0, 2001.0).kill_at == 2010.0
    assert changes.delete(one, 1.0, 2001.0).kill_at == 2002.0
    assert changes.delete(one, None, 2001.0).kill_at == 2010.0


def test_a_pod_that_never_ran_is_written_off_when_it_is_deleted() -> None:
    """As the kubelet does it: a container that could not be located."""
    one = changes.unready(life(), "a", 'secret "x" not found', 2010.0)
    assert decide(one, 2000.0) == Decision(wake=2010.0)
    gone = changes.over(changes.delete(one, None, 2000.0), 2000.0)

    assert gone.phase == "Failed"
    assert state(gone, 2000.0)["terminated"] == {
        "exitCode": 137,
        "reason": "ContainerStatusUnknown",
        "message": "The container could not be located when the pod was terminated",
        "startedAt": None,
        "finishedAt": None,
    }


def test_what_is_over_stays_so() -> None:
    """Nothing is decided any more."""
    over = changes.over(exits(life("Never"), 2000.0), 2000.0)

    assert (over.phase, decide(over, 3000.0)) == ("Succeeded", Decision())
