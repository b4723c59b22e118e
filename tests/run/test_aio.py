"""The same names with async def: over memory, processes of this machine, and an API server, by both transports."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiClient, Configuration

import podcompose.aio.kubernetes as room
from podcompose import aio
from podcompose.aio.channel import NativeChannel, ThreadChannel
from podcompose.run import Gone, LaunchError, NotFound, Owner, PodRef, Seen, Selection, Superseded, Synced
from podcompose.testing.faults import FaultServer

POD: dict[str, Any] = {
    "spec": {"containers": [{"name": "base", "image": "busybox", "command": ["true"]}], "restartPolicy": "Never"}
}
ENDED = {"exitCode": 0, "containerID": "c", "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}
SUCCEEDED = {"phase": "Succeeded", "containerStatuses": [{"name": "base", "state": {"terminated": ENDED}}]}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An API server of our own."""
    with FaultServer() as served:
        yield served


@pytest.fixture(params=[NativeChannel, ThreadChannel])
def cluster(request: pytest.FixtureRequest, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """A client of it, over each of the two transports."""
    monkeypatch.setattr(room, "channel", request.param)
    configuration = Configuration()
    configuration.host = server.url
    return ApiClient(configuration)


async def until(subscription: aio.Subscription, kind: type) -> list[Any]:
    """The changes up to the first of a kind."""
    seen: list[Any] = []
    while not any(isinstance(change, kind) for change in seen):
        seen += (await subscription.poll(30)).changes
    return seen


def test_a_pod_is_launched_watched_and_stopped(server: FaultServer, cluster: ApiClient) -> None:
    """Every call of a launcher and a watcher does with async def what it does without."""

    async def story() -> None:
        async with aio.KubernetesBackend.from_api_client(cluster) as backend:
            subscription = await backend.subscribe(Selection(("default",)))
            await until(subscription, Synced)
            launched = await backend.launch(POD, launch_id="dag/1")
            again = await backend.launch(POD, launch_id="dag/1")
            owner = Owner("me", 2)
            await backend.adopt(launched.ref, owner)
            late = await backend.adopt(launched.ref, Owner("him", 1))
            nobody = await backend.settle("dag/2")
            seen = await until(subscription, Seen)
            await backend.stop(launched.ref)
            gone = (await until(subscription, Gone))[-1]
            assert (launched.created, again.created, again.ref) == (True, False, launched.ref)
            assert late == Superseded(launched.ref, owner)
            assert isinstance(nobody, NotFound)
            assert seen[0].record.ref == launched.ref
            assert gone.outcome.kind == "Stopped"
            assert (await subscription.status()).state == "Live"
            await subscription.close()
            assert (await subscription.poll()).changes == ()

    asyncio.run(story())


def test_many_run_at_once(server: FaultServer, cluster: ApiClient) -> None:
    """Each of many has its outcome, a refused one too; a cursor goes on where it was."""

    async def story() -> dict[str, str]:
        async with aio.KubernetesBackend.from_api_client(cluster) as backend:
            subscription = await backend.subscribe(Selection(("default",)))
            await until(subscription, Synced)
            cursor = (await subscription.poll(0)).cursor
            launched = [result async for _, result in aio.launch_many(backend, {f"t{number}": POD for number in range(20)})]
            for result in launched:
                assert not isinstance(result, LaunchError)
                server.set_status(result.ref.name, SUCCEEDED)
            await subscription.close()
            later = await backend.subscribe(Selection(("default",)), cursor=cursor)
            changes = await until(later, Synced)
            assert {change.record.launch_id for change in changes if isinstance(change, Seen)} == {f"t{n}" for n in range(20)}
            found = await aio.reconcile(backend, ["t1", "x"], Selection(("default",)))
            assert (list(found.owned), len(found.unknown), found.missing) == (["t1"], 19, ("x",))
            await backend.launch({"spec": {"containers": [{"name": "base", "image": "another"}]}}, launch_id="refused")
            pods = {f"t{number}": POD for number in range(20)} | {"refused": POD}
            return {name: outcome.kind async for name, outcome in aio.run_many(backend, reversed(pods.items()))}

    kinds = asyncio.run(story())

    assert kinds == {f"t{number}": "Succeeded" for number in range(20)} | {"refused": "Failed"}


def test_closing_ends_what_waits(server: FaultServer, cluster: ApiClient) -> None:
    """A poll that waits returns, no task and no thread is left."""

    async def story() -> None:
        backend = aio.KubernetesBackend.from_api_client(cluster)
        subscription = await backend.subscribe(Selection(("default",)))
        await until(subscription, Synced)
        waiting = asyncio.create_task(subscription.poll())
        await asyncio.sleep(0)
        await backend.close()
        assert (await waiting).changes == ()
        await backend.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(story())

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("podcompose-aio")]


@pytest.mark.parametrize("make", [aio.MemoryBackend, aio.LocalBackend])
def test_other_backends_have_it_too(make: Any) -> None:
    """Memory and processes: one, many, and what is unknown."""

    async def story() -> None:
        async with make() as backend:
            assert (await aio.run(backend, POD, launch_id="dag/1")).kind == "Succeeded"
            kinds = {name: outcome.kind async for name, outcome in aio.run_many(backend, {f"t{n}": POD for n in range(10)})}
            assert kinds == {f"t{number}": "Succeeded" for number in range(10)}
            nobody = PodRef(backend.namespace, "nobody", "no-uid")
            await backend.stop(nobody)
            assert isinstance(await backend.adopt(nobody, Owner("me", 1)), NotFound)
            found = await aio.reconcile(backend, ["dag/1"], Selection((backend.namespace,)))
            assert list(found.owned) == ["dag/1"]

    asyncio.run(story())


def test_a_poll_that_is_cancelled_loses_nothing() -> None:
    """What a cancelled poll would have given, the next one gives."""

    async def story() -> None:
        async with aio.LocalBackend() as backend:
            subscription = await backend.subscribe(Selection())
            await until(subscription, Synced)
            waiting = asyncio.create_task(subscription.poll(None))
            await asyncio.sleep(0)
            waiting.cancel()
            launched = await backend.launch(POD, launch_id="dag/1")
            outcomes: list[Any] = []
            while outcomes == []:
                changes = (await subscription.poll(30)).changes
                outcomes = [change.outcome for change in changes if isinstance(change, Seen) and change.outcome is not None]
                assert {change.record.ref for change in changes if isinstance(change, Seen)} <= {launched.ref}
            assert outcomes[0].kind == "Succeeded"

    asyncio.run(story())
