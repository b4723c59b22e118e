"""The contract of `Hosting`, sentence by sentence, held to the memory and the local backend."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podcompose.backends.memory import BadCommand, Fails, Runs, Succeeds
from podcompose.core.json import copy
from podcompose.run.observe import observe
from podcompose.run.warm.hosting import Ask, Changed, Hosting, Quit, Run, Stop, Swapped, Void
from tests.warm.hosts import Host, key_of, local, memory, pod_of

FATES = {
    "succeeds/1": Succeeds(2.0),
    "succeeds/2": Succeeds(2.0),
    "fails/1": Fails(3),
    "runs/1": Runs(),
    "stubborn/1": Runs(stops_after_s=1000.0),
    "missing/1": BadCommand(),
}


@pytest.fixture(params=["memory", "local"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A backend with the tasks of both."""
    made = memory(FATES) if request.param == "memory" else local(tmp_path / "pods")
    with made.backend:
        yield made


def test_the_backend_hosts(host: Host) -> None:
    """It has all of the methods, and nothing to say against a plain pod."""
    assert isinstance(host.backend, Hosting)
    assert host.backend.unfit(pod_of(), "base") == ()


def test_idle_changes_one_container_of_a_new_pod(host: Host) -> None:
    """The idle pod has another command, no arguments, and all else as it was; what came in is not changed."""
    pod = pod_of(args=["x"])
    pod["spec"]["containers"].append({"name": "beside", "command": ["sleep"]})
    before = copy(pod)
    idle = host.backend.idle(pod, "base")

    assert pod == before
    assert idle["metadata"] == pod["metadata"]
    assert idle["spec"]["containers"][1] == pod["spec"]["containers"][1]
    assert set(idle["spec"]["containers"][0]) == set(pod["spec"]["containers"][0]) - {"args"}
    assert idle["spec"]["containers"][0]["command"] != ["true"]


def test_a_task_begins_and_ends(host: Host) -> None:
    """`running` is told, then the last word, once, with the exit code and the times."""
    told = host.run(host.warm(), "fails/1")
    last = told.last()

    assert (last.state, last.code) == ("ended", 3)
    assert (last.oom, last.timed_out, last.stopped, last.start_error) == (False, False, False, False)
    assert last.started is not None
    assert last.finished is not None
    assert last.started <= last.finished
    assert last.finished.microsecond == 0
    assert last.finished.utcoffset() is not None
    assert set(told.states[:-1]) <= {"running"}


def test_running_is_told_when_it_runs(host: Host) -> None:
    """A task that goes on is told to run, with its beginning."""
    told = host.run(host.warm(), "runs/1")

    assert told.until("running").started is not None
    assert not told.over


def test_a_task_runs_once_in_a_pod(host: Host) -> None:
    """A second order of a task that runs waits for it, one after its end gets the same result."""
    ref = host.warm()
    first = host.run(ref, "runs/1")
    first.until("running")
    second = host.run(ref, "runs/1")
    second.until("running")
    host.order(ref, Stop(key_of("runs/1"), 30)).last()
    third = host.run(ref, "runs/1")

    assert first.last() == second.last() == third.last()
    assert third.states == ["ended"]


def test_two_orders_at_once_are_one_run(host: Host) -> None:
    """Two orders of one task before it has begun get one result."""
    ref = host.warm()
    first, second = host.run(ref, "succeeds/1"), host.run(ref, "succeeds/1")

    assert first.last() == second.last()


def test_tasks_follow_one_another(host: Host) -> None:
    """One pod runs several tasks, and goes on."""
    ref = host.warm()
    codes = [host.run(ref, name).last().code for name in ("succeeds/1", "fails/1", "succeeds/2")]

    assert codes == [0, 3, 0]
    host.until_phase(ref, "Running")


