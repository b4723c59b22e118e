"""Websocket frames, the client's side of RFC 6455: bytes to messages and back; no I/O, no randomness."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

__all__ = ["BadFrame", "Frame", "Frames", "Kind", "accepted", "encode"]

#: What the server adds to our key, to show that it understood the question.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FINAL, _RESERVED, _KIND, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F
_TWO_BYTES, _EIGHT_BYTES = 126, 127


class Kind(IntEnum):
    """What a frame is; from CLOSE on it is for the connection, not for its users."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message, its fragments joined, or a control frame."""

    kind: Kind
    data: bytes


class BadFrame(ValueError):  # noqa: N818 - what came is bad, not this program
    """What came is no websocket frame of a server."""


def accepted(key: bytes) -> str:
    """
    What a server answers to this Sec-WebSocket-Key.

    >>> accepted(b"dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()


def encode(kind: Kind, data: bytes, mask: bytes) -> bytes:
    """
    A frame as a client sends it; `mask` is four bytes that nobody can foresee.

    >>> encode(Kind.TEXT, b"Hello", bytes.fromhex("37fa213d")).hex()
    '818537fa213d7f9f4d5158'
    """
    size = len(data)
    if size < _TWO_BYTES:
        length = bytes([_MASKED | size])
    elif size < 1 << 16:
        length = bytes([_MASKED | _TWO_BYTES]) + size.to_bytes(2, "big")
    else:
        length = bytes([_MASKED | _EIGHT_BYTES]) + size.to_bytes(8, "big")
    return bytes([_FINAL | kind]) + length + mask + _masked(data, mask)


def _masked(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    # One number each: some hundred times as fast as byte by byte.
    stretched = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stretched, "big")).to_bytes(size, "big")


class Frames:
    """
    Frames of a server, from bytes that come in pieces of any size.

    >>> frames = Frames()
    >>> list(frames.feed(bytes.fromhex("010348656c890080"))), list(frames.feed(bytes.fromhex("026c6f")))
    ([Frame(kind=<Kind.PING: 9>, data=b'')], [Frame(kind=<Kind.TEXT: 1>, data=b'Hello')])
    """

    def __init__(self) -> None:
        self._held = bytearray()
        #: The fragments of a message that has begun, and what it is.
        self._parts: list[bytes] = []
        self._begun: Kind | None = None

    def feed(self, data: bytes) -> Iterator[Frame]:
        """
        The frames that are whole now.

        Raises: BadFrame.
        """
        self._held += data
        while (found := self._cut()) is not None:
            first, payload = found
            whole = self._joined(first, payload)
            if whole is not None:
                yield whole

    def _cut(self) -> tuple[int, bytes] | None:
        """The next frame's first byte and its payload, taken off; None if it is not all here."""
        held = self._held
        if len(held) < 2:
            return None
        if held[0] & _RESERVED or held[1] & _MASKED:
            raise BadFrame(f"a frame of a server does not begin with {held[:2].hex()}")
        size, start = held[1] & _LENGTH, 2
        if size >= _TWO_BYTES:
            start = 4 if size == _TWO_BYTES else 10
            size = int.from_bytes(held[2:start], "big")
        end = start + size
        # While the length itself is not all here, `end` is beyond what is.
        if len(held) < end:
            return None
        first, payload = held[0], bytes(held[start:end])
        del held[:end]
        return first, payload

    def _joined(self, first: int, payload: bytes) -> Frame | None:
        """The message that a frame is or completes."""
        try:
            kind = Kind(first & _KIND)
        except ValueError:
            raise BadFrame(f"there is no kind of frame {first & _KIND}") from None
        final = first & _FINAL == _FINAL
        if kind >= Kind.CLOSE:
            if not final or len(payload) > 125:
                raise BadFrame(f"a {kind.name} comes in one piece, and a small one")
            return Frame(kind, payload)
        if (kind is Kind.CONTINUATION) is (self._begun is None):
            raise BadFrame(f"a {kind.name} {'with nothing before it' if self._begun is None else 'inside another message'}")
        begun = kind if self._begun is None else self._begun
        self._parts.append(payload)
        if not final:
            self._begun = begun
            return None
        whole, self._parts, self._begun = b"".join(self._parts), [], None
        return Frame(begun, whole)
