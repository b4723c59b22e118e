"""run, run_many, launch_many and reconcile, over the memory backend."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from podcompose import compose
from podcompose.backends import MemoryBackend
from podcompose.backends.memory import Runs
from podcompose.run import (
    LaunchError,
    Left,
    NameTaken,
    Outcome,
    PodRecord,
    Policy,
    Selection,
    Stage,
    Unsettled,
    launch_many,
    reconcile,
    run,
    run_many,
)
from podcompose.run.flight import Flight

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
        assert (outcome.kind, outcome.cause.kind, outcome.retry_safe) == ("Failed", "StartTimeout", False)
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


def test_who_awaits_a_backend_that_is_closed_is_told() -> None:
    """Closing the backend ends a run with an error that says what to do."""

    class Closing(MemoryBackend):
        def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Any:
            launched = super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
            self.close()
            return launched

    with Closing() as backend, pytest.raises(Unsettled, match="settle their launch ids"):
        run(backend, POD, launch_id="a")
    with Closing() as backend, pytest.raises(Unsettled, match="closed"):
        list(run_many(backend, {"a": POD}))


def test_a_pod_that_is_relabelled_is_lost_from_sight() -> None:
    """Nothing more can be seen of it, so nobody waits for more."""
    with MemoryBackend(fates=Runs()) as backend:
        ref = backend.launch(POD, launch_id="b").ref
        flight = Flight(Policy())
        flight.awaits("b", ref)
        (ended,) = flight.taken([Left(PodRecord(ref, "b", Stage.RUNNING))])

    assert (ended.outcome.kind, ended.outcome.message) == ("Lost", "it was relabelled, and is not watched any more")


@pytest.mark.parametrize("ids", ["aa", "aba"])
def test_a_launch_id_that_comes_again_has_its_outcome_again(ids: str) -> None:
    """The same launch is the same pod, and the same outcome."""
    with MemoryBackend() as backend:
        outcomes = list(run_many(backend, ((launch_id, POD) for launch_id in ids), max_in_flight=1))

    assert "".join(name for name, _ in outcomes) == ids


def test_known_ids_may_be_drawn_once() -> None:
    """An iterator of launch ids is as good as a list."""
    with MemoryBackend() as backend:
        backend.launch(POD, launch_id="a")
        found = reconcile(backend, iter(["a", "x"]), Selection(("default",)))

    assert (list(found.owned), found.missing) == (["a"], ("x",))


def test_a_selection_is_of_names() -> None:
    """A text is no tuple of namespaces, and None no value of a label."""
    for wrong in (("default", {}), ((), {"a": None}), ((None,), {})):
        with pytest.raises(TypeError, match="namespaces"):
            Selection(*wrong)  # type: ignore[arg-type]


def test_a_pod_that_is_none_has_an_outcome_and_stops_nobody() -> None:
    """Among many, one that is no pod is Failed(NotLaunched, Invalid)."""
    with MemoryBackend() as backend:
        outcomes = dict(run_many(backend, {"a": {"spec": {"containers": 3}}, "b": POD}))

    assert (outcomes["a"].reason, outcomes["a"].retry_safe, outcomes["b"].kind) == ("Invalid", True, "Succeeded")


@pytest.mark.parametrize("function", [run_many, launch_many])
def test_none_at_once_is_an_error(function: Any) -> None:
    """At least one is launched at a time."""
    with MemoryBackend() as backend, pytest.raises(ValueError, match="at least 1"):
        list(function(backend, {"a": POD}, max_in_flight=0))


def test_outcomes_are_given_while_a_launch_takes_its_time() -> None:
    """One launch that is slow to be answered holds nobody else's outcome back."""
    answered = threading.Event()

    class Slow(MemoryBackend):
        def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Any:
            if launch_id == "slow":
                assert answered.wait(30)
            return super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)

    with Slow() as backend:
        outcomes = run_many(backend, {"slow": POD, "quick": POD})
        first = next(outcomes)
        answered.set()
        rest = dict(outcomes)

    assert (first[0], list(rest)) == ("quick", ["slow"])


def test_outcomes_have_no_truth_value_to_fall_for() -> None:
    """An outcome is a value, equal to its like."""
    assert Outcome("Succeeded") == Outcome("Succeeded") != Outcome("Failed")
