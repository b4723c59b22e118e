"""How pods are written for systems that have settings of their own in the place of pods; none of the systems is needed here."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from benchmarks.semantics.case import read_cases
from benchmarks.semantics.systems import DRIVERS

NAMES = ("lines", "parts", "prefect_variables", "kubespawner_traits", "zenml_settings", "flytekit_settings")
SECRET = {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
TEMPLATE: Any = {
    "metadata": {"name": "job", "labels": {"app": "job"}},
    "spec": {
        "nodeSelector": {"pool": "a"},
        "dnsPolicy": "Default",
        "volumes": [{"name": "data", "emptyDir": {}}, {"name": "conf", "emptyDir": {}}],
        "containers": [
            {"name": "main", "image": "a:1", "args": ["run", "a b"], "env": [{"name": "MODE", "value": "x"}]},
            {"name": "log", "image": "b:1"},
        ],
    },
}
VARIABLES = (
    *("name", "namespace", "service_account_name", "image", "image_pull_policy", "command", "env"),
    *("cpu_request", "memory_request", "cpu_limit", "memory_limit"),
)
#: What Prefect's default template has of a pod, as far as the tests look at it.
DEFAULT: Any = {
    "variables": {"properties": {name: {} for name in VARIABLES}},
    "job_configuration": {
        "job_manifest": {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "prefect-job",
                                "image": "{{ image }}",
                                "env": "{{ env }}",
                                "args": "{{ command }}",
                                "resources": {"limits": {"cpu": "{{ cpu_limit }}"}},
                            }
                        ]
                    }
                }
            }
        }
    },
}


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The modules of translations, by name."""
    monkeypatch.syspath_prepend(str(DRIVERS))
    return {name: importlib.import_module(name) for name in NAMES}


@pytest.fixture
def said(words: dict[str, ModuleType]) -> Callable[..., Any]:
    """What the user of a system writes for a wish; a reason, where he has no words for it."""

    def say(system: str, wish: Any, template: Any = TEMPLATE) -> Any:
        try:
            return _said(words, system, wish, template)
        except words["lines"].NotSayable as reason:
            return str(reason)

    return say


def _said(words: dict[str, ModuleType], system: str, wish: Any, template: Any) -> Any:
    """The translation of one system, in both its halves."""
    parts, main = words["parts"].parts, words["parts"].main_of(template)
    admin, user = parts(template, main), parts(words["parts"].without_directives(wish), main)
    if system == "prefect":
        words["prefect_variables"].base_job_template(DEFAULT, admin)
        return words["prefect_variables"].job_variables(user)
    if system == "zenml":
        zenml = words["zenml_settings"]
        zenml.settings(admin)
        return {**zenml.settings(user, admin), "environment": zenml.environment(user, admin)}
    if system == "flytekit":
        return words["flytekit_settings"].of_task(user, admin)
    traits = words["kubespawner_traits"]
    return traits.extra(user) if system == "extra" else traits.override_of_profile(user, traits.configuration(admin))


def pod(spec: Any = None, **main: Any) -> Any:
    """A part of a pod: fields of its spec, and of the container that does the work."""
    return {"spec": {**(spec or {}), **({"containers": [{"name": "main", **main}]} if main else {})}}


