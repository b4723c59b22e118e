"""
Lists: replaced whole, merged by key, united as sets, or by a strategy of the dialect's own.

`weave` is the order of server-side apply: what the override names takes the override's order, everything else keeps its own,
new elements go behind what is untouched unless the override names what shall follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap, copy, kind_of, snapshot
from podcompose.core.maps import Node, Struct, Whole
from podcompose.core.path import format_path
from podcompose.core.scalars import Scalar
from podcompose.core.walk import At, Element, Index, Walk
from podcompose.errors import Finding

__all__ = ["AtomicList", "KeyedList", "SetList", "Strategic", "Strategy", "weave"]

REPLACE: JsonMap = {"$patch": "replace"}
NOWHERE: list[int] = []


class AtomicList:
    """A list that is replaced whole."""

    __slots__ = ("element", "of_scalars")
    empty: Json = []

    def __init__(self, element: Node) -> None:
        self.element = element
        self.of_scalars = isinstance(element, Scalar)

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every entry; a null entry may stay."""
        if type(value) is not list:
            return walk.wrong_type(at, "a list", value, hints.list_for(value))
        element = self.element
        entries = [None if entry is None else element.check(entry, (at, place), walk) for place, entry in enumerate(value)]
        return value if all(map(_is, entries, value)) else entries

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """The patch's list; an entry `$patch: replace` says what happens anyway."""
        if type(patch) is list and REPLACE in patch:
            patch = [entry for entry in patch if entry != REPLACE]
        return self.check(patch, at, walk)


class SetList:
    """A list of scalars without order or repetition, united with the patch's."""

    __slots__ = ("element",)
    empty: Json = []
    of_scalars = True

    def __init__(self, element: Scalar) -> None:
        self.element = element

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every entry; none may be null."""
        if type(value) is not list:
            return walk.wrong_type(at, "a list", value, hints.list_for(value))
        entries = [self.element.check(entry, (at, place), walk) for place, entry in enumerate(value)]
        if not walk.repeats:
            for place, entry in enumerate(entries):
                if entry in entries[:place]:
                    walk.note((at, place), "repeated-key", f"{entry!r} stands in this set twice")
        return value if all(map(_is, entries, value)) else entries

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Unite both, in the order of `weave`."""
        if type(patch) is list and REPLACE in patch:
            original, patch = [], [entry for entry in patch if entry != REPLACE]
        members = self.check(patch, at, walk)
        if members is None or walk.found != []:
            return original
        places = [[place for place, entry in enumerate(original) if entry == member] for member in members]
        return weave(original, list(zip(places, members, strict=True)))


