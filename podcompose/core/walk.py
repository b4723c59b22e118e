"""
One walk over a patch or an original: where it stands, and everything it found wrong.

`at` is the way from the top as a chain of pairs, `(way to the parent, step)`: nothing is formatted unless something is wrong.
A step is a field's name, a place in a list, or an element of a keyed list with its place and the list's node.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from podcompose.core.json import Json, JsonMap, kind_of
from podcompose.core.path import Key, Path, format_path
from podcompose.errors import Finding, RawPath

__all__ = ["At", "Index", "Walk"]


class Keyed(Protocol):
    """A list node that can say which of its elements is which."""

    def segment(self, element: JsonMap) -> Key:
        """The path segment of an element, as far as its key can be printed."""


Step: TypeAlias = "str | int | tuple[int, Keyed, JsonMap]"
At: TypeAlias = "tuple[At, Step] | None"

#: Where the elements of a list stand, by key: a place, or several where a key is repeated.
Index: TypeAlias = "dict[Json, int | list[int]]"

_NONE: Mapping[int, Index] = {}


class Walk:
    """What one merge or check has found so far, and what is known of the lists it walks over."""

    #: Whether a float was met that two JSON encoders may spell differently.
    exponents = False
    #: Whether a checked value is not what it was: a null was dropped, or a whole float became an integer.
    changed = False

    def __init__(
        self,
        *,
        keep_unknown: bool = False,
        repeats: bool = False,
        indexes: Mapping[int, Index] = _NONE,
        recorded: dict[int, Index] | None = None,
        no_directive: str = "no directive acts inside a value that is replaced whole",
    ) -> None:
        self.found: list[Finding] = []
        self.keep_unknown = keep_unknown
        #: Whether a key may stand twice in one list.
        self.repeats = repeats
        #: The index of each keyed list of the original, by id(). Its owner keeps those lists alive, so an id stays theirs.
        self.indexes = indexes
        #: Where a check of an original notes those indexes.
        self.recorded = recorded
        #: What to say of a directive where none has a meaning.
        self.no_directive = no_directive

    def note(self, at: At, code: str, message: str, suggestion: str | None = None, *, at_key: bool = False) -> Json:
        """Note a finding at `at`; the answer, null, stands for the value that is wrong."""
        path, raw = _path(at)
        self.found.append(Finding(code, format_path(path), message, suggestion, raw, at_key))
        return None

    def wrong_type(self, at: At, expected: str, value: Json, suggestion: str | None = None) -> Json:
        """Note that `value` is not of the type that `at` must have; a scalar that no suggestion shows is named."""
        shown = f": {json.dumps(value):.60}" if suggestion is None and type(value) in (str, int, float) else ""
        return self.note(at, "wrong-type", f"expected {expected}, got {kind_of(value)}{shown}", suggestion)


def _path(at: At) -> tuple[Path, RawPath]:
    path: list[str | int | Key] = []
    raw: list[str | int] = []
    while at is not None:
        at, step = at
        if isinstance(step, tuple):
            raw.append(step[0])
            path.append(step[1].segment(step[2]))
        else:
            raw.append(step)
            path.append(step)
    return tuple(reversed(path)), tuple(reversed(raw))
