"""A launch id that two schedulers claimed in two pods, before both died: whoever comes after them has it run once."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose.backends.memory import Succeeds
from podcompose.run.errors import Unsettled
from podcompose.run.outcome import Outcome
from podcompose.run.records import Owner
from tests.warm.schedulers import Armed, Scheduler
from tests.warm.world import UNFIT, World


def _pod(image: str) -> dict[str, Any]:
    return {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": image, "command": ["true"]}]}}


POD = _pod("a")


def _unchecked(launch_id: str, uid: str, outcome: Outcome) -> None:
    """Any outcome will do."""


@pytest.mark.parametrize("names", [("s", "s"), ("s", "t")], ids=["of one name", "of two"])
def test_of_two_claims_one_runs(names: tuple[str, str]) -> None:
    """The claims are met where they are taken over: one is withdrawn, the other runs."""
    world = World({})
    world.images["t/1"] = "a"
    numbers = {"keep": 0, "limit": 2}
    one, other = (Scheduler(world, Owner(name, epoch), numbers, _unchecked) for epoch, name in enumerate(names, 1))

    def meanwhile() -> None:
        other.connection.armed.append(Armed("holders", 0, "die before"))
        other.do(lambda: other.pool.launch(POD, launch_id="t/1"))

    one.connection.armed += [Armed("launch", 0, "meanwhile before", meanwhile), Armed("holders", 0, "die before")]
    one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    assert (one.is_dead, other.is_dead, len(world.open_tasks())) == (True, True, 2)
    heirs = [Scheduler(world, Owner(name, 9), numbers, _unchecked) for name in dict.fromkeys(names)]
    for _ in range(60):
        world.clock.advance(1.0)
        for heir in heirs:
            heir.poll()
    assert world.truth.wrongs == []
    assert len(world.truth.runs) == 1
    assert world.open_tasks() == []


def test_a_claim_that_was_not_looked_after_is_not_run_before_it_is() -> None:
    """Whoever could neither read who else has the task nor withdraw reads it before he orders it: here another has it."""
    world = World({"t/1": Succeeds(30.0)})
    world.images["t/1"] = "a"
    numbers = {"keep": 0, "limit": 2}
    one, other = (Scheduler(world, Owner(name, 1), numbers, _unchecked) for name in ("s", "t"))

    def meanwhile() -> None:
        other.do(lambda: other.pool.launch(POD, launch_id="t/1"))

    one.connection.armed += [Armed("launch", 0, "meanwhile before", meanwhile)]
    one.connection.armed += [Armed("holders", 0, "fail"), Armed("swap", 0, "fail")]
    with pytest.raises(Unsettled):
        one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    assert len(world.open_tasks()) == 2
    for _ in range(60):
        world.clock.advance(1.0)
        one.poll()
        other.poll()
    assert world.truth.wrongs == []
    assert len(world.truth.runs) == 1
    assert world.open_tasks() == []


def test_a_pod_of_its_own_that_is_refused_is_told_as_the_end_of_its_task() -> None:
    """The warm pod cannot run it, and no other is let in: the task has failed, and whoever watches hears so."""
    world = World({})
    world.images["t/1"] = UNFIT
    told: list[Outcome] = []
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 2}, lambda launch_id, uid, outcome: told.append(outcome))
    one.do(lambda: one.pool.launch(_pod(UNFIT), launch_id="t/1"))
    one.connection.armed.append(Armed("launch", 0, "refuse"))
    for _ in range(20):
        world.clock.advance(1.0)
        one.poll()
    assert [(outcome.kind, outcome.ran) for outcome in told] == [("Failed", "no")]
    assert world.open_tasks() == []
