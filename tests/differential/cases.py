"""
Pairs of pods, original and patch: seeded, so that a number names a case.

    for case in cases(STRATEGIC_CASES, 100, seed=7):
        case.original, case.patch
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from tests.differential import directives, mutations
from tests.differential.places import Table
from tests.differential.pods import any_focus, make_pod

__all__ = [
    "APPLY_CASES",
    "COMPOSE_CASES",
    "KUBECTL_CASES",
    "PLAIN_CASES",
    "STRATEGIC_CASES",
    "Case",
    "Profile",
    "cases",
    "make_case",
]

#: (random, the pod to change, the other pod of the pair, table)
Mutation = Callable[[Random, dict[str, Any], dict[str, Any], Table], bool]


class Case(NamedTuple):
    """One pair, and the seed that makes it again."""

    seed: str
    original: dict[str, Any]
    patch: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """What the pairs for one dialect's test hold."""

    name: str
    table: Table = "compose"
    #: What may be done to either pod, and to the patch only; several times over.
    shapes: tuple[Mutation, ...] = ()
    #: What may be done to the original only.
    original_shapes: tuple[Mutation, ...] = ()
    directives: tuple[Mutation, ...] = ()
    #: What comes last: it counts on the patch being otherwise done.
    last: tuple[Mutation, ...] = ()
    #: What spoils a pair, and how many of a hundred pairs are spoilt.
    mistakes: tuple[Mutation, ...] = ()
    patch_mistakes: tuple[Mutation, ...] = ()
    spoilt: int = 15
    #: Whether the original must be one that kubectl can read: its metadata is left alone.
    readable: bool = False


SHAPES: tuple[Mutation, ...] = (
    mutations.null_field,
    mutations.null_field,
    mutations.null_of_the_other,
    mutations.null_of_the_other,
    mutations.emptied,
    mutations.copied,
    mutations.reversed_list,
)
MISTAKES: tuple[Mutation, ...] = (
    mutations.wrong_type,
    mutations.wrong_type,
    mutations.look_alike,
    mutations.look_alike,
    mutations.unknown_field,
    mutations.missing_key,
    mutations.null_entry,
    mutations.repeated_entry,
    mutations.repeated_entry,
    mutations.list_in_list,
)
EXTENSIONS: tuple[Mutation, ...] = (
    directives.field_delete,
    directives.field_replace,
    directives.list_replace,
    directives.element_delete,
    directives.element_delete,
    directives.element_delete,
)
MISPLACED: tuple[Mutation, ...] = (
    mutations.dollar,
    directives.delete_inside,
    directives.delete_with_more,
    directives.retain_too_little,
    directives.delete_from_no_list,
    directives.element_replace,
)

STRATEGIC_CASES = Profile(
    "strategic",
    shapes=SHAPES,
    directives=(
        directives.map_directive,
        directives.list_directive,
        directives.list_directive,
        directives.retain_keys,
        directives.element_order,
        directives.element_order,
        directives.delete_from_list,
    ),
    mistakes=MISTAKES,
    patch_mistakes=(*MISTAKES, mutations.dollar, mutations.same_in_python),
    spoilt=40,
)
KUBECTL_CASES = Profile(
    "kubectl",
    shapes=SHAPES,
    directives=STRATEGIC_CASES.directives,
    mistakes=MISTAKES,
    patch_mistakes=STRATEGIC_CASES.patch_mistakes,
    spoilt=30,
    readable=True,
)
#: No nulls, no directives: server-side apply itself.
PLAIN_CASES = Profile(
    "plain",
    "apply",
    shapes=(mutations.emptied, mutations.copied, mutations.reversed_list),
    original_shapes=(mutations.repeated_entry,),
    mistakes=MISTAKES,
)
APPLY_CASES = Profile(
    "apply",
    "apply",
    shapes=SHAPES,
    original_shapes=(mutations.repeated_entry,),
    directives=EXTENSIONS,
    last=(directives.retain_all, directives.delete_from_list),
    mistakes=MISTAKES,
    patch_mistakes=(*MISTAKES, *MISPLACED),
)
COMPOSE_CASES = Profile(
    "compose",
    "compose",
    shapes=SHAPES,
    directives=EXTENSIONS,
    last=APPLY_CASES.last,
    mistakes=MISTAKES,
    patch_mistakes=APPLY_CASES.patch_mistakes,
)


def cases(profile: Profile, count: int, seed: int | str = 0) -> Iterator[Case]:
    """So many pairs."""
    for number in range(count):
        yield make_case(profile, f"{profile.name}/{seed}/{number}")


def make_case(profile: Profile, seed: str) -> Case:
    """The pair of this seed."""
    random = Random(seed)
    focus = any_focus(random)
    original, patch = make_pod(random, focus), make_pod(random, focus)
    if random.random() < 0.7:
        del patch["apiVersion"], patch["kind"]
    table = profile.table
    _change(random, profile.shapes, (0, 0, 0, 1, 2), original, patch, table)
    _change(random, profile.original_shapes, (0, 0, 0, 0, 1, 1, 2), original, patch, table)
    _change(random, profile.shapes, (0, 1, 1, 2, 3), patch, original, table)
    _change(random, profile.directives, (0, 0, 1, 1, 2, 3), patch, original, table)
    if random.randrange(100) < profile.spoilt:
        _spoil(random, profile, original, patch)
    _change(random, profile.last, (0, 0, 0, 1), patch, original, table)
    return Case(seed, _readable(original) if profile.readable else original, patch)


def _change(
    random: Random, choice: tuple[Mutation, ...], times: tuple[int, ...], pod: dict[str, Any], other: dict[str, Any], table: Table
) -> None:
    for _ in range(random.choice(times) if choice != () else 0):
        random.choice(choice)(random, pod, other, table)


def _spoil(random: Random, profile: Profile, original: dict[str, Any], patch: dict[str, Any]) -> None:
    if random.random() < 0.4:
        _change(random, profile.mistakes, (1,), original, patch, profile.table)
    if random.random() < 0.8:
        _change(random, profile.patch_mistakes or profile.mistakes, (1, 1, 2), patch, original, profile.table)


def _readable(original: dict[str, Any]) -> dict[str, Any]:
    """An original that kubectl reads: it decodes the metadata, and looks at kind and namespace, before it merges."""
    given = original.get("metadata")
    metadata = {key: deepcopy(METADATA[key]) for key in METADATA if isinstance(given, dict) and key in given}
    return {**original, "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", **metadata}}


METADATA: dict[str, Any] = {
    "labels": {"a": "x", "b": ""},
    "annotations": {"a": "x", "\u00e9\u2603": "y"},
    "finalizers": ["a", "b", "c"],
    "ownerReferences": [{"uid": "a", "name": "x"}, {"uid": "b", "name": "y", "controller": True}],
}
