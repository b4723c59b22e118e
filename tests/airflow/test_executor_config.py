"""An executor_config: what may stand in it, in every form that Airflow takes or makes."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict, UserDict
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from kubernetes.client import models as k8s

from podcompose import Override, OverrideError, compose
from podcompose.airflow import from_executor_config, template_file_of

POD = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(labels={"release": "stable"}),
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(name="base", volume_mounts=[k8s.V1VolumeMount(mount_path="/shared/", name="shared-empty-dir")]),
            k8s.V1Container(name="sidecar", image="ubuntu", args=['echo "x" > /shared/test.txt'], command=["bash", "-cx"]),
        ],
        volumes=[k8s.V1Volume(name="shared-empty-dir", empty_dir=k8s.V1EmptyDirVolumeSource())],
    ),
)
MANIFEST = {
    "metadata": {"labels": {"release": "stable"}},
    "spec": {
        "containers": [
            {"name": "base", "volumeMounts": [{"mountPath": "/shared/", "name": "shared-empty-dir"}]},
            {"name": "sidecar", "image": "ubuntu", "args": ['echo "x" > /shared/test.txt'], "command": ["bash", "-cx"]},
        ],
        "volumes": [{"name": "shared-empty-dir", "emptyDir": {}}],
    },
}
#: str enums, as Airflow's own constants of these two are.
Encoding = Enum("Encoding", {"TYPE": "__type", "VAR": "__var"}, type=str)


def value_of(config: Any) -> Any:
    """What a config says of the pod, as wire JSON."""
    override = from_executor_config(config)
    assert override is not None
    return override.value


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"pod_override": None},
        {"KubernetesExecutor": None},
        {"KubernetesExecutor": {}},
        {"KubernetesExecutor": {}, "pod_override": None},
        {"CeleryExecutor": {"queue": "x"}, "LocalExecutor": 1, "SequentialExecutor": None, "AcmeExecutor": []},
        {
            "CeleryKubernetesExecutor": {},
            "LocalKubernetesExecutor": {},
            "DaskExecutor": {},
            "DebugExecutor": {},
            "AwsEcsExecutor": {},
        },
        {"pod_template_file": "gpu.yaml"},
    ],
)
def test_a_config_that_says_nothing_of_the_pod(config: Any) -> None:
    """It is no override; what is there for another executor is left to it."""
    assert from_executor_config(config) is None


@pytest.mark.parametrize(
    "config",
    [
        {"pod_override": POD},
        {"pod_override": MANIFEST},
        {"pod_override": MANIFEST, "KubernetesExecutor": {}},
        {"pod_override": Override(MANIFEST)},
        {"pod_override": POD, "pod_template_file": "/usr/local/airflow/pod_templates/basic_template.yaml"},
        {"pod_override": k8s.V1PodTemplateSpec(metadata=POD.metadata, spec=POD.spec)},
        OrderedDict(pod_override=MappingProxyType(MANIFEST)),
        UserDict(pod_override=UserDict(MANIFEST)),
        {"pod_override": {"__type": "k8s.V1Pod", "__var": MANIFEST}},
        {"pod_override": {Encoding.TYPE: "k8s.V1Pod", Encoding.VAR: MANIFEST}},
        {"__type": "dict", "__var": {"pod_override": {"__type": "k8s.V1Pod", "__var": MANIFEST}}},
        {"pod_override": {"__classname__": "kubernetes.client.models.v1_pod.V1Pod", "__version__": 1, "__data__": MANIFEST}},
    ],
)
def test_a_pod_override_in_every_form(config: Any) -> None:
    """A V1Pod, a mapping, an Override, and what Airflow stores for a V1Pod all say the same."""
    assert value_of(config) == MANIFEST


def test_a_legacy_dict_from_a_serialized_dag() -> None:
    """Airflow wraps every map of a serialized DAG; the dict within is read as it was written."""
    tolerations = [{"__type": "dict", "__var": {"key": "a"}}]
    inner = {"image": "i", "cmds": {"__type": "tuple", "__var": ["a"]}, "tolerations": tolerations}
    config = {"__type": "dict", "__var": {"KubernetesExecutor": {"__type": "dict", "__var": inner}}}
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        value = value_of(config)

    assert value == {"spec": {"containers": [{"name": "base", "image": "i", "command": ["a"]}], "tolerations": [{"key": "a"}]}}


def test_who_and_where() -> None:
    """The override has the name and source that were given; an Override has its own."""
    named = from_executor_config({"pod_override": {}}, name="etl", source="dags/etl.py")
    given = Override({}, name="team-a")

    assert named is not None
    assert (named.name, named.source) == ("etl", "dags/etl.py")
    assert from_executor_config({"pod_override": given}, name="etl") is given


def test_the_config_stays_as_it_was() -> None:
    """The override is a copy: what is done to the pod later does not reach it."""
    pod = k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels={"a": "b"}))
    override = from_executor_config({"pod_override": pod})
    pod.metadata.labels["a"] = "changed"

    assert override is not None
    assert override.value == {"metadata": {"labels": {"a": "b"}}}


@pytest.mark.parametrize(
    ("config", "code", "path", "suggestion"),
    [
        ({"pod_overide": POD}, "unknown-key", '["pod_overide"]', "did you mean `pod_override`?"),
        ({"podOverride": POD}, "unknown-key", '["podOverride"]', "did you mean `pod_override`?"),
        ({"pod": POD}, "unknown-key", '["pod"]', "did you mean `pod_override`?"),
        ({"KuberntesExecutor": {}}, "unknown-key", '["KuberntesExecutor"]', "did you mean `KubernetesExecutor`?"),
        ({"kubernetes_executor": {}}, "unknown-key", '["kubernetes_executor"]', "did you mean `KubernetesExecutor`?"),
        ({"pod_template": "x"}, "unknown-key", '["pod_template"]', "did you mean `pod_template_file`?"),
        (
            {"pod_template_override": "x"},
            "unknown-key",
            '["pod_template_override"]',
            "did you mean `pod_template_file`? (2.0.0 read it by this name)",
        ),
        ({"image": "x"}, "unknown-key", '["image"]', 'it belongs into {"KubernetesExecutor": ...}'),
        ({"spec": {}}, "unknown-key", '["spec"]', 'write {"pod_override": {"spec": ...}}'),
        ({"xyz": 1}, "unknown-key", '["xyz"]', None),
        ({1: 1}, "bad-key", "", None),
        ([], "bad-kind", "", None),
        ("pod_override", "bad-kind", "", None),
        (7, "bad-kind", "", None),
        (POD, "bad-kind", "", 'write {"pod_override": ...}'),
        (Override({}), "bad-kind", "", 'write {"pod_override": ...}'),
        ({"pod_override": "spec: {}"}, "bad-kind", '["pod_override"]', "read text with from_yaml, a file with from_file"),
        ({"pod_override": [POD]}, "bad-kind", '["pod_override"]', None),
        ({"pod_override": POD.spec}, "bad-kind", '["pod_override"]', "wrap it in a V1Pod"),
        ({"pod_override": False}, "bad-kind", '["pod_override"]', None),
        (
            {"pod_override": POD, "KubernetesExecutor": {"image": "i"}},
            "both-keys",
            '["KubernetesExecutor"]',
            "take `KubernetesExecutor` out",
        ),
        ({"KubernetesExecutor": []}, "wrong-type", '["KubernetesExecutor"]', None),
        ({"KubernetesExecutor": "image"}, "wrong-type", '["KubernetesExecutor"]', None),
        ({"KubernetesExecutor": POD}, "wrong-type", '["KubernetesExecutor"]', 'write {"pod_override": ...}'),
    ],
)
def test_a_config_that_is_wrong(config: Any, code: str, path: str, suggestion: str | None) -> None:
    """It is an error with a path into the config, and a suggestion where there is one."""
    with pytest.raises(OverrideError) as error:
        from_executor_config(config)
    (problem,) = error.value.problems

    assert (problem.code, problem.path, problem.suggestion) == (code, f"executor_config{path}", suggestion)


class Hostile(UserDict[str, Any]):
    """A mapping whose code raises."""

    def items(self) -> Any:
        """Raise."""
        raise RuntimeError("no")


@pytest.mark.parametrize("config", [Hostile(pod_override=1), {"KubernetesExecutor": Hostile(image="i")}])
def test_a_mapping_that_cannot_be_read(config: Any) -> None:
    """What a stranger's mapping raises is a problem of the config."""
    with pytest.raises(OverrideError, match="cannot be read: it raised a RuntimeError"):
        from_executor_config(config)


