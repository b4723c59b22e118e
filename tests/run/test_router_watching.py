"""A router's subscription tells of all its backends, whatever becomes of one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from podcompose.backends.local import LocalBackend
from podcompose.backends.memory import ByHand, Fails, MemoryBackend, Succeeds, VirtualClock
from podcompose.run import Batch, Gone, Resynced, Router, Seen, Selection, Synced, reconcile, run, run_many
from podcompose.run.board import Board, steady_clock
from podcompose.run.naming import MANAGED_BY, MANAGER
from podcompose.run.policy import Policy
from podcompose.testing.conformance import running
from tests.run.routers import Flaky, pod_of, shown, two

ALL = Selection()


def launched(router: Router, **queues: str) -> dict[str, Any]:
    """Pods by their launch ids, each in its queue."""
    return {launch_id: router.launch(pod_of(queue), launch_id=launch_id).ref for launch_id, queue in queues.items()}


def test_all_there_is_comes_before_one_synced() -> None:
    """Synced is told once, when all backends have told what they have."""
    router, _far, _near = two()
    launched(router, a="far", b="near", c="far")
    changes = shown(router.subscribe(ALL).poll(0))

    assert changes[-1] == "Synced"
    assert sorted(changes[:-1]) == [("Seen", name, None) for name in "abc"]


def test_synced_waits_for_the_last() -> None:
    """A backend that could not be subscribed keeps Synced back: what it has was not told."""
    router, far, near = two()
    launched(router, a="far", b="near")
    far.down = True
    subscription = router.subscribe(ALL)
    first, status = shown(subscription.poll(0)), subscription.status()
    far.down = False
    later = shown(subscription.poll(60))

    assert (first, later) == ([("Seen", "b", None)], [("Seen", "a", None), "Synced"])
    assert (status.state, status.reason) == ("Degraded", "far: ConnectionError: nobody is there")
    assert (subscription.status().state, near.asked["subscribe"]) == ("Live", 1)


def test_one_that_fails_leaves_the_others_working() -> None:
    """While one backend's polls fail, changes of the other come, and the status names the one, and since when."""
    router, far, near = two()
    refs = launched(router, a="far", b="near")
    subscription = router.subscribe(ALL)
    subscription.poll(0)
    far.down = True
    near.runs(refs["b"])
    batch = subscription.poll(0)
    since = far.clock.now()
    far.clock.advance(100)
    near.ends(refs["b"], 3)

    assert shown(batch) == [("Seen", "b", None)]
    assert shown(subscription.poll(0)) == [("Seen", "b", "Failed")]
    health = subscription.status()
    assert (health.state, health.reason, health.since) == ("Degraded", "far: ConnectionError: nobody is there", since)


def test_what_happened_while_one_was_away_is_told_and_nothing_twice() -> None:
    """A backend that comes back goes on from its cursor: what changed meanwhile is told, what was told is not, nor Synced."""
    router, far, near = two()
    refs = launched(router, a="far", b="far", c="far")
    far.ends(refs["a"], 1)
    subscription = router.subscribe(ALL)
    before = sorted(shown(subscription.poll(0)), key=str)
    far.down = True
    subscription.poll(0)
    far.ends(refs["b"], 2)
    far.remove(refs["c"])
    far.down = False
    after = shown(subscription.poll(60))

    assert before == [("Seen", "a", "Failed"), ("Seen", "b", None), ("Seen", "c", None), "Synced"]
    assert (far.asked["subscribe"], near.asked["subscribe"]) == (2, 1)
    assert after == [("Seen", "b", "Failed"), ("Gone", "c", "Deleted")]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_what_was_told_but_not_acknowledged_is_not_told_twice(size: int) -> None:
    """A backend that fails in the middle of full batches tells some of it again to the router, which keeps it to itself."""
    router, far, _near = two()
    refs = launched(router, a="far", b="far", c="far", d="far")
    subscription = router.subscribe(ALL)
    told: list[Any] = []
    for number in range(9):
        if number == 1:
            far.ends(refs["a"], 1)
            far.remove(refs["b"])
        far.down = number in (2, 4)
        told += shown(subscription.poll(0 if far.down else 60, size))
    while (more := shown(subscription.poll(0))) != []:
        told += more
    ends = [one for one in told if isinstance(one, tuple) and one[2] is not None]

    assert sorted(ends) == [("Gone", "b", "Deleted"), ("Seen", "a", "Failed")]
    assert told.count("Synced") == 1


