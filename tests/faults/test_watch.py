"""Rows W1 to W20 of the fault matrix: watching, each row made to happen."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from podcompose.run import Gone, Left, Resynced, Seen, Selection, Synced
from podcompose.run.watch import WatchSettings
from podcompose.testing.faults import Chunks, Cut, Drop, End, FaultServer, HalfOpen, Insert, Paced, Status
from tests.faults.conftest import Clock, MakeBackend
from tests.faults.follower import Follower

HERE = Selection(("default",), {"app": "x"})
EXPIRED = Status(code=410, reason="Expired", message="too old resource version: 3 (9)")

Follow = Callable[..., Follower]


def pod(name: str, **metadata: Any) -> dict[str, Any]:
    """A pod that is selected."""
    return {
        "metadata": {"name": name, "labels": {"app": "x"}, **metadata},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "i"}]},
    }


def ended(code: int) -> dict[str, Any]:
    """The status of a pod that has ended."""
    terminated = {"exitCode": code, "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:05Z"}
    statuses = [{"name": "main", "image": "i", "state": {"terminated": terminated}}]
    return {"phase": "Succeeded" if code == 0 else "Failed", "containerStatuses": statuses}


def running() -> dict[str, Any]:
    """The status of a pod that runs."""
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return {"phase": "Running", "containerStatuses": [{"name": "main", "image": "i", "state": state}]}


@pytest.fixture
def three(server: FaultServer) -> FaultServer:
    """The server, with pods a, b and c."""
    for name in "abc":
        server.add(pod(name))
    return server


@pytest.fixture
def follow(make: MakeBackend) -> Follow:
    """Subscribes, and follows."""

    def follow(where: Selection = HERE, cursor: str | None = None, **settings: Any) -> Follower:
        return Follower(make(watch=WatchSettings(**settings)).subscribe(where, cursor=cursor))

    return follow


def lists(server: FaultServer) -> list[dict[str, str]]:
    """The LISTs that were to learn what there is; those of one pod only prove a version."""
    return [dict(request.query) for request in server.asked("LIST") if request.query.get("limit") != "1"]


def marks(server: FaultServer) -> list[str | None]:
    """Where each WATCH began."""
    return [request.query.get("resourceVersion") for request in server.asked("WATCH")]


def test_W01_clean_ends_are_invisible(three: FaultServer, follow: Follow) -> None:
    """However often the server ends the watch, nothing is lost, invented, or listed anew."""
    follower = follow().synced()
    for number in range(6):
        three.await_watches(1)
        three.end_watches()
        three.add(pod(f"n{number}"))
    follower.until(lambda this: this.count(Seen) >= 9)

    assert follower.names() == ["a", "b", "c", *(f"n{number}" for number in range(6))]
    assert (follower.count(Synced), follower.count(Resynced), len(lists(three))) == (1, 0, 1)


def test_W01_a_server_that_ends_at_once_is_not_hammered(three: FaultServer, follow: Follow, clock: Clock) -> None:
    """A watch that ends as soon as it begins is a failure: the rests between attempts double."""
    three.script(End(lines=0), verb="WATCH", times=8)
    follower = follow().synced()
    three.await_requests(9, "WATCH")
    three.set_status("a", running())
    follower.until(lambda this: this.count(Seen) == 4)

    assert clock.rests == pytest.approx([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0])


def test_W02_the_reader_never_waits_for_the_consumer(make: MakeBackend, clock: Clock) -> None:
    """A consumer that stalls while 2,000 pods change three times costs one change a pod, and the server never waits."""
    with FaultServer(send_buffer=4096) as server:
        follower = Follower(make(server.url, watch=WatchSettings()).subscribe(HERE)).synced()
        server.await_watches(1)
        for number in range(2000):
            server.add(pod(str(number)))
        for status in (running(), ended(1)):
            for number in range(2000):
                server.set_status(str(number), status)
            server.await_sent()
        server.add(pod("last"))
        follower.waits(lambda: follower.subscription.status().lag == 2001)
        follower.sees("last")

        assert [str(change.record.stage) for change in follower.all(Seen)] == [*["Finished"] * 2000, "Accepted"]
        assert len(follower.outcomes()) == 2000
        assert len(lists(server)) == 1


def test_W02_what_a_slow_reader_was_denied_comes_later(three: FaultServer, follow: Follow) -> None:
    """A clean end in the middle of a backlog, as a server drops a slow consumer, loses nothing."""
    three.script(End(lines=3), verb="WATCH", times=2)
    follower = follow().synced()
    for number in range(10):
        three.add(pod(f"n{number}"))
    follower.until(lambda this: this.count(Seen) == 13)

    assert sorted(follower.names()) == sorted(["a", "b", "c", *(f"n{number}" for number in range(10))])
    assert len(lists(three)) == 1


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("count", [0, 1, 40, 300])
def test_W03_a_cut_line_is_no_event(three: FaultServer, follow: Follow, count: int, reset: bool) -> None:
    """A stream that breaks, between two lines or inside one, is resumed after the last whole one."""
    three.script(Cut(lines=1, count=count, reset=reset), verb="WATCH")
    follower = follow().synced()
    three.add(pod("d"))
    after = three.version
    three.add(pod("e"))
    follower.sees("e")

    assert follower.names() == ["a", "b", "c", "d", "e"]
    assert marks(three)[1] == str(after)
    assert follower.subscription.status().skipped == 0


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_W03_chunks_fall_anywhere(three: FaultServer, follow: Follow, size: int) -> None:
    """Chunk boundaries mean nothing, in a list and in a watch."""
    three.script(Chunks(size=size), times=None)
    follower = follow().synced()
    three.add(pod("d", annotations={"text": "\u2603 " * 50}))
    three.set_status("d", ended(3))
    follower.until(lambda this: this.outcomes() != [])

    assert follower.outcomes() == [("d", "Failed")]


@pytest.mark.parametrize("lines", [None, 0, 1])
def test_W04_silence_is_noticed(three: FaultServer, follow: Follow, lines: int | None) -> None:
    """A watch that falls silent for longer than the server promised is given up and resumed, without a replay."""
    three.script(HalfOpen(lines=lines), verb="WATCH")
    follower = follow(watch_s=(0.1, 0.1), silence_s=0.1).synced()
    three.await_silent() if lines != 1 else None
    three.add(pod("d"))
    three.add(pod("e"))
    follower.sees("e")

    assert follower.names() == ["a", "b", "c", "d", "e"]
    assert len(lists(three)) == 1
    assert follower.subscription.status().last_heard is not None


def test_W04_the_server_is_told_how_long(three: FaultServer, follow: Follow) -> None:
    """Every watch names its own end and asks for bookmarks, so that silence means something."""
    follow().synced()
    three.await_watches(1)
    (watch,) = three.asked("WATCH")

    assert 240 <= int(watch.query["timeoutSeconds"]) <= 480
    assert watch.query["allowWatchBookmarks"] == "true"


def test_W04_a_list_that_is_never_answered_is_asked_again(three: FaultServer, follow: Follow) -> None:
    """Silence in a LIST is noticed as well."""
    three.script(HalfOpen(), verb="LIST")
    follower = follow(request_s=0.1).synced()

    assert follower.names() == ["a", "b", "c"]


def compacted(server: FaultServer, away: Callable[[], object]) -> None:
    """Let something happen while nobody watches, and history be forgotten."""
    server.await_watches(1)
    server.refuse()
    away()
    server.compact()
    server.listen()


def net_changes(server: FaultServer) -> None:
    """One pod gone, one changed, one new, one come and gone."""
    server.remove("a")
    server.set_status("b", running())
    server.add(pod("d"))
    server.add(pod("passing"))
    server.remove("passing")


def test_W05_an_expired_version_gives_net_changes(three: FaultServer, follow: Follow) -> None:
    """410 inside the watch: exactly the net changes are told, with `Gone` for what vanished."""
    follower = follow().synced().forget()
    compacted(three, lambda: net_changes(three))
    gone = follower.misses("a")
    follower.sees("d")

    assert follower.count(Resynced) == 1
    assert (follower.names(Seen), follower.names(Gone), gone.certain) == (["b", "d"], ["a"], False)


def test_W06_an_expired_version_by_status_is_the_same(three: FaultServer, follow: Follow) -> None:
    """410 as the answer itself takes the same path."""
    follower = follow().synced().forget()
    three.await_watches(1)
    three.script(EXPIRED, verb="WATCH")
    three.refuse()
    net_changes(three)
    three.listen()
    follower.misses("a")
    follower.sees("d")

    assert follower.count(Resynced) == 1
    assert (follower.names(Seen), follower.names(Gone)) == (["b", "d"], ["a"])


def test_W07_a_server_put_back_is_noticed(three: FaultServer, follow: Follow) -> None:
    """etcd restored to an earlier time: the mark is of the future, which a watch would meet with silence; a list proves it."""
    follower = follow().synced()
    start = three.version
    three.add(pod("d"))
    three.remove("a")
    follower.sees("d")
    follower.misses("a")
    follower.forget()
    three.jump_back(start)
    follower.misses("d")
    follower.sees("a")

    assert follower.count(Resynced) == 1


@pytest.mark.parametrize("which", ["future", "selection", "server", "garbage"])
def test_W07_a_cursor_of_no_use_is_never_silent(three: FaultServer, follow: Follow, make: MakeBackend, which: str) -> None:
    """A cursor from the future, of another selection or server, or no cursor at all: everything anew, and the reason said."""
    where = Selection(("default",), {"app": "x", "other": "y"}) if which == "selection" else HERE
    start = three.version
    three.skip(1000 if which == "future" else 0)
    first = follow(where).synced()
    first.subscription.close()
    three.jump_back(start)
    cursor = "nonsense" if which == "garbage" else first.cursor
    if which == "server":
        three.api.cluster = "another"
    second = follow(cursor=cursor).synced()

    assert second.count(Resynced) == 1
    assert second.all(Resynced)[0].reason != ""
    assert second.names() == ["a", "b", "c"]


def test_W08_initial_events_are_not_in_order(server: FaultServer, follow: Follow) -> None:
    """A watch that begins with all there is, cut inside it, does not go on from the version it saw there."""
    for name in "cba":
        server.add(pod(name))
    server.script(Cut(lines=1, count=5), verb="WATCH")
    follower = follow(watch_list=True).synced()

    assert sorted(follower.names()) == ["a", "b", "c"]
    assert follower.count(Gone) == 0
    assert all("resourceVersion" not in request.query for request in server.asked("WATCH")[:2])


def test_W08_a_watch_begins_at_an_exact_version(three: FaultServer, follow: Follow) -> None:
    """By default, what there is comes from a LIST, and the watch begins at the version of that list."""
    version = str(three.version)
    follow().synced()
    three.await_watches(1)

    assert marks(three) == [version]


def test_W09_what_was_said_before_is_said_once(three: FaultServer, follow: Follow) -> None:
    """Events that come again, older ones among them, change nothing; an outcome is told once."""
    old = three.pods()["a"]
    three.set_status("a", ended(0))
    done = three.pods()["a"]
    follower = follow().synced()
    replayed = tuple(json.dumps({"type": "MODIFIED", "object": thing}).encode() for thing in (old, done, old, done))
    three.await_watches(1)
    three.script(Insert(lines=replayed), verb="WATCH")
    three.end_watches()
    three.await_requests(2, "WATCH")
    three.add(pod("d"))
    follower.sees("d")

    assert follower.names() == ["a", "b", "c", "d"]
    assert follower.outcomes() == [("a", "Succeeded")]


def test_W10_a_deletion_that_nobody_saw(three: FaultServer, follow: Follow) -> None:
    """A pod that is missing from a new list is gone, uncertainly: Lost, unless its end had been seen before."""
    three.set_status("b", ended(7))
    follower = follow().synced()

    def away() -> None:
        three.remove("a")
        three.remove("b")

    compacted(three, away)
    lost, known = follower.misses("a"), follower.misses("b")

    assert (lost.certain, known.certain) == (False, False)
    assert follower.outcomes() == [("b", "Failed"), ("a", "Lost")]
    assert known.record.outcome is not None
    assert (known.outcome, known.record.outcome.exit_code) == (None, 7)


def test_W10_a_deletion_that_no_watch_told(three: FaultServer, follow: Follow) -> None:
    """So with one whose event never comes: the next list shows it."""
    follower = follow().synced()
    three.await_watches(1)
    three.remove("a", quietly=True)
    three.compact()
    three.script(EXPIRED, verb="WATCH")
    three.end_watches()

    assert follower.misses("a").certain is False


def test_W11_a_name_that_came_again_is_another_pod(three: FaultServer, follow: Follow) -> None:
    """The same name with another uid after a gap: the old one is gone, then the new one is seen."""
    follower = follow().synced().forget()
    old = three.pods()["a"]["metadata"]["uid"]
    compacted(three, lambda: (three.remove("a"), three.add(pod("a"))))
    new = three.pods()["a"]["metadata"]["uid"]
    follower.misses("a")
    follower.sees("a")
    told = [(type(change), change.record.ref.uid) for change in follower.changes if not isinstance(change, Resynced)]

    assert told == [(Gone, old), (Seen, new)]


def test_W11_a_name_that_came_again_while_watched(three: FaultServer, follow: Follow) -> None:
    """The same without a gap: here the removal is certain."""
    follower = follow().synced().forget()
    three.await_watches(1)
    three.finish("a")
    three.add(pod("a"))
    follower.until(lambda this: this.count(Gone) == 1 and "a" in this.names(Seen) and this.names(Seen)[-1] == "a")
    last = follower.all(Seen)[-1]

    assert follower.all(Gone)[0].certain is True
    assert last.record.ref.uid == three.pods()["a"]["metadata"]["uid"]


def test_W12_a_pod_that_leaves_the_selection_is_not_gone(three: FaultServer, follow: Follow) -> None:
    """A label that is changed gives `Left`; a real deletion gives `Gone`, of an unscheduled pod too."""
    follower = follow().synced().forget()
    three.await_watches(1)
    three.update("a", {"metadata": {"labels": {"app": "y"}}})
    three.finish("b")
    gone = follower.misses("b")
    follower.until(lambda this: this.count(Left) == 1)

    assert (follower.names(Left), gone.certain, follower.names(Gone)) == (["a"], True, ["b"])
    assert follower.outcomes() == [("b", "Deleted")]


def test_W12_who_left_can_come_back(three: FaultServer, follow: Follow) -> None:
    """A pod that comes back into the selection is seen again."""
    follower = follow().synced().forget()
    three.await_watches(1)
    three.update("a", {"metadata": {"labels": {"app": "y"}}})
    follower.until(lambda this: this.count(Left) == 1)
    three.update("a", {"metadata": {"labels": {"app": "x"}}})
    follower.sees("a")

    assert follower.count(Gone) == 0


def test_W12_in_doubt_the_server_is_asked(three: FaultServer, follow: Follow) -> None:
    """A DELETED without a sign of deletion is looked up: what is not there is gone."""
    follower = follow().synced().forget()
    three.await_watches(1)
    three.remove("a")
    gone = follower.misses("a")

    assert gone.certain is True
    assert len(three.asked("GET", "/pods/a$")) == 1


def test_W13_bookmarks_move_the_cursor_and_nothing_else(three: FaultServer, follow: Follow) -> None:
    """A bookmark is no change; the next watch begins at it, the cursor follows, and somebody was heard."""
    follower = follow().synced()
    three.await_watches(1)
    before = follower.took(follower.subscription.poll(0)).cursor
    heard = follower.subscription.status().last_heard
    three.skip(1000)
    three.bookmark()
    follower.until(lambda this: this.cursor != before)
    three.end_watches()
    three.await_requests(2, "WATCH")

    assert marks(three)[1] == str(three.version)
    assert follower.names() == ["a", "b", "c"]
    assert heard is not None
    assert follower.subscription.status().last_heard > heard


def test_W14_watch_list_is_off_by_default(three: FaultServer, follow: Follow) -> None:
    """Nobody is asked for initial events who was not meant to be."""
    follow().synced()
    three.await_watches(1)

    assert "sendInitialEvents" not in three.asked("WATCH")[0].query


def test_W14_initial_events_are_complete_at_their_bookmark(three: FaultServer, follow: Follow) -> None:
    """All there is has been delivered when the bookmark says so, not before; an ordinary one before it says nothing."""
    early = {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}}
    three.script(Insert(lines=(json.dumps({"type": "BOOKMARK", "object": early}).encode(),), after=1), verb="WATCH")
    follower = follow(watch_list=True).synced()
    three.add(pod("d"))
    follower.sees("d")

    assert [type(change) for change in follower.changes] == [Seen, Seen, Seen, Synced, Seen]
    assert lists(three) == []


UNABLE = {
    "400": Status(code=400),
    "422": Status(code=422, message="sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"),
}


@pytest.mark.parametrize("answer", UNABLE.values(), ids=UNABLE)
def test_W14_a_server_that_cannot_is_listed(three: FaultServer, follow: Follow, answer: Status) -> None:
    """Where the server refuses initial events, there is the LIST."""
    three.script(answer, verb="WATCH")
    follower = follow(watch_list=True).synced()
    three.add(pod("d"))
    follower.sees("d")

    assert follower.names() == ["a", "b", "c", "d"]
    assert len(lists(three)) == 1


def test_W14_a_server_whose_etcd_cannot_is_listed(three: FaultServer, follow: Follow) -> None:
    """A real server with an old etcd says so inside the stream, with a 500."""
    message = "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled"
    unable = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 500, "reason": "InternalError", "message": message}
    three.script(
        Insert(lines=(json.dumps({"type": "ERROR", "object": unable}).encode(),)),
        verb="WATCH",
        times=None,
        query={"sendInitialEvents": "true"},
    )
    follower = follow(watch_list=True).synced()

    assert sorted(follower.names()) == ["a", "b", "c"]


def test_W15_a_long_list_comes_in_pages(server: FaultServer, follow: Follow) -> None:
    """1,200 pods are three pages of at most 500, each pod once."""
    for number in range(1200):
        server.add(pod(f"p{number:04}"))
    follower = follow().synced()
    asked = lists(server)

    assert follower.names() == [f"p{number:04}" for number in range(1200)]
    assert [query["limit"] for query in asked] == ["500"] * 3
    assert ["continue" in query for query in asked] == [False, True, True]


def expire_pages(server: FaultServer, times: int) -> None:
    """Have history forgotten between the first page and the second, so many times."""
    server.script(Paced(size=1_000_000), verb="LIST", times=times, query={"continue": None})
    for number in range(times):
        server.await_held(number + 1)
        server.set_status("a", {"message": str(server.version)})
        server.compact()
        server.tick()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_W16_pages_that_expire_are_begun_anew(three: FaultServer, follow: Follow, times: int) -> None:
    """A continue token that expired restarts the paging, twice; then the whole is asked for at once. No absence is believed."""
    subscribing = threading.Thread(target=expire_pages, args=(three, times))
    subscribing.start()
    follower = follow(page=2).synced()
    subscribing.join(10)
    asked = lists(three)

    assert set(follower.names()) == {"a", "b", "c"}
    assert follower.count(Gone) == 0
    assert follower.count(Synced) == 1
    assert ("limit" not in asked[-1]) is (times == 3)
    # The token that the 410 offers instead gives a list of two moments: it is not taken.
    assert sum("continue" in query for query in asked) == (times if times == 3 else times + 1)


def test_W16_half_a_list_takes_nobody_away(three: FaultServer, follow: Follow) -> None:
    """A relist that fails between two pages says nothing about the pods that were to come."""
    follower = follow(page=2).synced().forget()
    three.script(Status(code=500), verb="LIST", path="", times=3, query={"limit": "2", "continue": None})
    three.script(Cut(count=30), verb="LIST", times=1, query={"limit": "2"})
    compacted(three, lambda: three.remove("a"))
    follower.misses("a")

    assert follower.names(Gone) == ["a"]


FAILURES = {
    "401": Status(code=401),
    "403": Status(code=403),
    "429": Status(code=429, retry_after=40),
    "500": Status(code=500),
    "503": Status(code=503, body=b"<html>"),
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
    script = three.script(Status(code=403, message="no more pods for you"), times=None)
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
