"""Faults as plain data: what shall go wrong with which request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from typing import TypeAlias

__all__ = [
    "Cause",
    "Chunks",
    "Cut",
    "Drop",
    "End",
    "Ending",
    "Fault",
    "HalfOpen",
    "Headers",
    "Insert",
    "Paced",
    "Script",
    "Status",
    "shaped",
]


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of a Status' `details.causes`, as a 422 has them."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


@dataclass(frozen=True, slots=True)
class Status:
    """
    Answer with this status; the request is not carried out, unless `work` says so (a proxy that lost the reply).

    Shapes: without `body` the answer is a Kubernetes Status made of the other fields; `reason` and `message` have defaults.
    """

    code: int
    _: KW_ONLY
    reason: str | None = None
    message: str | None = None
    #: Seconds, both as the header and as `details.retryAfterSeconds`.
    retry_after: int | None = None
    #: `details.name`
    name: str | None = None
    causes: tuple[Cause, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    work: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Close the connection without a byte of answer, the request carried out or not; `reset` sends RST instead of FIN."""

    work: bool
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """End the connection inside the body, after `lines` whole lines and `count` bytes more; `reset` sends RST instead of FIN."""

    lines: int = 0
    count: int = 0
    reset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfOpen:
    """Fall silent, and keep the connection until `release`: before the first byte (None), or after that many lines."""

    lines: int | None = None
    #: Whether the request is carried out, where nothing is answered.
    work: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """End a stream cleanly after so many lines, as a server does with a slow consumer: whatever came later is not sent."""

    lines: int = 0
    #: Bytes of the next line that are sent all the same.
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """Send the body `size` bytes at a time, so that chunk boundaries fall anywhere."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """Send the body `size` bytes at a time, each after a `FaultServer.tick`."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """Put raw lines into a stream, after `after` lines of its own: garbage, wrong types, half a megabyte of annotations."""

    lines: tuple[bytes, ...]
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Carry the request out and add headers to its answer, such as `Warning`."""

    headers: tuple[tuple[str, str], ...]


Fault: TypeAlias = Status | Drop | Cut | HalfOpen | End | Chunks | Paced | Insert | Headers


class Ending(Enum):
    """How the body ends where it does not end as it should."""

    CLEAN = "as if it were whole"
    CLOSE = "FIN in the middle"
    RESET = "RST in the middle"
    SILENCE = "nothing more, and no end"


@dataclass(slots=True)
class Script:
    """The next `times` requests (None: all) of this verb and path meet a fault. Consumed by the server that it was given to."""

    fault: Fault
    verb: str | None
    path: re.Pattern[str]
    query: Mapping[str, str | None] = field(default_factory=dict)
    times: int | None = 1
    hits: int = 0

    def takes(self, verb: str, path: str, query: Mapping[str, str]) -> bool:
        """Whether it is about this request, and not used up."""
        fits = self.verb in (None, verb) and self.path.search(path) is not None
        return fits and self.left and all(query.get(name) == value for name, value in self.query.items())

    @property
    def left(self) -> bool:
        """Whether it waits for another request."""
        return self.times is None or self.hits < self.times


def shaped(fault: Fault | None, pieces: Iterable[bytes]) -> Iterator[bytes | Ending]:
    r"""
    The pieces of a body as the fault leaves them, and last how it ends where that is not as it should.

    Shapes: a piece is one line of a stream, or a whole body.

    >>> list(shaped(Cut(lines=1, count=2), [b"one\n", b"two\n", b"three\n"]))
    [b'one\n', b'tw', <Ending.CLOSE: 'FIN in the middle'>]
    >>> list(shaped(Chunks(size=3), [b"one\n"]))
    [b'one', b'\n']
    """
    if isinstance(fault, (Chunks, Paced)):
        return (piece[at : at + fault.size] for piece in pieces for at in range(0, len(piece), fault.size))
    if isinstance(fault, Cut):
        return _first(pieces, fault.lines, fault.count, Ending.RESET if fault.reset else Ending.CLOSE)
    if isinstance(fault, HalfOpen):
        return _first(pieces, 0 if fault.lines is None else fault.lines, 0, Ending.SILENCE)
    if isinstance(fault, End):
        return _first(pieces, fault.lines, fault.count, Ending.CLEAN)
    return _inserted(pieces, fault) if isinstance(fault, Insert) else iter(pieces)


def _first(pieces: Iterable[bytes], lines: int, count: int, ending: Ending) -> Iterator[bytes | Ending]:
    """That many pieces, so many bytes of the next, and the ending; the piece after the last one is not waited for."""
    left = lines
    iterator = iter(pieces)
    while left > 0:
        piece = next(iterator, None)
        if piece is None:
            return
        yield piece
        left -= 1
    if count > 0:
        yield next(iterator, b"")[:count]
    yield ending


def _inserted(pieces: Iterable[bytes], fault: Insert) -> Iterator[bytes]:
    iterator = iter(pieces)
    for _ in range(fault.after):
        piece = next(iterator, None)
        if piece is None:
            break
        yield piece
    yield from (line + b"\n" for line in fault.lines)
    yield from iterator
