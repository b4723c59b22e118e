"""For every key of a legacy dict: what people wrote, and what it says of a pod."""

from __future__ import annotations

from typing import Any, NamedTuple

from kubernetes.client import models as k8s

__all__ = ["CASES", "Case"]


class Case(NamedTuple):
    """A dict and the manifest it stands for; `versions` are those that read it so, where not all that knew the key did."""

    given: dict[str, Any]
    manifest: dict[str, Any]
    versions: tuple[str, ...] = ()


def base(**fields: Any) -> dict[str, Any]:
    """A manifest of the container that Airflow runs tasks in."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


def spec(**fields: Any) -> dict[str, Any]:
    """A manifest of these fields of the spec."""
    return {"spec": fields}


class VolumeMount:
    """As airflow.kubernetes.volume_mount had it in 1.10."""

    __slots__ = ("mount_path", "name", "read_only", "sub_path")

    def __init__(self, name: str, mount_path: str, sub_path: str | None, read_only: bool) -> None:
        self.name, self.mount_path, self.sub_path, self.read_only = name, mount_path, sub_path, read_only


class Volume:
    """As airflow.kubernetes.volume had it in 1.10."""

    def __init__(self, name: str, configs: dict[str, Any]) -> None:
        self.name, self.configs = name, configs


AFFINITY = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["airflow"]}]},
            }
        ]
    }
}
TYPED_AFFINITY = k8s.V1Affinity(
    pod_anti_affinity=k8s.V1PodAntiAffinity(
        required_during_scheduling_ignored_during_execution=[
            k8s.V1PodAffinityTerm(
                topology_key="kubernetes.io/hostname",
                label_selector=k8s.V1LabelSelector(
                    match_expressions=[k8s.V1LabelSelectorRequirement(key="app", operator="In", values=["airflow"])]
                ),
            )
        ]
    )
)
SIDECAR = {
    "name": "airflow-xcom-sidecar",
    "image": "alpine",
    "command": ["sh", "-c", 'trap "exit 0" INT; while true; do sleep 30; done;'],
    "resources": {"requests": {"cpu": "1m"}},
    "volumeMounts": [{"name": "xcom", "mountPath": "/airflow/xcom"}],
}
WIDE = ("1.10.3", "1.10.4", "2.0")
NARROW = ("1.10.12", "1.10.13", "1.10.14", "1.10.15")
PROPAGATED = {"name": "a", "mountPath": "/a", "mountPropagation": "None"}

#: By key; a test asks that every key has one.
CASES: dict[str, tuple[Case, ...]] = {
    "pod": (
        Case(
            {"pod": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="i")]))},
            base(image="i"),
        ),
        Case({"pod": {"metadata": {"name": "n"}}, "image": None}, {"metadata": {"name": "n"}}),
    ),
    "name": (Case({"name": "mine"}, {"metadata": {"name": "mine"}}),),
    "namespace": (
        Case(
            {"namespace": "test-namespace", "labels": {"release": "stable"}},
            {"metadata": {"namespace": "test-namespace", "labels": {"release": "stable"}}},
        ),
    ),
    "labels": (Case({"labels": {"foo": "bar", "none": None}}, {"metadata": {"labels": {"foo": "bar"}}}),),
    "annotations": (Case({"annotations": {"test": "annotation"}}, {"metadata": {"annotations": {"test": "annotation"}}}),),
    "gcp_service_account_key": (
        Case(
            {"gcp_service_account_key": "k", "annotations": {"a": "b"}},
            {"metadata": {"annotations": {"a": "b", "iam.cloud.google.com/service-account": "k"}}},
        ),
        Case({"gcp_service_account_key": "k"}, {"metadata": {"annotations": {"iam.cloud.google.com/service-account": "k"}}}),
    ),
    "image": (Case({"image": "airflow/ci:latest"}, base(image="airflow/ci:latest")),),
    "image_pull_policy": (Case({"image_pull_policy": "Always"}, base(imagePullPolicy="Always")),),
    "cmds": (Case({"cmds": ["a", "b"]}, base(command=["a", "b"])), Case({"cmds": ()}, base(command=[]))),
    "args": (Case({"args": ["a"]}, base(args=["a"])),),
    "envs": (
        Case(
            {"envs": {"A": "1", "B": "", "C": None}},
            base(env=[{"name": "A", "value": "1"}, {"name": "B", "value": ""}, {"name": "C"}]),
        ),
        Case(
            {
                "envs": [
                    k8s.V1EnvVar(
                        name="A", value_from=k8s.V1EnvVarSource(secret_key_ref=k8s.V1SecretKeySelector(name="s", key="k"))
                    ),
                    {"name": "B", "value": "2"},
                ]
            },
            base(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}, {"name": "B", "value": "2"}]),
        ),
    ),
    "configmaps": (
        Case({"configmaps": ["a", "b"]}, base(envFrom=[{"configMapRef": {"name": "a"}}, {"configMapRef": {"name": "b"}}])),
        Case({"configmaps": "a, b"}, base(envFrom=[{"configMapRef": {"name": "a"}}, {"configMapRef": {"name": "b"}}])),
    ),
    "ports": (
        Case(
            {"ports": [{"name": "http", "containerPort": 80}, k8s.V1ContainerPort(container_port=81)]},
            base(ports=[{"name": "http", "containerPort": 80}, {"containerPort": 81}]),
        ),
    ),
    "resources": (
        Case({"resources": {"limits": {"cpu": "1"}}}, base(resources={"limits": {"cpu": "1"}})),
        Case({"resources": {"requests": {"cpu": 1, "memory": None}}}, base(resources={"requests": {"cpu": "1"}})),
        Case(
            {"resources": k8s.V1ResourceRequirements(requests={"cpu": "1"}, limits={"memory": "1Gi"})},
            base(resources={"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}),
        ),
    ),
    "request_cpu": (Case({"request_cpu": 0.5}, base(resources={"requests": {"cpu": "0.5"}})),),
    "request_memory": (
        Case(
            {"request_memory": "128Mi", "limit_memory": "128Mi"},
            base(resources={"requests": {"memory": "128Mi"}, "limits": {"memory": "128Mi"}}),
        ),
    ),
    "request_ephemeral_storage": (
        Case({"request_ephemeral_storage": "1Gi"}, base(resources={"requests": {"ephemeral-storage": "1Gi"}})),
    ),
    "limit_cpu": (Case({"limit_cpu": 2, "request_cpu": None}, base(resources={"limits": {"cpu": "2"}})),),
    "limit_memory": (Case({"limit_memory": "1Gi"}, base(resources={"limits": {"memory": "1Gi"}})),),
    "limit_ephemeral_storage": (
        Case({"limit_ephemeral_storage": "1Gi"}, base(resources={"limits": {"ephemeral-storage": "1Gi"}})),
    ),
    "limit_gpu": (Case({"limit_gpu": 1}, base(resources={"limits": {"nvidia.com/gpu": "1"}})),),
    "ephemeral-storage": (
        Case(
            {"ephemeral-storage": "1Gi", "limit_cpu": "1"},
            base(resources={"requests": {"ephemeral-storage": "1Gi"}, "limits": {"ephemeral-storage": "1Gi", "cpu": "1"}}),
        ),
    ),
    "volume_mounts": (
        Case({"volume_mounts": [PROPAGATED]}, base(volumeMounts=[PROPAGATED]), WIDE),
        Case({"volume_mounts": [PROPAGATED]}, base(volumeMounts=[{"name": "a", "mountPath": "/a"}]), NARROW),
        Case(
            {
                "volume_mounts": [
                    {"name": "a", "mountPath": "/a", "subPath": None, "readOnly": False},
                    k8s.V1VolumeMount(name="b", mount_path="/b"),
                    VolumeMount("c", "/c", None, True),
                ]
            },
            base(
                volumeMounts=[
                    {"name": "a", "mountPath": "/a", "readOnly": False},
                    {"name": "b", "mountPath": "/b"},
                    {"name": "c", "mountPath": "/c", "readOnly": True},
                ]
            ),
        ),
    ),
    "volumes": (
        Case(
            {
                "volumes": [
                    {"name": "a", "hostPath": {"path": "/tmp/"}},
                    k8s.V1Volume(name="b", empty_dir=k8s.V1EmptyDirVolumeSource()),
                    Volume("c", {"persistentVolumeClaim": {"claimName": "dags"}}),
                ]
            },
            spec(
                volumes=[
                    {"name": "a", "hostPath": {"path": "/tmp/"}},
                    {"name": "b", "emptyDir": {}},
                    {"name": "c", "persistentVolumeClaim": {"claimName": "dags"}},
                ]
            ),
        ),
    ),
    "init_containers": (
        Case(
            {"init_containers": [k8s.V1Container(name="a", image="i"), {"name": "b", "resources": {"limits": {"cpu": 1}}}]},
            spec(initContainers=[{"name": "a", "image": "i"}, {"name": "b", "resources": {"limits": {"cpu": "1"}}}]),
        ),
    ),
    "restart_policy": (Case({"restart_policy": "Never"}, spec(restartPolicy="Never")),),
    "image_pull_secrets": (Case({"image_pull_secrets": "a, b"}, spec(imagePullSecrets=[{"name": "a"}, {"name": "b"}])),),
    "service_account_name": (Case({"service_account_name": "worker"}, spec(serviceAccountName="worker")),),
    "hostnetwork": (
        Case({"hostnetwork": True}, spec(hostNetwork=True)),
        Case({"hostnetwork": False}, spec(hostNetwork=False)),
        Case({"hostnetwork": None}, {}),
    ),
    "dnspolicy": (Case({"dnspolicy": "Default"}, spec(dnsPolicy="Default")),),
    "schedulername": (Case({"schedulername": "volcano"}, spec(schedulerName="volcano")),),
    "priority_class_name": (Case({"priority_class_name": "high"}, spec(priorityClassName="high")),),
    "node_selectors": (Case({"node_selectors": {"gpu": "yes"}}, spec(nodeSelector={"gpu": "yes"})),),
    "affinity": (
        Case({"affinity": AFFINITY}, spec(affinity=AFFINITY)),
        Case({"affinity": TYPED_AFFINITY}, spec(affinity=AFFINITY)),
    ),
    "tolerations": (
        Case(
            {
                "tolerations": [
                    {"key": "dedicated", "operator": "Equal", "value": "airflow"},
                    k8s.V1Toleration(key="spot", operator="Exists"),
                ]
            },
            spec(
                tolerations=[{"key": "dedicated", "operator": "Equal", "value": "airflow"}, {"key": "spot", "operator": "Exists"}]
            ),
        ),
        Case({"tolerations": []}, spec(tolerations=[])),
    ),
    "security_context": (
        Case({"security_context": {"runAsUser": 1000}}, spec(securityContext={"runAsUser": 1000})),
        Case({"security_context": k8s.V1PodSecurityContext(fs_group=5)}, spec(securityContext={"fsGroup": 5})),
    ),
    "pod_template_file": (Case({"pod_template_file": None}, {}),),
    "extract_xcom": (
        Case({"extract_xcom": False}, {}),
        Case(
            {"extract_xcom": True, "image": "i"},
            {
                "spec": {
                    "volumes": [{"name": "xcom", "emptyDir": {}}],
                    "containers": [
                        {"name": "base", "image": "i", "volumeMounts": [{"name": "xcom", "mountPath": "/airflow/xcom"}]},
                        SIDECAR,
                    ],
                }
            },
        ),
    ),
}
