"""What a backend says before and after it failed, word for word, and what a router makes of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from podcompose.backends.memory import ByHand, MemoryBackend, VirtualClock
from podcompose.run import Batch, Gone, Health, Left, Outcome, PodRecord, PodRef, Resynced, Seen, Selection, Stage, Synced
from podcompose.run.cursor import scope_of
from podcompose.run.routing.marks import marked
from podcompose.run.routing.part import Part
from podcompose.run.routing.places import Places
from podcompose.run.routing.subscription import RoutedSubscription
from tests.run.routers import shown

ALL = Selection()
FAILED = Outcome("Failed", exit_code=3)


class Scripted:
    """A watcher that says what is written: batches, or errors; and each list is one subscription's."""

    def __init__(self, *scripts: Sequence[Any]) -> None:
        self.scripts = [list(script) for script in scripts]
        self.cursors: list[str | None] = []

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        self.cursors.append(cursor)
        return ScriptedSubscription(self.scripts.pop(0) if self.scripts != [] else [])


class ScriptedSubscription:
    """One of them; when all is said, nothing comes any more."""

    def __init__(self, script: list[Any]) -> None:
        self.script, self.cursor, self.closed = script, "", False

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        said = self.script[0] if self.script != [] and not self.closed else Batch((), self.cursor)
        if isinstance(said, Batch) and len(said.changes) > max_items:
            self.script[0] = Batch(said.changes[max_items:], said.cursor)
            return Batch(said.changes[:max_items], self.cursor)
        if self.script != []:
            self.script.pop(0)
        if isinstance(said, Exception):
            raise said
        self.cursor = said.cursor
        return said

    def status(self) -> Health:
        return Health(
            "Closed" if self.closed else "Live", lag=sum(len(one.changes) for one in self.script if isinstance(one, Batch))
        )

    def close(self) -> None:
        self.closed = True


def record(name: str, **named: Any) -> PodRecord:
    """A pod that runs."""
    return PodRecord(PodRef("default", name, f"u-{name}"), name, Stage.RUNNING, **named)


def ended(name: str) -> PodRecord:
    """A pod that has failed."""
    return replace(record(name), stage=Stage.FINISHED, outcome=FAILED)


def gone(name: str, outcome: Outcome | None = FAILED) -> Gone:
    """A pod that is no more, having failed."""
    return Gone(replace(ended(name), stage=Stage.GONE), True, outcome)


def subscription_of(cursor: str = "", **watchers: Any) -> RoutedSubscription:
    """A subscription to scripts, by a clock of nobody's time."""
    return RoutedSubscription(watchers, ALL, cursor, VirtualClock(), Places(), lambda _: None)


def cursor_of(**cursors: str) -> str:
    """A cursor of backends."""
    return marked(cursors, scope_of(ALL))


def told(subscription: RoutedSubscription, polls: int = 4, size: int = 1000) -> list[Any]:
    """What it tells in so many polls."""
    return [one for _ in range(polls) for one in shown(subscription.poll(60, size))]


AWAY = OSError("away")


def test_what_a_backend_says_again_is_told_once() -> None:
    """Outcomes, ends and pods as they were, which come again from an older cursor, are kept back; what is new is told."""
    first = [Batch((Synced(),), "c0"), Batch((Seen(ended("a"), FAILED), Seen(record("b")), gone("c")), "c0"), AWAY]
    again = Seen(replace(ended("a"), resource_version="9"), FAILED)
    changed = Seen(replace(record("b"), restarts=1))
    a = Scripted(first, [Batch((again, Seen(record("b")), gone("c"), changed, Seen(record("d")), Synced()), "c1")])
    subscription = subscription_of(a=a)

    # Of three at a time, the second batch is full, and need not acknowledge what it tells.
    assert told(subscription, 6, 3) == [
        "Synced",
        ("Seen", "a", "Failed"),
        ("Seen", "b", None),
        ("Gone", "c", "Failed"),
        ("Seen", "b", None),
        ("Seen", "d", None),
    ]
    assert a.cursors == [None, "c0"]


