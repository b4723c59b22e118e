"""
Tasks in pods of this machine: processes beside the one that idles, with the variables of its container.

A task is run as a pod of its own that nobody sees, by a node of its own: start, deadline, TERM, grace and KILL are those of any
pod, and so is the mark by which everything of it is found and ended. It ends when the container does that it was ordered in.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from podcompose.backends.local.environment import MissingError, environment
from podcompose.backends.local.expansion import expand
from podcompose.backends.local.files import PodFiles
from podcompose.backends.local.host import Host
from podcompose.backends.local.node import Settings
from podcompose.backends.local.plan import field
from podcompose.backends.local.status import ADDRESSES
from podcompose.backends.tasks import HeardBoard, Hosted, Tasks, idle_pod
from podcompose.core.json import JsonMap
from podcompose.run.moments import instant
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Order, Report, Task, Told

__all__ = ["Deliveries", "Orders", "idle", "report_of", "task_pod"]

#: One process, that a TERM ends at once. The pod's own PATH may be of any kind.
_IDLE = ["/bin/sh", "-c", "PATH=$PATH:/usr/bin:/bin; exec sleep infinity"]
#: How much of a key tells a task's files from another's.
_SHORT = 12
_KILLED = 137
#: Of a container, what holds for its tasks, too.
_KEPT = ("name", "workingDir", "terminationMessagePolicy", "lifecycle")


def idle(manifest: JsonMap, container: str) -> JsonMap:
    """The pod as it waits for tasks."""
    return idle_pod(manifest, container, _IDLE)


class Deliveries:
    """Calls that are made one after another, in a thread of their own that is there as long as there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], object]] = []
        self._busy = False

    def add(self, call: Callable[[], object]) -> None:
        """Make this call soon."""
        with self._lock:
            self._waiting.append(call)
            busy, self._busy = self._busy, True
        if not busy:
            threading.Thread(target=self._deliver, name="podcompose-local-tasks", daemon=True).start()

    def _deliver(self) -> None:
        while True:
            with self._lock:
                calls, self._waiting = self._waiting, []
                self._busy = calls != []
            if calls == []:
                return
            for call in calls:
                _called(call)


def _called(call: Callable[[], object]) -> None:
    """A call that fails costs nobody else his."""
    try:
        call()
    except Exception:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


@dataclass(frozen=True, slots=True)
class _Process:
    """Where a task is run."""

    uid: str
    files: PodFiles
    scratch: TemporaryDirectory[str] | None


