"""The machine of a warm pool: which pod takes a task, which are started ahead, which are ended, and in which state each is."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from podcompose.run.outcome import Cause, Outcome
from podcompose.run.records import Owner, PodRecord, PodRef, Stage
from podcompose.run.warm.claims import Claim, label_of, written
from podcompose.run.warm.commands import Attend, Command, Conclude, End, Leave, Settings, Spend, Start, Take, Wait
from podcompose.run.warm.hosting import Task
from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.life import STEPS, Standing, State, state_of
from podcompose.run.warm.machine import Machine
from podcompose.run.warm.marks import CONTAINER, KIND, ROOM, SINCE, SPENT, TASKS, marks_of
from podcompose.run.warm.pace import Pace

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
US = Owner("us", 2)
ONE = Kind("sha256:1", "ns", "base", {})
TWO = Kind("sha256:2", "ns", "base", {})
ENDED = Outcome("Succeeded", exit_code=0, ran="yes")


def machine(**given: Any) -> Machine:
    """A machine that starts nothing ahead if not told so."""
    return Machine(Settings("p", US, **{"keep": 0, "limit": 4, **given}))


def claim(key: str = "k", holder: Owner = US, outcome: Outcome | None = None) -> Claim:
    """A task, or with an outcome its result."""
    return Claim(key, f"id/{key}", f"uid-{key}", "sha256:0", holder, task=Task(key, f"id/{key}", ("true",)), outcome=outcome)


def pod(uid: str, *claims: Claim, stage: Stage = Stage.RUNNING, kind: Kind = ONE, **given: Any) -> PodRecord:
    """A pod of the pool; `spent`, `tasks`, `since`, `size` are its marks, the rest is its record's."""
    marks = {"podcompose.io/warm-pool": "p", KIND: kind.digest, CONTAINER: "base", TASKS: str(given.pop("tasks", len(claims)))}
    marks[SINCE] = f"{given.pop('since', NOW):%Y-%m-%dT%H:%M:%SZ}"
    marks |= {SPENT: given.pop("spent")} if "spent" in given else {}
    marks |= {"filler": "x" * given.pop("size", 0)}
    marks |= {label_of(one.key): written(one) for one in claims}
    return PodRecord(PodRef("ns", uid, uid), f"warm/{uid}", stage, annotations=marks, resource_version="1", **given)


def seen(found: Machine, *records: PodRecord, now: datetime = NOW) -> Machine:
    """With these pods."""
    for record in records:
        found.see(record, now)
    return found


def due(found: Machine, seconds: float = 0.0) -> list[Command]:
    """What is due so much later."""
    found.sweep()
    return found.due(NOW + timedelta(seconds=seconds))


def test_a_free_pod_takes_a_task_the_one_last_used_first() -> None:
    """The others become idle, and can be ended; a pod that is kept for a task is not given again."""
    found = seen(machine(), pod("a"), pod("b"))
    assert [found.choose(ONE, 10, 0, NOW) for _ in range(2)] == [Take("b"), Take("a")]
    assert found.choose(ONE, 10, 0, NOW) == Start(ONE)


def test_kinds_that_nobody_uses_are_forgotten() -> None:
    """Of many kinds nothing is left when they were not used for as long as pods may be idle; of one with a pod it is."""
    found = seen(machine(idle_timeout_s=10.0), pod("a"))
    for number in range(20):
        kind = Kind(f"sha256:k{number}", "ns", "base", {})
        found.choose(kind, 10, 0, NOW)
        found.started(kind)
    found.choose(ONE, 10, 0, NOW)
    assert len(found.kinds()) == 21
    due(found, 11)
    assert list(found.kinds()) == [ONE.digest]


def test_a_pod_is_free_again_when_it_is_let_go() -> None:
    """The task it was kept for went elsewhere."""
    found = seen(machine(), pod("a"))
    assert found.choose(ONE, 10, 0, NOW) == Take("a")
    found.let_go("a", NOW)
    assert found.has(ONE.digest, 10)
    assert found.choose(ONE, 10, 0, NOW) == Take("a")


def test_a_free_pod_that_has_no_room_is_nothing_to_wait_for() -> None:
    """It is there for small tasks; who waits with a large one is not woken by it."""
    found = seen(machine(), pod("a", size=80_000))
    assert found.has(ONE.digest, 10)
    assert not found.has(ONE.digest, ROOM - 80_000)
    assert found.choose(ONE, ROOM - 80_000, 0, NOW) == Start(ONE)


