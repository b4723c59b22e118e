"""What the API server sends, read: lines out of chunks, and what an answer means."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from podcompose.run.watch.table import Happening

__all__ = ["Lines", "Reason", "drained", "judge", "read"]

#: A text so long is a page of a list, or no event as usual.
_LONG = 1 << 18

try:
    import orjson
except ImportError:
    loads: Any = json.loads
else:
    loads = orjson.loads


class Lines:
    """
    Lines put together out of chunks cut anywhere.

    >>> lines = Lines()
    >>> list(lines.fed(b'{"a":')), list(lines.fed(b'1}\\n{"b"')), lines.rest
    ([], [b'{"a":1}'], b'{"b"')
    """

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def fed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that are whole with this chunk."""
        head, newline, tail = chunk.partition(b"\n")
        if newline == b"":
            self._parts.append(chunk)
            return
        first = b"".join([*self._parts, head])
        lines = tail.split(b"\n")
        self._parts = [lines.pop()]
        if first != b"":
            yield first
        yield from (line for line in lines if line != b"")

    @property
    def rest(self) -> bytes:
        """What came since the last whole line."""
        return b"".join(self._parts)


class Reason(NamedTuple):
    """What an answer means, in words, and how long the server wants to be left alone."""

    happening: Happening
    text: str = ""
    retry_after_s: float = 0.0


def judge(status: int, headers: Mapping[str, str], body: Any) -> Reason:
    """
    What an answer that is no 200 means; `body` is a Status, if it could be read.

    >>> judge(410, {}, {"kind": "Status", "reason": "Expired", "message": "too old"})
    Reason(happening=<Happening.EXPIRED: 'Expired'>, text='410 Expired: too old', retry_after_s=0.0)
    """
    known = body if isinstance(body, dict) else {}
    details = known.get("details")
    details = details if isinstance(details, dict) else {}
    text = f"{status} {known.get('reason', '')}: {known.get('message', '')}".strip(" :")
    after = _seconds(headers.get("retry-after", details.get("retryAfterSeconds")))
    if status == 410:
        return Reason(Happening.EXPIRED, text)
    causes = details.get("causes")
    reasons = [cause.get("reason") for cause in causes if isinstance(cause, dict)] if isinstance(causes, list) else []
    if "ResourceVersionTooLarge" in reasons or "Too large resource version" in text or "future revision" in text:
        return Reason(Happening.AHEAD, text)
    # A server whose etcd is too old for WatchList says so with a 500, inside the stream.
    if status in (400, 405, 415, 422) or "RequestWatchProgress" in text:
        return Reason(Happening.UNSUPPORTED, text, after)
    return Reason(Happening.FAILED, text, after)


def _seconds(text: Any) -> float:
    """Retry-After in seconds; a date, or nonsense, is none."""
    try:
        return min(max(float(text), 0.0), 3600.0)
    except (TypeError, ValueError):
        return 0.0


def read(text: bytes) -> Any:
    """JSON read; None where it is none."""
    # What JSON makes is all alive and in no cycle: collecting garbage amidst a page of it only costs, up to half of the time.
    pause = len(text) >= _LONG and gc.isenabled()
    if pause:
        gc.disable()
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None
    finally:
        if pause:
            gc.enable()


def drained(items: list[Any]) -> Iterator[Any]:
    """
    The entries of a list in order, each taken out of it: what has been looked at can go.

    >>> list(drained([1, 2, 3]))
    [1, 2, 3]
    """
    items.reverse()
    while len(items) > 0:
        yield items.pop()
