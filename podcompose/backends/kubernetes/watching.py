"""
The watch machine with threads: a reader for each namespace, which never waits for whoever polls.

All that is decided is decided by the machine; here bytes are brought to it, and changes fetched from it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from threading import Condition, Event, Thread

from podcompose.backends.kubernetes import effects
from podcompose.backends.kubernetes.driving import drive
from podcompose.backends.kubernetes.effects import Ambiguous, NotSent
from podcompose.backends.kubernetes.identity import identify
from podcompose.backends.kubernetes.joining import Joined
from podcompose.backends.kubernetes.transport import Broken, Channel, Stream
from podcompose.run.board import steady_clock
from podcompose.run.moments import Moment
from podcompose.run.protocols import Batch, Health, Selection
from podcompose.run.watch import Request, Rest, WatchMachine, WatchSettings
from podcompose.run.watch.backoff import Backoff

__all__ = ["KubernetesSubscription"]

_CLOSING_S = 0.5


class KubernetesSubscription:
    """
    The changes of a cluster's pods, pulled in batches.

    One lock guards all machines. It is never held while bytes are waited for.
    """

    def __init__(
        self,
        where: Selection,
        cursor: str | None,
        connect: Callable[[], Channel],
        settings: WatchSettings,
        stops: Mapping[str, Moment],
        on_close: Callable[[KubernetesSubscription], None],
    ) -> None:
        self._connect, self._on_close = connect, on_close
        self._clock = steady_clock()
        self._since, self._why_not = self._clock(), "the server has not answered yet"
        self._backoff = Backoff(*settings.backoff_s, settings.calm_s, random.random)
        self._closing = Event()
        self._changed = Condition()
        self._joined = Joined(where, cursor, settings, stops, random.random)
        self._readers = [_Reader(self, place) for place in range(len(self._joined.places))]
        self._readers[0].thread.start()

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes; an empty batch when there are none in time, or when closed."""
        joined, clock = self._joined, self._clock
        with self._changed:
            end = None if timeout is None else clock() + timedelta(seconds=timeout)
            while True:
                joined.tick(clock())
                changes = () if self._closing.is_set() else joined.take(max_items)
                for place in joined.dropped():
                    self._readers[place].reconnect()
                now = clock()
                if changes != () or self._closing.is_set() or (end is not None and end <= now):
                    return Batch(changes, joined.cursor)
                due = min((time for time in (end, joined.until) if time is not None), default=None)
                self._changed.wait(None if due is None else max(0.0, (due - now).total_seconds()))

    def status(self) -> Health:
        """How it is doing: as well as the worst of its namespaces."""
        with self._changed:
            closed = self._closing.is_set()
            found = self._joined.health(closed)
        if found is None:
            return Health("Closed" if closed else "Degraded", self._why_not, self._since)
        return found

    def close(self) -> None:
        """End it: from any thread, more than once; a poll that waits returns at once."""
        self._closing.set()
        with self._changed:
            self._joined.close()
            self._changed.notify_all()
        for reader in self._readers:
            reader.channel.close()
        for reader in self._readers:
            if reader.thread.ident is not None:
                reader.thread.join(_CLOSING_S)
        self._on_close(self)

    def _begin(self, channel: Channel) -> None:
        """Find out which cluster it is, for that is what a cursor must be of; then all readers can start."""
        while not self._closing.is_set():
            try:
                server = drive(identify(channel.host, random.random, self._not_yet), channel, self._closing)
                if server is not None:
                    self._begin_at(server)
                return
            except Exception as error:  # a bug of ours, or no thread can be started: said in `status`, and tried again
                self._not_yet(f"{type(error).__name__} in the watch: {error}")
                self._closing.wait(self._backoff.next_s(self._clock()))

    def _begin_at(self, server: str) -> None:
        with self._changed:
            if self._joined.machines == []:
                self._joined.begin(server)
            others = () if self._closing.is_set() else self._readers[1:]
            for reader in others:
                if reader.thread.ident is None:
                    reader.thread.start()

    def _not_yet(self, reason: str) -> None:
        """Why it has not begun."""
        self._why_not = f"the server has not said yet who it is: {reason}"


class _Reader:
    """One namespace's thread: does what its machine finds due, until that is closed."""

    def __init__(self, subscription: KubernetesSubscription, place: int) -> None:
        self.channel = subscription._connect()
        self.thread = Thread(target=self._run, name=f"podcompose watch {place}", daemon=True)
        self._of = subscription
        self._place = place

    def reconnect(self) -> None:
        """Give up what is being answered: the machine that asked is another now."""
        self.channel.close()
        self.channel = self._of._connect()

    def _run(self) -> None:
        of = self._of
        if self._place == 0:
            of._begin(self.channel)
        while not of._closing.is_set():
            with of._changed:
                machine, channel = of._joined.machines[self._place], self.channel
            try:
                self._go_on(machine, channel)
            except Exception as error:  # a bug of ours, for sure: said in `status`, and the watch goes on
                self._tell(machine, partial(machine.broke, f"{type(error).__name__} in the watch: {error}"))

    def _go_on(self, machine: WatchMachine, channel: Channel) -> None:
        """Do what is due; of a machine that was closed meanwhile, nothing."""
        of = self._of
        with of._changed:
            due = machine.due(of._clock())
        if isinstance(due, Request):
            self._follow(machine, channel.stream(effects.Request("GET", due.path, due.query, timeout_s=due.timeout_s)))
        elif isinstance(due, Rest):
            of._closing.wait(due.seconds)

    def _follow(self, machine: WatchMachine, opened: Stream | NotSent | Ambiguous) -> None:
        """Tell the machine of an answer, piece by piece, as long as it wants to know."""
        if not isinstance(opened, Stream):
            self._tell(machine, partial(machine.failed, opened.reason))
            return
        try:
            wanted = self._tell(machine, partial(machine.answered, opened.status, dict(opened.headers)))
            while wanted:
                data = opened.read()
                if isinstance(data, Broken):
                    wanted = self._tell(machine, partial(machine.failed, data.reason))
                elif data == b"":
                    wanted = self._tell(machine, machine.ended)
                else:
                    wanted = self._tell(machine, partial(machine.received, data))
                if not isinstance(data, bytes) or data == b"":
                    break
        finally:
            opened.close()

    def _tell(self, machine: WatchMachine, what: Callable[[datetime], None]) -> bool:
        """Say what came, and wake who polls; whether more is wanted."""
        of = self._of
        with of._changed:
            what(of._clock())
            of._changed.notify_all()
            return machine.streaming
