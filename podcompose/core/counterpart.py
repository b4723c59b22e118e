"""Which entry of a list is which entry of another: entries without keys are known by what they are, then by their places."""

from __future__ import annotations

import json

from podcompose.core.json import Json, same
from podcompose.core.path import Path, Segment
from podcompose.core.schema import Schema
from podcompose.core.select import locate

__all__ = ["carried", "counterpart"]


def carried(path: Path, there: Json, here: Json, schema: Schema) -> Path:
    """
    A path in one manifest as the path of the same thing in another; as it is where it leads nowhere, or by keys alone.

    >>> from podcompose.schema.pod import POD
    >>> after, before = ({"spec": {"tolerations": [{"key": key} for key in keys]}} for keys in ("xa", "a"))
    >>> carried(("spec", "tolerations", 1, "key"), after, before, POD)
    ('spec', 'tolerations', 0, 'key')
    """
    if all(type(segment) is not int for segment in path) or locate(there, path, schema) is None:
        return path
    done: list[Segment] = []
    for position, segment in enumerate(path):
        # A list has no entry at the place behind its last one: that says "nowhere".
        done.append(_place(path[:position], tuple(done), segment, there, here, schema) if type(segment) is int else segment)
    return tuple(done)


def _place(above: Path, done: Path, place: int, there: Json, here: Json, schema: Schema) -> int:
    elements, others = _value(there, above, schema), _value(here, done, schema)
    if type(others) is not list:
        return place
    found = counterpart(elements, place, others)
    return found if found is not None else len(others)


def _value(manifest: Json, path: Path, schema: Schema) -> Json:
    raw = locate(manifest, path, schema)
    for step in raw if raw is not None else ():
        manifest = manifest[step]
    return manifest if raw is not None else None


def counterpart(elements: list[Json], place: int, others: list[Json]) -> int | None:
    """
    Where the element at `place` stands among `others`; None if it is new there.

    An equal one at the same place comes first, then equal ones in their order, then what changed at the same place.

    >>> counterpart(["x", "a", "b"], 1, ["a", "b"]), counterpart(["x", "a"], 0, ["a"]), counterpart(["x", "a"], 0, ["y", "a"])
    (0, None, 0)
    """
    if place < len(others) and same(elements[place], others[place]):
        return place
    left, right = list(map(_text, elements)), list(map(_text, others))
    settled = {at for at, (one, other) in enumerate(zip(left, right, strict=False)) if one == other}
    free_left = [at for at, one in enumerate(left) if one == left[place] and at not in settled]
    free_right = [at for at, other in enumerate(right) if other == left[place] and at not in settled]
    rank = free_left.index(place)
    if rank < len(free_right):
        return free_right[rank]
    if place >= len(right) or place in settled:
        return None
    return None if _is_taken(place, left, right, settled) else place


def _is_taken(place: int, left: list[str], right: list[str], settled: set[int]) -> bool:
    """Whether the other at this place is an equal of some element elsewhere."""
    rivals = [at for at, one in enumerate(left) if one == right[place] and at not in settled]
    equals = [at for at, other in enumerate(right) if other == right[place] and at not in settled]
    return equals.index(place) < len(rivals)


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
