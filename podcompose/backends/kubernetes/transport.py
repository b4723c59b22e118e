"""
Requests as bytes, answers as values, over the official client's own connections.

Nothing is retried here but a 401, once, with credentials read anew; nothing of urllib3 leaves.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from ssl import SSLWantReadError
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from podcompose.backends.kubernetes.access import Access
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, NotSent, Request

__all__ = ["Broken", "Channel", "Stream"]

_CONNECT_S = 5.0
#: How many connections are kept for the next request.
_KEPT = 64


class Channel:
    """
    Connections to one API server, closed together.

    Thread-safe: any number of threads may ask. `close` may come from any thread, at any time; requests under way end at once.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = Lock()
        self._closed = False
        self._connections: WeakSet[Any] = WeakSet()
        self._made_for = -1
        self._pools: Any = None

    @property
    def host(self) -> str:
        """The address of the API server."""
        return self._access.host

    def ask(self, request: Request) -> Answer | NotSent | Ambiguous:
        """One request and its whole answer."""
        opened = self.stream(request)
        if not isinstance(opened, Stream):
            return opened
        body = opened.rest()
        if isinstance(body, Broken):
            self._distrust()
            return Ambiguous(body.reason, monotonic())
        return Answer(opened.status, opened.headers, body, monotonic())

    def stream(self, request: Request) -> Stream | NotSent | Ambiguous:
        """One request, and its answer as it comes."""
        generation = self._access.generation
        opened = self._send(request)
        if not isinstance(opened, Stream) or opened.status != 401:
            return opened
        opened.rest()
        with suppress(Exception):  # a plug-in's own code; the server judges what it left
            self._access.renew(generation)
        return self._send(request)

    def close(self) -> None:
        """End every request under way, and all connections."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
            pools, self._pools = self._pools, None
        if pools is not None:
            self._forget(pools)
        for connection in connections:
            _shut(connection)

    def _send(self, request: Request) -> Stream | NotSent | Ambiguous:
        try:
            headers = {**self._access.headers(), "Accept": "application/json", **dict(request.headers)}
            pools = self._open_pools()
        except Exception as error:  # a plug-in's own code, files that are gone, ...
            return NotSent(f"the credentials cannot be read: {_said(error)}", monotonic())
        if pools is None:
            return NotSent("closed", monotonic())
        body = None if request.body is None else _Body(request.body)
        if body is not None:
            headers |= {"Content-Type": request.content_type, "Content-Length": str(len(body.data))}
        url = self._access.host + request.path + ("" if request.query == () else f"?{urlencode(request.query)}")
        timeout = urllib3.Timeout(connect=min(_CONNECT_S, request.timeout_s), read=request.timeout_s)
        try:
            return Stream(pools.urlopen(request.method, url, body=body, headers=headers, timeout=timeout, **_PLAINLY))
        except _ERRORS as error:
            if isinstance(error, (NewConnectionError, ConnectTimeoutError)) or (body is not None and not body.begun):
                return NotSent(_said(error), monotonic())
            self._distrust()
            return Ambiguous(_said(error), monotonic())

    def _open_pools(self) -> Any:
        """The pool manager for today's credentials: a client certificate may be among them; None once closed."""
        with self._lock:
            if self._closed:
                return None
            if self._pools is None or self._made_for != self._access.generation:
                self._made_for = self._access.generation
                self._pools = self._access.pool_manager(_KEPT)
                self._pools.connection_pool_kw["socket_options"] = _SOCKET_OPTIONS
                classes = self._pools.pool_classes_by_scheme
                self._pools.pool_classes_by_scheme = {scheme: _noting(kind, self._connect) for scheme, kind in classes.items()}
            return self._pools

    def _connect(self, connection: Any, connect: Callable[[Any], None]) -> None:
        with self._lock:
            self._connections.add(connection)
        connect(connection)
        if self._closed:
            _shut(connection)

    def _distrust(self) -> None:
        """A connection that broke or fell silent is seldom the only one: those that wait for a request are given up."""
        with self._lock:
            pools = self._pools
        if pools is not None:
            self._forget(pools)

    def _forget(self, pools: Any) -> None:
        """Close the connections that wait; those in use are closed by their users."""
        pools.connection_from_url(self._access.host).close()
        pools.clear()