def test_stop_ends_a_task_by_term(host: Host) -> None:
    """A task that is stopped ends by TERM; both orders are told."""
    ref = host.warm()
    told = host.run(ref, "runs/1")
    told.until("running")
    stop = host.order(ref, Stop(key_of("runs/1"), 30))

    assert stop.last() == told.last()
    assert (told.last().code, told.last().stopped, told.last().timed_out) == (143, True, False)


def test_stop_kills_after_the_grace(host: Host) -> None:
    """A task that ignores TERM is killed."""
    ref = host.warm()
    told = host.stubborn(ref, grace_s=1000.0)
    host.order(ref, Stop(key_of("stubborn/1"), 0.5))

    assert (told.last().code, told.last().stopped) == (137, True)


def test_a_second_stop_can_only_be_sooner(host: Host) -> None:
    """A task that takes its time is ended by a stop that leaves it less."""
    ref = host.warm()
    told = host.stubborn(ref)
    host.order(ref, Stop(key_of("stubborn/1"), 10_000))
    host.order(ref, Stop(key_of("stubborn/1"), 0.5))

    assert told.last().code == 137


def test_a_task_that_is_ordered_beside_another(host: Host) -> None:
    """It is told whose pod that is; and has not begun, then or later."""
    ref = host.warm()
    host.run(ref, "runs/1").until("running")
    second = host.run(ref, "succeeds/1")
    assert (second.last().state, second.last().message) == ("busy", key_of("runs/1"))
    host.order(ref, Stop(key_of("runs/1"), 0)).last()
    assert host.order(ref, Ask(key_of("succeeds/1"))).last().state == "absent"
    assert host.run(ref, "succeeds/1").last().code == 0


def test_a_task_that_is_never_to_begin(host: Host) -> None:
    """It never will; one that has begun goes on."""
    ref = host.warm()
    runs = host.run(ref, "runs/1")
    runs.until("running")
    voided = host.order(ref, Void(key_of("runs/1")))
    assert host.order(ref, Void(key_of("succeeds/1"))).last().state == "void"
    assert host.run(ref, "succeeds/1").last().state == "void"
    assert voided.states == ["running"]
    host.order(ref, Stop(key_of("runs/1"), 0)).last()
    assert voided.last() == runs.last()


def test_stop_before_the_beginning_is_void(host: Host) -> None:
    """A task that was stopped before it began never will."""
    ref = host.warm()
    stop = host.order(ref, Stop(key_of("succeeds/1"), 1))

    assert stop.last().state == "void"
    assert host.run(ref, "succeeds/1").last().state == "void"
    assert host.order(ref, Ask(key_of("succeeds/1"))).last().state == "void"


def test_stop_after_the_end_tells_the_end(host: Host) -> None:
    """A task that has ended is not stopped any more."""
    ref = host.warm()
    told = host.run(ref, "fails/1")
    told.last()

    assert host.order(ref, Stop(key_of("fails/1"), 1)).last() == told.last()
    assert not told.last().stopped


def test_ask_changes_nothing(host: Host) -> None:
    """A task that has not begun is absent, and can begin later; one that has ended is told."""
    ref = host.warm()
    before = host.order(ref, Ask(key_of("fails/1"))).last()
    told = host.run(ref, "fails/1")
    told.last()

    assert before.state == "absent"
    assert told.last().state == "ended"
    assert host.order(ref, Ask(key_of("fails/1"))).last() == told.last()


def test_ask_of_one_that_runs_is_told_both(host: Host) -> None:
    """Of a task that runs, `running` is told now and the last word at its end."""
    ref = host.warm()
    host.run(ref, "runs/1").until("running")
    asked = host.order(ref, Ask(key_of("runs/1")))
    asked.until("running")
    stop = host.order(ref, Stop(key_of("runs/1"), 30))

    assert asked.last() == stop.last()


def test_a_deadline_ends_a_task(host: Host) -> None:
    """A task that takes too long is ended by TERM, and timed out."""
    told = host.run(host.warm(), "runs/1", deadline_s=1.0)

    assert (told.last().code, told.last().timed_out, told.last().stopped) == (143, True, False)


