"""
How strategic merge patch merges two lists, and what an order directive makes of the outcome.

Each merge answers with two lists: the merged one, and the original as Go's code sees it afterwards, since that is what
$setElementOrder sorts by. It differs from the original because Go deletes and appends in the original's own memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from podcompose.core.hints import element_for
from podcompose.core.json import Json, JsonMap, kind_of
from podcompose.core.strategic.order import WHOLE, Name, UncomparableError, arrange, find
from podcompose.core.strategic.place import Place, RefusedError, go_text
from podcompose.errors import Finding

__all__ = ["Merged", "check_order", "kind_of_entries", "merge_lists", "reorder", "take_out"]

JsonList: TypeAlias = list[Json]
MergeMap: TypeAlias = Callable[[JsonMap, JsonMap, Place], JsonMap]


class Merged(NamedTuple):
    """A merged list, and the original that an order directive beside it sorts by."""

    entries: JsonList
    original: JsonList


def merge_lists(original: JsonList, patch: JsonList, at: Place, merge_map: MergeMap) -> Merged:
    """Merge the lists that both documents hold at one field (strategicpatch: mergeSliceHandler, mergeSlice)."""
    if at.is_atomic:
        return Merged(patch, original)
    if original == [] and patch == []:
        return Merged(original, original)
    if kind_of_entries(original, patch, at) is dict:
        return _merge_maps(original, patch, at, merge_map)
    return _merge_scalars(original, patch, at)


def take_out(original: JsonList, doomed: JsonList, at: Place, merge_map: MergeMap) -> JsonList:
    """Take the entries of a $deleteFromPrimitiveList out, whatever the field's strategy; lists of maps it merges instead."""
    if original == [] and doomed == []:
        return original
    if kind_of_entries(original, doomed, at) is dict:
        return _merge_maps(original, doomed, at, merge_map).entries
    gone = WHOLE.places(doomed)
    return [entry for entry in original if WHOLE(entry) not in gone]


def kind_of_entries(original: JsonList, patch: JsonList, at: Place) -> type:
    """The one type of all entries of both lists (strategicpatch: sliceElementType)."""
    entries = [*original, *patch]
    if entries == []:
        raise at.refused("empty-lists", "no elements in any of the given slices", "leave the directive out")
    kind = type(entries[0])
    if kind is list:
        raise at.refused("wrong-type", "lists of lists are not supported")
    if entries[0] is None:
        raise at.refused("wrong-type", "the first entry is null (kubectl crashes here)", "leave the null out")
    if any(type(entry) is not kind for entry in entries):
        kinds = ", ".join(sorted({kind_of(entry) for entry in entries}))
        raise at.refused("wrong-type", f"list element types are not identical: {kinds}: {go_text([original, patch])}")
    return kind


# Scalars


def _merge_scalars(original: JsonList, patch: JsonList, at: Place) -> Merged:
    if at.identity.key != "":
        raise _not_a_map(original[0] if original != [] else patch[0], at)
    wanted, places = WHOLE.places(patch), WHOLE.places(original)
    named = [patch[index] for index in wanted.values()]
    rest = [original[index] for name, index in places.items() if name not in wanted]
    seen = original if len(places) == len(original) else _overwritten(original, patch)
    return Merged(arrange(named, rest, patch, seen, WHOLE), seen)


def _overwritten(original: JsonList, patch: JsonList) -> JsonList:
    # An original with repeated entries: Go removes them from the union of both by moving its last entry into their place, and it
    # does so in the original's memory if the decoder left room there for the patch (up to 32 entries, room for a power of two).
    union = [*original, *patch]
    if len(union) > 1 << (len(original) - 1).bit_length():
        return original
    last, left = len(union) - 1, 0
    while left < last:
        right = left + 1
        while right <= last:
            if WHOLE(union[left]) == WHOLE(union[right]):
                union[right] = union[last]
                last -= 1
            else:
                right += 1
        left += 1
    return union[: len(original)]


# Maps by merge key


def _merge_maps(original: JsonList, patch: JsonList, at: Place, merge_map: MergeMap) -> Merged:
    if at.identity.key == "":
        raise at.refused("no-list-key", f"cannot merge lists without merge key for {at.struct}")
    plain = _plain_entries(patch, at)
    survivors = _survivors(original, patch, at)
    if any(entry.get("$patch") == "replace" for entry in patch):
        named, rest = _split([entry for _, entry in plain], [], at)
        return Merged(arrange(named, rest, [], rest, at.identity), survivors)
    elements = _merge_entries(survivors, plain, at, merge_map)
    wanted = [entry for _, entry in plain]
    named, rest = _split(elements, wanted, at)
    # Go deletes by moving what follows forward, and then appends into the room that leaves: so an order directive finds as many
    # new elements in the original as were deleted.
    seen = elements[: len(original)]
    return Merged(arrange(named, rest, wanted, survivors, at.identity), seen)


