"""
One walk over a patch or an original: where it stands, and everything it found wrong.

`at` is the way from the top as a chain of pairs, `(way to the parent, step)`: nothing is formatted unless something is wrong.
A step is a field's name, a place in a list, or an element of a keyed list with its place and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from podcompose.core.json import Json, kind_of
from podcompose.core.path import Key, Path, format_path
from podcompose.errors import Finding, RawPath

__all__ = ["At", "Element", "Index", "Walk"]


class Element(NamedTuple):
    """A step into a keyed list."""

    place: int
    names: tuple[str, ...]
    key: Json


Step: TypeAlias = "str | int | Element"
At: TypeAlias = "tuple[At, Step] | None"

#: Where the elements of a list stand, by key.
Index: TypeAlias = "dict[Json, list[int]]"


class Walk:
    """What one merge or check has found so far, and what is known of the lists it walks over."""

    __slots__ = ("exponents", "found", "indexes", "keep_unknown", "no_directive", "recorded", "repeats")

    def __init__(
        self,
        *,
        keep_unknown: bool = False,
        repeats: bool = False,
        indexes: Mapping[int, Index] | None = None,
        recorded: dict[int, Index] | None = None,
        no_directive: str = "no directive acts inside a value that is replaced whole",
    ) -> None:
        self.found: list[Finding] = []
        #: What to say of a directive where none has a meaning.
        self.no_directive = no_directive
        #: The index of each keyed list of the original, by id(). Its owner keeps those lists alive, so an id stays theirs.
        self.indexes: Mapping[int, Index] = {} if indexes is None else indexes
        #: Where a check of an original notes those indexes.
        self.recorded = recorded
        self.keep_unknown = keep_unknown
        #: Whether a key may stand twice in one list.
        self.repeats = repeats
        #: Whether a float was met that two JSON encoders may spell differently.
        self.exponents = False

    def note(self, at: At, code: str, message: str, suggestion: str | None = None, *, at_key: bool = False) -> Json:
        """Note a finding at `at`; the answer, null, stands for the value that is wrong."""
        path, raw = _path(at)
        self.found.append(Finding(code, format_path(path), message, suggestion, raw, at_key))
        return None

    def wrong_type(self, at: At, expected: str, value: Json, suggestion: str | None = None) -> Json:
        """Note that `value` is not of the type that `at` must have."""
        return self.note(at, "wrong-type", f"expected {expected}, got {kind_of(value)}", suggestion)


def _path(at: At) -> tuple[Path, RawPath]:
    path: list[str | int | Key] = []
    raw: list[str | int] = []
    while at is not None:
        at, step = at
        if isinstance(step, Element):
            raw.append(step.place)
            values = step.key if len(step.names) > 1 else (step.key,)
            path.append(Key(tuple(zip(step.names, values, strict=True))))
        else:
            raw.append(step)
            path.append(step)
    return tuple(reversed(path)), tuple(reversed(raw))
