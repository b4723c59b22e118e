"""The leaves of a manifest: what a blame view has a line for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podcompose.core.json import Json, same
from podcompose.core.path import Key, Member, Path
from podcompose.core.schema import Schema
from podcompose.errors import RawPath

__all__ = ["key_of", "leaves"]


def leaves(value: Json, schema: Schema) -> Iterator[tuple[Path, RawPath]]:
    """Every scalar and every empty map or list of a manifest, with its path by key and by place."""
    yield from _leaves(value, (), (), schema.root, schema)


def _leaves(value: Json, path: Path, raw: RawPath, struct: str | None, schema: Schema) -> Iterator[tuple[Path, RawPath]]:
    if type(value) is dict and value != {}:
        for name, entry in value.items():
            field = schema.types.get(struct or "", {}).get(name)
            if field is not None and field.kind == "list" and field.merge == "keyed" and type(entry) is list and entry != []:
                yield from _element_leaves(entry, (*path, name), (*raw, name), field.keys, field.of, schema)
            elif field is not None and field.merge == "set" and type(entry) is list and entry != []:
                yield from _member_leaves(entry, (*path, name), (*raw, name), schema)
            else:
                inner = field.of if field is not None and field.is_struct else None
                yield from _leaves(entry, (*path, name), (*raw, name), inner, schema)
    elif type(value) is list and value != []:
        for place, entry in enumerate(value):
            yield from _leaves(entry, (*path, place), (*raw, place), struct, schema)
    else:
        yield path, raw


def _member_leaves(entries: list[Json], path: Path, raw: RawPath, schema: Schema) -> Iterator[tuple[Path, RawPath]]:
    for place, entry in enumerate(entries):
        unique = type(entry) in (str, int) and not any(same(entry, other) for other in entries[:place])
        yield from _leaves(entry, (*path, Member(entry) if unique else place), (*raw, place), None, schema)


def _element_leaves(
    elements: list[Json], path: Path, raw: RawPath, keys: Iterable[str], struct: str, schema: Schema
) -> Iterator[tuple[Path, RawPath]]:
    known = [key_of(element, keys, struct, schema) for element in elements]
    # Of several with one key, it leads where `locate` goes: to the first that is no directive.
    found: dict[Key, int] = {}
    for place, key in enumerate(known):
        if key is not None and (key not in found or ("$patch" in elements[found[key]] and "$patch" not in elements[place])):
            found[key] = place
    for place, (element, key) in enumerate(zip(elements, known, strict=True)):
        segment = key if key is not None and found[key] == place else place
        yield from _leaves(element, (*path, segment), (*raw, place), struct, schema)


def key_of(element: Json, keys: Iterable[str], struct: str, schema: Schema) -> Key | None:
    """The key of a list's element, defaults filled in; None where it has none that can be printed."""
    if type(element) is not dict:
        return None
    pairs = tuple((name, element.get(name, schema.key_defaults.get(f"{struct}.{name}", ""))) for name in keys)
    return Key(pairs) if all(type(value) in (str, int) for _, value in pairs) else None
