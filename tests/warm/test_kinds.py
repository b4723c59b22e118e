"""Which tasks share pods: those whose pods differ only in what is the task's own, whatever else there is in a pod."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from podcompose import compose
from podcompose.core.json import JsonMap, copy
from podcompose.override import Override
from podcompose.run.warm.explaining import explained
from podcompose.run.warm.kinds import Fit, differences, fit
from podcompose.run.warm.life import State
from podcompose.testing import patches, pods
from tests.laws.manifests import text

WORDS = st.lists(st.sampled_from(("a", "$(B)", "", "ü")), max_size=2)
LITERAL = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(("A", "B")), "value": st.sampled_from(("", "1", "$(A)"))}),
    max_size=2,
    unique_by=lambda one: one["name"],
)
TEXTS = st.dictionaries(st.sampled_from(("a", "b.io/c")), st.sampled_from(("", "1", "x")), max_size=2)


def _one_main(pod: JsonMap) -> JsonMap:
    """A pod that can be shared: one main container, which ends once, and nothing that runs once for each task."""
    found: JsonMap = copy(pod)
    spec = found["spec"]
    spec["restartPolicy"] = "Never"
    unfit = ("livenessProbe", "readinessProbe", "startupProbe", "restartPolicy", "restartPolicyRules", "lifecycle", "volumeMounts")
    main = {name: value for name, value in spec["containers"][0].items() if name not in unfit}
    main["env"] = [one for one in main.get("env") or [] if "fieldRef" not in one.get("valueFrom", {}) and one["name"] not in "AB"]
    spec["containers"] = [main]
    for name in ("initContainers", "volumes"):
        spec.pop(name, None)
    return found


@st.composite
def tasks(draw: st.DrawFn, pod: JsonMap) -> JsonMap:
    """The same pod with what is another task's own."""
    found: JsonMap = copy(pod)
    main = found["spec"]["containers"][0]
    main |= {"command": draw(WORDS), "args": draw(WORDS)}
    main["env"] = [*(one for one in main["env"] if "valueFrom" in one), *draw(LITERAL)]
    found["metadata"] = {
        **found["metadata"],
        "labels": draw(TEXTS),
        "annotations": draw(TEXTS),
        "name": draw(st.sampled_from("ab")),
    }
    return found


def _fit(pod: JsonMap, namespace: str = "ns") -> Fit:
    return fit(compose(pod, unknown="keep"), "id", namespace)


def _of_the_pod(pod: JsonMap) -> str:
    """All of a pod but what is the task's own, in words of the law."""
    metadata = {name: value for name, value in pod["metadata"].items() if name not in ("name", "generateName", "namespace")}
    metadata.pop("labels", None)
    metadata.pop("annotations", None)
    spec = dict(pod["spec"])
    main = {name: value for name, value in spec.pop("containers")[0].items() if name not in ("command", "args", "env")}
    return text([metadata, spec, main, [one for one in pod["spec"]["containers"][0].get("env") or [] if "valueFrom" in one]])


@given(st.data())
def test_what_is_the_tasks_own_makes_no_other_kind(data: st.DataObject) -> None:
    """Its name, labels, annotations, command, arguments and literal variables; they are all in its task."""
    pod = _one_main(data.draw(pods()))
    one, other = data.draw(tasks(pod)), data.draw(tasks(pod))
    first, second = _fit(one), _fit(other)
    assert first.reasons == second.reasons == ()
    assert first.kind == second.kind
    assert first.kind is not None
    assert second.task is not None
    assert differences(first.kind, second.kind) == () if second.kind is not None else False
    main, metadata = other["spec"]["containers"][0], other["metadata"]
    assert len(second.task.argv) == len(main["command"]) + len(main["args"])
    assert [name for name, _ in second.task.env] == [entry["name"] for entry in main["env"] if "value" in entry]
    assert (second.labels, second.annotations) == (metadata["labels"], metadata["annotations"])


@given(st.data())
def test_whatever_else_differs_makes_another_kind_or_none(data: st.DataObject) -> None:
    """Any edit of anything that is not the task's own; and it is said where."""
    pod = _one_main(data.draw(pods()))
    patch = data.draw(patches(pod))
    edited = compose(pod, Override(patch), unknown="keep").manifest
    first, second = _fit(pod), _fit(edited)
    if second.reasons != ():
        assert second.kind is None
        assert all(problem.path.startswith(".spec") for problem in second.reasons)
        return
    assert first.kind is not None
    assert second.kind is not None
    assert (first.kind == second.kind) == (_of_the_pod(pod) == _of_the_pod(edited))
    assert (first.kind == second.kind) == (differences(first.kind, second.kind) == ())


