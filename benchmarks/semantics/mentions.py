"""What of a template an override speaks of, by the keys on which Kubernetes' two merges agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.semantics.manifests import key_value
from podcompose.core.path import Key, Member, Path
from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = ["KeyedList", "keyed_lists", "unmentioned"]

#: A field that no schema knows: one value, replaced whole.
_UNKNOWN = Field("scalar", "string")


class KeyedList(NamedTuple):
    """A keyed list of a template: where it is, by what its elements go, their keys in order, and those that an override names."""

    path: Path
    by: tuple[str, ...]
    keys: list[Any]
    named: list[Any]


def unmentioned(template: Any, override: Any, struct: str = POD.root, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """
    Every leaf of the template that the override does not speak of: its path and value; null is no leaf.

    An atomic list or map that is not mentioned is one leaf, an atomic one that is mentioned is none. Where server-side apply and
    strategic merge patch would not agree what an override speaks of, it speaks of both.

    >>> [value for _, value in unmentioned({"spec": {"hostname": "a", "hostNetwork": True}}, {"spec": {"hostname": "b"}})]
    [True]
    """
    for name, value in template.items():
        field = POD.types[struct].get(name, _UNKNOWN)
        if value is None or name in _given_up(struct, override):
            continue
        if name not in override:
            yield from _leaves(value, field, (*path, name))
        elif override[name] is not None and type(override[name]) is type(value):
            yield from _both(value, override[name], field, (*path, name))


def _both(value: Any, other: Any, field: Field, path: Path) -> Iterator[tuple[Path, Any]]:
    """The leaves of a field that both have."""
    if _is_open_struct(field, value):
        yield from unmentioned(value, other, field.of, path)
    elif field.kind == "map" and field.merge == "granular":
        yield from (((*path, name), each) for name, each in value.items() if name not in other and each is not None)
    elif _is_keyed(field, value) and _is_keyed(field, other):
        for element in value:
            mine = [each for each in other if _key(each, field.keys) == _key(element, field.keys)]
            like = [each for each in other if _key(each, (str(field.patch_key),)) == _key(element, (str(field.patch_key),))]
            if mine == like and len(mine) < 2:
                yield from unmentioned(element, mine[0] if mine != [] else {}, field.of, (*path, _step(element, field)))
    elif field.merge == "set" and field.patch_key is not None:
        yield from (((*path, Member(each)), each) for each in value)


def _leaves(value: Any, field: Field, path: Path) -> Iterator[tuple[Path, Any]]:
    """The leaves of a field that only the template has."""
    if _is_open_struct(field, value):
        yield from unmentioned(value, {}, field.of, path)
    elif _is_keyed(field, value):
        for element in value:
            yield from unmentioned(element, {}, field.of, (*path, _step(element, field)))
    elif field.kind == "map" and field.merge == "granular" and isinstance(value, dict) and len(value) > 0:
        yield from (((*path, name), each) for name, each in value.items() if each is not None)
    else:
        yield path, value


def keyed_lists(template: Any, override: Any, struct: str = POD.root, path: Path = ()) -> Iterator[KeyedList]:
    """Every keyed list of the template, also of elements that the override does not name."""
    for name, value in template.items():
        field = POD.types[struct].get(name, _UNKNOWN)
        other = override.get(name)
        if _is_open_struct(field, value):
            yield from keyed_lists(value, other if isinstance(other, dict) else {}, field.of, (*path, name))
        elif _is_keyed(field, value):
            others = [each for each in other if isinstance(each, dict)] if isinstance(other, list) else []
            keys = [_key(element, field.keys) for element in value]
            yield KeyedList(
                (*path, name), field.keys, keys, [key for key in keys if key in [_key(each, field.keys) for each in others]]
            )
            for element, key in zip(value, keys, strict=True):
                mine: Mapping[str, Any] = next((each for each in others if _key(each, field.keys) == key), {})
                yield from keyed_lists(element, mine, field.of, (*path, name, _step(element, field)))


def _is_open_struct(field: Field, value: Any) -> bool:
    """A map with fields of its own, merged field by field by both; an empty one is a leaf, for `emptyDir: {}` means something."""
    atomic = field.merge == "atomic" or field.of in POD.atomic
    return field.kind == "struct" and not atomic and isinstance(value, dict) and len(value) > 0


def _is_keyed(field: Field, value: Any) -> bool:
    """A list that both merge by a key, and whose elements all have theirs."""
    if field.merge != "keyed" or field.patch_key is None or not isinstance(value, list):
        return False
    return all(isinstance(each, dict) and None not in _key(each, field.keys) for each in value)


def _key(element: Any, fields: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(key_value(element, field) for field in fields)


def _step(element: Any, field: Field) -> Key:
    return Key(tuple(zip(field.keys, _key(element, field.keys), strict=True)))


def _given_up(struct: str, override: Any) -> set[str]:
    """The members of a one-of that an override switches away from, for it mentions another."""
    union = POD.one_ofs.get(struct)
    if union is None:
        return set()
    given = {*union.members, union.discriminator} & override.keys()
    return set() if given == set() else {*union.members, str(union.discriminator)} - given
