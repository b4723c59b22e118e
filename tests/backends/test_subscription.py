"""Subscriptions to several namespaces of a cluster: one row of changes, one cursor, readers that end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client

from podcompose.backends import KubernetesBackend
from podcompose.run.protocols import Change, Gone, Resynced, Seen, Selection, Synced
from podcompose.testing.faults import FaultServer, Status

BOTH = Selection(("one", "two"))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An honest server, with a pod in each of two namespaces."""
    with FaultServer() as server:
        add(server, "a", "one")
        add(server, "b", "two")
        yield server


@pytest.fixture
def backend(server: FaultServer) -> Iterator[KubernetesBackend]:
    """A backend of this server."""
    with KubernetesBackend.from_api_client(client.ApiClient(client.Configuration(host=server.url))) as backend:
        yield backend


def add(server: FaultServer, name: str, namespace: str) -> None:
    server.add({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}}, namespace)


def until(subscription: Any, enough: Callable[[list[Change]], bool]) -> tuple[list[Change], str]:
    """Poll until it is enough; all changes, and the last cursor."""
    changes: list[Change] = []
    cursor = ""
    while not enough(changes):
        batch = subscription.poll(20.0)
        assert batch.changes != (), f"waited in vain after {changes}: {subscription.status()}"
        changes += batch.changes
        cursor = batch.cursor
    return changes, cursor


def synced(changes: list[Change]) -> bool:
    return any(isinstance(change, Synced) for change in changes)


def names(changes: list[Change], kind: type[Any] = Seen) -> list[str]:
    return sorted(change.record.ref.name for change in changes if isinstance(change, kind))


def readers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("podcompose watch")]


def test_synced_once(backend: KubernetesBackend) -> None:
    """`Synced` is said once, after what was there in every namespace."""
    changes, _ = until(backend.subscribe(BOTH), synced)

    assert names(changes) == ["a", "b"]
    assert [type(change) for change in changes].count(Synced) == 1
    assert isinstance(changes[-1], Synced)


def test_one_cursor(server: FaultServer, backend: KubernetesBackend) -> None:
    """One cursor goes on in every namespace: what was acknowledged does not come again, what came later does."""
    first = backend.subscribe(BOTH)
    there, cursor = until(first, synced)
    first.close()
    add(server, "c", "one")
    (gone,) = (change.record.ref for change in there if isinstance(change, Seen) and change.record.ref.name == "b")
    backend.stop(gone)
    changes, _ = until(backend.subscribe(BOTH, cursor=cursor), synced)

    # Between, `b` may be seen with the mark of its stop.
    assert (set(names(changes)) - {"b"}, names(changes, Gone)) == ({"c"}, ["b"])
    assert not any(isinstance(change, Resynced) for change in changes)


def test_no_use_of_one_is_no_use_of_all(server: FaultServer, backend: KubernetesBackend) -> None:
    """Where one namespace's part of the cursor has expired, all are told afresh, said once."""
    first = backend.subscribe(BOTH)
    _, cursor = until(first, synced)
    first.close()
    add(server, "c", "one")
    server.script(Status(code=410, reason="Expired"), verb="LIST", path="/two/", query={"resourceVersionMatch": "Exact"})
    changes, _ = until(backend.subscribe(BOTH, cursor=cursor), lambda seen: synced(seen) and {"a", "b", "c"} <= set(names(seen)))
    begun = [place for place, change in enumerate(changes) if isinstance(change, Resynced)]

    assert len(begun) == 1
    assert set(names(changes[begun[0] :])) == {"a", "b", "c"}
    assert [type(change) for change in changes].count(Synced) == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(lambda cursor: cursor.replace("1/", "1/x", 1), "another server"), (lambda cursor: cursor + ",9", "cannot be read")],
)
def test_foreign_cursor(backend: KubernetesBackend, spoil: Callable[[str], str], words: str) -> None:
    """A cursor of another server, or of no sense, is said to be of no use, and all is told anew."""
    first = backend.subscribe(BOTH)
    _, cursor = until(first, synced)
    changes, _ = until(backend.subscribe(BOTH, cursor=spoil(cursor)), synced)

    assert isinstance(changes[0], Resynced)
    assert words in changes[0].reason
    assert names(changes) == ["a", "b"]


def test_nothing_heard_yet(backend: KubernetesBackend, server: FaultServer) -> None:
    """A server that is away is no error: the subscription says so, keeps the cursor it was given, and waits."""
    server.refuse()
    subscription = backend.subscribe(BOTH, cursor="1/a/b/7,8")
    batch = subscription.poll(0.0)

    assert (batch.changes, batch.cursor) == ((), "1/a/b/7,8")
    assert subscription.status().state == "Degraded"


@pytest.mark.parametrize("begun", [False, True])
def test_close(server: FaultServer, backend: KubernetesBackend, begun: bool) -> None:
    """A subscription that is closed has no thread any more, wakes who polls, and can be closed again."""
    if not begun:
        server.script(Status(code=503, retry_after=30), verb="GET", times=None)
    subscription = backend.subscribe(BOTH)
    if begun:
        until(subscription, synced)
    polled: list[Any] = []
    poller = threading.Thread(target=lambda: polled.append(subscription.poll(None)))
    poller.start()
    subscription.close()
    subscription.close()
    poller.join(10)

    assert (len(polled), readers()) == (1, [])
    assert (polled[0].changes, subscription.status().state) == ((), "Closed")


def test_backend_closes_them(backend: KubernetesBackend) -> None:
    """A backend that is closed closes its subscriptions, and opens no other."""
    subscription = backend.subscribe(BOTH)
    backend.close()

    assert subscription.status().state == "Closed"
    assert backend.subscribe(BOTH).status().state == "Closed"
    assert readers() == []
