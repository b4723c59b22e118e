"""Rows W1 to W8 of the fault matrix: streams that end, break or fall silent, and versions of no use."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from podcompose.run import Gone, Resynced, Seen, Selection, Synced
from podcompose.run.watch import WatchSettings
from podcompose.testing.faults import Chunks, Cut, End, Fault, FaultServer, HalfOpen
from tests.faults.conftest import Clock, Follow, MakeBackend
from tests.faults.follower import Follower
from tests.faults.pods import EXPIRED, HERE, compacted, ended, lists, marks, pod, running


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


CUTS = {"cut": Cut, "reset": partial(Cut, reset=True), "as if whole": End}


@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("count", [0, 1, 40, 300])
def test_W03_a_cut_line_is_no_event(three: FaultServer, follow: Follow, count: int, fault: Callable[..., Fault]) -> None:
    """A stream that breaks, between two lines or inside one, is resumed after the last whole one."""
    three.script(fault(lines=1, count=count), verb="WATCH")
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
    three.finish("a")
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


def test_W08_half_of_all_there_is_acknowledges_nothing(three: FaultServer, follow: Follow) -> None:
    """As long as initial events come, the cursor stays where it was: nowhere."""
    three.script(HalfOpen(lines=1), verb="WATCH")
    follower = follow(watch_list=True).sees("a")

    assert (follower.names(), follower.cursor) == (["a"], "")


def test_W08_a_watch_begins_at_an_exact_version(three: FaultServer, follow: Follow) -> None:
    """By default, what there is comes from a LIST, and the watch begins at the version of that list."""
    version = str(three.version)
    follow().synced()
    three.await_watches(1)

    assert marks(three) == [version]
