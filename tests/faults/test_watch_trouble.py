"""Rows W17 to W20 of the fault matrix: refusals, odd objects, consumers that fail, and the end."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from podcompose.run import Gone, Resynced, Seen
from podcompose.testing.faults import Drop, FaultServer, HalfOpen, Insert, Status
from tests.faults.conftest import Clock, Follow, MakeBackend
from tests.faults.follower import Follower
from tests.faults.pods import HERE, ended, lists, pod, running

FAILURES = {
    "401": Status(401),
    "403": Status(403),
    "429": Status(429, retry_after=40),
    "500": Status(500),
    "503": Status(503, body=b"<html>"),
    "dropped": Drop(work=False),
    "reset": Drop(work=False, reset=True),
}


@pytest.mark.parametrize("fault", FAILURES.values(), ids=FAILURES)
def test_W17_failures_are_waited_out(three: FaultServer, follow: Follow, clock: Clock, fault: Any) -> None:
    """Whatever a watch is refused with, and for however long: rests double up to 30 s, nothing is lost, nobody gives up."""
    follower = follow().synced()
    three.await_watches(1)
    three.add(pod("d"))
    follower.sees("d")
    clock.rests.clear()
    script = three.script(fault, times=20)
    three.end_watches()
    three.add(pod("e"))
    follower.sees("e")

    least = 40.0 if isinstance(fault, Status) and fault.retry_after else 0.8
    failed = clock.rests[1:]
    assert script.hits == 20
    assert failed[0] == least
    assert failed[-1] == max(30.0, least)
    assert failed == sorted(failed)
    assert follower.names() == ["a", "b", "c", "d", "e"]
    assert len(lists(three)) == 1


def test_W17_a_degraded_watch_says_so(three: FaultServer, follow: Follow, clock: Clock) -> None:
    """As long as it fails, the health says what and since when; then it is well again, at the cursor it had."""
    follower = follow().synced()
    three.await_watches(1)
    script = three.script(Status(403, message="no more pods for you"), times=None)
    three.end_watches()
    follower.until(lambda this: script.hits > 3)
    during = follower.subscription.status()
    three.forget_scripts()
    three.add(pod("d"))
    follower.sees("d")
    after = follower.subscription.status()

    assert (during.state, "no more pods for you" in during.reason, during.since is not None) == ("Degraded", True, True)
    assert (after.state, after.reason) == ("Live", "")


def test_W17_the_first_list_may_fail_as_well(three: FaultServer, follow: Follow) -> None:
    """A subscription that begins while the server is down begins when it is up."""
    three.refuse()
    follower = follow()
    degraded = follower.subscription.status()
    three.listen()
    follower.synced()

    assert degraded.state == "Degraded"
    assert follower.names() == ["a", "b", "c"]


ODD: dict[str, dict[str, Any]] = {
    "label": {"metadata": {"labels": {"app": "x", "number": 5}}},
    "annotation": {"metadata": {"annotations": {"nothing": None}}},
    "annotations": {"metadata": {"annotations": "text"}},
    "conditions": {"status": {"conditions": "text"}},
    "statuses": {"status": {"containerStatuses": [None, 3, {"name": 5}]}},
    "phase": {"status": {"phase": 7}},
    "containers": {"spec": {"containers": None}},
    "spec": {"spec": []},
    "status": {"status": "text"},
    "deletion": {"metadata": {"deletionTimestamp": "yesterday"}},
    "finalizers": {"metadata": {"finalizers": {"a": 1}}},
}


@pytest.mark.parametrize("when", ["listed", "watched"])
@pytest.mark.parametrize("what", ODD)
def test_W18_an_odd_object_hurts_only_itself(three: FaultServer, follow: Follow, what: str, when: str) -> None:
    """A pod of wrong types is seen with its problems, and the pods beside it are as they were."""
    odd = three.pods()["b"] | {key: value for key, value in ODD[what].items() if key != "metadata"}
    odd["metadata"] = {**odd["metadata"], **ODD[what].get("metadata", {})}
    if when == "listed":
        three.put(odd)
        follower = follow().synced()
    else:
        follower = follow().synced()
        three.put(odd)
        follower.until(lambda this: this.names().count("b") == 2)
    three.add(pod("d"))
    follower.sees("d")
    seen = [change.record for change in follower.all(Seen) if change.record.ref.name == "b"][-1]

    assert seen.problems != ()
    assert all(change.record.problems == () for change in follower.all(Seen) if change.record.ref.name != "b")
    assert follower.outcomes() == []


def test_W18_an_object_without_identity_is_counted(three: FaultServer, follow: Follow) -> None:
    """What has no readable uid is skipped and counted, in a list and in a watch."""
    nameless = {"metadata": {"name": "b", "namespace": "default", "uid": 5, "labels": {"app": "x"}}}
    three.put(nameless)
    follower = follow().synced()
    three.put(nameless)
    three.add(pod("d"))
    follower.sees("d")

    assert follower.names() == ["a", "c", "d"]
    assert follower.subscription.status().skipped == 2


def test_W18_an_entry_that_is_no_object_is_counted(three: FaultServer, follow: Follow) -> None:
    """So is an entry of a list that is no object at all."""
    answer = {"metadata": {"resourceVersion": str(three.version)}, "items": [None, three.pods()["a"], 5]}
    three.script(Status(200, body=json.dumps(answer).encode()), verb="LIST")
    follower = follow().synced()

    assert follower.names() == ["a"]
    assert follower.subscription.status().skipped == 2


def test_W18_large_and_unknown_is_ordinary(three: FaultServer, follow: Follow) -> None:
    """250 kB of annotations and fields of the future are no problem at all."""
    large = {"metadata": {"annotations": {"text": "\u00e4" * 125_000}, "fieldOfTheFuture": [1]}, "status": {"new": {}}}
    follower = follow().synced()
    three.update("a", large)
    follower.until(lambda this: this.count(Seen) == 4)

    assert follower.all(Seen)[-1].record.problems == ()


@pytest.mark.parametrize(
    "line", [b"garbage", b"[]", b"{}", b'{"type":"ADDED"}', b'{"type":"ADDED","object":null}', b"\xff\xfe", b'{"a":']
)
def test_W18_a_line_that_cannot_be_read_is_passed_over(three: FaultServer, follow: Follow, line: bytes) -> None:
    """Garbage is asked for again; where it comes again it is passed over and counted, and the stream goes on."""
    three.script(Insert(lines=(line,)), verb="WATCH", times=2)
    follower = follow().synced()
    three.add(pod("d"))
    follower.sees("d")

    assert follower.names() == ["a", "b", "c", "d"]
    assert follower.subscription.status().skipped == 1


def test_W19_what_was_not_acknowledged_comes_again(three: FaultServer, follow: Follow) -> None:
    """A consumer that fails before it stores the cursor gets those changes again, at their latest; what it had stored, not."""
    first = follow().synced()
    stored = first.cursor
    three.await_watches(1)
    three.set_status("a", running())
    three.add(pod("d"))
    three.set_status("b", ended(1))
    first.until(lambda this: this.count(Seen) == 6)
    first.subscription.close()
    three.set_status("d", ended(0))
    second = follow(cursor=stored).synced()
    second.until(lambda this: len(this.outcomes()) == 2)

    assert sorted(second.outcomes()) == [("b", "Failed"), ("d", "Succeeded")]
    assert set(second.names()) == {"a", "b", "d"}
    assert second.count(Resynced) == 0


def test_W19_what_was_acknowledged_does_not_come_again(three: FaultServer, follow: Follow) -> None:
    """An outcome whose cursor was stored is told by no later subscription from it."""
    three.set_status("a", ended(1))
    first = follow().synced()
    stored = first.cursor
    first.subscription.close()
    three.add(pod("d"))
    second = follow(cursor=stored).synced()
    second.sees("d")

    assert (first.outcomes(), second.outcomes()) == ([("a", "Failed")], [])
    assert second.names() == ["d"]


def test_W19_a_batch_is_bounded_and_its_cursor_is_its_own(three: FaultServer, follow: Follow) -> None:
    """A cursor acknowledges the changes up to its batch, not those that wait behind it."""
    first = follow().synced()
    three.await_watches(1)
    for number in range(6):
        three.add(pod(f"n{number}"))
    first.until(lambda this: this.subscription.status().lag == 6 or this.count(Seen) > 3, max_items=2)
    first.until(lambda this: this.count(Seen) >= 5, max_items=2)
    rest = {f"n{number}" for number in range(6)} - set(first.names())
    stored = first.cursor
    first.subscription.close()
    second = follow(cursor=stored).synced()
    second.until(lambda this: rest <= set(this.names()))

    assert second.count(Resynced) == 0
    assert second.names(Gone) == []


CLOSING = {
    "in a quiet watch": None,
    "before any answer": HalfOpen(),
    "in half an answer": HalfOpen(lines=0),
    "after a line": HalfOpen(lines=1),
}


@pytest.mark.parametrize("fault", CLOSING.values(), ids=CLOSING)
def test_W20_close_ends_everything_at_once(three: FaultServer, follow: Follow, fault: HalfOpen | None) -> None:
    """From another thread, whatever the reader waits for: poll returns, the connection and every thread are gone; twice is once."""
    threads = set(threading.enumerate())
    if fault is not None:
        three.script(fault, verb="WATCH")
    follower = follow().synced()
    three.await_requests(1, "WATCH")
    if fault is not None and fault.lines == 1:
        three.add(pod("d"))
    if fault is not None:
        three.await_silent()
    polled: list[Any] = []
    waiting = threading.Thread(target=lambda: polled.append(follower.subscription.poll(None, 0)))
    waiting.start()
    began = time.monotonic()
    follower.subscription.close()
    follower.subscription.close()
    took = time.monotonic() - began
    waiting.join(10)

    assert [batch.changes for batch in polled] == [()]
    assert follower.subscription.status().state == "Closed"
    assert took < 5  # a hang would be for ever; a second is what is promised
    three.await_watches(0)
    left = [thread for thread in set(threading.enumerate()) - threads if "podcompose" in thread.name]
    assert left == []


def test_W20_close_before_anything_was_answered(server: FaultServer, follow: Follow) -> None:
    """A subscription that has not even begun is closed as well."""
    server.script(HalfOpen(), times=None)
    follower = follow()
    server.await_silent()
    follower.subscription.close()

    assert follower.subscription.poll(None).changes == ()


def test_W20_closing_the_backend_closes_its_subscriptions(three: FaultServer, make: MakeBackend) -> None:
    """Who closes the backend need not close each subscription."""
    backend = make()
    follower = Follower(backend.subscribe(HERE)).synced()
    backend.close()
    three.await_watches(0)

    assert follower.subscription.status().state == "Closed"
