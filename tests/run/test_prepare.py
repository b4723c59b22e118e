"""The launch stage: what is put on a pod, what explain says of it, and whose a pod is that is there already."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcompose import Override, Template, compose
from podcompose.dialect import APPLY, STRATEGIC
from podcompose.run import NameTaken, OtherPod, for_launch
from podcompose.run.prepare import taken

POD: dict[str, Any] = {"metadata": {"labels": {"a": "1"}}, "spec": {"containers": [{"name": "base", "image": "one"}]}}


@pytest.mark.parametrize("dialect", [None, APPLY, STRATEGIC])
def test_the_bytes_sent_are_the_composition_and_exactly_what_was_said(dialect: Any) -> None:
    """Nothing but the name, two labels and two annotations is added."""
    composition = compose(POD) if dialect is None else compose(POD, dialect=dialect)
    prepared = for_launch(composition, "dag/1")
    sent = json.loads(prepared.body)
    metadata = sent["metadata"]
    assert metadata.pop("name") == prepared.name
    assert metadata.pop("annotations") == {"podcompose.io/launch-id": "dag/1", "podcompose.io/digest": composition.digest}
    assert metadata["labels"].pop("app.kubernetes.io/managed-by") == "podcompose"
    assert len(metadata["labels"].pop("podcompose.io/launch")) == 52

    assert sent == composition.manifest


def test_preview_and_launch_are_the_same_bytes() -> None:
    """What was prepared twice, from whatever form, is the same to the byte."""
    assert for_launch(compose(POD), "dag/1").body == for_launch(POD, "dag/1").body == for_launch(compose(POD).pod, "dag/1").body


def test_explain_shows_the_launch_stage_behind_the_hooks() -> None:
    """The last word on the name is the launch's; an image still has its hook."""
    template = Template.from_pod({"metadata": {"name": "from-template"}, "spec": POD["spec"]})
    hooks = [{"spec": {"containers": [{"name": "base", "image": "two"}]}}]
    composition = for_launch(compose(template, hook=hooks), "dag/1").composition
    name, image = composition.explain("metadata.name"), composition.explain("spec.containers[name=base].image")

    assert [step.stage for step in name.steps] == ["template", "launch"]
    assert [(step.stage, step.who) for step in image.steps] == [("template", ""), ("hook", "")]
    assert [changes.stage for changes in composition.diff()] == ["hook", "launch"]


def test_the_composition_that_was_given_is_as_before() -> None:
    """Preparing a launch changes nothing that was given."""
    composition = compose(POD, Override({"spec": {"nodeName": "n"}}, name="team-a"))
    before = composition.json
    for_launch(composition, "dag/1")

    assert composition.json == before


def test_fields_nobody_knows_are_kept_for_the_server_to_judge() -> None:
    """A mapping of a newer Kubernetes is sent as it is."""
    body = json.loads(for_launch({"spec": {"shinyNew": {"a": 1}}}, "dag/1").body)

    assert body["spec"] == {"shinyNew": {"a": 1}}


@pytest.mark.parametrize(
    ("named", "expected"), [({}, "default-ns"), ({"namespace": ""}, "default-ns"), ({"namespace": "own"}, "own")]
)
def test_a_pod_goes_where_it_says(named: dict[str, str], expected: str) -> None:
    """Its own namespace, else the backend's; the latter is not written into it."""
    prepared = for_launch({"metadata": named, "spec": {}}, "dag/1", "default-ns")

    assert prepared.namespace == expected
    assert json.loads(prepared.body)["metadata"].get("namespace") == named.get("namespace")


def test_the_pod_of_the_same_launch_is_ours() -> None:
    """The same id and the same digest: ours, whatever the server has added."""
    prepared = for_launch(POD, "dag/1")
    there = prepared.composition.manifest
    there["spec"]["schedulerName"] = "default-scheduler"
    there["status"] = {"phase": "Running"}

    assert taken(prepared, there) is None


def test_the_same_launch_with_another_pod_says_what_differs() -> None:
    """The same id, another digest: an error that names each field, there and here."""
    there = for_launch({"spec": {"containers": [{"name": "base", "image": "old"}]}}, "dag/1").composition.manifest
    error = taken(for_launch(POD, "dag/1"), there)

    assert isinstance(error, OtherPod)
    assert [str(problem) for problem in error.problems[1:]] == [
        '.spec.containers[name="base"].image: there it is "old", here "one"',
        '.metadata.labels.a: here it is "1", there it is not set',
    ]
    assert "'dag/1'" in str(error)


@pytest.mark.parametrize("metadata", [{}, {"annotations": None}, {"annotations": {"podcompose.io/launch-id": "other"}}, 3])
def test_the_pod_of_another_is_not_ours(metadata: Any) -> None:
    """Another launch id, or none: the name is taken."""
    error = taken(for_launch(POD, "dag/1"), {"metadata": metadata})

    assert isinstance(error, NameTaken)
    assert "untouched" in str(error)
