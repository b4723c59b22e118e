"""The legacy dict for the KubernetesExecutor: every key, in every version that knew it, and in those that did not."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import models as k8s

from podcompose import Override, OverrideError, compose
from podcompose.airflow import from_executor_config
from podcompose.airflow.legacy_keys import KEYS, LATEST, VERSIONS, knows
from podcompose.core.json import same
from tests.airflow.legacy_cases import CASES, Case


def said(legacy: dict[str, Any], version: str = LATEST) -> Override:
    """What a legacy dict says, and that it is deprecated."""
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        override = from_executor_config({"KubernetesExecutor": legacy}, version=version)
    assert override is not None
    return override


def warned(legacy: dict[str, Any], version: str = LATEST) -> str:
    """What the warning says."""
    with pytest.warns(DeprecationWarning, match="is deprecated") as caught:
        from_executor_config({"KubernetesExecutor": legacy}, version=version)
    return str(caught[0].message)


def everything() -> Iterator[Any]:
    """Every case of every key in every version that knows all its keys."""
    for name, cases in CASES.items():
        for place, case in enumerate(cases):
            for version in (*VERSIONS, LATEST):
                known = all(knows(version, KEYS[key]) for key in case.given)
                means = case.versions == () or version in case.versions or (version == LATEST and "2.0" in case.versions)
                if known and means:
                    yield pytest.param(case, version, id=f"{name}-{place}-{version}")


EVERYTHING = list(everything())


def test_every_key_has_a_case() -> None:
    """No key of the table is without a case, and no case without a key that it is about."""
    assert list(CASES) == list(KEYS)
    assert all(any(name in case.given for case in cases) for name, cases in CASES.items())


@pytest.mark.parametrize(("case", "version"), EVERYTHING)
def test_says_exactly_what_was_said(case: Case, version: str) -> None:
    """The override holds what the dict says, and nothing else: no empty list, no false that nobody wrote."""
    assert said(case.given, version).value == case.manifest


@pytest.mark.parametrize(("case", "version"), EVERYTHING)
def test_the_python_of_the_warning_says_the_same(case: Case, version: str) -> None:
    """What the warning prints as Python is an executor_config that is the same override; only `containers` may be empty there."""
    source = warned(case.given, version).split("in Python:\n\n")[1].split("\nand as YAML")[0]
    pasted: dict[str, Any] = {}
    exec(source, pasted)
    override = from_executor_config(pasted["executor_config"])

    assert override is not None
    assert isinstance(pasted["executor_config"]["pod_override"], k8s.V1Pod)
    assert same(without_empty_containers(override.value), without_empty_containers(case.manifest))


@pytest.mark.parametrize(("case", "version"), EVERYTHING)
def test_the_yaml_of_the_warning_says_the_same(case: Case, version: str) -> None:
    """What the warning prints as YAML is the same override."""
    text = warned(case.given, version).split("`Override.from_yaml`:\n\n")[1]

    assert same(Override.from_yaml(text).value, said(case.given, version).value)


def without_empty_containers(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what the client wants of every spec."""
    spec = manifest.get("spec", {})
    kept = {name: value for name, value in spec.items() if name != "containers" or value != []}
    return {**manifest, "spec": kept} if "spec" in manifest else manifest


@pytest.mark.parametrize(("case", "version"), EVERYTHING)
def test_the_dict_stays_as_it_was(case: Case, version: str) -> None:
    """Nothing of the caller's dict changes, and converting it again says the same; Airflow popped keys out of it."""
    config = {"KubernetesExecutor": case.given}
    before, kept = copy.deepcopy(config), dict(case.given)
    first = said(case.given, version)

    assert said(case.given, version) == first
    assert list(case.given) == list(kept)
    assert all(case.given[name] is value for name, value in kept.items())
    assert described(config) == described(before)


def described(value: Any) -> Any:
    """A config for comparison: objects by what they hold."""
    if isinstance(value, dict):
        return {name: described(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(described, value)]
    if hasattr(value, "to_dict"):
        return value.to_dict()
    names = getattr(value, "__slots__", None) or (vars(value) if hasattr(value, "__dict__") else ())
    return {name: described(getattr(value, name)) for name in names} if len(names) > 0 else value


@pytest.mark.parametrize(
    ("name", "version"), [(name, version) for name in KEYS for version in VERSIONS if not knows(version, KEYS[name])]
)
def test_a_key_that_a_version_did_not_know(name: str, version: str) -> None:
    """It is an error that says from which version on the key was known."""
    case = next(case for case in CASES[name] if name in case.given)
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": {name: case.given[name]}}, version=version)
    problem = error.value.problems[0]

    assert (problem.code, problem.path) == ("unknown-key", f'executor_config["KubernetesExecutor"]["{name}"]')
    assert problem.message.startswith(f"Airflow {version} did not know `{name}`; it was known ")
    assert KEYS[name].since in problem.message


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("securityContext", "security_context"),
        ("env", "envs"),
        ("env_vars", "envs"),
        ("command", "cmds"),
        ("arguments", "args"),
        ("nodeSelector", "node_selectors"),
        ("node_selector", "node_selectors"),
        ("dns_policy", "dnspolicy"),
        ("schedulerName", "schedulername"),
        ("hostNetwork", "hostnetwork"),
        ("imagePullPolicy", "image_pull_policy"),
        ("volumeMounts", "volume_mounts"),
        ("serviceAccountName", "service_account_name"),
        ("ephemeral_storage", "ephemeral-storage"),
        ("requests_cpu", "request_cpu"),
        ("memory_limit", None),
        ("xyz", None),
    ],
)
def test_an_unknown_key(given: str, key: str | None) -> None:
    """It is an error with a guess, where there is one."""
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": {given: "x"}})
    problem = error.value.problems[0]

    assert problem.code == "unknown-key"
    assert problem.suggestion == (None if key is None else f"did you mean `{key}`?")


