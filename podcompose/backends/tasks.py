"""Tasks in pods that are there: what backends with a board have in common of `Hosting`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from podcompose.core.json import JsonMap
from podcompose.run.board import Board
from podcompose.run.records import PodRecord, PodRef
from podcompose.run.warm.hosting import Ask, Changed, Order, Quit, Report, Run, Stop, Swapped, Task, Told, Void

__all__ = ["Effects", "HeardBoard", "Hosted", "Tasks", "holders", "idle_pod", "run_of", "swap"]


class HeardBoard(Board):
    """A board that tells of every pod it is given or loses, its lock held."""

    heard: Callable[[str, JsonMap | None], None] = staticmethod(lambda uid, pod: None)

    def put(self, manifest: JsonMap) -> JsonMap:
        """A new or changed pod."""
        with self.changed:
            stored = super().put(manifest)
            self.heard(stored["metadata"]["uid"], stored)
            return stored

    def remove(self, uid: str) -> None:
        """A pod is no more."""
        with self.changed:
            super().remove(uid)
            self.heard(uid, None)


@dataclass(eq=False, slots=True)
class Hosted:
    """A task in its pod: that it has begun, who waits for its end, and, once it is known, its last word."""

    key: str
    launch_id: str
    uid: str
    container: str
    #: Which run of the container it is in.
    run: str
    started: datetime | None = None
    stopped: bool = False
    #: Its pod has ended under it.
    lost: bool = False
    report: Report | None = None
    waiters: list[Told] = field(default_factory=list)


class Effects(Protocol):
    """What a backend does for its tasks; the board's lock is held."""

    def say(self, told: Told, report: Report) -> None:
        """Tell it soon, and not from here."""
        ...

    def begin(self, hosted: Hosted, pod: JsonMap, task: Task) -> str | None:
        """Start the task; why that cannot even be tried, if it cannot."""
        ...

    def stop(self, hosted: Hosted, grace_s: float) -> None:
        """Have it end, within the grace."""
        ...

    def kill(self, hosted: Hosted) -> None:
        """Have it end at once: its pod has ended."""
        ...

    def quit(self, pod: JsonMap, container: str) -> None:
        """Have the idle program exit 0."""
        ...

    def drop(self, hosted: Hosted, *, forgotten: bool) -> None:
        """Nothing of it is asked for any more: its pod is gone, or its result was written down (`forgotten`)."""
        ...


class Tasks:
    """
    Every task of every pod of a board: each at most once in its pod, whoever orders it how often.

    Thread-safe, by the board's lock. The backend says what happens (`running`, `ended`, `heard`), and has its effects done.
    """

    def __init__(self, board: Board, effects: Effects) -> None:
        self._board = board
        self._effects = effects
        self._pods: dict[str, dict[str, Hosted]] = {}
        self._left: set[str] = set()

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in a pod's container; see `Hosting`."""
        with self._board.changed:
            pod = self._board.by_uid(ref.uid)
            run = None if pod is None or ref.uid in self._left else run_of(pod, container)
            if pod is None or run is None:
                self._effects.say(told, Report("gone", message=_not_running(pod, container)))
            elif isinstance(order, Run):
                self._forget(ref.uid, order.forget)
                self._run(pod, Hosted(order.task.key, order.task.launch_id, ref.uid, container, run), order.task, told)
            elif isinstance(order, Quit):
                self._left.add(ref.uid)
                self._effects.quit(pod, container)
                self._effects.say(told, Report("done"))
            else:
                self._ask(order, Hosted(order.key, "", ref.uid, container, run), told)

    def running(self, hosted: Hosted, at: datetime | None) -> None:
        """It has begun."""
        if hosted.started is None and hosted.report is None:
            hosted.started = at
            for told in hosted.waiters:
                self._effects.say(told, Report("running", started=at))

    def ended(self, hosted: Hosted, report: Report) -> None:
        """It is over; if its pod was before it, nobody can know how."""
        if hosted.report is not None:
            return
        if hosted.lost:
            report = Report("gone", started=hosted.started, message="the pod has ended, and the task with it")
        hosted.report = report if hosted.started is None or report.started is not None else replace(report, started=hosted.started)
        waiters, hosted.waiters = hosted.waiters, []
        for told in waiters:
            self._effects.say(told, hosted.report)
        if self._pods.get(hosted.uid, {}).get(hosted.key) is not hosted:
            self._effects.drop(hosted, forgotten=False)

    def heard(self, uid: str, pod: JsonMap | None) -> None:
        """A pod has changed, or (None) is no more: what ran in a container that has ended is lost."""
        there = self._pods.get(uid, {}) if pod is not None else self._pods.pop(uid, {})
        for hosted in tuple(there.values()):
            if pod is None and hosted.report is not None:
                self._effects.drop(hosted, forgotten=False)
            elif hosted.report is None and not hosted.lost and (pod is None or run_of(pod, hosted.container) != hosted.run):
                hosted.lost = True
                self._effects.kill(hosted)
        if pod is None:
            self._left.discard(uid)

    def find(self, uid: str, key: str) -> Hosted | None:
        """The task of a key in a pod; None if it is not known there, or was stopped before it began."""
        with self._board.changed:
            hosted = self._pods.get(uid, {}).get(key)
            return None if hosted is None or (hosted.report is not None and hosted.report.state == "void") else hosted

    def _forget(self, uid: str, keys: Iterable[str]) -> None:
        there = self._pods.get(uid, {})
        for key in keys:
            if key in there and there[key].report is not None:
                self._effects.drop(there.pop(key), forgotten=True)

    def _run(self, pod: JsonMap, hosted: Hosted, task: Task, told: Told) -> None:
        there = self._pods.setdefault(hosted.uid, {})
        if hosted.key in there:
            self._wait(there[hosted.key], told)
            return
        other = next((one for one in there.values() if one.report is None and one.run == hosted.run), None)
        if other is not None:
            self._effects.say(told, Report("busy", message=other.key))
            return
        hosted.waiters.append(told)
        there[hosted.key] = hosted
        wrong = self._effects.begin(hosted, pod, task)
        if wrong is not None:
            del there[hosted.key]
            hosted.report = Report("unfit", message=wrong)
            self._effects.say(told, hosted.report)

    def _wait(self, hosted: Hosted, told: Told) -> None:
        if hosted.report is not None:
            self._effects.say(told, hosted.report)
            return
        hosted.waiters.append(told)
        if hosted.started is not None:
            self._effects.say(told, Report("running", started=hosted.started))

    def _ask(self, order: Stop | Void | Ask, absent: Hosted, told: Told) -> None:
        """Of a task that is known or not; one that is stopped before it began is remembered."""
        hosted = self._pods.get(absent.uid, {}).get(order.key)
        if hosted is not None:
            self._wait(hosted, told)
            if isinstance(order, Stop) and hosted.report is None:
                hosted.stopped = True
                self._effects.stop(hosted, order.grace_s)
        elif not isinstance(order, Ask):
            absent.report = Report("void")
            self._pods.setdefault(absent.uid, {})[order.key] = absent
            self._effects.say(told, absent.report)
        else:
            self._effects.say(told, Report("absent"))


