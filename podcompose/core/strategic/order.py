"""
The order that strategic merge patch gives the elements of a merged list.

The elements that the patch names follow the patch's order, the others the original's, and the two rows are then zipped: the next
of the others goes first only if the original has both and has that one earlier. So a new element comes before the untouched ones,
unless a named element that stands before it in the patch holds it back.

>>> named, rest = [{"name": "b"}, {"name": "new"}], [{"name": "a"}, {"name": "c"}]
>>> original = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
>>> [element["name"] for element in arrange(named, rest, named, original, Identity("name"))]
['a', 'b', 'new', 'c']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from podcompose.core.json import Json

__all__ = ["WHOLE", "Identity", "UncomparableError", "arrange", "find"]

#: A Go type and a value of it; all maps are one, and all lists, since Go can compare none of them.
Name: TypeAlias = tuple[type, object]
Ranked: TypeAlias = tuple[int, Json]

_UNKNOWN = -1
_BLOCK = 20


class UncomparableError(Exception):
    """A map was to be compared with a map, or a list with a list, to know a list's elements apart: Go panics."""


class Identity(NamedTuple):
    """What tells the elements of a merged list apart: the value of its merge key, or with the key "" the element itself."""

    key: str

    def __call__(self, element: Json) -> Name:
        """The element's name."""
        value = element.get(self.key) if self.key != "" else element
        kind = type(value)
        return (kind, None) if kind in (dict, list) else (kind, value)

    def places(self, elements: list[Json]) -> dict[Name, int]:
        """Where each name occurs first; elements without one are left out."""
        places: dict[Name, int] = {}
        for index, element in enumerate(elements):
            if self.key == "" or self.key in element:
                places.setdefault(self(element), index)
        return places


WHOLE = Identity("")


def find(name: Name, places: Mapping[Name, int]) -> int:
    """
    Where `name` occurs first, or -1.

    Raises: UncomparableError, where Go would compare two maps or two lists.
    """
    place = places.get(name, _UNKNOWN)
    if place != _UNKNOWN and name[0] in (dict, list):
        raise UncomparableError
    return place


def arrange(named: list[Json], rest: list[Json], wanted: list[Json], original: list[Json], identity: Identity) -> list[Json]:
    """Sort `named` by `wanted` and `rest` by `original`, then zip the two by `original`."""
    places = identity.places(original)
    left = _sorted(rest, places, identity)
    right = _sorted(named, identity.places(wanted), identity)
    result: list[Json] = []
    here = there = 0
    while here < len(left) and there < len(right):
        mine, theirs = find(identity(left[here]), places), find(identity(right[there]), places)
        if _UNKNOWN < mine < theirs:
            result.append(left[here])
            here += 1
        else:
            result.append(right[there])
            there += 1
    return [*result, *left[here:], *right[there:]]


def _sorted(elements: list[Json], places: Mapping[Name, int], identity: Identity) -> list[Json]:
    # Go puts elements that still carry a literal delete directive last, as they stand.
    doomed = [element for element in elements if type(element) is dict and element.get("$patch") == "delete"]
    kept = [element for element in elements if not (type(element) is dict and element.get("$patch") == "delete")]
    if len(kept) < 2:
        return kept + doomed
    ranked = [(find(identity(element), places), element) for element in kept]
    if min(rank for rank, _ in ranked) == _UNKNOWN:
        _go_stable_sort(ranked)
    else:
        ranked.sort(key=lambda pair: pair[0])
    return [element for _, element in ranked] + doomed


# Elements without a place (a new one beside an empty $setElementOrder) count as less than every other, and every other as less
# than them. What a sort makes of that depends on the sort, so here is Go's: insertion within blocks of 20, then SymMerge (Kim and
# Kutzner, 2004) of neighbouring blocks.


def _less(left: Ranked, right: Ranked) -> bool:
    return left[0] == _UNKNOWN or right[0] == _UNKNOWN or left[0] < right[0]


def _go_stable_sort(items: list[Ranked]) -> None:
    for low in range(0, len(items), _BLOCK):
        for index in range(low + 1, min(low + _BLOCK, len(items))):
            while index > low and _less(items[index], items[index - 1]):
                items[index - 1], items[index] = items[index], items[index - 1]
                index -= 1
    size = _BLOCK
    while size < len(items):
        for low in range(0, len(items) - size, 2 * size):
            _symmerge(items, low, low + size, min(low + 2 * size, len(items)))
        size *= 2


def _symmerge(items: list[Ranked], low: int, middle: int, high: int) -> None:
    if middle - low == 1:
        place = _first(middle, high, lambda index: not _less(items[index], items[low]))
        return _rotate(items, low, middle, place)
    if high - middle == 1:
        place = _first(low, middle, lambda index: _less(items[middle], items[index]))
        return _rotate(items, place, middle, high)
    centre = (low + high) // 2
    total = centre + middle
    start, stop = (total - high, centre) if middle > centre else (low, middle)
    start = _first(start, stop, lambda index: _less(items[total - 1 - index], items[index]))
    end = total - start
    if start < middle < end:
        _rotate(items, start, middle, end)
    if low < start < centre:
        _symmerge(items, low, start, centre)
    if centre < end < high:
        _symmerge(items, centre, end, high)


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    while low < high:
        half = (low + high) // 2
        low, high = (low, half) if holds(half) else (half + 1, high)
    return low


def _rotate(items: list[Ranked], low: int, middle: int, high: int) -> None:
    items[low:high] = items[middle:high] + items[low:middle]