@dataclass(frozen=True, slots=True)
class Broken:
    """The body ended before its end: a reset, silence for too long, a chunk cut short."""

    reason: str


class Stream:
    """An answer whose body is read piece by piece, in one thread."""

    def __init__(self, response: Any) -> None:
        self.status = int(response.status)
        self.headers = tuple((name.lower(), value) for name, value in response.headers.items())
        self._response = response
        # Only urllib3 from 2.1 on has read1.
        self._read1 = getattr(response, "read1", None) or response._fp.read1

    def read(self) -> bytes | Broken:
        """What has come, at least a byte; b"" at the end."""
        data = self._reading(lambda: self._read1(65_536))
        if data == b"":
            # urllib3 before 2.1 does not see that it was read to its end.
            self._response.release_conn()
        return data

    def rest(self) -> bytes | Broken:
        """All of it."""
        return self._reading(self._response.read)

    def switch(self) -> tuple[Any, bytes]:
        """
        After a 101: the socket that both sides talk on now, and what has come on it already.

        Its timeout is whoever asks for it to set.
        """
        wire = self._response.connection.sock
        wire.settimeout(0)
        try:
            # http.client reads ahead; a peek gives what it holds, and only if that is nothing looks at the socket.
            early = self._response._fp.fp.peek()
        except (BlockingIOError, SSLWantReadError):
            early = b""
        return wire, early

    def shut(self) -> None:
        """From another thread: whoever is reading reads the end, and may then close it."""
        _shut(getattr(self._response, "_connection", None))

    def close(self) -> None:
        """Give up the connection, if it has not been read to its end; only in the thread that reads."""
        with suppress(*_ERRORS):
            self._response.close()

    def _reading(self, read: Callable[[], bytes]) -> bytes | Broken:
        try:
            return read()
        except _ERRORS as error:
            self.close()
            return Broken(_said(error))


class _Body:
    """Bytes to send that know whether sending them has begun: before that, the server cannot have done anything."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.begun = False

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self.data


_ERRORS = (HTTPError, HTTPException, OSError, ValueError)
_PLAINLY = {"retries": False, "redirect": False, "preload_content": False, "enforce_content_length": True}
#: Dead peers are found within a minute, on platforms that let us say so.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPALIVE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
_SOCKET_OPTIONS = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *((socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _KEEP_ALIVE.items() if hasattr(socket, name)),
]


def _noting(pool: Any, note: Callable[[Any, Callable[[Any], None]], None]) -> Any:
    """A kind of pool whose connections are noted before they are made."""
    plain = pool.ConnectionCls
    noted = type(plain.__name__, (plain,), {"connect": lambda connection: note(connection, plain.connect)})
    return type(pool.__name__, (pool,), {"ConnectionCls": noted})


def _shut(connection: Any) -> None:
    """
    End a connection that another thread may be reading from: it reads the end at once.

    The system's own shutdown, not that of a TLS socket, which would let the reader take encrypted bytes for plain ones.
    """
    plain = getattr(connection, "sock", None)
    while plain is not None and not isinstance(plain, socket.socket):
        plain = getattr(plain, "socket", None)
    if plain is not None:
        with suppress(OSError):
            socket.socket.shutdown(plain, socket.SHUT_RDWR)


def _said(error: Exception) -> str:
    """An exception in one line, without the addresses of objects that urllib3 begins its own with."""
    text = " ".join(str(error).split())
    text = re.sub(r"^<[^>]*>: |^\w+\([^)]*\): ", "", text)
    return f"{type(error).__name__}: {text}" if text != "" else type(error).__name__
