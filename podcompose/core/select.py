"""Paths against a schema and against a manifest: what a path means, where it leads, and a manifest without it."""

from __future__ import annotations

from typing import NamedTuple

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap, same
from podcompose.core.path import Key, Member, Path, Scalar, Segment, format_path
from podcompose.core.schema import Field, Schema
from podcompose.errors import PathError, Problem, RawPath

__all__ = ["Place", "has_key", "locate", "not_deletable", "reach", "resolve", "without"]


class Place(NamedTuple):
    """What the schema knows of where a path leads: a struct's name, or a field (an element of it, if `inside`)."""

    struct: str | None
    field: Field | None
    inside: bool = False


def resolve(path: Path, schema: Schema) -> Path:
    """
    Read a path by the schema: keys of free maps are joined, key values get their types and defaults.

    Raises: PathError where no Pod has such a field.

    >>> from podcompose.core.path import parse_path
    >>> from podcompose.schema.pod import POD
    >>> format_path(resolve(parse_path("metadata.labels.app.kubernetes.io/name"), POD))
    '.metadata.labels["app.kubernetes.io/name"]'
    """
    done: list[Segment] = []
    place = Place(schema.root, None)
    for position, segment in enumerate(path):
        if place.struct is None and place.field is not None and place.field.kind == "map":
            return (*done, _joined(path[position:], path))
        if place.struct in schema.free:
            return (*done, *path[position:])
        place = _step(place, segment, path, schema)
        done.append(_typed(segment, place, path, schema))
    return tuple(done)


def _step(place: Place, segment: Segment, path: Path, schema: Schema) -> Place:
    if place.struct is not None:
        fields = schema.types[place.struct]
        if type(segment) is not str:
            raise _wrong(path, f"{format_path((segment,))} names a list element, but {place.struct} is a map")
        if segment not in fields:
            owners = {segment: [struct for struct in schema.types if segment in schema.types[struct]]}
            message, suggestion = hints.unknown_field(place.struct, segment, fields, owners)
            raise _wrong(path, message, suggestion, "unknown-field")
        field = fields[segment]
        return Place(field.of if field.kind == "struct" else None, field)
    if place.field is None or place.field.kind == "scalar" or place.inside:
        raise _wrong(path, f"there is nothing below a scalar: {format_path((segment,))}")
    if type(segment) is str:
        key = place.field.keys[0] if place.field.keys != () else "index"
        raise _wrong(path, f"`{segment}` does not say which element", f'write [{key}="{segment}"]')
    return Place(place.field.of if place.field.is_struct else None, place.field, inside=True)


def _joined(rest: Path, path: Path) -> str:
    if not all(type(segment) is str for segment in rest):
        raise _wrong(path, "a map has no list elements")
    return ".".join(str(segment) for segment in rest)


def _typed(segment: Segment, place: Place, path: Path, schema: Schema) -> Segment:
    """A key with the values' own types, in the order of the keys, with defaults filled in."""
    if not isinstance(segment, Key) or place.field is None:
        return segment
    if place.struct is None:
        raise _wrong(
            path, f"{format_path((segment,))} names a field, but the elements of this list are no maps", 'write [="value"]'
        )
    fields = schema.types[place.struct]
    _must_select(segment, place.struct, place.field, path, schema)
    given = {name: _as(value, fields.get(name)) for name, value in segment.fields}
    for name in place.field.keys:
        default = schema.key_defaults.get(f"{place.struct}.{name}", "")
        if name not in given and not same(default, "") and default != 0:
            given[name] = default
    order = {name: position for position, name in enumerate(place.field.keys)}
    return Key(tuple(sorted(given.items(), key=lambda pair: order.get(pair[0], len(order)))))


