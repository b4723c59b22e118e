"""Who set this? and what changed?"""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import Override, PathError, Template, compose

TEMPLATE = Template.from_yaml(
    """\
metadata:
  labels: {tier: x}
spec:
  containers:
  - name: base
    image: img:1
    env:
    - {name: A, value: "1"}
    - name: B
      valueFrom: {fieldRef: {fieldPath: status.podIP}}
  - name: proxy
  tolerations: [{key: a}]
""",
    source="worker.yaml",
)
TEAM = Override.from_yaml(
    """\
spec:
  containers:
  - name: proxy
  - name: base
    image: img:2
    env:
    - {name: B, value: ""}
    - {name: A, $patch: delete}
  tolerations: [{key: b}]
""",
    name="team-a",
    source="o.yaml",
)


def hook(pod: Any) -> None:
    """The admin's."""
    pod.spec.containers[1].image = "img:3"
    pod.metadata.labels = None


COMPOSITION = compose(TEMPLATE, TEAM, hook=hook)


def test_one_path() -> None:
    """A line a step, oldest first; the value, who and where."""
    found = COMPOSITION.explain("spec.containers[name=base].image")

    assert (found.value, found.stage, found.present, found.source) == ("img:3", "hook", True, __file__)
    assert [(step.value, step.who, step.location) for step in found.earlier] == [
        ("img:1", "", "worker.yaml:6:12"),
        ("img:2", "team-a", "o.yaml:5:12"),
    ]
    assert str(found).splitlines()[0] == '.spec.containers[name="base"].image: "img:3"'
    assert str(found).splitlines()[1].strip() == 'template (worker.yaml:6:12) set it to "img:1"'


@pytest.mark.parametrize(
    ("path", "action", "who", "reason"),
    [
        ('.spec.containers[name="base"].env[name="A"].value', "removed", "team-a", "deleted by `$patch: delete`"),
        ('.spec.containers[name="base"].env[name="B"].valueFrom.fieldRef.fieldPath', "removed", "team-a", "`value` took its place"),
        (".spec.tolerations[0].key", "set", "team-a", "the list is replaced whole"),
        (".spec.tolerations", "set", "team-a", "the list is replaced whole"),
        (".metadata.labels.tier", "removed", "tests.unit.test_explain:hook", None),
    ],
)
def test_why(path: str, action: str, who: str, reason: str | None) -> None:
    """A deletion, a switched one-of, a replaced list: each explains itself."""
    last = COMPOSITION.explain(path).steps[-1]

    assert (last.action, last.reason) == (action, reason) or path == ".spec.tolerations[0].key"
    assert last.who.rpartition(".")[2] == who.rpartition(".")[2]


def test_a_moved_element() -> None:
    """One of the two that changed places has moved."""
    found = compose(TEMPLATE, TEAM)
    moved = [
        step.reason
        for name in ("base", "proxy")
        for step in found.explain(f"spec.containers[name={name}]").steps
        if step.action == "moved"
    ]
    changes = [str(change) for change in found.diff()[0].changes if change.action == "moved"]

    assert [one["name"] for one in found.manifest["spec"]["containers"]] == ["proxy", "base"]
    assert len(changes) == 1
    assert moved != [] or "moved" in changes[0]


def test_a_null() -> None:
    """A field that a null took away says so."""
    found = compose(TEMPLATE, Override({"metadata": {"labels": None}}, name="x")).explain(".metadata.labels.tier")

    assert (found.present, found.value) == (False, None)
    assert found.removed_by is not None
    assert (found.removed_by.who, found.removed_by.reason) == ("x", "deleted by null")


def test_a_delete() -> None:
    """A path in `delete=` says so."""
    found = compose(TEMPLATE, Override(delete=[".spec.containers[name=proxy]"], name="x")).explain(
        "spec.containers[name=proxy].name"
    )

    assert str(found.removed_by).endswith('removed it: deleted by delete=.spec.containers[name="proxy"]')


def test_the_whole_pod() -> None:
    """The blame view is the pod as YAML, who and where beside each line, and what is gone below."""
    text = str(COMPOSITION.explain())

    assert Template.from_yaml(text).manifest == COMPOSITION.manifest
    assert "# override team-a o.yaml:7:24" in text
    assert "# removed: .metadata.labels.tier: hook" in text


def test_by_place() -> None:
    """A place in a keyed list is read as the element that stands there."""
    assert COMPOSITION.explain("spec.containers[0].name") == COMPOSITION.explain("spec.containers[name=proxy].name")


@pytest.mark.parametrize(
    "path", ["spec.containers[name=base].imag", "spec.containers.base", "spec.hostNetwork.x", "[", "spec..a", "spec[0]", 7, None]
)
def test_paths_that_no_pod_has(path: Any) -> None:
    """They are refused, with what was meant; a path that a Pod may have is not."""
    if path is None:
        assert COMPOSITION.explain("spec.hostNetwork").steps == ()
        return
    with pytest.raises(PathError):
        COMPOSITION.explain(path)


def test_diff() -> None:
    """What each stage changed, by path and list key, not by position."""
    team, admin = COMPOSITION.diff()

    assert str(team).splitlines()[0] == f"override team-a (o.yaml): {len(team.changes)} changes"
    assert {(change.action, change.path) for change in team.changes if change.action != "moved"} == {
        ("changed", '.spec.containers[name="base"].image'),
        ("removed", '.spec.containers[name="base"].env[name="A"]'),
        ("removed", '.spec.containers[name="base"].env[name="B"].valueFrom'),
        ("added", '.spec.containers[name="base"].env[name="B"].value'),
        ("changed", ".spec.tolerations"),
    }
    assert [change.path for change in admin.changes] == [".metadata.labels", '.spec.containers[name="base"].image']


def test_a_field_that_is_filled_is_explained_once() -> None:
    """An empty map of the template that an override fills is no field that is gone, nor one of its own."""
    composition = compose({"metadata": {"labels": {}}}, {"metadata": {"labels": {"a": "1"}}})

    assert [one.path for one in composition.explain()] == [".metadata.labels.a"]
