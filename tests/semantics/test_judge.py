"""The judge: each form of a check holds where it should, and fails where it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.semantics.case import Case
from benchmarks.semantics.judge import judge, strip

TEMPLATE: Any = {
    "metadata": {"name": "job", "labels": {"app": "job"}},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "a", "image": "a:1", "ports": [{"containerPort": 53}]}, {"name": "b", "image": "b:1"}],
    },
}


def case(*expect: Any, reports: Any = None) -> Case:
    """A case with these checks."""
    return Case("g/x", "g", "", "", TEMPLATE, {"mapping": {}}, None if reports else list(expect), reports, None, (), "")


def result(**spec: Any) -> dict[str, Any]:
    """An answer whose manifest has these fields of its spec."""
    return {"status": "ok", "manifest": {**TEMPLATE, "spec": {**TEMPLATE["spec"], **spec}}, "changed": [], "shared": []}


A, B = TEMPLATE["spec"]["containers"]
NEW = {"name": "c", "image": "c:1"}
SAME = result()
REFUSED = {"status": "refused", "text": "no field hostNetwrok; did you mean hostNetwork?"}
HOST = ".spec.hostNetwork"
IMAGE = '.spec.containers[name="b"].image'
LIST = ".spec.containers"
REST = {"rest": "unchanged"}

ROWS = [
    ("a value that is there", {"path": HOST, "equals": True}, SAME, "pass"),
    ("true is not 1", {"path": HOST, "equals": 1}, SAME, "fail"),
    ("a value that is not there", {"path": ".spec.hostPID", "equals": False}, SAME, "fail"),
    ("null and absent are one", {"path": HOST, "equals": None}, result(hostNetwork=None), "pass"),
    ("numbers by value", {"path": ".spec.priority", "equals": 1}, result(priority=1.0), "pass"),
    ("a number is no text", {"path": ".spec.priority", "equals": 1}, result(priority="1"), "fail"),
    ("false is not absent", {"path": HOST, "absent": True}, result(hostNetwork=False), "fail"),
    ("null is absent", {"path": HOST, "absent": True}, result(hostNetwork=None), "pass"),
    ("an empty list is not absent", {"path": ".spec.volumes", "absent": True}, result(volumes=[]), "fail"),
    ("by the key of the element", {"path": IMAGE, "equals": "b:1"}, result(containers=[B, A]), "pass"),
    ("two elements of one key are no answer", {"path": IMAGE, "equals": "b:1"}, result(containers=[A, B, B]), "fail"),
    (
        "a missing protocol is TCP",
        {"path": '.spec.containers[name="a"].ports[protocol="TCP"].containerPort', "equals": 53},
        SAME,
        "pass",
    ),
    ("keys in order", {"path": LIST, "keys": ["a", "b"]}, SAME, "pass"),
    ("keys in another order", {"path": LIST, "keys": ["b", "a"]}, SAME, "fail"),
    ("keys in any order", {"path": LIST, "keys": ["b", "a"], "order": "any"}, SAME, "pass"),
    ("a key too many", {"path": LIST, "keys": ["a"], "order": "any"}, SAME, "fail"),
    ("a key twice", {"path": LIST, "keys": ["a", "b"], "order": "any"}, result(containers=[A, B, B]), "fail"),
    ("one before the other", {"path": LIST, "before": ["a", "b"]}, result(containers=[A, NEW, B]), "pass"),
    ("one behind the other", {"path": LIST, "before": ["a", "b"]}, result(containers=[B, A]), "fail"),
    ("one twice, on both sides of the other", {"path": LIST, "before": ["a", "b"]}, result(containers=[A, B, A]), "fail"),
    ("true is not before 1", {"path": ".spec.flags", "before": [True, 2]}, result(flags=[1, 2]), "fail"),
    (
        "long keys in any order",
        {"path": ".spec.texts", "keys": [f"{'x' * 300}{end}" for end in "ab"], "order": "any"},
        result(texts=[f"{'x' * 300}{end}" for end in "ba"]),
        "pass",
    ),
    ("a number by value in any order", {"path": ".spec.ids", "keys": [1, -0.5], "order": "any"}, result(ids=[-0.5, 1.0]), "pass"),
    ("one of both is missing", {"path": LIST, "before": ["a", "b"]}, result(containers=[B]), "fail"),
    ("no list, no keys", {"path": ".spec.volumes", "keys": []}, SAME, "pass"),
    ("the template", {"result": "template"}, SAME, "pass"),
    ("not the template", {"result": "template"}, result(hostNetwork=False), "fail"),
    ("inputs untouched", {"inputs": "unchanged"}, SAME, "pass"),
    ("an input changed", {"inputs": "unchanged"}, {**SAME, "changed": ["template"]}, "fail"),
    ("an input shared", {"inputs": "unchanged"}, {**SAME, "shared": ["override"]}, "fail"),
    ("refused by name", {"refused": ["hostNetwrok", ["unknown", "no field"]]}, REFUSED, "pass"),
    ("refused, but not by name", {"refused": ["containers"]}, REFUSED, "unclear"),
    ("not refused", {"refused": []}, SAME, "fail"),
    ("refused where it should not be", {"path": HOST, "equals": True}, REFUSED, "refused"),
    ("one of two ways", {"any": [[{"path": HOST, "equals": False}], [{"refused": []}]]}, REFUSED, "pass"),
    (
        "one of two ways, but not by name",
        {"any": [[{"path": HOST, "equals": False}], [{"refused": ["containers"]}]]},
        REFUSED,
        "unclear",
    ),
    ("neither of two ways", {"any": [[{"path": HOST, "equals": False}], [{"refused": []}]]}, SAME, "fail"),
    ("not for this system", {"result": "template"}, {"status": "n.a.", "reason": "r"}, "n.a."),
    ("a driver that ended", {"result": "template"}, {"status": "crashed", "text": "t"}, "crashed"),
]


@pytest.mark.parametrize(("check", "answer", "word"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_check(check: Any, answer: Any, word: str) -> None:
    """A check holds for what it says, and for nothing else."""
    verdict = judge(case(check), answer)

    assert verdict.word == word, verdict.why


RESTS = [
    ("nothing changed", [], SAME, "pass"),
    ("something changed", [], result(hostNetwork=False), "fail"),
    ("something came", [], result(hostPID=False), "fail"),
    ("only what is spoken of changed", [{"path": HOST, "equals": False}], result(hostNetwork=False), "pass"),
    (
        "a new map of which one entry is spoken of",
        [{"path": ".spec.nodeSelector.gpu", "equals": "x"}],
        result(nodeSelector={"gpu": "x"}),
        "pass",
    ),
    (
        "a new map with something else",
        [{"path": ".spec.nodeSelector.gpu", "equals": "x"}],
        result(nodeSelector={"gpu": "x", "b": "y"}),
        "fail",
    ),
    (
        "a new element of which a field is spoken of",
        [{"path": '.spec.containers[name="c"].image', "equals": "c:1"}],
        result(containers=[A, B, NEW]),
        "pass",
    ),
    ("an order that nobody spoke of", [], result(containers=[B, A]), "fail"),
    ("an order that was spoken of", [{"path": LIST, "keys": ["b", "a"]}], result(containers=[B, A]), "pass"),
    (
        "an element changed under a list whose order was spoken of",
        [{"path": LIST, "keys": ["a", "b"]}],
        result(containers=[A, {**B, "image": "x"}]),
        "fail",
    ),
    ("an element that is to go", [{"path": '.spec.containers[name="b"]', "absent": True}], result(containers=[A]), "pass"),
]


@pytest.mark.parametrize(("checks", "answer", "word"), [row[1:] for row in RESTS], ids=[row[0] for row in RESTS])
def test_the_rest(checks: Any, answer: Any, word: str) -> None:
    """The rest is all that no other check speaks of."""
    verdict = judge(case(*checks, REST), answer)

    assert verdict.word == word, verdict.why


@pytest.mark.parametrize(
    ("template", "manifest", "check", "word"),
    [
        ({"labels": {"a": "1"}}, {"labels": {}}, {"path": ".labels.a", "absent": True}, "pass"),
        ({"labels": {"a": "1"}}, {}, {"path": ".labels.a", "absent": True}, "pass"),
        ({"emptyDir": {}}, {"emptyDir": {"medium": "Memory"}}, {"path": ".emptyDir.medium", "equals": "Memory"}, "pass"),
        ({"list": [{"name": "a"}]}, {"list": []}, {"path": '.list[name="a"]', "absent": True}, "pass"),
        ({"labels": {"a": "1"}}, {"labels": {}, "emptyDir": {}}, {"path": ".labels.a", "absent": True}, "fail"),
        ({"list": [["x", "y"], [1, 2]]}, {"list": [["y", "x"], [1, 2]]}, {"path": ".list[1]", "keys": [1, 2]}, "fail"),
        ({"list": [["x", "y"], [1, 2]]}, {"list": [["x", "y"], [2, 1]]}, {"path": ".list[1]", "keys": [2, 1]}, "pass"),
    ],
)
def test_the_rest_on_the_way_to_what_is_spoken_of(template: Any, manifest: Any, check: Any, word: str) -> None:
    """Maps and lists on the way may stay behind empty, or go; of places in a list, only the one that is named is spoken of."""
    verdict = judge(replace(case(check, REST), template=template), {**SAME, "manifest": manifest})

    assert verdict.word == word, verdict.why


@pytest.mark.parametrize(
    ("answer", "word"),
    [(SAME, "kept"), (result(hostNetwork=False), "gone"), (result(hostNetwork=None), "other"), (REFUSED, "refused")],
)
def test_a_reported_case(answer: Any, word: str) -> None:
    """Of a reported case the first word counts whose checks hold."""
    reports = {"kept": [{"path": HOST, "equals": True}], "gone": [{"path": HOST, "equals": False}]}

    assert judge(case(reports=reports), answer).word == word


def test_what_a_system_adds() -> None:
    """What a system declares to add is taken out, unless an input has a value there."""
    manifest = {"metadata": {"labels": {"run": "1", "app": "x"}, "annotations": {"by": "us"}}}
    adds = [".metadata.labels.run", ".metadata.labels.app", ".metadata.annotations.by"]

    assert strip(manifest, adds, [TEMPLATE, {}]) == {"metadata": {"labels": {"app": "x"}}}


def test_what_a_system_does_not_add_is_left() -> None:
    """An empty map that is there though nothing was added to it is the system's answer."""
    assert strip({"metadata": {"labels": {}}}, [".metadata.labels.run"], [{}]) == {"metadata": {"labels": {}}}
    assert strip({"spec": {"hostNetwork": False}}, [".spec.hostNetwork"], [{"spec": {"hostNetwork": False}}]) != {}


def test_a_value_that_a_system_adds() -> None:
    """Of what is declared with a value, another value is none of the system's."""
    adds = [".spec.hostNetwork"]

    assert strip({"spec": {"hostNetwork": False}}, adds, [{}], {".spec.hostNetwork": False}) == {}
    assert strip({"spec": {"hostNetwork": True}}, adds, [{}], {".spec.hostNetwork": False}) == {"spec": {"hostNetwork": True}}


def test_a_place_in_what_a_system_adds_is_looked_up_in_the_inputs_by_name() -> None:
    """The main container of a result may stand elsewhere in an override."""
    manifest = {"spec": {"containers": [{"name": "main", "imagePullPolicy": "Never"}, {"name": "log"}]}}
    override = {"spec": {"containers": [{"name": "log"}, {"name": "main", "imagePullPolicy": "Never"}]}}
    adds = [".spec.containers[0].imagePullPolicy"]

    assert strip(manifest, adds, [override]) == manifest
    assert strip(manifest, adds, [{}]) == {"spec": {"containers": [{"name": "main"}, {"name": "log"}]}}