def test_a_pod_that_does_not_run_yet_takes_a_task_if_no_other_does() -> None:
    """Rather than a new one, which would run later still."""
    found = seen(machine(), pod("coming", stage=Stage.STARTING))
    assert found.choose(ONE, 10, 0, NOW) == Take("coming")


@pytest.mark.parametrize(
    "record",
    [
        pod("a", kind=TWO),
        pod("a", claim()),
        pod("a", spent="old"),
        pod("a", tasks=100),
        pod("a", deleting=True),
        pod("a", stage=Stage.DRAINING),
        pod("a", stage=Stage.FINISHED, outcome=ENDED),
        pod("a", size=ROOM),
    ],
    ids=["other kind", "taken", "spent", "used up", "deleting", "draining", "over", "full of results"],
)
def test_no_other_pod_takes_a_task(record: PodRecord) -> None:
    """Neither of another kind, nor one that has a task, or will have no more, or is about to end, or has no room."""
    assert seen(machine(), record).choose(ONE, 10, 0, NOW) == Start(ONE)


def test_a_pod_of_another_pool_or_of_none_is_not_seen() -> None:
    """Pools do not share pods."""
    alien = pod("a")
    alien = PodRecord(alien.ref, None, alien.stage, annotations={**(alien.annotations or {}), "podcompose.io/warm-pool": "q"})
    found = machine()
    assert found.see(alien, NOW) is None
    assert found.see(PodRecord(PodRef("ns", "b", "b"), None, Stage.RUNNING), NOW) is None
    assert found.pods == {}


def test_a_pod_for_one_task_is_started_where_the_pool_is_full() -> None:
    """Nobody knows yet how long tasks take, so one waits for as long as a start; free pods of another kind make room."""
    full = seen(machine(limit=2), pod("a", claim("k")), pod("b", claim("l")))
    assert full.choose(ONE, 10, 0, NOW) == Wait(2.0)
    assert full.choose(ONE, 10, 0, NOW, patient=False) == Start(ONE, once=True)
    crowded = seen(machine(limit=2), pod("a", kind=TWO), pod("b", claim("l")))
    assert crowded.choose(ONE, 10, 0, NOW) == Start(ONE)
    assert Spend("a", "the pool is full, and pods of another kind are needed") in due(crowded)


def test_a_task_waits_where_a_pod_is_free_sooner_than_a_new_one_runs() -> None:
    """As far as was measured; who has waited once starts one."""
    found = seen(machine(), pod("a", claim()))
    assert found.choose(ONE, 10, 0, NOW) == Start(ONE)
    found.started(ONE)
    found.took(ONE.digest, start_s=2.0, task_s=0.1)
    assert found.choose(ONE, 10, 0, NOW) == Wait(2.0)
    assert found.choose(ONE, 10, 0, NOW, patient=False) == Start(ONE)
    assert found.choose(ONE, 10, 50, NOW) == Start(ONE)


def test_pods_are_started_ahead_of_kinds_in_use() -> None:
    """As many as are to be kept, those that are coming counted, and within the limit."""
    found = machine(keep=3, limit=4)
    assert due(found) == []
    found.announce([ONE])
    assert due(found) == [Start(ONE)] * 3
    assert due(found) == []
    for uid in "abc":
        seen(found, pod(uid, stage=Stage.SCHEDULED)).started(ONE)
    assert due(found) == []
    found.choose(TWO, 10, 0, NOW)
    assert due(found) == []


def test_of_a_kind_whose_pod_has_failed_none_is_started_ahead_for_a_while() -> None:
    """Whether the phase says so, or only the containers; one that was told to end has not failed."""
    for failed in (pod("a", stage=Stage.FINISHED, outcome=Outcome("Failed", Cause("Evicted"))), pod("a", stage=Stage.DRAINING)):
        found = seen(machine(keep=1), pod("a"))
        found.announce([ONE])
        seen(found, failed)
        assert Start(ONE) not in due(found)
        assert Start(ONE) in due(found, 10.0)
    for told in (pod("a", stage=Stage.DRAINING, deleting=True), pod("a", stage=Stage.DRAINING, spent="old")):
        found = seen(machine(keep=1), pod("a"))
        found.announce([ONE])
        assert Start(ONE) in due(seen(found, told))


