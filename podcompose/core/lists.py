"""Lists: replaced whole, merged by key, united as sets, or by a strategy of the dialect's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from podcompose.core import hints
from podcompose.core.directives import REPLACE
from podcompose.core.json import Json, JsonMap, copy, kind_of, same, snapshot
from podcompose.core.maps import Node, Struct, Whole
from podcompose.core.order import NOWHERE, weave
from podcompose.core.path import Key
from podcompose.core.scalars import Scalar
from podcompose.core.walk import At, Index, Walk
from podcompose.errors import Finding

__all__ = ["AtomicList", "KeyedList", "SetList", "Strategic", "Strategy"]


class AtomicList:
    """A list that is replaced whole."""

    __slots__ = ("element", "of_scalars", "of_texts")
    empty: Final[Json] = []

    def __init__(self, element: Node) -> None:
        self.element = element
        self.of_scalars = isinstance(element, Scalar)
        #: Whether any plain text fits.
        self.of_texts = isinstance(element, Scalar) and element.is_text

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every entry; a null entry may stay."""
        if type(value) is not list:
            return walk.wrong_type(at, "a list", value, hints.list_for(value))
        if self.of_texts:
            for entry in value:
                if type(entry) is not str or not entry.isascii():
                    break
            else:
                return value.copy()
        element = self.element
        return [None if entry is None else element.check(entry, (at, place), walk) for place, entry in enumerate(value)]

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """The patch's list; an entry `$patch: replace` says what happens anyway."""
        return self.check(_without_replace(patch), at, walk)


