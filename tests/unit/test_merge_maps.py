"""Structs and free maps: what an override mentions changes, all else stays."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import APPLY, COMPOSE, merge

#: name: (original's spec, patch's spec, result's spec)
BOTH: dict[str, tuple[Any, Any, Any]] = {
    "false wins over true": ({"hostNetwork": True}, {"hostNetwork": False}, {"hostNetwork": False}),
    "the empty string wins": ({"hostname": "a"}, {"hostname": ""}, {"hostname": ""}),
    "zero wins": ({"priority": 5}, {"priority": 0}, {"priority": 0}),
    "what is not mentioned stays": ({"hostname": "a", "priority": 0}, {"priority": 1}, {"hostname": "a", "priority": 1}),
    "null deletes a scalar": ({"hostname": "a", "priority": 0}, {"hostname": None}, {"priority": 0}),
    "null deletes a struct": ({"securityContext": {"runAsUser": 0}}, {"securityContext": None}, {}),
    "null deletes a list": ({"containers": [{"name": "a"}]}, {"containers": None}, {}),
    "null of what is absent is nothing": ({}, {"hostname": None}, {}),
    "a null of the original is nothing": ({"hostname": None, "priority": 1}, {}, {"priority": 1}),
    "an empty struct changes nothing": (
        {"securityContext": {"runAsUser": 0}},
        {"securityContext": {}},
        {"securityContext": {"runAsUser": 0}},
    ),
    "an empty struct adds itself": ({}, {"securityContext": {}}, {"securityContext": {}}),
    "structs merge field by field": (
        {"securityContext": {"runAsUser": 0, "fsGroup": 1}},
        {"securityContext": {"fsGroup": 2}},
        {"securityContext": {"runAsUser": 0, "fsGroup": 2}},
    ),
    "an emptied struct stays": (
        {"securityContext": {"runAsUser": 0}},
        {"securityContext": {"runAsUser": None}},
        {"securityContext": {}},
    ),
    "nulls in new structs vanish": (
        {},
        {"securityContext": {"runAsUser": None, "fsGroup": 1}},
        {"securityContext": {"fsGroup": 1}},
    ),
    "free maps merge key by key": (
        {"overhead": {"cpu": "1", "memory": "1Gi"}},
        {"overhead": {"cpu": None, "gpu": 2}},
        {"overhead": {"memory": "1Gi", "gpu": 2}},
    ),
    "an integer or a string": ({"overhead": {"cpu": 1}}, {"overhead": {"cpu": "1"}}, {"overhead": {"cpu": "1"}}),
    "the map nodeSelector, new": ({}, {"nodeSelector": {"a": "1"}}, {"nodeSelector": {"a": "1"}}),
}
#: name: (original's spec, patch's spec, COMPOSE's result, APPLY's result)
APART: dict[str, tuple[Any, Any, Any, Any]] = {
    "nodeSelector": (
        {"nodeSelector": {"a": "1", "b": "2"}},
        {"nodeSelector": {"b": None, "c": "3"}},
        {"nodeSelector": {"a": "1", "c": "3"}},
        {"nodeSelector": {"c": "3"}},
    ),
    "a reference": (
        {
            "containers": [
                {"name": "a", "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}]}
            ]
        },
        {"containers": [{"name": "a", "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "t", "key": "k"}}}]}]},
        {
            "containers": [
                {"name": "a", "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "t", "key": "k", "optional": True}}}]}
            ]
        },
        {"containers": [{"name": "a", "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "t", "key": "k"}}}]}]},
    ),
    "the required node affinity": (
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}}},
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{}]}}}},
        {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
    ),
}


@pytest.mark.parametrize(("original", "patch", "result"), BOTH.values(), ids=BOTH)
def test_maps(original: Any, patch: Any, result: Any) -> None:
    """COMPOSE and APPLY agree on maps that both merge."""
    assert merge({"spec": original}, {"spec": patch}, COMPOSE) == {"spec": result}
    assert merge({"spec": original}, {"spec": patch}, APPLY) == {"spec": result}


@pytest.mark.parametrize(("original", "patch", "composed", "applied"), APART.values(), ids=APART)
def test_maps_that_only_compose_merges(original: Any, patch: Any, composed: Any, applied: Any) -> None:
    """Server-side apply replaces some maps whole; COMPOSE merges them all."""
    assert merge({"spec": original}, {"spec": patch}, COMPOSE) == {"spec": composed}
    assert merge({"spec": original}, {"spec": patch}, APPLY) == {"spec": applied}


def test_labels_of_any_name() -> None:
    """A label may be called like a field, or be empty."""
    patch = {"metadata": {"labels": {"spec": "x", "": "", "a.b/c": "y"}}}

    assert merge({"metadata": {"labels": {"spec": "w"}}}, patch) == patch


def test_a_whole_float_is_the_integer_it_means() -> None:
    """1.0 is 1 where Kubernetes has an integer."""
    result = merge({}, {"spec": {"priority": 1.0}})

    assert (result, type(result["spec"]["priority"])) == ({"spec": {"priority": 1}}, int)
