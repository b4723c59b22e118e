"""The server's threads: one that accepts, one for each connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Generator, Iterator
from typing import Protocol

from podcompose.testing.faults.api import Answer, Api, Request, answer, served
from podcompose.testing.faults.script import Drop, Ending, Fault, HalfOpen, Headers, Paced, Status, shaped
from podcompose.testing.faults.statuses import of_fault
from podcompose.testing.faults.watching import Watch, lines
from podcompose.testing.faults.wire import hang_up, head, headers_of, read_request, send_body

__all__ = ["Acceptor", "Director"]


class Director(Protocol):
    """What a connection asks of its server."""

    api: Api

    def arrived(self, request: Request) -> Fault | None:
        """Note a request; what shall go wrong with it."""

    def silence(self) -> None:
        """Return when half-open connections are let go."""

    def await_tick(self) -> None:
        """Return at the next tick."""


class _Connection:
    """One accepted connection, served until either side has had enough."""

    def __init__(self, peer: socket.socket, number: int, director: Director) -> None:
        self._peer = peer
        self._number = number
        self._director = director
        self._gone = False
        self._listeners: list[threading.Thread] = []

    def serve(self) -> None:
        """Answer request after request."""
        ending: Ending | None = None
        try:
            with self._peer.makefile("rb") as stream:
                while ending is None and (request := read_request(stream, self._number, self._director.api.clock)) is not None:
                    ending = self._answered(request, self._director.arrived(request))
                    if request.headers.get("connection", "").lower() == "close":
                        break
        except (OSError, ValueError):
            pass  # the client hung up, or does not speak HTTP
        finally:
            self._end(reset=ending is Ending.RESET)

    def stop(self) -> None:
        """End it from another thread."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def _end(self, *, reset: bool) -> None:
        # Whoever listens on the socket holds it open: it must have stopped before a close means anything.
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RD)
        for listener in self._listeners:
            listener.join()
        hang_up(self._peer, reset=reset)

    def _answered(self, request: Request, fault: Fault | None) -> Ending | None:
        """Carry the request out as far as the fault lets it, and answer."""
        reply = served(self._director.api, request) if _works(fault) else None
        if isinstance(fault, Drop):
            return Ending.RESET if fault.reset else Ending.CLOSE
        if isinstance(fault, HalfOpen) and fault.lines is None:
            self._director.silence()
            return Ending.CLOSE
        if isinstance(fault, Status):
            reply = _scripted(fault)
        assert reply is not None
        if isinstance(reply, Watch):
            return self._stream(reply, fault)
        return self._send(reply.code, reply, iter([reply.body]), fault)

    def _stream(self, watch: Watch, fault: Fault | None) -> Ending | None:
        self._listeners.append(threading.Thread(target=self._listen, daemon=True))
        self._listeners[-1].start()
        return self._send(200, None, lines(self._director.api.store, watch, lambda: self._gone), fault)

    def _listen(self) -> None:
        """Notice that the client of a stream is gone; what it sends instead is left for whoever reads the next request."""
        try:
            self._gone = self._peer.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            self._gone = True
        with self._director.api.store.changed:
            self._director.api.store.changed.notify_all()

    def _send(self, code: int, reply: Answer | None, pieces: Iterator[bytes], fault: Fault | None) -> Ending | None:
        extra = fault.headers if isinstance(fault, (Headers, Status)) else ()
        self._peer.sendall(head(code, headers_of(reply, extra), self._director.api.clock()))
        with contextlib.ExitStack() as ended:
            if isinstance(pieces, Generator):
                ended.callback(pieces.close)
            ending = send_body(self._peer, self._paced(shaped(fault, pieces), fault), chunked=reply is None)
        if ending is Ending.SILENCE:
            self._director.silence()
        return ending

    def _paced(self, pieces: Iterator[bytes | Ending], fault: Fault | None) -> Iterator[bytes | Ending]:
        for piece in pieces:
            if isinstance(fault, Paced):
                self._director.await_tick()
            yield piece


def _works(fault: Fault | None) -> bool:
    """Whether the request is carried out at all."""
    if isinstance(fault, (Status, Drop)):
        return fault.work
    return fault.work or fault.lines is not None if isinstance(fault, HalfOpen) else True


def _scripted(fault: Status) -> Answer:
    if fault.body is None:
        return answer(of_fault(fault))
    headers = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
    return Answer(fault.code, fault.body, headers)


class Acceptor:
    """A listening socket of 127.0.0.1, and the threads of what it accepted."""

    def __init__(self, director: Director, send_buffer: int | None) -> None:
        self._director = director
        self._send_buffer = send_buffer
        self._listener: socket.socket | None = None
        self._acceptor = threading.Thread()
        self._open: dict[_Connection, threading.Thread] = {}
        self._count = 0
        self.port = 0

    def listen(self) -> None:
        """Accept connections, at the port of before where there was one."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
            self.port = self._listener.getsockname()[1]
            self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
            self._acceptor.start()

    def refuse(self) -> None:
        """Stop accepting: connections are refused until `listen`."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._acceptor.join()
            self._listener.close()
            self._listener = None

    def drop(self) -> None:
        """End all connections, as they are, and wait until they have ended."""
        threads = list(self._open.items())
        for connection, _ in threads:
            connection.stop()
        for _, thread in threads:
            thread.join()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._send_buffer is not None:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer)
            self._count += 1
            connection = _Connection(peer, self._count, self._director)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._open[connection] = thread
            thread.start()

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.serve()
        finally:
            del self._open[connection]
