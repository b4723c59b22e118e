"""A world for laws of the warm pool: pods in memory, and what truly happened in them, written down by whoever sees it happen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from podcompose.backends.memory import BadCommand, Evicted, Fate, MemoryBackend, NodeLost, OOMs, Runs
from podcompose.backends.tasks import Hosted
from podcompose.core.json import JsonMap
from podcompose.run.naming import launch_label
from podcompose.run.observe import observe
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Report, Task
from podcompose.run.warm.life import STEPS, Standing, State, state_of

__all__ = ["HARMS", "SHELLLESS", "UNFIT", "Happened", "World", "is_warm"]

#: Images: one that cannot start the idle program, and one in whose pods a task cannot be run.
SHELLLESS, UNFIT = "no-shell", "unfit"
POOL, SPENT, TASKS = "podcompose.io/warm-pool", "podcompose.io/warm-spent", "podcompose.io/warm-tasks"
CLAIM = "task.podcompose.io/"
_EPOCH = "1970-01-01T00:00:00Z"

HARMS: dict[str, Fate] = {"evict": Evicted(0.0), "oom": OOMs(0.0), "lose node": NodeLost(0.0)}


def _reach() -> dict[State | None, set[State | None]]:
    """Where each state may lead to, over any number of steps: events coalesce."""
    reach: dict[State | None, set[State | None]] = {state: {state} for state in (*State, None)}
    for _ in STEPS:
        for before, after, _ in STEPS:
            for found in reach.values():
                if before in found:
                    found.add(after)
    return reach


REACH = _reach()


@dataclass
class Happened:
    """One program that has begun, and how it ended."""

    launch_id: str
    pod: str
    report: Report | None = None
    times: int = 1

    @property
    def ran(self) -> bool:
        """Whether anything of the program ran."""
        return self.report is None or not self.report.start_error


@dataclass
class Version:
    """A warm pod as it was last: its state, and its tasks by uid, with whether each has a result."""

    state: State | None
    tasks: dict[str, bool]


@dataclass
class Truth:
    """What happened, by tasks' uids; what should not have."""

    runs: dict[str, Happened] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    #: Tasks that somebody stopped or acknowledged; pods that were harmed from outside.
    stopped: set[str] = field(default_factory=set)
    harmed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    wrongs: list[str] = field(default_factory=list)

    def begun(self, uid: str, launch_id: str, pod: str) -> None:
        """A program has begun."""
        there = self.runs.get(uid)
        if there is None:
            self.runs[uid] = Happened(launch_id, pod)
        else:
            there.times += 1
            self.wrongs.append(f"{launch_id} runs again")

    def ended(self, uid: str, report: Report) -> None:
        """A program has ended."""
        if uid in self.runs and self.runs[uid].report is None:
            self.runs[uid].report = report

    def changed(self, pod: str, state: State | None, tasks: dict[str, bool]) -> None:
        """A warm pod is as it is now; None: it is no more."""
        before = self.versions.get(pod, Version(None, {}))
        if state not in REACH[before.state]:
            self.wrongs.append(f"no steps lead from {before.state} to {state}")
        for uid, has_result in before.tasks.items():
            if uid not in tasks and not self._may_vanish(pod, uid, has_result, gone=state is None):
                self.wrongs.append(f"the task {uid} vanished from its pod: result {has_result}, pod gone {state is None}")
        self.versions[pod] = Version(state, tasks)

    def _may_vanish(self, pod: str, uid: str, has_result: bool, *, gone: bool) -> bool:
        """Who was stopped, or has not begun and is withdrawn or moved, or was in a pod that others have harmed."""
        withdrawn = not gone and not has_result and uid not in self.runs
        return withdrawn or uid in self.stopped or uid in self.moved or pod in self.harmed


