"""Corners that readers of the code found, each held by a test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deepmerge import always_merger

from podcompose import (
    COMPOSE,
    STRATEGIC,
    Catalog,
    DialectError,
    HookError,
    Override,
    OverrideError,
    PodComposeError,
    Template,
    TemplateError,
    compose,
    merge,
)
from podcompose.yaml import read, write

TEMPLATE: dict[str, Any] = {"spec": {"containers": [{"name": "base", "image": "b"}]}}


def codes(error: PodComposeError) -> list[tuple[str, str]]:
    """The code and path of every problem."""
    return [(problem.code, problem.path) for problem in error.problems]


@pytest.mark.parametrize("value", ["wait...", "...", "a\n...\n", "x...\n"])
def test_dots_at_the_end_are_written(value: str) -> None:
    """A value that ends in three dots is written whole."""
    assert read(write({"a": value})).value == {"a": value}


def test_what_holds_itself_twice_is_refused_at_once() -> None:
    """A map that holds itself at two keys, and a list doubled forty times, are findings, not a walk without end."""
    twice: dict[str, Any] = {}
    twice["x"] = twice["y"] = twice
    doubled: list[Any] = []
    for _ in range(40):
        doubled = [doubled, doubled]

    for odd in (twice, {"spec": {"tolerations": doubled}}):
        with pytest.raises(OverrideError):
            compose(TEMPLATE, odd)


def test_copies_without_end_are_refused() -> None:
    """A JSON patch that doubles a value again and again is refused, by the number of its operation."""
    grow = [{"op": "copy", "from": "/x", "path": "/x" + "/y" * 2**power} for power in range(12)]
    patch = Override.json_patch([{"op": "add", "path": "/x", "value": {"y": {}}}, *grow])

    with pytest.raises(OverrideError, match="operation"):
        compose(TEMPLATE, patch, unknown="keep")


@pytest.mark.parametrize("change", [{"kind": "Job"}, {"apiVersion": "batch/v1"}])
def test_no_stage_makes_something_else_of_a_pod(change: dict[str, str]) -> None:
    """Whichever way it is said, a pod stays a Pod of v1."""
    (name, value), *_ = change.items()

    def hook(pod: Any) -> Any:
        return {**TEMPLATE, **change}

    with pytest.raises(OverrideError):
        compose(TEMPLATE, change)
    with pytest.raises(OverrideError):
        compose(TEMPLATE, Override.merge_patch(change))
    with pytest.raises(OverrideError):
        compose(TEMPLATE, Override.json_patch([{"op": "add", "path": f"/{name}", "value": value}]))
    with pytest.raises(HookError):
        compose(TEMPLATE, hook=hook)


def test_a_merger_gets_a_judged_original() -> None:
    """With a merger as engine the template is judged as ever, and what comes out has no nulls."""
    dialect = replace(COMPOSE, name="deep", engine=always_merger)

    with pytest.raises(TemplateError, match="hostNetwork"):
        compose({"spec": {"hostNetwrk": True}}, {}, dialect=dialect)
    assert merge({"spec": {"hostNetwork": True}}, {"spec": {"hostNetwork": None}}, dialect) == {"spec": {}}


def test_a_missing_key_hides_nothing() -> None:
    """An element without its key is judged like any other: the slip that made the key missing is said."""
    with pytest.raises(OverrideError) as caught:
        compose(TEMPLATE, {"spec": {"containers": [{"name": "base", "volumeMounts": [{"name": "d", "mount_path": "/x"}]}]}})

    assert sorted(code for code, _ in codes(caught.value)) == ["missing-key", "unknown-field"]
    assert "mountPath" in str(caught.value)


def test_no_image_is_not_made_up() -> None:
    """A container whose image an override gives, that does not fit for another reason, is not called a slip."""
    sidecar = {"spec": {"containers": [{"name": "base2", "image": "i", "tty": float("nan")}]}}
    mention = {"spec": {"containers": [{"name": "base2", "stdin": True}]}}

    with pytest.raises(OverrideError) as caught:
        compose(TEMPLATE, sidecar, mention)

    assert "no-image" not in [code for code, _ in codes(caught.value)]


def test_stages_without_a_name_are_numbered() -> None:
    """Where there are several overrides or hooks, one without a name is told by its number."""
    with pytest.raises(OverrideError) as caught:
        compose(TEMPLATE, {}, {"kind": "Job"}, {"spec": {"x": 1}}, hook=[{}, {"spec": {"y": 1}}])

    assert [(problem.stage, problem.who) for problem in caught.value.problems] == [
        ("override", "#2"),
        ("override", "#3"),
        ("hook", "#2"),
    ]


def test_dialects_cannot_be_written_to() -> None:
    """A dialect made from another shares nothing that can be written to, and strategic merge patch takes no choices."""
    with pytest.raises(TypeError):
        COMPOSE.lists["x"] = "y"  # type: ignore[index] # that it cannot be done is the point
    for choices in ({"lists": {".spec.tolerations": "append"}}, {"keys": {"Container.ports": ("name",)}}):
        with pytest.raises(DialectError):
            replace(STRATEGIC, **choices)  # type: ignore[arg-type] # a dict of either


@pytest.mark.parametrize("dialect", ["COMPOSE", None, 5])
def test_what_is_no_dialect_is_said(dialect: Any) -> None:
    """A dialect's name, or nothing, is no dialect."""
    with pytest.raises(DialectError, match="COMPOSE"):
        compose(TEMPLATE, dialect=dialect)


