"""The cursors of several subscriptions as one, bound to the names of their backends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from podcompose.core.hints import listed
from podcompose.run.cursor import format_cursor, parse_cursor

__all__ = ["Marks", "marked", "marks_of"]

#: Where other cursors name a server; which servers these are is said by the cursors inside.
_SERVER = "routed"


class Marks(NamedTuple):
    """What each backend's subscription goes on from ("": from nothing), or why there is nothing to go on from."""

    cursors: Mapping[str, str]
    reason: str = ""


def marked(cursors: Mapping[str, str], scope: str) -> str:
    """
    One cursor of several; "" where nothing has been acknowledged.

    >>> marked({"a": "1/x/y/42", "b": ""}, "12ab")
    '1/routed/12ab/a=1%2Fx%2Fy%2F42,b='
    """
    if all(cursor == "" for cursor in cursors.values()):
        return ""
    pairs = (f"{quote(name, safe='')}={quote(cursor, safe='')}" for name, cursor in cursors.items())
    return format_cursor(_SERVER, scope, ",".join(pairs))


def marks_of(cursor: str | None, scope: str, names: Collection[str]) -> Marks:
    """
    What was made one.

    A backend that is new begins from nothing, which is true of it. One that is missing makes the whole of no use: nobody would
    say any more what becomes of its pods.

    >>> marks_of("1/routed/12ab/a=42,b=", "12ab", ["a", "b", "c"])
    Marks(cursors={'a': '42', 'b': '', 'c': ''}, reason='')
    >>> marks_of("1/routed/12ab/a=42,b=43", "12ab", ["a"]).reason
    'the cursor is of b too, which is not here'
    """
    nothing = dict.fromkeys(names, "")
    whole = parse_cursor(cursor, _SERVER, scope)
    if whole.mark is None:
        return Marks(nothing, whole.reason)
    pairs = [part.split("=") for part in whole.mark.split(",")]
    if any(len(pair) != 2 or pair[0] == "" for pair in pairs):
        return Marks(nothing, "the cursor cannot be read")
    found = {unquote(name): unquote(mark) for name, mark in pairs}
    missing = [name for name in found if name not in nothing]
    if missing != []:
        return Marks(nothing, f"the cursor is of {listed(missing)} too, which {'is' if len(missing) == 1 else 'are'} not here")
    return Marks({name: found.get(name, "") for name in nothing})