def _plain_entries(patch: JsonList, at: Place) -> list[tuple[int, JsonMap]]:
    """The patch's entries that are no directives, each with its index, if all entries are right."""
    findings = [finding for index, entry in enumerate(patch) for finding in _wrong_with(index, entry, at)]
    if findings != []:
        raise RefusedError(findings)
    return [(index, entry) for index, entry in enumerate(patch) if "$patch" not in entry]


def _wrong_with(index: int, entry: JsonMap, at: Place) -> list[Finding]:
    directive = entry.get("$patch", "delete")  # an entry without a directive needs what a delete needs: the merge key
    if directive == "delete":
        return [] if at.identity.key in entry else [_no_key(entry, at.entry(index, entry))]
    if directive == "replace":
        return []
    message = f"unknown patch type: {go_text(directive)} in map: {go_text(entry)}"
    if directive == "merge":
        message = "merging lists cannot yet be specified in the patch"
    return [at.entry(index, entry).finding("unknown-directive", message, "an entry takes `$patch: delete` or `$patch: replace`")]


def _survivors(original: JsonList, patch: JsonList, at: Place) -> JsonList:
    identity = at.identity
    doomed = [entry for entry in patch if entry.get("$patch") == "delete"]
    if doomed == []:
        return original
    present, gone = identity.places(original), identity.places(doomed)
    for name in gone:
        find(name, present)
    return [entry for entry in original if identity.key not in entry or identity(entry) not in gone]


def _merge_entries(survivors: JsonList, plain: list[tuple[int, JsonMap]], at: Place, merge_map: MergeMap) -> JsonList:
    """Each entry merges into the first element of its key, else it is appended as it stands."""
    elements, places = list(survivors), at.identity.places(survivors)
    for index, entry in plain:
        name = at.identity(entry)
        place = find(name, places)
        if place >= 0:
            elements[place] = merge_map(elements[place], entry, at.entry(index, entry))
        else:
            places[name] = len(elements)
            elements.append(entry)
    return elements


# Order


def check_order(patch: JsonList, order: JsonList, at: Place, order_at: Place) -> None:
    """Refuse a patch list that is no subsequence of its $setElementOrder (strategicpatch: validatePatchWithSetOrderList)."""
    if patch == [] or order == []:
        return
    entries = [(index, entry) for index, entry in enumerate(patch) if not _is_delete(index, entry, at)]
    step = place = 0
    while step < len(entries) and place < len(order):
        index, entry = entries[step]
        if type(entry) is dict and "$patch" in entry:
            step += 1
            continue
        wanted = _name(order[place], order_at.inside(place, place))
        step += find(_name(entry, at.entry(index, entry)), {wanted: 0}) == 0
        place += 1
    if step < len(entries):
        message = f"The order in patch list: {go_text(patch)} doesn't match $setElementOrder list: {go_text(order)}"
        raise order_at.refused("order-mismatch", message, "name every element of the list, in the same order")


def reorder(merged: Merged, kind: type, order: JsonList, at: Place, order_at: Place) -> JsonList:
    """Lay the order of a $setElementOrder over a merged list (strategicpatch: mergePatchIntoOriginal, its second half)."""
    if kind is dict:
        for index, entry in enumerate(order):
            _require_key(entry, order_at.inside(index, index))
        for entry in merged.original:
            _require_key(entry, at)
    named, rest = _split(merged.entries, order, at)
    return arrange(named, rest, order, merged.original, at.identity)


def _split(entries: JsonList, wanted: JsonList, at: Place) -> tuple[JsonList, JsonList]:
    """Those that are wanted, and the others; all need the merge key, untouched ones too."""
    identity = at.identity
    if identity.key != "":
        for entry in entries:
            _require_key(entry, at)
    elif any(type(entry) in (dict, list) for entry in [*entries, *wanted]):
        raise UncomparableError
    places = identity.places(wanted)
    named, rest = list[Json](), list[Json]()
    for entry in entries:
        (named if find(identity(entry), places) >= 0 else rest).append(entry)
    return named, rest


# Names, and what is wrong with an entry that has none


def _name(entry: Json, at: Place) -> Name:
    if at.identity.key != "":
        _require_key(entry, at)
    return at.identity(entry)


def _require_key(entry: Json, at: Place) -> None:
    if type(entry) is not dict:
        raise _not_a_map(entry, at)
    if at.identity.key not in entry:
        raise RefusedError([_no_key(entry, at)])


def _is_delete(index: int, entry: Json, at: Place) -> bool:
    if at.identity.key == "":
        return False
    if type(entry) is not dict:
        raise _not_a_map(entry, at.entry(index, entry))
    return entry.get("$patch") == "delete"


def _not_a_map(entry: Json, at: Place) -> RefusedError:
    message = f"expected a map[string]interface {{}}, but received {kind_of(entry)}: {go_text(entry)}"
    return at.refused("wrong-type", message, element_for(entry, at.identity.key))


def _no_key(entry: JsonMap, at: Place) -> Finding:
    message = f"map: {go_text(entry)} does not contain declared merge key: {at.identity.key}"
    return at.finding("no-merge-key", message, f"add `{at.identity.key}`")
