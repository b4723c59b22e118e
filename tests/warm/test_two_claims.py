"""A launch id that two schedulers claimed in two pods, before both died: whoever comes after them has it run once."""

from __future__ import annotations

import pytest

from podcompose.run.outcome import Outcome
from podcompose.run.records import Owner
from tests.warm.schedulers import Armed, Scheduler
from tests.warm.world import World

POD = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "a", "command": ["true"]}]}}


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