@pytest.mark.parametrize("word", ["pod_override", "spec", "metadata", "containers"])
def test_a_pod_among_the_keys(word: str) -> None:
    """A pod's own fields stand beside the dict, not in it."""
    with pytest.raises(OverrideError, match="a pod stands beside it"):
        from_executor_config({"KubernetesExecutor": {word: {}}})


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"image": 3}, '["image"]', "expected a string, got an integer"),
        ({"labels": ["a"]}, '["labels"]', "expected a map, got a list"),
        ({"labels": {"a": 1}}, '["labels"]["a"]', "expected a string, got an integer"),
        ({"annotations": {"a/b.c": True}}, '["annotations"]["a/b.c"]', "expected a string, got a boolean"),
        ({"gcp_service_account_key": 1}, '["gcp_service_account_key"]', "expected a string, got an integer"),
        ({"envs": {"A.B": 1}}, '["envs"]["A.B"]', "expected a string, got an integer"),
        ({"envs": {3: "x"}}, '["envs"]', "the key 3 is an int, not a string"),
        ({"envs": "A=1"}, '["envs"]', "expected a list, got a string"),
        ({"envs": k8s.V1EnvVar(name="A")}, '["envs"]', "expected a list, got a map"),
        ({"envs": [{"name": "A", "value": 1}]}, '["envs"][0]["value"]', "expected a string, got an integer"),
        ({"configmaps": ["a", None]}, '["configmaps"][1]', None),
        ({"cmds": ["a", None]}, '["cmds"][1]', "None in a list"),
        ({"tolerations": [None]}, '["tolerations"][0]', "None in a list"),
        ({"init_containers": [{"name": "a", "args": [None]}]}, '["init_containers"][0]["args"][0]', "None in a list"),
        ({"configmaps": {"a": 1}}, '["configmaps"]', "expected a list, got a map"),
        ({"image_pull_secrets": ["a"]}, '["image_pull_secrets"]', "expected names with commas between them, got a list"),
        ({"cmds": "ls -l"}, '["cmds"]', "expected a list, got a string"),
        ({"request_cpu": True}, '["request_cpu"]', 'expected a quantity such as "500m" or 2, got a boolean'),
        ({"ephemeral-storage": []}, '["ephemeral-storage"]', 'expected a quantity such as "500m" or 2, got a list'),
        ({"resources": {"cpu": "1"}}, '["resources"]["cpu"]', "a ResourceRequirements has no field `cpu`"),
        ({"tolerations": {"key": "a"}}, '["tolerations"]', "expected a list, got a map"),
        ({"tolerations": [{"ky": "a"}]}, '["tolerations"][0]["ky"]', "a Toleration has no field `ky`"),
        ({"affinity": {"node_affinity": {}}}, '["affinity"]["node_affinity"]', "an Affinity has no field `node_affinity`"),
        ({"hostnetwork": "true"}, '["hostnetwork"]', "expected a boolean, got a string"),
        ({"extract_xcom": "yes"}, '["extract_xcom"]', "expected a boolean, got a string"),
        ({"volumes": [{"hostPath": {"path": "/"}}]}, '["volumes"][0]', None),
        ({"volumes": {"name": "a"}}, '["volumes"]', "expected a list, got a map"),
        ({"volume_mounts": [{"name": "a", "mount_path": "/a"}]}, '["volume_mounts"][0]["mount_path"]', None),
        ({"node_selectors": {"a": object()}}, '["node_selectors"]["a"]', "an object is no JSON value"),
        ({"pod": "x.yaml"}, '["pod"]', "a pod is a V1Pod or a mapping, not a str"),
        ({"pod_template_file": "x.yaml"}, '["pod_template_file"]', None),
        ({3: "x"}, "", "the key 3 is an int, not a string"),
    ],
)
def test_a_wrong_type(given: dict[Any, Any], path: str, message: str | None) -> None:
    """It is an error whose path leads into the config."""
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": given})
    (problem,) = error.value.problems

    assert problem.path == f'executor_config["KubernetesExecutor"]{path}'
    assert message is None or problem.message == message


