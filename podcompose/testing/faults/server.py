"""The server itself: its scripts, its records and its back doors."""

from __future__ import annotations

import math
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from types import TracebackType

from podcompose.core.json import Json, JsonMap, copy
from podcompose.testing.faults.api import Api, Request, end
from podcompose.testing.faults.connections import Acceptor
from podcompose.testing.faults.objects import admitted, merge_patched
from podcompose.testing.faults.script import Fault, Script
from podcompose.testing.faults.store import Store

__all__ = ["FaultServer"]


class FaultServer:
    """
    The pods part of a Kubernetes API server on 127.0.0.1, which does wrong what a script says.

    Without a script it is honest: creates, lists, watches, patches and deletes pods by the API's rules, with its Status bodies.
    What a test does from behind (`set_status`, `remove`, `compact`, ...) is done at once, and watches hear of it.

    >>> from urllib.request import urlopen
    >>> from podcompose.testing.faults import Status
    >>> with FaultServer() as server:
    ...     pod = server.add({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "i"}]}})
    ...     _ = server.script(Status(503), verb="GET", path="/pods/a$")
    ...     for _ in range(2):
    ...         try:
    ...             with urlopen(f"{server.url}/api/v1/namespaces/default/pods/a") as reply:
    ...                 print(reply.status)
    ...         except OSError as error:
    ...             error.close()
    ...             print(error.code)
    503
    200
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, send_buffer: int | None = None) -> None:
        self.api = Api(Store(), clock, lambda: str(uuid.uuid4()), cluster=str(uuid.uuid4()))
        self._acceptor = Acceptor(self, send_buffer)
        self._scripts: list[Script] = []
        self._requests: list[Request] = []
        self._ticks: float = 0
        self._held = 0
        self._silent = 0
        self._released = threading.Event()
        self._acceptor.listen()

    def __enter__(self) -> FaultServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all connections and threads. A second time does nothing."""
        self._acceptor.refuse()
        self.api.store.close()
        self.release()
        self._acceptor.drop()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._acceptor.port}"

    # What goes wrong

    def script(
        self,
        fault: Fault,
        *,
        verb: str | None = None,
        path: str = "",
        times: int | None = 1,
        query: Mapping[str, str | None] | None = None,
    ) -> Script:
        """
        Let the next `times` requests (None: all) meet a fault; scripts are tried in the order in which they were given.

        Shapes: `verb` is POST, PATCH, DELETE, GET (one object), LIST or WATCH; `path` is searched for as a regular expression;
                what `query` names must be equal, or absent (None).
        """
        wanted = Script(fault, verb, re.compile(path), {} if query is None else dict(query), times)
        with self.api.store.changed:
            self._scripts.append(wanted)
        return wanted

    def forget_scripts(self) -> None:
        """Be honest from now on."""
        with self.api.store.changed:
            self._scripts.clear()

    def tick(self, count: float = 1) -> None:
        """Let `Paced` bodies send that many pieces more."""
        with self.api.store.changed:
            self._ticks += count
            self.api.store.changed.notify_all()

    def release(self) -> None:
        """Close all connections that are half-open, now and from now on; `Paced` ones run free."""
        self._released.set()
        self.tick(math.inf)

    def refuse(self) -> None:
        """Refuse connections and end those that are open, until `listen`: the server is down, its etcd is not."""
        self._acceptor.refuse()
        self.api.store.end_watches()
        self._acceptor.drop()

    def listen(self) -> None:
        """Accept connections again, at the same port."""
        self._acceptor.listen()

    def ask_token(self, token: str | None) -> None:
        """Answer 401 to everyone who does not bring this bearer token; None: to nobody."""
        self.api.token = token

    # What it is asked

    def arrived(self, request: Request) -> Fault | None:
        """Note a request; what shall go wrong with it. For the connections."""
        with self.api.store.changed:
            self._requests.append(request)
            self.api.store.changed.notify_all()
            for script in self._scripts:
                if script.takes(request.verb, request.path, request.query):
                    script.hits += 1
                    return script.fault
            return None

    def silence(self) -> None:
        """Return when half-open connections are let go. For the connections."""
        with self.api.store.changed:
            self._silent += 1
            self.api.store.changed.notify_all()
        self._released.wait()

    def await_tick(self) -> None:
        """Return at the next tick. For the connections."""
        changed = self.api.store.changed
        with changed:
            self._held += 1
            changed.notify_all()
            changed.wait_for(lambda: self._ticks >= 1)
            self._ticks -= 1

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far."""
        with self.api.store.changed:
            return tuple(self._requests)

    def asked(self, verb: str, path: str = "") -> list[Request]:
        """The requests so far with this verb and path."""
        pattern = re.compile(path)
        return [request for request in self.requests if request.verb == verb and pattern.search(request.path) is not None]

    def await_requests(self, count: int, verb: str, path: str = "", timeout: float = 20.0) -> None:
        """Wait until `count` such requests have come. Raises: TimeoutError."""
        self._await(lambda: len(self.asked(verb, path)) >= count, timeout, f"{count} requests {verb} {path}")

    def await_held(self, count: int = 1, timeout: float = 20.0) -> None:
        """Wait until `count` pieces, since the beginning, were ready and waited for a tick. Raises: TimeoutError."""
        self._await(lambda: self._held >= count, timeout, f"{count} pieces that wait for a tick")

    def await_silent(self, count: int = 1, timeout: float = 20.0) -> None:
        """Wait until `count` connections, since the beginning, have fallen silent; their work is done. Raises: TimeoutError."""
        self._await(lambda: self._silent >= count, timeout, f"{count} half-open connections")

    def await_watches(self, count: int, timeout: float = 20.0) -> None:
        """Wait until exactly `count` watches are open. Raises: TimeoutError."""
        self._await(lambda: len(self.api.store.reached) == count, timeout, f"{count} open watches")

    def await_sent(self, timeout: float = 20.0) -> None:
        """Wait until every open watch has been sent everything there is. Raises: TimeoutError."""
        store = self.api.store
        self._await(
            lambda: all(reached >= len(store.log) for reached in store.reached.values()), timeout, "watches that are up to date"
        )

    def _await(self, until: Callable[[], bool], timeout: float, what: str) -> None:
        if not self.api.store.wait(until, timeout):
            seen = [f"{request.verb} {request.path}" for request in self.requests[-10:]]
            raise TimeoutError(
                f"no {what} within {timeout} s; the last requests were {seen}, the open watches {self.api.store.reached}"
            )

    # Back doors

    @property
    def version(self) -> int:
        """The resourceVersion of now."""
        return self.api.store.version

    def pods(self, namespace: str = "default") -> dict[str, JsonMap]:
        """All pods of a namespace, by name."""
        with self.api.store.changed:
            return {name: copy(pod) for (where, name), pod in self.api.store.pods.items() if where == namespace}

    def add(self, manifest: JsonMap, namespace: str = "default") -> JsonMap:
        """Create a pod as somebody else would."""
        pod = admitted(manifest, namespace, self.api.new_uid(), self.api.clock())
        return self.put(pod)

    def put(self, pod: JsonMap) -> JsonMap:
        """Write a whole object as it is, however odd; only its resourceVersion is the server's."""
        metadata = pod["metadata"]
        with self.api.store.changed:
            written: JsonMap = copy(self.api.store.write((metadata.get("namespace", "default"), metadata["name"]), pod))
            return written

    def update(self, name: str, patch: Json, namespace: str = "default") -> JsonMap:
        """Merge a patch into a pod, whatever the API would say to it."""
        with self.api.store.changed:
            return self.put(merge_patched(self.api.store.pods[namespace, name], patch))

    def bind(self, name: str, node: str = "node-1", namespace: str = "default") -> JsonMap:
        """Be the scheduler: give the pod its node."""
        scheduled = {"type": "PodScheduled", "status": "True"}
        return self.update(name, {"spec": {"nodeName": node}, "status": {"conditions": [scheduled]}}, namespace)

    def set_status(self, name: str, status: JsonMap, namespace: str = "default") -> JsonMap:
        """Be the kubelet: merge a patch into the pod's status."""
        return self.update(name, {"status": status}, namespace)

    def finish(self, name: str, namespace: str = "default") -> None:
        """Be the kubelet: nothing of it runs any more, so its deletion may end."""
        end(self.api.store, (namespace, name), 0, self.api.clock())

    def remove(self, name: str, namespace: str = "default", *, quietly: bool = False) -> None:
        """Remove a pod at once; `quietly`: no watch hears of it."""
        with self.api.store.changed:
            self.api.store.write((namespace, name), None, quiet=quietly)

    def bookmark(self) -> None:
        """Send a bookmark on every watch that takes them."""
        self.api.store.bookmark()

    def skip(self, versions: int) -> None:
        """Let so many writes happen to other resources: only the resourceVersion moves."""
        self.api.store.skip(versions)

    def compact(self) -> None:
        """Forget all history: from now on an older resourceVersion is 410."""
        self.api.store.compact()

    def end_watches(self) -> None:
        """End every open watch cleanly, as the server does every few minutes."""
        self.api.store.end_watches()

    def jump_back(self, version: int) -> None:
        """Restore etcd as it was at `version`, and end every watch."""
        self.api.store.jump_back(version)
