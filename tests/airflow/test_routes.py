"""One template, one override and one hook make one pod, by whatever route it goes to the cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kubernetes.client import (
    V1Container,
    V1EnvVar,
    V1ObjectMeta,
    V1Pod,
    V1PodSpec,
    V1ResourceRequirements,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
)

from podcompose import COMPOSE, Composition, Dialect, Template, compose
from podcompose.airflow import AIRFLOW, executor_pod, from_executor_config, from_operator, load_pod_mutation_hook

TEMPLATE = """
apiVersion: v1
kind: Pod
metadata:
  name: template
  labels: {tier: worker}
spec:
  restartPolicy: Never
  serviceAccountName: airflow-worker
  securityContext: {runAsUser: 50000, fsGroup: 50000}
  containers:
  - name: base
    image: apache/airflow:2.10
    env:
    - {name: AIRFLOW__CORE__EXECUTOR, value: LocalExecutor}
    volumeMounts:
    - {name: logs, mountPath: /opt/airflow/logs}
  volumes:
  - {name: logs, emptyDir: {}}
"""
HOOK = """
from kubernetes.client import models as k8s


def pod_mutation_hook(pod):
    pod.metadata.annotations["owner"] = pod.metadata.labels["team"]
    pod.spec.containers[0].env.append(k8s.V1EnvVar(name="TEAM", value=pod.metadata.labels["team"]))
    if pod.spec.containers[0].resources.limits.get("nvidia.com/gpu"):
        pod.spec.node_selector = {**(pod.spec.node_selector or {}), "accelerator": "gpu"}
"""
DYNAMIC = executor_pod(
    dag_id="train", task_id="fit", run_id="manual__1", args=["airflow", "tasks", "run", "train", "fit", "manual__1"]
)
POD = V1Pod(
    metadata=V1ObjectMeta(labels={"team": "ml"}),
    spec=V1PodSpec(
        containers=[
            V1Container(
                name="base",
                image="ml:7",
                env=[V1EnvVar(name="EPOCHS", value="3")],
                volume_mounts=[V1VolumeMount(name="data", mount_path="/data", read_only=True)],
                resources=V1ResourceRequirements(limits={"nvidia.com/gpu": "1"}),
            )
        ],
        tolerations=[V1Toleration(key="gpu", operator="Exists")],
        volumes=[V1Volume(name="data", empty_dir={})],
    ),
)
MAPPING = {
    "metadata": {"labels": {"team": "ml"}},
    "spec": {
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "containers": [
            {
                "name": "base",
                "image": "ml:7",
                "env": [{"name": "EPOCHS", "value": "3"}],
                "volumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
                "resources": {"limits": {"nvidia.com/gpu": "1"}},
            }
        ],
        "volumes": [{"name": "data", "emptyDir": {}}],
    },
}
ARGUMENTS: dict[str, Any] = {
    "labels": {"team": "ml"},
    "image": "ml:7",
    "env_vars": {"EPOCHS": "3"},
    "volume_mounts": [V1VolumeMount(name="data", mount_path="/data", read_only=True)],
    "container_resources": {"limits": {"nvidia.com/gpu": "1"}},
    "tolerations": [V1Toleration(key="gpu", operator="Exists")],
    "volumes": [V1Volume(name="data", empty_dir={})],
}
LEGACY = {
    "labels": {"team": "ml"},
    "image": "ml:7",
    "envs": {"EPOCHS": "3"},
    "volume_mounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    "limit_gpu": "1",
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "volumes": [{"name": "data", "emptyDir": {}}],
}


class Routes(SimpleNamespace):
    """What an admin wrote: a file with the template, a file with the hook; and how tasks are composed with it."""

    template: Path
    hook: Callable[[Any], Any]
    dialect: Dialect

    def made(self, template: Any, *overrides: Any) -> Composition:
        """A pod of one of the routes."""
        return compose(template, DYNAMIC, *overrides, hook=self.hook, dialect=self.dialect)

    def executor(self, config: Any) -> Composition:
        """An executor's: the admin's template, the task's executor_config."""
        return self.made(Template.from_file(self.template), from_executor_config(config))

    def operator(self, **arguments: Any) -> Composition:
        """An operator's: its own template file and arguments."""
        asked = from_operator(pod_template_file=self.template, dialect=self.dialect, **arguments)
        return self.made(asked.template, *asked.overrides)

    def scheduler(self, override: Any) -> Composition:
        """That of a scheduler of one's own."""
        return self.made(Template.from_file(self.template), override)


@pytest.fixture(params=[COMPOSE, AIRFLOW], ids=["COMPOSE", "AIRFLOW"])
def routes(request: pytest.FixtureRequest, tmp_path: Path) -> Routes:
    """The admin's two files, and each dialect."""
    template, settings = tmp_path / "pod_template.yaml", tmp_path / "airflow_local_settings.py"
    template.write_text(TEMPLATE)
    settings.write_text(HOOK)
    return Routes(template=template, hook=load_pod_mutation_hook(settings), dialect=request.param)


def test_three_routes_make_one_pod(routes: Routes) -> None:
    """An executor, an operator and a scheduler of one's own compose the same pod, to the byte."""
    executor = routes.executor({"pod_override": POD})
    operators = [routes.operator(full_pod_spec=POD), routes.operator(**ARGUMENTS)]
    scheduler = routes.scheduler(MAPPING)

    assert {made.json for made in [*operators, scheduler]} == {executor.json}
    assert executor.manifest["metadata"]["annotations"]["owner"] == "ml"
    assert executor.manifest["spec"]["nodeSelector"] == {"accelerator": "gpu"}
    assert [entry["name"] for entry in executor.manifest["spec"]["containers"][0]["env"]] == [
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW_IS_K8S_EXECUTOR_POD",
        "EPOCHS",
        "TEAM",
    ]


def test_the_legacy_dict_makes_it_too(routes: Routes) -> None:
    """What a task said for Airflow 1.10 makes the same bytes."""
    with pytest.warns(DeprecationWarning, match="pod_override"):
        legacy = routes.executor({"KubernetesExecutor": LEGACY})

    assert legacy.json == routes.scheduler(MAPPING).json


def test_operators_may_mix_a_full_pod_spec_and_arguments(routes: Routes) -> None:
    """Arguments win over the full pod spec, as they do over the template."""
    other = V1Pod(metadata=POD.metadata, spec=V1PodSpec(containers=[V1Container(name="base", image="old")]))

    assert routes.operator(full_pod_spec=other, **ARGUMENTS).json == routes.scheduler(MAPPING).json
