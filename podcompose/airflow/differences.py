"""Where two manifests differ: every place once, the elements of keyed lists by their keys, those that are repeated together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Literal, NamedTuple

from podcompose.core.json import Json, JsonMap, copy, same
from podcompose.core.leaves import key_of
from podcompose.core.path import Key, Path
from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = ["ABSENT", "Absent", "Gap", "Kind", "gaps"]


class Absent(Enum):
    """What stands where nothing is: not null, which is a value."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        """As it is imported."""
        return self.name


ABSENT = Absent.ABSENT

#: value: another value, or none on one side; repeated: one side has a key several times, and the values are lists of the elements;
#: order: the elements that both lists have stand in another order, and the values are lists of their keys.
Kind = Literal["value", "repeated", "order"]


class Gap(NamedTuple):
    """One place where two manifests differ."""

    path: Path
    #: ABSENT where nothing stands.
    before: Json
    after: Json
    kind: Kind
    #: What the schema knows of the place; None for a key of a free map and for what it does not know.
    field: Field | None


def gaps(before: JsonMap, after: JsonMap) -> tuple[Gap, ...]:
    """
    Every difference between two manifests; none if and only if they are the same JSON.

    >>> [(gap.path, gap.before, gap.after) for gap in gaps({"spec": {"hostNetwork": True}}, {"spec": {"nodeName": "n"}})]
    [(('spec', 'hostNetwork'), True, ABSENT), (('spec', 'nodeName'), ABSENT, 'n')]
    """
    return tuple(_gaps(before, after, Field("struct", POD.root), ()))


def _gaps(before: Json, after: Json, field: Field | None, path: Path) -> Iterator[Gap]:
    if before is after or same(before, after):
        return
    if type(before) is dict and type(after) is dict and (field is None or field.kind != "list"):
        fields = POD.types.get(field.of, {}) if field is not None and field.kind == "struct" else {}
        for name in {**before, **after}:
            yield from _gaps(before.get(name, ABSENT), after.get(name, ABSENT), fields.get(name), (*path, name))
    elif type(before) is list and type(after) is list and field is not None and field.merge == "keyed":
        found = list(_element_gaps(before, after, field, path))
        # Elements that cannot be told apart, or repeated ones that only stand elsewhere.
        yield from found if found != [] else [_gap(path, before, after, field)]
    else:
        yield _gap(path, before, after, field)


def _gap(path: Path, before: Json, after: Json, field: Field | None, kind: Kind = "value") -> Gap:
    return Gap(path, copy(before), copy(after), kind, field)


def _element_gaps(before: list[Json], after: list[Json], field: Field, path: Path) -> Iterator[Gap]:
    left, right = _by_key(before, field), _by_key(after, field)
    if left is None or right is None:
        return
    common = [[key for key in one if key in other] for one, other in ((left, right), (right, left))]
    if common[0] != common[1]:
        kept, now = ([_shown(key) for key in keys] for keys in common)
        yield _gap(path, kept, now, field, "order")
    element = Field("struct", field.of)
    for key in {**left, **right}:
        yield from _key_gaps(left.get(key, []), right.get(key, []), element, (*path, key))


def _key_gaps(before: list[Json], after: list[Json], element: Field, path: Path) -> Iterator[Gap]:
    """What differs among the elements of one key."""
    if len(before) > 1 or len(after) > 1:
        if not same(before, after):
            yield _gap(path, before, after, element, "repeated")
        return
    yield from _gaps(before[0] if before != [] else ABSENT, after[0] if after != [] else ABSENT, element, path)


def _by_key(elements: list[Json], field: Field) -> dict[Key, list[Json]] | None:
    """The elements by their keys, in their order; None where one has no key that can be printed."""
    groups: dict[Key, list[Json]] = {}
    for element in elements:
        key = key_of(element, field.keys, field.of, POD)
        if key is None:
            return None
        groups.setdefault(key, []).append(element)
    return groups


def _shown(key: Key) -> str:
    return ",".join(value if type(value) is str else json.dumps(value) for _, value in key.fields)
