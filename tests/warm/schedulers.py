"""Schedulers that launch through warm pools over one world: their connections fail, they die in the middle of things."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from podcompose.errors import Problem
from podcompose.run.errors import Refused, Unreachable, Unsettled
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Gone, Launched, Seen, Selection
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.warm.hosting import Changed, Order, Report, Run, Swapped, Told
from podcompose.run.warm.pool import WarmPool
from tests.warm.world import UNFIT, World

__all__ = ["Armed", "Connection", "Died", "JobLog", "Scheduler"]

T = TypeVar("T")


class JobLog(logging.Handler):
    """What a pool logs as a job that failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        error = record.exc_info[1] if record.exc_info else None
        self.found.append(f"{record.getMessage()}: {error!r}")


class Died(BaseException):
    """The scheduler was killed here: nothing of it catches that."""


@dataclass
class Armed:
    """What becomes of a call: after so many of its operation that are well."""

    operation: str
    after: int
    what: str
    #: Done meanwhile, where that is what becomes of it.
    meanwhile: Callable[[], object] = lambda: None


class Connection:
    """The world, as one scheduler reaches it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clock = world.clock
        self.namespace = world.namespace
        self.armed: list[Armed] = []
        self.is_dead = False

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """As the world does, or not."""
        return self._through("launch", lambda: self._world.launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run))

    def settle(self, launch_id: str, namespace: str | None = None) -> Any:
        """As the world does."""
        return self._through("settle", lambda: self._world.settle(launch_id, namespace))

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """As the world does, or not."""
        self._through("stop", lambda: self._world.stop(ref, grace=grace))

    def adopt(self, ref: PodRef, owner: Owner) -> Any:
        """As the world does."""
        return self._world.adopt(ref, owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        """As the world does."""
        return self._world.subscribe(where, cursor=cursor)

    def unfit(self, manifest: Any, container: str) -> Any:
        """As the world does: it is found out late."""
        return self._world.unfit(manifest, container)

    def idle(self, manifest: Any, container: str) -> Any:
        """As the world does."""
        return self._world.idle(manifest, container)

    def output(self, ref: PodRef, container: str, key: str) -> bytes:
        """As the world does."""
        return self._world.output(ref, container, key)

    def swap(self, record: PodRecord, labels: Mapping[str, str | None], annotations: Mapping[str, str | None]) -> Swapped | Changed:
        """As the world does, or not."""
        return self._through("swap", lambda: self._world.swap(record, labels, annotations))

    def holders(self, namespace: str, label: str, *, since: str = "") -> tuple[PodRecord, ...]:
        """As the world does, or not."""
        return self._through("holders", lambda: self._world.holders(namespace, label, since=since))

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """As the world does, or its answer is cut off."""

        def heard(report: Report) -> None:
            if not self.is_dead:
                told(report)

        def lost() -> None:
            self._ordered(ref, container, order, lambda report: None)
            cut()

        def cut() -> None:
            self.clock.after(0, lambda: heard(Report("cut", message="scripted")))

        try:
            self._through("order", lambda: self._ordered(ref, container, order, heard), lost)
        except Unreachable:
            cut()

    def close(self) -> None:
        """The world goes on."""

    def _ordered(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        pod = self._world.manifest(ref)
        if isinstance(order, Run) and pod is not None and pod["spec"]["containers"][0]["image"] == UNFIT:
            self.clock.after(0, lambda: told(Report("unfit", message="no shell")))
            return
        self._world.order(ref, container, order, told)

    def _through(self, operation: str, call: Callable[[], T], lost: Callable[[], T] | None = None) -> T:
        if self.is_dead:
            raise Died
        armed = self._due(operation)
        if armed is None:
            return call()
        if armed.what == "meanwhile before":
            armed.meanwhile()
        if armed.what == "fail":
            raise Unreachable([Problem("scripted", "", operation)])
        if armed.what == "refuse":
            raise Refused([Problem("scripted", "", operation)])
        if armed.what == "die before":
            self._die()
        if armed.what == "lose" and lost is not None:
            return lost()
        result = call()
        if armed.what == "die after":
            self._die()
        if armed.what == "lose":
            raise Unsettled([Problem("scripted", "", operation)])
        if armed.what == "meanwhile after":
            armed.meanwhile()
        return result

    def _die(self) -> None:
        self.is_dead = True
        raise Died

    def _due(self, operation: str) -> Armed | None:
        for armed in self.armed:
            if armed.operation == operation:
                armed.after -= 1
                if armed.after < 0:
                    self.armed.remove(armed)
                    return armed
        return None


class Scheduler:
    """One that launches and watches through a pool of its own; `check` is asked about each outcome it is told."""

    def __init__(self, world: World, owner: Owner, numbers: Mapping[str, Any], check: Callable[[str, str, Outcome], None]) -> None:
        self.world, self.owner, self._check = world, owner, check
        self.connection = Connection(world)
        self.is_busy = False
        #: The uids that its launches gave; the outcomes it was told, by any of its subscriptions, and by this one.
        self.launched: set[str] = set()
        self.told: dict[str, Outcome] = {}
        self._told_here: set[str] = set()
        backend: Any = self.connection
        self.pool = WarmPool(backend, owner=owner, name="p", **numbers)
        self._cursor = ""
        self._subscription = self.pool.subscribe(Selection())

    @property
    def is_dead(self) -> bool:
        """Whether it was killed."""
        return self.connection.is_dead

    def kill(self) -> None:
        """It is no more, and closes nothing."""
        self.connection.is_dead = True

    def do(self, call: Callable[[], T]) -> T | None:
        """Have something done; None if it dies of it, is dead, or is in the middle of something."""
        if self.is_dead or self.is_busy:
            return None
        self.is_busy = True
        try:
            return call()
        except Died:
            return None
        finally:
            self.is_busy = False

    def poll(self, timeout: float = 0.0) -> None:
        """Read what there is."""
        self.do(lambda: self._poll(timeout))

    def resubscribe(self, *, afresh: bool) -> None:
        """Read on with another subscription."""

        def anew() -> None:
            if afresh or self._cursor == "":
                self._poll(0.0)
            self._subscription.close()
            self._told_here = set()
            self._subscription = self.pool.subscribe(Selection(), cursor=None if afresh else self._cursor)

        self.do(anew)

    def _poll(self, timeout: float) -> None:
        while True:
            batch = self._subscription.poll(timeout)
            self._cursor = batch.cursor
            for change in batch.changes:
                if isinstance(change, (Seen, Gone)) and change.outcome is not None:
                    self._hear(change.record, change.outcome)
            if batch.changes == ():
                return

    def _hear(self, record: PodRecord, outcome: Outcome) -> None:
        uid, wrongs = record.ref.uid, self.world.truth.wrongs
        if uid in self._told_here:
            wrongs.append(f"an outcome of {record.launch_id} was told twice")
        if self.told.get(uid, outcome) != outcome:
            wrongs.append(f"{record.launch_id} had the outcome {self.told[uid]}, then {outcome}")
        self._told_here.add(uid)
        self.told[uid] = outcome
        self._check(record.launch_id or "", uid, outcome)
