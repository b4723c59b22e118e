"""
What a typed hook changed, applied to the manifest.

A hook sees a pod through the models of the installed client, which may know fewer fields than the manifest has. So its result is
not taken as it is: what differs between what the client showed before the hook and after it is applied to the manifest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from podcompose.core.json import Json, JsonMap, same
from podcompose.core.schema import Field, Schema

__all__ = ["carry"]


def carry(manifest: JsonMap, before: JsonMap, after: JsonMap, schema: Schema) -> JsonMap:
    """
    Apply the changes from `before` to `after` to `manifest`; what `before` does not show of it stays.

    Shapes: wire JSON. `before` is `manifest` without what the client cannot hold: its lists are as long and in the same order.
            Elements of keyed lists are matched by key, those of other lists where they are equal. In a list that is as long as it
            was, one that was changed, or was given another key and nothing else, is known by its place.
    Laws:   carry(m, b, b) == m; carry(m, m, a) == a; no argument is written to; unchanged parts are shared with `manifest`.

    >>> from podcompose.schema.pod import POD
    >>> carry({"spec": {"new": 1, "hostPID": True}}, {"spec": {"hostPID": True}}, {"spec": {"hostIPC": True}}, POD)
    {'spec': {'new': 1, 'hostIPC': True}}
    """
    root = Field("struct", schema.root, "granular")
    result: JsonMap = _carry((manifest, before), after, root, schema)
    return result


#: A value of the manifest, and what the client shows of it. A list and its elements share one field.
_Shown = tuple[Json, Json]


def _carry(shown: _Shown, after: Json, field: Field | None, schema: Schema) -> Json:
    """`after` with what the client hides; the manifest's own value, where nothing of it changed."""
    manifest, before = shown
    if type(manifest) is dict and type(before) is dict and type(after) is dict:
        return _carry_map(shown, after, field, schema)
    if type(manifest) is list and type(before) is list and type(after) is list:
        return _carry_list(shown, after, field, schema)
    return manifest if same(before, after) else after


def _carry_map(shown: tuple[JsonMap, JsonMap], after: JsonMap, field: Field | None, schema: Schema) -> JsonMap:
    manifest, before = shown
    fields = schema.types.get(field.of, {}) if field is not None and field.kind != "map" else {}
    result = {name: value for name, value in manifest.items() if name in after or name not in before}
    changed = len(result) != len(manifest)
    for name, value in after.items():
        if name in manifest and name in before:
            value = _carry((manifest[name], before[name]), value, fields.get(name), schema)
        changed = changed or name not in manifest or value is not manifest[name]
        result[name] = value
    return result if changed else manifest


def _carry_list(shown: tuple[list[Json], list[Json]], after: list[Json], field: Field | None, schema: Schema) -> list[Json]:
    """Give each element of `after` what the element it was hides: one of the same key (or value, in a list without keys)."""
    manifest, before = shown
    element = None if field is None else field._replace(kind="struct", keys=())
    if len(before) == len(after) and all(map(same, before, after)):
        return manifest
    identify = _by_key(field, schema) if field is not None and field.keys != () else _by_value
    known: dict[str, list[_Shown]] = {}
    for pair in reversed(list(zip(*shown, strict=True))):
        known.setdefault(identify(pair[1]), []).append(pair)
    found = [pairs.pop() if (pairs := known.get(identify(entry), [])) != [] else None for entry in after]
    if len(after) == len(before):
        left = {id(pair[0]) for pairs in known.values() for pair in pairs}
        keys = field.keys if field is not None else ()
        for at, pair in enumerate(zip(*shown, strict=True)):
            if found[at] is None and id(pair[0]) in left and _renamed(pair[1], after[at], keys):
                found[at] = pair
    return [_carry(pair, entry, element, schema) if pair is not None else entry for pair, entry in zip(found, after, strict=True)]


def _renamed(before: Json, after: Json, keys: tuple[str, ...]) -> bool:
    """Whether an element may be the one that stood in its place: in a keyed list, if all but its key is the same."""
    if type(before) is not dict or type(after) is not dict:
        return False
    rest = {name: value for name, value in before.items() if name not in keys}
    return keys == () or (rest != {} and same(rest, {name: value for name, value in after.items() if name not in keys}))


def _by_key(field: Field, schema: Schema) -> Callable[[Any], str]:
    defaults = [schema.key_defaults.get(f"{field.of}.{name}") for name in field.keys]
    keys = list(zip(field.keys, defaults, strict=True))

    def identify(entry: Json) -> str:
        if type(entry) is not dict:
            return _by_value(entry)
        return repr([entry.get(name, default) for name, default in keys])

    return identify


def _by_value(entry: Json) -> str:
    return json.dumps(entry, sort_keys=True)