@pytest.mark.parametrize(
    ("system", "wish", "expected"),
    [
        ("prefect", pod(image="a:2"), {"image": "a:2"}),
        ("prefect", pod(args=["run", "x y"]), {"command": "run 'x y'"}),
        ("prefect", pod(env=[{"name": "B", "value": "1"}]), {"env": {"B": "1"}}),
        ("prefect", pod(resources={"limits": {"memory": "1Gi"}}), {"memory_limit": "1Gi"}),
        ("prefect", pod({"serviceAccountName": None}), {"service_account_name": None}),
        ("prefect", {"metadata": {"labels": {"team": "x"}}}, {"labels": {"team": "x"}}),
        (
            "profile",
            pod(env=[{"name": "B", "value": "1"}, SECRET]),
            {"environment": {"B": "1", "KEY": {"valueFrom": SECRET["valueFrom"]}}},
        ),
        ("profile", pod(env=[{"name": "MODE", "value": "{x}"}]), {"environment": {"MODE": "{{x}}"}}),
        ("profile", pod(resources={"requests": {"cpu": "1"}}), {"extra_resource_guarantees": {"cpu": "1"}}),
        ("profile", pod({"dnsPolicy": "None"}), {"extra_pod_config": {"dnsPolicy": "None"}}),
        ("profile", pod({"nodeSelector": None}), {"node_selector": {"pool": None}}),
        (
            "profile",
            pod({"containers": [{"name": "log", "image": "b:2"}]}),
            {"extra_containers": {"01-log": {"name": "log", "image": "b:2"}}},
        ),
        ("profile", pod({"volumes": [{"name": "data", "$patch": "delete"}]}), {"volumes": {"01-data": None}}),
        ("profile", pod({"affinity": {"podAffinity": None}}), {"pod_affinity_required": [], "pod_affinity_preferred": []}),
        (
            "extra",
            pod({"dnsPolicy": "None"}, stdin=True),
            {"extra_pod_config": {"dnsPolicy": "None"}, "extra_container_config": {"stdin": True}},
        ),
        ("zenml", pod({"nodeSelector": {"b": "c"}}), {"pod_settings": {"node_selectors": {"b": "c"}}, "environment": {}}),
        (
            "zenml",
            pod({"dnsPolicy": "None"}),
            {"pod_settings": {"additional_pod_spec_args": {"dns_policy": "None"}}, "environment": {}},
        ),
        ("zenml", pod(env=[{"name": "B", "value": "1"}, SECRET]), {"pod_settings": {"env": [SECRET]}, "environment": {"B": "1"}}),
        ("zenml", pod({"imagePullSecrets": [{"name": "s"}]}), {"pod_settings": {"image_pull_secrets": ["s"]}, "environment": {}}),
        ("flytekit", pod(image="a:2"), {"image": "a:2", "command": None, "arguments": ["run", "a b"]}),
        (
            "flytekit",
            pod(resources={"limits": {"memory": "1Gi"}}),
            {"image": "a:1", "command": None, "arguments": ["run", "a b"], "limits": {"mem": "1Gi"}},
        ),
    ],
)
def test_a_wish_is_what_a_user_of_the_system_writes(said: Callable[..., Any], system: str, wish: Any, expected: Any) -> None:
    """A field goes where the system has a word for it, in the form that its documentation gives it."""
    written = said(system, wish)

    assert {name: value for name, value in written.items() if value != {} or name in expected} == expected


@pytest.mark.parametrize(
    ("system", "wish", "word"),
    [
        ("prefect", pod({"nodeSelector": {"a": "b"}}), "no variable for nodeSelector"),
        ("prefect", pod(env=[SECRET]), "map of names to values"),
        ("prefect", pod(args=[]), "command line"),
        ("prefect", {"metadata": {"labels": {"app": None}}}, "no entry can be taken out"),
        ("prefect", pod({"containers": [{"name": "log", "image": "b:2"}]}), "log"),
        ("prefect", {"spce": {}}, "no setting for .spce"),
        ("profile", pod({"containers": [{"name": "mian", "args": ["x"]}]}), "mian without an image"),
        ("profile", pod({"containers": [{"name": "main"}, {"name": "main"}]}), "one container main"),
        ("profile", {"metadata": {"finalizers": ["a"]}}, "no setting for finalizers"),
        ("profile", pod({"hostAliases": [{"ip": "1.2.3.4", "$patch": "delete"}]}), "no dictionary"),
        ("profile", pod({"volumes": [{"$patch": "replace"}]}), r"\$patch"),
        ("extra", pod({"nodeSelector": {"a": "b"}}), "node_selector does"),
        ("extra", pod(env=[SECRET]), "environment does"),
        ("zenml", pod(image="a:2"), "ZenML makes it"),
        ("zenml", pod({"containers": [{"name": "log", "image": "b:2"}]}), "said whole"),
        ("zenml", pod(stdin=True), "no setting for stdin"),
        ("flytekit", pod({"dnsPolicy": "None"}), "no argument for dnsPolicy"),
        ("flytekit", pod(resources={"limits": {"nvidia.com/gpu": 1}}), "no field for limits.nvidia.com/gpu"),
    ],
)
def test_what_has_no_word_is_said_to_have_none(said: Callable[..., Any], system: str, wish: Any, word: str) -> None:
    """A wish that users of a system cannot write is told so, by its name."""
    assert re.search(word, said(system, wish)) is not None


@pytest.mark.parametrize("system", ["prefect", "profile", "extra", "zenml", "flytekit"])
def test_every_case_is_written_or_not_sayable(said: Callable[..., Any], system: str) -> None:
    """No case trips a translation over its own feet: a mistake in an override is no mistake of the driver."""
    for case in read_cases():
        for spelling in ("mapping", "null", "$patch") if case.law is None else ():
            if spelling in case.overrides:
                assert isinstance(said(system, case.overrides[spelling], case.template), (dict, str))


