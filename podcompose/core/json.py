"""Wire JSON: what a manifest may hold, taken in and copied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from podcompose.errors import Finding, RawPath, a

__all__ = ["DEPTH", "Json", "JsonMap", "Mark", "Marks", "copy", "kind_of", "same", "snapshot", "well_formed", "without_nulls"]

Json: TypeAlias = Any
JsonMap: TypeAlias = dict[str, Any]

#: How many maps and lists inside each other are taken for a pod at all; a Pod of today needs fewer than 20.
DEPTH = 100

#: How many maps and lists in all; the largest pod that an API server takes (1.5 MB) has fewer.
SIZE = 500_000

_INT64 = 2**63


class Mark(NamedTuple):
    """Where a value stands in the text it was read from; lines and columns count from 1."""

    line: int
    column: int
    #: Where its key stands; for a list element, and for the document, the value itself.
    key_line: int
    key_column: int
    #: How a plain scalar that is no string was written ("1.10", "no"), to say how to quote it.
    text: str | None = None


Marks: TypeAlias = Mapping[RawPath, Mark]


def snapshot(value: object, found: list[Finding]) -> Json:
    """
    Copy `value` as wire JSON that shares nothing with it; note in `found` all that JSON or Kubernetes cannot say.

    Shapes: any Mapping becomes a dict, a list or tuple a list; subclasses of str and int become plain.

    >>> snapshot({"a": (1, "x")}, [])
    {'a': [1, 'x']}
    """
    try:
        return _plain(value, DEPTH, [SIZE])
    except _OddError:
        return _snapshot(value, (), found, [SIZE])


class _OddError(Exception):
    """Something that needs a second look, with its path at hand."""


def _plain(value: Any, depth: int, left: list[int]) -> Json:
    """Copy what is plainly JSON: exact types and ASCII text. Most values are, and need no path."""
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise _OddError
    if type(value) is dict:
        copied = {}
        for key, entry in value.items():
            if type(key) is not str or not key.isascii():
                raise _OddError
            copied[key] = entry if type(entry) is str and entry.isascii() else _plain_entry(entry, depth, left)
        return copied
    if type(value) is list:
        return [entry if type(entry) is str and entry.isascii() else _plain_entry(entry, depth, left) for entry in value]
    return _plain_entry(value, depth, left)


def _plain_entry(value: Any, depth: int, left: list[int]) -> Json:
    kind = type(value)
    if kind is dict or kind is list:
        return _plain(value, depth - 1, left)
    if value is None or kind is bool or (kind is int and -_INT64 <= value < _INT64):
        return value
    raise _OddError


def _snapshot(value: Any, path: RawPath, found: list[Finding], left: list[int]) -> Json:
    kind = type(value)
    if kind is str:
        return value if value.isascii() else _text(value, path, found)
    if value is None or kind is bool:
        return value
    is_map = kind is dict or isinstance(value, Mapping)
    if not is_map and kind is not list and not isinstance(value, (list, tuple)):
        return _scalar(value, path, found)
    left[0] -= 1
    if len(path) >= DEPTH:
        left[0] = 0  # what holds itself twice has no end: nothing more is looked at
        return _note(found, "too-deep", path[:4], f"more than {DEPTH} maps and lists inside each other, or one that holds itself")
    if left[0] < 0:
        return None if found != [] else _note(found, "too-large", path[:4], f"more than {SIZE} maps and lists")
    if kind is not dict and kind is not list:
        value = _entries(value, path, found)
    if not is_map:
        return [_snapshot(entry, (*path, index), found, left) for index, entry in enumerate(value)]
    result: JsonMap = {}
    for key, entry in value.items():
        name = key if type(key) is str and key.isascii() else _key(key, path, found)
        result[name] = _snapshot(entry, (*path, name), found, left)
    return result


def _entries(value: Any, path: RawPath, found: list[Finding]) -> Any:
    """A map or list of a type of one's own as a plain one; its own code may raise."""
    try:
        return dict(value.items()) if isinstance(value, Mapping) else list(value)
    except Exception as error:  # a stranger's code: whatever it raises is its finding
        _note(found, "not-json", path, f"{a(type(value).__name__)} that cannot be read: it raised {a(type(error).__name__)}")
        return {} if isinstance(value, Mapping) else []


