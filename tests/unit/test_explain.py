"""Who set this? and what changed?"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from podcompose import COMPOSE, STRATEGIC, Composition, Override, OverrideError, PathError, Template, compose
from podcompose.core.path import Key
from podcompose.core.provenance import Stage, explain
from podcompose.schema.pod import POD

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


BASE = {"name": "base", "image": "i"}


def last(composition: Composition, path: str) -> tuple[str, str, str | None]:
    """Who had the last word on a path, what he did, and why."""
    step = composition.explain(path).steps[-1]
    return step.who, step.action, step.reason


def test_a_set_keeps_its_attribution_by_member() -> None:
    """Whoever brought a member of a set brought it, wherever it stands now."""
    template = {"metadata": {"finalizers": ["x/a", "x/b"]}, "spec": {"containers": [BASE]}}
    found = compose(template, Override({"metadata": {"finalizers": ["x/c", "x/a"]}}, name="o"))

    assert {one.path: one.stage for one in found.explain() if "finalizers" in one.path} == {
        '.metadata.finalizers[="x/a"]': "template",
        '.metadata.finalizers[="x/b"]': "template",
        '.metadata.finalizers[="x/c"]': "override",
    }
    gone = compose(template, Override({"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/a"]}}, name="o"))
    assert gone.explain('metadata.finalizers[="x/b"]').stage == "template"
    assert last(gone, 'metadata.finalizers[="x/a"]') == ("o", "removed", "deleted by `$deleteFromPrimitiveList`")
    cut = compose(template, Override(delete=['.metadata.finalizers[="x/a"]'], name="o"))
    assert last(cut, 'metadata.finalizers[="x/a"]') == ("o", "removed", 'deleted by delete=.metadata.finalizers[="x/a"]')


def test_an_untouched_entry_of_an_atomic_list_keeps_its_attribution() -> None:
    """What a hook or a strategy pushed to another place is still who wrote it."""

    def first(pod: Any) -> None:
        pod.spec.tolerations.insert(0, {"key": "hook"})

    pod = {"spec": {"containers": [BASE], "tolerations": [{"key": "a"}]}}
    patch = Override({"spec": {"tolerations": [{"key": "o"}]}}, name="o")
    prepend = replace(COMPOSE, name="prepend", lists={".spec.tolerations": "prepend"})

    for found, by in ((compose(pod, hook=first), "hook"), (compose(pod, patch, dialect=prepend), "override")):
        stages = [one.stage for one in found.explain() if "tolerations" in one.path]
        assert stages == [by, "template"]
        assert found.explain("spec.tolerations[1].key").value == "a"
    assert last(compose(pod, patch, dialect=prepend), "spec.tolerations") == ("o", "set", "merged by the dialect's list strategy")


def test_the_winner_of_a_one_of_is_set() -> None:
    """A member that the patch takes away took nobody's place."""
    volume = {"name": "v", "hostPath": {"path": "/x"}}
    patch = {"spec": {"volumes": [{"name": "v", "emptyDir": None, "configMap": {"name": "c"}}]}}
    found = compose({"spec": {"containers": [BASE], "volumes": [volume]}}, Override(patch, name="o"))

    assert last(found, "spec.volumes[name=v].hostPath.path") == ("o", "removed", "`configMap` took its place")


def test_deleted_and_set_anew() -> None:
    """What is said of an element that is deleted and set anew is said where it is set; what is not said again was deleted."""
    template = {"spec": {"containers": [{**BASE, "workingDir": "/w"}]}}
    text = "spec:\n  containers:\n  - {name: base, $patch: delete}\n  - {name: base, image: %s}\n"

    for image, action in (("new", "set"), ("i", "repeated")):
        found = compose(template, Override.from_yaml(text % image, name="o", source="o.yaml"))
        step = found.explain("spec.containers[name=base].image").steps[-1]
        assert (step.action, step.line) == (action, 4)
        assert last(found, "spec.containers[name=base].workingDir") == ("o", "removed", "deleted by `$patch: delete`")


def test_moves_are_a_diffs() -> None:
    """An element moved if the diff says so; a key that is left out is its default."""
    ports = [{"containerPort": 80}, {"containerPort": 81}]
    patch = {"spec": {"containers": [{"name": "base", "ports": [{"containerPort": 81, "protocol": "TCP"}, {"containerPort": 80}]}]}}
    found = compose({"spec": {"containers": [{**BASE, "ports": ports}]}}, Override(patch, name="o"))
    moved = [change.path for change in found.diff()[0].changes if change.action == "moved"]

    assert [path for path in moved if last(found, path)[1] == "moved"] == moved != []


