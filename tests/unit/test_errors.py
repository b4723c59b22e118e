"""Errors for people: where, who, what, and the likely fix; all at once."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import (
    STRATEGIC,
    HookError,
    MergeError,
    Override,
    OverrideError,
    PodComposeError,
    Problem,
    Template,
    TemplateError,
    compose,
    merge,
)

POD: dict[str, Any] = {"spec": {"containers": [{"name": "base", "image": "i"}, {"name": "git-sync", "image": "i"}]}}


def base(**fields: Any) -> dict[str, Any]:
    """An override of the container base."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


#: name: (override, code, path, part of the message, suggestion)
TABLE: dict[str, tuple[Any, str, str, str, str | None]] = {
    "a typo": (
        base(resourcs={}),
        "unknown-field",
        '.spec.containers[name="base"].resourcs',
        "a Container has no field `resourcs`",
        "did you mean `resources`?",
    ),
    "snake case": (
        base(volume_mounts=[]),
        "unknown-field",
        '.spec.containers[name="base"].volume_mounts',
        "no field",
        "did you mean `volumeMounts`? Kubernetes writes it in camelCase",
    ),
    "letter case": (
        {"spec": {"hostnetwork": True}},
        "unknown-field",
        ".spec.hostnetwork",
        "no field",
        "did you mean `hostNetwork`? Upper and lower case matter",
    ),
    "a field of another struct": (
        {"hostNetwork": True},
        "unknown-field",
        ".hostNetwork",
        "no field",
        "`hostNetwork` is a field of PodSpec",
    ),
    "a boolean for a string": (
        base(env=[{"name": "A", "value": True}]),
        "wrong-type",
        '.spec.containers[name="base"].env[name="A"].value',
        "expected a string, got a boolean",
        'quote it: "true"',
    ),
    "a number for a label": (
        {"metadata": {"labels": {"v": 1.5}}},
        "wrong-type",
        ".metadata.labels.v",
        "expected a string, got a float",
        'quote it: "1.5"',
    ),
    "a string for a boolean": (
        {"spec": {"hostNetwork": "true"}},
        "wrong-type",
        ".spec.hostNetwork",
        "expected a boolean, got a string",
        "write it without quotes: true",
    ),
    "a string for an integer": (
        {"spec": {"priority": "5"}},
        "wrong-type",
        ".spec.priority",
        "expected a 32-bit integer, got a string",
        "write it without quotes: 5",
    ),
    "too large an integer": ({"spec": {"priority": 2**31}}, "out-of-range", ".spec.priority", "32", None),
    "a map for a list": (
        base(env={"A": "1"}),
        "wrong-type",
        '.spec.containers[name="base"].env',
        "expected a list, got a map",
        'write a list of maps: [{"name": "A", "value": "1"}]',
    ),
    "one element for a list": (
        base(env={"name": "A", "value": "1"}),
        "wrong-type",
        '.spec.containers[name="base"].env',
        "expected a list, got a map",
        'write a list of maps: [{"name": "A", "value": "1"}]',
    ),
    "maps by name for a list": (
        {"spec": {"volumes": {"tmp": {"emptyDir": {}}, "data": {}}}},
        "wrong-type",
        ".spec.volumes",
        "expected a list, got a map",
        'write a list of maps: [{"name": "tmp", "emptyDir": {}}, ...]',
    ),
    "a text for a map": (
        base(resources="small"),
        "wrong-type",
        '.spec.containers[name="base"].resources',
        'expected a map, got a string: "small"',
        None,
    ),
    "yes for true": (
        {"spec": {"hostNetwork": "yes"}},
        "wrong-type",
        ".spec.hostNetwork",
        "expected a boolean, got a string",
        "a boolean is true or false: write true",
    ),
    "a key of a wrong type, said once": (
        base(ports=[{"containerPort": "9090"}]),
        "wrong-type",
        '.spec.containers[name="base"].ports[0].containerPort',
        "expected a 32-bit integer, got a string",
        "write it without quotes: 9090",
    ),
    "a field of a Deployment": (
        {"replicas": 3},
        "unknown-field",
        ".replicas",
        "a Pod has no field `replicas`",
        "it is a field of a Deployment; of that, only the pod under `template` is meant here",
    ),
    "a string for a list": (
        base(command="ls"),
        "wrong-type",
        '.spec.containers[name="base"].command',
        "expected a list, got a string",
        'write a list: ["ls"]',
    ),
    "a string for an element": (
        base(env=["A"]),
        "wrong-type",
        '.spec.containers[name="base"].env[0]',
        "expected a map, got a string",
        'write {"name": "A"}',
    ),
    "a list for a map": (
        {"metadata": {"labels": ["a=b"]}},
        "wrong-type",
        ".metadata.labels",
        "expected a map, got a list",
        'write a map: {"key": "value"}',
    ),
    "a key that is no string": (
        {"metadata": {"labels": {1: "x"}}},
        "bad-key",
        ".metadata.labels",
        "the key 1 is an int, not a string",
        'quote it: "1"',
    ),
    "no container of that name": (
        {"spec": {"containers": [{"name": "bsae"}]}},
        "no-image",
        '.spec.containers[name="bsae"]',
        "(it has base, git-sync)",
        "did you mean 'base'?",
    ),
    "another kind": ({"kind": "Job", "spec": {"template": {}}}, "bad-kind", ".kind", "not Job", "take its `.spec.template`"),
    "another version": ({"apiVersion": "v2"}, "bad-kind", ".apiVersion", "v1, not v2", None),
    "NaN": ({"spec": {"overhead": {"cpu": float("nan")}}}, "not-json", ".spec.overhead.cpu", "JSON has no number for nan", None),
}


