"""A pool passes the suite of any backend, over backends that pass it: each task is a pod to whoever launches and watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from podcompose.backends.local import LocalBackend
from podcompose.backends.memory import MemoryBackend, Runs
from podcompose.run.records import PodRef
from podcompose.run.warm.pool import WarmPool
from podcompose.testing.conformance import BackendSuite, exit_code_of
from tests.warm import behind
from tests.warm.doors import FileDoors


class MemoryDoors:
    """The back doors of a pool over memory: they read and write its pods, and end programs, on the board behind it."""

    #: Another pool cannot tell what a cursor of the first meant: it says Resynced, and tells everything.
    supports_reopening = False
    #: The name of a task is nobody's pod's.
    supports_foreign_pods = False
    #: Tasks come to run by themselves.
    supports_steps = False
    settings: Any = MappingProxyType({"keep": 1, "limit": 4})
    hidden: MemoryBackend
    pool: WarmPool

    def make(self) -> Any:
        """A pool of pods in which programs run until they are ended."""
        self.hidden = MemoryBackend(Runs())
        self.pool = WarmPool(self.hidden, **self.settings)
        return self.pool

    def now(self) -> datetime:
        """Virtual time."""
        return self.hidden.clock.now()

    def pods(self) -> Iterable[dict[str, Any]]:
        """What is on the board: tasks, and pods of their own."""
        return behind.tasks_of(self.hidden._board.pods)

    def run(self, ref: PodRef) -> None:
        """It runs by itself, when time passes; a pool by a virtual clock works while somebody asks it."""
        self._pass(lambda: self._runs(ref.uid))

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """End its program; a pod of its own gets the status."""
        self.run(PodRef("", "", uid))
        place, code = behind.find(self.hidden._board.pods, uid), exit_code_of(status)
        own = self.hidden._board.by_uid(uid)
        if own is not None:
            self.hidden._board.put({**own, "status": status})
        elif place is not None and self._task(place.claim["id"]) and code is not None:
            self.hidden.end_task(place.claim["id"], code)
            self._pass(lambda: self._ended(uid))

    def remove(self, uid: str) -> None:
        """Take it off its pod, and end what runs of it; remove a pod of its own."""
        place = behind.find(self.hidden._board.pods, uid)
        if place is None:
            self.hidden._board.remove(uid)
            return
        self.hidden._board.put(behind.without(place.pod, place.key))
        if self._task(place.claim["id"]):
            self.hidden.end_task(place.claim["id"], 9)

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Rewrite what its pod has of it."""
        place = behind.find(self.hidden._board.pods, uid)
        if place is None:
            self.hidden.set_labels(PodRef("", "", uid), labels)
        else:
            self.hidden._board.put(behind.with_labels(place, labels))

    def _runs(self, uid: str) -> bool:
        place, own = behind.find(self.hidden._board.pods, uid), self.hidden._board.by_uid(uid)
        if place is None:
            return own is None or own["status"]["phase"] != "Pending"
        return self._task(place.claim["id"]) or "outcome" in place.claim

    def _task(self, launch_id: str) -> bool:
        """Whether a program of this launch id runs in some pod."""
        return any(task.launch_id == launch_id for task in self.hidden._orders._courses)

    def _ended(self, uid: str) -> bool:
        place = behind.find(self.hidden._board.pods, uid)
        return place is None or "outcome" in place.claim

    def _pass(self, wanted: Callable[[], bool]) -> None:
        """Let time pass until it is so; a minute is enough for whatever is tried again."""
        for _ in range(60):
            self.pool._lookout.pump()
            if wanted():
                return
            self.hidden.clock.advance(1)
        raise AssertionError("a minute has passed, and it is not so")


class TestMemory(MemoryDoors, BackendSuite):
    """Over the memory backend, with a pod ready ahead."""


class TestMemoryOfOne(MemoryDoors, BackendSuite):
    """One pod, none ahead: a task waits for it, or has a pod for itself alone."""

    settings: Any = MappingProxyType({"keep": 0, "limit": 1})
    histories = 10


class TestMemoryUsedOnce(MemoryDoors, BackendSuite):
    """Each pod takes one task, and stays until its result is acknowledged."""

    settings: Any = MappingProxyType({"keep": 2, "limit": 8, "max_tasks": 1})
    histories = 10


class TestMemoryFresh(MemoryDoors, BackendSuite):
    """Every task has a pod of its own, and the pool is in nobody's way."""

    settings: Any = MappingProxyType({"fresh": True})
    histories = 10


class TestMemoryThatIsCut(MemoryDoors, BackendSuite):
    """Orders are lost, or their answers are, the first times."""

    histories = 10

    def make(self) -> Any:
        """As it is, but that the first orders of each task are lost, one before it took effect and one after."""
        errors: Any = {f"task/{number}": ["cut-before", "cut-after"] * 2 for number in range(10)}
        errors["dag/run/task/1"] = ["cut-before", "cut-after"]
        self.hidden = MemoryBackend(Runs(), order_errors=errors)
        self.pool = WarmPool(self.hidden, **self.settings)
        return self.pool


class LocalDoors(FileDoors):
    """The back doors of a pool over processes of this machine."""

    supports_reopening = False
    supports_foreign_pods = False
    supports_labels = True
    supports_steps = False
    histories = 4
    settings: Any = MappingProxyType({"keep": 1, "limit": 4})
    hidden: LocalBackend

    def make(self) -> Any:
        """With the directory of the test."""
        self.hidden = LocalBackend(self.folder / "pods")
        return WarmPool(self.hidden, **self.settings)

    def behind(self) -> Iterable[Any]:
        """What is on its board."""
        return self.hidden._board.pods

    def write(self, changed: Callable[[Any], Any], uid: str) -> None:
        """Put it on its board."""
        with self.hidden._board.changed:
            found = self.hidden._board.by_uid(uid)
            if found is not None:
                self.hidden._board.put(changed(found))

    def delete(self, pod: Any) -> None:
        """Delete a pod by force, as somebody else would."""
        metadata = pod["metadata"]
        self.hidden.delete(PodRef(metadata["namespace"], metadata["name"], metadata["uid"]), grace=0)


class TestLocal(LocalDoors, BackendSuite):
    """Over the local backend, with a pod ready ahead."""


class TestLocalOfOne(LocalDoors, BackendSuite):
    """One pod, none ahead."""

    settings: Any = MappingProxyType({"keep": 0, "limit": 1})
    histories = 2
