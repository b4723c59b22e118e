"""Templates and catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec, V1PodTemplateSpec

from podcompose import APPLY, Catalog, Template, TemplateError, compose

YAML = """\
apiVersion: v1
kind: PodTemplate
metadata: {name: ignored}
template:
  metadata:
    annotations: {kubectl.kubernetes.io/default-container: base}
  spec:
    containers:
    - name: sidecar
    - name: base
"""


def test_a_file(tmp_path: Path) -> None:
    """A template of a file is known by the file's name."""
    path = tmp_path / "worker.yaml"
    path.write_text("spec: {priority: x}")
    with pytest.raises(TemplateError) as caught:
        Template.from_file(path)

    assert caught.value.problems[0].location == f"{path}:1:18"
    path.write_text("spec: {priority: 1}")
    assert Template.from_file(path).manifest == {"spec": {"priority": 1}}


def test_a_pod_template() -> None:
    """Of a PodTemplate the pod is taken."""
    template = Template.from_yaml(YAML)

    assert template.manifest["kind"] == "Pod"
    assert "ignored" not in str(template.manifest)


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ({}, None),
        ({"spec": {"containers": []}}, None),
        ({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}, "a"),
        (
            {
                "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "b"}},
                "spec": {"containers": [{"name": "a"}, {"name": "b"}]},
            },
            "b",
        ),
        (
            {
                "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "x"}},
                "spec": {"containers": [{"name": "a"}]},
            },
            "a",
        ),
    ],
)
def test_main_container(manifest: Any, name: str | None) -> None:
    """The one the annotation names, if there is one of that name; else the first."""
    assert Template.from_pod(manifest).main_container == name
    assert compose(manifest).main_container == name


def test_typed_pods() -> None:
    """A V1Pod, and a V1PodTemplateSpec, are templates."""
    spec = V1PodSpec(containers=[V1Container(name="base")])
    expected = {"spec": {"containers": [{"name": "base"}]}}

    assert Template.from_pod(V1Pod(spec=spec)).manifest == expected
    assert Template.from_pod(V1PodTemplateSpec(spec=spec, metadata=V1ObjectMeta(name="x"))).manifest == {
        "metadata": {"name": "x"},
        **expected,
    }
    with pytest.raises(TemplateError, match="V1PodSpec"):
        Template.from_pod(spec)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("# nothing", "empty"),
        ("[]", "bad-kind"),
        ("- spec: {}", "bad-kind"),
        ("word", "bad-kind"),
        ("kind: Job", "bad-kind"),
        ("kind: PodTemplate", "wrong-type"),
        ("a: 1\n---\nb: 2", "several-documents"),
        ("spec: {priority: 1, priority: 2}", "repeated-key"),
        ("metadata: {labels: {on: x}}", "bad-key"),
    ],
)
def test_what_is_no_template(text: str, code: str) -> None:
    """Anything but one pod is refused."""
    with pytest.raises(TemplateError) as caught:
        Template.from_yaml(text)

    assert code in [problem.code for problem in caught.value.problems]


def test_a_template_does_not_change() -> None:
    """Neither by assignment nor by what it gives out."""
    template = Template.from_pod({"spec": {"containers": [{"name": "a"}]}})
    template.manifest["spec"]["containers"].clear()
    with pytest.raises(AttributeError):
        template.source = "x"

    assert template.manifest == {"spec": {"containers": [{"name": "a"}]}}


def test_another_dialect_judges_anew() -> None:
    """A template read for APPLY may repeat a key; COMPOSE refuses it when it is asked."""
    template = Template.from_pod({"spec": {"containers": [{"name": "a"}, {"name": "a"}]}}, dialect=APPLY)
    with pytest.raises(TemplateError, match="two elements"):
        compose(template)

    assert compose(template, dialect=APPLY).manifest == template.manifest


def test_a_catalog(tmp_path: Path) -> None:
    """Files by their names, all read at once; an unknown name lists the known ones."""
    (tmp_path / "gpu.yaml").write_text("spec: {priority: 1}")
    (tmp_path / "small.json").write_text('{"spec": {}}')
    (tmp_path / "README.md").write_text("not a template")
    catalog = Catalog.from_folder(tmp_path)
    with pytest.raises(KeyError, match="there is no template 'gup'; there are: gpu, small"):
        catalog["gup"]

    assert list(catalog) == ["gpu", "small"]
    assert catalog["gpu"].name == "gpu"


def test_every_problem_of_a_catalog(tmp_path: Path) -> None:
    """All templates are judged, not only the first that is wrong."""
    (tmp_path / "a.yaml").write_text("spec: {priority: x}")
    (tmp_path / "b.yaml").write_text("spec: {hostPID: 1}")
    with pytest.raises(TemplateError) as caught:
        Catalog(tmp_path)

    assert [problem.who for problem in caught.value.problems] == ["a", "b"]


def test_folders_that_are_no_catalog(tmp_path: Path) -> None:
    """A folder that is not there, and one with two files for a name."""
    with pytest.raises(TemplateError, match="cannot be read"):
        Catalog(tmp_path / "nowhere")
    for name in ("a.yaml", "a.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(TemplateError, match=r"a\.json, a\.yaml"):
        Catalog(tmp_path)


def test_a_catalog_of_a_mapping() -> None:
    """Pods, templates and paths by name."""
    template = Template.from_pod({"spec": {}})
    catalog = Catalog({"b": template, "a": {"spec": {"priority": 1}}})

    assert catalog["b"] is template
    assert catalog["a"].manifest == {"spec": {"priority": 1}}
    assert len(catalog) == 2
