"""Lists: merged by key, united as sets, or replaced whole."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import APPLY, COMPOSE, MergeError, merge

A, B = {"name": "a", "image": "i:1"}, {"name": "b", "image": "i:2"}


def one(**fields: Any) -> dict[str, Any]:
    """A spec with one container."""
    return {"containers": [{"name": "a", **fields}]}


TABLE: dict[str, tuple[Any, Any, Any]] = {
    "by name, whatever the place": (
        {"containers": [A, B]},
        {"containers": [{"name": "b", "tty": True}]},
        {"containers": [A, {**B, "tty": True}]},
    ),
    "a new one goes behind": ({"containers": [A]}, {"containers": [B]}, {"containers": [A, B]}),
    "an empty list changes nothing": ({"containers": [A]}, {"containers": []}, {"containers": [A]}),
    "an empty list adds itself": ({}, {"containers": []}, {"containers": []}),
    "an atomic list is replaced": (one(args=["x", "y"]), one(args=["z"]), one(args=["z"])),
    "an atomic list is emptied": (one(args=["x"]), one(args=[]), one(args=[])),
    "an atomic list of maps is replaced": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    "a port is known by its protocol too": (
        one(ports=[{"containerPort": 53, "name": "dns"}]),
        one(ports=[{"containerPort": 53, "protocol": "UDP"}]),
        one(ports=[{"containerPort": 53, "name": "dns"}, {"containerPort": 53, "protocol": "UDP"}]),
    ),
    "a port without protocol is a TCP port": (
        one(ports=[{"containerPort": 53, "protocol": "TCP"}]),
        one(ports=[{"containerPort": 53, "name": "dns"}]),
        one(ports=[{"containerPort": 53, "protocol": "TCP", "name": "dns"}]),
    ),
    "a default key is never written": (
        one(ports=[{"containerPort": 1}]),
        one(ports=[{"containerPort": 1, "name": "x"}]),
        one(ports=[{"containerPort": 1, "name": "x"}]),
    ),
    "mounts go by path": (
        one(volumeMounts=[{"name": "v", "mountPath": "/data", "readOnly": True}]),
        one(volumeMounts=[{"name": "w", "mountPath": "/data"}, {"name": "v", "mountPath": "/data/"}]),
        one(volumeMounts=[{"name": "w", "mountPath": "/data", "readOnly": True}, {"name": "v", "mountPath": "/data/"}]),
    ),
    "topology spread constraints by two keys": (
        {"topologySpreadConstraints": [{"topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}]},
        {"topologySpreadConstraints": [{"topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 2}]},
        {
            "topologySpreadConstraints": [
                {"topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1},
                {"topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 2},
            ]
        },
    ),
    "claims go by name": (
        one(resources={"claims": [{"name": "x"}]}),
        one(resources={"claims": [{"name": "y"}]}),
        one(resources={"claims": [{"name": "x"}, {"name": "y"}]}),
    ),
    "a secret without a name is one": (
        {"imagePullSecrets": [{"name": "s"}]},
        {"imagePullSecrets": [{}]},
        {"imagePullSecrets": [{"name": "s"}, {}]},
    ),
}


@pytest.mark.parametrize(("original", "patch", "result"), TABLE.values(), ids=TABLE)
def test_lists(original: Any, patch: Any, result: Any) -> None:
    """COMPOSE and APPLY agree on lists."""
    assert merge({"spec": original}, {"spec": patch}, COMPOSE) == {"spec": result}
    assert merge({"spec": original}, {"spec": patch}, APPLY) == {"spec": result}


WRONG: dict[str, tuple[Any, str, str]] = {
    "a repeated name": ({"containers": [{"name": "a"}, {"name": "a"}]}, "repeated-key", '.spec.containers[name="a"]'),
    "a repeated port": (
        one(ports=[{"containerPort": 1}, {"containerPort": 1, "protocol": "TCP"}]),
        "repeated-key",
        '.spec.containers[name="a"].ports[containerPort=1,protocol="TCP"]',
    ),
    "no name": ({"containers": [{"image": "i"}]}, "missing-key", ".spec.containers[0]"),
    "an empty name": ({"containers": [{"name": ""}]}, "missing-key", ".spec.containers[0]"),
    "a null name": ({"containers": [{"name": None}]}, "missing-key", ".spec.containers[0]"),
    "port 0": (one(ports=[{"containerPort": 0}]), "missing-key", '.spec.containers[name="a"].ports[0]'),
    "a null element": ({"containers": [None]}, "wrong-type", ".spec.containers[0]"),
    "a string for an element": ({"containers": ["a"]}, "wrong-type", ".spec.containers[0]"),
    "a map for a list": ({"containers": {"a": {}}}, "wrong-type", ".spec.containers"),
}


@pytest.mark.parametrize(("patch", "code", "path"), WRONG.values(), ids=WRONG)
def test_lists_that_are_refused(patch: Any, code: str, path: str) -> None:
    """What no list of a Pod may hold is refused where it stands."""
    with pytest.raises(MergeError) as caught:
        merge({}, {"spec": patch})

    assert [(problem.code, problem.path) for problem in caught.value.problems] == [(code, path)]


def test_a_repeated_member_of_a_set_is_refused() -> None:
    """A finalizer stands in an override once."""
    with pytest.raises(MergeError, match=r"stands in this set twice"):
        merge({}, {"metadata": {"finalizers": ["a", "a"]}})


def test_repeated_keys_of_the_original() -> None:
    """COMPOSE refuses an original that repeats a key, APPLY keeps it."""
    original = {"spec": {"containers": [A, B, A]}}
    with pytest.raises(MergeError, match="two elements"):
        merge(original, {})

    assert merge(original, {}, APPLY) == original


def test_a_null_in_an_atomic_list_stays() -> None:
    """Kubernetes lets a null stand in a list that is replaced whole."""
    assert merge({}, {"spec": one(args=["a", None])}) == {"spec": one(args=["a", None])}