@pytest.mark.parametrize("version", ["1.10", "1.10.11", "1.9.0", "3.0", "3.0.1", "", "2.x", "v2.0", 2.0, None, "latest "])
def test_a_version_that_is_none(version: Any) -> None:
    """It is an error that names those there are."""
    with pytest.raises(OverrideError) as error:
        from_executor_config({"pod_override": {}}, version=version)

    assert [(problem.code, problem.path) for problem in error.value.problems] == [("unknown-word", "version")]


@pytest.mark.parametrize(
    "version", ["1.10.3", "1.10.4", "1.10.10", "1.10.12", "1.10.13", "1.10.14", "1.10.15", "2", "2.0", "2.0.2", "2.10.5"]
)
def test_versions(version: str) -> None:
    """Every release whose meaning is known is taken by its own number."""
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        override = from_executor_config({"KubernetesExecutor": {"image": "i"}}, version=version)

    assert override == Override({"spec": {"containers": [{"name": "base", "image": "i"}]}})


def test_the_template_of_a_task() -> None:
    """`pod_template_file` is a template, not an override: a function of its own has it."""
    assert template_file_of(None) is None
    assert template_file_of({"pod_override": {}}) is None
    assert template_file_of({"pod_template_file": ""}) is None
    assert template_file_of({"pod_template_file": Path("gpu.yaml")}) == "gpu.yaml"
    assert template_file_of({"__type": "dict", "__var": {"pod_template_file": "gpu.yaml"}}) == "gpu.yaml"


def test_a_template_file_that_is_no_path() -> None:
    """It is an error with its path in the config, whoever reads it."""
    for read in (template_file_of, from_executor_config):
        with pytest.raises(OverrideError, match="expected a file's path, got a dict") as error:
            read({"pod_template_file": {"spec": {}}})

        assert error.value.problems[0].path == 'executor_config["pod_template_file"]'


def test_what_fits_a_template() -> None:
    """An executor_config's override is laid over a template as any other is."""
    template = {"spec": {"containers": [{"name": "base", "image": "airflow"}], "restartPolicy": "Never"}}
    containers = compose(template, from_executor_config({"pod_override": POD})).manifest["spec"]["containers"]

    assert [container["image"] for container in containers] == ["airflow", "ubuntu"]


def test_importing_it_imports_no_client() -> None:
    """Neither the kubernetes client nor PyYAML is read before somebody needs it, and Airflow never."""
    code = (
        "import sys\nfrom podcompose.airflow import from_executor_config\nfrom_executor_config({'pod_override': {}})\n"
        "print([name for name in ('kubernetes', 'yaml', 'airflow') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
