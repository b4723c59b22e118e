"""
Kubernetes' strategic merge patch on a Pod, to the letter: the result of `kubectl patch --type=strategic`, or both refuse.

A patch map is merged into an original map in this order:

1. `$patch` decides alone: "replace" takes the patch map as it stands, "delete" leaves an empty map, anything else is refused.
2. `$retainKeys` removes the original's other fields, and refuses a patch that sets one of those.
3. `$setElementOrder/F` merges the list F and then orders it; both keys are done with.
4. Every other field: null removes it; a value that is new to the original, or of another type, is taken without its nulls and
   directives; two maps merge, two lists merge by their merge key, and of two scalars the patch's stays.
5. `$deleteFromPrimitiveList/F` takes entries out of F.

So nulls and directives act where something merges. In a new element of a merged list, under `$patch: replace`, and in an atomic
list they are literal text, and stay. The schema is asked only where both documents hold a map, or both a list.

Where Kubernetes gives more than one answer, or none:

- Steps 4 and 5 have no order in Go, so `{"finalizers": ["a"], "$deleteFromPrimitiveList/finalizers": ["a"]}` has a random outcome
  there. Here step 5 comes last, as it does there beside a `$setElementOrder`.
- Where Go panics (a null as the first entry of a merged list, a map as a merge key) the patch is refused.
- Go's lists share memory. What follows from that beside a `$setElementOrder` with deletes, and with repeated finalizers in the
  original, is the same here, but for two cases. More than 32 finalizers with one of them repeated: there it hangs on how much
  memory Go's decoder took. And beside an empty `$setElementOrder/containers`, `[{"$patch": "replace"}, {"$patch": "delete",
  "name": "a"}, {"name": "b"}, {"name": "a"}]` over the containers `b`, `a`: `b a` in Go, where the deleted `a` still stands in
  memory, and `a b` here.

The comments name the functions of k8s.io/apimachinery/pkg/util/strategicpatch that hold the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from podcompose.core.hints import list_for
from podcompose.core.json import Json, JsonMap, kind_of, without_nulls
from podcompose.core.schema import Schema
from podcompose.core.strategic.lists import Merged, check_order, kind_of_entries, merge_lists, reorder, take_out
from podcompose.core.strategic.order import UncomparableError
from podcompose.core.strategic.place import Place, RefusedError, go_text
from podcompose.errors import Finding

__all__ = ["strategic_merge"]

Step: TypeAlias = Callable[[JsonMap, JsonMap, str, Place], None]

_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder"
_DELETE = "$deleteFromPrimitiveList"


def strategic_merge(original: JsonMap, patch: JsonMap, schema: Schema, found: list[Finding]) -> JsonMap:
    """
    Merge `patch` into `original` by strategic merge patch; note in `found` why Kubernetes would refuse the patch.

    Shapes: wire JSON as `snapshot` makes it. The result shares what is unchanged with both; with findings it means nothing.

    >>> from podcompose.schema.pod import POD
    >>> original = {"spec": {"hostname": "x", "containers": [{"name": "a", "image": "one"}]}}
    >>> strategic_merge(original, {"spec": {"hostname": None, "containers": [{"name": "a", "tty": True}]}}, POD, [])
    {'spec': {'containers': [{'name': 'a', 'image': 'one', 'tty': True}]}}
    """
    return _merge_map(original, patch, Place(schema, found, schema.root, schema.types[schema.root]))


def _merge_map(original: JsonMap, patch: JsonMap, at: Place) -> JsonMap:
    """Merge one map into another (strategicpatch: mergeMap)."""
    if "$patch" in patch:
        return _replaced(patch, at)
    merged = _retained(original, patch, at)
    done = {_RETAIN}
    for key in patch:
        if key.startswith(_ORDER):
            done.update((key, _after_slash(key)))
            _noted(_order_list, merged, patch, key, at)
    for key in patch:
        if key not in done and not key.startswith(_DELETE):
            _noted(_merge_field, merged, patch, key, at)
    for key in patch:
        if key not in done and key.startswith(_DELETE):
            _noted(_delete_from, merged, patch, key, at)
    return merged


def _after_slash(key: str) -> str:
    return key.partition("/")[2]


def _noted(step: Step, merged: JsonMap, patch: JsonMap, key: str, at: Place) -> None:
    """Take one step for one key of the patch; a refusal is noted, and the next key has its turn."""
    try:
        step(merged, patch, key, at)
    except RefusedError as error:
        at.found.extend(error.findings)
    except UncomparableError:
        message = "a map or a list cannot tell elements apart (kubectl crashes here)"
        at.found.append(at.inside(key, key).finding("bad-merge-key", message, "write a string"))


def _replaced(patch: JsonMap, at: Place) -> JsonMap:
    # strategicpatch: handleDirectiveInMergeMap.
    directive = patch["$patch"]
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if directive != "delete":
        message = f"unknown patch type: {go_text(directive)} in map: {go_text(patch)}"
        finding = at.inside("$patch", "$patch").finding(
            "unknown-directive", message, "a map takes `$patch: delete` or `$patch: replace`"
        )
        at.found.append(finding)
    return {}


def _retained(original: JsonMap, patch: JsonMap, at: Place) -> JsonMap:
    """A copy of the original with the fields that `$retainKeys` names, or all (strategicpatch: applyRetainKeysDirective)."""
    if _RETAIN not in patch:
        return dict(original)
    names, place = patch[_RETAIN], at.inside(_RETAIN, _RETAIN)
    if type(names) is not list or any(type(name) in (dict, list) for name in names):
        at.found.append(place.finding("bad-retain-keys", "invalid patch format of retainKeys: not a list of field names"))
        return dict(original)
    kept = {name for name in names if type(name) is str}
    for key, value in patch.items():
        if key != _RETAIN and value is not None and not key.startswith((_ORDER, _DELETE)) and key not in kept:
            message = f"invalid patch format of retainKeys: the patch sets `{key}`, which is not among them"
            at.found.append(at.inside(key, key).finding("bad-retain-keys", message, f"add `{key}` to $retainKeys", at_key=True))
    return {key: value for key, value in original.items() if key in kept}


def _merge_field(merged: JsonMap, patch: JsonMap, key: str, at: Place) -> None:
    value = patch[key]
    if value is None:
        merged.pop(key, None)
    elif key not in merged or type(merged[key]) is not type(value):
        # strategicpatch: discardNullValuesFromPatch, removeDirectives
        _take(merged, key, _without_directives(without_nulls(value)))
    elif type(value) is dict:
        merged[key] = _merge_map(merged[key], value, at.map_at(key, key))
    elif type(value) is list:
        merged[key] = merge_lists(merged[key], value, at.list_at(key, key), _merge_map).entries
    else:
        merged[key] = value


def _delete_from(merged: JsonMap, patch: JsonMap, key: str, at: Place) -> None:
    # strategicpatch: preprocessDeletionListForMerging. With nothing behind the slash the key stands for itself.
    value, name = patch[key], _field_of(key, _DELETE, at) or key
    if value is None:
        merged.pop(name, None)
    elif type(merged.get(name)) is not type(value):
        return
    elif type(value) is dict:
        merged[name] = _merge_map(merged[name], value, at.map_at(name, key))
    elif type(value) is list:
        merged[name] = take_out(merged[name], value, at.list_at(name, key), _merge_map)
    else:
        merged[name] = value


def _order_list(merged: JsonMap, patch: JsonMap, key: str, at: Place) -> None:
    """Merge a list and order it (strategicpatch: mergePatchIntoOriginal)."""
    order_at = at.inside(key, key)
    order = _list(patch[key], order_at)
    name = _field_of(key, _ORDER, at)
    raw_key = name if name in patch else key
    original, wanted = (_list(side.get(name, []), at.inside(name, raw_key)) for side in (merged, patch))
    field = at.list_at(name, raw_key)
    order_at = replace(field, path=order_at.path, raw=order_at.raw)
    check_order(wanted, order, field, order_at)
    if name not in merged and name not in patch:
        return
    if name not in patch:
        lists = Merged(original, original)
    elif name not in merged:
        lists = Merged(_without_directives(wanted), [])
    else:
        lists = merge_lists(original, wanted, field, _merge_map)
    merged[name] = reorder(lists, kind_of_entries(original, wanted, field), order, field, order_at)


def _list(value: Json, at: Place) -> list[Json]:
    if type(value) is list:
        return value
    raise at.refused("wrong-type", f"expected a []interface {{}}, but received {kind_of(value)}", list_for(value))


def _field_of(key: str, directive: str, at: Place) -> str:
    prefix, slash, name = key.partition("/")
    if prefix == directive and slash == "/":
        return name
    kind = {_ORDER: "setElementOrder list", _DELETE: "primitive list"}[directive]
    message = f"invalid patch format of {kind}: `{key}`"
    raise RefusedError([at.inside(key, key).finding("unknown-directive", message, f"write `{directive}/<field>`", at_key=True)])


# A value that enters a map as a whole

_DROPPED: Json = object()


def _take(merged: JsonMap, key: str, value: Json) -> None:
    if value is _DROPPED:
        merged.pop(key, None)
    else:
        merged[key] = value


def _without_directives(value: Json) -> Json:
    """Drop every map that has a `$patch`, at any depth; other directives stay (strategicpatch: removeDirectives)."""
    if type(value) is dict:
        if "$patch" in value:
            return _DROPPED
        fields = ((key, _without_directives(entry)) for key, entry in value.items())
        return {key: entry for key, entry in fields if entry is not _DROPPED}
    if type(value) is list:
        return [entry for entry in map(_without_directives, value) if entry is not _DROPPED]
    return value
