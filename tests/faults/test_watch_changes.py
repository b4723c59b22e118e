"""Rows W9 to W16 of the fault matrix: what is told of pods, whatever was missed, repeated or cut into pages."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

import json
import threading

import pytest

from podcompose.run import Gone, Left, Resynced, Seen, Synced
from podcompose.testing.faults import Cut, FaultServer, Insert, Paced, Status
from tests.faults.conftest import Follow
from tests.faults.pods import EXPIRED, compacted, ended, lists, marks, pod, running


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


def test_W09_what_is_older_than_what_was_seen_is_nothing(three: FaultServer, follow: Follow) -> None:
    """So among initial events, whose versions are in no order."""
    old = three.pods()["a"]
    three.set_status("a", running())
    three.script(Insert(lines=(json.dumps({"type": "MODIFIED", "object": old}).encode(),), after=1), verb="WATCH")
    follower = follow(watch_list=True).synced()

    assert [str(change.record.stage) for change in follower.all(Seen) if change.record.ref.name == "a"] == ["Running"]


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
    "400": Status(400),
    "422": Status(422, message="sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"),
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
    three.script(Status(500), verb="LIST", path="", times=3, query={"limit": "2", "continue": None})
    three.script(Cut(count=30), verb="LIST", times=1, query={"limit": "2"})
    compacted(three, lambda: three.remove("a"))
    follower.misses("a")

    assert follower.names(Gone) == ["a"]