def test_one_without_cursors_tells_what_changed_all_the_same() -> None:
    """A backend that has no cursors is asked anew after a failure: net changes, the vanished too; the others are left alone."""
    router, far, near = two()
    far.has_cursors = False
    refs = launched(router, a="far", b="far", c="far", d="near", e="far")
    far.ends(refs["a"], 1)
    subscription = router.subscribe(ALL)
    subscription.poll(0)
    far.down = True
    subscription.poll(0)
    far.runs(refs["b"])
    far.remove(refs["a"])
    far.remove(refs["c"])
    far.down = False
    batch = subscription.poll(60)
    notes = [change for change in batch.changes if isinstance(change, Resynced)]

    assert [note.afresh for note in notes] == [False]
    assert sorted(shown_seen(batch), key=str) == [("Gone", "a", None), ("Gone", "c", "Lost"), ("Seen", "b", None)]
    assert (shown(batch)[0], shown(batch)[-1]) == ("Resynced", "Synced")
    assert near.asked["subscribe"] == 1


def test_a_useless_cursor_of_one_begins_all_afresh() -> None:
    """Afresh is said of all: what waited comes before, and then everything of every backend, and Synced once."""
    router, far, near = two()
    refs = launched(router, a="far", b="near")
    reader = router.subscribe(ALL)
    cursor = reader.poll(0).cursor
    near.ends(refs["b"], 3)
    other = Flaky(far.clock, 7)  # not the backend that gave the cursor
    other.launch(pod_of("far"), launch_id="z")
    resumed = Router({"far": other, "near": near}, "queue").subscribe(ALL, cursor=cursor)
    changes = [*shown(resumed.poll(0)), *shown(resumed.poll(0))]

    assert changes.count("Resynced") == changes.count("Synced") == 1
    told = changes[changes.index("Resynced") :]
    assert sorted(map(str, told[1:-1])) == sorted(map(str, [("Seen", "z", None), ("Seen", "b", "Failed")]))
    assert (told[0], told[-1]) == ("Resynced", "Synced")


@pytest.mark.parametrize("size", [1, 2])
def test_batches_are_never_larger_than_asked(size: int) -> None:
    """Not when all begins afresh either, and what waited in the others is not lost by that."""
    router, far, near = two()
    refs = launched(router, a="near", b="near", c="near", d="near", e="near")
    cursor = router.subscribe(ALL).poll(0).cursor
    for ref in refs.values():
        near.ends(ref, 3)
        near.remove(ref)
    other = Flaky(far.clock, 7)
    resumed = Router({"far": other, "near": near}, "queue").subscribe(ALL, cursor=cursor)
    batches = [resumed.poll(0, size) for _ in range(12)]
    ends = [one for batch in batches for one in shown(batch) if one[0] == "Gone"]

    assert max(len(batch.changes) for batch in batches) == size
    assert sorted(ends) == [("Gone", name, "Failed") for name in "abcde"]


def test_a_backend_that_is_new_begins_from_nothing() -> None:
    """A cursor of before it was there acknowledges nothing of it, and all of the others."""
    clock = VirtualClock()
    far, near = Flaky(clock), Flaky(clock, 1)
    one = Router({"far": far}, lambda pod: "far")
    one.launch(pod_of(), launch_id="a")
    cursor = one.subscribe(ALL).poll(0).cursor
    near.launch(pod_of(), launch_id="b")
    both = Router({"near": near, "far": far}, "queue").subscribe(ALL, cursor=cursor)

    assert shown(both.poll(0)) == [("Seen", "b", None), "Synced"]


