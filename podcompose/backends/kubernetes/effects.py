"""
What asking an API server is made of: effects that a generator yields, and what it is given for them.

A generator of effects does no I/O and reads no clock; a driver, with threads or with asyncio, performs each effect and sends the
result in. Whoever drives it in a test sends in whatever it likes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias, TypeVar

from podcompose.core.json import JsonMap

__all__ = ["Ambiguous", "Answer", "Closed", "Effect", "Effects", "NotSent", "Request", "Rest", "Rested", "Result"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """
    One request.

    Units:  `timeout_s` bounds each wait for the server.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = "application/json"
    timeout_s: float = 30.0
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """Wait, or until the backend is closed."""

    seconds: float


Effect: TypeAlias = Request | Rest


@dataclass(frozen=True, slots=True)
class Answer:
    """
    The server answered, in full. Header names are in lower case, as often as they came.

    Units:  `at` is when it was here, in seconds of a steady clock.

    >>> Answer(429, (("retry-after", "2"),), b"", 0.0).retry_after
    2.0
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: float

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for found, value in self.headers if found == name), None)

    @property
    def json(self) -> JsonMap:
        """The body, if it is a JSON map, else {}."""
        try:
            value: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if type(value) is dict else {}

    @property
    def retry_after(self) -> float | None:
        """How long the server asks to wait; None if it says nothing of it."""
        value = self.header("retry-after")
        return float(value) if value is not None and re.fullmatch(r"\d{1,9}", value, re.ASCII) else None

    @property
    def server_time(self) -> datetime | None:
        """The server's clock, to the second."""
        try:
            moment = parsedate_to_datetime(self.header("date") or "")
        except (TypeError, ValueError, IndexError):
            return None
        return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)

    @property
    def warnings(self) -> tuple[str, ...]:
        """
        The texts of the Warning headers.

        >>> Answer(201, (("warning", '299 - "unknown field \\\\"spec.x\\\\""'),), b"", 0.0).warnings
        ('unknown field "spec.x"',)
        """
        texts = [text for name, value in self.headers if name == "warning" for text in _WARNING.findall(value)]
        return tuple(re.sub(r"\\(.)", r"\1", text) for text in texts)


_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class NotSent:
    """The server has surely not taken the request: refused, no such name, TLS, no connection in time."""

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The request was sent, and its answer did not come: the server may have done it."""

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Rested:
    """The wait is over."""

    at: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The backend was closed: nothing was done of this effect, nor will be of another."""

    at: float


Result: TypeAlias = Answer | NotSent | Ambiguous | Rested | Closed
Effects: TypeAlias = Generator[Effect, Result, T]