@pytest.mark.parametrize(("patch", "code", "path", "message", "suggestion"), TABLE.values(), ids=TABLE)
def test_one_problem(patch: Any, code: str, path: str, message: str, suggestion: str | None) -> None:
    """Each mistake has its code, its path, and its likely fix."""
    with pytest.raises(OverrideError) as caught:
        compose(POD, Override(patch, name="team-a") if code not in ("bad-key", "not-json", "bad-kind") else patch)
    (problem,) = caught.value.problems

    assert (problem.code, problem.path, problem.stage) == (code, path, "override")
    assert message in problem.message
    assert problem.suggestion == suggestion


def test_a_new_container_is_no_mistake() -> None:
    """A container that the template lacks is added; without an image too, where no name is near."""
    patch = {
        "spec": {
            "containers": [{"name": "sidecar"}, {"name": "bsae", "image": "i"}],
            "initContainers": [{"name": "setup", "image": "i"}],
        }
    }

    assert [one["name"] for one in compose(POD, patch).manifest["spec"]["containers"]] == ["base", "git-sync", "sidecar", "bsae"]


def test_several_at_once_of_several_stages() -> None:
    """Every stage is judged, and the class is that of the earliest that is wrong."""
    template = {"spec": {"hostNetwrk": True, "priority": "x"}}
    with pytest.raises(TemplateError) as caught:
        compose(template, Override({"spec": {"hostPID": 1}}, name="a"), {"spec": {"hostIPC": 1, "containrs": []}}, hook="nowhere:f")

    assert [(problem.stage, problem.who, problem.path) for problem in caught.value.problems] == [
        ("template", "", ".spec.hostNetwrk"),
        ("template", "", ".spec.priority"),
        ("override", "a", ".spec.hostPID"),
        ("override", "#2", ".spec.hostIPC"),
        ("override", "#2", ".spec.containrs"),
        ("hook", "nowhere:f", ""),
    ]
    assert str(caught.value).splitlines()[0] == "6 problems:"


def test_line_and_column() -> None:
    """In text, a wrong value is pointed at, and a wrong key."""
    text = "spec:\n  containers:\n  - name: base\n    env:\n    - name: A\n      value: yes\n    imag: x\n"
    with pytest.raises(TemplateError) as caught:
        Template.from_yaml(text, source="worker.yaml")

    assert {(problem.path, problem.location, problem.suggestion) for problem in caught.value.problems} == {
        ('.spec.containers[name="base"].env[name="A"].value', "worker.yaml:6:14", 'quote it: "yes"'),
        ('.spec.containers[name="base"].imag', "worker.yaml:7:5", "did you mean `image`?"),
    }


