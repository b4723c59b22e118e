"""Hooks: code that is given a typed pod, or data; always the last word."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from kubernetes.client import V1Container, V1EnvVar, V1Pod, V1PodSpec

from podcompose import HookError, Override, compose

POD: dict[str, Any] = {"metadata": {"labels": {"a": "1"}}, "spec": {"containers": [{"name": "base", "image": "i"}]}}


def in_place(pod: Any) -> None:
    """Change the pod and return nothing, as Airflow's pod_mutation_hook does."""
    pod.spec.host_network = False
    pod.spec.containers[0].env = [V1EnvVar(name="A", value="")]


def another(pod: Any) -> Any:
    """Return a pod of one's own."""
    return V1Pod(metadata=pod.metadata, spec=V1PodSpec(containers=[V1Container(name="own", image="j")]))


def mapping(pod: Any) -> Any:
    """Return wire JSON."""
    return {"spec": {"containers": [{"name": "own"}]}}


def raising(pod: Any) -> None:
    """Fail."""
    raise LookupError("no such team")


class Callable_:  # noqa: N801 # its name is not the point
    """An object that is called."""

    def __call__(self, pod: Any) -> None:
        pod.spec.node_name = "n"

    def method(self, pod: Any) -> None:
        """A bound method."""
        pod.spec.node_name = "m"


def test_in_place() -> None:
    """A hook may change its copy and return nothing."""
    assert compose(POD, hook=in_place).manifest["spec"] == {
        "hostNetwork": False,
        "containers": [{"name": "base", "image": "i", "env": [{"name": "A", "value": ""}]}],
    }


def test_another_pod() -> None:
    """Or return another pod, typed or as a mapping: what is not in it is gone."""
    assert compose(POD, hook=another).manifest == {
        "metadata": {"labels": {"a": "1"}},
        "spec": {"containers": [{"name": "own", "image": "j"}]},
    }
    assert compose(POD, hook=mapping).manifest == {"spec": {"containers": [{"name": "own"}]}}


@pytest.mark.parametrize("hook", [Callable_(), functools.partial(lambda pod, name: setattr(pod.spec, "node_name", name), name="n")])
def test_callables_of_all_kinds(hook: Any) -> None:
    """Objects, partials and lambdas are callables too."""
    assert compose(POD, hook=hook).manifest["spec"]["nodeName"] == "n"
    assert compose(POD, hook=Callable_().method).manifest["spec"]["nodeName"] == "m"


def test_by_name() -> None:
    """A hook may be named, also one inside a class."""
    assert compose(POD, hook="tests.unit.hooks_by_name:hook").manifest["spec"]["nodeName"] == "by-name"
    assert compose(POD, hook="tests.unit.hooks_by_name:Hooks.inner").manifest["spec"]["nodeName"] == "inner"


def test_hooks_in_order() -> None:
    """Each is given what the one before it left; data and code may be mixed."""
    seen = []

    def look(pod: Any) -> None:
        seen.append((pod.spec.node_name, pod.spec.host_network))

    composition = compose(
        POD, hook=[{"spec": {"nodeName": "n"}}, look, in_place, look, Override({"spec": {"nodeName": None}}), look]
    )

    assert seen == [("n", None), ("n", False), (None, False)]
    assert "nodeName" not in composition.manifest["spec"]
    assert [stage.stage for stage in composition.diff()] == ["hook"] * 6


def test_the_last_word() -> None:
    """A hook comes after every override."""
    assert compose(POD, {"spec": {"hostNetwork": True}}, hook=in_place).manifest["spec"]["hostNetwork"] is False


def test_a_field_newer_than_the_client_survives() -> None:
    """What the hook cannot see stays, also in an element that it moved."""
    template = {"spec": {"newer": {"x": 1}, "containers": [{"name": "a", "newer": True}, {"name": "b"}]}}

    def hook(pod: Any) -> None:
        pod.spec.containers.reverse()
        pod.spec.host_network = True

    assert compose(template, hook=hook, unknown="keep").manifest == {
        "spec": {"newer": {"x": 1}, "hostNetwork": True, "containers": [{"name": "b"}, {"name": "a", "newer": True}]}
    }


def test_a_hook_that_raises() -> None:
    """It is named, with its file, the line that raised, and the cause."""
    with pytest.raises(HookError, match="it raised LookupError: no such team") as caught:
        compose(POD, hook=raising)
    (problem,) = caught.value.problems

    assert (problem.code, problem.stage, problem.who.split(":")[-1]) == ("hook-raised", "hook", "raising")
    assert problem.source == __file__
    assert problem.line == raising.__code__.co_firstlineno + 2
    assert isinstance(caught.value.__cause__, LookupError)


async def asynchronous(pod: Any) -> None:
    """An async function."""


def test_hooks_that_return_something_else() -> None:
    """A string, a number, a container, a coroutine: none is a pod."""
    for returned in ("pod", 7, True, [], V1Container(name="a")):
        with pytest.raises(HookError) as caught:
            compose(POD, hook=lambda pod, returned=returned: returned)

        assert caught.value.problems[0].code == "hook-returned"
    with pytest.raises(HookError, match="an async function is no hook"):
        compose(POD, hook=asynchronous)


@pytest.mark.parametrize(
    "name", ["nothing", "nowhere:f", "json:nothing", "json:__doc__", "tests.unit.hooks_by_name:Hooks.outer", ":f", "json:"]
)
def test_hooks_that_cannot_be_found(name: str) -> None:
    """The name is in the error, before anything is run."""
    with pytest.raises(HookError) as caught:
        compose(POD, hook=[raising, name])

    assert (caught.value.problems[0].code, caught.value.problems[0].who) == ("hook-not-found", name)


def test_what_a_hook_leaves_is_judged() -> None:
    """A wrong type, a repeated name and an unknown field are the hook's."""

    def hook(pod: Any) -> Any:
        return {"spec": {"hostNetwrk": True, "priority": "x", "containers": [{"name": "a"}, {"name": "a"}]}}

    with pytest.raises(HookError) as caught:
        compose(POD, hook=hook)

    assert {problem.code for problem in caught.value.problems} == {"unknown-field", "wrong-type", "repeated-key"}
    assert {problem.source for problem in caught.value.problems} == {__file__}
