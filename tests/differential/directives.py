"""Directives of both dialects, as mutations of a patch."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from tests.differential.mutations import keys_of, lead, named, pick, put
from tests.differential.places import Place, Table, lists_in, maps_in, places_in
from tests.differential.pods import KEYS, names_in

Pod = dict[str, Any]


# strategic merge patch


def map_directive(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map says what to do with itself."""
    place = pick(random, maps_in(pod, table)[1:] if random.random() < 0.97 else maps_in(pod, table))
    if place is not None:
        place.value["$patch"] = random.choice(
            ("replace", "replace", "replace", "delete", "delete", "delete", "merge", "bogus", None)
        )
    return place is not None


def list_directive(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list holds an entry that deletes an element, or replaces the list."""
    place = pick(random, [place for place in lists_in(pod, table) if lead(place) is not None or random.random() < 0.2])
    if place is None:
        return False
    key = lead(place) or "name"
    value = random.choice((53, 80, 443)) if key == "containerPort" else random.choice(KEYS)
    entry = random.choice(({"$patch": "delete", key: value}, {"$patch": "delete", key: value}, {"$patch": "replace"}))
    if random.random() < 0.08:
        entry = random.choice(
            ({"$patch": "replace", key: value}, {"$patch": "merge", key: value}, {"$patch": "delete"}, {"$patch": "x"})
        )
    place.value.insert(random.randint(0, len(place.value)), deepcopy(entry))
    return True


def retain_keys(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map keeps only some fields of the original; the list mostly names all that the patch gives."""
    place = pick(random, maps_in(pod, table))
    if place is None:
        return False
    keep = [key for key in place.value if not key.startswith("$") and random.random() < 0.97]
    more = names_in(place.is_a)
    keep += random.sample(more, random.randint(0, min(2, len(more))))
    odd: list[Any] = [None, "a", {}, [1], [{}]]
    place.value["$retainKeys"] = keep if random.random() < 0.97 else random.choice(odd)
    return True


def element_order(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map says in which order the elements of one of its lists shall stand."""
    found = [place for place in lists_in(pod, table) if place.part == "field"]
    place = pick(random, [place for place in found if lead(place) is not None or random.random() < 0.1])
    if place is None or place.field is None:
        return False
    odd: list[Any] = [None, "a", {}]
    order = _order(random, place, place.field)
    place.holder[f"$setElementOrder/{place.key}"] = order if random.random() < 0.98 else random.choice(odd)
    if random.random() < 0.25:
        del place.holder[place.key]
    return True


def _order(random: Random, place: Place, field: Field) -> list[Any]:
    key = field.patch_key
    entries = [entry for entry in place.value if not (isinstance(entry, dict) and "$patch" in entry)]
    values = [entry.get(key) if isinstance(entry, dict) else entry for entry in entries] if key else list(entries)
    pool = (53, 80, 443) if key == "containerPort" else KEYS
    for value in random.sample(pool, random.randint(0, 3)):
        if value not in values:
            values.insert(random.randint(0, len(values)), value)
    if random.random() < 0.06:
        random.shuffle(values)
    return [{key: value} for value in values] if key else values


def delete_from_list(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map takes entries out of a list of scalars; mostly one that the patch does not give."""
    found = [place for place in places_in(other, table) if place.part == "field" and place.is_a == "list" and _is_scalars(place)]
    place = pick(random, found)
    if place is None:
        return False
    holder = _beside(pod, other, place, table)
    if holder is None:
        return False
    values = [value for value in place.value if random.random() < 0.6] if isinstance(place.value, list) else []
    holder[f"$deleteFromPrimitiveList/{place.key}"] = values + random.sample(("a", "b", "zz"), random.randint(0, 1))
    if random.random() < 0.8:
        holder.pop(str(place.key), None)
    return True


def _is_scalars(place: Place) -> bool:
    return place.field is not None and not place.field.is_struct


def _beside(pod: Pod, other: Pod, place: Place, table: Table) -> Pod | None:
    """The map of `pod` that stands for the same struct as the place's holder in `other` (or another struct of that type)."""
    name = next((one.is_a for one in places_in(other, table) if one.value is place.holder), None)
    found = [one.value for one in maps_in(pod, table) if one.is_a == name and not one.inside and not one.atomic]
    return found[0] if found != [] else None


# server-side apply with our extensions (valid ones; mistakes are made of them in mutations.py)


def field_delete(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A field is deleted by a directive, whatever it is."""
    names = {key for place in places_in(pod, table) for key in keys_of(place)}
    found = [place for place in places_in(pod, table) if named(place) and place.part == "field" and not place.inside]
    return put(pick(random, [place for place in found if place.key not in names]), {"$patch": "delete"})


def field_replace(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map replaces what the original has."""
    place = pick(random, [place for place in maps_in(pod, table) if place.part == "field" and not place.inside])
    if place is not None:
        place.value["$patch"] = "replace"
    return place is not None


def list_replace(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A list replaces the original's."""
    place = pick(random, [place for place in lists_in(pod, table) if not place.inside])
    if place is not None and {"$patch": "replace"} not in place.value:
        place.value.insert(random.randint(0, len(place.value)), {"$patch": "replace"})
    return place is not None


def element_delete(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """An element of a keyed list is deleted; sometimes it is given again, which replaces it."""
    found = [place for place in lists_in(pod, table) if keys_of(place) != () and not place.inside]
    place = pick(random, found)
    if place is None or place.field is None:
        return False
    named_before = [entry for entry in place.value if isinstance(entry, dict)]
    key = {name: scalar_key(random, name) for name in place.field.keys}
    if named_before != [] and random.random() < 0.4:
        key = {name: entry[name] for entry in [random.choice(named_before)] for name in place.field.keys if name in entry}
    entry = {**key, "$patch": "delete"}
    if _complete(key, place.field) and not any(_deletes(old, key, place.field) for old in named_before):
        place.value.insert(random.randint(0, len(place.value)), entry)
    return True


def _complete(key: Pod, field: Field) -> bool:
    return all(name == "protocol" or key.get(name) not in (None, "", 0) for name in field.keys)


def _deletes(entry: Pod, key: Pod, field: Field) -> bool:
    defaults = {name: POD.key_defaults.get(f"{field.of}.{name}", "") for name in field.keys}
    return "$patch" in entry and {**defaults, **key} == {name: entry.get(name, defaults[name]) for name in field.keys}


def scalar_key(random: Random, name: str) -> Any:
    """A key value that other elements have too."""
    return random.choice(
        {"containerPort": (53, 80, 443), "protocol": ("TCP", "UDP"), "whenUnsatisfiable": ("x", "y")}.get(name, KEYS)
    )


def retain_all(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A map keeps only some fields of the original; all that the patch gives are named."""
    place = pick(random, [place for place in outer_maps(pod, table) if "$patch" not in place.value])
    if place is None:
        return False
    more = names_in(place.is_a)
    keep = dict.fromkeys(key for key in place.value if not key.startswith("$"))
    place.value["$retainKeys"] = [
        *keep,
        *(key for key in random.sample(more, random.randint(0, min(2, len(more)))) if key not in keep),
    ]
    return True


def outer_maps(pod: Pod, table: Table) -> list[Place]:
    """Every map that is merged field by field."""
    return [place for place in maps_in(pod, table) if not place.inside and not place.atomic]


# directives that stand where they are refused


def update(random: Random, places: list[Place], entries: Pod) -> bool:
    """Add these entries to one of these maps."""
    place = pick(random, places)
    if place is not None:
        place.value.update(deepcopy(entries))
    return place is not None


def delete_inside(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A directive lies inside a value that is replaced whole."""
    return update(random, [place for place in maps_in(pod, table) if place.inside], {"$patch": "delete"})


def delete_with_more(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A deletion has other fields beside it."""
    return update(random, [place for place in maps_in(pod, table) if place.value != {}], {"$patch": "delete"})


def retain_too_little(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """A patch gives a field that its own list of fields to keep lacks."""
    found = [place for place in outer_maps(pod, table) if any(value is not None for value in place.value.values())]
    return update(random, found, {"$retainKeys": ["nothing"]})


def delete_from_no_list(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """Entries are deleted from what is no list of scalars."""
    return update(random, outer_maps(pod, table), {"$deleteFromPrimitiveList/containers": ["a"]})


def element_replace(random: Random, pod: Pod, other: Pod, table: Table) -> bool:
    """An element of a keyed list says `replace`, which in kubectl means its list."""
    found = [place for place in maps_in(pod, table) if place.part == "element" and keys_of(place) != ()]
    return update(random, found, {"$patch": "replace"})