class World(MemoryBackend):
    """Pods in memory; what becomes of tasks says `programs`, by launch id."""

    def __init__(self, programs: dict[str, Fate]) -> None:
        super().__init__(programs)
        self.truth = Truth()
        #: The images of launch ids: what their kind is.
        self.images: dict[str, str] = {}
        self._hear()

    def key_is_there(self, launch_id: str) -> bool:
        """Whether any pod has this launch id's task, or is its own."""
        key = launch_label(launch_id)
        said = [pod["metadata"].get("labels") or {} for pod in self._board.pods]
        return any(CLAIM + key in labels or labels.get("podcompose.io/launch") == key for labels in said)

    def warm_pods(self) -> list[JsonMap]:
        """The warm pods, oldest first."""
        return [pod for pod in self._board.pods if is_warm(pod)]

    def able_pods(self, max_tasks: int) -> list[JsonMap]:
        """The warm pods that can take tasks, now or later."""
        return [pod for pod in self.warm_pods() if _is_able(pod, max_tasks)]

    def open_tasks(self) -> list[str]:
        """The uids of tasks that have a claim and no result."""
        return [uid for pod in self._board.pods if is_warm(pod) for uid, has_result in _tasks(pod).items() if not has_result]

    def harm(self, pod: JsonMap, how: str) -> None:
        """Something befalls a pod that no scheduler did."""
        ref = _ref(pod)
        self.truth.harmed.add(ref.uid)
        with self._board.changed:
            if how in HARMS and pod["status"].get("phase") == "Running":
                self._lives.strike(pod, HARMS[how])
            elif how == "delete":
                self.delete(ref)
            elif how == "delete at once":
                self.delete(ref, grace=0)
            else:
                self.remove(ref)

    def _fate_of_pod(self, pod: JsonMap, launch_id: str) -> Fate:
        if is_warm(pod):
            return BadCommand() if pod["spec"]["containers"][0]["image"] == SHELLLESS else Runs(0, 0.0)
        return super()._fate_of_pod(pod, launch_id)

    def _hear(self) -> None:
        orders: Any = self._orders
        begin, ended, heard = orders.begin, orders._tasks.ended, self._board.heard

        def began(hosted: Hosted, pod: JsonMap, task: Task) -> str | None:
            self._note_begin(hosted, pod, task)
            wrong: str | None = begin(hosted, pod, task)
            return wrong

        def has_ended(hosted: Hosted, report: Report) -> None:
            ended(hosted, report)
            if hosted.report is not None and hosted in self._uids_of:
                self.truth.ended(self._uids_of[hosted], hosted.report)

        def is_heard(uid: str, pod: JsonMap | None) -> None:
            heard(uid, pod)
            self._note_pod(uid, pod)

        self._uids_of: dict[Hosted, str] = {}
        orders.begin, orders._tasks.ended, self._board.heard = began, has_ended, is_heard

    def _note_begin(self, hosted: Hosted, pod: JsonMap, task: Task) -> None:
        said = (pod["metadata"].get("annotations") or {}).get(CLAIM + launch_label(task.launch_id))
        if said is None:
            self.truth.wrongs.append(f"{task.launch_id} runs in a pod that it has not claimed")
            return
        others = [one.launch_id for one in self._orders._courses if one.uid == hosted.uid]
        if others != []:
            self.truth.wrongs.append(f"{task.launch_id} runs beside {others}")
        image = pod["spec"]["containers"][0]["image"]
        if image != self.images[task.launch_id]:
            self.truth.wrongs.append(f"{task.launch_id} runs in a pod of {image}")
        uid = self._uids_of[hosted] = json.loads(said)["uid"]
        self.truth.begun(uid, task.launch_id, hosted.uid)

    def _note_pod(self, uid: str, pod: JsonMap | None) -> None:
        if pod is None:
            if uid in self.truth.versions:
                self.truth.changed(uid, None, {})
        elif is_warm(pod):
            self.truth.changed(uid, _state(pod), _tasks(pod))
        else:
            self._note_own(uid, pod)

    def _note_own(self, uid: str, pod: JsonMap) -> None:
        """A pod of its own: a program that begins and ends with it."""
        annotations = pod["metadata"].get("annotations") or {}
        launch_id, task = annotations["podcompose.io/launch-id"], annotations.get("podcompose.io/task-uid", uid)
        if "podcompose.io/task-uid" in annotations:
            self.truth.moved.add(task)
        states = [one["state"] for one in pod["status"].get("containerStatuses", [])]
        ends = [state["terminated"] for state in states if "terminated" in state]
        has_begun = any("running" in state for state in states) or any(end["startedAt"] not in (_EPOCH, None) for end in ends)
        there = self.truth.runs.get(task)
        if has_begun and (there is None or there.pod != uid):
            self.truth.begun(task, launch_id, uid)
        if has_begun and ends != []:
            self.truth.ended(task, Report("ended", ends[0]["exitCode"]))


def is_warm(pod: JsonMap) -> bool:
    """Whether a pod is one of a pool."""
    return POOL in (pod["metadata"].get("annotations") or {})


def _ref(pod: JsonMap) -> PodRef:
    metadata = pod["metadata"]
    return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])


def _tasks(pod: JsonMap) -> dict[str, bool]:
    annotations = pod["metadata"]["annotations"]
    said = [json.loads(text) for name, text in annotations.items() if name.startswith(CLAIM)]
    return {one["uid"]: "outcome" in one for one in said}


def _state(pod: JsonMap) -> State:
    record = observe(pod).record
    taken = any(not has_result for has_result in _tasks(pod).values())
    spent = SPENT in pod["metadata"]["annotations"]
    return state_of(Standing(record.stage, record.outcome is not None, record.deleting, taken, spent))


def _is_able(pod: JsonMap, max_tasks: int) -> bool:
    annotations = pod["metadata"]["annotations"]
    is_good = _state(pod) in (State.STARTING, State.FREE, State.TAKEN)
    return is_good and SPENT not in annotations and int(annotations[TASKS]) < max_tasks
