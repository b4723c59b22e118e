"""Pods that are none: refused with a path, and if one slips through, it costs nobody but itself."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from podcompose.backends.local import backend as room
from podcompose.backends.local.judge import judge
from podcompose.backends.local.node import Node
from podcompose.run.errors import Unreachable
from tests.backends.local import Watched, container, pod, terminated


def variable(**origin: Any) -> dict[str, Any]:
    return {"name": "V", "valueFrom": origin}


MALFORMED = {
    "secret": (variable(secretKeyRef={"name": "keys"}), '[name="V"].valueFrom.secretKeyRef.key'),
    "config map": (variable(configMapKeyRef={"name": "settings", "key": 1}), '[name="V"].valueFrom.configMapKeyRef.key'),
    "resource": (variable(resourceFieldRef={}), '[name="V"].valueFrom.resourceFieldRef.resource'),
    "divisor": (
        variable(resourceFieldRef={"resource": "limits.cpu", "divisor": "..1"}),
        '[name="V"].valueFrom.resourceFieldRef.divisor',
    ),
    "name": ({"value": "1"}, "[0]"),
}
ALL = pytest.mark.parametrize(("env", "path"), MALFORMED.values(), ids=MALFORMED)


@ALL
def test_they_are_refused(env: dict[str, Any], path: str) -> None:
    """With the path of what is wrong."""
    problems, _ = judge({"spec": {"containers": [container("true", env=[env])]}})

    assert [problem.path for problem in problems] == [f'.spec.containers[name="base"].env{path}']


@pytest.mark.parametrize("spec", [{"terminationGracePeriodSeconds": "soon"}, {"containers": "none"}])
def test_shapes_that_no_field_has_are_refused(spec: dict[str, Any]) -> None:
    """Whatever cannot be read, even where no rule names it."""
    assert [problem.code for problem in judge({"spec": {**pod()["spec"], **spec}})[0]] == ["malformed"]


def test_a_quantity_of_a_resource_is_judged() -> None:
    """Where it is written, for a variable may ask for it."""
    spec = {"containers": [container("true", resources={"limits": {"cpu": "..1"}})]}

    assert [problem.path for problem in judge({"spec": spec})[0]] == ['.spec.containers[name="base"].resources.limits.cpu']


@pytest.mark.parametrize("inits", [None, [container("true", "init")]], ids=["at once", "later"])
def test_what_cannot_be_started_ends_alone(here: Watched, monkeypatch: pytest.MonkeyPatch, inits: Any) -> None:
    """Its container has a start error, the pod ends, and others run as ever."""
    monkeypatch.setattr(room, "judge", lambda manifest: ([], []))
    bad = pod(inits=inits)
    bad["spec"]["containers"][0]["env"] = [variable(secretKeyRef={"name": "keys"})]
    found = here.run(bad)
    other = here.run(pod("exit 3"), "task/2")

    assert (terminated(found)["reason"], "KeyError" in terminated(found)["message"]) == ("StartError", True)
    assert terminated(other)["exitCode"] == 3
    assert here.backend._host._node.entries == {}


def test_a_bug_costs_one_pod(here: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod whose status cannot be written has failed, with the reason; others run as ever."""
    real, broken = Node._publish, []

    def publish(self: Node, uid: str, *arguments: Any) -> None:
        broken.append(uid)
        if uid == broken[0]:
            raise ZeroDivisionError("a bug")
        real(self, uid, *arguments)

    monkeypatch.setattr(Node, "_publish", publish)
    found = here.run(pod("sleep 100"))
    other = here.run(pod(), "task/2")

    assert (found["status"]["phase"], found["status"]["message"]) == ("Failed", "ZeroDivisionError: a bug")
    assert other["status"]["phase"] == "Succeeded"


def test_a_directory_that_is_gone(here: Watched) -> None:
    """Nothing can be launched, and the error says why."""
    shutil.rmtree(here.backend._directory)
    with pytest.raises(Unreachable, match="directory of this backend is gone"):
        here.launch(pod())