def test_of_a_kind_without_a_shell_none_is_ever_started_ahead_again() -> None:
    """Whatever else fails later."""
    found = machine(keep=1)
    found.announce([ONE])
    no_shell = Outcome("Failed", Cause("StartError", "StartError", "no such file"), ran="no")
    seen(found, pod("a", stage=Stage.STARTING), pod("a", stage=Stage.DRAINING), pod("a", stage=Stage.FINISHED, outcome=no_shell))
    seen(found, pod("b"), pod("b", stage=Stage.DRAINING))
    assert Start(ONE) not in due(found, 1e6)


def test_an_idle_pod_is_ended_but_for_those_to_be_kept() -> None:
    """A kind that is neither used nor announced keeps none: to zero."""
    found = seen(machine(keep=1, idle_timeout_s=60.0), pod("a"), pod("b"))
    found.announce([ONE])
    assert due(found, 59.0) == []
    assert due(found, 60.0) == [Spend("a", "it was idle for 60 s")]
    assert due(found, 61.0) == []
    found.announce([])
    for uid in "ab":
        found.done(uid, NOW)
    assert due(found, 62.0) == [Spend("a", "it was idle for 60 s"), Spend("b", "it was idle for 60 s")]


def test_a_pod_is_ended_when_it_is_old() -> None:
    """Free, whether wanted or not; with a task it ends after it."""
    found = seen(machine(keep=1, max_age_s=100.0), pod("a"), pod("b", claim()))
    found.announce([ONE])
    assert Spend("a", "it is 100 s old") in (commands := due(found, 100.0))
    assert not any(isinstance(command, Spend) and command.uid == "b" for command in commands)


def test_a_pod_that_had_as_many_tasks_as_it_may_is_marked() -> None:
    """Once the last one has its result."""
    found = seen(machine(max_tasks=2), pod("a", claim("k", outcome=ENDED), claim("l"), tasks=2))
    assert due(found) == [Attend("a", "l")]
    found.done("a", NOW)
    seen(found, pod("a", claim("k", outcome=ENDED), claim("l", outcome=ENDED), tasks=2))
    assert due(found) == [Spend("a", "it had 2 tasks")]


def test_a_pod_whose_results_fill_it_is_marked() -> None:
    """Every write of a result would send all of them; so it is long before the server has no room for more."""
    long = ["x" * 30_000 + str(number) for number in range(4)]
    claims = [replace(claim(f"k{number}", outcome=ENDED), labels={"text": text}) for number, text in enumerate(long)]
    few, many = seen(machine(), pod("a", *claims[:3])), seen(machine(), pod("a", *claims, tasks=4))
    assert due(few) == []
    assert due(many) == [Spend("a", "it had 4 tasks, and their results fill its annotations")]


def test_a_marked_pod_is_deleted_or_quits_if_results_are_left() -> None:
    """And is deleted with the last of them."""
    assert due(seen(machine(), pod("a", spent="old"))) == [End("a")]
    found = seen(machine(), pod("a", claim(outcome=ENDED), spent="old"))
    assert due(found) == [Leave("a")]
    found.done("a", NOW)
    seen(found, pod("a", claim(outcome=ENDED), spent="old", stage=Stage.FINISHED, outcome=ENDED))
    assert due(found) == []
    seen(found, pod("a", spent="old", stage=Stage.FINISHED, outcome=ENDED))
    assert due(found) == [End("a")]


def test_a_drained_pool_starts_none_and_ends_those_that_are_free() -> None:
    """One with a task goes on."""
    found = seen(machine(keep=2), pod("a"), pod("b", claim()))
    found.announce([ONE])
    found.drain()
    assert due(found) == [Spend("a", "the pool is drained"), Attend("b", "k")]


@pytest.mark.parametrize(
    ("holder", "ours"), [(US, True), (Owner("us", 1), True), (Owner("us", 3), False), (Owner("them", 1), False)], ids=str
)
def test_a_task_is_seen_to_by_who_holds_it_or_came_after_him(holder: Owner, ours: bool) -> None:
    """Of one name the higher epoch; it is seen to once, and not by commands while it is being launched here."""
    found = seen(machine(), pod("a", claim(holder=holder)))
    found.pending.add("k")
    assert due(found) == []
    found.pending.clear()
    assert due(found) == ([Attend("a", "k")] if ours else [])
    found.done("a", NOW)
    assert due(found) == []


def test_a_task_whose_pod_has_ended_is_concluded() -> None:
    """One without a result, and by who holds it; one whose pod does not run yet waits."""
    over: dict[str, Any] = {"stage": Stage.FINISHED, "outcome": Outcome("Failed", Cause("Evicted"))}
    assert due(seen(machine(), pod("a", claim(), **over))) == [Conclude("a", "k")]
    assert due(seen(machine(), pod("a", claim(holder=Owner("them", 1)), **over))) == []
    assert due(seen(machine(), pod("a", claim(), stage=Stage.STARTING))) == []


