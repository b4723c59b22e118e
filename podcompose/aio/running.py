"""Launch pods and wait for what becomes of them, with async def; `podcompose.run.flight` is what both kinds share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import islice

from podcompose.aio.protocols import Backend, Launcher, Subscription, Watcher
from podcompose.run.errors import LaunchError, Refused, Throttled
from podcompose.run.flight import Ended, Flight, Noted, Pods, Reconciled, clock_of, closed, in_order, namespace_of, not_launched
from podcompose.run.naming import LAUNCH, MANAGED_BY, MANAGER, launch_label
from podcompose.run.outcome import Outcome
from podcompose.run.pace import Pace
from podcompose.run.policy import PATIENT, Policy
from podcompose.run.protocols import Change, Launched, Pod, Selection, Synced
from podcompose.run.running import GLANCE_S, SYNC_S, TICK_S

__all__ = ["launch_many", "reconcile", "run", "run_many"]


async def run(backend: Backend, pod: Pod, *, launch_id: str, deadline: float | None = None, policy: Policy = PATIENT) -> Outcome:
    """
    Launch one pod and wait for its outcome. If this launch id was launched before, wait for that pod.

    Units:  `deadline` for the launch, in seconds; the pod itself may take as long as it takes.
    Raises: LaunchError.
    """
    where = Selection((namespace_of(pod, backend.namespace),), {LAUNCH: launch_label(launch_id)})
    flight = Flight(policy)
    flight.starts(launch_id)
    async with AsyncExitStack() as stack:
        subscription = await _subscribed(backend, where, flight, stack)
        flight.awaits(launch_id, (await backend.launch(pod, launch_id=launch_id, deadline=deadline)).ref)
        ended = flight.taken(())
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
    waiting, flight = iter(in_order(pods)), Flight(policy)
    async with AsyncExitStack() as stack:
        views: dict[str, Subscription] = {}
        launches = await stack.enter_async_context(_Launches(backend, max_in_flight, deadline))
        while True:
            for launch_id, pod in islice(waiting, min(launches.room, max_in_flight - len(flight))):
                namespace = namespace_of(pod, backend.namespace)
                if namespace not in views:
                    views[namespace] = await _subscribed(backend, Selection((namespace,), {MANAGED_BY: MANAGER}), flight, stack)
                flight.starts(launch_id)
                launches.start(launch_id, pod)
            if len(flight) == 0:
                return
            for launch_id, result in await launches.done(0.0):
                if isinstance(result, LaunchError):
                    flight.not_launched(launch_id)
                    yield launch_id, not_launched(result)
                else:
                    flight.awaits(launch_id, result.ref)
            known = await _taken(backend, flight, ())  # launched before, and ended before this
            for ended in known:
                yield ended.launch_id, ended.outcome
            wait_s = 0.0 if known != [] else (TICK_S if launches.under_way == {} else GLANCE_S) / max(1, len(views))
            for view in views.values():
                for ended in await _polled(backend, view, flight, wait_s):
                    yield ended.launch_id, ended.outcome


async def launch_many(
    launcher: Launcher, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None
) -> AsyncIterator[tuple[str, Launched | LaunchError]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each result as it comes.

    Started strictly in order; fewer at once where the server says slow down. Ending the iteration starts no more; what is under
    way is finished.
    """
    waiting = iter(in_order(pods))
    async with _Launches(launcher, max_in_flight, deadline) as launches:
        while True:
            for launch_id, pod in islice(waiting, launches.room):
                launches.start(launch_id, pod)
            if launches.under_way == {}:
                return
            for one in await launches.done(None):
                yield one


async def reconcile(watcher: Watcher, known_ids: Iterable[str], where: Selection) -> Reconciled:
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
            if not noted.synced and (await subscription.status()).state == "Closed":
                raise closed()
    return noted.reconciled(known_ids)


class _Launches:
    """Launches under way in tasks: as many as the server likes."""

    def __init__(self, launcher: Launcher, max_in_flight: int, deadline: float | None) -> None:
        if max_in_flight < 1:
            raise ValueError(f"max_in_flight is at least 1, not {max_in_flight}")
        self.under_way: dict[asyncio.Task[Launched | LaunchError], str] = {}
        self._launcher, self._deadline, self._pace = launcher, deadline, Pace(max_in_flight)

    @property
    def room(self) -> int:
        """How many more can be started now."""
        return max(0, self._pace.limit - len(self.under_way))

    def start(self, launch_id: str, pod: Pod) -> None:
        """Begin one."""
        self.under_way[asyncio.create_task(self._launched(launch_id, pod))] = launch_id

    async def done(self, timeout: float | None) -> list[tuple[str, Launched | LaunchError]]:
        """What has been answered, after so many seconds at most."""
        if self.under_way == {}:
            return []
        done, _ = await asyncio.wait(self.under_way, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        results = [(self.under_way.pop(task), task.result()) for task in [one for one in self.under_way if one in done]]
        for _, result in results:
            slow = result.throttled if isinstance(result, Launched) else isinstance(result, Throttled)
            self._pace.slow_down() if slow else self._pace.went_well()
        return results

    async def _launched(self, launch_id: str, pod: Pod) -> Launched | LaunchError:
        try:
            return await self._launcher.launch(pod, launch_id=launch_id, deadline=self._deadline)
        except LaunchError as error:
            return error

    async def __aenter__(self) -> _Launches:
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is under way is finished."""
        await asyncio.gather(*self.under_way, return_exceptions=True)


async def _subscribed(watcher: Watcher, where: Selection, flight: Flight, stack: AsyncExitStack) -> Subscription:
    """A subscription that has seen what is there, if it can be seen at all: then no later pod can come and go unseen."""
    subscription = await watcher.subscribe(where)
    stack.push_async_callback(subscription.close)
    clock = clock_of(watcher)
    end = clock() + timedelta(seconds=SYNC_S)
    while (left := (end - clock()).total_seconds()) > 0:
        batch = await subscription.poll(left)
        flight.noted(batch.changes)
        if batch.changes == () or any(isinstance(change, Synced) for change in batch.changes):
            break
    return subscription


async def _polled(backend: Backend, subscription: Subscription, flight: Flight, timeout: float) -> list[Ended]:
    """What has ended since, and what is given up and could be stopped."""
    changes = (await subscription.poll(timeout)).changes
    health = await subscription.status()
    if changes == () and health.state == "Closed":
        raise closed()
    ended = await _taken(backend, flight, changes)
    late = flight.overdue(clock_of(backend)()) if health.state == "Live" else []
    given_up = [one for one in late if await _stopped(backend, one)]
    for one in given_up:
        flight.given_up(one)
    return [*ended, *given_up]


async def _taken(backend: Backend, flight: Flight, changes: tuple[Change, ...]) -> list[Ended]:
    """What has ended, and is stopped if that is to be."""
    ended = flight.taken(changes)
    for one in ended:
        if one.stop:
            await _stopped(backend, one)
    return ended


async def _stopped(backend: Backend, ended: Ended) -> bool:
    """Whether a pod could be asked to end; for what will never be allowed, nobody waits."""
    try:
        await backend.stop(ended.ref, grace=ended.grace)
    except LaunchError as error:
        return isinstance(error, Refused)
    return True