class KeyedList:
    """A list of maps, merged by the values of their key fields."""

    __slots__ = ("defaults", "element", "names", "of_scalars", "struct")
    empty: Json = []

    def __init__(self, element: Struct | Whole, names: tuple[str, ...], defaults: tuple[Json, ...]) -> None:
        self.element = element
        self.struct = element.inner if isinstance(element, Whole) else element
        self.names = names
        #: What a missing key field stands for.
        self.defaults = defaults
        self.of_scalars = False

    def key(self, element: JsonMap) -> Json:
        """The key of an element: one value, or a tuple where there are several key fields."""
        if len(self.names) == 1:
            return element.get(self.names[0], self.defaults[0])
        return tuple([element.get(name, default) for name, default in zip(self.names, self.defaults, strict=True)])

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every element, and note where each key stands."""
        if type(value) is not list:
            return walk.wrong_type(at, "a list", value, hints.list_for(value, self.names[0]))
        elements, before = [], len(walk.found)
        for place, entry in enumerate(value):
            step = Element(place, self.names, self._printed(entry)) if type(entry) is dict else place
            elements.append(self.element.check(entry, (at, step), walk))
        checked = value if all(map(_is, elements, value)) else elements
        if len(walk.found) == before:
            index = self._index(checked, at, walk)
            if walk.recorded is not None:
                walk.recorded[id(checked)] = index
        return checked

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Lay each element of the patch over the one of the same key, or over nothing."""
        if type(patch) is not list:
            return walk.wrong_type(at, "a list", patch, hints.list_for(patch, self.names[0]))
        if any(type(entry) is dict and "$patch" in entry for entry in patch):
            original, numbered = self._obey(original, patch, at, walk)
        else:
            numbered = list(enumerate(patch))
        index = walk.indexes.get(id(original))
        if index is None:
            index = self._index(original, at, Walk(repeats=True))
        named: list[tuple[list[int], Json]] = []
        seen: set[Json] = set()
        for place, entry in numbered:
            key = self._patch_key(entry, (at, place), walk)
            if key in seen:
                self._repeated(key, (at, Element(place, self.names, key)), walk)
            elif key is not None:
                seen.add(key)
                places = index.get(key, NOWHERE)
                counterpart = original[places[0]] if len(places) == 1 else {}
                named.append((places, self.element.merge(counterpart, entry, (at, Element(place, self.names, key)), walk)))
        return weave(original, named)

    def _obey(self, original: list[Json], patch: list[Json], at: At, walk: Walk) -> tuple[list[Json], list[tuple[int, Json]]]:
        """Take what the entries with `$patch` delete out of the original, and those entries out of the patch."""
        numbered = [(place, entry) for place, entry in enumerate(patch) if type(entry) is not dict or "$patch" not in entry]
        if REPLACE in patch:
            original = []
        renewed = {self.key(entry) for _, entry in numbered if type(entry) is dict and self._has_plain_key(entry)}
        for place, entry in enumerate(patch):
            if type(entry) is dict and "$patch" in entry and entry != REPLACE:
                key = self._deleted_key(entry, (at, place), walk)
                if key is not None:
                    original = self._without(original, key, keep_place=key in renewed)
        return original, numbered

    def _without(self, original: list[Json], key: Json, *, keep_place: bool) -> list[Json]:
        places = [place for place, element in enumerate(original) if self.key(element) == key]
        kept = [element for place, element in enumerate(original) if place not in places[keep_place:]]
        if keep_place and places != []:
            first = original[places[0]]
            kept[places[0]] = {name: first[name] for name in self.names if name in first}
        return kept

    def _deleted_key(self, entry: JsonMap, at: At, walk: Walk) -> Json:
        directive, keys = entry["$patch"], {name: value for name, value in entry.items() if name != "$patch"}
        wanted = " and ".join(f"`{name}`" for name in self.names)
        if directive == "replace":
            message = "`$patch: replace` in a list stands alone, as an entry `- $patch: replace`, and empties the whole list"
            return walk.note(
                at, "directive", message, "to set one element anew, write it twice: once with `$patch: delete`, once as it shall be"
            )
        if directive != "delete":
            return walk.note(
                at, "directive", f"`$patch: {directive!s:.40}` means nothing here", "`delete` and `replace` are the words"
            )
        key = self._patch_key(keys, at, walk)
        if key is not None and not keys.keys() <= set(self.names):
            return walk.note(at, "directive", f"an element to be deleted is named by {wanted} alone")
        return key

    def _has_plain_key(self, entry: JsonMap) -> bool:
        key = self.key(entry)
        return type(key) in (str, int) or (type(key) is tuple and all(type(value) in (str, int) for value in key))

    def _patch_key(self, entry: Json, at: At, walk: Walk) -> Json:
        """The key of an element of a patch, which must be whole; None (noted) where it is not."""
        if type(entry) is not dict:
            return walk.wrong_type(at, "a map", entry, hints.element_for(entry, self.names[0]))
        before = len(walk.found)
        for name, default in zip(self.names, self.defaults, strict=True):
            value = entry.get(name)
            if value is None or value == "" or (value == 0 and type(value) is not bool):
                if self._must_be_named(value, default):
                    walk.note(
                        at,
                        "missing-key",
                        f"an element of this list is known by its `{name}`, and this one has none",
                        f"add `{name}`",
                    )
            else:
                self.struct.fields[name].check(value, (at, name), walk)
        return (
            self.key({name: entry[name] for name in self.names if entry.get(name) is not None})
            if len(walk.found) == before
            else None
        )

    def _must_be_named(self, value: Json, default: Json) -> bool:
        """Whether the API server refuses an element without this key: all but a protocol and an image pull secret."""
        if self.struct.name == "LocalObjectReference":
            return False
        return value is not None or default in ("", 0)

    def _printed(self, entry: JsonMap) -> Json:
        """The key as far as it can be printed: a key of a wrong type is found out later."""
        key = self.key(entry)
        if type(key) is tuple and len(self.names) > 1:
            return tuple([value if type(value) in (str, int) else None for value in key])
        return key if type(key) in (str, int) else None

    def _index(self, elements: list[JsonMap], at: At, walk: Walk) -> Index:
        index: Index = {}
        for place, element in enumerate(elements):
            key = self.key(element)
            if key not in index:
                index[key] = [place]
                continue
            index[key].append(place)
            if not walk.repeats:
                self._repeated(key, (at, Element(place, self.names, key)), walk)
        return index

    def _repeated(self, key: Json, at: At, walk: Walk) -> None:
        values = key if type(key) is tuple else (key,)
        named = ", ".join(f"{name} {value!r}" for name, value in zip(self.names, values, strict=True))
        walk.note(at, "repeated-key", f"two elements of this list have the same key ({named})", "name each once")