@given(pods())
def test_reuse_never_crosses_namespaces(pod: JsonMap) -> None:
    """The same pod elsewhere is another kind, of which nothing is said to differ but where it is."""
    one, other = _fit(_one_main(pod)).kind, _fit(_one_main(pod), "other").kind
    assert one is not None
    assert other is not None
    assert one != other
    assert [change.path for change in differences(one, other)] == [".metadata.namespace"]


POD: dict[str, Any] = {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "b"}]}}


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"serviceAccountName": "x"}, ".spec.serviceAccountName"),
        ({"activeDeadlineSeconds": 5}, ".spec.activeDeadlineSeconds"),
        ({"volumes": [{"name": "v", "emptyDir": {}}]}, ".spec.volumes"),
        ({"containers": [{"name": "base", "image": "c"}]}, '.spec.containers[name="base"].image'),
        ({"securityContext": {"runAsUser": 0}}, ".spec.securityContext"),
    ],
)
def test_what_differs_is_named(spec: dict[str, Any], path: str) -> None:
    """By its path; and not where pods of the kind are there, or none of the namespace."""
    one, other = _fit(POD).kind, _fit({**POD, "spec": {**POD["spec"], **spec}}).kind
    assert one is not None
    assert other is not None
    assert one != other
    found = explained(other, {}, [one])
    assert found.differs == (f"{path} differs",)
    assert str(found).splitlines()[1:] == [f"not warm with others: {path} differs"]
    assert explained(other, {State.FREE: 1}, [one]).differs == ()
    assert explained(other, {}, []).differs == ()


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"restartPolicy": "Always"}, ".spec.restartPolicy"),
        ({"containers": [{"name": "a"}, {"name": "b"}]}, ".spec.containers"),
        ({"initContainers": [{"name": "i"}]}, ".spec.initContainers[0]"),
        ({"containers": [{"name": "a", "livenessProbe": {"exec": {}}}]}, '.spec.containers[name="a"].livenessProbe'),
        ({"containers": [{"name": "a", "lifecycle": {}}]}, '.spec.containers[name="a"].lifecycle'),
    ],
)
def test_what_cannot_be_shared_is_named(spec: dict[str, Any], path: str) -> None:
    """A pod of its own, and why."""
    found = _fit({**POD, "spec": {**POD["spec"], **spec}})
    assert (found.kind, found.task, [problem.path for problem in found.reasons]) == (None, None, [path])


def test_an_init_container_that_prepares_the_pod_can_be_shared() -> None:
    """Where it is named, or is a sidecar."""
    pod = {**POD, "spec": {**POD["spec"], "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}]}}
    assert fit(compose(pod), "id", "ns", init_once=("i",)).reasons == ()


@given(TEXTS, TEXTS)
def test_labels_of_a_template_are_the_pods_and_those_of_an_override_the_tasks(
    template: dict[str, str], own: dict[str, str]
) -> None:
    """Where there is an override to tell them apart: so an admin's labels make kinds, and a user's do not."""
    base = {**POD, "metadata": {"labels": template, "annotations": template}}
    found = fit(compose(base, Override({"metadata": {"labels": own, "annotations": own}})), "id", "ns")
    assert found.kind is not None
    assert (found.labels, found.annotations) == (own, own)
    left = {name: value for name, value in template.items() if name not in own}
    assert found.kind.manifest["metadata"].get("labels", {}) == left
    assert found.kind.manifest["metadata"].get("annotations", {}) == left


@given(TEXTS, TEXTS)
def test_labels_can_be_said_to_be_the_pods(labels: dict[str, str], other: dict[str, str]) -> None:
    """Whoever set them: then they make kinds."""
    assume(labels.get("a") != other.get("a"))
    fits = [fit(compose({**POD, "metadata": {"labels": one}}), "id", "ns", of_pod=("a",)) for one in (labels, other)]
    assert fits[0].kind != fits[1].kind
    assert all("a" not in one.labels for one in fits)


def test_a_label_that_a_patch_sets_is_the_tasks() -> None:
    """A JSON patch does not say what it sets but by what it changes."""
    patch = Override.json_patch([{"op": "add", "path": "/metadata/labels/own", "value": "1"}])
    found = fit(compose({**POD, "metadata": {"labels": {"team": "a"}}}, patch), "id", "ns")
    assert found.kind is not None
    assert (found.labels, found.kind.manifest["metadata"]["labels"]) == ({"own": "1"}, {"team": "a"})
