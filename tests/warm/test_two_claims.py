"""A launch id that two schedulers claimed in two pods, before both died: whoever comes after them has it run once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from podcompose.backends.memory import Runs, Succeeds
from podcompose.run.errors import Unsettled
from podcompose.run.naming import launch_label
from podcompose.run.observe import observe
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Launched
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.warm.claims import claims_of
from podcompose.run.warm.hosting import Order, Run
from tests.warm.behind import without
from tests.warm.schedulers import Armed, Scheduler
from tests.warm.world import UNFIT, World, is_warm


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
    _pass(world, heirs, 60)
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
    _pass(world, [one, other], 60)
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
    _pass(world, [one], 20)
    assert [(outcome.kind, outcome.ran) for outcome in told] == [("Failed", "no")]
    assert world.open_tasks() == []


def test_a_task_that_was_taken_off_its_pod_makes_way() -> None:
    """Its claim is gone, and so is who would have ended it: the next task of that pod does, and runs."""
    world = World({"t/1": Runs(0, 2.0), "t/2": Succeeds(3.0)})
    world.images.update({"t/1": "a", "t/2": "a"})
    one, heir = (Scheduler(world, Owner("s", epoch), {"keep": 0, "limit": 1}, _unchecked) for epoch in (1, 2))
    one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    _pass(world, [one], 5)
    (run,) = world.truth.runs.values()
    one.kill()
    pod = world.warm_pods()[0]
    world.truth.stopped.update(world.truth.runs)
    world._board.put(without(pod, launch_label("t/1")))
    heir.do(lambda: heir.pool.launch(POD, launch_id="t/2"))
    _pass(world, [heir], 10)
    assert run.report is not None
    assert (run.report.code, run.report.stopped) == (0, True)
    assert [outcome.kind for outcome in heir.told.values()] == ["Succeeded"]
    assert [world.truth.wrongs, len(world.warm_pods()), world.open_tasks()] == [[], 1, []]


def test_an_order_that_comes_late_begins_nothing() -> None:
    """Who gives way has made sure of it first: the order of one who died long ago may be on its way for as long as it likes."""
    world = World({})
    world.images["t/1"] = "a"
    one, other = (Scheduler(world, Owner(name, 1), {"keep": 0, "limit": 2}, _unchecked) for name in ("s", "t"))
    ordered = list[tuple[PodRef, str, Order]]()

    def meanwhile() -> None:
        other.connection.armed.append(Armed("holders", 0, "die before"))
        other.do(lambda: other.pool.launch(POD, launch_id="t/1"))

    one.connection.armed += [Armed("launch", 0, "meanwhile before", meanwhile), Armed("holders", 0, "die before")]
    one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    for pod in world.warm_pods():
        for claim in claims_of(observe(pod).record).values():
            assert claim.task is not None
            ordered.append((observe(pod).record.ref, "base", Run(replace(claim.task, key=claim.inner))))
    heirs = [Scheduler(world, Owner(name, 9), {"keep": 0, "limit": 2}, _unchecked) for name in ("s", "t")]
    _pass(world, heirs, 60)
    assert len(world.truth.runs) == 1
    for ref, container, order in ordered:
        world.order(ref, container, order, lambda report: None)
    _pass(world, heirs, 5)
    assert (len(world.truth.runs), world.truth.wrongs) == (1, [])


@pytest.mark.parametrize("shared", [False, True])
def test_a_pod_that_goes_while_its_claim_is_looked_after(shared: bool) -> None:
    """Where the claim stands its task has ended with the pod; where another has the task, nobody hears of the claim."""
    world = World({})
    world.images["t/1"] = "a"
    one, other = (Scheduler(world, Owner(name, 1), {"keep": 0, "limit": 2}, _unchecked) for name in ("s", "t"))

    def rival() -> None:
        other.connection.armed.append(Armed("holders", 0, "die before"))
        other.do(lambda: other.pool.launch(POD, launch_id="t/1"))

    def meanwhile() -> None:
        world.harm(world.warm_pods()[-1], "remove")
        one.pool._lookout.pump()

    if shared:
        one.connection.armed.append(Armed("launch", 0, "meanwhile before", rival))
    one.connection.armed.append(Armed("holders", 0, "meanwhile before", meanwhile))
    launched = one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    heirs = [Scheduler(world, Owner("t", 2), {"keep": 0, "limit": 2}, _unchecked)] if shared else []
    _pass(world, [one, *heirs], 30)
    assert launched is not None
    assert launched.created is not shared
    kinds = [(uid == launched.ref.uid, outcome.kind, outcome.ran) for uid, outcome in one.told.items()]
    assert kinds == ([(True, "Succeeded", "yes")] if shared else [(True, "Deleted", "no")])


def test_a_launch_that_fails_lets_its_pod_go() -> None:
    """Nobody could be asked who else has the task, and the claim could not be taken back: when it is over, the pod ends as any."""
    world = World({"t/1": Succeeds(1.0)})
    world.images["t/1"] = "a"
    one = Scheduler(world, Owner("s", 1), {"keep": 1, "limit": 2}, _unchecked)
    one.do(lambda: one.pool.announce([POD]))
    _pass(world, [one], 5)
    one.connection.armed += [Armed("holders", 0, "fail"), Armed("swap", 1, "fail")]
    with pytest.raises(Unsettled):
        one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    _pass(world, [one], 30)
    assert world.open_tasks() == []
    assert one.do(lambda: one.pool.drain(60.0)) is True


def test_a_stop_leaves_the_results_of_others() -> None:
    """The pod ends under the task that is stopped: what ran there before is there to be read, until it is acknowledged."""
    world = World({"t/1": Succeeds(1.0), "t/2": Runs()})
    world.images.update({"t/1": "a", "t/2": "a"})
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 1}, _unchecked)
    first = one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    _pass(world, [one], 10)
    second = one.do(lambda: one.pool.launch(POD, launch_id="t/2"))
    _pass(world, [one], 3)
    assert first is not None
    assert second is not None
    world.truth.stopped.add(second.ref.uid)
    world.harm(world.warm_pods()[0], "evict")
    world.clock.advance(0.0)
    one.connection.armed.append(Armed("swap", 0, "meanwhile before", lambda: one.pool.stop(second.ref)))
    _pass(world, [one], 30)
    heir = Scheduler(world, Owner("s", 2), {"keep": 0, "limit": 1}, _unchecked)
    assert heir.do(lambda: heir.pool.settle("t/1")) == Launched(first.ref, False)
    assert [outcome.kind for uid, outcome in one.told.items() if uid == second.ref.uid] == ["Failed"]


def test_a_move_that_is_tried_again_launches_nothing_again() -> None:
    """The pod of its own was launched, and somebody deleted it before the claim could be taken off: it ran once."""
    world = World({"t/1": Runs()})
    world.images["t/1"] = UNFIT
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 2}, _unchecked)
    one.do(lambda: one.pool.launch(_pod(UNFIT), launch_id="t/1"))
    one.connection.armed += [Armed("swap", 1, "fail"), Armed("swap", 1, "fail")]
    for _ in range(30):
        _pass(world, [one], 1)
        own = [pod for pod in world.pods if not is_warm(pod)]
        if len(own) > 0 and own[0]["status"].get("phase") == "Running":
            world.remove(PodRef("default", own[0]["metadata"]["name"], own[0]["metadata"]["uid"]))
            break
    _pass(world, [one], 30)
    assert len(world.truth.runs) == 1
    assert world.truth.wrongs == []
    assert [outcome.kind for outcome in one.told.values()] == ["Deleted"]


def test_a_claim_on_a_pod_that_went_unseen() -> None:
    """A pod that is gone by the time its claim is written is told of as the task's end: nobody waits for ever."""
    world = World({})
    world.images["t/1"] = "a"
    one = Scheduler(world, Owner("s", 1), {"keep": 1, "limit": 2}, _unchecked)
    one.do(lambda: one.pool.announce([POD]))
    _pass(world, [one], 5)

    def meanwhile() -> None:
        pod = world.warm_pods()[0]
        world.harm(pod, "remove")
        yard = one.pool._yard
        with yard.lock:
            yard.lost(_without_tasks(yard.machine.pods[pod["metadata"]["uid"]].record), world.clock.now())

    one.connection.armed.append(Armed("holders", 0, "meanwhile before", meanwhile))
    launched = one.do(lambda: one.pool.launch(POD, launch_id="t/1"))
    _pass(world, [one], 5)
    assert launched is not None
    assert [(uid, outcome.kind, outcome.ran) for uid, outcome in one.told.items()] == [(launched.ref.uid, "Deleted", "no")]


