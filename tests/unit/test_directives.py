"""Deletes and replaces are obeyed wherever they stand, and never left as text."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import COMPOSE, MergeError, merge

A, B, C = ({"name": name, "image": f"{name}:1"} for name in "abc")
DELETE, REPLACE = {"$patch": "delete"}, {"$patch": "replace"}

TABLE: dict[str, tuple[Any, Any, Any]] = {
    "a deleted struct is gone": ({"securityContext": {"fsGroup": 1}}, {"securityContext": DELETE}, {}),
    "a deleted scalar is gone": ({"hostname": "a"}, {"hostname": DELETE}, {}),
    "a deleted list is gone": ({"containers": [A]}, {"containers": DELETE}, {}),
    "deleting what is absent": ({}, {"securityContext": DELETE}, {}),
    "a replaced struct": (
        {"securityContext": {"fsGroup": 1}},
        {"securityContext": {**REPLACE, "runAsUser": 0}},
        {"securityContext": {"runAsUser": 0}},
    ),
    "a replaced list": ({"containers": [A, B]}, {"containers": [REPLACE, C]}, {"containers": [C]}),
    "the replacing entry may stand anywhere": ({"containers": [A, B]}, {"containers": [C, REPLACE]}, {"containers": [C]}),
    "an emptied list": ({"containers": [A]}, {"containers": [REPLACE]}, {"containers": []}),
    "an atomic list, replaced anyway": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [REPLACE, {"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    "a deleted element": ({"containers": [A, B]}, {"containers": [{"name": "a", **DELETE}]}, {"containers": [B]}),
    "a deleted element that is absent": ({"containers": [A]}, {"containers": [{"name": "x", **DELETE}]}, {"containers": [A]}),
    "an element replaced in its place": (
        {"containers": [{**A, "tty": True}, B]},
        {"containers": [{"name": "a", **DELETE}, {"name": "a", "image": "new"}]},
        {"containers": [{"name": "a", "image": "new"}, B]},
    ),
    "a deleted port, its protocol left out": (
        {"containers": [{**A, "ports": [{"containerPort": 1, "protocol": "TCP"}, {"containerPort": 1, "protocol": "UDP"}]}]},
        {"containers": [{"name": "a", "ports": [{"containerPort": 1, **DELETE}]}]},
        {"containers": [{**A, "ports": [{"containerPort": 1, "protocol": "UDP"}]}]},
    ),
    "kept keys": (
        {"hostname": "a", "priority": 1, "subdomain": "s"},
        {"$retainKeys": ["hostname", "priority"], "priority": 2},
        {"hostname": "a", "priority": 2},
    ),
    "directives in new elements": (
        {},
        {"containers": [{**A, "env": [REPLACE, {"name": "E", "value": None}], "securityContext": REPLACE}]},
        {"containers": [{**A, "env": [{"name": "E"}], "securityContext": {}}]},
    ),
    "deletes in new elements": (
        {},
        {"containers": [{**A, "env": [{"name": "E", **DELETE}], "tty": DELETE}]},
        {"containers": [{**A, "env": []}]},
    ),
    "entries of an atomic list": (
        {"containers": [{**A, "args": ["x", "y"]}]},
        {"containers": [{"name": "a", "$deleteFromPrimitiveList/args": ["x"]}]},
        {"containers": [{**A, "args": ["y"]}]},
    ),
}


@pytest.mark.parametrize(("original", "patch", "result"), TABLE.values(), ids=TABLE)
def test_directives(original: Any, patch: Any, result: Any) -> None:
    """What a directive takes out of the original."""
    assert merge({"spec": original}, {"spec": patch}) == {"spec": result}


def test_entries_of_a_set_are_deleted() -> None:
    """A finalizer goes by its value; deletes come first."""
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a", "z"], "finalizers": ["c", "a"]}}

    assert merge({"metadata": {"finalizers": ["a", "b"]}}, patch) == {"metadata": {"finalizers": ["b", "c", "a"]}}


WRONG: dict[str, Any] = {
    "another word": {"$patch": "merge"},
    "no word": {"$patch": 1},
    "a deletion with more": {"securityContext": {**DELETE, "fsGroup": 1}},
    "an element's replace": {"containers": [{"name": "a", **REPLACE}]},
    "a deletion with more than the key": {"containers": [{"name": "a", "image": "i", **DELETE}]},
    "a deletion without a key": {"containers": [DELETE]},
    "a deletion in an atomic list": {"tolerations": [{"key": "a", **DELETE}]},
    "an order": {"$setElementOrder/containers": [{"name": "a"}]},
    "a key that is not kept": {"$retainKeys": ["hostname"], "priority": 1},
    "no list of keys": {"$retainKeys": "hostname"},
    "entries of no list of scalars": {"$deleteFromPrimitiveList/containers": ["a"]},
    "an unknown directive": {"$patches": "delete"},
}


@pytest.mark.parametrize("patch", WRONG.values(), ids=WRONG)
def test_directives_that_mean_nothing(patch: Any) -> None:
    """A directive that could be guessed at is refused instead."""
    with pytest.raises(MergeError) as caught:
        merge({"spec": {"containers": [A]}}, {"spec": patch}, COMPOSE)

    assert {problem.code for problem in caught.value.problems} <= {"directive", "missing-key"}


def test_a_directive_in_the_original() -> None:
    """There is nothing a directive of the original could act on."""
    with pytest.raises(MergeError, match="belongs into an override"):
        merge({"spec": {"$patch": "replace"}}, {})


def test_the_whole_pod_cannot_be_deleted() -> None:
    """Nor can it be replaced by nothing."""
    with pytest.raises(MergeError, match="cannot be deleted whole"):
        merge({"spec": {}}, DELETE)
