"""What the tests of the memory and the local backend's `Hosting` share: an idle pod, tasks, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podcompose.backends.local import LocalBackend
from podcompose.backends.memory import Fate, MemoryBackend
from podcompose.run import naming
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Order, Report, Run, Task
from tests.cluster.child import wait_for

Json = dict[str, Any]


class Telling:
    """What was told of one order."""

    def __init__(self, backend: LocalBackend | MemoryBackend) -> None:
        self.backend = backend
        self.reports: list[Report] = []

    def __call__(self, report: Report) -> None:
        """It is told."""
        self.reports.append(report)

    @property
    def states(self) -> list[str]:
        """The states that were told, one after another."""
        return [report.state for report in self.reports]

    def until(self, state: str) -> Report:
        """The report of a state, once it was told; in memory, time passes as far as it must."""
        if isinstance(self.backend, MemoryBackend):
            clock = self.backend.clock
            clock.advance(0)
            while state not in self.states and not clock.idle:
                clock.advance(0.5)
        else:
            wait_for(lambda: state in self.states, f"{state}, of {self.states}")
        return next(report for report in self.reports if report.state == state)

    def last(self) -> Report:
        """The last word."""
        if isinstance(self.backend, MemoryBackend):
            clock = self.backend.clock
            clock.advance(0)
            while not self.over and not clock.idle:
                clock.advance(0.5)
        else:
            wait_for(lambda: self.over, f"a last word, after {self.states}")
        assert self.over, self.states
        return self.reports[-1]

    @property
    def over(self) -> bool:
        """Whether the last word was told."""
        return self.reports != [] and self.reports[-1].state != "running"


def pod_of(env: list[Json] | None = None, **container: Any) -> Json:
    """A pod as a scheduler composes it, that is kept warm."""
    one = {"name": "base", "image": "busybox", "command": ["true"], "env": [] if env is None else env, **container}
    metadata = {"annotations": {naming.WARM_POOL: "pool"}, "labels": {"app": "x"}}
    return {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [one]}}


class Host:
    """A backend with an idle pod."""

    def __init__(self, backend: LocalBackend | MemoryBackend) -> None:
        self.backend = backend

    def warm(self, pod: Json | None = None, launch_id: str = "warm/1") -> PodRef:
        """An idle pod that runs."""
        idle = self.backend.idle(pod_of() if pod is None else pod, "base")
        ref = self.backend.launch(idle, launch_id=launch_id).ref
        self.until_phase(ref, "Running")
        return ref

    def until_phase(self, ref: PodRef, phase: str | None) -> Json | None:
        """The pod in this phase; None for one that is gone."""

        def is_so() -> bool:
            found = self.backend.manifest(ref)
            return (None if found is None else found["status"]["phase"]) == phase

        if isinstance(self.backend, MemoryBackend):
            for _ in range(200):
                if not is_so():
                    self.backend.clock.advance(0.5)
        wait_for(is_so, f"phase {phase}")
        return self.backend.manifest(ref)

    def order(self, ref: PodRef, order: Order, container: str = "base") -> Telling:
        """Give an order."""
        telling = Telling(self.backend)
        self.backend.order(ref, container, order, telling)
        return telling

    def run(self, ref: PodRef, launch_id: str, *argv: str, **fields: Any) -> Telling:
        """Order a task."""
        return self.order(ref, Run(self.task(launch_id, *argv, **fields)))

    def stubborn(self, ref: PodRef, **fields: Any) -> Telling:
        """A task that ignores TERM, and is ready to."""
        told = self.run(ref, "stubborn/1", **fields)
        told.until("running")
        if isinstance(self.backend, LocalBackend):
            wait_for(lambda: self.backend.output(ref, "base", key_of("stubborn/1")) == b"ready\n", "a task that ignores TERM")
        return told

    def task(self, launch_id: str, *argv: str, **fields: Any) -> Task:
        """A task; without arguments, one as its launch id says: `succeeds`, `fails`, `runs`, `stubborn` or `missing`."""
        return Task(naming.launch_label(launch_id), launch_id, argv or ARGV[launch_id.partition("/")[0]], **fields)


#: What the tasks that both backends can have do: as a command, and as a fate.
ARGV: Mapping[str, tuple[str, ...]] = {
    "succeeds": ("true",),
    "fails": ("sh", "-c", "exit 3"),
    "runs": ("sleep", "1000"),
    "stubborn": ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"),
    "missing": ("/no/such/program",),
}


def key_of(launch_id: str) -> str:
    """The key of a launch id's task."""
    return naming.launch_label(launch_id)


def memory(fates: Mapping[str, Fate], **fields: Any) -> Host:
    """A host in memory."""
    return Host(MemoryBackend(dict(fates), **fields))


def local(folder: Path, **fields: Any) -> Host:
    """A host on this machine."""
    return Host(LocalBackend(folder, **fields))
