"""WarmPool: a Launcher and Watcher whose pods do not end after one task."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal

from podcompose.run.board import Board
from podcompose.run.naming import launch_label
from podcompose.run.prepare import Prepared, for_launch
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef
from podcompose.run.routing.places import Turns
from podcompose.run.warm.claims import claims_of, label_of
from podcompose.run.warm.commands import Settings
from podcompose.run.warm.crew import Hands, Pump
from podcompose.run.warm.explaining import Explanation, explained
from podcompose.run.warm.fitting import Fitting
from podcompose.run.warm.launching import Launching
from podcompose.run.warm.life import State
from podcompose.run.warm.lookout import Lookout
from podcompose.run.warm.machine import Machine
from podcompose.run.warm.making import Stats, check, check_words, set_up
from podcompose.run.warm.moving import Moving
from podcompose.run.warm.records import ref_of
from podcompose.run.warm.stopping import Stopping
from podcompose.run.warm.subscription import WarmSubscription
from podcompose.run.warm.tending import Tending
from podcompose.run.warm.upkeep import HostingBackend, Upkeep
from podcompose.run.warm.yard import Yard, read_task

__all__ = ["Stats", "WarmPool"]


class WarmPool:
    """
    A backend whose pods take one task after another: a Launcher and a Watcher. Thread-safe; a context manager, which closes it.

    Tasks whose composed pods are equal but for the main container's command, arguments and literal variables, and the task's own
    name, labels and annotations share pods; any other has a pod of its own, and `explain` says why (docs/warm.md).

    Shapes: backend: one that has the methods of `Hosting`; it is closed with the pool. `keep` pods of each kind in use are ready
            ahead, of at most `limit` in all. `name`: of the pool: its pods are used by nobody else. `owner`: which scheduler this
            is; of two with one name the higher epoch sees to the tasks of the other, who is taken for dead (None: one after the
            pool, whose epoch is the time). `fresh`: True, or a function of the pod as wire JSON: who has a pod of his own.
            `init_once`: init containers that prepare the pod, not the task. `of_pod`: labels and annotations that are the pod's.
            `at_close`: "leave" pods and tasks to a successor, or "drain": wait for the tasks, and end the pods.
    Units:  `idle_timeout_s`, `max_age_s`, `drain_s` in seconds.
    Raises: TypeError, ValueError: the backend cannot, or a number is none.

    >>> from podcompose.backends import MemoryBackend
    >>> from podcompose.run import run_many
    >>> pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox", "command": ["true"]}]}}
    >>> with WarmPool(MemoryBackend(), keep=0, limit=2) as pool:
    ...     outcomes = dict(run_many(pool, {f"task/{number}": pod for number in range(10)}, max_in_flight=2))
    ...     print({outcome.kind for outcome in outcomes.values()}, pool.stats().tasks, pool.stats().pods)
    {'Succeeded'} 10 2
    """

    #: The clock of the backend, and how many launches it bears at once: there only where it has such.
    clock: Callable[[], datetime]
    concurrency: int

    def __init__(
        self,
        backend: HostingBackend,
        keep: int = 4,
        limit: int = 64,
        idle_timeout_s: float = 300.0,
        max_tasks: int = 100,
        max_age_s: float = 3600.0,
        *,
        name: str = "default",
        owner: Owner | None = None,
        fresh: bool | Callable[[Any], bool] = False,
        init_once: Collection[str] = (),
        of_pod: Collection[str] = (),
        at_close: Literal["leave", "drain"] = "leave",
        drain_s: float = 60.0,
    ) -> None:
        check(backend, keep, limit, idle_timeout_s, max_tasks, max_age_s)
        check_words(name, fresh, init_once, of_pod, at_close)
        holder = Owner(f"pool/{name}", time.time_ns() // 1_000_000) if owner is None else owner
        self._backend, self._at_close, self._drain_s = backend, at_close, drain_s
        clock = set_up(self, backend)
        self._pump: Pump | None = None
        wait: Any = None
        if callable(getattr(clock, "wait", None)):
            self._pump = Pump(clock)
            wait = self._virtual_wait
        lock = getattr(clock, "lock", None) or threading.RLock()
        kept = {} if wait is None else {"wait": wait}
        self._board = Board(clock, read=read_task, lock=lock, **kept)
        self._now: Callable[[], datetime] = clock
        self._crew = Hands(clock) if self._pump is None else self._pump
        machine = Machine(Settings(name, holder, min(keep, limit), limit, idle_timeout_s, max_tasks, max_age_s))
        self._yard = Yard(machine, self._board, threading.Condition(lock))
        self._tending = Tending(backend, self._yard, self._crew, holder, clock, self._look)
        self._upkeep = Upkeep(backend, self._yard, self._crew, clock, self._tending, name)
        self._launching = Launching(backend, self._yard, self._upkeep, holder, clock)
        self._lookout = Lookout(backend, self._yard, clock, self._pump, self._seen)
        self._fitting = Fitting(backend, fresh, init_once, of_pod)
        self._turns = Turns()
        self._moving = Moving(backend, self._yard, self._crew, clock, self._tending, self._fitting, self._turns, self._look)
        self._tending.unfit = self._moving.cannot_run
        self._fresh = 0
        self._stopping = Stopping(backend, self._yard, self._tending, clock)
        self._subscriptions: set[WarmSubscription] = set()
        self._closed = False

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._backend.namespace

    def launch(
        self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False, fresh: bool = False
    ) -> Launched:
        """
        Launch a task in a warm pod, or in one of its own, or find the one this launch id already has.

        Shapes: `fresh`: in a pod of its own.
        Units:  `deadline` is in seconds from now, for the launch itself.
        Raises: LaunchError, as the backend does.
        """
        prepared = for_launch(pod, launch_id, self.namespace)
        self._lookout.see(prepared.namespace, prepared)
        found = self._fitting.fit(prepared, fresh)
        with self._turns.of((prepared.namespace, launch_id)):
            there = self._there(prepared)
            if there is not None:
                return there
            if found.reasons != () or dry_run:
                launched = self._backend.launch(prepared.composed, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
                self._fresh += 0 if dry_run else 1
                return launched
            return self._launching.warm(prepared, found, deadline)

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the task of this launch id is there; after Unsettled or a crash. Raises as the backend's does."""
        where = self.namespace if namespace is None else namespace
        key = launch_label(launch_id)
        for record in self._backend.holders(where, label_of(key)):
            claim = claims_of(record).get(key)
            if claim is not None:
                return Launched(ref_of(claim, where), False)
        own = self._backend.settle(launch_id, where)
        found = self._yard.find(where, launch_id)
        return replace(own, ref=found[0].ref) if isinstance(own, Launched) and found is not None else own

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """
        Ask the task of this uid to end; one that has ended is acknowledged: its result is forgotten. Absent is done.

        Units:  `grace` in seconds; None: what its pod names.
        """
        self._lookout.see(ref.namespace)
        self._stopping.stop(ref, grace)
        self._look()

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a task over, unless an owner of a higher epoch has it, or another of the same."""
        self._lookout.see(ref.namespace)
        return self._stopping.adopt(ref, owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> WarmSubscription:
        """What happens to the selected tasks, and to pods of their own, from now or from a cursor on."""
        views, pump = self._lookout.views(where), self._lookout.pump
        subscription = WarmSubscription(self._board, where, cursor, views, pump, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        self._lookout.pump()
        subscription.begin()
        if self._closed:
            subscription.close()
        return subscription

    def output(self, ref: PodRef) -> bytes:
        """What a task has written, both streams in one; empty if nothing, or if it is not kept any longer."""
        with self._yard.lock:
            found = self._yard.of_task(ref.uid)
        return b"" if found is None else self._backend.output(found[0].record.ref, found[0].marks.container, found[1].inner)

    def announce(self, pods: Iterable[Pod]) -> None:
        """Have pods ready for such as these, and for no others that are not in use: at start-up, or when a template changed."""
        found = [self._fitting.fit(for_launch(pod, "announced", self.namespace)) for pod in pods]
        for one in found:
            if one.kind is not None:
                self._lookout.see(one.kind.namespace)
        with self._yard.lock:
            self._yard.machine.announce([one.kind for one in found if one.kind is not None])
        self._look()

    def explain(self, pod: Pod) -> Explanation:
        """Whether a task would go to a warm pod, and why not; what keeps it from the pods that are there."""
        found = self._fitting.fit(for_launch(pod, "explained", self.namespace))
        if found.kind is None:
            return Explanation(None, found.reasons)
        with self._yard.lock:
            machine = self._yard.machine
            return explained(found.kind, machine.counts(found.kind.digest), machine.kinds().values())

    def stats(self) -> Stats:
        """What it has done, and what is there."""
        with self._yard.lock:
            states = [pod.state for pod in self._yard.machine.pods.values()]
            counted = {state: states.count(state) for state in State if state in states}
            start_s = self._yard.starts.mean_s
            return Stats(self._launching.reused, self._fresh + self._moving.count, self._upkeep.started, counted, start_s)

    def drain(self, timeout_s: float | None = None) -> bool:
        """Start no more pods, wait for the tasks, end the pods; whether all of them ended in time."""
        end = None if timeout_s is None else self._now() + timedelta(seconds=timeout_s)
        with self._yard.lock:
            self._yard.machine.drain()
        self._look()
        with self._yard.lock:
            while self._yard.machine.living > 0:
                left = None if end is None else (end - self._now()).total_seconds()
                if (left is not None and left <= 0) or not self._board.wait(self._yard.stirred, left):
                    return False
        return True

    def close(self) -> None:
        """Close it, and the backend: pods and tasks are left to a successor, or drained first (`at_close`)."""
        if not self._closed and self._at_close == "drain":
            self.drain(self._drain_s)
        self._closed = True
        for subscription in tuple(self._subscriptions):
            subscription.close()
        self._crew.close()
        self._lookout.close()
        self._board.close()
        self._backend.close()

    def __enter__(self) -> WarmPool:
        """Itself; closed at the end, and its backend with it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def _there(self, prepared: Prepared) -> Launched | None:
        """The task or pod that this launch id has already."""
        found = self._yard.find(prepared.namespace, prepared.launch_id)
        if found is None:
            return None
        record, claim = found
        if claim is not None:
            return self._launching.still_there(prepared, claim)
        return self._moving.still_own(prepared, record)

    def _look(self) -> None:
        """See to what is due."""
        if not self._closed:
            self._upkeep.look()
            self._lookout.pump()

    def _seen(self) -> None:
        """Something has changed: what is due is done by who is free, or, by a virtual clock, at once."""
        if self._pump is None:
            self._crew.do(self._upkeep.look)
        else:
            self._upkeep.look()

    def _virtual_wait(self, condition: Any, timeout: float | None) -> bool:
        clock: Any = self._now
        return self._lookout.pump() or bool(clock.wait(condition, timeout))
