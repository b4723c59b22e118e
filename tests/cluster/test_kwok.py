"""Pods of every fate on a real API server: each outcome once, and as the fate was."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run import Launched, Outcome, PodRef, Selection, launch_many
from tests.cluster.fates import FATES, Expected, Fate, pod
from tests.cluster.outcomes import Outcomes
from tests.cluster.plane import ControlPlane

#: How many pods the default run launches.
MANY = 1000
#: Fates that end by themselves; the others are stopped.
ENDING = {name: fate for name, fate in FATES.items() if fate.outcome.kind is not None}


def told(outcome: Outcome) -> Expected:
    """What a fate says of an outcome."""
    cause = None if outcome.cause is None else outcome.cause.kind
    return Expected(outcome.kind, cause, outcome.exit_code, outcome.ran)


def expected(fate: Fate) -> Expected:
    """What must be told of a fate: whatever does not end by itself is stopped."""
    if fate.outcome.kind is not None:
        return fate.outcome
    if fate.outcome.ran == "yes":
        return Expected("Stopped", None, 143, "yes")
    # A container that waited when it was last seen may have started since.
    return Expected("Stopped", None, None, "no" if fate is FATES["never-scheduled"] else "unknown")


@pytest.mark.parametrize("name", sorted(ENDING))
def test_a_fate_and_its_outcome(plane: ControlPlane, namespace: str, name: str) -> None:
    """A pod of this fate has this outcome."""
    backend = KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace))
    with backend, Outcomes(backend, Selection((namespace,))) as outcomes:
        ref = backend.launch(pod(None, FATES[name]), launch_id=name).ref
        outcomes.await_all([ref])

    assert told(outcomes.of(ref)) == FATES[name].outcome


@pytest.mark.parametrize("name", sorted(set(FATES) - set(ENDING)))
def test_a_fate_that_is_stopped(plane: ControlPlane, namespace: str, name: str) -> None:
    """A pod that does not end by itself ends by our stop."""
    backend = KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace))
    with backend, Outcomes(backend, Selection((namespace,))) as outcomes:
        ref = backend.launch(pod(None, FATES[name], scheduled=name != "never-scheduled"), launch_id=name).ref
        if FATES[name].outcome.ran == "yes":
            outcomes.await_stage(ref, "Running")
        backend.stop(ref)
        outcomes.await_all([ref])

    assert told(outcomes.of(ref)) == expected(FATES[name])


def test_a_thousand_pods(plane: ControlPlane, namespace: str) -> None:
    """A thousand pods of mixed fates, those that hang stopped by us: each outcome once, and equal to the fate."""
    dice = random.Random(4)
    fates = {f"run/{number}": dice.choice(sorted(FATES)) for number in range(MANY)}
    pods = {key: pod(None, FATES[name], scheduled=name != "never-scheduled") for key, name in fates.items()}
    backend = KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace))
    with backend, Outcomes(backend, Selection((namespace,))) as outcomes:
        refs = launched(backend, pods)
        hanging = [key for key, name in fates.items() if name not in ENDING]
        running = [refs[key] for key in hanging if FATES[fates[key]].outcome.ran == "yes"]
        for ref in running:
            outcomes.await_stage(ref, "Running")
        for key in hanging:
            backend.stop(refs[key])
        outcomes.await_all(refs.values())

    wrong = {key: told(outcomes.of(ref)) for key, ref in refs.items() if told(outcomes.of(ref)) != expected(FATES[fates[key]])}
    assert {fates[key]: outcome for key, outcome in wrong.items()} == {}
    assert outcomes.doubled == []
    assert outcomes.count == MANY


def launched(backend: KubernetesBackend, pods: Mapping[str, object]) -> dict[str, PodRef]:
    """Launch them all; every one must be made by this."""
    results = dict(launch_many(backend, pods))
    failed = {key: result for key, result in results.items() if not (isinstance(result, Launched) and result.created)}
    assert failed == {}
    return {key: result.ref for key, result in results.items() if isinstance(result, Launched)}
