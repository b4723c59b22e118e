"""Overrides: values, texts, JSON patches, merge patches, deletes; storable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import V1Container, V1Pod, V1PodSpec

from podcompose import Override, OverrideError, compose

POD: dict[str, Any] = {
    "metadata": {"labels": {"tier": "x", "app.kubernetes.io/name": "y"}},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "base", "image": "i"}, {"name": "proxy", "image": "p", "ports": [{"containerPort": 80}]}],
    },
}


def spec(override: Any) -> Any:
    """The composed pod's spec."""
    return compose(POD, override).manifest["spec"]


def test_none_of_a_typed_override_means_not_set() -> None:
    """False and empty lists are mentions, None is none."""
    patch = V1Pod(spec=V1PodSpec(containers=[V1Container(name="base", args=[])], host_network=False, node_name=None))

    assert spec(patch) == {
        **POD["spec"],
        "hostNetwork": False,
        "containers": [{**POD["spec"]["containers"][0], "args": []}, POD["spec"]["containers"][1]],
    }


@pytest.mark.parametrize(
    ("path", "look"),
    [
        (".spec.hostNetwork", lambda pod: "hostNetwork" not in pod["spec"]),
        ("spec.containers[name=proxy]", lambda pod: [one["name"] for one in pod["spec"]["containers"]] == ["base"]),
        ('.spec.containers[name="proxy"].ports[containerPort=80]', lambda pod: pod["spec"]["containers"][1]["ports"] == []),
        (".metadata.labels.tier", lambda pod: list(pod["metadata"]["labels"]) == ["app.kubernetes.io/name"]),
        (".metadata.labels.app.kubernetes.io/name", lambda pod: list(pod["metadata"]["labels"]) == ["tier"]),
        (".spec.volumes[name=none]", lambda pod: pod == POD),
    ],
)
def test_delete(path: str, look: Any) -> None:
    """A typed override deletes by path and list key; what is not there is not missed."""
    assert look(compose(POD, Override(V1Pod(), delete=[path])).manifest)
    assert look(compose(POD, Override(delete=path)).manifest)


def test_delete_comes_first() -> None:
    """What is deleted and given again is what is given."""
    patch = Override({"spec": {"containers": [{"name": "proxy", "image": "new"}]}}, delete=["spec.containers[name=proxy]"])

    assert spec(patch)["containers"] == [POD["spec"]["containers"][0], {"name": "proxy", "image": "new"}]


@pytest.mark.parametrize(
    "path",
    [
        ".spec.containers[0]",
        "",
        ".",
        ".spec.hostNetwrk",
        ".spec.containers",
        "spec.containers.proxy",
        ".spec..x",
        ".spec.hostNetwork.x",
    ],
)
def test_deletes_that_name_nothing(path: str) -> None:
    """A path that no Pod has is refused at once, as is one by position; a whole list may be named."""
    if path == ".spec.containers":
        assert "containers" not in spec(Override(delete=[path]))
        return
    with pytest.raises(OverrideError) as caught:
        Override({"spec": {}}, name="team-a", delete=[path])

    assert caught.value.problems[0].who == "team-a"