class Orders:
    """The tasks of a local backend, and their effects: hidden pods on a board of their own, under the same lock."""

    def __init__(self, board: HeardBoard, host: Host, settings: Settings, lock: threading.RLock) -> None:
        self._lock = lock
        self._host = host
        self._settings = settings
        self._hidden = HeardBoard(board.clock, lock=lock)
        self._hidden.heard = self._heard
        # A task has its place in its pod, and its log is kept until it is forgotten.
        self._beside = Host(self._hidden, replace(settings, max_pods=sys.maxsize, keeps_logs=True))
        self._closed = False
        self._deliveries = Deliveries()
        self._processes: dict[Hosted, _Process] = {}
        self._alive: dict[str, Hosted] = {}
        self._tasks = Tasks(board, self)
        board.heard = self._tasks.heard

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in a pod's container."""
        with self._lock:
            if self._closed:
                self.say(told, Report("gone", message="this backend was closed"))
            else:
                self._tasks.order(ref, container, order, told)

    def output(self, uid: str, key: str) -> bytes:
        """What a task has written so far."""
        hosted = self._tasks.find(uid, key)
        process = None if hosted is None else self._processes.get(hosted)
        return b"" if hosted is None or process is None else b"".join(process.files.chunks(hosted.container, 0))

    def close(self) -> None:
        """Kill every task and wait until none is left."""
        with self._lock:
            self._closed = True
        self._beside.close()
        with self._lock:
            alive, self._alive = self._alive, {}
            for hosted in alive.values():
                hosted.lost = True
                self._over(hosted, Report("gone"))

    def say(self, told: Told, report: Report) -> None:
        """Tell it from a thread that holds no lock."""
        self._deliveries.add(partial(told, report))

    def begin(self, hosted: Hosted, pod: JsonMap, task: Task) -> str | None:
        """Start the task's process; why not, if what it needs is not there."""
        if task.argv == ():
            return "there is no command"
        uid = uuid4().hex[:_SHORT]
        try:
            manifest, process = self._prepared(uid, pod, hosted.container, task)
        except (MissingError, OSError) as error:
            return str(error)
        self._processes[hosted], self._alive[uid] = process, hosted
        self._beside.accept(manifest)
        return None

    def stop(self, hosted: Hosted, grace_s: float) -> None:
        """TERM, after the grace KILL."""
        self._beside.delete(self._processes[hosted].uid, grace_s)

    def kill(self, hosted: Hosted) -> None:
        """KILL."""
        self._beside.delete(self._processes[hosted].uid, 0.0)

    def quit(self, pod: JsonMap, container: str) -> None:
        """The idle process ends."""
        self._host.quit(pod["metadata"]["uid"], container)

    def drop(self, hosted: Hosted, *, forgotten: bool) -> None:
        """Its files go, but where those of pods are kept they stay as long as nobody says that it is to be forgotten."""
        process = self._processes.pop(hosted, None)
        if process is None:
            return
        if not hosted.lost:  # one that was ended by us is removed by what ended it
            self._beside.delete(process.uid, 0.0)
        if forgotten or not self._settings.keeps_logs:
            process.files.remove([hosted.container])

    def _prepared(self, uid: str, pod: JsonMap, container: str, task: Task) -> tuple[JsonMap, _Process]:
        plan = _container_of(pod, container)
        variables = environment({**pod, "status": ADDRESSES}, plan, self._settings.sources)
        for name, value in task.env:
            variables[name] = expand(value, variables)
        argv = [expand(part, variables) for part in task.argv]
        scratch = None
        if "TMPDIR" not in variables:
            scratch = TemporaryDirectory(prefix="task-", dir=self._settings.directory, ignore_cleanup_errors=True)
            variables["TMPDIR"] = scratch.name
        manifest = task_pod(pod, plan, uid, replace(task, argv=tuple(argv), env=tuple(variables.items())))
        metadata = manifest["metadata"]
        return manifest, _Process(uid, PodFiles(self._settings.directory, metadata["namespace"], metadata["name"], uid), scratch)

    def _heard(self, uid: str, pod: JsonMap | None) -> None:
        """A hidden pod has changed."""
        hosted = self._alive.get(uid)
        if hosted is None or pod is None:
            return
        if pod["status"]["phase"] in ("Succeeded", "Failed"):
            del self._alive[uid]
            self._over(hosted, report_of(pod, hosted.stopped))
            return
        for status in pod["status"].get("containerStatuses", []):
            if "running" in status["state"]:
                self._tasks.running(hosted, instant(status["state"]["running"]["startedAt"]))

    def _over(self, hosted: Hosted, report: Report) -> None:
        scratch = self._processes[hosted].scratch
        if scratch is not None:
            self._deliveries.add(scratch.cleanup)
        self._tasks.ended(hosted, report)


def _container_of(pod: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    spec = pod["spec"]
    found: Mapping[str, Any] = next(
        one for one in [*field(spec, "containers", []), *field(spec, "initContainers", [])] if one["name"] == name
    )
    return found


def task_pod(pod: Mapping[str, Any], container: Mapping[str, Any], uid: str, task: Task) -> JsonMap:
    """
    A task as a pod of its own.

    Shapes: nothing is left to expand in `task`; `container` is the one of `pod` that it is ordered in.

    >>> pod = {"metadata": {"namespace": "ns", "name": "warm-1"}}
    >>> made = task_pod(pod, {"name": "base"}, "u1", Task("abc", "dag/1", ("echo", "$(X)"), (("A", "1"),)))
    >>> made["spec"]["containers"]
    [{'name': 'base', 'command': ['echo', '$$(X)'], 'env': [{'name': 'A', 'value': '1'}]}]
    """
    metadata = pod["metadata"]
    env = [{"name": name, "value": _literal(value)} for name, value in task.env]
    kept = {name: container[name] for name in _KEPT if name in container}
    name = f"{metadata['name']}.{task.key[:_SHORT]}"
    return {
        "metadata": {"namespace": metadata["namespace"], "name": name, "uid": uid, "generation": 1},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": task.grace_s,
            "activeDeadlineSeconds": task.deadline_s,
            "containers": [{**kept, "command": [_literal(part) for part in task.argv], "env": env}],
        },
    }


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def report_of(pod: Mapping[str, Any], stopped: bool) -> Report:
    """How a task has ended, told from the pod it was."""
    status = pod["status"]
    ended: Mapping[str, Any] = next(
        (one["state"]["terminated"] for one in status.get("containerStatuses", []) if "terminated" in one["state"]), {}
    )
    start_error = ended.get("reason") == "StartError"
    return Report(
        "ended",
        ended.get("exitCode", _KILLED),
        timed_out=status.get("reason") == "DeadlineExceeded",
        stopped=stopped and not start_error,
        start_error=start_error,
        started=None if start_error else instant(ended.get("startedAt")),
        finished=instant(ended.get("finishedAt")),
        message=ended.get("message", status.get("message", "") if ended == {} else ""),
    )