def test_a_deadline_kills_after_the_grace(host: Host) -> None:
    """A task that ignores TERM at its deadline is killed."""
    told = host.stubborn(host.warm(), deadline_s=3.0, grace_s=0.2)

    assert (told.last().code, told.last().timed_out) == (137, True)


def test_a_program_that_is_not_there_is_a_start_error(host: Host) -> None:
    """Nothing of it ran, and that is told; the pod goes on."""
    ref = host.warm()
    told = host.run(ref, "missing/1")

    assert (told.last().state, told.last().code, told.last().start_error) == ("ended", 128, True)
    assert "no such file" in told.last().message
    assert told.last().started is None
    assert told.states == ["ended"]
    assert host.run(ref, "succeeds/1").last().code == 0


def test_what_is_forgotten_is_absent(host: Host) -> None:
    """Tasks that are named with the next order are forgotten, others not."""
    ref = host.warm()
    for name in ("fails/1", "succeeds/1"):
        host.run(ref, name).last()
    host.order(ref, Run(host.task("succeeds/2"), (key_of("fails/1"), "unknown"))).last()

    assert host.order(ref, Ask(key_of("fails/1"))).last().state == "absent"
    assert host.order(ref, Ask(key_of("succeeds/1"))).last().state == "ended"


def test_one_that_runs_is_not_forgotten(host: Host) -> None:
    """As long as it runs there is no result that could have been written down."""
    ref = host.warm()
    told = host.run(ref, "runs/1")
    told.until("running")
    host.order(ref, Run(host.task("succeeds/1"), (key_of("runs/1"),))).last()
    again = host.run(ref, "runs/1")
    host.order(ref, Stop(key_of("runs/1"), 30))

    assert again.last() == told.last()


