"""A router passes the suite like any backend: over two that are alike, over two that are not, however pods are spread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from podcompose.aio import Bridged
from podcompose.backends.local import LocalBackend
from podcompose.backends.memory import ByHand, MemoryBackend, VirtualClock
from podcompose.run import Router
from podcompose.run.records import PodRef
from podcompose.testing.conformance import AsyncBackendSuite, BackendSuite
from tests.conformance.test_kubernetes_faults import FaultServerDoors
from tests.conformance.test_local import TestLocal as _LocalDoors


def spread(pod: Any, launch_id: str) -> str:
    """One of two, by the launch id."""
    return "one" if hashlib.sha256(launch_id.encode()).digest()[0] % 2 == 0 else "two"


class RoutedDoors:
    """The back doors of two memory backends."""

    hidden: dict[str, MemoryBackend]
    route: Any = staticmethod(spread)

    def make(self) -> Any:
        """A router over two that share a clock."""
        clock = VirtualClock()
        self.hidden = {name: MemoryBackend(ByHand(), clock=clock, seed=seed) for seed, name in enumerate(("one", "two"))}
        return Router(self.hidden, self.route)

    def reopen(self) -> Any:
        """Another router over the same two: it remembers nothing."""
        return Router(self.hidden, self.route)

    def now(self) -> Any:
        """Virtual time."""
        return self.hidden["one"].clock.now()

    def pods(self) -> Iterable[dict[str, Any]]:
        """What is on the boards."""
        return [pod for backend in self.hidden.values() for pod in backend._board.pods]

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Put the pod with this status."""
        for backend in self.hidden.values():
            found = backend._board.by_uid(uid)
            if found is not None:
                backend._board.put({**found, "status": status})

    def remove(self, uid: str) -> None:
        """Take it off its board."""
        for backend in self.hidden.values():
            backend._board.remove(uid)

    def put(self, manifest: dict[str, Any]) -> str:
        """Put somebody else's pod, where a launch of its name would go."""
        return self.hidden[self.route(manifest, "dag/run/task/1")].put(manifest).uid

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Put it with these labels."""
        for backend in self.hidden.values():
            if backend._board.by_uid(uid) is not None:
                backend.set_labels(PodRef("", "", uid), labels)


class TestSpread(RoutedDoors, BackendSuite):
    """Pods go here or there, by their launch id."""


class TestAllToOne(RoutedDoors, BackendSuite):
    """All pods go to one of two; the other has nothing to say, ever."""

    route: Any = staticmethod(lambda pod, launch_id: "two")
    histories = 10


class TestWithThreads(RoutedDoors, BackendSuite):
    """By a clock that is nobody's, so that there are threads that wait."""

    histories = 10

    def make(self) -> Any:
        """The two have clocks of their own, and the router has none of them."""
        self.hidden = {name: MemoryBackend(ByHand(), seed=seed) for seed, name in enumerate(("one", "two"))}
        return Router(self.hidden, self.route)


class TestRouterOfRouters(RoutedDoors, BackendSuite):
    """A router is a backend, so that a router can have it."""

    supports_reopening = False
    histories = 5

    def make(self) -> Any:
        """Two in one, and a third that nothing goes to."""
        inner = super().make()
        clock = self.hidden["one"].clock
        return Router({"inner": inner, "nothing": MemoryBackend(clock=clock, seed=2)}, lambda pod: "inner")


class TestAsync(RoutedDoors, AsyncBackendSuite):
    """The same behind async def."""

    supports_reopening = False
    histories = 5

    def make(self) -> Any:
        """As `podcompose.aio` has it."""
        return Bridged(super().make(), threads=0)


class TestBesideLocal(_LocalDoors):
    """Processes of this machine, beside a backend of another time."""

    histories = 3

    def make(self) -> Any:
        """Everything runs here; the other one is there all the same."""
        self.hidden = LocalBackend(Path(self.folder) / "pods")
        return Router({"local": self.hidden, "memory": MemoryBackend()}, lambda pod: "local")


class TestBesideKubernetes(FaultServerDoors, BackendSuite):
    """A cluster, with its threads, beside a backend of another time."""

    histories = 5

    def reopen(self) -> Any:
        """Another router, with another object over the same server."""
        return Router({"kubernetes": super().reopen(), "memory": MemoryBackend()}, lambda pod: "kubernetes")
