"""The generated pairs hold what the differential tests are meant to try."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from podcompose.schema.pod import POD
from tests.differential.cases import APPLY_CASES, COMPOSE_CASES, KUBECTL_CASES, PLAIN_CASES, STRATEGIC_CASES, Profile, cases
from tests.differential.places import places_in
from tests.differential.pods import fields_of, targets

MANY = 3000


def reached(pod: dict[str, Any]) -> Iterator[str]:
    """The lists, the free maps ("Container.env") and the members of one-ofs ("Volume.secret") that a pod holds."""
    names = {id(place.value): place.is_a for place in places_in(pod, "compose")}
    for place in places_in(pod, "compose"):
        owner = names.get(id(place.holder))
        if place.part == "field" and owner in POD.types:
            yield f"{owner}.{place.key}"


def wanted() -> set[str]:
    """Every list and free map of a Pod, and every member of a one-of."""
    members = {f"{name}.{member}" for name, one_of in POD.one_ofs.items() for member in one_of.members if name in targets()}
    return {name for name in targets() if "." in name} | {
        name for name in members if name.split(".")[1] in fields_of(name.split(".")[0])
    }


@pytest.mark.parametrize("profile", [STRATEGIC_CASES, APPLY_CASES, COMPOSE_CASES], ids=lambda profile: profile.name)
def test_every_list_and_every_one_of_of_a_pod_is_met(profile: Profile) -> None:
    """In both pods of a pair at once, every list, free map and one-of member of a Pod turns up."""
    both, either = set[str](), set[str]()
    for case in cases(profile, MANY):
        original, patch = set(reached(case.original)), set(reached(case.patch))
        both |= original & patch
        either |= original | patch

    assert {name for name in targets() if "." in name} - both == set()
    assert wanted() - either == set()


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (STRATEGIC_CASES, ["$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/", "null", "\u00e9"]),
        (KUBECTL_CASES, ["$patch", "$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/", "null", "\u00e9"]),
        (APPLY_CASES, ["$patch", "$retainKeys", "$deleteFromPrimitiveList/", "null", '""', "[]", "{}", "false", ": 0"]),
        (COMPOSE_CASES, ["$patch", "$retainKeys", "$deleteFromPrimitiveList/", "null", '""', "[]", "{}", "false", ": 0"]),
    ],
    ids=lambda value: value.name if isinstance(value, Profile) else "",
)
def test_directives_and_falsy_values_are_common(profile: Profile, words: list[str]) -> None:
    """Each directive and each falsy value stands in one patch of a hundred at least."""
    patches = [json.dumps(case.patch, ensure_ascii=False) for case in cases(profile, 2000)]

    assert {word: count for word in words if (count := sum(word in patch for patch in patches)) < 20} == {}


def test_plain_patches_hold_no_directive() -> None:
    """A patch for server-side apply itself has no directive."""
    assert not any("$" in json.dumps(case.patch) for case in cases(PLAIN_CASES, 1000))


def test_a_seed_names_a_pair() -> None:
    """The same seed gives the same pairs."""
    assert list(cases(APPLY_CASES, 50, "x")) == list(cases(APPLY_CASES, 50, "x")) != list(cases(APPLY_CASES, 50, "y"))
