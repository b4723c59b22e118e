"""
A server that plays the API server's end of `pods/exec`, one connection after another, as a test tells it.

    with Kubelet(lambda talk: talk.agree().send(STDOUT, b"hi").end(3)) as kubelet:
        kubelet.url
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["FAILURE", "STDERR", "STDOUT", "SUCCESS", "Kubelet", "Talk", "answer", "exit_status", "framed"]

STDOUT, STDERR, STATUS = 1, 2, 3
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SUCCESS = {"metadata": {}, "status": "Success"}
FAILURE = {"metadata": {}, "status": "Failure"}
V5 = "v5.channel.k8s.io"


def exit_status(code: int) -> dict[str, Any]:
    """What a real server says of an exit code, on the status channel."""
    details = {"causes": [{"reason": "ExitCode", "message": str(code)}]}
    return SUCCESS if code == 0 else {**FAILURE, "reason": "NonZeroExitCode", "message": "command terminated", "details": details}


def framed(data: bytes, kind: int = 2, *, final: bool = True) -> bytes:
    """A frame as a server sends it."""
    size = len(data)
    if size < 126:
        length = struct.pack("!B", size)
    elif size < 65_536:
        length = struct.pack("!BH", 126, size)
    else:
        length = struct.pack("!BQ", 127, size)
    return bytes([(0x80 if final else 0) | kind]) + length + data


def answer(status: int, body: Any = b"", *headers: str) -> bytes:
    """A plain HTTP answer; a body that is no bytes is JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", f"Content-Length: {len(data)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + data


class Talk:
    """One connection, its request read."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self._file = connection.makefile("rb")
        first, *lines = self._head()
        self.target = first.split(" ")[1]
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _head(self) -> list[str]:
        lines = list[str]()
        with contextlib.suppress(OSError):
            while (line := self._file.readline().decode().strip()) != "":
                lines.append(line)
        return lines or ["- -"]

    def agreement(self, protocol: str | None = V5, key: str | None = None) -> bytes:
        """The bytes of a 101."""
        asked = self.headers["sec-websocket-key"] if key is None else key
        accept = base64.b64encode(hashlib.sha1((asked + _GUID).encode()).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
        lines += [] if protocol is None else [f"Sec-WebSocket-Protocol: {protocol}"]
        return "\r\n".join([*lines, "", ""]).encode()

    def agree(self, protocol: str = V5) -> Talk:
        """Send a 101."""
        return self.raw(self.agreement(protocol))

    def raw(self, data: bytes) -> Talk:
        """Send these bytes."""
        self.connection.sendall(data)
        return self

    def send(self, channel: int, data: bytes) -> Talk:
        """Send data on a channel, as one frame."""
        return self.raw(framed(bytes([channel]) + data))

    def end(self, code: int) -> Talk:
        """Say how the shell ended, and close."""
        return self.send(STATUS, json.dumps(exit_status(code)).encode()).raw(framed(struct.pack("!H", 1000), 8))

    def frame(self) -> tuple[int, bytes]:
        """The client's next frame: its kind and data, unmasked."""
        first, second = self._exactly(2)
        assert second & 0x80, "a client masks its frames"
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._exactly(8))
        mask = self._exactly(4)
        data = self._exactly(size)
        return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))

    def script(self, until: bytes = b"exit 0\n") -> bytes:
        """What the client writes to the shell's input, up to this end of it."""
        found = b""
        while not found.endswith(until):
            kind, data = self.frame()
            assert (kind, data[:1]) == (2, b"\0"), "a script is binary messages on channel 0"
            found += data[1:]
        return found

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def close(self) -> None:
        """
        Say no more, and hear the client out: a connection that is closed with something unread on it is reset.

        A reset could take with it what was said before.
        """
        self.connection.shutdown(socket.SHUT_WR)
        while self._file.read(65_536) != b"":
            pass

    def drop(self) -> None:
        """Give up the connection."""
        self._file.close()
        self.connection.close()
        self.connection.close()


class Kubelet:
    """Plays on every connection; `heard` and `trouble` tell what was asked, and what went wrong on this side."""

    def __init__(self, play: Callable[[Talk], object]) -> None:
        self.play = play
        self.heard: list[Talk] = []
        self.trouble: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Kubelet:
        """Listen."""
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on everybody."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for talk in self.heard:
            with contextlib.suppress(OSError):
                talk.connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        talk = Talk(connection)
        self.heard.append(talk)
        try:
            self.play(talk)
            talk.close()
        except (OSError, EOFError):
            return
        except BaseException as error:
            self.trouble.append(error)
        finally:
            talk.drop()