def test_what_is_asked_of_a_task_that_moves() -> None:
    """A stop that comes in the middle is not forgotten."""
    world = World({"t/1": Runs(0, 1.0)})
    world.images["t/1"] = UNFIT
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 2}, _unchecked)
    launched = one.do(lambda: one.pool.launch(_pod(UNFIT), launch_id="t/1"))
    assert launched is not None
    world.truth.stopped.add(launched.ref.uid)

    one.connection.armed.append(Armed("launch", 0, "meanwhile after", lambda: one.pool.stop(launched.ref)))
    _pass(world, [one], 30)
    assert [(outcome.kind, outcome.disruption and outcome.disruption.kind) for outcome in one.told.values()] == [
        ("Stopped", "Stop")
    ]
    assert world.truth.wrongs == []


def test_who_owns_a_task_that_moves() -> None:
    """Its pod is his who adopted it before, or in the middle of it."""
    world = World({"t/1": Runs()})
    world.images["t/1"] = UNFIT
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 2}, _unchecked)
    launched = one.do(lambda: one.pool.launch(_pod(UNFIT), launch_id="t/1"))
    assert launched is not None
    one.connection.armed.append(Armed("launch", 0, "meanwhile after", lambda: one.pool.adopt(launched.ref, Owner("x", 7))))
    _pass(world, [one], 30)
    assert [pod["metadata"]["annotations"].get("podcompose.io/owner") for pod in world.pods if not is_warm(pod)] == ["x"]


def test_an_answer_that_was_lost_may_have_been_a_pod() -> None:
    """Asked for once more, the pod of its own is refused; the first attempt, whose answer was lost, was not."""
    world = World({"t/1": Succeeds(1.0)})
    world.images["t/1"] = UNFIT
    one = Scheduler(world, Owner("s", 1), {"keep": 0, "limit": 2}, _unchecked)
    one.do(lambda: one.pool.launch(_pod(UNFIT), launch_id="t/1"))
    one.connection.armed += [Armed("launch", 0, "lose"), Armed("launch", 0, "refuse")]
    _pass(world, [one], 30)
    assert [(outcome.kind, outcome.ran) for outcome in one.told.values()] == [("Succeeded", "yes")]
    assert (world.truth.wrongs, world.open_tasks()) == ([], [])


def _without_tasks(record: PodRecord) -> PodRecord:
    return replace(record, annotations={name: text for name, text in (record.annotations or {}).items() if "task." not in name})


def _pass(world: World, schedulers: list[Scheduler], seconds: int) -> None:
    for _ in range(seconds):
        world.clock.advance(1.0)
        for scheduler in schedulers:
            scheduler.poll()
