"""
What makes a plain pair of pods interesting: nulls, empties, directives of both dialects, and mistakes.

A mutation changes a patch (or an original) in place at one random place, or returns False where there is none for it.
"""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

from tests.differential.places import Place, Table, lists_in, maps_in, places_in
from tests.differential.pods import names_in

Pod = dict[str, Any]


def pick(random: Random, places: list[Place]) -> Place | None:
    """One of these places, if there is any."""
    return random.choice(places) if places != [] else None


def put(place: Place | None, value: Any) -> bool:
    """Write a value at a place."""
    if place is None:
        return False
    place.holder[place.key] = value
    return True


def named(place: Place) -> bool:
    """Whether a place has a name: a field but the top ones, or an entry of a free map."""
    return place.part != "element" and place.field is not None


def keys_of(place: Place) -> tuple[str, ...]:
    """The keys by which server-side apply merges the list that holds a place, or is one."""
    return place.field.keys if place.field is not None else ()


def lead(place: Place) -> str | None:
    """The key by which strategic merge patch merges a list."""
    return place.field.patch_key if place.field is not None else None


# shapes: valid in every dialect


def null_field(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A field or an entry becomes null; key fields mostly keep their value."""
    places = [place for place in places_in(pod, table) if named(place) and place.value is not None]
    keys = {key for place in places for key in keys_of(place)}
    return put(pick(random, [place for place in places if place.key not in keys or random.random() < 0.03]), None)


def null_of_the_other(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map names, with null, another field of its struct, or another entry."""
    place = pick(random, [place for place in maps_in(pod, table) if place.field is not None])
    if place is None:
        return False
    place.value.setdefault(random.choice(names_in(place.is_a)), None)
    return True


def emptied(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map (no element) or a list becomes empty."""
    containers = [place for place in places_in(pod, table) if named(place) and place.is_a != "scalar"]
    place = pick(random, containers)
    return put(place, [] if place is not None and isinstance(place.value, list) else {})


def copied(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A top part of the other pod stands here too."""
    for part in ("metadata", "spec"):
        if part in other and isinstance(other[part], dict) and other[part] != {} and isinstance(pod.setdefault(part, {}), dict):
            key = random.choice(list(other[part]))
            pod[part][key] = deepcopy(other[part][key])
    return True


def reversed_list(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list is turned round."""
    place = pick(random, [place for place in lists_in(pod, table) if len(place.value) > 1])
    return put(place, place.value[::-1] if place is not None else None)


# mistakes


def wrong_type(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A value becomes one of another type."""
    place = pick(random, [place for place in places_in(pod, table) if place.field is not None])
    return put(place, deepcopy(random.choice(({}, [], "x", 5, 80.0, True, {"a": 1}, ["a"], [{"name": "a"}], None, 2**40))))


def look_alike(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A scalar, keys most of all, becomes what looks like it, or what Python takes for equal."""
    scalars = [place for place in places_in(pod, table) if place.is_a == "scalar" and type(place.value) in (str, int, bool)]
    keys = [place for place in scalars if place.key in ("name", "containerPort", "ip", "mountPath") or place.part == "element"]
    place = pick(random, keys if keys != [] and random.random() < 0.5 else scalars)
    if place is None:
        return False
    value = place.value
    digits = str(value).isdigit()
    others: list[Any] = [str(value).lower(), True, False, 1, 0, 1.0, ""]
    others += [int(value), float(value), int(value)] if digits or type(value) is bool else []
    return put(place, random.choice(others))


def same_in_python(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """Two elements of one list, one in each pod, have keys that Python takes for equal and Kubernetes does not."""
    mine = {place.key: place for place in lists_in(pod, table) if lead(place) and place.part == "field"}
    theirs = [place for place in lists_in(other, table) if place.key in mine and place.part == "field"]
    place = pick(random, theirs)
    if place is None:
        return False
    pair = random.choice(((1, True), (1, 1.0), (0, False), (80, 80.0), (True, 1.0), (0.0, False), ("80", 80), ("", 0)))
    for entries, value in zip((mine[place.key].value, place.value), random.sample(pair, 2), strict=True):
        key = lead(place) or "name"
        found = [entry for entry in entries if isinstance(entry, dict) and key in entry]
        entry = random.choice(found) if found != [] else {}
        entry[key] = value
        if found == []:
            entries.append(entry)
    return True


def unknown_field(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A struct holds a field that nobody knows."""
    place = pick(random, [place for place in maps_in(pod, table) if place.is_a != "map"])
    if place is not None:
        place.value[random.choice(("bogus", "Containers", "Image", "image_pull_policy"))] = deepcopy(
            random.choice(("x", 1, {}, {"a": 1}, [], [{"name": "a"}], None))
        )
    return place is not None


def missing_key(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """An element of a keyed list lacks a key, or its key says nothing."""
    elements = [place for place in maps_in(pod, table) if place.part == "element" and (keys_of(place) or lead(place))]
    place = pick(random, elements)
    if place is None:
        return False
    key = random.choice(keys_of(place) or (lead(place) or "name",))
    place.value.pop(key, None)
    if random.random() < 0.4:
        place.value[key] = random.choice((None, "", 0, "a"))
    return True


def null_entry(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list holds a null."""
    place = pick(random, lists_in(pod, table))
    if place is not None:
        place.value.insert(random.randint(0, len(place.value)), None)
    return place is not None


def repeated_entry(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list names an element twice, the second time maybe with other fields."""
    place = pick(random, [place for place in lists_in(pod, table) if place.value != []])
    if place is None:
        return False
    entry = deepcopy(random.choice(place.value))
    names = {*keys_of(place), lead(place)}
    if isinstance(entry, dict) and random.random() < 0.7:
        entry = {key: value for key, value in entry.items() if key in names or random.random() < 0.5}
    place.value.insert(random.randint(0, len(place.value)), entry)
    return True


def list_in_list(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list holds a list, or an entry of another type."""
    place = pick(random, lists_in(pod, table))
    if place is not None:
        place.value.insert(random.randint(0, len(place.value)), deepcopy(random.choice(([], ["a"], {"name": "a"}, "a", 1))))
    return place is not None


def dollar(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map holds a key beginning with $ that is no good there."""
    place = pick(random, maps_in(pod, table))
    if place is not None:
        key, value = random.choice(
            (("$patch", "merge"), ("$patch", None), ("$patch", "bogus"), ("$setElementOrder/containers", []), ("$x", 1))
        )
        place.value[key] = value
    return place is not None
