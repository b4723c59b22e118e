"""The node: admits pods, has their containers started and ended, and writes what becomes of them on the board."""

from __future__ import annotations

import heapq
import signal
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from podcompose.backends.local import changes
from podcompose.backends.local.environment import MissingError, Sources, environment
from podcompose.backends.local.expansion import expand
from podcompose.backends.local.files import PodFiles
from podcompose.backends.local.lifecycle import Backoff, Decision, Life, decide, new_life
from podcompose.backends.local.plan import field, plan_of
from podcompose.backends.local.processes import Ended, Failed, KeeperGone, Notice, Processes, Started
from podcompose.backends.local.status import ADDRESSES, pending_status, rfc3339, status_of
from podcompose.core.json import JsonMap
from podcompose.run.board import Board

__all__ = ["Node", "Settings"]

MESSAGE_PATH = "PODCOMPOSE_TERMINATION_MESSAGE_PATH"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for every pod."""

    directory: Path
    working_directory: str
    environment: dict[str, str]
    sources: Sources
    backoff: Backoff
    max_pods: int
    node_name: str
    keeps_logs: bool


@dataclass(slots=True)
class Entry:
    """A pod that was admitted and is not over."""

    life: Life
    files: PodFiles
    #: As it is on the board, or is to be put there.
    pod: JsonMap
    published: bool = False
    wake: float | None = None
    #: A container that was told to quit: its end is an exit with 0.
    quits: str | None = None


class Node:
    """
    Every method is called with the board's lock held.

    Level-triggered: whatever happens changes a life; `step` does what is to be done then, and writes the status.
    """

    def __init__(self, board: Board, settings: Settings, processes: Callable[[], Processes]) -> None:
        self.board = board
        self.settings = settings
        self.entries: dict[str, Entry] = {}
        self._processes = processes
        self._waiting: deque[str] = deque()
        self._runs: dict[str, tuple[str, str]] = {}
        self._timers: list[tuple[float, str]] = []
        self._dirty: dict[str, None] = {}

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.board.clock().timestamp()

    @property
    def due(self) -> float | None:
        """When `step` is to be called though nothing happens."""
        return self._timers[0][0] if self._timers else None

    def accept(self, manifest: JsonMap) -> JsonMap:
        """A new pod: it begins, or waits for room; what it is then."""
        uid = manifest["metadata"]["uid"]
        if self._has_room:
            self._begin({**manifest, "status": pending_status()})
        else:
            self.board.put({**manifest, "status": pending_status()})
            self._waiting.append(uid)
        return manifest

    def delete(self, uid: str, grace: float | None) -> None:
        """Someone asks the pod to end; one that has not begun, or has ended, is removed at once."""
        pod = self.board.by_uid(uid)
        if pod is None:
            return
        entry, now = self.entries.get(uid), self.now
        if entry is None:
            self._remove(uid, now)
            return
        entry.life = changes.delete(entry.life, grace, now)
        deletion = entry.life.deletion
        if deletion is not None:
            self.board.put(_marked(pod, deletion.at + deletion.grace, deletion.grace))
        self._touch(uid)

    def quit(self, uid: str, name: str) -> None:
        """A container is to end at once, as if its program had exited 0."""
        entry = self.entries.get(uid)
        if entry is not None:
            entry.quits = name
            self._signal(entry.life, name, signal.SIGKILL)

    def noticed(self, notice: Notice) -> None:
        """Something has happened to a container."""
        if isinstance(notice, KeeperGone):
            self._all_lost()
            return
        uid, name = self._runs.get(notice.id, ("", ""))
        entry = self.entries.get(uid)
        if entry is None:
            return
        if isinstance(notice, Started):
            entry.life = changes.started(entry.life, name, self.now)
        else:
            del self._runs[notice.id]
            try:
                entry.life = self._ended(entry, name, notice)
            except Exception as error:
                self._give_up(uid, f"{type(error).__name__}: {error}")
                return
        self._touch(uid)

    def step(self) -> None:
        """Do all that is to be done now."""
        now = self.now
        while self._timers and self._timers[0][0] <= now:
            self._touch(heapq.heappop(self._timers)[1])
        while self._dirty or (self._waiting and self._has_room):
            touched, self._dirty = self._dirty, {}
            for uid in touched:
                try:
                    self._advance(uid, now)
                except Exception as error:  # a bug of ours, for sure: it costs this pod, and no other
                    self._give_up(uid, f"{type(error).__name__}: {error}")
            self._admit()

    def _touch(self, uid: str) -> None:
        self._dirty[uid] = None

    @property
    def _has_room(self) -> bool:
        return len(self.entries) < self.settings.max_pods

    def _admit(self) -> None:
        """Give room to those who wait, first come, first served."""
        while self._waiting and self._has_room:
            pod = self.board.by_uid(self._waiting.popleft())
            if pod is not None:
                self._begin(pod)

    def _begin(self, pod: JsonMap) -> None:
        """A pod has a place."""
        metadata, settings = pod["metadata"], self.settings
        bound = {**pod, "spec": {**pod["spec"], "nodeName": field(pod["spec"], "nodeName", settings.node_name)}}
        files = PodFiles(settings.directory, metadata["namespace"], metadata["name"], metadata["uid"])
        life = new_life(plan_of(pod["spec"]), self.now, settings.backoff)
        self.entries[metadata["uid"]] = Entry(life, files, bound)
        self._touch(metadata["uid"])

    def _advance(self, uid: str, now: float) -> None:
        """Decide and do until there is nothing more to do; then write down how the pod stands."""
        entry = self.entries.get(uid)
        if entry is None:
            return
        while True:
            decision = decide(entry.life, now)
            if not self._done(uid, entry, decision, now):
                break
        if decision.wake is not None and decision.wake != entry.wake:
            heapq.heappush(self._timers, (decision.wake, uid))
        entry.wake = decision.wake
        self._publish(uid, entry, now)

    def _done(self, uid: str, entry: Entry, decision: Decision, now: float) -> bool:
        """Do what was decided; whether to decide again."""
        for name in decision.start:
            self._start(uid, entry, name, now)
        for names, number in ((decision.term, None), (decision.kill, signal.SIGKILL)):
            for name in names:
                self._signal(entry.life, name, number)
        if decision.term != () or decision.kill != ():
            entry.life = changes.signalled(entry.life, decision)
        if decision.ends:
            entry.life = changes.marked(entry.life, decision, now)
        if decision.over and not entry.life.over:
            entry.life = changes.over(entry.life, now)
            return False
        return decision.start != () or decision.ends

    def _start(self, uid: str, entry: Entry, name: str, now: float) -> None:
        """Order a container's start; what cannot be is an end of this container, and of nothing else."""
        held_back = max(self.settings.backoff.first, 0.05)
        try:
            self._order(uid, entry, name, now)
        except MissingError as error:
            entry.life = changes.unready(entry.life, name, str(error), now + held_back)
        except Exception as error:
            message = f"the container cannot be started: {type(error).__name__}: {error}"
            entry.life = changes.unstartable(entry.life, name, message, now, held_back)

    def _order(self, uid: str, entry: Entry, name: str, now: float) -> None:
        container = entry.life.plan.containers[name].manifest
        variables = environment({**entry.pod, "status": ADDRESSES}, container, self.settings.sources)
        argv = [expand(part, variables) for part in [*field(container, "command", []), *field(container, "args", [])]]
        run_id, cwd = uuid.uuid4().hex, field(container, "workingDir", "") or self.settings.working_directory
        life = changes.starting(entry.life, name, run_id, now)
        restarts = life.containers[name].restarts
        variables = {**self.settings.environment, MESSAGE_PATH: entry.files.message(name, restarts), **variables}
        self._processes().start(run_id, argv, variables, cwd, entry.files.log(name, restarts))
        self._runs[run_id], entry.life = (uid, name), life

    def _signal(self, life: Life, name: str, number: int | None) -> None:
        container = life.containers[name]
        if container.run is not None:
            asked = getattr(signal, life.plan.containers[name].stop_signal, signal.SIGTERM)
            self._processes().signal(container.run.id, int(asked if number is None else number))

    def _ended(self, entry: Entry, name: str, notice: Ended | Failed) -> Life:
        if isinstance(notice, Failed):
            return changes.failed(entry.life, name, notice.message, self.now)
        manifest = entry.life.plan.containers[name].manifest
        restarts = entry.life.containers[name].restarts
        code = 0 if entry.quits == name else notice.code
        message = entry.files.termination_message(manifest, restarts, code)
        return changes.ended(entry.life, name, code, message, self.now)

    def _all_lost(self) -> None:
        """The keeper is gone, and no container without it."""
        self._runs.clear()
        for uid, entry in self.entries.items():
            for name in [name for name, container in entry.life.containers.items() if container.alive]:
                entry.life = changes.lost(entry.life, name, self.now)
            self._touch(uid)

    def _give_up(self, uid: str, message: str) -> None:
        """Nothing more can be done for a pod than to end what runs of it."""
        entry = self.entries.pop(uid)
        for name in entry.life.containers:
            self._signal(entry.life, name, signal.SIGKILL)
        pod = self.board.by_uid(uid) or entry.pod
        self.board.put({**pod, "status": {**pod["status"], "phase": "Failed", "reason": "NodeError", "message": message}})

    def _publish(self, uid: str, entry: Entry, now: float) -> None:
        pod = self.board.by_uid(uid) if entry.published else entry.pod
        if pod is not None:
            entry.published = True
            status = status_of(entry.life, pod["metadata"], pod["status"], now)
            if status != pod["status"]:
                self.board.put({**pod, "spec": entry.pod["spec"], "status": status})
        elif entry.life.deletion is None:
            # Somebody took it off the board: there is nothing to tell any more, and nobody to tell it to.
            entry.life = changes.delete(entry.life, 0.0, now)
            self._touch(uid)
        if entry.life.over:
            del self.entries[uid]
            if entry.life.deletion is not None:
                self._remove(uid, now)

    def _remove(self, uid: str, now: float) -> None:
        """As the API server removes a pod: its deletion is now, then it is gone."""
        pod = self.board.by_uid(uid)
        if pod is None:
            return
        self.board.put(_marked(pod, now, 0.0))
        self.board.remove(uid)
        if not self.settings.keeps_logs:
            metadata = pod["metadata"]
            files = PodFiles(self.settings.directory, metadata["namespace"], metadata["name"], uid)
            files.remove(plan_of(pod["spec"]).containers)


def _marked(pod: JsonMap, at: float, grace: float) -> JsonMap:
    """The pod with its deletion; the first time it is asked for, that is a generation of its own."""
    metadata = pod["metadata"]
    generation = metadata["generation"] + ("deletionTimestamp" not in metadata)
    deletion = {"generation": generation, "deletionTimestamp": rfc3339(at), "deletionGracePeriodSeconds": int(grace)}
    return {**pod, "metadata": {**metadata, **deletion}}
