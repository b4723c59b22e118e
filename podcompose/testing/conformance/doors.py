"""What a backend's author says about it: how it is made, what it can, and the back doors."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

import pytest

from podcompose.run.protocols import Selection
from podcompose.run.records import PodRef
from podcompose.testing.conformance.life import ended, running
from podcompose.testing.conformance.memory import Stored
from podcompose.testing.conformance.reader import Reader

__all__ = ["Doors", "needs"]

Check = TypeVar("Check", bound=Callable[..., None])
Manifest = Mapping[str, Any]


def needs(capability: str) -> Callable[[Check], Check]:
    """A check for backends that declare a capability; for others it is skipped by that name."""

    def skipping(check: Check) -> Check:
        @functools.wraps(check)
        def checked(self: Doors, *arguments: Any) -> None:
            if not getattr(self, capability):
                pytest.skip(f"{type(self).__name__}.{capability} is False")
            check(self, *arguments)

        return checked  # type: ignore[return-value]  # wraps keeps the signature

    return skipping


class Doors:
    """
    What the author of a backend fills in.

    Capabilities are True unless he says otherwise; a check that needs one is skipped by its name. The back doors must use no
    method of the backend: they read and write what is behind it, so that the suite never trusts what it tests.
    """

    #: A cursor can be gone on from.
    supports_cursor: bool = True
    #: A cursor can be gone on from by another backend object; `reopen` makes that.
    supports_reopening: bool = True
    supports_stop: bool = True
    supports_adopt: bool = True
    supports_dry_run: bool = True
    supports_namespaces: bool = True
    #: `put` can make pods that are not the backend's own.
    supports_foreign_pods: bool = True
    #: `set_labels` can change the labels of a pod.
    supports_labels: bool = True
    #: `set_status` can bring a pod to any stage; if not, a launched pod comes to run by itself, and can be made to end.
    supports_steps: bool = True
    #: What was written is seen, though it is gone in the next moment; if not, a backend looks from time to time.
    supports_every_change: bool = True
    #: Calls may come from several threads (or tasks) at once.
    supports_threads: bool = True
    #: How long, in the seconds given to `poll`, a change may take until it is delivered.
    patience_s: float = 10.0
    #: After how many real seconds a call that should return at once is taken to hang.
    hangs_after_s: float = 20.0
    #: A namespace that is not the backend's own.
    other_namespace: str = "elsewhere"
    #: How many histories the state machine tries.
    histories: int = 30

    #: The backend under test.
    backend: Any
    #: An empty directory, new for each backend.
    folder: Path
    root: Path
    number: int = 0

    def make(self) -> Any:
        """A new backend, with no pods; `self.folder` is an empty directory to use."""
        raise NotImplementedError

    def reopen(self) -> Any:
        """Another backend object over the same pods, as after a restart of the scheduler; only for `supports_reopening`."""
        raise NotImplementedError

    def pod(self) -> dict[str, Any]:
        """A pod that can be launched: its main container is named base, its restartPolicy Never."""
        container = {"name": "base", "image": "busybox", "command": ["sleep", "3600"]}
        return {"spec": {"restartPolicy": "Never", "containers": [container]}}

    def now(self) -> datetime:
        """The time by the clock of whoever writes statuses."""
        return datetime.now(timezone.utc)

    def pods(self) -> Iterable[Manifest]:
        """Back door: every pod that is there, as wire JSON with metadata and status."""
        raise NotImplementedError

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """
        Back door: write a pod's status as its node would; no pod of that uid: nothing.

        Without `supports_steps`, only terminal statuses come: make it end with that exit code.
        """
        raise NotImplementedError

    def remove(self, uid: str) -> None:
        """Back door: a pod is gone at once, by somebody else's hand; no pod of that uid: nothing."""
        raise NotImplementedError

    def put(self, manifest: dict[str, Any]) -> str:
        """Back door: somebody else makes a pod, with name and namespace; returns its uid. Only for `supports_foreign_pods`."""
        raise NotImplementedError

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Back door: a pod gets other labels; only for `supports_labels`."""
        raise NotImplementedError

    def dispose(self) -> None:
        """After each check, when the backend is closed: give up what `make` took."""

    @pytest.fixture(autouse=True)
    def _around(self, tmp_path: Path) -> Any:
        self.begin(tmp_path)
        yield
        self.finish()

    def begin(self, folder: Path) -> None:
        """Make a backend, in a new directory inside this one."""
        self.root, self.number = folder, self.number + 1
        self.folder = folder / str(self.number)
        self.folder.mkdir()
        self.opened: list[Any] = []
        self.backend = self._kept(self.make())

    def finish(self) -> None:
        """Close it, and whatever else was opened."""
        for opened in reversed(self.opened):
            self.call(opened.close)
        self.opened.clear()
        self.dispose()

    def renew(self) -> None:
        """Another backend, as new as the first."""
        self.finish()
        self.begin(self.root)

    def _kept(self, opened: Any) -> Any:
        self.opened.append(opened)
        return opened

    def call(self, method: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        """Call a method, whether it is written with def or with async def."""
        answer = method(*arguments, **named)
        return self.wait_for(answer) if inspect.isawaitable(answer) else answer

    def wait_for(self, answer: Awaitable[Any]) -> Any:
        """The value of an awaitable; a suite of synchronous methods meets none."""
        raise TypeError(f"{answer!r} is awaitable: subclass AsyncBackendSuite for this backend")

    def at_once(self, *calls: Callable[[], Any]) -> list[Any]:
        """Make all calls at the same time, from threads of their own; exceptions are answers too."""
        answers: list[Any] = [TimeoutError(f"the call did not return within {self.hangs_after_s} s")] * len(calls)

        def make(place: int, begins: threading.Event) -> None:
            begins.set()
            try:
                answers[place] = calls[place]()
            except Exception as error:
                answers[place] = error

        threads = []
        for place in range(len(calls)):
            begins = threading.Event()
            threads.append(threading.Thread(target=make, args=(place, begins), daemon=True))
            threads[place].start()
            begins.wait()
        for thread in threads:
            thread.join(self.hangs_after_s)
        return answers

    def launch(self, launch_id: str, pod: Any = None, **named: Any) -> Any:
        """Launch a pod, the suite's own if none is given."""
        return self.call(self.backend.launch, self.pod() if pod is None else pod, launch_id=launch_id, **named)

    def labelled(self, **labels: str) -> dict[str, Any]:
        """The suite's pod with labels."""
        return {**self.pod(), "metadata": {"labels": labels}}

    def subscribe(self, where: Selection | None = None, *, cursor: str | None = None, stored: Stored | None = None) -> Reader:
        """A subscription, read with all that holds for every subscription; `stored`: what it goes on from."""
        selection = Selection() if where is None else where
        there = tuple(self.pods())
        return Reader(self, self.follow(selection, cursor if stored is None else stored.cursor), selection, there, stored)

    def follow(self, where: Selection, cursor: str | None) -> Any:
        """A bare subscription, closed in the end."""
        return self._kept(self.call(self.backend.subscribe, where, cursor=cursor))

    def end(self, ref: PodRef, code: int = 0, *, later_s: float = 0.0) -> None:
        """Back door: the pod's container exits so."""
        at = self.now() + timedelta(seconds=later_s)
        self.set_status(ref.uid, ended(at, code, started=at))

    def run(self, ref: PodRef) -> None:
        """Back door: the pod's container runs; where pods come to run by themselves, nothing."""
        if self.supports_steps:
            self.set_status(ref.uid, running(self.now()))

    def manifest(self, uid: str) -> Manifest | None:
        """The pod of a uid, by the back door."""
        return next((pod for pod in self.pods() if pod["metadata"]["uid"] == uid), None)
