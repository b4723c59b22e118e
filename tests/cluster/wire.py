"""As much of HTTP/1.1 as a proxy must know: where a message ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

__all__ = ["Head", "chunks", "read_head"]


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and the headers of a message, as bytes and as text."""

    raw: bytes
    first: str
    headers: dict[str, str]

    @property
    def keeps(self) -> bool:
        """Whether another message may follow on this connection."""
        return self.headers.get("connection", "").lower() != "close" and ("content-length" in self.headers or self.chunked)

    @property
    def switches(self) -> bool:
        """Whether both sides go on in another protocol, on the same connection."""
        return self.first.partition(" ")[2].startswith("101")

    @property
    def chunked(self) -> bool:
        """Whether what follows comes in chunks."""
        return self.headers.get("transfer-encoding", "").lower() == "chunked"


async def read_head(reader: asyncio.StreamReader) -> Head:
    """The head of the next message. Raises IncompleteReadError at the end of the connection."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line != "")
    return Head(raw, first, {name.strip().lower(): value.strip() for name, _, value in pairs})


async def chunks(reader: asyncio.StreamReader, head: Head, *, request: bool) -> AsyncIterator[bytes]:
    """What follows a head, piece by piece as it comes, framing included."""
    if head.chunked:
        async for piece in _chunked(reader):
            yield piece
    elif "content-length" in head.headers:
        left = int(head.headers["content-length"])
        while left > 0:
            piece = await reader.read(min(left, 65536))
            if piece == b"":
                raise EOFError
            left -= len(piece)
            yield piece
    elif not request:
        while (piece := await reader.read(65536)) != b"":
            yield piece


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    size = -1
    while size != 0:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        yield line + await reader.readexactly(size + 2)
