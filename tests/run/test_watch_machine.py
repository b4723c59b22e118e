"""The watch machine against a server that is a value: what is delivered, whatever happens to answers and versions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from podcompose.run.cursor import Cursor
from podcompose.run.ledger import Ledger
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Gone, Left, Resynced, Seen, Synced
from podcompose.run.watch import Request, Rest, WatchMachine, WatchSettings
from podcompose.run.watch.requests import Where
from podcompose.run.watch.table import TABLE, Happening, State, diagram
from tests.run.simulated import NOW, Server, lines, settle, status, step

QUICK, BEGINNING = WatchSettings(page=2), Cursor(None)


def watch(cursor: Cursor = BEGINNING, settings: WatchSettings = QUICK) -> WatchMachine:
    """A machine over a new ledger."""
    return WatchMachine(Where("ns", "app=x"), Ledger(), cursor, settings, lambda: 0.5)


def words(machine: WatchMachine, count: int = 1000) -> list[str]:
    """The changes that wait, in words."""
    told = []
    for change in machine.ledger.take(count)[0]:
        record = getattr(change, "record", None)
        name = "" if record is None else f" {record.ref.name}/{record.ref.uid} {record.stage}"
        outcome = getattr(change, "outcome", None)
        told.append(f"{type(change).__name__}{name}" + ("" if outcome is None else f" = {outcome.kind}"))
    return told


def test_a_beginning_lists_in_pages_then_watches() -> None:
    """All that is there is seen, then Synced, then what changes."""
    server, machine = Server(), watch()
    for name in "abc":
        server.put(name, f"u{name}", "Running")
    settle(machine, server)
    server.put("a", "ua", "Succeeded")
    server.put("d", "ud", "Pending")
    settle(machine, server)

    assert words(machine) == [
        "Seen a/ua Finished = Succeeded",
        "Seen b/ub Running",
        "Seen c/uc Running",
        "Synced",
        "Seen d/ud Accepted",
    ]


def test_a_cursor_gives_only_what_came_later() -> None:
    """Resumed at a cursor, what was acknowledged is not told again; ends in between are told with certainty."""
    server, first = Server(), watch()
    for name in "abc":
        server.put(name, f"u{name}", "Running")
    server.put("d", "ud", "Succeeded")
    settle(first, server)
    mark = first.ledger.take(100)[1]
    server.put("a", "ua", "Failed")
    server.delete("a")
    server.delete("d")
    second = watch(Cursor(mark))
    settle(second, server)

    assert words(second) == ["Gone a/ua Gone = Failed", "Gone d/ud Gone", "Synced"]


def test_the_cursor_of_a_batch_is_not_later_than_what_waits() -> None:
    """The mark of a partial batch acknowledges what was taken, and nothing that still waits."""
    server, machine = Server(), watch()
    settle(machine, server)
    words(machine)
    for name in "abc":
        server.put(name, f"u{name}", "Running")
    server.put("a", "ua", "Succeeded")
    settle(machine, server)
    changes, mark = machine.ledger.take(1)

    assert [change.record.ref.name for change in changes] == ["a"]
    assert mark == "101"  # before b was first seen, although a's change is of 104


@pytest.mark.parametrize("mark", ["7", "99999"])
def test_a_cursor_too_old_or_of_the_future_begins_anew(mark: str) -> None:
    """An unusable cursor is told as Resynced, never met with silence."""
    server = Server()
    server.put("a", "ua", "Running")
    server.compact()
    machine = watch(Cursor(mark))
    settle(machine, server)

    assert [word.split()[0] for word in words(machine)] == ["Resynced", "Seen", "Synced"]


def test_a_version_lost_on_the_way_is_told_as_net_changes() -> None:
    """410 in a watch: relisted, with Gone for what has vanished and Seen for what has changed."""
    server, machine = Server(), watch()
    for name in "ab":
        server.put(name, f"u{name}", "Running")
    settle(machine, server)
    words(machine)
    server.delete("a")
    server.put("b", "ub", "Failed")
    server.compact()
    settle(machine, server)

    assert words(machine) == ["Resynced", "Seen b/ub Finished = Failed", "Gone a/ua Gone = Lost"]


def test_a_server_put_back_in_time_is_believed() -> None:
    """After a restore of etcd versions are lower; the list is the truth all the same."""
    server, machine = Server(), watch()
    server.put("a", "ua", "Pending")
    early = Server(version=server.version, pods=dict(server.pods), snapshots={server.version: dict(server.pods)})
    server.put("a", "ua", "Running")
    server.put("b", "ub", "Running")
    settle(machine, server)
    words(machine)
    step(machine, early)
    settle(machine, early)

    assert words(machine) == ["Resynced", "Seen a/ua Accepted", "Gone b/ub Gone = Lost"]


def test_a_page_token_that_expires_begins_paging_anew_then_asks_for_the_whole() -> None:
    """Absence is never concluded from pages of which some are missing."""
    server, machine = Server(), watch()
    for name in "abcde":
        server.put(name, f"u{name}", "Running")
    asked = []
    for _ in range(12):
        due = step(machine, server)
        assert isinstance(due, Request)
        asked.append(dict(due.query).get("limit", "all"))
        if machine.state is State.WATCHING:
            break
        server.put("f", f"uf{len(asked)}", "Running")
        server.compact()

    assert asked[-1] == "all"
    assert "Gone" not in " ".join(words(machine))


def test_a_deselected_pod_has_left_and_a_deleted_one_is_gone() -> None:
    """DELETED without a sign of deletion is asked about; what follows it is not lost."""
    server, machine = Server(), watch()
    for name in "ab":
        server.put(name, f"u{name}", "Running")
    settle(machine, server)
    words(machine)
    alive = server.deselect("a")
    server.deselect("b")
    server.put("c", "uc", "Running")
    for _ in range(12):
        step(machine, server, a=alive)

    assert words(machine) == ["Left a/ua Running", "Gone b/ub Gone = Deleted", "Seen c/uc Running"]


def test_a_doubt_while_catching_up_does_not_swallow_synced() -> None:
    """Resumed at a cursor, and a pod has left the selection since: that is told, and then Synced."""
    server, first = Server(), watch()
    server.put("a", "ua", "Running")
    settle(first, server)
    mark = first.ledger.take(100)[1]
    alive = server.deselect("a")
    server.put("b", "ub", "Running")
    second = watch(Cursor(mark))
    for _ in range(12):
        step(second, server, a=alive)

    assert words(second) == ["Left a/ua Running", "Seen b/ub Running", "Synced"]


def test_a_name_that_comes_again_is_another_pod() -> None:
    """Identity is the uid: Gone of the old one, Seen of the new one."""
    server, machine = Server(), watch()
    server.put("a", "u1", "Running")
    settle(machine, server)
    words(machine)
    server.put("a", "u2", "Running")
    server.compact()
    settle(machine, server)

    assert words(machine) == ["Resynced", "Gone a/u1 Gone = Lost", "Seen a/u2 Running"]


def test_watch_list_counts_only_when_it_is_complete() -> None:
    """Initial events out of order, cut before their end, lose nothing and invent nothing."""
    server, machine = Server(), watch(settings=WatchSettings(watch_list=True))
    for name in "abc":
        server.put(name, f"u{name}", "Running")
    due = machine.due(NOW)
    assert isinstance(due, Request)
    body = server.answer(due)[1]
    machine.answered(200, {}, NOW)
    machine.received(body.split(b"\n")[0] + b"\n", NOW)
    machine.failed("reset", NOW)
    assert machine.ledger.mark == ""
    settle(machine, server)

    assert [word.split()[0] for word in words(machine)] == ["Seen", "Seen", "Seen", "Synced"]


def test_watch_list_falls_back_where_the_server_cannot() -> None:
    """422 to sendInitialEvents: a LIST instead."""
    machine = watch(settings=WatchSettings(watch_list=True))
    machine.due(NOW)
    machine.answered(422, {}, NOW)
    machine.received(json.dumps(status(422, "Invalid", "sendInitialEvents is forbidden")).encode(), NOW)
    machine.ended(NOW)

    assert machine.state is State.LISTING


def test_failures_are_waited_out_and_said() -> None:
    """Back-off doubles, Retry-After is honoured, the reason and its beginning are to be seen, and it heals."""
    server, machine = Server(), watch()
    rests = []
    for code, after in [(500, "0"), (403, "0"), (429, "20"), (401, "0")]:
        machine.due(NOW)
        machine.answered(code, {"retry-after": after}, NOW)
        machine.received(json.dumps(status(code, "Some", "message")).encode(), NOW)
        machine.ended(NOW)
        rest = machine.due(NOW)
        assert isinstance(rest, Rest)
        rests.append(rest.seconds)
    degraded = machine.health()
    settle(machine, server)

    assert rests == [0.4, 0.8, 20.0, 3.2]
    assert (degraded.state, degraded.reason, degraded.since) == ("Degraded", "401 Some: message", NOW)
    assert machine.health().state == "Live"


def test_a_stream_that_ends_at_once_is_no_reason_to_hurry() -> None:
    """A server that closes each watch at once is asked with back-off."""
    server, machine = Server(), watch()
    settle(machine, server)
    machine.due(NOW)
    machine.answered(200, {}, NOW)
    machine.ended(NOW)

    assert isinstance(machine.due(NOW), Rest)


def test_a_line_cut_in_the_middle_is_void() -> None:
    """What was no whole line is asked for again, and is no event."""
    server, machine = Server(), watch()
    settle(machine, server)
    words(machine)
    server.put("a", "ua", "Running")
    due = machine.due(NOW)
    assert isinstance(due, Request)
    machine.answered(200, {}, NOW)
    machine.received(server.answer(due)[1][:-9], NOW)
    machine.ended(NOW + timedelta(seconds=5))
    assert words(machine) == []
    settle(machine, server)

    assert words(machine) == ["Seen a/ua Running"]


def test_a_line_that_is_garbage_twice_is_passed_over() -> None:
    """One odd line is asked for once more, then counted and skipped; the stream goes on."""
    server, machine = Server(), watch()
    settle(machine, server)
    words(machine)
    server.put("a", "ua", "Running")
    garbage = b"{nonsense\n"
    for _ in range(2):
        while not isinstance(due := machine.due(NOW), Request) or "watch" not in dict(due.query):
            if isinstance(due, Request):
                machine.answered(200, {}, NOW)
                machine.received(server.answer(due)[1], NOW)
                machine.ended(NOW)
        machine.answered(200, {}, NOW)
        machine.received(garbage + server.answer(due)[1], NOW)

    assert words(machine) == ["Seen a/ua Running"]
    assert machine.health().skipped == 1


@pytest.mark.parametrize("thing", [None, 3, "x", [], {}, {"metadata": 3}, {"metadata": {"uid": 7, "resourceVersion": "103"}}])
def test_an_odd_object_affects_only_itself(thing: Any) -> None:
    """Whatever stands where a pod should, the pods beside it are seen."""
    server, machine = Server(), watch()
    settle(machine, server)
    words(machine)
    server.version += 5
    server.put("a", "ua", "Running")
    for _ in range(2):
        due = machine.due(NOW)
        while isinstance(due, Rest) or "watch" not in dict(due.query):  # type: ignore[union-attr]
            if isinstance(due, Request):
                machine.answered(200, {}, NOW)
                machine.received(server.answer(due)[1], NOW)
                machine.ended(NOW)
            due = machine.due(NOW)
        machine.answered(200, {}, NOW)
        machine.received(lines([("MODIFIED", thing)]) + server.answer(due)[1], NOW)  # type: ignore[arg-type]

    assert "Seen a/ua Running" in words(machine)


def test_every_state_knows_what_to_do_when_all_fails() -> None:
    """From every state a failure, and closing, lead somewhere; every state can be reached."""
    for state in set(State) - {State.CLOSED}:
        assert (state, Happening.FAILED) in TABLE
        assert (state, Happening.CLOSE) in TABLE
    assert {move.state for move in TABLE.values()} | {State.RECALLING, State.STREAMING} == set(State)
    assert diagram().count("-->") == sum(happening is not Happening.CLOSE for _, happening in TABLE)


@given(st.integers(1, 200))
def test_chunks_may_be_cut_anywhere(chunk: int) -> None:
    """However the bytes come, the changes are the same."""
    server, machine = Server(), watch()
    for name in "abc":
        server.put(name, f"u{name}", "Running")
    settle(machine, server, chunk=chunk)
    server.put("b", "ub", "Failed")
    settle(machine, server, chunk=chunk)

    assert words(machine) == ["Seen a/ua Running", "Seen b/ub Finished = Failed", "Seen c/uc Running", "Synced"]


class WatchStory(RuleBasedStateMachine):
    """Pods come, change and go, answers fail in every way, consumers restart at old cursors: what is told stays true."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.machine = watch()
        self.view: dict[str, str] = {}
        self.outcomes: dict[str, str] = {}
        self.told: dict[str, Outcome] = {}
        self.ever: set[str] = set()
        self.serial = 0
        self.mark = ""
        self.acknowledged: tuple[dict[str, str], dict[str, str]] = ({}, {})

    @rule(name=st.sampled_from("abcd"), phase=st.sampled_from(["Pending", "Running", "Succeeded", "Failed"]))
    def put(self, name: str, phase: str) -> None:
        """A pod is new, or goes on; what has ended does not run again."""
        known = self.server.pods.get(name)
        if known is not None and known["status"]["phase"] in ("Succeeded", "Failed"):
            self.server.delete(name)
            known = None
        if known is None:
            self.serial += 1
        uid = f"u{self.serial}" if known is None else known["metadata"]["uid"]
        if known is None or (known["status"]["phase"], phase) != ("Running", "Pending"):
            self.ever.add(uid)
            self.server.put(name, uid, phase)

    @precondition(lambda self: self.server.pods != {})
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """A pod is removed."""
        self.server.delete(data.draw(st.sampled_from(sorted(self.server.pods))))

    @rule()
    def compact(self) -> None:
        """The server forgets."""
        self.server.compact()

    @rule(chunk=st.integers(20, 400))
    def go_on(self, chunk: int) -> None:
        """The machine does what is due."""
        step(self.machine, self.server, chunk=chunk)

    @rule(code=st.sampled_from([400, 401, 403, 404, 429, 500, 503, 504]))
    def refuse(self, code: int) -> None:
        """The server answers with a failure."""
        if isinstance(self.machine.due(NOW), Request):
            self.machine.answered(code, {}, NOW)
            self.machine.received(json.dumps(status(code, "Some")).encode(), NOW)
            self.machine.ended(NOW)

    @rule(keep=st.floats(0, 1), repeat=st.booleans(), clean=st.booleans())
    def cut(self, keep: float, repeat: bool, clean: bool) -> None:
        """An answer breaks off somewhere, after saying some of it twice."""
        due = self.machine.due(NOW)
        if not isinstance(due, Request):
            return
        code, body, _ = self.server.answer(due)
        if repeat and due.stream and code == 200:
            body = body + body
        self.machine.answered(code, {}, NOW)
        self.machine.received(body[: int(len(body) * keep)], NOW)
        if clean:
            self.machine.ended(NOW)
        else:
            self.machine.failed("reset", NOW)

    @rule(count=st.integers(1, 4))
    def take(self, count: int) -> None:
        """The consumer takes a batch and acknowledges it."""
        changes, self.mark = self.machine.ledger.take(count)
        for change in changes:
            if isinstance(change, (Seen, Gone)):
                self.note(change)
            if isinstance(change, (Gone, Left)):
                self.view.pop(change.record.ref.uid, None)
            assert isinstance(change, (Seen, Gone, Left, Synced, Resynced))
            if isinstance(change, Resynced) and change.afresh:
                self.view, self.outcomes = {}, {}
        self.acknowledged = (dict(self.view), dict(self.outcomes))

    def note(self, change: Seen | Gone) -> None:
        """One outcome per uid; the newest state stands."""
        uid = change.record.ref.uid
        assert uid in self.ever
        if change.outcome is not None:
            assert uid not in self.outcomes, f"{uid} has two outcomes"
            self.outcomes[uid] = change.outcome.kind
            assert self.told.setdefault(uid, change.outcome) == change.outcome, f"the outcome of {uid} has changed"
        self.view[uid] = change.record.resource_version

    @rule()
    def crash(self) -> None:
        """The consumer forgets all but what it acknowledged, and comes back with the cursor."""
        self.view, self.outcomes = dict(self.acknowledged[0]), dict(self.acknowledged[1])
        if self.mark == "":
            self.view, self.outcomes = {}, {}
        self.machine = watch(Cursor(None if self.mark == "" else self.mark))

    @invariant()
    def nothing_is_invented(self) -> None:
        """What is seen was there once."""
        assert set(self.view) <= self.ever

    def teardown(self) -> None:
        """In the end all is known: the view is the server's, and each pod that ended has its outcome."""
        settle(self.machine, self.server)
        self.take(10_000)
        there = {pod["metadata"]["uid"]: pod["status"]["phase"] for pod in self.server.pods.values()}
        assert set(self.view) == set(there)
        for uid, phase in there.items():
            assert self.outcomes.get(uid) == (phase if phase in ("Succeeded", "Failed") else None)


TestWatchStory = WatchStory.TestCase
