"""Launch pods and wait for what becomes of them, with async def; `podcompose.run.flight` is what both kinds share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from itertools import islice

from podcompose.aio.protocols import Backend, Launcher, Subscription, Watcher
from podcompose.run.errors import LaunchError, Throttled
from podcompose.run.flight import Ended, Flight, Noted, Pods, Reconciled, clock_of, in_order, namespace_of, not_launched
from podcompose.run.naming import LAUNCH, MANAGED_BY, MANAGER, launch_label
from podcompose.run.outcome import Outcome
from podcompose.run.pace import Pace
from podcompose.run.policy import PATIENT, Policy
from podcompose.run.protocols import Change, Launched, Pod, Selection, Synced
from podcompose.run.running import SYNC_S, TICK_S

__all__ = ["launch_many", "reconcile", "run", "run_many"]


async def run(backend: Backend, pod: Pod, *, launch_id: str, deadline: float | None = None, policy: Policy = PATIENT) -> Outcome:
    """
    Launch one pod and wait for its outcome. If this launch id was launched before, wait for that pod.

    Units:  `deadline` for the launch, in seconds; the pod itself may take as long as it takes.
    Raises: LaunchError.
    """
    where = Selection((namespace_of(pod, backend.namespace),), {LAUNCH: launch_label(launch_id)})
    async with AsyncExitStack() as stack:
        subscription = await _subscribed(backend, where, stack)
        launched = await backend.launch(pod, launch_id=launch_id, deadline=deadline)
        flight = Flight(policy)
        flight.awaits(launch_id, launched.ref)
        ended = [] if launched.created else await _looked(backend, where, flight)
        while ended == []:
            ended = await _polled(backend, subscription, flight, TICK_S)
        return ended[0].outcome


async def run_many(
    backend: Backend, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None, policy: Policy = PATIENT
) -> AsyncIterator[tuple[str, Outcome]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each outcome as it is known.

    Shapes: as `podcompose.run.run_many`.
    """
    waiting = iter(in_order(pods))
    flight = Flight(policy)
    async with AsyncExitStack() as stack:
        views: dict[str, Subscription] = {}
        while True:
            starting = list(islice(waiting, max_in_flight - len(flight)))
            if starting == [] and len(flight) == 0:
                return
            for namespace in dict.fromkeys(namespace_of(pod, backend.namespace) for _, pod in starting):
                if namespace not in views:
                    views[namespace] = await _subscribed(backend, Selection((namespace,), {MANAGED_BY: MANAGER}), stack)
            there: set[str] = set()
            async for launch_id, result in launch_many(backend, starting, max_in_flight=max_in_flight, deadline=deadline):
                if isinstance(result, LaunchError):
                    yield launch_id, not_launched(result)
                    continue
                flight.awaits(launch_id, result.ref)
                there |= set() if result.created else {result.ref.namespace}
            where = Selection(tuple(sorted(there)), {MANAGED_BY: MANAGER})
            ended = await _looked(backend, where, flight) if there != set() else []
            for view in views.values():
                ended += await _polled(backend, view, flight, TICK_S / len(views))
            for one in ended:
                yield one.launch_id, one.outcome


async def launch_many(
    launcher: Launcher, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None
) -> AsyncIterator[tuple[str, Launched | LaunchError]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each result as it comes.

    Started strictly in order; fewer at once where the server says slow down. Ending the iteration starts no more; what is under
    way is finished.
    """
    waiting = iter(in_order(pods))
    pace = Pace(max_in_flight)
    under_way: dict[asyncio.Task[Launched | LaunchError], str] = {}
    try:
        while True:
            for launch_id, pod in islice(waiting, max(0, pace.limit - len(under_way))):
                under_way[asyncio.create_task(_launched(launcher, pod, launch_id, deadline))] = launch_id
            if under_way == {}:
                return
            done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in under_way if task in done]:
                result = task.result()
                slow = result.attempts > 1 if isinstance(result, Launched) else isinstance(result, Throttled)
                pace.slow_down() if slow else pace.went_well()
                yield under_way.pop(task), result
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)


async def reconcile(watcher: Watcher, known_ids: Collection[str], where: Selection) -> Reconciled:
    """
    Compare the launch ids one knows with the pods that are there: one look, after a crash or a restart.

    Shapes: as `podcompose.run.reconcile`.
    """
    noted = Noted()
    async with AsyncExitStack() as stack:
        subscription = await watcher.subscribe(Selection(where.namespaces, {MANAGED_BY: MANAGER, **where.labels}))
        stack.push_async_callback(subscription.close)
        while not noted.synced:
            noted.take((await subscription.poll(None)).changes)
    return noted.reconciled(known_ids)


async def _launched(launcher: Launcher, pod: Pod, launch_id: str, deadline: float | None) -> Launched | LaunchError:
    try:
        return await launcher.launch(pod, launch_id=launch_id, deadline=deadline)
    except LaunchError as error:
        return error


async def _looked(watcher: Watcher, where: Selection, flight: Flight) -> list[Ended]:
    """What has ended of pods that were there before they were launched: their past was told to nobody here."""
    changes: list[Change] = []
    async with AsyncExitStack() as stack:
        await _subscribed(watcher, where, stack, changes)
    return flight.taken(changes)


async def _subscribed(watcher: Watcher, where: Selection, stack: AsyncExitStack, seen: list[Change] | None = None) -> Subscription:
    """A subscription that has seen what is there, if it can be seen at all: then no later pod can come and go unseen."""
    subscription = await watcher.subscribe(where)
    stack.push_async_callback(subscription.close)
    clock = clock_of(watcher)
    end = clock() + timedelta(seconds=SYNC_S)
    while (left := (end - clock()).total_seconds()) > 0:
        batch = await subscription.poll(left)
        if seen is not None:
            seen += batch.changes
        if batch.changes == () or any(isinstance(change, Synced) for change in batch.changes):
            break
    return subscription


async def _polled(backend: Backend, subscription: Subscription, flight: Flight, timeout: float) -> list[Ended]:
    """What has ended since, and what is given up; the latter is stopped."""
    ended = [*flight.taken((await subscription.poll(timeout)).changes), *flight.overdue(clock_of(backend)())]
    for one in ended:
        if one.stop:
            with suppress(LaunchError):
                await backend.stop(one.ref, grace=one.grace)
    return ended
