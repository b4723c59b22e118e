"""Bugs of ours in the watch, and servers that will not say who they are: said in the status, followed by rests, survived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from kubernetes import client

from podcompose import aio
from podcompose.backends import KubernetesBackend
from podcompose.backends.kubernetes.joining import Joined
from podcompose.run.cursor import Cursor
from podcompose.run.ledger import Ledger
from podcompose.run.protocols import Health, Seen, Selection, Synced
from podcompose.run.watch import Request, Rest, WatchMachine, WatchSettings
from podcompose.run.watch.requests import Where
from podcompose.testing.faults import FaultServer, Status

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
HERE = Selection(("one",))
QUICK = WatchSettings(backoff_s=(0.001, 0.01))
_POLLS = 2000


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An honest server with a pod."""
    with FaultServer() as server:
        server.add({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}, "one")
        yield server


def once(monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str) -> list[int]:
    """The first call of a method fails as only a bug does."""
    real: Callable[..., Any] = getattr(owner, name)
    calls: list[int] = []

    def broken(self: Any, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("a bug")
        return real(self, *arguments)

    monkeypatch.setattr(owner, name, broken)
    return calls


def api(server: FaultServer) -> client.ApiClient:
    return client.ApiClient(client.Configuration(host=server.url))


def followed(server: FaultServer, enough: Callable[[list[Any], Health], bool]) -> tuple[list[Any], Health]:
    """Poll until it is enough, with threads."""
    changes: list[Any] = []
    with KubernetesBackend.from_api_client(api(server), watch=QUICK) as backend:
        subscription = backend.subscribe(HERE)
        for _ in range(_POLLS):
            changes += subscription.poll(0.01).changes
            if enough(changes, subscription.status()):
                break
        return changes, subscription.status()


def followed_aio(server: FaultServer, enough: Callable[[list[Any], Health], bool]) -> tuple[list[Any], Health]:
    """Poll until it is enough, with asyncio."""

    async def follow() -> tuple[list[Any], Health]:
        changes: list[Any] = []
        async with aio.KubernetesBackend.from_api_client(api(server), watch=QUICK) as backend:
            subscription = await backend.subscribe(HERE)
            for _ in range(_POLLS):
                changes += (await subscription.poll(0.01)).changes
                if enough(changes, await subscription.status()):
                    break
            return changes, await subscription.status()

    return asyncio.run(follow())


BOTH = pytest.mark.parametrize("follow", [followed, followed_aio])


def synced(changes: list[Any], _: Health) -> bool:
    return any(isinstance(change, Synced) for change in changes)


@BOTH
@pytest.mark.parametrize(
    ("owner", "name"),
    [(Joined, "begin"), (WatchMachine, "due"), (WatchMachine, "_do_listed"), (Ledger, "only"), (WatchMachine, "answered")],
)
def test_a_bug_is_survived(server: FaultServer, monkeypatch: pytest.MonkeyPatch, follow: Any, owner: type[Any], name: str) -> None:
    """Wherever it strikes first, the watch begins again, and all is told."""
    calls = once(monkeypatch, owner, name)
    changes, health = follow(server, synced)

    assert len(calls) > 1
    assert [change.record.ref.name for change in changes if isinstance(change, Seen)] == ["a"]
    assert (synced(changes, health), health.state) == (True, "Live")


@BOTH
def test_why_it_has_not_begun(server: FaultServer, follow: Any) -> None:
    """Whoever asks before the first answer is told why there is none."""
    server.script(Status(401, message="who are you"), verb="GET", times=None)
    _, health = follow(server, lambda _, health: "who are you" in health.reason)

    assert health.state == "Degraded"
    assert "401" in health.reason
    assert "who are you" in health.reason


def test_a_bug_is_followed_by_a_rest() -> None:
    """Even after the machine wants no more of the answer; a closed machine stays closed."""
    machine = WatchMachine(Where("ns", ""), Ledger(), Cursor(None), WatchSettings(), lambda: 0.5)
    assert isinstance(machine.due(NOW), Request)
    machine.answered(200, {}, NOW)
    machine.received(b'{"metadata":{"resourceVersion":"42"},"items":[]}', NOW)
    machine.ended(NOW)
    machine.broke("a bug", NOW)
    rest = machine.due(NOW)
    again = machine.due(NOW)
    health = machine.health()
    machine.close()
    machine.broke("another", NOW)

    assert isinstance(rest, Rest)
    assert isinstance(again, Request)
    assert (health.state, health.reason) == ("Degraded", "a bug")
    assert machine.health().state == "Closed"