class SetList:
    """A list of scalars without order or repetition, united with the patch's."""

    __slots__ = ("element",)
    empty: Final[Json] = []
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
        return entries

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Unite both, in the order of `weave`."""
        kept = _without_replace(patch)
        members = self.check(kept, at, walk)
        if members is None or walk.found != []:
            return original
        if len(kept) < len(patch):
            original = []
        return weave(original, [(_places_of(member, original), member) for member in members])


class KeyedList:
    """A list of maps, merged by the values of their key fields."""

    __slots__ = ("defaults", "element", "names", "only", "struct")
    empty: Final[Json] = []

    def __init__(self, element: Struct | Whole, names: tuple[str, ...], defaults: tuple[Json, ...]) -> None:
        self.element = element
        self.struct = element.inner if isinstance(element, Whole) else element
        self.names = names
        #: The key field, where there is one only and it is text.
        self.only = names[0] if len(names) == 1 and defaults == ("",) else None
        #: What a missing key field stands for.
        self.defaults = defaults

    def key(self, element: JsonMap) -> Json:
        """The key of an element: one value, or a tuple where there are several key fields."""
        if self.only is not None:
            return element.get(self.only, "")
        return tuple([element.get(name, default) for name, default in zip(self.names, self.defaults, strict=True)])

    def segment(self, element: JsonMap) -> Key:
        """The path segment of an element; a key of a wrong type is printed as null, it is found out elsewhere."""
        values = (element.get(name, default) for name, default in zip(self.names, self.defaults, strict=True))
        plain = (value if type(value) in (str, int) else None for value in values)
        return Key(tuple(zip(self.names, plain, strict=True)))

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every element, and note where each key stands."""
        if type(value) is not list:
            return walk.wrong_type(at, "a list", value, hints.list_for(value, self.names[0]))
        before, check = len(walk.found), self.element.check
        checked = [
            check(entry, (at, (place, self, entry) if type(entry) is dict else place), walk) for place, entry in enumerate(value)
        ]
        if walk.recorded is None and len(walk.found) == before:
            # Not an original: a part of a patch, inside what is replaced whole. There too the API server wants every key.
            for place, element in enumerate(checked):
                self._patch_key(element, (at, place), walk)
        if len(walk.found) == before:
            index = self._index(checked, at, walk)
            if walk.recorded is not None:
                walk.recorded[id(checked)] = index
        return checked

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Lay each element of the patch over the one of the same key, or over nothing."""
        if type(patch) is not list:
            return walk.wrong_type(at, "a list", patch, hints.list_for(patch, self.names[0]))
        for entry in patch:
            if type(entry) is dict and "$patch" in entry:
                original, entries = self._obey(original, patch, at, walk)
                break
        else:
            entries = enumerate(patch)
        index = walk.indexes.get(id(original))
        if index is None:
            index = self._index(original, at, _TOLERANT)
        named: list[tuple[int | list[int], Json]] = []
        seen, only, merge = set(), self.only, self.element.merge
        for place, entry in entries:
            key = entry.get(only) if only is not None and type(entry) is dict else None
            if type(key) is not str or key == "":
                key = self._patch_key(entry, (at, place), walk)
            if key is None or key in seen:
                # It has no place in the list; what else is wrong with it is said all the same.
                if key is not None:
                    self._repeated((at, (place, self, entry)), walk)
                if type(entry) is dict:
                    merge({}, {name: entry[name] for name in entry if name not in self.names}, (at, (place, self, entry)), walk)
            else:
                seen.add(key)
                known = index.get(key, NOWHERE)
                # A key that the original repeats has no one counterpart: the new element takes the place of all copies.
                counterpart = original[known] if type(known) is int and known != NOWHERE else {}
                named.append((known, merge(counterpart, entry, (at, (place, self, entry)), walk)))
        return weave(original, named)

    def _obey(self, original: list[Json], patch: list[Json], at: At, walk: Walk) -> tuple[list[Json], Iterable[tuple[int, Json]]]:
        """Take what the entries with `$patch` delete out of the original, and those entries out of the patch."""
        entries = [(place, entry) for place, entry in enumerate(patch) if type(entry) is not dict or "$patch" not in entry]
        if len(_without_replace(patch)) < len(patch):
            original = []
        quiet = Walk()
        renewed = [self._patch_key(entry, None, quiet) for _, entry in entries]
        for place, entry in enumerate(patch):
            if type(entry) is dict and "$patch" in entry and not same(entry, REPLACE):
                key = self._deleted_key(entry, (at, place), walk)
                if key is not None:
                    original = self._without(original, key, keep_place=key in renewed)
        return original, entries

    def _without(self, original: list[Json], key: Json, *, keep_place: bool) -> list[Json]:
        places = [place for place, element in enumerate(original) if self.key(element) == key]
        kept = [element for place, element in enumerate(original) if place not in places[keep_place:]]
        if keep_place and places != []:
            first = original[places[0]]
            kept[places[0]] = {name: first[name] for name in self.names if name in first}
        return kept

    def _deleted_key(self, entry: JsonMap, at: At, walk: Walk) -> Json:
        directive, keys = entry["$patch"], {name: value for name, value in entry.items() if name != "$patch"}
        if same(directive, "replace"):
            message = "`$patch: replace` in a list stands alone, as an entry `- $patch: replace`, and empties the whole list"
            return walk.note(
                at, "directive", message, "to set one element anew, write it twice: once with `$patch: delete`, once as it shall be"
            )
        if not same(directive, "delete"):
            return walk.note(
                at, "directive", f"`$patch: {directive!s:.40}` means nothing here", "`delete` and `replace` are the words"
            )
        key = self._patch_key(keys, at, walk)
        if key is not None and not keys.keys() <= set(self.names):
            wanted = " and ".join(f"`{name}`" for name in self.names)
            return walk.note(at, "directive", f"an element to be deleted is named by {wanted} alone")
        return key

    def _patch_key(self, entry: Json, at: At, walk: Walk) -> Json:
        """The key of an element of a patch, which must be whole; None (noted) where it is not."""
        if type(entry) is not dict:
            return walk.wrong_type(at, "a map", entry, hints.element_for(entry, self.names[0]))
        before = len(walk.found)
        for name, default in zip(self.names, self.defaults, strict=True):
            value = entry.get(name)
            if value is None or same(value, "") or same(value, 0):
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
        return value is not None or same(default, "") or same(default, 0)

    def _index(self, elements: list[JsonMap], at: At, walk: Walk) -> Index:
        only = self.only
        keys = [element.get(only, "") for element in elements] if only is not None else list(map(self.key, elements))
        index: Index = dict(zip(keys, range(len(keys)), strict=True))
        if len(index) < len(keys):
            for place, key in enumerate(keys):
                places = [other for other, same_key in enumerate(keys) if same_key == key]
                index[key] = places if len(places) > 1 else place
                if places[0] != place and not walk.repeats:
                    self._repeated((at, (place, self, elements[place])), walk)
        return index

    def _repeated(self, at: At, walk: Walk) -> None:
        walk.note(at, "repeated-key", "two elements of this list have this key", "name each once")


#: A list strategy with deepmerge's signature: (config, path, base, nxt) -> list.
Strategy: TypeAlias = Callable[[Any, Sequence[str], list[Any], list[Any]], Any]


class Strategic:
    """A list merged by a strategy of the dialect's own."""

    __slots__ = ("configuration", "inner", "of_scalars", "path", "strategy")
    empty: Final[Json] = []

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
        if type(patch) is list and len(_without_replace(patch)) < len(patch):
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


def _places_of(member: Json, original: list[Json]) -> int | list[int]:
    places = [place for place, entry in enumerate(original) if same(entry, member)]
    return places if len(places) > 1 else places[0] if places != [] else NOWHERE


def _without_replace(patch: Json) -> Json:
    """A list without its entries `$patch: replace`."""
    if type(patch) is list:
        for entry in patch:
            if type(entry) is dict and "$patch" in entry:
                return [entry for entry in patch if not same(entry, REPLACE)]
    return patch


#: For the index of a list that was judged before.
_TOLERANT = Walk(repeats=True)
