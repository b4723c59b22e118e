"""`by_key`: lists written as maps."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from podcompose import OverrideError, by_key, compose
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing import patches

POD_OF_TWO: Any = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "job"},
    "spec": {
        "containers": [
            {"name": "base", "image": "a:1", "env": [{"name": "MODE", "value": "slow"}, {"name": "OLD", "value": "1"}]},
            {"name": "log", "image": "b:1"},
        ]
    },
}


def base(**fields: Any) -> Any:
    """An override of the container base."""
    return {"spec": {"containers": {"base": fields}}}


ROWS: dict[str, tuple[Any, Any]] = {
    "variables": (
        base(env={"A": "1", "B": ""}),
        [{"name": "base", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": ""}]}],
    ),
    "a variable of a secret": (
        base(env={"A": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}}),
        [{"name": "base", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}],
    ),
    "null deletes": (base(env={"A": None}), [{"name": "base", "env": [{"name": "A", "$patch": "delete"}]}]),
    "a null list is null": (base(env=None), [{"name": "base", "env": None}]),
    "an empty map is an empty list": (base(env={}), [{"name": "base", "env": []}]),
    "the whole list replaced": (
        base(env={"$patch": "replace", "A": "1"}),
        [{"name": "base", "env": [{"$patch": "replace"}, {"name": "A", "value": "1"}]}],
    ),
    "the whole list deleted": (base(env={"$patch": "delete"}), [{"name": "base", "env": {"$patch": "delete"}}]),
    "mounts by path": (
        base(volumeMounts={"/data": {"name": "d"}}),
        [{"name": "base", "volumeMounts": [{"mountPath": "/data", "name": "d"}]}],
    ),
    "a list within, and maps in that": (
        {"spec": {"containers": [{"name": "base", "env": {"A": "1"}}]}},
        [{"name": "base", "env": [{"name": "A", "value": "1"}]}],
    ),
    "a variable called value": (base(env={"value": "1"}), [{"name": "base", "env": [{"name": "value", "value": "1"}]}]),
    "the key said twice alike": ({"spec": {"containers": {"base": {"name": "base"}}}}, [{"name": "base"}]),
    "what is keyed by two fields stays a list": (
        base(ports=[{"containerPort": 80}]),
        [{"name": "base", "ports": [{"containerPort": 80}]}],
    ),
    "a map that is a map": (base(resources={"limits": {"cpu": "1"}}), [{"name": "base", "resources": {"limits": {"cpu": "1"}}}]),
}


@pytest.mark.parametrize(("override", "containers"), ROWS.values(), ids=ROWS)
def test_what_is_written_out(override: Any, containers: Any) -> None:
    """A map of elements by key is the list of these elements, in the order of the map."""
    before = copy.deepcopy(override)

    assert by_key(override) == {"spec": {"containers": containers}}
    assert override == before


MISTAKES: dict[str, tuple[Any, str, str]] = {
    "a dash forgotten": (
        base(env={"name": "A", "value": "1"}),
        '.spec.containers[name="base"].env',
        'write a list of maps: [{"name": "A", "value": "1"}]',
    ),
    "a text for a container": ({"spec": {"containers": {"base": "a:2"}}}, '.spec.containers[name="base"]', "write a map"),
    "two names": ({"spec": {"volumes": {"a": {"name": "b"}}}}, '.spec.volumes[name="a"].name', "leave `name` out"),
}


@pytest.mark.parametrize(("override", "path", "fix"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_no_element(override: Any, path: str, fix: str) -> None:
    """A mistake has its path and its likely fix."""
    with pytest.raises(OverrideError) as caught:
        by_key(override)
    (problem,) = caught.value.problems

    assert (problem.code, problem.path, problem.stage) == ("wrong-type", path, "override")
    assert fix in (problem.suggestion or "")


def test_all_mistakes_at_once() -> None:
    """Every entry that is no element is said."""
    with pytest.raises(OverrideError) as caught:
        by_key({"spec": {"containers": {"base": "a"}, "volumes": {"b": 1}}})

    assert len(caught.value.problems) == 2


def test_what_the_merge_judges_is_left_to_it() -> None:
    """A number for a variable, and an unknown field, are refused by the merge, as in a list."""
    with pytest.raises(OverrideError) as caught:
        compose(POD_OF_TWO, by_key(base(env={"A": 1}, imagee="x")))

    assert [problem.code for problem in caught.value.problems] == ["wrong-type", "unknown-field"]


def test_it_composes() -> None:
    """One variable changes, one goes, and the sidecar is left alone."""
    composition = compose(POD_OF_TWO, by_key(base(image="a:2", env={"MODE": "fast", "OLD": None})))

    assert composition.manifest["spec"]["containers"] == [
        {"name": "base", "image": "a:2", "env": [{"name": "MODE", "value": "fast"}]},
        {"name": "log", "image": "b:1"},
    ]


@given(patch=patches())
def test_lists_stay_lists(patch: Any) -> None:
    """What is written in lists comes out as it is, and shares nothing with its input."""
    assert by_key(patch) == patch


@given(patch=patches(nulls=False, directives=False))
def test_maps_are_their_lists(patch: Any) -> None:
    """Lists written as maps by their keys come out as these lists."""
    assert by_key(_as_maps(patch, POD.root)) == patch


def _as_maps(value: Any, struct: str) -> Any:
    """Every list that can be, by key."""
    if not isinstance(value, dict):
        return value
    fields = POD.types.get(struct, {})
    return {name: _as_map(each, fields[name]) if name in fields else each for name, each in value.items()}


def _as_map(value: Any, field: Field) -> Any:
    if field.kind == "struct":
        return _as_maps(value, field.of)
    if field.kind != "list" or field.merge != "keyed" or not isinstance(value, list):
        return value
    inner = [_as_maps(element, field.of) for element in value]
    keys = [element.get(field.keys[0]) for element in inner]
    if len(field.keys) > 1 or len(set(keys)) < len(keys) or not all(isinstance(key, str) and key != "" for key in keys):
        return inner
    return {element[field.keys[0]]: {name: each for name, each in element.items() if name != field.keys[0]} for element in inner}