def test_quit_has_the_pod_succeed(host: Host) -> None:
    """The pod succeeds and stays; nothing begins in it any more."""
    ref = host.warm()
    host.run(ref, "succeeds/1").last()
    quit_ = host.order(ref, Quit())
    after = host.run(ref, "fails/1")

    assert quit_.last().state == "done"
    assert quit_.states == ["done"]
    assert (after.last().state, after.last().message) == ("gone", "the container 'base' is not running")
    found = host.until_phase(ref, "Succeeded")
    assert found is not None
    assert found["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert "deletionTimestamp" not in found["metadata"]
    assert host.order(ref, Quit()).last().state == "gone"


@pytest.mark.parametrize("end", ["stop", "delete", "quit"])
def test_what_runs_is_gone_with_its_pod(host: Host, end: str) -> None:
    """A task whose pod ends has no result; one that had ended before keeps its own."""
    ref = host.warm()
    ended = host.run(ref, "fails/1")
    ended.last()
    told = host.stubborn(ref)
    started = told.until("running").started
    if end == "quit":
        host.order(ref, Quit())
    else:
        getattr(host.backend, end)(ref, grace=30)

    assert (told.last().state, told.last().code, told.last().started) == ("gone", None, started)
    assert ended.states.count("ended") == 1
    assert ended.last().state == "ended"


def test_no_order_reaches_a_pod_that_is_gone(host: Host) -> None:
    """Every order to a pod that is not there, or to a container that it has not, is told `gone`."""
    ref = host.warm()
    nobody = dataclasses.replace(ref, uid="nobody")
    key = key_of("succeeds/1")
    for order in (Run(host.task("succeeds/1")), Stop(key, 1), Ask(key), Quit()):
        assert host.order(nobody, order).last().state == "gone"
        assert host.order(ref, order, "other").last().state == "gone"
    host.backend.delete(ref)
    host.until_phase(ref, None)

    assert host.run(ref, "succeeds/1").last().state == "gone"


def test_a_failing_callback_costs_nobody_else(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told does as he likes with his own order only."""
    if hasattr(host.backend, "clock"):
        pytest.skip("in memory it is called by whoever lets time pass, and is his to see")
    seen: list[Any] = []
    monkeypatch.setattr("threading.excepthook", seen.append)
    ref = host.warm()
    host.backend.order(ref, "base", Run(host.task("succeeds/1")), lambda report: 1 / 0)

    assert host.run(ref, "succeeds/1").last().state == "ended"
    assert seen != []


def record_of(host: Host, ref: Any) -> Any:
    """The pod as it is read."""
    found = host.backend.manifest(ref)
    assert found is not None
    return observe(found).record


def test_swap_writes_what_was_not_changed(host: Host) -> None:
    """Labels and annotations are written and taken away, all else stays; the answer is the pod as it is then."""
    ref = host.warm()
    swapped = host.backend.swap(record_of(host, ref), {"l": "1", "app": None}, {"a": "2", "none": None})

    assert isinstance(swapped, Swapped)
    assert swapped.record.labels is not None
    assert swapped.record.annotations is not None
    assert (swapped.record.labels["l"], swapped.record.annotations["a"]) == ("1", "2")
    found = host.backend.manifest(ref)
    assert found is not None
    assert "app" not in found["metadata"]["labels"]
    assert "none" not in found["metadata"]["annotations"]
    assert swapped.record.launch_id == "warm/1"
    assert swapped.record == record_of(host, ref)


def test_swap_leaves_alone_what_was_changed(host: Host) -> None:
    """Of two who read the same, one writes; the other is told how the pod is now, and can write then."""
    ref = host.warm()
    record = record_of(host, ref)
    first = host.backend.swap(record, {"l": "1"}, {})
    second = host.backend.swap(record, {"l": "2"}, {})

    assert isinstance(first, Swapped)
    assert second == Changed(first.record)
    assert isinstance(host.backend.swap(first.record, {"l": "2"}, {}), Swapped)
    assert record_of(host, ref).labels["l"] == "2"


def test_swap_of_a_pod_that_is_gone(host: Host) -> None:
    """There is nothing to write on."""
    ref = host.warm()
    record = record_of(host, ref)
    host.backend.delete(ref)
    host.until_phase(ref, None)

    assert host.backend.swap(record, {"l": "1"}, {}) == Changed(None)


def test_a_swap_is_seen_by_watchers_and_does_not_disturb_the_pod(host: Host) -> None:
    """A pod goes on from what was written on it."""
    ref = host.warm()
    host.backend.swap(record_of(host, ref), {"l": "1"}, {})
    host.order(ref, Quit())
    found = host.until_phase(ref, "Succeeded")

    assert found is not None
    assert found["metadata"]["labels"]["l"] == "1"


def test_holders_are_those_that_have_the_label(host: Host) -> None:
    """Of the namespace, with any value, as they are now."""
    first, second = host.warm(), host.warm(launch_id="warm/2")
    host.backend.swap(record_of(host, first), {"task.podcompose.io/x": ""}, {})

    assert host.backend.holders(first.namespace, "task.podcompose.io/x") == (record_of(host, first),)
    assert len(host.backend.holders(second.namespace, "app")) == 2
    assert host.backend.holders("elsewhere", "app") == ()


def test_an_outcome_can_be_swapped_onto_a_pod_that_is_over(host: Host) -> None:
    """A pod that has succeeded can be written on, and still has its outcome."""
    ref = host.warm()
    host.order(ref, Quit())
    host.until_phase(ref, "Succeeded")
    swapped = host.backend.swap(record_of(host, ref), {}, {"a": "1"})

    assert isinstance(swapped, Swapped)
    assert swapped.record.outcome is not None
    assert swapped.record.outcome.kind == "Succeeded"


def test_there_is_no_output_of_what_is_not_known(host: Host) -> None:
    """Nothing was written by a task that is not there."""
    ref = host.warm()

    assert host.backend.output(ref, "base", "unknown") == b""
    assert host.backend.output(dataclasses.replace(ref, uid="nobody"), "base", "unknown") == b""