def test_a_backend_that_was_taken_away_is_not_passed_over() -> None:
    """Nobody would say what becomes of its pods: all begins afresh, and the reason names it."""
    router, far, near = two()
    launched(router, a="far", b="near")
    cursor = router.subscribe(ALL).poll(0).cursor
    batch = Router({"near": near}, "queue").subscribe(ALL, cursor=cursor).poll(0)

    assert shown(batch) == ["Resynced", ("Seen", "b", None), "Synced"]
    assert batch.changes[0] == Resynced("the cursor is of far too, which is not here", afresh=True)
    assert far.pods != ()


@pytest.mark.parametrize(
    "cursor",
    ["1/routed/{scope}/a", "1/routed/{scope}/far=%2F,near=%00", "1/routed/{scope}/=", "1/memory-0/{scope}/7", "\x00", "////"],
)
def test_any_text_is_a_cursor_that_begins_afresh(cursor: str) -> None:
    """What cannot be read is Resynced, and then everything; never an error, never silence."""
    router, _far, _near = two()
    launched(router, a="far", b="near")
    subscription = router.subscribe(ALL)
    scope = subscription.poll(0).cursor.split("/")[2]
    resumed = router.subscribe(ALL, cursor=cursor.format(scope=scope))
    changes = [*shown(resumed.poll(0)), *shown(resumed.poll(0))]

    assert [one for one in changes if one in ("Resynced", "Synced")] == ["Resynced", "Synced"]
    assert len(changes) == 4


def test_a_cursor_holds_while_a_backend_is_away() -> None:
    """What a cursor acknowledged of a backend that cannot be asked now stays acknowledged in the cursors that follow."""
    router, far, near = two()
    refs = launched(router, a="far", b="near")
    far.ends(refs["a"], 1)
    cursor = router.subscribe(ALL).poll(0).cursor
    far.down = True
    subscription = router.subscribe(ALL, cursor=cursor)
    near.runs(refs["b"])
    batch = subscription.poll(0)
    far.down = False
    resumed = router.subscribe(ALL, cursor=batch.cursor).poll(0)

    assert shown(batch) == [("Seen", "b", None)]
    assert shown(resumed) == ["Synced"]


def test_every_history_gives_the_same_story_twice() -> None:
    """By a virtual clock there is no thread and no chance: the same script, the same batches, the same time."""

    def story() -> list[Any]:
        clock = VirtualClock()
        backends = {name: MemoryBackend(Succeeds(after_s=9 + seed), clock=clock, seed=seed) for seed, name in enumerate(("a", "b"))}
        before = threading.active_count()
        router = Router(backends, "queue")
        for number in range(6):
            router.launch(pod_of("ab"[number % 2]), launch_id=str(number))
        subscription = router.subscribe(ALL)
        told = [(shown(subscription.poll(4)), clock.now()) for _ in range(30)]
        return [told, threading.active_count() - before]

    first = story()

    assert first == story()
    assert first[-1] == 0


def test_a_change_comes_when_it_happens() -> None:
    """A long poll returns with the first change of any backend, at its time."""
    clock = VirtualClock()
    backends = {
        "far": MemoryBackend(Succeeds(after_s=50), clock=clock),
        "near": MemoryBackend(Fails(3, after_s=5), clock=clock, seed=1),
    }
    router = Router(backends, "queue")
    launched(router, a="far", b="near")
    subscription, begun = router.subscribe(ALL), clock.now()
    ended: list[Any] = []
    while len(ended) < 2:
        batch = subscription.poll(3600)
        ended += [(name, (clock.now() - begun).total_seconds()) for kind, name, end in shown_seen(batch) if end is not None]

    assert [name for name, _ in ended] == ["b", "a"]
    assert ended[0][1] < 10
    assert 50 <= ended[1][1] < 60


def shown_seen(batch: Batch) -> list[Any]:
    """Without the notes."""
    return [one for one in shown(batch) if isinstance(one, tuple)]


