"""run, run_many, launch_many and reconcile, over the memory backend."""

from __future__ import annotations

from typing import Any

from podcompose import compose
from podcompose.backends import MemoryBackend
from podcompose.run import LaunchError, NameTaken, Outcome, Policy, Selection, launch_many, reconcile, run, run_many

POD: dict[str, Any] = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}


def test_a_launch_that_was_made_before_is_waited_for() -> None:
    """The same id twice is one pod and one outcome, also when it has ended long ago."""
    with MemoryBackend() as backend:
        first = run(backend, POD, launch_id="dag/1")
        second = run(backend, POD, launch_id="dag/1")

        assert first == second
        assert len(backend.pods) == 1


def test_many_are_launched_and_each_has_its_outcome() -> None:
    """As many outcomes as pods, each once, in the order in which they end."""
    with MemoryBackend() as backend:
        outcomes = list(run_many(backend, ((f"t{number}", compose(POD)) for number in range(100)), max_in_flight=7))

    assert sorted(name for name, _ in outcomes) == sorted(f"t{number}" for number in range(100))
    assert {outcome.kind for _, outcome in outcomes} == {"Succeeded"}


def test_many_are_drawn_only_as_there_is_room() -> None:
    """The pods are drawn from their iterator as outcomes are taken, never all at once."""
    drawn: list[int] = []

    def pods() -> Any:
        for number in range(1000):
            drawn.append(number)
            yield f"t{number}", POD

    with MemoryBackend() as backend:
        outcomes = run_many(backend, pods(), max_in_flight=5)
        for _ in range(10):
            next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]

    assert len(drawn) <= 15


def test_one_that_cannot_be_launched_has_an_outcome_too() -> None:
    """Among many, a refused launch is Failed(NotLaunched), safe to retry, and stops nobody else."""
    with MemoryBackend() as backend:
        list(run_many(backend, {"a": POD}))
        other = {"spec": {"containers": [{"name": "base", "image": "another"}]}}
        outcomes = dict(run_many(backend, {"a": other, "b": POD}))

    assert outcomes["a"].cause is not None
    assert (outcomes["a"].kind, outcomes["a"].cause.kind, outcomes["a"].reason) == ("Failed", "NotLaunched", "OtherPod")
    assert outcomes["b"].kind == "Succeeded"


def test_pods_of_several_namespaces_run_together() -> None:
    """Each goes where it says, and is seen there."""
    with MemoryBackend() as backend:
        pods = {f"t{number}": {"metadata": {"namespace": f"ns{number % 3}"}, **POD} for number in range(9)}
        outcomes = dict(run_many(backend, pods, max_in_flight=4))

    assert {outcome.kind for outcome in outcomes.values()} == {"Succeeded"}
    assert len(outcomes) == 9


def test_a_pod_that_is_held_up_is_given_up_by_the_policy() -> None:
    """An image that cannot be pulled is Failed(StartTimeout) after the grace, and its pod is stopped."""
    from podcompose.backends.memory import ImageError

    with MemoryBackend(fates=lambda launch_id: ImageError()) as backend:
        outcome = run(backend, POD, launch_id="dag/1", policy=Policy(image_grace_s=30))

        assert outcome.cause is not None
        assert (outcome.kind, outcome.cause.kind, outcome.retry_safe) == ("Failed", "StartTimeout", True)
        assert "deletionTimestamp" in backend.pods[0]["metadata"]


def test_launching_many_gives_results_and_errors() -> None:
    """An error of one is its result."""
    with MemoryBackend() as backend:
        backend.launch({"spec": {"containers": [{"name": "base", "image": "another"}]}}, launch_id="t3")
        results = dict(launch_many(backend, {f"t{number}": POD for number in range(5)}))

    assert [isinstance(results[f"t{number}"], LaunchError) for number in range(5)] == [False, False, False, True, False]
    assert not isinstance(results["t3"], NameTaken)


def test_reconciling_tells_owned_unknown_and_missing() -> None:
    """One look after a restart: what is mine, what is not, and what is not there."""
    with MemoryBackend() as backend:
        for name in ("a", "b", "c"):
            backend.launch(POD, launch_id=name)
        found = reconcile(backend, ["a", "b", "x"], Selection((backend.namespace,)))

    assert (sorted(found.owned), [record.launch_id for record in found.unknown], found.missing) == (["a", "b"], ["c"], ("x",))


def test_outcomes_have_no_truth_value_to_fall_for() -> None:
    """An outcome is a value, equal to its like."""
    assert Outcome("Succeeded") == Outcome("Succeeded") != Outcome("Failed")
