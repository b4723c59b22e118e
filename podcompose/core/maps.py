"""
Structs and free maps: field by field, or whole.

A node judges one side alone (`check`) or lays a patch over an original (`merge`). A field that the original lacks is laid over
the node's `empty`, so that new values and old ones go through the same code: in both a null deletes and a directive is obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from podcompose.core import hints
from podcompose.core.directives import PRIMITIVES, delete_primitives, is_delete, patch_directive, retain_keys
from podcompose.core.json import Json, JsonMap, same, well_formed
from podcompose.core.one_of import Switch, switch_away
from podcompose.core.scalars import VERBATIM, Scalar
from podcompose.core.schema import OneOf
from podcompose.core.walk import At, Walk
from podcompose.errors import a

__all__ = ["FreeMap", "Node", "Struct", "Whole"]


class Node(Protocol):
    """What the merge knows of one field."""

    @property
    def empty(self) -> Json:
        """What a patch is laid over where the original has nothing."""

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge an original, or what is taken whole of a patch: return a copy of it without its nulls."""

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Lay `patch` over `original`, which `check` has returned; the result may share with it, not with the patch."""


class Struct:
    """A struct whose fields are merged one by one."""

    __slots__ = ("fields", "members", "name", "one_of", "open", "owners", "switch", "texts")
    empty: Final[Json] = {}

    def __init__(self, name: str, one_of: OneOf | None, switch: Switch, *, is_open: bool) -> None:
        self.name = name
        self.fields: dict[str, Node] = {}
        #: The fields that any plain text fits.
        self.texts: frozenset[str] = frozenset()
        self.one_of = one_of if switch != "never" else None
        self.members = frozenset() if one_of is None else frozenset(one_of.members)
        self.switch = switch
        self.open = is_open
        #: Where else in a Pod a field of some name stands, for hints.
        self.owners: Mapping[str, list[str]] = {}

    def furnish(self, fields: Mapping[str, Node]) -> None:
        """Give the struct its fields, which may lead back to it and so are made after it."""
        self.fields = dict(fields)
        self.texts = frozenset(name for name, node in fields.items() if isinstance(node, Scalar) and node.is_text)

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every field; drop the nulls."""
        if type(value) is not dict:
            return walk.wrong_type(at, "a map", value)
        fields, texts, checked = self.fields, self.texts, value.copy()
        for name, entry in value.items():
            if type(entry) is str and name in texts and entry.isascii():
                continue
            node = fields.get(name)
            if node is None:
                node = self._unknown(name, at, walk)
            if entry is not None and node is not None:
                checked[name] = node.check(entry, (at, name), walk)
            else:
                walk.changed = True
                del checked[name]
        return checked

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Lay every field of the patch over its counterpart."""
        if type(patch) is not dict:
            return walk.wrong_type(at, "a map", patch)
        if self.one_of is not None:
            for name in original:
                if name in self.members and name not in patch:
                    original = switch_away(self.one_of, self.switch, original, patch)
                    break
        fields, texts, result = self.fields, self.texts, original.copy()
        noted = len(walk.found)
        for name, change in patch.items():
            if type(change) is str and name in texts and change.isascii():
                result[name] = change
                continue
            node = fields.get(name)
            if node is None:
                del walk.found[noted:]
                return self._merge_odd(original, patch, at, walk)
            if change is None or (type(change) is dict and "$patch" in change and is_delete(change, (at, name), walk)):
                result.pop(name, None)
            else:
                result[name] = node.merge(result.get(name, node.empty), change, (at, name), walk)
        return result

    def _merge_odd(self, original: JsonMap, patch: JsonMap, at: At, walk: Walk) -> JsonMap:
        """Merge a patch with directives or unknown fields: those that are kept are taken as they are."""
        original, changes = self._obey(original, patch, at, walk)
        result: JsonMap = self.merge(original, {name: change for name, change in changes.items() if name in self.fields}, at, walk)
        for name, change in changes.items():
            if name not in self.fields:
                result.pop(name, None)
                if change is not None:
                    result[name] = VERBATIM.check(change, (at, name), walk)
        return result

    def _unknown(self, name: Any, at: At, walk: Walk) -> Node | None:
        """What to do with a key that is no field."""
        if type(name) is not str:
            walk.note(at, "bad-key", f"the key {name!r:.80} is {a(type(name).__name__)}, not a string", f'quote it: "{name!s:.80}"')
        elif name[:1] == "$":
            walk.note((at, name), "directive", walk.no_directive, at_key=True)
        elif not well_formed(name):
            walk.note(at, "bad-text", f"the key {name!a:.80} holds a lone surrogate, which is no Unicode text")
        elif walk.keep_unknown or self.open:
            return VERBATIM
        else:
            walk.note((at, name), "unknown-field", *hints.unknown_field(self.name, name, self.fields, self.owners), at_key=True)
        return None

    def _obey(self, original: JsonMap, patch: JsonMap, at: At, walk: Walk) -> tuple[JsonMap, JsonMap]:
        """Take what the directives delete out of the original, and the directives and unknown fields out of the patch."""
        directives = {name: value for name, value in patch.items() if type(name) is str and name[:1] == "$"}
        changes = {name: change for name, change in patch.items() if name not in directives}
        for name in [name for name in changes if name not in self.fields and self._unknown(name, at, walk) is None]:
            del changes[name]
        for name, value in directives.items():
            original = self._directive(name, value, original, changes, at, walk)
        return original, changes

    def _directive(self, name: str, value: Json, original: JsonMap, changes: JsonMap, at: At, walk: Walk) -> JsonMap:
        if name == "$patch":
            return patch_directive(value, original, at, walk)
        if name == "$retainKeys":
            return retain_keys(value, original, changes, at, walk)
        if name.startswith(PRIMITIVES) and self._is_primitive_list(name.removeprefix(PRIMITIVES)):
            return delete_primitives(name, value, original, at, walk)
        walk.note((at, name), "directive", *hints.unknown_directive(name), at_key=True)
        return original

    def _is_primitive_list(self, name: str) -> bool:
        return bool(getattr(self.fields.get(name), "of_scalars", False))


class FreeMap(Struct):
    """A map with keys of the user's choice, merged key by key."""

    __slots__ = ("value",)

    def __init__(self, name: str, value: Scalar) -> None:
        super().__init__(name, None, "never", is_open=True)
        self.value = value

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge every key and value; drop the nulls."""
        if type(value) is not dict:
            return walk.wrong_type(at, "a map", value, hints.map_for(value))
        checked, of_text = value.copy(), self.value.is_text
        for name, entry in value.items():
            known = (type(name) is str and name[:1] != "$" and name.isascii()) or self._unknown(name, at, walk) is not None
            if known and type(entry) is str and of_text and entry.isascii():
                continue
            if known and entry is not None:
                checked[name] = self.value.check(entry, (at, name), walk)
            else:
                walk.changed = True
                del checked[name]
        return checked

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """Lay every key of the patch over its counterpart."""
        if type(patch) is not dict:
            return walk.wrong_type(at, "a map", patch, hints.map_for(patch))
        result, of_text, noted = original.copy(), self.value.is_text, len(walk.found)
        for name, change in patch.items():
            if type(name) is not str or name[:1] == "$" or not name.isascii():
                del walk.found[noted:]
                return self._merge_odd(original, patch, at, walk)
            if type(change) is str and of_text and change.isascii():
                result[name] = change
            elif change is None or (type(change) is dict and "$patch" in change and is_delete(change, (at, name), walk)):
                result.pop(name, None)
            else:
                result[name] = self.value.check(change, (at, name), walk)
        return result

    def _merge_odd(self, original: JsonMap, patch: JsonMap, at: At, walk: Walk) -> JsonMap:
        original, changes = self._obey(original, patch, at, walk)
        result = original.copy()
        for name, change in changes.items():
            if change is None or (type(change) is dict and "$patch" in change and is_delete(change, (at, name), walk)):
                result.pop(name, None)
            else:
                result[name] = self.value.check(change, (at, name), walk)
        return result


class Whole:
    """A map or struct that is replaced whole."""

    __slots__ = ("inner",)
    empty: Final[Json] = None

    def __init__(self, inner: Struct) -> None:
        self.inner = inner

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Judge it as what it is."""
        return self.inner.check(value, at, walk)

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """The patch's value; `$patch: replace` says what happens anyway."""
        if type(patch) is dict:
            silent = ["$retainKeys"] if not same(patch.get("$patch"), "replace") else ["$retainKeys", "$patch"]
            patch = {name: entry for name, entry in patch.items() if name not in silent}
        return self.inner.check(patch, at, walk)