class Boards:
    """Two backends of nothing but a board, in real time, which count how often they are polled."""

    def __init__(self) -> None:
        self.polls = 0
        self.boards = [Board(steady_clock()), Board(steady_clock())]
        self.router = Router({"one": self._backend(0), "two": self._backend(1)}, "queue")

    def _backend(self, number: int) -> Any:
        board, made = self.boards[number], MemoryBackend(seed=number)

        class OneBoard:
            namespace = "default"
            launch, settle, stop, adopt = made.launch, made.settle, made.stop, made.adopt

            def subscribe(of, where: Selection, *, cursor: str | None = None) -> Any:  # noqa: N805
                subscription = board.subscribe(where, cursor)
                poll = subscription.poll

                def counted(timeout: float | None = None, max_items: int = 1000) -> Batch:
                    self.polls += 1
                    return poll(timeout, max_items)

                subscription.poll = counted  # type: ignore[method-assign]
                return subscription

            def close(of) -> None:  # noqa: N805
                board.close()

        return OneBoard()

    def put(self, number: int, name: str) -> None:
        """A pod is there."""
        metadata = {"namespace": "default", "name": name, "uid": f"u-{name}"}
        self.boards[number].put({"metadata": metadata, "spec": {"containers": []}, "status": running(self.boards[0].clock())})


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """A call that is under way."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call()), daemon=True)
    thread.start()
    return thread, answers


@pytest.mark.parametrize("number", [0, 1])
def test_a_poll_that_waits_is_woken_by_any_backend(number: int) -> None:
    """A poll for ever returns with the first change of whichever backend, and nobody was asked again and again meanwhile."""
    boards = Boards()
    subscription = boards.router.subscribe(ALL)
    subscription.poll(0)
    thread, answers = in_thread(subscription.poll)
    boards.put(number, "a")
    thread.join(20)
    batch = subscription.poll(0)
    boards.router.close()

    assert [type(change) for answer in answers for change in answer.changes] == [Seen]
    assert batch.changes == ()
    assert boards.polls < 20


def test_in_real_time_too_nothing_is_lost_or_doubled() -> None:
    """Whatever threads do: each pod of each backend is told once as it came and once as it went."""
    boards = Boards()
    subscription = boards.router.subscribe(ALL)
    names = [f"{number}-{index}" for index in range(50) for number in (0, 1)]

    def come_and_go() -> None:
        for name in names:
            boards.put(int(name[0]), name)
            boards.boards[int(name[0])].remove(f"u-{name}")

    thread, _ = in_thread(come_and_go)
    gone: list[str] = []
    cursors: list[str] = []
    while len(gone) < len(names):
        batch = subscription.poll(20, 3)
        assert 0 < len(batch.changes) <= 3
        gone += [change.record.ref.name for change in batch.changes if isinstance(change, Gone)]
        cursors.append(batch.cursor)
    thread.join()
    rest = subscription.poll(0)
    resumed = boards.router.subscribe(ALL, cursor=rest.cursor).poll(0)
    boards.router.close()

    assert sorted(gone) == sorted(names)
    assert resumed.changes == (Synced(),)


def test_closing_ends_every_thread() -> None:
    """A poll that waits for ever returns when the subscription is closed, and no thread of it is left."""
    boards = Boards()
    subscription = boards.router.subscribe(ALL)
    subscription.poll(0)
    thread, answers = in_thread(subscription.poll)
    subscription.close()
    subscription.close()
    thread.join(20)
    # Closing waits for no thread that is stuck; where nothing is, each ends by itself.
    for one in threading.enumerate():
        if one.name.startswith("podcompose route"):
            one.join(20)
    left = [one.name for one in threading.enumerate() if one.name.startswith("podcompose route")]
    boards.router.close()

    assert ([answer.changes for answer in answers], left) == ([()], [])
    assert subscription.status().state == "Closed"


def test_a_backend_that_was_closed_is_said() -> None:
    """A backend closed by somebody else is degraded service, not the end of the others."""
    boards = Boards()
    subscription = boards.router.subscribe(ALL)
    subscription.poll(0)
    for one in list(boards.boards[0]._subscriptions):
        one.close()
    subscription.poll(0)
    health = subscription.status()
    boards.put(1, "b")
    batch = subscription.poll(20)
    boards.router.close()

    assert (health.state, health.reason) == ("Degraded", "one: its subscription was closed")
    assert [type(change) for change in batch.changes] == [Seen]


def test_a_backend_is_asked_again_in_real_time() -> None:
    """One that was not there when the subscription began is subscribed by a thread while somebody polls."""
    boards = Boards()
    backend: Any = boards.router.backends["one"]
    subscribe, failures = backend.subscribe, [OSError("away")]

    def failing(where: Selection, *, cursor: str | None = None) -> Any:
        if failures != []:
            raise failures.pop()
        return subscribe(where, cursor=cursor)

    backend.subscribe = failing
    subscription = boards.router.subscribe(ALL)
    health = subscription.status()
    batch = subscription.poll(20)
    boards.router.close()

    assert (health.state, health.reason) == ("Degraded", "one: OSError: away")
    assert batch.changes == (Synced(),)


def test_many_are_run_while_one_backend_is_away_and_comes_back() -> None:
    """Every launch has its outcome: of the backend that is there at once, of the other when it can be seen again."""
    clock = VirtualClock()
    far, near = Flaky(clock, fates=Fails(3, after_s=5)), Flaky(clock, 1, fates=Succeeds(after_s=5))
    router = Router({"far": far, "near": near}, "queue", ask="routed")
    clock.after(7, lambda: setattr(far, "down", True))
    clock.after(200, lambda: setattr(far, "down", False))
    pods = {str(number): pod_of(("far", "near")[number % 2]) for number in range(8)}
    outcomes = dict(run_many(router, pods, policy=Policy()))

    assert {name: outcome.kind for name, outcome in outcomes.items()} == {
        name: "Failed" if int(name) % 2 == 0 else "Succeeded" for name in pods
    }


def test_reconcile_finds_pods_of_all_backends() -> None:
    """One look over all of them, and what is nowhere is missing."""
    router, _far, _near = two()
    launched(router, a="far", b="near")
    found = reconcile(router, ["a", "b", "c"], ALL)

    assert (set(found.owned), found.missing) == ({"a", "b"}, ("c",))


def test_a_selection_is_of_every_backend() -> None:
    """Namespaces and labels select in all of them."""
    router, far, near = two()
    launched(router, a="far", b="near")
    for backend in (far, near):
        backend.put({"metadata": {"name": "foreign", "labels": {"x": "y"}}, "spec": {"containers": []}})
    ours = shown_seen(router.subscribe(Selection(("default",), {MANAGED_BY: MANAGER})).poll(0))
    others = router.subscribe(Selection((), {"x": "y"})).poll(0, 9)

    assert sorted(name for _, name, _ in ours) == ["a", "b"]
    assert len({change.record.ref.uid for change in others.changes if isinstance(change, Seen)}) == 2


def test_a_process_and_a_script_run_beside_each_other() -> None:
    """A pod of this machine and one in memory, each with its outcome."""
    container = {"name": "base", "image": "none", "command": ["sh", "-c", "exit 4"]}
    pod = {**pod_of("local"), "spec": {"restartPolicy": "Never", "containers": [container]}}
    with Router({"local": LocalBackend(), "memory": MemoryBackend(Fails(5))}, "queue") as router:
        codes = [run(router, one, launch_id=name).exit_code for name, one in {"a": pod, "b": pod_of("memory")}.items()]

    assert codes == [4, 5]


def test_lag_counts_what_waits_everywhere() -> None:
    """What waits in the backends, and what was taken from them and not yet by anybody."""
    router, _far, _near = two()
    launched(router, a="far", b="near", c="near")
    subscription = router.subscribe(ALL)
    before = subscription.status().lag
    subscription.poll(0, 1)
    between = subscription.status().lag
    subscription.poll(0)

    assert (before, between, subscription.status().lag) == (4, 3, 0)


def test_a_fate_by_hand_is_nobodys_time() -> None:
    """A poll with nothing due takes all its time, and no more."""
    clock = VirtualClock()
    router = Router({"a": MemoryBackend(ByHand(), clock=clock)}, "queue")
    subscription = router.subscribe(ALL)
    subscription.poll(0)
    begun = clock.now()
    batch = subscription.poll(7.5)

    assert (batch.changes, (clock.now() - begun).total_seconds()) == ((), 7.5)
