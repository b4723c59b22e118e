"""What does not hold, each with its smallest counterexample."""

from __future__ import annotations

from typing import Any

from podcompose import merge


def labels(**entries: Any) -> dict[str, Any]:
    """A pod's labels."""
    return {"metadata": {"labels": entries}}


def volumes(*names: str) -> dict[str, Any]:
    """A pod's volumes."""
    return {"spec": {"volumes": [{"name": name} for name in names]}}


def variable(**fields: Any) -> dict[str, Any]:
    """A pod's one variable."""
    return {"spec": {"containers": [{"name": "a", "env": [{"name": "E", **fields}]}]}}


def test_commutativity_does_not_hold() -> None:
    """Two patches that meet: the later one wins."""
    one, two = labels(a="1"), labels(a="2")

    assert merge(merge({}, one), two) == two
    assert merge(merge({}, two), one) == one


def test_commutativity_does_not_hold_for_order() -> None:
    """Two patches that add different elements: they stand in the order they came."""
    one, two = volumes("a"), volumes("b")

    assert merge(one, two) == volumes("a", "b")
    assert merge(two, one) == volumes("b", "a")


def test_associativity_does_not_hold_with_deletions() -> None:
    """A null deletes what is there when it is laid over: merged into another patch first, it is gone itself."""
    pod, one, two = labels(a="1"), labels(), labels(a=None)

    assert merge(merge(pod, one), two) == labels()
    assert merge(pod, merge(one, two)) == labels(a="1")


def test_associativity_does_not_hold_with_one_ofs() -> None:
    """A switch there and back takes out what a patch that already switched back never does."""
    pod = variable(valueFrom={"fieldRef": {"fieldPath": "p"}})
    one, two = variable(value="x"), variable(valueFrom={"fieldRef": {"apiVersion": "v1"}})

    assert merge(merge(pod, one), two) == variable(valueFrom={"fieldRef": {"apiVersion": "v1"}})
    assert merge(pod, merge(one, two)) == variable(valueFrom={"fieldRef": {"fieldPath": "p", "apiVersion": "v1"}})


def test_associativity_does_not_hold_for_order() -> None:
    """What a patch names takes its order, so it matters what the patch was merged with."""
    pod, one, two = volumes("a", "b"), volumes("b"), volumes("a")

    assert merge(merge(pod, one), two) == volumes("a", "b")
    assert merge(pod, merge(one, two)) == volumes("b", "a")


def test_a_deletion_cannot_be_undone_by_laying_the_original_over() -> None:
    """What was deleted comes back behind what stayed."""
    pod = volumes("a", "b")
    less = merge(pod, {"spec": {"volumes": [{"name": "a", "$patch": "delete"}]}})

    assert merge(less, volumes("a")) == volumes("b", "a")


def test_the_empty_pod_is_no_left_identity_for_patches_with_nulls() -> None:
    """Laid over nothing, a patch is what it says without its nulls."""
    assert merge({}, labels(a=None)) == labels()


def test_frame_does_not_hold_inside_of_what_is_replaced_whole() -> None:
    """A list without keys goes as a whole."""
    assert merge({"spec": {"tolerations": [{"key": "a"}]}}, {"spec": {"tolerations": []}}) == {"spec": {"tolerations": []}}