@pytest.mark.parametrize("odd", [{"name": {}}, "text"])
def test_odd_elements_are_no_obstacle(odd: Any) -> None:
    """A list of what is no element at all can still be explained."""
    stages = [
        Stage("template", "", None, {"spec": {"containers": [{"name": "a"}, odd]}}),
        Stage("override", "o", None, {"spec": {"containers": [odd, {"name": "a"}]}}, {}),
    ]

    assert explain(("spec", "containers", Key((("name", "a"),))), stages, POD, COMPOSE.plan()).present


def test_a_list_replaced_by_its_dialect_or_kind() -> None:
    """Whether a list is replaced whole is the dialect's word, or the kind's of the override."""
    pod = {"spec": {"containers": [BASE, {"name": "proxy"}], "tolerations": [{"key": "a", "value": "v"}]}}
    keyed = replace(COMPOSE, name="keyed", keys={"PodSpec.tolerations": ("key",)})
    patch = Override({"spec": {"tolerations": [{"key": "b"}]}}, name="o")
    whole = Override.merge_patch({"spec": {"containers": [BASE]}}, name="o")

    assert last(compose(pod, patch, dialect=keyed), "spec.tolerations") == ("o", "set", None)
    assert last(compose(pod, patch), "spec.tolerations[0].value") == ("o", "removed", "the list was replaced whole")
    assert last(compose(pod, whole), "spec.containers") == ("o", "set", "the list is replaced whole")
    assert last(compose(pod, whole), "spec.containers[name=proxy]") == ("o", "removed", "the list was replaced whole")


def test_deleted_by_a_part_of_its_key() -> None:
    """A path of `delete=` that names a part of the key is still the reason."""
    spread = {"topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1}
    pod = {"spec": {"containers": [BASE], "topologySpreadConstraints": [spread]}}
    path = ".spec.topologySpreadConstraints[topologyKey=z]"
    found = compose(pod, Override(delete=[path], name="o"))

    assert str(last(found, path + ".maxSkew")[2]).startswith("deleted by delete=.spec.topologySpread")
    assert all("deleted by delete=" in str(one.removed_by) for one in found.explain().removed)


def test_a_field_the_schema_lacks() -> None:
    """A field that a stage keeps although the schema lacks it is explained; one that nobody has is refused."""
    found = compose({"spec": {"containers": [BASE], "newF": {"a": 1}}}, unknown="keep")

    assert found.explain(".spec.newF.a").value == 1
    with pytest.raises(PathError):
        found.explain(".spec.newG.a")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("spec.containers[nmae=base].image", "did you mean `name`?"),
        ("spec.containers[image=i].image", "write [name=...]"),
        ("metadata.finalizers[name=x]", 'write [="value"]'),
    ],
)
def test_selectors_that_select_nothing(path: str, said: str) -> None:
    """A selector that no element can answer to is refused, to explain as to delete."""
    with pytest.raises(PathError, match=re.escape(said)):
        COMPOSITION.explain(path)
    with pytest.raises(OverrideError, match=re.escape(said)):
        Override(delete=[path])


@pytest.mark.parametrize("odd", ["\x7f", "\x85", "\u2028", "\ufeff", "\U000e0001", "\u00a0", "\u00e9"])
def test_the_whole_pod_is_yaml(odd: str) -> None:
    """Whatever a text holds, reading the view gives the pod."""
    found = compose({"metadata": {"annotations": {"a": f"x{odd}y", f"k{odd}": "v"}}, "spec": {"containers": [BASE]}})

    assert Template.from_yaml(str(found.explain())).manifest == found.manifest


def test_literal_directives_have_lines() -> None:
    """A directive that STRATEGIC leaves as text has a line of its own, beside the element of the same key."""
    patch = {"spec": {"containers": [{"name": "b", "env": [{"name": "a", "$patch": "delete"}, {"name": "a"}]}]}}
    explained = compose({"spec": {"containers": [{"name": "a", "image": "i"}]}}, patch, dialect=STRATEGIC, unknown="keep").explain()

    assert [one.path for one in explained.removed] == []
    assert '"$patch": delete' in str(explained)


def test_what_holds_lists_can_be_hashed() -> None:
    """Explanations, blames and changes stand in sets, whatever their values."""
    found = compose(TEMPLATE, TEAM)

    assert len({found.explain("spec.tolerations"), found.explain("spec.tolerations")}) == 1
    assert len({*found.diff(), *found.diff()[0].changes}) == 1 + len(found.diff()[0].changes)
