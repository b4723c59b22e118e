"""What changed between two manifests, by path and list key."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from podcompose.core.json import Json, JsonMap, copy, same
from podcompose.core.lists import KeyedList
from podcompose.core.maps import FreeMap, Node, Struct, Whole
from podcompose.core.path import Path, format_path

__all__ = ["Change", "changes", "keyed", "moved", "shown"]

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `before` and `after` are values, or for a moved element its places in the list."""

    path: str
    action: Literal["added", "removed", "changed", "moved"]
    before: Json = field(default=None, hash=False)
    after: Json = field(default=None, hash=False)

    def __str__(self) -> str:
        """
        One readable line.

        >>> print(Change(".spec.hostNetwork", "changed", True, False))
        ~ .spec.hostNetwork: true -> false
        """
        if self.action == "moved":
            return f"> {self.path}: moved from place {self.before} to {self.after}"
        if self.action == "changed":
            return f"~ {self.path}: {shown(self.before)} -> {shown(self.after)}"
        return f"+ {self.path}: {shown(self.after)}" if self.action == "added" else f"- {self.path}: {shown(self.before)}"


def shown(value: Json, width: int = 100) -> str:
    """
    A value as JSON, cut to `width` characters.

    >>> shown({"a": None})
    '{"a": null}'
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= width else text[: width - 1] + "\u2026"


def changes(before: JsonMap, after: JsonMap, plan: Node) -> Iterator[Change]:
    """
    Every difference between two manifests, in the order of `before`, then what is new.

    >>> from podcompose.dialect import COMPOSE
    >>> one, two = {"spec": {"hostNetwork": True}}, {"spec": {"nodeName": "n"}}
    >>> for change in changes(one, two, COMPOSE.plan()):
    ...     print(change)
    - .spec.hostNetwork: true
    + .spec.nodeName: "n"
    """
    return _changes(before, after, plan, ())


def _changes(before: Json, after: Json, node: Node | None, path: Path) -> Iterator[Change]:
    if before is after or same(before, after):
        return
    inner = node.inner if isinstance(node, Whole) else node
    if before is _ABSENT:
        yield Change(format_path(path), "added", None, copy(after))
    elif after is _ABSENT:
        yield Change(format_path(path), "removed", copy(before), None)
    elif isinstance(inner, Struct) and type(before) is dict and type(after) is dict:
        for name in {**before, **after}:
            child = None if isinstance(inner, FreeMap) else inner.fields.get(name)
            yield from _changes(before.get(name, _ABSENT), after.get(name, _ABSENT), child, (*path, name))
    elif isinstance(inner, KeyedList) and (keyed := _both_keyed(inner, before, after)) is not None:
        yield from _element_changes(*keyed, inner, path)
    else:
        yield Change(format_path(path), "changed", copy(before), copy(after))


def _both_keyed(node: KeyedList, before: Json, after: Json) -> tuple[dict[Json, Json], dict[Json, Json]] | None:
    left, right = keyed(node, before), keyed(node, after)
    return None if left is None or right is None else (left, right)


def keyed(node: KeyedList, elements: Json) -> dict[Json, Json] | None:
    """The elements of a list by their keys; None where the list has no unique plain keys."""
    if type(elements) is not list or not all(type(element) is dict for element in elements):
        return None
    keys = [node.key(element) for element in elements]
    if not all(type(value) in (str, int) for key in keys for value in (key if type(key) is tuple else (key,))):
        return None
    by_key = dict(zip(keys, elements, strict=True))
    return by_key if len(by_key) == len(elements) else None


def _element_changes(before: dict[Json, Json], after: dict[Json, Json], node: KeyedList, path: Path) -> Iterator[Change]:
    places = {key: place for place, key in enumerate(after)}
    old_places = {key: place for place, key in enumerate(before)}
    elsewhere = moved(list(before), list(after))
    for key in {**before, **after}:
        step = (*path, node.segment(after[key] if key in after else before[key]))
        if key in elsewhere:
            yield Change(format_path(step), "moved", old_places[key], places[key])
        yield from _changes(before.get(key, _ABSENT), after.get(key, _ABSENT), node.element, step)


def moved(before: Sequence[Json], after: Sequence[Json]) -> set[Json]:
    """
    The fewest keys that must have moved to get from one order to the other: those outside a longest run that kept its order.

    >>> moved(["a", "b", "c"], ["c", "a", "b"])
    {'c'}
    """
    places = {key: place for place, key in enumerate(after)}
    kept = [key for key in before if key in places]
    tails: list[int] = []
    lengths: list[int] = []
    for key in kept:
        length = bisect_left(tails, places[key])
        tails[length : length + 1] = [places[key]]
        lengths.append(length)
    gone, wanted, limit = set(kept), len(tails) - 1, len(after)
    for key, length in zip(reversed(kept), reversed(lengths), strict=True):
        if length == wanted and places[key] < limit:
            gone.discard(key)
            wanted, limit = wanted - 1, places[key]
    return gone