def test_an_outcome_that_was_told_is_not_told_with_news() -> None:
    """A pod that has changed since, and one that is gone by now, come without the outcome that was told."""
    first = [Batch((Synced(),), "c0"), Batch((Seen(ended("a"), FAILED), Seen(ended("b"), FAILED)), "c0"), AWAY]
    changed = replace(ended("a"), labels={"new": "label"})
    subscription = subscription_of(a=Scripted(first, [Batch((Seen(changed, FAILED), gone("b"), Synced()), "c1")]))
    told(subscription, 2)

    assert told(subscription) == [("Seen", "a", None), ("Gone", "b", None)]


def test_a_pod_that_comes_back_is_seen() -> None:
    """What is acknowledged may come again in earnest: of a server that was put back in time, or relabelled."""
    script = [Batch((Synced(), Seen(record("b")), gone("a")), "c0"), Batch((), "c1"), Batch((Left(record("b")),), "c2")]
    back = Batch((Seen(record("a")), Seen(record("b"))), "c3")
    subscription = subscription_of(a=Scripted([*script, back]))

    assert told(subscription, 4)[3:] == [("Left", "b", None), ("Seen", "a", None), ("Seen", "b", None)]


def test_what_is_not_told_again_is_gone() -> None:
    """When all begins afresh, pods that were told before and are not there any more are told as gone, by whichever backend."""
    first = [Batch((Seen(record("a")), Seen(ended("z"), FAILED), Synced()), "c0"), AWAY]
    anew = [Batch((Resynced("too old", afresh=True), Synced()), "c9")]
    b = Scripted([Batch((Seen(record("b")), Seen(record("c")), Synced()), "d0")], [Batch((Seen(record("c")), Synced()), "d1")])
    subscription = subscription_of(cursor_of(a="old", b="older"), a=Scripted(first, anew), b=b)
    before = told(subscription, 1)
    after = told(subscription)

    assert sorted(map(str, before)) == sorted(map(str, [*[("Seen", n, "Failed" if n == "z" else None) for n in "abcz"], "Synced"]))
    assert (after[0], after[-1]) == ("Resynced", "Synced")
    assert sorted(after[1:-1]) == [("Gone", "a", "Lost"), ("Gone", "b", "Lost"), ("Gone", "z", "Failed"), ("Seen", "c", None)]
    assert b.cursors == ["older", None]


def test_a_cursor_acknowledges_nothing_of_who_begins_afresh() -> None:
    """From the batch on that says so, the cursor is of no backend that still has to tell everything again."""
    a = Scripted([Batch((Resynced("too old", afresh=True),), "")])
    b = Scripted([Batch((Synced(),), "d0")], [Batch((), "")])
    subscription = subscription_of(cursor_of(a="old", b="older"), a=a, b=b)
    cursors = [subscription.poll(0).cursor for _ in range(3)]

    assert cursors[-1] == ""


def test_a_cursor_acknowledges_what_was_delivered_and_no_more() -> None:
    """What was taken from a backend, because another begins afresh, waits here; the cursor follows as it is delivered."""
    a = Scripted([Batch((), "a0"), Batch((Resynced("too old", afresh=True), Synced()), "a1")])
    many = [Batch((Seen(record("p")),), "b1"), Batch((Seen(record("q")),), "b2"), Batch((Seen(record("r")),), "b3")]
    subscription = subscription_of(cursor_of(a="old", b="b0"), b=Scripted(many, [Batch((Synced(),), "b9")]), a=a)
    batches = [subscription.poll(0, 1) for _ in range(8)]
    steps = [(shown(batch)[0], batch.cursor) for batch in batches if batch.changes != ()]

    assert [one for (_, one, _), _ in steps[:3]] == ["p", "q", "r"]
    assert [cursor for _, cursor in steps[:3]] == [cursor_of(b=mark, a="a0") for mark in ("b1", "b2", "b2")]
    assert steps[3] == ("Resynced", cursor_of(b="", a="a0"))


def test_what_waits_here_is_lag() -> None:
    """Changes that were taken from a backend and not delivered yet are counted."""
    a = Scripted([Batch((), "a0"), Batch((Resynced("too old", afresh=True),), "a1")])
    many = [Batch((Seen(record("p")),), "b1"), Batch((Seen(record("q")), Seen(record("r")), Seen(record("s"))), "b2")]
    subscription = subscription_of(cursor_of(a="old", b="b0"), b=Scripted(many), a=a)
    lags = []
    for _ in range(6):
        subscription.poll(0, 1)
        lags.append(subscription.status().lag)

    assert lags[2:5] == [2, 1, 0]


