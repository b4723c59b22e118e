"""The places of a pod, with what the schema says of each: where a generator can put something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = ["Place", "Table", "lists_in", "maps_in", "places_in"]

#: Which maps and structs are replaced whole: server-side apply's, or none.
Table = Literal["apply", "compose"]


class Place(NamedTuple):
    """One value in a pod."""

    holder: Any
    key: str | int
    value: Any
    #: The field that holds it, or holds the list or the free map that holds it; None for the pod.
    field: Field | None
    #: What the value is by the schema: a struct's name, "map", "list" or "scalar".
    is_a: str
    #: An element of a list, an entry of a free map, or the value of a field.
    part: Literal["element", "entry", "field"]
    #: Whether it lies inside a value that is replaced whole, and whether it is such a value itself.
    inside: bool
    atomic: bool


def places_in(pod: dict[str, Any], table: Table) -> Iterator[Place]:
    """Every place of a pod of valid types, the pod itself first."""
    yield Place({}, "", pod, None, POD.root, "field", False, False)
    yield from _struct(pod, POD.root, False, table)


def _struct(value: dict[str, Any], name: str, inside: bool, table: Table) -> Iterator[Place]:
    for key, entry in value.items():
        field = POD.types[name].get(key)
        if field is not None:
            yield from _field(value, key, entry, field, inside, table)


def _field(holder: Any, key: str, value: Any, field: Field, inside: bool, table: Table) -> Iterator[Place]:
    is_a = field.of if field.kind == "struct" else field.kind
    atomic = field.merge == "atomic" and (table == "apply" or field.kind == "list")
    yield Place(holder, key, value, field, is_a, "field", inside, atomic)
    within = inside or atomic
    if field.kind == "struct" and isinstance(value, dict):
        yield from _struct(value, field.of, within, table)
    elif field.kind == "map" and isinstance(value, dict):
        for name, entry in value.items():
            yield Place(value, name, entry, field, "scalar", "entry", within, False)
    elif field.kind == "list" and isinstance(value, list):
        yield from _elements(value, field, within, table)


def _elements(value: list[Any], field: Field, inside: bool, table: Table) -> Iterator[Place]:
    is_a = field.of if field.is_struct else "scalar"
    atomic = table == "apply" and field.of in POD.atomic
    for index, entry in enumerate(value):
        yield Place(value, index, entry, field, is_a, "element", inside, atomic)
        if field.is_struct and isinstance(entry, dict):
            yield from _struct(entry, field.of, inside or atomic, table)


def maps_in(pod: dict[str, Any], table: Table) -> list[Place]:
    """Every place that holds a map."""
    return [place for place in places_in(pod, table) if isinstance(place.value, dict)]


def lists_in(pod: dict[str, Any], table: Table) -> list[Place]:
    """Every place that holds a list."""
    return [place for place in places_in(pod, table) if isinstance(place.value, list)]