def test_everything_wrong_is_said_at_once() -> None:
    """One error names every key that is wrong, with the override's name and source."""
    legacy = {"securityContext": {}, "image": 1, "tolerations": "x", "envs": {"A": 1}}
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": legacy, "pod_overide": {}}, name="etl", source="dags/etl.py")

    assert [problem.path.removeprefix("executor_config") for problem in error.value.problems] == [
        '["pod_overide"]',
        '["KubernetesExecutor"]["securityContext"]',
        '["KubernetesExecutor"]["image"]',
        '["KubernetesExecutor"]["envs"]["A"]',
        '["KubernetesExecutor"]["tolerations"]',
    ]
    assert {(problem.who, problem.source) for problem in error.value.problems} == {("etl", "dags/etl.py")}


@pytest.mark.parametrize("beside", ["image", "labels", "request_cpu", "resources"])
def test_nothing_counts_beside_a_pod(beside: str) -> None:
    """What 1.10.12 refused and later ones ignored is an error."""
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": {"pod": k8s.V1Pod(), beside: CASES[beside][0].given[beside]}})

    assert [(problem.code, problem.path) for problem in error.value.problems] == [
        ("both-keys", f'executor_config["KubernetesExecutor"]["{beside}"]')
    ]


@pytest.mark.parametrize("beside", ["request_ephemeral_storage", "limit_ephemeral_storage"])
def test_both_spellings_of_ephemeral_storage(beside: str) -> None:
    """No Airflow knew the key of 2.0 and those of 1.10 at once, and nothing says which is meant."""
    with pytest.raises(OverrideError, match="beside `ephemeral-storage`") as error:
        from_executor_config({"KubernetesExecutor": {"ephemeral-storage": "1Gi", beside: "2Gi"}})

    assert [(problem.code, problem.path) for problem in error.value.problems] == [
        ("both-keys", f'executor_config["KubernetesExecutor"]["{beside}"]')
    ]


def test_a_pod_with_a_sidecar() -> None:
    """`extract_xcom` counts beside a pod: its first container gets the mount."""
    pod = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="main", image="i")]))
    containers = said({"pod": pod, "extract_xcom": True}).value["spec"]["containers"]

    assert [container["name"] for container in containers] == ["main", "airflow-xcom-sidecar"]
    assert containers[0]["volumeMounts"] == [{"name": "xcom", "mountPath": "/airflow/xcom"}]


@pytest.mark.parametrize("version", ["1.10.12", "1.10.15"])
def test_what_a_version_left_out_is_said(version: str) -> None:
    """A field of a mount that the version lost is lost, and the warning says so."""
    given = CASES["volume_mounts"][0].given

    assert f"`volume_mounts[0].mountPropagation` is left out, as Airflow {version} did." in warned(given, version)


def test_the_warning_names_the_callers_line() -> None:
    """It is the caller's code that is deprecated."""
    with pytest.warns(DeprecationWarning, match="is deprecated") as caught:
        from_executor_config({"KubernetesExecutor": {"image": "i"}})

    assert [warning.filename for warning in caught] == [__file__]


def test_an_error_warns_of_nothing() -> None:
    """What is wrong is mended first."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(OverrideError):
            from_executor_config({"KubernetesExecutor": {"image": 1}})

    assert caught == []


def test_python_that_the_client_refuses_is_a_mapping() -> None:
    """What the client's models do not take half-said is printed as a mapping, which works here as well."""
    source = warned(
        {
            "volume_mounts": [{"name": "logs", "mountPath": "/logs"}],
            "init_containers": [{"name": "a", "ports": [{"hostPort": 1, "containerPort": 2}]}],
            "volumes": [{"name": "a", "csi": {"readOnly": True}}],
        }
    )
    pasted: dict[str, Any] = {}
    exec(source.split("in Python:\n\n")[1].split("\nand as YAML")[0], pasted)

    assert pasted["executor_config"]["pod_override"]["spec"]["volumes"] == [{"name": "a", "csi": {"readOnly": True}}]


def test_a_false_wins() -> None:
    """`hostnetwork: False` switches off what the template has on; in Airflow it could not."""
    template = {"spec": {"hostNetwork": True, "containers": [{"name": "base", "image": "i"}]}}

    assert compose(template, said({"hostnetwork": False})).manifest["spec"]["hostNetwork"] is False


def test_strange_values_are_findings() -> None:
    """A list that holds itself, a mapping that raises: errors, and soon."""
    endless: list[Any] = []
    endless += [endless, endless]
    with pytest.raises(OverrideError) as error:
        from_executor_config({"KubernetesExecutor": {"tolerations": endless}})

    assert {problem.code for problem in error.value.problems} <= {"too-deep", "too-large"}