def _key(key: object, path: RawPath, found: list[Finding]) -> str:
    if isinstance(key, str):
        return str(_text(key, path, found))
    shown = _shown(key)
    _note(found, "bad-key", path, f"the key {shown} is {a(type(key).__name__)}, not a string", f'quote it: "{shown}"')
    return shown


def _shown(value: object) -> str:
    """What a person may recognise a value by; its own code may raise, and an integer may be too long to print."""
    try:
        return f"{value!r:.80}"
    except Exception:
        return f"<{type(value).__name__}>"


def _text(value: str, path: RawPath, found: list[Finding]) -> Json:
    plain = str.__str__(value)
    if well_formed(plain):
        return plain
    return _note(found, "bad-text", path, f"{plain!a:.80} holds a lone surrogate, which is no Unicode text")


def well_formed(text: str) -> bool:
    """
    Whether a str is Unicode text: without lone surrogates.

    >>> well_formed(chr(0xE9)), well_formed(chr(0xD800))
    (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _scalar(value: Any, path: RawPath, found: list[Finding]) -> Json:
    if isinstance(value, str):
        return _text(value, path, found)
    if isinstance(value, int):
        number = int.__int__(value)
        if -_INT64 <= number < _INT64:
            return number
        return _note(found, "out-of-range", path, f"an integer of {number.bit_length()} bits; Kubernetes has 64-bit integers")
    if isinstance(value, float):
        real = float.__float__(value)
        return real if math.isfinite(real) else _note(found, "not-json", path, f"JSON has no number for {real!r}")
    return _note(found, "not-json", path, f"{a(type(value).__name__)} is no JSON value", _remedy(value))


def _remedy(value: object) -> str | None:
    if isinstance(value, date):
        return f'quote it: "{value.isoformat()}"'
    return "decode it to text" if isinstance(value, (bytes, bytearray)) else None


def _note(found: list[Finding], code: str, path: RawPath, message: str, suggestion: str | None = None) -> None:
    found.append(Finding(code, "", message, suggestion, path))


def copy(value: Json) -> Json:
    """
    Copy wire JSON; nothing of the result is shared with `value`, nor is any part of it shared with another.

    >>> copy({"a": [1]})
    {'a': [1]}
    """
    kind = type(value)
    if kind is dict:
        return {key: entry if type(entry) is str else copy(entry) for key, entry in value.items()}
    return [copy(entry) for entry in value] if kind is list else value


def without_nulls(value: Json) -> Json:
    """
    Wire JSON without the fields that are null, at any depth; a null in a list stays.

    >>> without_nulls({"a": None, "b": [{"c": None}, None]})
    {'b': [{}, None]}
    """
    if type(value) is dict:
        return {name: without_nulls(entry) for name, entry in value.items() if entry is not None}
    return [without_nulls(entry) for entry in value] if type(value) is list else value


def same(left: Json, right: Json) -> bool:
    """
    Whether two values are one and the same JSON: 1, 1.0, true and "1" are four different values.

    >>> same({"a": 1}, {"a": True}), same([1, "x"], [1, "x"])
    (False, True)
    """
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is dict:
        return len(left) == len(right) and all(key in right and same(entry, right[key]) for key, entry in left.items())
    if kind is list:
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def kind_of(value: Json) -> str:
    """
    What a person calls the type of a JSON value, or of what should have been one.

    >>> kind_of({}), kind_of(True), kind_of(None)
    ('a map', 'a boolean', 'null')
    """
    kind = type(value)
    return _KINDS.get(kind, a(kind.__name__))


_KINDS: Mapping[type, str] = {
    dict: "a map",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    type(None): "null",
}
