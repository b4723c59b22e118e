"""Cursors: how far a subscription has been acknowledged, bound to the server and the selection it is of."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

from podcompose.run.protocols import Selection

__all__ = ["Cursor", "format_cursor", "parse_cursor", "scope_of"]

_VERSION = "1"


class Cursor(NamedTuple):
    """What a cursor says: a mark to go on from, or why there is none."""

    mark: str | None
    reason: str = ""


def scope_of(where: Selection) -> str:
    """
    A selection in few characters: equal for equal selections, in whatever order they were written.

    >>> scope_of(Selection(("a", "b"))) == scope_of(Selection(("b", "a")))
    True
    """
    text = json.dumps([sorted(set(where.namespaces)), sorted(where.labels.items())])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def format_cursor(server: str, scope: str, mark: str) -> str:
    """
    A cursor; "" where nothing has been acknowledged.

    >>> format_cursor("c0ffee", "12ab", "4711")
    '1/c0ffee/12ab/4711'
    """
    return "" if mark == "" else f"{_VERSION}/{server}/{scope}/{mark}"


def parse_cursor(cursor: str | None, server: str, scope: str) -> Cursor:
    """
    What to go on from: no mark and no reason for a beginning; a reason where a cursor is of no use here.

    >>> parse_cursor("1/c0ffee/12ab/4711", "c0ffee", "12ab").mark
    '4711'
    >>> parse_cursor("1/c0ffee/12ab/4711", "c0ffee", "ffff").reason
    'the cursor is of another selection'
    """
    if cursor in (None, ""):
        return Cursor(None)
    parts = str(cursor).split("/")
    if len(parts) != 4 or parts[0] != _VERSION or parts[3] == "":
        return Cursor(None, "the cursor cannot be read")
    if parts[1] != server:
        return Cursor(None, "the cursor is of another server")
    return Cursor(parts[3]) if parts[2] == scope else Cursor(None, "the cursor is of another selection")