#: A list strategy with deepmerge's signature: (config, path, base, nxt) -> list.
Strategy: TypeAlias = Callable[[Any, Sequence[str], list[Any], list[Any]], Any]


class Strategic:
    """A list merged by a strategy of the dialect's own."""

    __slots__ = ("configuration", "inner", "of_scalars", "path", "strategy")
    empty: Json = []

    def __init__(self, inner: AtomicList, path: tuple[str, ...], strategy: Strategy, configuration: Callable[[], Any]) -> None:
        self.inner = inner
        self.of_scalars = inner.of_scalars
        self.path = path
        self.strategy = strategy
        self.configuration = configuration

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge it as a list."""
        return self.inner.check(value, at, walk)

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """What the strategy makes of copies of both."""
        if type(patch) is list and REPLACE in patch:
            original = []
        patch = self.inner.merge([], patch, at, walk)
        if patch is None or walk.found != []:
            return original
        found: list[Finding] = []
        try:
            merged = snapshot(self.strategy(self.configuration(), list(self.path), copy(original), copy(patch)), found)
        except Exception as error:  # a stranger's code: whatever it raises is its finding
            return walk.note(at, "strategy-failed", f"the list strategy {self.strategy!r} raised {type(error).__name__}: {error}")
        if type(merged) is not list:
            return walk.note(at, "strategy-failed", f"the list strategy {self.strategy!r} returned {kind_of(merged)}, not a list")
        for finding in found:
            walk.note(at, finding.code, finding.message, finding.suggestion)
        return self.inner.check(merged, at, walk)


def weave(original: list[Json], named: list[tuple[list[int], Json]]) -> list[Json]:
    """
    Put the named elements and the rest of the original in server-side apply's order.

    Shapes: each named element with the places its key has in the original, [] if it is new.
    Source: sigs.k8s.io/structured-merge-diff typed/merge.go, behaviour measured: docs/merge.md, "Order".

    >>> weave(["a", "b", "c"], [([0], "A"), ([], "n")])
    ['A', 'b', 'c', 'n']
    >>> weave(["a", "b", "c", "d"], [([3], "d"), ([], "n"), ([1], "b")])
    ['a', 'c', 'd', 'n', 'b']
    """
    taken = {place for places, _ in named for place in places}
    result: list[Json] = []
    waiting: list[Json] = []
    start, end = 0, len(original)
    for places, element in named:
        if places == []:
            waiting.append(element)
            continue
        stop = min((place for place in places if place >= start), default=end)
        result += _rest(original, start, stop, taken)
        result += waiting
        result.append(element)
        waiting, start = [], stop + 1
    if any(len(places) > 1 for places, _ in named):
        return [*result, *_tail(original, start, taken, waiting)]
    return [*result, *_rest(original, start, end, taken), *waiting]


def _rest(original: list[Json], start: int, stop: int, taken: set[int]) -> list[Json]:
    if not any(start <= place < stop for place in taken):
        return original[start:stop]
    return [original[place] for place in range(start, stop) if place not in taken]


def _tail(original: list[Json], start: int, taken: set[int], waiting: list[Json]) -> list[Json]:
    """The rest where a key is repeated: each left-over copy of a named key lets one waiting element through in its place."""
    result: list[Json] = []
    pending = iter(waiting)
    for place in range(start, len(original)):
        result += (
            [original[place]] if place not in taken else [element for element in [next(pending, _NONE)] if element is not _NONE]
        )
    return [*result, *pending]


_NONE = object()


def _is(left: Json, right: Json) -> bool:
    return left is right
