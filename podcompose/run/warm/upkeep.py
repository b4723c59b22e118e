"""The pods of a pool: started ahead, marked, ended; what the machine says is due, done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from podcompose.run.errors import LaunchError
from podcompose.run.prepare import for_launch
from podcompose.run.protocols import Backend, Launched
from podcompose.run.records import PodRef
from podcompose.run.warm import marks
from podcompose.run.warm.claims import Claim
from podcompose.run.warm.commands import Attend, Command, Conclude, End, Leave, Spend, Start, WarmPod
from podcompose.run.warm.crew import Crew
from podcompose.run.warm.hosting import Changed, Hosting, Quit
from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.starting import idle_pod, pod_id, provisional
from podcompose.run.warm.tending import Tending
from podcompose.run.warm.yard import Yard

__all__ = ["HostingBackend", "Upkeep"]

#: How long something that failed, or whose effect is not seen yet, is not tried again.
_REST_S = 5.0


class HostingBackend(Backend, Hosting, Protocol):
    """A backend whose pods can be kept warm."""


class Upkeep:
    """What is due, done."""

    def __init__(
        self, backend: HostingBackend, yard: Yard, crew: Crew, clock: Callable[[], datetime], tending: Tending, pool: str
    ) -> None:
        self._backend, self._yard, self._crew, self._clock = backend, yard, crew, clock
        self._tending, self._pool = tending, pool
        self._wakes_at: datetime | None = None
        self.started = 0

    def look(self) -> None:
        """Begin what is due, and look again when more may be."""
        now = self._clock()
        with self._yard.lock:
            commands = self._yard.machine.due(now)
            wait_s = self._yard.machine.next_due(now)
        for command in commands:
            self._begin(command)
        self._wake_in(wait_s, now)

    def start(self, kind: Kind, claim: Claim | None = None, spent: str | None = None, deadline: float | None = None) -> PodRef:
        """
        Start a pod of a kind, with a claim it begins with.

        Raises: LaunchError.
        """
        launch_id = pod_id(self._pool, kind)
        now = self._clock()
        with self._yard.lock:
            self._yard.starts.asked(launch_id, now)
        try:
            manifest = self._backend.idle(kind.manifest, kind.container)
            composition = idle_pod(manifest, kind, self._pool, now, claim, spent)
            launched: Launched = self._backend.launch(composition, launch_id=launch_id, deadline=deadline)
            with self._yard.lock:
                self.started += 1
                sent = for_launch(composition, launch_id, kind.namespace).composition
                self._yard.see(provisional(launched, launch_id, sent), now)
            return launched.ref
        except LaunchError:
            with self._yard.lock:
                self._yard.starts.forget(launch_id)
            raise
        finally:
            with self._yard.lock:
                self._yard.machine.started(kind)

    def _wake_in(self, wait_s: float | None, now: datetime) -> None:
        if wait_s is None:
            return
        at = now.timestamp() + wait_s
        if self._wakes_at is None or at < self._wakes_at.timestamp() or self._wakes_at <= now:
            self._wakes_at = datetime.fromtimestamp(at, now.tzinfo)
            self._crew.later(max(wait_s, 0.01), self.look)

    def _begin(self, command: Command) -> None:
        if isinstance(command, Attend):
            self._tending.tend(command.uid, command.key)
            self._done(command.uid)
        elif isinstance(command, Start):
            self._crew.do(lambda: self._start(command.kind))
        elif isinstance(command, Conclude):
            self._crew.do(lambda: self._conclude(command))
        else:
            self._crew.do(lambda: self._end(command))

    def _start(self, kind: Kind) -> None:
        try:
            self.start(kind)
        except LaunchError:
            with self._yard.lock:
                self._yard.machine.rest(kind.digest, self._clock())
            self._crew.later(2 * _REST_S, self.look)

    def _conclude(self, command: Conclude) -> None:
        self._tending.conclude(command.uid, command.key)
        self._done(command.uid)
        self.look()

    def _end(self, command: Spend | End | Leave) -> None:
        with self._yard.lock:
            pod = self._yard.machine.pods.get(command.uid)
        if pod is None:
            return
        rest_s = _REST_S
        try:
            rest_s = self._ended(command, pod)
        except LaunchError:
            pass  # it is tried again
        finally:
            self._done(command.uid, rest_s)
        if isinstance(command, Spend):
            self.look()

    def _ended(self, command: Spend | End | Leave, pod: WarmPod) -> float:
        """Do it; how long it is not to be done again."""
        if isinstance(command, Spend):
            result = self._backend.swap(pod.record, {}, {marks.SPENT: command.why})
            with self._yard.lock:
                if result.record is not None:
                    self._yard.see(result.record, self._clock())
            return 0.05 if isinstance(result, Changed) else 0.0
        if isinstance(command, Leave):
            self._backend.order(pod.record.ref, pod.marks.container, Quit(), lambda report: None)
        else:
            self._backend.stop(pod.record.ref)
        return _REST_S

    def _done(self, uid: str, rest_s: float = 0.0) -> None:
        with self._yard.lock:
            self._yard.machine.done(uid, self._clock(), rest_s=rest_s)
