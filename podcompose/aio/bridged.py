"""A backend with plain calls as one with async def."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from podcompose.run import protocols
from podcompose.run.flight import clock_of
from podcompose.run.protocols import Adopted, Batch, Health, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef

__all__ = ["Bridged", "LocalBackend", "MemoryBackend"]

T = TypeVar("T")
_THREADS = 32


class Bridged:
    """
    Any backend, its calls made in threads: `threads` for launching and the like, and one for each subscription.

    With no threads, all calls but `poll` are made in place: for backends that never wait, such as the one in memory.
    """

    def __init__(self, backend: protocols.Backend, threads: int = _THREADS) -> None:
        self.backend = backend
        self.clock = clock_of(backend)
        self._pool = _pool(threads, "podcompose-launch")

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self.backend.namespace

    async def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """Launch a pod, or find the one this launch id already has."""
        call = partial(self.backend.launch, pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        return await _called(self._pool, call)

    async def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there."""
        return await _called(self._pool, partial(self.backend.settle, launch_id, namespace))

    async def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end; absent is done."""
        await _called(self._pool, partial(self.backend.stop, ref, grace=grace))

    async def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it."""
        return await _called(self._pool, partial(self.backend.adopt, ref, owner))

    async def subscribe(self, where: Selection, *, cursor: str | None = None) -> BridgedSubscription:
        """What happens to the selected pods, from now or from a cursor on."""
        opened = await _called(self._pool, partial(self.backend.subscribe, where, cursor=cursor))
        return BridgedSubscription(opened, ThreadPoolExecutor(1, thread_name_prefix="podcompose-poll"))

    async def close(self) -> None:
        """Give up what the backend holds."""
        await _called(self._pool, self.backend.close)
        if self._pool is not None:
            self._pool.shutdown(wait=False)

    async def __aenter__(self) -> Bridged:
        """Itself; closed at the end."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        await self.close()


class BridgedSubscription:
    """The changes of a plain subscription, awaited."""

    def __init__(self, subscription: protocols.Subscription, pool: ThreadPoolExecutor) -> None:
        self._subscription = subscription
        self._pool = pool
        self._closed = False
        self._polling: asyncio.Future[Batch] | None = None
        self._cursor = ""

    async def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes; what a poll that was cancelled would have given, the next one gives."""
        if self._closed:
            return self._subscription.poll(0, max_items)
        left_over = self._polling is not None
        if self._polling is None:
            call = partial(self._subscription.poll, timeout, max_items)
            self._polling = asyncio.get_running_loop().run_in_executor(self._pool, call)
        done, _ = await asyncio.wait([self._polling], timeout=timeout if left_over else None)
        if done == set():
            return Batch((), self._cursor)
        batch, self._polling = self._polling.result(), None
        self._cursor = batch.cursor
        return batch

    async def status(self) -> Health:
        """How it is doing."""
        return self._subscription.status()

    async def close(self) -> None:
        """End it; a poll that waits returns at once."""
        self._closed = True
        self._subscription.close()
        await asyncio.to_thread(self._pool.shutdown)


def _pool(threads: int, name: str) -> ThreadPoolExecutor | None:
    return ThreadPoolExecutor(threads, thread_name_prefix=name) if threads > 0 else None


async def _called(pool: ThreadPoolExecutor | None, call: Callable[[], T]) -> T:
    if pool is None:
        await asyncio.sleep(0)  # others have their turn all the same
        return call()
    return await asyncio.get_running_loop().run_in_executor(pool, call)


def MemoryBackend(**options: Any) -> Bridged:  # noqa: N802 - a name of the synchronous side
    """`podcompose.backends.MemoryBackend`, with async def; its time is virtual, so nothing but `poll` ever waits."""
    from podcompose import backends

    return Bridged(backends.MemoryBackend(**options), threads=0)


def LocalBackend(*arguments: Any, **options: Any) -> Bridged:  # noqa: N802 - a name of the synchronous side
    """`podcompose.backends.LocalBackend`, with async def."""
    from podcompose import backends

    return Bridged(backends.LocalBackend(*arguments, **options))