def test_the_base_job_template_keeps_its_placeholders(words: dict[str, ModuleType]) -> None:
    """What the default template has a variable for is the variable's default; all else stands in the job's pod template."""
    made = words["prefect_variables"].base_job_template(DEFAULT, words["parts"].parts(TEMPLATE, "main"))
    written = made["job_configuration"]["job_manifest"]["spec"]["template"]

    defaults = {name: value["default"] for name, value in made["variables"]["properties"].items() if "default" in value}
    assert defaults == {"image": "a:1", "command": "run 'a b'", "env": {"MODE": "x"}, "name": "job"}
    assert written["metadata"] == {"labels": {"app": "job"}}
    assert written["spec"]["containers"] == [
        DEFAULT["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"][0],
        *TEMPLATE["spec"]["containers"][1:],
    ]
    assert written["spec"]["nodeSelector"] == {"pool": "a"}


def test_a_secret_in_the_environment_is_written_into_the_base_job_template(words: dict[str, ModuleType]) -> None:
    """As the documentation shows it: a variable of Prefect has no form for a reference."""
    template = pod({}, image="a:1", env=[{"name": "MODE", "value": "x"}, SECRET])
    made = words["prefect_variables"].base_job_template(DEFAULT, words["parts"].parts(template, "main"))
    (container,) = made["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]["containers"]

    assert container["env"] == [{"name": "MODE", "value": "x"}, SECRET]
    assert "default" not in made["variables"]["properties"]["env"]


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["data", "conf"], ["data", "conf"]),
        (["new"], ["data", "conf", "new"]),
        (["new", "data"], ["new", "data", "conf"]),
        (["data", "new", "conf"], ["data", "new", "conf"]),
        (["data", "y", "x", "conf", "z"], ["data", "y", "x", "conf", "z"]),
    ],
)
def test_keys_of_a_dictionary_say_the_order(said: Callable[..., Any], names: list[str], order: list[str]) -> None:
    """KubeSpawner sorts by key: what the user says between two elements has a key between theirs."""
    written = said("profile", pod({"volumes": [{"name": name} for name in names]}))["volumes"]
    merged = {"01-data": {"name": "data"}, "02-conf": {"name": "conf"}, **written}

    assert [merged[key]["name"] for key in sorted(merged)] == order


@pytest.mark.parametrize(
    ("template", "result", "lost"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": None}, {}, []),
        ({"a": False}, {"a": 0}, [".a"]),
        ({"a": {"b": 1}}, {}, [".a"]),
        ({"a": [1, 2]}, {"a": [1, 3, 2]}, []),
        ({"a": [{"name": "x", "v": 1}]}, {"a": [{"name": "x", "v": 2}]}, [".a[0].v"]),
        ({"a": [{"name": "x"}, {"name": "y"}]}, {"a": [{"name": "y"}, {"name": "x"}]}, [".a[1], in its order,"]),
    ],
)
def test_what_a_template_lost_is_named(words: dict[str, ModuleType], template: Any, result: Any, lost: list[str]) -> None:
    """What came in addition is nothing lost; what is otherwise, or elsewhere, is."""
    assert list(words["parts"].lost(template, result)) == lost


def test_a_template_that_does_not_come_through_is_no_case(words: dict[str, ModuleType]) -> None:
    """A system that cannot carry a template says nothing of its merge."""
    carried, unsayable = words["parts"].carried, words["lines"].NotSayable

    carried(lambda pod: {**pod, "more": 1})({"a": 1})
    for through in (lambda pod: {}, _refused):
        with pytest.raises(unsayable, match="cannot be written for it"):
            carried(through)({"a": 1})


def test_a_mistake_in_a_template_is_told_by_the_system(words: dict[str, ModuleType]) -> None:
    """The errors by which a system says that a template has a mistake are its answer, and hide no case."""
    words["parts"].carried(_refused, ValueError)({"a": 1})


def test_a_slip_of_a_driver_is_no_obstacle(words: dict[str, ModuleType]) -> None:
    """An error of a driver's own code ends it, as everywhere: it does not pass for something that a system cannot carry."""
    parts = words["parts"]

    with pytest.raises(KeyError):
        parts.carried(lambda pod: parts.main_of(pod))({"a": 1})


def _refused(template: Any) -> Any:
    raise ValueError(f"no such field: {template}")
