"""Lists by key: an override as people like to write it, written out as Kubernetes reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap, kind_of, snapshot
from podcompose.core.path import Key, Path, format_path
from podcompose.core.schema import Field
from podcompose.errors import Finding, OverrideError, Problem
from podcompose.schema.pod import POD

__all__ = ["by_key"]

_DELETE = {"$patch": "delete"}


def by_key(override: Mapping[str, Any]) -> JsonMap:
    """
    Write out an override in which lists are maps: the key of an entry is what the list knows its elements by.

    Shapes: a list that Kubernetes keys by one field (containers, env, volumes by name, volumeMounts by path, ...) may be a map,
            at any depth; lists may stay lists. A null entry deletes the element, and a text in `env` is a variable's value.
            The order of a map is the order of the list; `$patch: replace` in one replaces the whole list.
    Raises: OverrideError: every entry that is no element.
    Laws:   what is written in lists comes out as it is; the result shares nothing with its input.
    Source: KubeSpawner's environment, volumes and containers, and the environments of Prefect and ZenML, are such maps.

    >>> by_key({"spec": {"containers": {"base": {"env": {"MODE": "fast", "OLD": None}}}}})
    {'spec': {'containers': [{'name': 'base', 'env': [{'name': 'MODE', 'value': 'fast'}, {'name': 'OLD', '$patch': 'delete'}]}]}}
    """
    found: list[Finding] = []
    plain = snapshot(override, found)
    written: JsonMap = _struct(plain, POD.root, (), found)
    if found != []:
        raise OverrideError([Problem(each.code, each.path, each.message, "override", suggestion=each.suggestion) for each in found])
    return written


def _struct(value: Json, struct: str, path: Path, found: list[Finding]) -> Json:
    """Every field of a struct; what the schema does not know, or has another type, is left for the merge to judge."""
    fields = POD.types.get(struct, {})
    if type(value) is not dict:
        return value
    return {name: _field(each, fields[name], (*path, name), found) if name in fields else each for name, each in value.items()}


def _field(value: Json, field: Field, path: Path, found: list[Finding]) -> Json:
    if field.kind == "struct":
        return _struct(value, field.of, path, found)
    if field.kind != "list" or field.merge != "keyed":
        return value
    if type(value) is dict and value != _DELETE and len(field.keys) == 1:
        return list(_elements(value, field, path, found))
    if type(value) is list:
        return [_struct(entry, field.of, (*path, place), found) for place, entry in enumerate(value)]
    return value


def _elements(entries: JsonMap, field: Field, path: Path, found: list[Finding]) -> Iterator[Json]:
    (key,) = field.keys
    if type(entries.get(key)) is str:
        # `env: {name: A, value: x}` is one element whose dash was forgotten, and not two of them.
        found.append(
            Finding("wrong-type", format_path(path), "expected elements by key, got one element", hints.list_for(entries, key))
        )
        return
    for name, entry in entries.items():
        if name == "$patch":
            yield {name: entry}
        else:
            yield _element(name, entry, field, (*path, Key(((key, name),))), found)


def _element(name: str, entry: Json, field: Field, path: Path, found: list[Finding]) -> Json:
    (key,) = field.keys
    if entry is None:
        return {key: name, **_DELETE}
    if type(entry) is dict:
        if entry.get(key, name) != name:
            found.append(
                Finding("wrong-type", format_path((*path, key)), f"the key of this entry says {name!r}", f"leave `{key}` out")
            )
        return {key: name, **_struct(entry, field.of, path, found)}
    if field.of == "EnvVar":
        return {key: name, "value": entry}
    found.append(Finding("wrong-type", format_path(path), f"expected a map, got {kind_of(entry)}", hints.map_for(entry)))
    return None
