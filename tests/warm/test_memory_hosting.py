"""Tasks in pods of the memory backend: each fate in virtual time, and orders that are lost."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from podcompose.backends.memory import (
    BadCommand,
    ByHand,
    DeadlineExceeded,
    Deleted,
    Evicted,
    Fails,
    Fate,
    ImageError,
    InitFails,
    MemoryBackend,
    NeverScheduled,
    NodeLost,
    OOMs,
    Preempted,
    Rejected,
    Restarts,
    Runs,
    Succeeds,
)
from podcompose.run.protocols import Gone, Seen, Selection
from podcompose.run.warm.hosting import Ask, Run, Stop
from tests.warm.hosts import Host, key_of, memory, pod_of

ARGV = ("true",)


def result_of(fate: Fate, **fields: Any) -> tuple[Host, dict[str, Any]]:
    """The last word of a task of this fate: what of it is not as by default, and `after`, how long it took."""
    host = memory({"t": fate})
    ref = host.warm()
    begun = host.backend.clock.now()
    told = host.run(ref, "t", *ARGV, **fields)
    last = told.last()
    after = (host.backend.clock.now() - begun) / timedelta(seconds=1)
    said = {name: getattr(last, name) for name in ("code", "oom", "timed_out", "stopped", "start_error", "message")}
    return host, {"state": last.state, "after": after} | {name: one for name, one in said.items() if one not in (None, False, "")}


@pytest.mark.parametrize(
    ("fate", "result"),
    [
        (Succeeds(4.0), {"after": 4.0}),
        (Fails(7, 4.0, message="why"), {"code": 7, "after": 4.0, "message": "why"}),
        (OOMs(4.0), {"code": 137, "oom": True, "after": 4.0}),
        (Restarts(3, 1, 4.0), {"after": 4.0}),
        (DeadlineExceeded(4.0), {"code": 143, "timed_out": True, "after": 4.0}),
        (BadCommand("no such"), {"code": 128, "start_error": True, "message": "no such", "after": 0.0}),
        (Rejected(), {"after": 1.0}),
        (NeverScheduled(), {"after": 1.0}),
        (ImageError(), {"after": 1.0}),
        (InitFails(), {"after": 1.0}),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_fate_is_a_result(fate: Fate, result: dict[str, Any]) -> None:
    """A task ends as its fate says, after the time it says; the pod goes on."""
    host, found = result_of(fate)

    assert {"code": 0, **found} == {"code": 0, "state": "ended", **result}
    assert [pod["status"]["phase"] for pod in host.backend.pods] == ["Running"]


@pytest.mark.parametrize(
    ("fate", "cause"),
    [(Evicted(4.0), "Evicted"), (Preempted(4.0), "Preempted"), (NodeLost(4.0), "NodeLost"), (Deleted(4.0), None)],
    ids=lambda one: type(one).__name__,
)
def test_what_befalls_a_pod_befalls_the_one_that_is_warm(fate: Fate, cause: str | None) -> None:
    """The pod ends as its outcome tells, and the task with it is gone."""
    host = memory({"t": fate})
    subscription = host.backend.subscribe(Selection())
    told = host.run(host.warm(), "t", *ARGV)
    last = told.last()
    host.backend.clock.advance(100)
    ends = [one.outcome for one in subscription.poll(0).changes if isinstance(one, (Seen, Gone)) and one.outcome is not None]

    assert (last.state, last.code) == ("gone", None)
    assert told.states == ["running", "gone"]
    assert len(ends) == 1
    assert cause is None or (ends[0].cause is not None and ends[0].cause.kind == cause) or ends[0].disruption is not None


def test_a_pod_that_is_being_deleted_is_not_struck_again() -> None:
    """A pod that ends already ends as it does."""
    host = memory({"warm/1": Runs(0, 20.0), "t": Evicted(1.0)})
    ref = host.warm()
    host.backend.delete(ref, grace=30)
    told = host.run(ref, "t", *ARGV)
    host.backend.clock.advance(19)
    states, phases = told.states[:], [pod["status"]["phase"] for pod in host.backend.pods]
    host.backend.clock.advance(5)

    assert (states, phases) == (["running"], ["Running"])
    assert told.states == ["running", "gone"]
    assert host.backend.pods == ()


@pytest.mark.parametrize(
    ("runs", "grace", "code", "after"),
    [(Runs(0, 3.0), 5.0, 0, 3.0), (Runs(9, 3.0), 3.0, 9, 3.0), (Runs(0, 3.0), 2.0, 137, 2.0), (Runs(0, 0.0), 0.0, 0, 0.0)],
)
def test_a_task_answers_term_as_its_fate_says(runs: Runs, grace: float, code: int, after: float) -> None:
    """Its code after its time, or KILL when the grace is over; by a stop as by its deadline."""
    host = memory({"t": runs, "late": runs})
    ref, other = host.warm(), host.warm(launch_id="warm/2")
    told = host.run(ref, "t", *ARGV)
    host.order(ref, Stop(key_of("t"), grace))
    late = host.run(other, "late", *ARGV, deadline_s=10.0, grace_s=grace)
    begun = host.backend.clock.now()
    stopped = told.last()
    overdue = late.last()

    assert (stopped.code, stopped.stopped, stopped.timed_out) == (code, True, False)
    assert (overdue.code, overdue.stopped, overdue.timed_out) == (code, False, True)
    assert host.backend.clock.now() - begun == timedelta(seconds=10 + after)


def test_the_first_term_counts() -> None:
    """A task that answers TERM already answers a second one no later; its own end does not come any more."""
    host = memory({"t": Runs(0, 3.0), "u": Succeeds(4.0)})
    ref, second = host.warm(), host.warm(launch_id="warm/2")
    told, other = host.run(ref, "t", *ARGV), host.run(second, "u", *ARGV)
    begun = host.backend.clock.now()
    host.order(ref, Stop(key_of("t"), 30))
    host.backend.clock.advance(1)
    host.order(ref, Stop(key_of("t"), 30))
    assert told.last().state == "ended"
    assert host.backend.clock.now() - begun == timedelta(seconds=3)
    host.backend.clock.advance(0.5)
    host.order(second, Stop(key_of("u"), 30))

    assert other.last().code == 143
    assert host.backend.clock.now() - begun == timedelta(seconds=4.5)


def test_what_cannot_be_started_cannot_be_stopped() -> None:
    """A stop that comes before the start error was told changes nothing in it."""
    host = memory({"t": BadCommand()})
    ref = host.warm()
    told = host.run(ref, "t", *ARGV)
    host.order(ref, Stop(key_of("t"), 30))

    assert (told.last().start_error, told.last().code) == (True, 128)


def test_a_deadline_that_is_not_reached_does_nothing() -> None:
    """A task that ends before its deadline is not timed out."""
    _, found = result_of(Fails(3, 4.0), deadline_s=5.0)

    assert found == {"state": "ended", "code": 3, "after": 4.0}


def test_by_hand() -> None:
    """A task of that fate runs until it is ended, or stopped."""
    host = memory({"t": ByHand(), "u": ByHand()})
    ref, second = host.warm(), host.warm(launch_id="warm/2")
    told, other = host.run(ref, "t", *ARGV), host.run(second, "u", *ARGV)
    host.backend.clock.advance(10_000)
    before = told.states[:]
    host.backend.end_task("t", 5)
    host.order(second, Stop(key_of("u"), 30))

    assert before == ["running"]
    assert told.last().code == 5
    assert other.last().code == 143
    with pytest.raises(KeyError, match="'t'"):
        host.backend.end_task("t")


def test_a_warm_pod_runs_until_it_is_stopped_whatever_the_fates() -> None:
    """One fate for all, or a function, is meant for tasks."""
    for fates in (Fails(), lambda launch_id: Fails()):
        host = Host(MemoryBackend(fates))
        ref = host.warm()
        host.backend.clock.advance(10_000)

        assert [pod["status"]["phase"] for pod in host.backend.pods] == ["Running"]
        assert host.run(ref, "t", *ARGV).last().code == 1
        host.backend.stop(ref)
        host.until_phase(ref, None)


def test_a_warm_pod_that_is_named_has_its_own_fate() -> None:
    """A mapping that names the launch id of the idle pod means it."""
    host = memory({"warm/1": Evicted(5.0)})
    ref = host.warm()
    told = host.run(ref, "t", *ARGV).last()
    again = host.run(ref, "u", *ARGV).last()

    assert told.state == again.state == "ended"
    found = host.until_phase(ref, "Failed")
    assert found is not None
    assert found["status"]["reason"] == "Evicted"


def test_a_pod_that_is_not_warm_has_the_fate_of_its_launch_id() -> None:
    """The annotation makes the difference."""
    backend = MemoryBackend(Fails())
    pod = pod_of()
    del pod["metadata"]["annotations"]
    backend.launch(pod, launch_id="t")
    backend.clock.advance(100)

    assert [one["status"]["phase"] for one in backend.pods] == ["Failed"]


def test_an_order_to_a_pod_that_is_pending_is_gone() -> None:
    """Its container does not run yet, and it can be ordered later."""
    host = memory({})
    idle = host.backend.idle(pod_of(), "base")
    ref = host.backend.launch(idle, launch_id="warm/1").ref
    early = host.run(ref, "t", *ARGV)

    assert (early.last().state, early.last().message) == ("gone", "the container 'base' is not running")
    host.until_phase(ref, "Running")
    assert host.run(ref, "t", *ARGV).last().state == "ended"


def test_an_order_to_a_pod_that_is_over_is_gone() -> None:
    """Whatever is still written of its container, as of one whose node is lost."""
    host = memory({})
    ref = host.warm()
    found = host.backend.manifest(ref)
    assert found is not None
    told = host.run(ref, "t", *ARGV)
    host.backend.set_status(ref, {**found["status"], "phase": "Failed"})

    assert told.last().state == "gone"
    assert host.run(ref, "u", *ARGV).last().state == "gone"


def test_the_records_of_holders_know_our_own_stops() -> None:
    """A pod that we have stopped is Stopped, not Deleted."""
    host = memory({"warm/1": Runs()})
    ref = host.warm()
    host.backend.stop(ref)
    host.backend.clock.advance(1.5)
    [record] = host.backend.holders(ref.namespace, "app")

    assert record.outcome is not None
    assert record.outcome.kind == "Stopped"


def test_orders_are_lost_as_scripted() -> None:
    """One that is cut before has no effect, one that is cut after has one; then all is well."""
    host = memory({"t": Succeeds(5.0)}, order_errors={"t": ["cut-before", "cut-after"]})
    ref = host.warm()
    lost = host.run(ref, "t", *ARGV)
    assert lost.last().state == "cut"
    host.backend.clock.advance(2)
    begun = host.backend.clock.now()
    unheard = host.run(ref, "t", *ARGV)
    assert unheard.last().state == "cut"
    again = host.run(ref, "t", *ARGV)

    assert again.last().started == begun.replace(microsecond=0)
    assert host.backend.clock.now() == begun + timedelta(seconds=5)
    assert (lost.states, unheard.states, again.states) == (["cut"], ["cut"], ["running", "ended"])


def test_a_stop_can_be_lost_too() -> None:
    """Any order about the task counts."""
    host = memory({"t": Runs()}, order_errors={"t": ["cut-before", "cut-after", "cut-before"]})
    ref = host.warm()
    asked = host.order(ref, Ask(key_of("t")))
    stop = host.order(ref, Stop(key_of("t"), 1))
    run = host.run(ref, "t", *ARGV)
    void = host.run(ref, "t", *ARGV)

    assert [one.last().state for one in (asked, stop, run, void)] == ["cut", "cut", "cut", "void"]


def test_orders_are_lost_by_launch_id_whatever_the_key() -> None:
    """A task may be called anything inside its pod; its launch id counts, for a stop of it as well."""
    host = memory({"t": Runs()}, order_errors={"t": ["cut-after", "cut-before"]})
    ref = host.warm()
    run = host.order(ref, Run(dataclasses.replace(host.task("t", *ARGV), key="other")))
    stop = host.order(ref, Stop("other", 30))
    again = host.order(ref, Stop("other", 30))

    assert [one.last().state for one in (run, stop, again)] == ["cut", "cut", "ended"]


def test_nothing_is_told_before_time_passes() -> None:
    """Whoever advances the clock is who is told; `order` returns before."""
    host = memory({"t": Succeeds()})
    told = host.run(host.warm(), "t", *ARGV)
    before = told.states[:]
    host.backend.clock.advance(0)

    assert (before, told.states) == ([], ["running"])


def test_a_closed_backend_cuts_its_orders() -> None:
    """Who waits is told so, once; nothing happens any more."""
    host = memory({"t": Succeeds()})
    ref = host.warm()
    told = host.run(ref, "t", *ARGV)
    told.until("running")
    host.backend.close()
    host.backend.clock.advance(100)

    assert told.states == ["running", "cut"]


def test_tasks_of_many_pods_do_not_meet() -> None:
    """A launch id may be ordered in two pods; each has its own."""
    host = memory({"t": Succeeds()})
    first, second = host.warm(), host.warm(launch_id="warm/2")
    host.order(first, Stop(key_of("t"), 1))
    told = host.order(second, Run(host.task("t", *ARGV)))

    assert told.last().state == "ended"
    assert host.run(first, "t", *ARGV).last().state == "void"
