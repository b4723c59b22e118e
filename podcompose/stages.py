"""One stage laid over what the stages before it made: a patch of any kind, deletes first."""

from __future__ import annotations

from collections.abc import Mapping

from podcompose.core.json import Json, JsonMap, copy, same, snapshot
from podcompose.core.merge import Laid, check, lay
from podcompose.core.path import format_path
from podcompose.core.select import locate, without
from podcompose.core.walk import Index
from podcompose.dialect import Dialect
from podcompose.errors import Finding
from podcompose.intake import wrong_kind
from podcompose.override import Override

__all__ = ["lay_override"]


def lay_override(original: JsonMap, override: Override, dialect: Dialect, indexes: Mapping[int, Index]) -> Laid:
    """Take the override's deletes out of the original, then lay the rest over it."""
    for path in override.paths:
        raw = locate(original, path, dialect.schema)
        while raw is not None:
            original = without(original, raw)
            raw = locate(original, path, dialect.schema)
    if override.kind == "patch":
        return lay(original, override.document.value, dialect, indexes)
    apply = _json_patch if override.kind == "json-patch" else _merge_patch
    found: list[Finding] = []
    patched = apply(original, override.document.value, found)
    if found != []:
        return Laid(original, True, found)
    found += wrong_kind(patched)
    checked = check(patched, dialect)
    # What was found stands in the patched pod, not in the document that was written: it has a path, but no line of its own.
    return Laid(checked.manifest, True, [finding._replace(raw=()) for finding in [*found, *checked.found]])


def _merge_patch(original: JsonMap, patch: Json, found: list[Finding]) -> Json:
    from json_merge_patch import merge

    return snapshot(merge(copy(original), copy(patch)), found)


def _json_patch(original: JsonMap, operations: Json, found: list[Finding]) -> Json:
    """Apply the operations one by one, so that the one that fails can be named; all or nothing."""
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointer, JsonPointerException

    patched = copy(original)
    for place, operation in enumerate(operations):
        try:
            patched = JsonPatch([operation]).apply(patched, in_place=True)
            if operation["op"] in ("copy", "move"):
                patched = _bounded(patched)
            if operation["op"] == "test" and not _equal(JsonPointer(operation["path"]).resolve(patched), operation.get("value")):
                raise JsonPatchException(f"{operation.get('value')!r} is not what is there")
        except (JsonPatchException, JsonPointerException, *_FAILURES) as cause:
            named = f"operation {place} ({operation['op']} {operation['path']})"
            found.append(Finding("failed-operation", _from_pointer(operation["path"]), f"{named} failed: {cause}", None, (place,)))
            return patched
    if type(patched) is not dict:
        found.append(Finding("failed-operation", "", "what is left is no map"))
        return {}
    return snapshot(patched, found)


#: What jsonpatch and jsonpointer raise besides their own errors.
_FAILURES = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


def _bounded(patched: Json) -> Json:
    """A pod that copies have not made to grow without end."""
    found: list[Finding] = []
    plain = snapshot(patched, found)
    if found != []:
        raise ValueError(found[0].message)
    return plain


def _from_pointer(pointer: str) -> str:
    """A JSON pointer as a path: /spec/containers/0 is .spec.containers[0]."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return format_path(tuple(int(step) if step.isdecimal() and len(step) < 10 else step for step in steps))


def _equal(left: Json, right: Json) -> bool:
    """RFC 6902's equality: numbers by value, everything else by type too; jsonpatch takes true for 1."""
    if type(left) in (int, float) and type(right) in (int, float):
        return bool(left == right)
    if type(left) is list and type(right) is list:
        return len(left) == len(right) and all(map(_equal, left, right))
    if type(left) is dict and type(right) is dict:
        return left.keys() == right.keys() and all(_equal(value, right[name]) for name, value in left.items())
    return same(left, right)
