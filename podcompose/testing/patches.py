"""Patches, and pairs of a pod and a patch that meet in as many places as can be."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from podcompose.core.json import Json, JsonMap
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing.alphabet import FEW, NAMES, Draw, fields_of, key_pool, one_of, scalars
from podcompose.testing.pods import Focus, draw_value, focuses, pods, told_apart

__all__ = ["patches", "pod_pairs"]

_DIE = st.integers(0, 19)
_ORDER = st.sampled_from((False, False, True))
_EMPTY: JsonMap = {}


@st.composite
def patches(draw: Draw, pod: JsonMap | None = None, *, nulls: bool = False, directives: bool = False) -> JsonMap:
    """
    Patches in wire form that COMPOSE takes; with `pod`, most of what they mention is there.

    With `nulls`, a field or an entry may be null; with `directives`, `$patch` and its like stand where they may.

    >>> from hypothesis import given, settings
    >>> from podcompose import compose
    >>> @settings(max_examples=5, database=None)
    ... @given(patches(nulls=True))
    ... def test_a_patch_laid_twice_is_laid_once(patch):
    ...     assert compose({}, patch, patch) == compose({}, patch)
    >>> test_a_patch_laid_twice_is_laid_once()
    """
    maker = _Patch(draw, nulls, directives)
    focus = draw(focuses())
    patch = maker.struct(POD.root, pod or {}, {"spec": {}, **focus}, 0, also=("metadata", "spec"))
    for field in ("apiVersion", "kind", "status"):
        patch.pop(field, None)
    return told_apart({name: value for name, value in patch.items() if value is not None and value != {"$patch": "delete"}})


@st.composite
def pod_pairs(draw: Draw, *, nulls: bool = False, directives: bool = False) -> tuple[JsonMap, JsonMap]:
    """
    A whole pod and a patch that collides with it.

    >>> from hypothesis import given, settings
    >>> from podcompose import compose
    >>> @settings(max_examples=5, database=None)
    ... @given(pod_pairs())
    ... def test_a_patch_laid_twice_is_laid_once(pair):
    ...     pod, patch = pair
    ...     assert compose(pod, patch, patch) == compose(pod, patch)
    >>> test_a_patch_laid_twice_is_laid_once()
    """
    pod = draw(pods())
    return pod, draw(patches(pod, nulls=nulls, directives=directives))


class _Patch:
    """One patch in the making, drawn beside what it will be laid over."""

    def __init__(self, draw: Draw, nulls: bool, directives: bool) -> None:
        self.draw = draw
        self.nulls = nulls
        self.directives = directives

    def struct(self, name: str, like: Json, focus: Focus, depth: int, also: tuple[str, ...] = (), keys: Any = ()) -> JsonMap:
        """Fields that `like` has, fields of the focus, and seldom one more; some of them null or a directive."""
        fields = fields_of(name)
        like = like if type(like) is dict else _EMPTY
        known = tuple(field for field in like if field in fields and field not in keys)
        chosen = [*also, *(self._of(known) for _ in range(self.draw(FEW)) if known != ()), *focus]
        if self.draw(_DIE) > 13 or chosen == []:
            chosen.append(self._of(tuple(fields)))
        patch: JsonMap = {}
        for field in dict.fromkeys(chosen):
            if field not in keys and not self._doubles(name, field, patch):
                patch[field] = self._field(fields[field], like.get(field), focus.get(field, {}), depth)
        return self._directed(patch, like, name, depth, keys)

    def _of(self, names: tuple[str, ...]) -> str:
        return str(self.draw(one_of(names)))

    def _doubles(self, name: str, field: str, patch: JsonMap) -> bool:
        """Whether a field would be the second member of a one-of."""
        union = POD.one_ofs.get(name)
        return union is not None and field in union.members and not set(patch).isdisjoint(union.members)

    def _field(self, field: Field, like: Json, focus: Focus, depth: int) -> Json:
        if self.nulls and depth > 0 and self.draw(_DIE) > 17:
            return None
        if self.directives and depth > 0 and self.draw(_DIE) > 18:
            return {"$patch": "delete"}
        if field.kind == "struct":
            return self.struct(field.of, like, focus, depth + 1)
        if field.kind == "map":
            return self._map(field, like)
        if field.kind == "list" and field.keys != ():
            return self._keyed(field, like, focus, depth)
        value = draw_value(self.draw, field, focus, depth + 1)
        return self._replacing(value) if field.kind == "list" else value

    def _map(self, field: Field, like: Json) -> JsonMap:
        pool = tuple(dict.fromkeys((*(like if type(like) is dict else ()), *NAMES)))
        names = [self._of(pool) for _ in range(1 + self.draw(FEW))]
        return {name: None if self.nulls and self.draw(_DIE) > 15 else self.draw(scalars(field.of)) for name in names}

    def _keyed(self, field: Field, like: Json, focus: Focus, depth: int) -> list[Json]:
        """Elements of the other list in any order, new ones among them; some are deleted or replaced."""
        others = [one for one in like if type(one) is dict] if type(like) is list else []
        patch: dict[str, JsonMap] = {}
        for _ in range(1 + self.draw(FEW)):
            old = others[self.draw(one_of(tuple(range(len(others)))))] if others != [] and self.draw(_DIE) < 14 else _EMPTY
            key = {name: old[name] for name in field.keys if name in old} or self._new_key(field)
            deleted = self.directives and self.draw(_DIE) > 16
            element = {**key, "$patch": "delete"} if deleted else {**key, **self._element(field, old, focus, depth)}
            patch.setdefault(repr(sorted({"protocol": "TCP", **key}.items())), element)
        return self._replacing(self._renewed(field, list(patch.values())))

    def _element(self, field: Field, old: JsonMap, focus: Focus, depth: int) -> JsonMap:
        """What a patch says of an element; a container that the other list does not have needs an image."""
        element = self.struct(field.of, old, focus, depth + 1, keys=field.keys)
        return {**element, "image": "image:2"} if field.of == "Container" and old == {} else element

    def _new_key(self, field: Field) -> JsonMap:
        return {name: self.draw(one_of(key_pool(name))) for name in field.keys}

    def _renewed(self, field: Field, elements: list[Json]) -> list[Json]:
        """A deleted element may be given anew."""
        if not self.directives:
            return elements
        more = {"image": "image:3"} if field.of == "Container" else _EMPTY
        deleted = [one for one in elements if one.get("$patch") == "delete" and self.draw(_ORDER)]
        return [*elements, *({name: value for name, value in one.items() if name != "$patch"} | more for one in deleted)]

    def _replacing(self, value: list[Json]) -> list[Json]:
        return [{"$patch": "replace"}, *value] if self.directives and self.draw(_DIE) > 17 else value

    def _directed(self, patch: JsonMap, like: Json, name: str, depth: int, keys: Any) -> JsonMap:
        """A struct that replaces the other, or names what it keeps."""
        if not self.directives or depth == 0 or keys != () or self.draw(_DIE) < 18:
            return patch
        if self.draw(_ORDER):
            return {**patch, "$patch": "replace"}
        return {**patch, "$retainKeys": list(dict.fromkeys([*patch, *list(like)[: self.draw(FEW)]]))}
