"""
What the laws say of manifests, in words of their own: none of it is the library's code, so that it can be wrong.

Only the schema's data is shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = [
    "APPLY_TABLE",
    "COMPOSE_TABLE",
    "Table",
    "doubled",
    "frame",
    "last_writer",
    "nodes",
    "sort_lists",
    "structs",
    "text",
    "unions",
]

ABSENT = object()

#: Whether a dialect replaces server-side apply's atomic maps and structs whole.
Table = bool
COMPOSE_TABLE: Table = False
APPLY_TABLE: Table = True


def text(value: Any) -> str:
    """A value as text that tells 1 from 1.0 and true, and keeps the order of lists but not of maps."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name!r}:{text(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return f"{type(value).__name__} {value!r}"


def is_atomic(field: Field, table: Table) -> bool:
    """Whether a field is replaced whole."""
    if field.kind == "list":
        return field.merge == "atomic"
    return table and (field.merge == "atomic" or (field.kind == "struct" and field.of in POD.atomic))


def key_of(element: Any, field: Field) -> str:
    """The key of an element of a keyed list."""
    defaults = {name: POD.key_defaults.get(f"{field.of}.{name}", "") for name in field.keys}
    return text([element.get(name, defaults[name]) for name in field.keys])


def frame(before: Any, after: Any, patch: Any, field: Field, table: Table) -> Iterator[str]:
    """Every place that changed although the patch does not mention it."""
    if is_atomic(field, table) or field.kind == "scalar" or field.merge == "set":
        return
    if field.kind == "list":
        yield from _frame_list(before, after, patch, field, table)
        return
    fields = POD.types.get(field.of, {}) if field.kind == "struct" else {}
    gone = switched(patch, field)
    for name in {**before, **after}:
        if name not in patch:
            if text(before.get(name)) != text(after.get(name)) and not (name in gone and name not in after):
                yield f"{name} changed from {before.get(name)} to {after.get(name)}"
        elif name in fields and _both_hold(before, after, patch, name):
            yield from (f"{name}: {found}" for found in frame(before[name], after[name], patch[name], fields[name], table))


def _both_hold(*maps_and_name: Any) -> bool:
    *maps, name = maps_and_name
    return all(isinstance(one.get(name), (dict, list)) for one in maps)


def _frame_list(before: Any, after: Any, patch: Any, field: Field, table: Table) -> Iterator[str]:
    named = {key_of(one, field): one for one in patch}
    old = {key_of(one, field): one for one in before}
    new = {key_of(one, field): one for one in after}
    untouched = [key for key in old if key not in named]
    if [key for key in new if key in untouched] != untouched:
        yield f"the untouched elements {untouched} became {list(new)}"
    element = Field("struct", field.of, "atomic" if table and field.of in POD.atomic else "granular")
    for key in new:
        if key not in old and key not in named:
            yield f"{key} came from nowhere"
        elif key in old:
            yield from (f"{key}: {found}" for found in frame(old[key], new[key], named.get(key, {}), element, table))


def switched(patch: Any, field: Field) -> set[str]:
    """The members of a one-of that a patch takes out."""
    union = POD.one_ofs.get(field.of) if field.kind == "struct" else None
    if union is None:
        return set()
    if union.discriminator is not None:
        return set(union.members) if patch.get(union.discriminator) is not None else set()
    return set(union.members) if any(patch.get(name) is not None for name in union.members) else set()


def last_writer(after: Any, patch: Any, field: Field, table: Table) -> Iterator[str]:
    """Every leaf of the patch that the result does not say too."""
    if patch is None:
        if after is not ABSENT:
            yield f"null left {after!r}"
    elif after is ABSENT:
        yield f"{patch!r} is not there"
    elif is_atomic(field, table) or field.kind == "scalar":
        if text(after) != text(without_nulls(patch)):
            yield f"{patch!r} became {after!r}"
    elif field.kind == "list":
        yield from _last_writer_list(after, patch, field, table)
    else:
        fields = POD.types.get(field.of, {}) if field.kind == "struct" else {}
        for name, entry in patch.items():
            inner = fields.get(name, Field("scalar", field.of))
            yield from (f"{name}: {found}" for found in last_writer(after.get(name, ABSENT), entry, inner, table))


def _last_writer_list(after: Any, patch: Any, field: Field, table: Table) -> Iterator[str]:
    if field.merge == "set":
        yield from (f"{entry!r} is not in the set" for entry in patch if entry not in after)
        return
    new = {key_of(one, field): one for one in after}
    element = Field("struct", field.of, "atomic" if table and field.of in POD.atomic else "granular")
    for one in patch:
        yield from (
            f"{key_of(one, field)}: {found}" for found in last_writer(new.get(key_of(one, field), ABSENT), one, element, table)
        )
    order = [key_of(one, field) for one in patch]
    if [key for key in new if key in order] != order:
        yield f"{order} became {list(new)}"


def without_nulls(value: Any) -> Any:
    """A value without the entries of maps that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(entry) for name, entry in value.items() if entry is not None}
    return [without_nulls(entry) for entry in value] if isinstance(value, list) else value


def structs(value: Any, name: str = POD.root) -> Iterator[tuple[str, Any]]:
    """Every struct of a manifest, with its type."""
    yield name, value
    for key, entry in value.items():
        field = POD.types.get(name, {}).get(key)
        if field is None or field.of not in POD.types:
            continue
        for inner in entry if isinstance(entry, list) else [entry]:
            if isinstance(inner, dict):
                yield from structs(inner, field.of)


def unions(manifest: Any, table: Table = COMPOSE_TABLE) -> Iterator[str]:
    """Every one-of of which two members are there; in APPLY, where a member that is "" or [] is as good as not there, set."""
    for name, value in structs(manifest):
        union = POD.one_ofs.get(name)
        members = [] if union is None else [member for member in union.members if member in value]
        if table is APPLY_TABLE and union is not None:
            members = [member for member in members if member not in union.non_empty or value[member] not in ("", [])]
        if len(members) > 1:
            yield f"{name} {value}"
        if union is not None and union.discriminator is not None:
            kind = value.get(union.discriminator)
            wanted = dict(union.values)
            yield from (f"{name} {value}" for member in union.members if member in value and kind not in (None, wanted[member]))


def doubled(manifest: Any) -> Iterator[str]:
    """Every keyed list and set that names something twice."""
    for name, value in structs(manifest):
        for key, entry in value.items():
            field = POD.types[name].get(key)
            if field is not None and field.merge in ("keyed", "set"):
                keys = [key_of(one, field) if field.merge == "keyed" else text(one) for one in entry]
                if len(set(keys)) < len(keys):
                    yield f"{name}.{key} {keys}"


def nodes(value: Any) -> Iterator[Any]:
    """Every map and list in a value, itself included."""
    if isinstance(value, (dict, list)):
        yield value
        for entry in value.values() if isinstance(value, dict) else value:
            yield from nodes(entry)


def sort_lists(value: Any) -> Any:
    """A value with all its lists in one order, so that two can be compared whatever theirs is."""
    if isinstance(value, dict):
        return {name: sort_lists(entry) for name, entry in value.items()}
    return sorted((sort_lists(entry) for entry in value), key=text) if isinstance(value, list) else value
