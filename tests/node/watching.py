"""
What happens to the pods of one namespace, event by event, as the API server tells it: through no code of ours but this.

    with Watch(api, namespace) as watch:
        watch.until("main", lambda pod: pod["status"]["phase"] == "Running")
        watch.events("main")
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["PATIENCE_S", "Address", "Event", "Json", "Watch"]

Json = dict[str, Any]
# For tests that hang, not for slow machines.
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Address:
    """How an API server is reached, read from a kubeconfig that the tests wrote (which is JSON)."""

    server: str
    authority: str
    token: str

    @classmethod
    def of(cls, kubeconfig: Path) -> Address:
        """The one of this file."""
        document = json.loads(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        return cls(cluster["server"], cluster["certificate-authority"], user["token"])


@dataclass(frozen=True, slots=True)
class Event:
    """One event: ADDED, MODIFIED or DELETED with the pod, without managedFields; `at` is monotonic time."""

    at: float
    type: str
    pod: Json


class Watch:
    """One thread that reads, and keeps everything."""

    def __init__(self, address: Address, namespace: str) -> None:
        self._address = address
        self._path = f"/api/v1/namespaces/{namespace}/pods?watch=1&timeoutSeconds=3600"
        self._news = threading.Condition()
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._failure: Exception | None = None
        self._closing = False

    def __enter__(self) -> Watch:
        """Begin with what is there."""
        self._connection = self._connect()
        self._response = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, name="watch of the tests")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up, and wait for the thread."""
        self._closing = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._response.close()
        self._connection.close()

    def events(self, name: str) -> list[Event]:
        """What happened to this pod so far."""
        with self._news:
            return list(self._events[name])

    def until(self, name: str, condition: Callable[[Json], bool], what: str = "it is so", timeout: float = PATIENCE_S) -> Json:
        """Wait until the newest object of this pod is so; that object."""
        return self.until_event(name, lambda event: condition(event.pod), what, timeout).pod

    def until_gone(self, name: str) -> Json:
        """Wait until the pod is deleted; its last object."""
        return self.until_event(name, lambda event: event.type == "DELETED", "it is gone").pod

    def until_event(self, name: str, condition: Callable[[Event], bool], what: str, timeout: float = PATIENCE_S) -> Event:
        """Wait until the newest event of this pod is so."""
        with self._news:
            if not self._news.wait_for(lambda: self._failure is not None or self._is(name, condition), timeout):
                raise TimeoutError(f"pod {name}: waited {timeout:g} s in vain until {what}; last seen: {self._last(name)}")
            if self._failure is not None:
                raise ConnectionError(f"the watch of the tests broke: {self._failure}") from self._failure
            return self._events[name][-1]

    def _is(self, name: str, condition: Callable[[Event], bool]) -> bool:
        return len(self._events[name]) > 0 and condition(self._events[name][-1])

    def _last(self, name: str) -> str:
        found = self._events[name]
        return "nothing" if not found else f"{found[-1].type} {json.dumps(found[-1].pod.get('status'))}"

    def _connect(self) -> http.client.HTTPSConnection:
        trust = ssl.create_default_context(cafile=self._address.authority)
        connection = http.client.HTTPSConnection(urlsplit(self._address.server).netloc, context=trust)
        connection.request("GET", self._path, headers={"Authorization": f"Bearer {self._address.token}"})
        self._socket = connection.sock
        return connection

    def _read(self) -> None:
        """Read to the end, which is ours to bring about."""
        try:
            for line in self._lines():
                self._keep(json.loads(line))
            if not self._closing:
                raise EOFError("the API server ended the watch")
        except (OSError, EOFError, ValueError, http.client.HTTPException) as error:
            if not self._closing:
                with self._news:
                    self._failure = error
                    self._news.notify_all()

    def _lines(self) -> Iterator[bytes]:
        while (line := self._response.readline()) != b"":
            yield line

    def _keep(self, event: Json) -> None:
        pod = event["object"]
        if event["type"] == "ERROR":
            raise ConnectionError(f"the API server broke the watch: {pod}")
        pod["metadata"].pop("managedFields", None)
        with self._news:
            self._events[pod["metadata"]["name"]].append(Event(time.monotonic(), event["type"], pod))
            self._news.notify_all()
