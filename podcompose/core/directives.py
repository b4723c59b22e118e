"""Directives of a patch: what they take out of the original, and what is wrong with them."""

from __future__ import annotations

from podcompose.core.json import Json, JsonMap, same
from podcompose.core.walk import At, Walk

__all__ = ["PRIMITIVES", "REPLACE", "delete_primitives", "is_delete", "patch_directive", "retain_keys"]

REPLACE: JsonMap = {"$patch": "replace"}
PRIMITIVES = "$deleteFromPrimitiveList/"


def is_delete(change: JsonMap, at: At, walk: Walk) -> bool:
    if not same(change["$patch"], "delete"):
        return False
    if len(change) > 1:
        others = ", ".join(f"`{name}`" for name in change if name != "$patch")
        walk.note(
            at,
            "directive",
            f"`$patch: delete` deletes all of it, yet {others} stand beside it",
            "use `$patch: replace` to set it anew",
        )
    return True


def patch_directive(value: Json, original: JsonMap, at: At, walk: Walk) -> JsonMap:
    if same(value, "replace"):
        return {}
    if same(value, "delete"):
        walk.note((at, "$patch"), "directive", "this cannot be deleted whole")
    else:
        message = f"`$patch: {value!s:.40}` means nothing here"
        walk.note((at, "$patch"), "directive", message, "`delete` and `replace` are the words; merging is what happens without any")
    return original


def retain_keys(value: Json, original: JsonMap, changes: JsonMap, at: At, walk: Walk) -> JsonMap:
    if type(value) is not list or any(type(name) is not str for name in value):
        walk.note((at, "$retainKeys"), "directive", "`$retainKeys` takes a list of field names")
        return original
    for name in [name for name, change in changes.items() if change is not None and name not in value]:
        walk.note(
            (at, name),
            "directive",
            f"`{name}` is set here but not listed in `$retainKeys`",
            f"add `{name}` to the list",
            at_key=True,
        )
    return {name: entry for name, entry in original.items() if name in value}


def delete_primitives(name: str, value: Json, original: JsonMap, at: At, walk: Walk) -> JsonMap:
    if type(value) is not list:
        walk.wrong_type((at, name), "a list", value)
        return original
    field = name.removeprefix(PRIMITIVES)
    if field not in original:
        return original
    kept = [entry for entry in original[field] if not any(same(entry, gone) for gone in value)]
    return {**original, field: kept}