def test_a_command_is_given_again_when_it_was_not_carried_out() -> None:
    """Not while it is under way, and after a rest."""
    found = seen(machine(), pod("a", spent="old"))
    assert due(found) == [End("a")]
    assert due(found, 100.0) == []
    found.done("a", NOW, rest_s=5.0)
    assert due(found, 4.0) == []
    assert due(found, 5.0) == [End("a")]


def test_it_says_when_something_may_be_due() -> None:
    """So an idle pool is looked at no sooner; nothing there, never."""
    found = machine(idle_timeout_s=60.0)
    found.due(NOW)
    assert found.next_due(NOW) is None
    seen(found, pod("a"))
    assert due(found) == []
    assert 0.0 < (found.next_due(NOW) or 0.0) <= 60.0


def test_a_pod_that_is_gone_is_no_more() -> None:
    """It is neither chosen nor counted."""
    found = seen(machine(), pod("a"), pod("b", claim()))
    assert (found.size, found.living, found.counts(ONE.digest)) == (2, 2, {State.FREE: 1, State.TAKEN: 1})
    assert found.gone("a") is not None
    assert found.gone("a") is None
    assert (found.size, found.choose(ONE, 10, 0, NOW)) == (1, Start(ONE))


def _calls(found: Machine) -> int:
    """How many calls a choice takes."""
    count = 0

    def called(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()  # whoever listens to its rounds makes calls, too
    sys.setprofile(called)
    try:
        found.choose(ONE, 10, 0, NOW)
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def test_a_choice_among_many_pods_takes_no_more_steps_than_among_few() -> None:
    """Whether most of them have a task or none."""
    few = seen(machine(limit=9), *(pod(f"{number}") for number in range(2)))
    many = seen(machine(limit=9), *(pod(f"{number}", *([claim()] if number % 3 else [])) for number in range(1000)))
    assert _calls(many) == _calls(few)


def test_the_states_are_told_by_the_first_rule_that_fits() -> None:
    """An end before all, then a deletion, a task, a mark, and whether it runs."""
    running = Standing(Stage.RUNNING, ended=False, deleting=False, taken=False, spent=False)
    assert state_of(running) is State.FREE
    assert state_of(running._replace(stage=Stage.SCHEDULED)) is State.STARTING
    assert state_of(running._replace(spent=True)) is State.SPENT
    assert state_of(running._replace(spent=True, taken=True)) is State.TAKEN
    assert state_of(running._replace(taken=True, deleting=True)) is State.ENDING
    assert state_of(running._replace(taken=True, stage=Stage.DRAINING)) is State.ENDING
    assert state_of(running._replace(taken=True, deleting=True, ended=True)) is State.OVER
    assert state_of(running._replace(taken=True, stage=Stage.GONE)) is State.OVER


def test_the_steps_name_each_state_and_none_leads_back_from_the_end() -> None:
    """What takes no task any more never does again."""
    steps = {(before, after) for before, after, _ in STEPS}
    assert len(steps) == len(STEPS)
    assert {after for _, after in steps} == {*State, None}
    last = {State.SPENT, State.ENDING, State.OVER, None}
    assert all(after in last for before, after in steps if before in last - {None})


def test_paces_are_averages_of_what_was_seen() -> None:
    """The first counts whole, later ones a fifth."""
    pace = Pace().measured(start_s=2.0).measured(start_s=4.0, task_s=1.0)
    assert pace == Pace(2.4, 1.0)
    assert Pace(task_s=0.1).worth_waiting(busy=0, waiting=0) is None
    assert Pace(2.0, 1.0).worth_waiting(busy=1, waiting=0) == 2.0
    assert Pace(2.0, 1.0).worth_waiting(busy=1, waiting=1) is None


def test_marks_that_cannot_be_read_are_no_error() -> None:
    """Somebody may have written anything: its tasks are counted then, and it has no age."""
    for tasks in ("", "many", "-1", "²", "9" * 5000):
        annotations = {**(pod("a", claim("k"), claim("l")).annotations or {}), TASKS: tasks, SINCE: "yesterday"}
        found = marks_of(PodRecord(PodRef("ns", "a", "a"), None, Stage.RUNNING, annotations=annotations), "p")
        assert found is not None
        assert (found.tasks, found.since) == (2, None)