def test_line_and_column_of_an_override() -> None:
    """What does not fit is found in the override's own text."""
    override = Override.from_yaml("spec:\n  containers:\n  - name: bsae\n    tty: true\n", name="team-a", source="o.yaml")
    with pytest.raises(OverrideError) as caught:
        compose(POD, override)

    assert str(caught.value).startswith("o.yaml:3:5: .spec.containers[name=\"bsae\"]: container 'bsae' is not in the template")
    assert "(override team-a); did you mean 'base'?" in str(caught.value)


def test_a_hook_of_data() -> None:
    """A wrong patch is its stage's error: as hook a HookError."""
    with pytest.raises(HookError) as caught:
        compose(POD, hook=Override({"spec": {"priority": "x"}}, name="admin"))

    assert [(problem.stage, problem.who) for problem in caught.value.problems] == [("hook", "admin")]


def test_both_sides_of_a_merge() -> None:
    """`merge` names the original's problems first, then the patch's."""
    with pytest.raises(MergeError) as caught:
        merge({"spec": 1}, {"spec": 2})

    assert [(problem.stage, problem.message) for problem in caught.value.problems] == [
        ("original", "expected a map, got an integer: 1"),
        ("patch", "expected a map, got an integer: 2"),
    ]


def test_an_unknown_field_may_be_kept() -> None:
    """`unknown="keep"` takes a field that is newer than the schema, verbatim."""
    newer = {"spec": {"newer": {"a": [1, None, {"$x": 1}]}}}

    assert compose(newer, {"metadata": {"more": 1}}, unknown="keep").manifest == {**newer, "metadata": {"more": 1}}
    with pytest.raises(TemplateError, match="unknown"):
        compose(newer)


def test_errors_are_one_tree() -> None:
    """Every error is a PodComposeError of problems, compared as data."""
    problem = Problem("code", ".path", "message")

    assert str(PodComposeError([problem])) == ".path: message"
    assert PodComposeError(iter([problem])).problems == (Problem("code", ".path", "message"),)


def test_no_finding_is_made_up() -> None:
    """Where a stage cannot be read, what the next ones would have found in it is not held against them."""
    template = {"spec": {"priority": "x", "containers": [{"name": "base", "image": "i"}]}}
    operations = Override.json_patch([{"op": "replace", "path": "/spec/containers/0/image", "value": "j"}])
    with pytest.raises(TemplateError) as caught:
        compose(template, operations)

    assert [problem.path for problem in caught.value.problems] == [".spec.priority"]


TWICE: dict[str, tuple[Any, str, str]] = {
    "a sidecar in both lists": (
        {"spec": {"initContainers": [{"name": "git-sync", "image": "x"}]}},
        '.spec.initContainers[name="git-sync"]',
        "write it under `containers` to change that one",
    ),
    "a port's name": (
        base(ports=[{"name": "http", "containerPort": 80}, {"name": "http", "containerPort": 81}]),
        '.spec.containers[name="base"].ports[containerPort=80,protocol="TCP"]',
        "{containerPort: 81, protocol: TCP, $patch: delete}",
    ),
}


@pytest.mark.parametrize(("patch", "path", "fix"), TWICE.values(), ids=TWICE)
def test_a_name_in_use(patch: Any, path: str, fix: str) -> None:
    """A name that another container or port has is said with the way out, before the API server says it."""
    with pytest.raises(OverrideError) as caught:
        compose(POD, Override(patch, name="team-a"))
    problem = caught.value.problems[0]

    assert (problem.code, problem.path, problem.who) == ("name-in-use", path, "team-a")
    assert fix in (problem.suggestion or "")


def test_a_name_that_moves_is_free() -> None:
    """A port of that name under another number is fine once the old one is deleted; so are two of one name in two containers."""
    ports = [{"name": "http", "containerPort": 81}, {"containerPort": 80, "$patch": "delete"}]
    composition = compose(POD, base(ports=[{"name": "http", "containerPort": 80}]), base(ports=ports))

    assert composition.manifest["spec"]["containers"][0]["ports"] == [{"name": "http", "containerPort": 81}]


def test_kubectls_own_merge_is_left_to_the_server() -> None:
    """STRATEGIC says what kubectl says of a name in use: nothing."""
    ports = [{"name": "http", "containerPort": 80}, {"name": "http", "containerPort": 81}]

    assert compose(POD, base(ports=ports), dialect=STRATEGIC).manifest["spec"]["containers"][0]["ports"] == ports
