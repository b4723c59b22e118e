"""
The order of a merged list, which is server-side apply's.

What the override names takes the override's order, everything else keeps its own, and new elements go behind what is untouched
unless the override names what shall follow them.
"""

from __future__ import annotations

from podcompose.core.json import Json

__all__ = ["NOWHERE", "weave"]

#: The place of a new element.
NOWHERE = -1


def weave(original: list[Json], named: list[tuple[int | list[int], Json]]) -> list[Json]:
    """
    Put the named elements and the rest of the original in server-side apply's order.

    Shapes: each named element with its place in the original, its places if its key is repeated there, NOWHERE if it is new.
    Source: sigs.k8s.io/structured-merge-diff typed/merge.go, behaviour measured: docs/merge.md, "Order".

    >>> weave(["a", "b", "c"], [(0, "A"), (NOWHERE, "n")])
    ['A', 'b', 'c', 'n']
    >>> weave(["a", "b", "c", "d"], [(3, "d"), (NOWHERE, "n"), (1, "b")])
    ['a', 'c', 'd', 'n', 'b']
    """
    result = original.copy()
    last = NOWHERE
    for count, (place, element) in enumerate(named):
        if type(place) is not int or place <= last:
            # What most overrides are: known elements in their order, then new ones. Everything else takes the long way.
            if any(place != NOWHERE for place, _ in named[count:]):
                return _weave(original, [([] if place == NOWHERE else _places(place), element) for place, element in named])
            result += [element for _, element in named[count:]]
            return result
        last = place
        result[last] = element
    return result


def _places(place: int | list[int]) -> list[int]:
    return [place] if type(place) is int else place  # type: ignore[return-value] # not an int: a list


def _weave(original: list[Json], named: list[tuple[list[int], Json]]) -> list[Json]:
    taken = {place for places, _ in named for place in places}
    result: list[Json] = []
    waiting: list[Json] = []
    start, end = 0, len(original)
    for places, element in named:
        if places == []:
            waiting.append(element)
            continue
        stop = min((place for place in places if place >= start), default=end)
        result += [*_rest(original, start, stop, taken), *waiting, element]
        waiting, start = [], stop + 1
    if any(len(places) > 1 for places, _ in named):
        return [*result, *_tail(original, start, taken, waiting)]
    return [*result, *_rest(original, start, end, taken), *waiting]


def _rest(original: list[Json], start: int, stop: int, taken: set[int]) -> list[Json]:
    if not any(start <= place < stop for place in taken):
        return original[start:stop]
    return [original[place] for place in range(start, stop) if place not in taken]


def _tail(original: list[Json], start: int, taken: set[int], waiting: list[Json]) -> list[Json]:
    """The rest where a key is repeated: each left-over copy of a named key lets one waiting element through in its place."""
    result: list[Json] = []
    for place in range(start, len(original)):
        if place not in taken:
            result.append(original[place])
        elif waiting != []:
            result.append(waiting[0])
            waiting = waiting[1:]
    return [*result, *waiting]
