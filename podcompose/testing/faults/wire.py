"""HTTP/1.1 on a socket, as well or as badly as a script says."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote, urlsplit

from podcompose.testing.faults.api import Answer, Request
from podcompose.testing.faults.script import Ending

__all__ = ["hang_up", "head", "headers_of", "read_request", "send_body"]


def read_request(stream: BinaryIO, connection: int, clock: Callable[[], float]) -> Request | None:
    """
    The next request of a connection, or None where the client is done.

    >>> import io
    >>> read_request(io.BytesIO(b"GET /api/v1/pods?watch=true HTTP/1.1" + bytes([13, 10, 13, 10])), 1, lambda: 0.0)[:3]
    ('WATCH', '/api/v1/pods', {'watch': 'true'})
    """
    first = stream.read(1)
    if not first.isalpha():
        return None  # the end, or the beginning of a TLS handshake
    words = (first + stream.readline(65536)).decode("latin-1").split()
    if len(words) != 3:
        return None
    url = urlsplit(words[1])
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in _headers(stream)}
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(_verb(words[0], url.path, query), unquote(url.path), query, headers, body, clock(), connection)


def _headers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    while (text := stream.readline(65536).decode("latin-1").strip()) != "":
        name, _, value = text.partition(":")
        yield name.strip(), value.strip()


def _verb(method: str, path: str, query: dict[str, str]) -> str:
    if method != "GET" or not path.endswith("/pods"):
        return method
    return "WATCH" if query.get("watch") in ("true", "1") else "LIST"


def head(code: int, headers: Iterable[tuple[str, str]], now: float) -> bytes:
    """The status line and the headers of an answer."""
    phrase = next((status.phrase for status in HTTPStatus if status == code), "Unknown")
    lines = [f"HTTP/1.1 {code} {phrase}", f"Date: {formatdate(now, usegmt=True)}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def headers_of(answer: Answer | None, extra: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The headers of a whole answer, or of a stream (None)."""
    if answer is None:
        return [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-cache, private"),
            ("Transfer-Encoding", "chunked"),
            *extra,
        ]
    return [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body))), *answer.headers, *extra]


def send_body(peer: socket.socket, pieces: Iterable[bytes | Ending], *, chunked: bool) -> Ending | None:
    """Send the pieces; how it ended where that was not as it should, else None."""
    for piece in pieces:
        if isinstance(piece, Ending):
            if piece is Ending.CLEAN and chunked:
                peer.sendall(b"0\r\n\r\n")
            return None if piece is Ending.CLEAN and chunked else piece
        if piece != b"":
            peer.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
    if chunked:
        peer.sendall(b"0\r\n\r\n")
    return None


def hang_up(peer: socket.socket, *, reset: bool = False) -> None:
    """Close for both sides; with `reset` the other side sees RST instead of an end."""
    try:
        if reset:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            peer.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the client was faster
    peer.close()
