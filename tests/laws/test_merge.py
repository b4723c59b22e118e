"""The laws of one merge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from podcompose import APPLY, COMPOSE, merge
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing import patches, pod_pairs, pods
from tests.laws.manifests import APPLY_TABLE, COMPOSE_TABLE, doubled, frame, last_writer, text, unions, without_nulls

Pod = dict[str, Any]
Pair = tuple[Pod, Pod]

ROOT = Field("struct", POD.root, "granular")
DIALECTS = {"COMPOSE": (COMPOSE, COMPOSE_TABLE), "APPLY": (APPLY, APPLY_TABLE)}
BOTH = pytest.mark.parametrize("name", DIALECTS)


@BOTH
@given(pod=pods())
def test_identity_of_the_empty_patch(name: str, pod: Pod) -> None:
    """A patch that mentions nothing changes nothing."""
    dialect, _ = DIALECTS[name]
    assert text(merge(pod, {}, dialect)) == text(pod)


@BOTH
@given(pod=pods())
def test_identity_of_a_pod_over_itself(name: str, pod: Pod) -> None:
    """A pod laid over itself is itself."""
    dialect, _ = DIALECTS[name]
    assert text(merge(pod, pod, dialect)) == text(pod)


@BOTH
@given(patch=patches(nulls=True))
def test_identity_of_a_patch_over_nothing(name: str, patch: Pod) -> None:
    """A patch laid over nothing is what it says, without its nulls."""
    dialect, _ = DIALECTS[name]
    assert text(merge({}, patch, dialect)) == text(without_nulls(patch))


@BOTH
@given(pair=pod_pairs(nulls=True))
def test_frame(name: str, pair: Pair) -> None:
    """What a patch does not mention is what it was, and where it was among its like."""
    dialect, table = DIALECTS[name]
    pod, patch = pair

    assert list(frame(pod, merge(pod, patch, dialect), patch, ROOT, table)) == []


@BOTH
@given(pair=pod_pairs(nulls=True))
def test_last_writer_wins(name: str, pair: Pair) -> None:
    """Every leaf of a patch is what the result says, and every null is gone from it."""
    dialect, table = DIALECTS[name]
    pod, patch = pair

    assert list(last_writer(merge(pod, patch, dialect), patch, ROOT, table)) == []


@given(pair=pod_pairs(nulls=True, directives=True))
def test_idempotence(pair: Pair) -> None:
    """A patch laid twice is the patch laid once, whatever it holds."""
    pod, patch = pair
    once = merge(pod, patch)

    assert text(merge(once, patch)) == text(once)


@given(pair=pod_pairs(nulls=True))
def test_idempotence_in_apply(pair: Pair) -> None:
    """A patch laid twice is the patch laid once, in APPLY too."""
    pod, patch = pair
    once = merge(pod, patch, APPLY)

    assert text(merge(once, patch, APPLY)) == text(once)


@given(pair=pod_pairs(nulls=True, directives=True))
def test_no_directive_and_no_null_is_left(pair: Pair) -> None:
    """No null and no directive of a patch ever reaches the result."""
    pod, patch = pair
    result = merge(pod, patch)

    assert text(without_nulls(result)) == text(result)
    assert "'$" not in text(result)


@given(pair=pod_pairs(nulls=True, directives=True))
def test_keyed_lists_stay_unique(pair: Pair) -> None:
    """No list of a result names a key twice."""
    pod, patch = pair

    assert list(doubled(merge(pod, patch))) == []


@BOTH
@given(pair=pod_pairs(nulls=True))
def test_one_ofs_are_never_doubled_by_a_switch(name: str, pair: Pair) -> None:
    """Where neither side has two members of a one-of, the result has not either."""
    dialect, table = DIALECTS[name]
    pod, patch = pair
    if list(unions(pod)) == [] == list(unions(patch)):
        assert list(unions(merge(pod, patch, dialect), table)) == []


@given(pair=pod_pairs(nulls=True, directives=True))
def test_the_result_is_a_pod_that_can_be_merged_again(pair: Pair) -> None:
    """A result is an original like any other: laid over with nothing it stays, and it is judged right."""
    pod, patch = pair
    result = merge(pod, patch)

    assert text(merge(result, {})) == text(result)