def test_hidden_fields_of_changed_elements_stay() -> None:
    """A hook that changes an element of a list without keys leaves in it what the client does not know."""
    template = {"spec": {"tolerations": [{"key": "a", "newF": 1}], "containers": [{"name": "base", "image": "b", "newG": 2}]}}

    def hook(pod: Any) -> None:
        pod.spec.tolerations[0].effect = "NoExecute"
        pod.spec.containers[0].name = "main"

    spec = compose(template, hook=hook, unknown="keep").manifest["spec"]

    assert spec["tolerations"] == [{"key": "a", "newF": 1, "effect": "NoExecute"}]
    assert spec["containers"] == [{"name": "main", "image": "b", "newG": 2}]


def test_numbers_as_quantities_are_text_in_typed_pods() -> None:
    """A GPU written as a number is text in the typed pod, as the client wants it, and stays a number in the manifest."""
    template = {"spec": {"containers": [{"name": "base", "image": "b", "resources": {"limits": {"nvidia.com/gpu": 1}}}]}}
    seen: list[Any] = []

    composition = compose(template, hook=lambda pod: seen.append(pod.spec.containers[0].resources.limits["nvidia.com/gpu"]))

    assert seen == ["1"]
    assert b'"nvidia.com/gpu":1}' in composition.json


def test_equal_templates_are_equal_to_the_type() -> None:
    """1 and 1.0 and true are not one quantity."""
    one, other = (Template.from_pod({"spec": {"overhead": {"cpu": value}}}) for value in (1, 1.0))

    assert one != other


def test_catalogs_leave_hidden_files_alone(tmp_path: Path) -> None:
    """A file whose name begins with a dot is an editor's, not a template."""
    (tmp_path / "a.yaml").write_text("spec: {}")
    (tmp_path / ".b.yaml").write_text("[")

    assert list(Catalog(tmp_path)) == ["a"]


def test_an_elements_key_is_not_deleted() -> None:
    """A container without its name would be nobody's."""
    with pytest.raises(OverrideError, match="delete the element"):
        Override({}, delete=[".spec.containers[name=base].name"])


def test_a_source_may_be_a_path() -> None:
    """A path as source is text in what is stored."""
    assert Override({}, source=Path("o.yaml")).to_dict()["source"] == "o.yaml"  # type: ignore[arg-type] # a path is let in


def test_a_subclass_of_a_typed_pod_is_a_pod() -> None:
    """Somebody's own V1Pod is a V1Pod."""
    from kubernetes.client import V1Pod

    class MyPod(V1Pod):  # type: ignore[misc] # the client has no types
        """Their own."""

    assert compose(MyPod(api_version="v1")).manifest == {"apiVersion": "v1"}
