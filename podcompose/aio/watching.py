"""The watch machine with asyncio: a task for each namespace brings bytes to it; all that is decided is decided by the machine."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from podcompose.aio.channel import AioChannel
from podcompose.aio.driving import drive
from podcompose.backends.kubernetes import effects
from podcompose.backends.kubernetes.effects import Ambiguous, NotSent
from podcompose.backends.kubernetes.identity import identify
from podcompose.backends.kubernetes.joining import Joined
from podcompose.backends.kubernetes.transport import Broken
from podcompose.run.board import steady_clock
from podcompose.run.moments import Moment
from podcompose.run.protocols import Batch, Health, Selection
from podcompose.run.watch import Closed, Request, Rest, WatchMachine, WatchSettings
from podcompose.run.watch.backoff import Backoff

__all__ = ["AioSubscription"]


class AioSubscription:
    """The changes of a cluster's pods, pulled in batches. Lives in one event loop."""

    def __init__(
        self,
        where: Selection,
        cursor: str | None,
        channel: AioChannel,
        settings: WatchSettings,
        stops: Mapping[str, Moment],
        on_close: Callable[[AioSubscription], None],
    ) -> None:
        self._channel, self._on_close = channel, on_close
        self._clock = steady_clock()
        self._since, self._why_not = self._clock(), "the server has not answered yet"
        self._backoff = Backoff(*settings.backoff_s, settings.calm_s, random.random)
        self._closing, self._changed = asyncio.Event(), asyncio.Event()
        self._joined = Joined(where, cursor, settings, stops, random.random)
        self._readers: dict[int, asyncio.Task[None]] = {}
        self._start = asyncio.create_task(self._begin())

    async def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes; an empty batch when there are none in time, or when closed."""
        joined, clock = self._joined, self._clock
        end = None if timeout is None else clock() + timedelta(seconds=timeout)
        while True:
            joined.tick(clock())
            changes = () if self._closing.is_set() or joined.machines == [] else joined.take(max_items)
            for place in joined.dropped():
                self._read(place)
            now = clock()
            if changes != () or self._closing.is_set() or (end is not None and end <= now):
                return Batch(changes, joined.cursor)
            due = min((time for time in (end, joined.until) if time is not None), default=None)
            self._changed.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), None if due is None else max(0.0, (due - now).total_seconds()))

    async def status(self) -> Health:
        """How it is doing: as well as the worst of its namespaces."""
        closed = self._closing.is_set()
        found = self._joined.health(closed)
        if found is None:
            return Health("Closed" if closed else "Degraded", self._why_not, self._since)
        return found

    async def close(self) -> None:
        """End it, more than once if need be; a poll that waits returns at once."""
        self._closing.set()
        self._changed.set()
        self._joined.close()
        under_way = [self._start, *self._readers.values()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._on_close(self)

    async def _begin(self) -> None:
        """Find out which cluster it is, for that is what a cursor must be of; then all readers can start."""
        while not self._closing.is_set():
            try:
                server = await drive(identify(self._channel.host, random.random, self._not_yet), self._channel, self._closing)
                if server is not None and not self._closing.is_set():
                    self._joined.begin(server)
                    for place in range(len(self._joined.places)):
                        self._read(place)
                return
            except Exception as error:  # a bug of ours, for sure: said in `status`, and tried again
                self._not_yet(f"{type(error).__name__} in the watch: {error}")
                await asyncio.sleep(self._backoff.next_s(self._clock()))

    def _not_yet(self, reason: str) -> None:
        """Why it has not begun."""
        self._why_not = f"the server has not said yet who it is: {reason}"

    def _read(self, place: int) -> None:
        """Have a machine's wishes seen to; what its forerunner in this place was being answered is given up."""
        before = self._readers.get(place)
        if before is not None:
            before.cancel()
        self._readers[place] = asyncio.create_task(self._run(self._joined.machines[place]))

    async def _run(self, machine: WatchMachine) -> None:
        wanted = True
        while wanted:
            try:
                wanted = await self._go_on(machine)
            except Exception as error:  # a bug of ours, for sure: said in `status`, and the watch goes on
                machine.broke(f"{type(error).__name__} in the watch: {error}", self._clock())
            self._changed.set()

    async def _go_on(self, machine: WatchMachine) -> bool:
        """Do what is due; whether anything ever will be again."""
        due = machine.due(self._clock())
        if isinstance(due, Request):
            await self._follow(machine, effects.Request("GET", due.path, due.query, timeout_s=due.timeout_s))
        elif isinstance(due, Rest):
            await asyncio.sleep(due.seconds)
        return not isinstance(due, Closed)

    async def _follow(self, machine: WatchMachine, request: effects.Request) -> None:
        """Tell the machine of an answer, piece by piece, as long as it wants to know."""
        opened = await self._channel.stream(request)
        if isinstance(opened, (NotSent, Ambiguous)):
            machine.failed(opened.reason, self._clock())
            return
        try:
            machine.answered(opened.status, dict(opened.headers), self._clock())
            while machine.streaming:
                data = await opened.read()
                if isinstance(data, Broken):
                    return machine.failed(data.reason, self._clock())
                if data == b"":
                    return machine.ended(self._clock())
                machine.received(data, self._clock())
                self._changed.set()
        finally:
            await opened.close()