def run_of(pod: Mapping[str, Any], container: str) -> str | None:
    """
    Which run of a container goes on in a pod; None if it does not run.

    >>> status = {"phase": "Running", "containerStatuses": [{"name": "base", "containerID": "c1", "state": {"running": {}}}]}
    >>> run_of({"status": status}, "base"), run_of({"status": {**status, "phase": "Failed"}}, "base")
    ('c1', None)
    """
    status = pod["status"]
    if status.get("phase") in ("Succeeded", "Failed"):
        return None
    statuses = [one for one in status.get("containerStatuses", []) if one["name"] == container and "running" in one["state"]]
    return None if statuses == [] else str(statuses[0].get("containerID", ""))


def _not_running(pod: JsonMap | None, container: str) -> str:
    return "there is no such pod" if pod is None else f"the container {container!r} is not running"


def idle_pod(manifest: Mapping[str, Any], container: str, command: list[str]) -> JsonMap:
    """
    The pod with another command in one container, and no arguments there.

    >>> idle_pod({"spec": {"containers": [{"name": "a", "args": ["x"]}, {"name": "b"}]}}, "a", ["sleep"])
    {'spec': {'containers': [{'name': 'a', 'command': ['sleep']}, {'name': 'b'}]}}
    """
    containers = [
        {**{name: value for name, value in one.items() if name != "args"}, "command": list(command)}
        if one["name"] == container
        else one
        for one in manifest["spec"]["containers"]
    ]
    return {**manifest, "spec": {**manifest["spec"], "containers": containers}}


def swap(
    board: Board, record: PodRecord, labels: Mapping[str, str | None], annotations: Mapping[str, str | None]
) -> Swapped | Changed:
    """Write labels and annotations on a pod of a board, if it is as it was in this record."""
    with board.changed:
        pod = board.by_uid(record.ref.uid)
        if pod is None:
            return Changed(None)
        if pod["metadata"]["resourceVersion"] != record.resource_version:
            return Changed(_record(board, pod))
        written = {"labels": labels, "annotations": annotations}
        changed = {name: _merged(pod["metadata"].get(name), said) for name, said in written.items() if said != {}}
        return Swapped(_record(board, board.put({**pod, "metadata": {**pod["metadata"], **changed}})))


def holders(board: Board, namespace: str, label: str) -> tuple[PodRecord, ...]:
    """The pods of a namespace of a board that have a label of this name."""
    with board.changed:
        pods = [pod for pod in board.pods if pod["metadata"]["namespace"] == namespace]
        return tuple(_record(board, pod) for pod in pods if label in (pod["metadata"].get("labels") or {}))


def _record(board: Board, pod: JsonMap) -> PodRecord:
    return board.read(pod, stopped_at=board.stops.get(pod["metadata"]["uid"]), now=board.clock()).record


def _merged(before: Mapping[str, str] | None, said: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**({} if before is None else before), **said}
    return {name: value for name, value in merged.items() if value is not None}
