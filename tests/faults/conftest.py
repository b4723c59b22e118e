"""A fault server, a backend pointed at it, and a clock that jumps over rests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client

from podcompose.backends import KubernetesBackend
from podcompose.backends.kubernetes import backend as rooms
from podcompose.backends.kubernetes import driving, transport, watching
from podcompose.models import client_version
from podcompose.run import Selection
from podcompose.run.watch import WatchSettings
from podcompose.testing.faults import FaultServer
from tests.faults.follower import Follower
from tests.faults.pods import HERE, pod

MakeBackend = Callable[..., KubernetesBackend]
Follow = Callable[..., Follower]


def pytest_report_header() -> str:
    """The version that tests/clients looks for."""
    return f"kubernetes client {client_version()}"


class Clock:
    """
    The time of calls: a rest takes no time, and all of it.

    What really takes time (a server that does not answer) is counted as well.
    """

    def __init__(self) -> None:
        self.rests: list[float] = []
        #: Called at each rest, with how many there were.
        self.at_rest: Callable[[int], object] = lambda count: None
        self._skipped = 0.0

    def now(self) -> float:
        """Seconds, really and virtually gone by."""
        return time.monotonic() + self._skipped

    def closing(self) -> threading.Event:
        """An event that is waited for by this clock."""
        return _Closing(self)

    def rest(self, seconds: float) -> None:
        """Rest."""
        self.rests.append(seconds)
        self._skipped += seconds
        self.at_rest(len(self.rests))


class _Closing(threading.Event):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """Rest, unless it is set already."""
        assert timeout is not None
        if not self.is_set():
            self._clock.rest(timeout)
        return self.is_set()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An honest server, until a script says otherwise."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every call in this test; its jitter is always the longest."""
    clock = Clock()
    for room in (rooms, driving, transport):
        monkeypatch.setattr(room, "monotonic", clock.now)
    for room in (rooms, watching):
        monkeypatch.setattr(room, "Event", clock.closing)
    monkeypatch.setattr(rooms.random, "random", lambda: 1.0)
    return clock


def api_client(url: str, **settings: Any) -> Any:
    """A client of the official kind for this server."""
    configuration = client.Configuration(host=url)
    for name, value in settings.items():
        setattr(configuration, name, value)
    return client.ApiClient(configuration)


@pytest.fixture
def make(server: FaultServer, clock: Clock) -> Iterator[MakeBackend]:
    """Makes backends of this server (or `url`), which rest by the test's clock; all are closed."""
    made: list[KubernetesBackend] = []

    def make(url: str | None = None, **options: Any) -> KubernetesBackend:
        settings = options.pop("settings", {})
        backend = KubernetesBackend.from_api_client(
            api_client(server.url if url is None else url, **settings), "default", **options
        )
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def backend(make: MakeBackend) -> KubernetesBackend:
    """A backend of this server."""
    return make()


@pytest.fixture
def three(server: FaultServer) -> FaultServer:
    """The server, with pods a, b and c."""
    for name in "abc":
        server.add(pod(name))
    return server


@pytest.fixture
def follow(make: MakeBackend) -> Follow:
    """Subscribes, and follows."""

    def follow(where: Selection = HERE, cursor: str | None = None, **settings: Any) -> Follower:
        return Follower(make(watch=WatchSettings(**settings)).subscribe(where, cursor=cursor))

    return follow