def _must_select(key: Key, struct: str, field: Field, path: Path, schema: Schema) -> None:
    """Refuse a key that no element can have, or that leaves open which element of a keyed list is meant."""
    fields = schema.types[struct]
    for name, _ in key.fields:
        if name not in fields and struct not in schema.free:
            message, suggestion = hints.unknown_field(struct, name, fields, {})
            raise _wrong(path, message, suggestion, "unknown-field")
    if field.keys != () and all(name not in field.keys for name, _ in key.fields):
        known = " and ".join(f"`{name}`" for name in field.keys)
        raise _wrong(
            path, f"{format_path((key,))} does not say which element: they are known by {known}", f"write [{field.keys[0]}=...]"
        )


def _as(value: Scalar, field: Field | None) -> Scalar:
    return str(value) if field is not None and field.of == "string" and type(value) is int else value


def _wrong(path: Path, message: str, suggestion: str | None = None, code: str = "bad-path") -> PathError:
    return PathError([Problem(code, format_path(path), message, suggestion=suggestion)])


def locate(manifest: Json, path: Path, schema: Schema) -> RawPath | None:
    """
    Where a resolved path leads in a manifest, in keys and places; None if nowhere.

    >>> from podcompose.schema.pod import POD
    >>> locate({"spec": {"containers": [{"name": "a"}]}}, ("spec", "containers", Key((("name", "a"),))), POD)
    ('spec', 'containers', 0)
    """
    raw = reach(manifest, path, schema)
    return raw if len(raw) == len(path) else None


def reach(manifest: Json, path: Path, schema: Schema) -> RawPath:
    """How far a resolved path leads in a manifest: the longest part of it that is there."""
    raw: list[str | int] = []
    struct: str | None = schema.root
    for segment in path:
        field = schema.types.get(struct or "", {}).get(segment) if type(segment) is str else None
        step = _find(manifest, segment, struct, schema)
        if step is None:
            break
        raw.append(step)
        manifest = manifest[step]
        if type(segment) is str:
            struct = field.of if field is not None else None
    return tuple(raw)


def _find(value: Json, segment: Segment, struct: str | None, schema: Schema) -> str | int | None:
    if type(segment) is str:
        return segment if type(value) is dict and segment in value else None
    if type(value) is not list:
        return None
    if isinstance(segment, Member):
        return next((place for place, entry in enumerate(value) if same(entry, segment.value)), None)
    if isinstance(segment, Key):
        matches = [place for place, entry in enumerate(value) if type(entry) is dict and has_key(entry, segment, struct, schema)]
        # In a patch an element may be deleted and set anew: what is said of it stands in the entry without the directive.
        return next((place for place in matches if "$patch" not in value[place]), matches[0] if matches != [] else None)
    return segment if type(segment) is int and segment < len(value) else None


def has_key(element: JsonMap, key: Key, struct: str | None, schema: Schema) -> bool:
    """Whether an element has these values in these key fields."""
    return all(same(element.get(name, schema.key_defaults.get(f"{struct}.{name}", "")), value) for name, value in key.fields)


def not_deletable(path: Path) -> str | None:
    """
    Why a resolved path cannot be deleted; None where it can.

    >>> not_deletable(())
    'the whole pod cannot be deleted'
    """
    if path == ():
        return "the whole pod cannot be deleted"
    if type(path[-1]) is int:
        return "a list element to be deleted is named by its key"
    if len(path) > 1 and isinstance(path[-2], Key) and path[-1] in dict(path[-2].fields):
        return "this is the key of the element; delete the element"
    return None


def without(manifest: JsonMap, raw: RawPath) -> JsonMap:
    """
    A manifest without what stands at `raw`; the rest is shared.

    >>> without({"a": [{"b": 1}, {"c": 2}]}, ("a", 0))
    {'a': [{'c': 2}]}
    """
    result: JsonMap = _without(manifest, raw)
    return result


def _without(value: Json, raw: RawPath) -> Json:
    step, rest = raw[0], raw[1:]
    if type(value) is dict:
        kept = {key: entry for key, entry in value.items() if key != step or rest != ()}
        return kept if rest == () else {**kept, step: _without(value[step], rest)}
    kept_entries = [_without(entry, rest) if place == step and rest != () else entry for place, entry in enumerate(value)]
    return kept_entries if rest != () else [entry for place, entry in enumerate(value) if place != step]