def test_pods_that_were_told_and_not_acknowledged_make_the_cursor_empty() -> None:
    """While one backend has told of pods and acknowledges nothing, nothing is acknowledged: their end would never be told."""
    a = Scripted([Batch((Seen(record("a")),), ""), Batch((Synced(),), "a1")])
    b = Scripted([Batch((Seen(record("b")), Synced()), "b1")])
    subscription = subscription_of(a=a, b=b, c=Scripted([AWAY]))
    cursors = [subscription.poll(0).cursor for _ in range(3)]

    assert cursors[0] == ""
    assert cursors[-1] == cursor_of(a="a1", b="b1", c="")


def test_a_mark_moves_without_changes() -> None:
    """A backend's cursor that moves on while nothing of interest happens moves the whole one on, so that it does not grow old."""
    subscription = subscription_of(a=Scripted([Batch((Synced(),), "c0"), Batch((), "c1"), Batch((), "c2")]))
    cursors = [subscription.poll(0).cursor for _ in range(3)]

    assert cursors == [cursor_of(a=mark) for mark in ("c0", "c1", "c2")]


def test_a_talkative_backend_leaves_the_others_their_turn() -> None:
    """In small batches too each backend is heard."""
    loud = Scripted([Batch(tuple(Seen(record(f"l{number}")) for number in range(50)), "c0")])
    quiet = Scripted([Batch((Seen(record("q")),), "d0")])
    subscription = subscription_of(loud=loud, quiet=quiet)

    assert ("Seen", "q", None) in told(subscription, 2, 1)


def test_since_is_when_it_began_to_fail() -> None:
    """One failure after the other is one trouble; one after a good answer is a new one."""
    clock = VirtualClock()
    a = Scripted([AWAY], [AWAY], [Batch((Synced(),), "c0"), AWAY])
    subscription = RoutedSubscription({"a": a}, ALL, None, clock, Places(), lambda _: None)
    sinces: list[datetime | None] = []
    for _ in range(4):
        subscription.poll(0)
        sinces.append(subscription.status().since)
        clock.advance(60)

    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert [None if since is None else (since - start).total_seconds() for since in sinces] == [0, 0, None, 180]


@pytest.mark.parametrize("timeout", [0.0, 0.2])
def test_a_backend_of_another_time_has_no_more_of_it_than_was_asked(timeout: float) -> None:
    """A backend whose polls are over too early is looked at now and then, and its clock does not run away."""
    memory = MemoryBackend(ByHand())
    polls = 0
    subscribe = memory.subscribe

    def counted(where: Selection, *, cursor: str | None = None) -> Any:
        subscription = subscribe(where, cursor=cursor)
        poll = subscription.poll

        def one(timeout: float | None = None, max_items: int = 1000) -> Batch:
            nonlocal polls
            polls += 1
            return poll(timeout, max_items)

        subscription.poll = one  # type: ignore[method-assign]
        return subscription

    memory.subscribe = counted  # type: ignore[method-assign]
    begun = memory.clock.now()
    subscription = RoutedSubscription({"a": memory}, ALL, None, lambda: datetime.now(timezone.utc), Places(), lambda _: None)
    subscription.poll(0)
    batch = subscription.poll(timeout)
    subscription.close()

    assert batch.changes == ()
    assert (memory.clock.now() - begun).total_seconds() <= timeout
    assert polls < 12


def test_who_never_waits_sees_a_backend_come_back_all_the_same() -> None:
    """Polls of no length have a backend asked again too."""
    a = Scripted([AWAY], [Batch((Synced(),), "c0")])
    subscription = RoutedSubscription({"a": a}, ALL, None, lambda: datetime.now(timezone.utc), Places(), lambda _: None)
    changes: list[Any] = []
    while changes == []:
        changes += subscription.poll(0).changes
    subscription.close()

    assert changes == [Synced()]


