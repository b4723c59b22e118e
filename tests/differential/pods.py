"""
Pods made from the schema: small, and so alike that two of them collide everywhere.

A pair of pods has a *focus*: one to three places of a Pod (a list, a free map, a one-of) that both pods reach, so that every list
and every one-of of a Pod is met often, however deep it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = ["Focus", "any_focus", "fields_of", "make_pod", "names_in", "scalar", "targets"]

#: Field names on the way to a place, as nested dicts.
Focus = dict[str, Any]

KEYS = ("a", "b", "c", "d", "\u00e9\u2603")
SCALARS: dict[str, tuple[Any, ...]] = {
    "string": ("", "x", "y", "\u00e9\u2603", "true", "80"),
    "boolean": (True, False),
    "int32": (0, 1, 80),
    "int64": (0, 1, 2**53 + 1, -1),
    "IntOrString": (0, 80, "80", "http", ""),
    "Quantity": ("1", "500m", "1Gi", "0", 0, 1),
    "Time": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    "MicroTime": ("2026-01-01T00:00:00.000000Z",),
}
KEY_VALUES: dict[str, tuple[Any, ...]] = {
    "protocol": ("TCP", "UDP"),
    "containerPort": (53, 80, 443),
    "whenUnsatisfiable": ("x", "y"),
}
#: Fields that are no business of a composed pod: kubectl hides them.
LEFT_OUT = {"managedFields"}


@cache
def fields_of(name: str) -> dict[str, Field]:
    """The fields that the newest Kubernetes has (the Go code asked knows no others)."""
    return {key: field for key, field in POD.types[name].items() if field.until == POD.until and key not in LEFT_OUT}


def names_in(is_a: str) -> tuple[str, ...]:
    """The names that a map may hold at a place of this type: a struct's fields; the common names in a free map."""
    return (tuple(fields_of(is_a)) if is_a in POD.types else ()) or KEYS


def _walk(name: str, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if name in POD.one_ofs:
        yield name, path
    for key, field in fields_of(name).items():
        if field.kind in ("list", "map"):
            yield f"{name}.{key}", (*path, key)
        if field.is_struct:
            yield from _walk(field.of, (*path, key))


@cache
def targets() -> dict[str, list[tuple[str, ...]]]:
    """Every list and free map ("Container.env") and every one-of ("EnvVar") of a Pod, with all paths that lead to it."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, path in _walk(POD.root, ()):
        found.setdefault(name, []).append(path)
    return found


@cache
def _outside_status() -> tuple[list[str], list[str]]:
    inside = [name for name, paths in targets().items() if all(path[:1] == ("status",) for path in paths)]
    return [name for name in targets() if name not in inside], inside


def any_focus(random: Random) -> Focus:
    """One to three places, seldom in the status."""
    outside, inside = _outside_status()
    focus: Focus = {}
    for _ in range(random.choice((1, 1, 2, 3))):
        name = random.choice(inside if random.random() < 0.12 else outside)
        place = focus
        for key in random.choice(targets()[name]):
            place = place.setdefault(key, {})
    return focus


def make_pod(random: Random, focus: Focus) -> dict[str, Any]:
    """A pod of valid types that reaches (nearly always) all places of the focus."""
    pod = _struct(random, POD.root, focus, 0)
    return {"apiVersion": "v1", "kind": "Pod", **{key: pod[key] for key in ("metadata", "spec", "status") if key in pod}}


def _struct(random: Random, name: str, focus: Focus, depth: int) -> dict[str, Any]:
    fields = fields_of(name)
    chosen = dict.fromkeys(key for key in focus if random.random() < 0.93)
    if name in POD.one_ofs and random.random() < 0.75:
        members = [member for member in POD.one_ofs[name].members if member in fields]
        chosen |= dict.fromkeys(random.sample(members, min(len(members), random.choice((1, 1, 1, 1, 1, 2)))))
    count = min(len(fields), random.choice((0, 1, 1, 2) if depth < 4 else (0, 0, 0, 1)))
    chosen |= dict.fromkeys(random.sample(list(fields), count) if count > 0 else ())
    return {key: _value(random, fields[key], focus.get(key, {}), depth + 1) for key in chosen}


def _value(random: Random, field: Field, focus: Focus, depth: int) -> Any:
    if field.kind == "scalar":
        return scalar(random, field.of)
    if field.kind == "struct":
        return _struct(random, field.of, focus, depth) if random.random() < 0.95 else {}
    if field.kind == "map":
        return {key: scalar(random, field.of) for key in random.sample(KEYS, random.choice((0, 1, 1, 2, 3)))}
    return _list(random, field, focus, depth)


def _list(random: Random, field: Field, focus: Focus, depth: int) -> list[Any]:
    count = random.choice((0, 1, 1, 2, 2, 3, 4) if focus != {} or depth < 4 else (0, 1, 2))
    if not field.is_struct:
        pool = list(KEYS) if field.of == "string" else [0, 1, 53, 80, 443]
        return random.sample(pool, count)
    elements = [_struct(random, field.of, focus, depth) for _ in range(count)]
    for element, key in zip(elements, _keys(random, field, count), strict=True):
        element.update(key)
    return elements


def _keys(random: Random, field: Field, count: int) -> Iterator[dict[str, Any]]:
    """Different keys for so many elements, by both merges' ideas of a key."""
    names = dict.fromkeys([*field.keys, *([field.patch_key] if field.patch_key is not None else [])])
    if names == {}:
        yield from ({} for _ in range(count))
        return
    lead, *others = names
    pool = list(KEY_VALUES.get(lead, KEYS))
    repeats = others != [] and random.random() < 0.3
    firsts = random.sample(pool * 2 if repeats else pool, min(count, len(pool)))
    firsts += random.choices(pool, k=count - len(firsts))
    seen: set[tuple[Any, ...]] = set()
    for first in firsts:
        key = {lead: first} | {name: random.choice(KEY_VALUES.get(name, KEYS)) for name in others}
        while tuple(key.values()) in seen:
            key[lead] = f"{key[lead]}+" if isinstance(key[lead], str) else key[lead] + 1
        seen.add(tuple(key.values()))
        if key.get("protocol") == "TCP" and random.random() < 0.4:
            del key["protocol"]
        yield key


def scalar(random: Random, of: str) -> Any:
    """A valid scalar of this type, falsy ones among them."""
    return random.choice(SCALARS[of])