def test_texts_and_files(tmp_path: Path) -> None:
    """YAML with nulls and directives, from text or file."""
    text = "spec:\n  hostNetwork: null\n  containers:\n  - {name: proxy, $patch: delete}\n"
    path = tmp_path / "o.yaml"
    path.write_text(text)
    expected = {"containers": [POD["spec"]["containers"][0]]}

    assert spec(Override.from_yaml(text)) == expected
    assert spec(Override.from_file(path, name="team-a")) == expected
    assert Override.from_file(path, name="team-a").source == str(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is named, with its stage."""
    with pytest.raises(OverrideError, match=r"none\.yaml: cannot be read: No such file or directory \(override team-a\)"):
        Override.from_file(tmp_path / "none.yaml", name="team-a")


def test_json_patch() -> None:
    """Operations apply in order; tests pass or refuse."""
    operations = [
        {"op": "test", "path": "/spec/hostNetwork", "value": True},
        {"op": "remove", "path": "/spec/containers/1"},
        {"op": "add", "path": "/spec/containers/0/args", "value": ["x"]},
        {"op": "copy", "from": "/spec/containers/0/image", "path": "/spec/hostname"},
        {"op": "move", "from": "/metadata/labels/tier", "path": "/metadata/labels/level"},
        {"op": "replace", "path": "/spec/hostNetwork", "value": False},
    ]
    for given in (operations, json.dumps(operations), tuple(operations)):
        composed = compose(POD, Override.json_patch(given)).manifest

        assert composed["spec"] == {
            "hostNetwork": False,
            "containers": [{"name": "base", "image": "i", "args": ["x"]}],
            "hostname": "i",
        }
        assert composed["metadata"]["labels"] == {"app.kubernetes.io/name": "y", "level": "x"}


FAILING: list[tuple[Any, str]] = [
    ([{"op": "test", "path": "/spec/hostNetwork", "value": 1}], "operation 0 (test /spec/hostNetwork) failed"),
    ([{"op": "test", "path": "/spec/hostNetwork", "value": "true"}], "operation 0"),
    (
        [{"op": "add", "path": "/spec/hostPID", "value": True}, {"op": "remove", "path": "/spec/nothing"}],
        "operation 1 (remove /spec/nothing) failed",
    ),
    ([{"op": "replace", "path": "/spec/containers/9", "value": {}}], "operation 0 (replace /spec/containers/9) failed"),
    ([{"op": "move", "path": "/spec/a"}], "operation 0 (move /spec/a) failed"),
    ([{"op": "bogus", "path": "/spec"}], "operation 0 (bogus /spec) failed"),
    ([{"op": "replace", "path": "", "value": []}], "no map"),
    ([{"op": "add", "path": "/spec/hostNetwrk", "value": True}], "did you mean `hostNetwork`?"),
]


@pytest.mark.parametrize(("operations", "message"), FAILING)
def test_json_patches_that_fail(operations: Any, message: str) -> None:
    """The operation that fails is named; what it leaves is judged."""
    with pytest.raises(OverrideError) as caught:
        compose(POD, Override.json_patch(operations, name="team-a"))

    assert message in str(caught.value)
    assert caught.value.problems[0].who == "team-a"


@pytest.mark.parametrize("operations", [{}, "{}", [1], [{"op": "add"}], [{"path": "/a"}], [{"op": 1, "path": "/a"}], None, 7])
def test_what_is_no_json_patch(operations: Any) -> None:
    """It is refused when it is made."""
    with pytest.raises(OverrideError):
        Override.json_patch(operations)


def test_merge_patch() -> None:
    """Maps merge, null deletes, lists are replaced whole."""
    patch = {"metadata": {"labels": {"tier": None}}, "spec": {"containers": [{"name": "only"}], "hostNetwork": None}}
    for given in (patch, json.dumps(patch)):
        composed = compose(POD, Override.merge_patch(given)).manifest

        assert composed == {"metadata": {"labels": {"app.kubernetes.io/name": "y"}}, "spec": {"containers": [{"name": "only"}]}}


@pytest.mark.parametrize("patch", [[], "[]", "x", 1])
def test_what_is_no_merge_patch(patch: Any) -> None:
    """A merge patch of a pod is a map."""
    with pytest.raises(OverrideError):
        Override.merge_patch(patch)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        [],
        {"kind": "bogus", "value": {}},
        {"kind": "patch"},
        {"kind": "patch", "value": []},
        {"kind": "patch", "value": {"kind": "Job"}},
        {"kind": "patch", "value": {}, "name": 1},
        {"kind": "patch", "value": {}, "source": 1},
        {"kind": "patch", "value": {}, "delete": "spec"},
        {"kind": "patch", "value": {}, "delete": ["spec.nothing"]},
        {"kind": "patch", "value": {}, "marks": [["a", 1]]},
        {"kind": "patch", "value": {}, "marks": [[["a"], "1", 1, 1, 1, None]]},
        {"kind": "json-patch", "value": {}},
        {"kind": "json-patch", "value": [{"op": "add"}]},
        {"kind": "merge-patch", "value": []},
    ],
)
def test_what_is_no_stored_override(stored: Any) -> None:
    """What `to_dict` never returned is refused, not taken half."""
    with pytest.raises(OverrideError):
        Override.from_dict(stored)


def test_a_stored_override_is_json_and_loses_nothing() -> None:
    """Name, source, kind, deletes, and where everything was written."""
    override = Override.from_yaml("spec: {hostNetwork: off}", name="n", source="o.yaml", delete=[".metadata.labels.tier"])
    restored = Override.from_dict(json.loads(json.dumps(override.to_dict())))

    assert restored == override
    assert compose(POD, restored).explain("spec.hostNetwork").location == "o.yaml:1:21"