def test_what_comes_late_from_before_all_began_afresh() -> None:
    """Of an answer that was under way then, ends are kept; what is there is told anew by whom it was asked anew."""

    class Late(Scripted):
        def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
            subscription = super().subscribe(where, cursor=cursor)
            poll = subscription.poll

            def renewed(timeout: float | None = None, max_items: int = 1000) -> Batch:
                batch: Batch = poll(timeout, max_items)
                if len(self.cursors) == 1:
                    part.renew()
                return batch

            subscription.poll = renewed
            return subscription

    late = Late([Batch((Seen(record("a")), gone("b"), Synced()), "c0")], [Batch((Seen(record("a")), Synced()), "c1")])
    part = Part("a", late, ALL, "", VirtualClock(), threading.RLock())
    part.open()
    first = part.ask(0, 10)
    cursor = part.cursor
    part.open()

    assert (first, cursor) == ((gone("b"),), "")
    assert part.ask(0, 10) == (Seen(record("a")), Synced())


@pytest.mark.parametrize("first", [(), (Seen(record("z")),)])
def test_an_end_that_was_told_stays_told_until_all_has_been_told_again(first: tuple[Seen, ...]) -> None:
    """A backend that comes back may say anything before it says again how a pod went, which went already; its namesake is new."""
    full = [Batch((Seen(record("a")), Synced()), "c0"), Batch((gone("a"), Seen(record("y"))), "c0"), AWAY]
    going = Seen(replace(record("a"), stage=Stage.DRAINING, deleting=True))
    namesake = Seen(replace(record("a"), ref=PodRef("default", "a", "u-other")))
    again = [Batch(first, "c0"), Batch((going, gone("a"), Seen(record("y")), namesake, Synced()), "c1")]
    subscription = subscription_of(a=Scripted(full, again))
    before = told(subscription, 2, 2)

    assert before == [("Seen", "a", None), "Synced", ("Gone", "a", "Failed"), ("Seen", "y", None)]
    assert told(subscription, 8, 6) == [*(("Seen", "z", None) for _ in first), ("Seen", "a", None)]


def test_a_backend_that_catches_up_owes_no_synced() -> None:
    """Resynced that is not afresh need not end in Synced: another backend that comes late is not kept waiting for one."""
    a = Scripted([Batch((Synced(),), "a0"), Batch((Resynced("too old"),), "a1")])
    subscription = subscription_of(a=a, b=Scripted([AWAY], [Batch((Synced(),), "b0")]))

    assert told(subscription) == ["Resynced", "Synced"]


def test_a_pod_that_comes_back_after_a_backend_caught_up_is_seen() -> None:
    """Nothing is kept back for good because of a Resynced that no Synced follows."""
    first = [Batch((Synced(), Seen(record("a"))), "c0"), Batch((Resynced("too old"),), "c1"), Batch((gone("a"),), "c2")]
    subscription = subscription_of(a=Scripted([*first, Batch((), "c3"), Batch((Seen(record("a")),), "c4")]))

    assert told(subscription, 8)[-2:] == [("Gone", "a", "Failed"), ("Seen", "a", None)]


def test_a_backend_that_does_not_return_does_not_keep_close_waiting() -> None:
    """A poll may be stuck in a backend that knows no timeout: whoever closes goes on, and so does who polls, once it returns."""
    stuck, free = threading.Event(), threading.Event()

    class Stuck(Scripted):
        def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
            subscription = super().subscribe(where, cursor=cursor)

            def poll(timeout: float | None = None, max_items: int = 1000) -> Batch:
                stuck.set()
                free.wait(60)
                return Batch((), "")

            subscription.poll = poll
            return subscription

    subscription = RoutedSubscription({"a": Stuck()}, ALL, None, lambda: datetime.now(timezone.utc), Places(), lambda _: None)
    answers: list[Batch] = []
    thread = threading.Thread(target=lambda: answers.append(subscription.poll()), daemon=True)
    thread.start()
    stuck.wait(60)
    closing = threading.Thread(target=subscription.close, daemon=True)
    closing.start()
    closing.join(20)
    closed = not closing.is_alive()
    free.set()
    thread.join(20)

    assert closed
    assert [answer.changes for answer in answers] == [()]
