"""Backends for the tests of routers: in memory, moved by hand, and out of order when told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from podcompose.backends.memory import ByHand, MemoryBackend, VirtualClock
from podcompose.run import Batch, Gone, Left, Router, Seen, Selection
from podcompose.testing.conformance import ended, running

__all__ = ["Flaky", "FlakySubscription", "pod_of", "shown", "two"]


class Flaky(MemoryBackend):
    """A memory backend that can be `down`, and counts what it is asked."""

    def __init__(self, clock: VirtualClock, seed: int = 0, **named: Any) -> None:
        super().__init__(named.pop("fates", ByHand()), clock=clock, seed=seed, **named)
        self.down = False
        self.asked: Counter[str] = Counter()
        #: Whether its subscriptions have cursors.
        self.has_cursors = True

    def launch(self, *arguments: Any, **named: Any) -> Any:
        self.check("launch")
        return super().launch(*arguments, **named)

    def settle(self, *arguments: Any, **named: Any) -> Any:
        self.check("settle")
        return super().settle(*arguments, **named)

    def stop(self, *arguments: Any, **named: Any) -> None:
        self.check("stop")
        super().stop(*arguments, **named)

    def adopt(self, *arguments: Any, **named: Any) -> Any:
        self.check("adopt")
        return super().adopt(*arguments, **named)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        self.check("subscribe")
        return FlakySubscription(self, super().subscribe(where, cursor=cursor))

    def check(self, what: str) -> None:
        """Count it, and raise what a socket might."""
        self.asked[what] += 1
        if self.down:
            raise ConnectionError("nobody is there")

    def runs(self, ref: Any) -> None:
        """Its container runs."""
        self.set_status(ref, running(self.clock.now()))

    def ends(self, ref: Any, code: int = 0) -> None:
        """Its container exits."""
        self.set_status(ref, ended(self.clock.now(), code, started=self.clock.now()))


class FlakySubscription:
    """Its polls fail while the backend is down."""

    def __init__(self, backend: Flaky, inner: Any) -> None:
        self.backend, self.inner = backend, inner

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        self.backend.check("poll")
        batch: Batch = self.inner.poll(timeout, max_items)
        return batch if self.backend.has_cursors else Batch(batch.changes, "")

    def status(self) -> Any:
        return self.inner.status()

    def close(self) -> None:
        self.inner.close()


def two(route: Any = "queue", **named: Any) -> tuple[Router, Flaky, Flaky]:
    """A router over a backend "far" and a backend "near" that share a clock."""
    clock = VirtualClock()
    far, near = Flaky(clock), Flaky(clock, 1)
    return Router({"far": far, "near": near}, route, **named), far, near


def pod_of(queue: str | None = None, **labels: str) -> dict[str, Any]:
    """A pod of a queue."""
    metadata = {"labels": {**labels, **({} if queue is None else {"queue": queue})}}
    return {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox"}]}}


def shown(batch: Batch, of: Callable[[Any], Any] = lambda record: record.launch_id) -> list[Any]:
    """What a batch says: pods by their launch id, notes by their kind."""
    return [
        (type(change).__name__, of(change.record), change.outcome and change.outcome.kind)
        if isinstance(change, (Seen, Gone))
        else (type(change).__name__, of(change.record), None)
        if isinstance(change, Left)
        else type(change).__name__
        for change in batch.changes
    ]
