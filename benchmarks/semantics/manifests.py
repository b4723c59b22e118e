"""Manifests as the judge sees them: null and absent are one, numbers are equal by value, and paths go by key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from podcompose.core.path import Key, Member, Path

__all__ = ["at", "differences", "key_value", "pruned", "same", "short", "without"]

#: What a key field means that an element does not have.
DEFAULTS = {"protocol": "TCP"}


def pruned(value: Any) -> Any:
    """
    A copy without the entries of maps that are null, at every depth; the entries of lists stay.

    >>> pruned({"a": None, "b": [None, {"c": None}]})
    {'b': [None, {}]}
    """
    if isinstance(value, dict):
        return {name: pruned(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [pruned(each) for each in value]
    return value


def same(one: Any, other: Any) -> bool:
    """
    Equal as JSON: true is not 1, and 80 is 80.0; the order of maps means nothing.

    >>> same({"port": 80}, {"port": 80.0}), same(True, 1), same("1", 1)
    (True, False, False)
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) in (int, float, str, type(None)) and bool(one == other)


def at(value: Any, path: Path) -> list[Any]:
    """
    All that is there: nothing, one value, or several where elements repeat a key.

    >>> at({"env": [{"name": "A", "value": "1"}]}, ("env", Key((("name", "A"),)), "value"))
    ['1']
    """
    found = [value]
    for segment in path:
        found = [inner for each in found for _, inner in _steps(each, segment)]
    return found


def _steps(value: Any, segment: Any) -> Iterator[tuple[Any, Any]]:
    """Where a segment leads to from here: the places (names or indices), and what is there."""
    if isinstance(segment, str):
        if isinstance(value, dict) and segment in value:
            yield segment, value[segment]
    elif isinstance(value, list):
        for place, each in enumerate(value):
            if _fits(each, segment, place):
                yield place, each


def _fits(element: Any, segment: Any, place: int) -> bool:
    if isinstance(segment, Key):
        return all(same(key_value(element, name), value) for name, value in segment.fields)
    return same(element, segment.value) if isinstance(segment, Member) else bool(segment == place)


def key_value(element: Any, field: str) -> Any:
    """What an element of a list goes by; a missing protocol is TCP."""
    return element.get(field, DEFAULTS.get(field)) if isinstance(element, dict) else element


def differences(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """
    A sentence for each place where they differ, the deepest that both have.

    >>> list(differences({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}, "d": 4}))
    ['.a is gone', '.b.c is 3, was 2', '.d came, 4']
    """
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in sorted({*wanted, *found}):
            if name not in wanted or name not in found:
                yield f"{path}.{name} {'is gone' if name in wanted else 'came, ' + short(found[name])}"
            else:
                yield from differences(wanted[name], found[name], f"{path}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for place, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from differences(one, other, f"{path}[{place}]")
    elif not same(wanted, found):
        yield f"{path or '.'} is {short(found)}, was {short(wanted)}"


def short(value: Any) -> str:
    """A value as JSON, so much of it as one reads in a sentence."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:197]}..."


def without(value: Any, paths: Sequence[Path], *, new: Callable[[Path], bool]) -> Any:
    """
    A copy without what is at the paths, nor the maps and lists on the way there that are empty then, or were before.

    `new` tells which elements go whole with a path through them.

    >>> without({"a": {"b": 1}, "c": 2}, [("a", "b")], new=lambda path: False)
    {'c': 2}
    """
    for path in paths:
        whole = next((path[:end] for end in range(1, len(path)) if isinstance(path[end - 1], Key) and new(path[:end])), path)
        value = _cut(value, whole)
    return {} if value is _GONE else value


def _cut(value: Any, path: Path) -> Any:
    if path == ():
        return _GONE
    if not isinstance(value, (dict, list)):
        return value
    places = {place: _cut(inner, path[1:]) for place, inner in _steps(value, path[0])}
    if isinstance(value, dict):
        left: Any = {name: each for name, each in {**value, **places}.items() if each is not _GONE}
    else:
        left = [each for each in (places.get(place, each) for place, each in enumerate(value)) if each is not _GONE]
    return _GONE if len(left) == 0 else left


class _Gone:
    """The mark of what was cut."""


_GONE = _Gone()
