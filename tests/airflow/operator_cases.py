"""Arguments of a KubernetesPodOperator as JSON, for the provider and for us: what is typed is made a model on either side."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from podcompose.airflow.operator_arguments import ARGUMENTS

Arguments = dict[str, Any]


def model(name: str, wire: dict[str, Any]) -> Arguments:
    """A model of the client."""
    return {"$model": name, "of": wire}


def secret(*arguments: Any) -> Arguments:
    """One of Airflow's Secrets."""
    return {"$secret": list(arguments)}


def made(value: Any, of_model: Callable[[str, Any], Any], of_secret: Callable[..., Any]) -> Any:
    """The arguments themselves."""
    if isinstance(value, dict) and "$model" in value:
        return of_model(value["$model"], value["of"])
    if isinstance(value, dict) and "$secret" in value:
        return of_secret(*made(value["$secret"], of_model, of_secret))
    if isinstance(value, dict):
        return {name: made(entry, of_model, of_secret) for name, entry in value.items()}
    return [made(entry, of_model, of_secret) for entry in value] if isinstance(value, list) else value


class Secret(NamedTuple):
    """Stands for Airflow's class where Airflow is not installed."""

    deploy_type: str
    deploy_target: str | None
    secret: str
    key: str | None = None
    items: Any = None


AFFINITY = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]
        }
    }
}
TOLERATION = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
PORT = model("V1ContainerPort", {"containerPort": 80, "name": "http"})
CLAIM = model("V1Volume", {"name": "data", "persistentVolumeClaim": {"claimName": "claim"}})
MOUNT = model("V1VolumeMount", {"name": "data", "mountPath": "/data", "subPath": "x", "readOnly": True})
FIELD = model("V1EnvVar", {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}})
FROM_SECRET = model("V1EnvFromSource", {"secretRef": {"name": "s"}})
FROM_MAP = model("V1EnvFromSource", {"configMapRef": {"name": "m"}, "prefix": "M_"})
RESOURCES = model("V1ResourceRequirements", {"requests": {"cpu": "1", "memory": "64Mi"}, "limits": {"nvidia.com/gpu": "1"}})
INIT = model("V1Container", {"name": "init", "image": "busybox", "command": ["true"], "env": [{"name": "A", "value": "1"}]})
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "template", "namespace": "workers", "labels": {"tier": "a", "app": "t"}, "annotations": {"t": "1"}},
    "spec": {
        "serviceAccountName": "worker",
        "containers": [
            {
                "name": "base",
                "image": "airflow",
                "command": ["run"],
                "env": [{"name": "T", "value": "t"}],
                "envFrom": [{"configMapRef": {"name": "template"}}],
                "volumeMounts": [{"name": "logs", "mountPath": "/logs"}],
            },
            {"name": "sidecar", "image": "envoy"},
        ],
        "volumes": [{"name": "logs", "emptyDir": {}}],
    },
}
FULL = model(
    "V1Pod",
    {
        "metadata": {"labels": {"app": "full"}, "annotations": {"f": "1"}},
        "spec": {
            "hostname": "full",
            "containers": [{"name": "base", "image": "full", "args": ["x"], "env": [{"name": "F", "value": "f"}]}],
            "volumes": [{"name": "full", "configMap": {"name": "full"}}],
        },
    },
)

#: One value for each argument, of which the tests take subsets; a pod is complete without any of them.
VALUES: Arguments = {
    "name": "my-pod",
    "labels": {"foo": "bar", "empty": None},
    "annotations": {"note": "a b"},
    "image": "ubuntu:16.04",
    "cmds": ["bash", "-cx"],
    "arguments": ["echo", "10"],
    "ports": [PORT],
    "image_pull_policy": "Always",
    "container_resources": RESOURCES,
    "volume_mounts": [MOUNT],
    "volumes": [CLAIM],
    "env_vars": {"A": "1", "EMPTY": "", "TEMPLATED": "{{ ds }}"},
    "pod_runtime_info_envs": [FIELD],
    "env_from": [FROM_SECRET, FROM_MAP],
    "configmaps": ["one", "two"],
    "container_security_context": {"runAsUser": 0, "privileged": False},
    "termination_message_policy": "FallbackToLogsOnError",
    "runtime_class_name": "gvisor",
    "node_selector": {"disk": "ssd"},
    "affinity": AFFINITY,
    "tolerations": [TOLERATION],
    "init_containers": [INIT],
    "host_aliases": [model("V1HostAlias", {"ip": "10.0.0.1", "hostnames": ["a", "b"]})],
    "image_pull_secrets": [model("V1LocalObjectReference", {"name": "pull"})],
    "service_account_name": "default",
    "automount_service_account_token": False,
    "hostnetwork": True,
    "hostname": "host",
    "subdomain": "sub",
    "security_context": {"runAsNonRoot": False, "fsGroup": 0},
    "dnspolicy": "ClusterFirst",
    "dns_config": model("V1PodDNSConfig", {"nameservers": ["1.1.1.1"], "options": [{"name": "ndots", "value": "2"}]}),
    "schedulername": "mine",
    "priority_class_name": "medium",
    "active_deadline_seconds": 60,
    "termination_grace_period": 10,
    "secrets": [secret("env", None, "all"), secret("env", "token", "one", "key"), secret("volume", "/etc/sql", "vol")],
}

#: Other ways to say an argument, and arguments together.
CASES: dict[str, Arguments] = {
    "nothing": {},
    **{name: {name: value} for name, value in VALUES.items()},
    "all at once": VALUES,
    "a list of V1EnvVar": {"env_vars": [FIELD, model("V1EnvVar", {"name": "A", "value": "1"})]},
    "env from everywhere": {"env_vars": {"A": "1"}, "pod_runtime_info_envs": [FIELD], "secrets": [secret("env", "b", "s", "k")]},
    "a V1Affinity": {"affinity": model("V1Affinity", AFFINITY)},
    "a V1Toleration": {"tolerations": [model("V1Toleration", TOLERATION), TOLERATION]},
    "a V1PodSecurityContext": {"security_context": model("V1PodSecurityContext", {"runAsUser": 1000, "fsGroup": 1000})},
    "a V1SecurityContext": {"container_security_context": model("V1SecurityContext", {"allowPrivilegeEscalation": False})},
    "pull secrets as text": {"image_pull_secrets": "a,b"},
    "another container": {"base_container_name": "main", "image": "i"},
    "a secret's items": {"secrets": [secret("volume", "/etc/x", "s", None, [model("V1KeyToPath", {"key": "k", "path": "p"})])]},
    "two volumes of one secret": {"secrets": [secret("volume", "/a", "s"), secret("volume", "/b", "s")]},
    "empty lists and maps": {
        "cmds": [],
        "arguments": [],
        "tolerations": [],
        "labels": {},
        "affinity": {},
        "env_vars": {},
        "volumes": [],
    },
    "a template": {"pod_template_dict": TEMPLATE},
    "a template and an image": {"pod_template_dict": TEMPLATE, "image": "mine"},
    "a template and everything that is appended": {
        "pod_template_dict": TEMPLATE,
        **{
            name: VALUES[name]
            for name in ("labels", "annotations", "env_vars", "volumes", "volume_mounts", "ports", "init_containers")
        },
        **{name: VALUES[name] for name in ("env_from", "configmaps", "secrets")},
    },
    "a template and a full pod spec": {"pod_template_dict": TEMPLATE, "full_pod_spec": FULL},
    "a full pod spec": {"full_pod_spec": FULL},
    "all three": {"pod_template_dict": TEMPLATE, "full_pod_spec": FULL, "image": "mine", "cmds": ["c"], "env_vars": {"O": "o"}},
    "a result": {"do_xcom_push": True, "image": "i"},
    "a result, secured": {
        "do_xcom_push": True,
        "xcom_sidecar_container_security_context": {"runAsNonRoot": True},
        "pod_template_dict": TEMPLATE,
        "volumes": [CLAIM],
        "volume_mounts": [MOUNT],
    },
}

#: What differs, and why: the arguments, the field that differs, the provider's value and ours.
DIFFERENCES: dict[str, tuple[Arguments, str, Any, Any]] = {
    "false wins": (
        {"full_pod_spec": model("V1Pod", {"spec": {"hostNetwork": True, "containers": [{"name": "base"}]}}), "hostnetwork": False},
        "spec.hostNetwork",
        True,
        False,
    ),
    "0 wins": (
        {
            "full_pod_spec": model("V1Pod", {"spec": {"terminationGracePeriodSeconds": 30, "containers": [{"name": "base"}]}}),
            "termination_grace_period": 0,
        },
        "spec.terminationGracePeriodSeconds",
        30,
        0,
    ),
    "a default of the operator's is not said": (
        {"pod_template_dict": {"spec": {"containers": [{"name": "base", "terminationMessagePolicy": "FallbackToLogsOnError"}]}}},
        "spec.containers.0.terminationMessagePolicy",
        "File",
        "FallbackToLogsOnError",
    ),
    "maps merge": (
        {
            "pod_template_dict": {"spec": {"nodeSelector": {"a": "1"}, "containers": [{"name": "base"}]}},
            "node_selector": {"b": "2"},
        },
        "spec.nodeSelector",
        {"b": "2"},
        {"a": "1", "b": "2"},
    ),
    "structs merge": (
        {
            "pod_template_dict": {"spec": {"securityContext": {"runAsUser": 1}, "containers": [{"name": "base"}]}},
            "security_context": {"fsGroup": 2},
        },
        "spec.securityContext",
        {"fsGroup": 2},
        {"runAsUser": 1, "fsGroup": 2},
    ),
    "keyed lists merge": (
        {
            "pod_template_dict": {"spec": {"imagePullSecrets": [{"name": "a"}], "containers": [{"name": "base"}]}},
            "image_pull_secrets": "b",
        },
        "spec.imagePullSecrets",
        [{"name": "b"}],
        [{"name": "a"}, {"name": "b"}],
    ),
    "an element of one key is replaced": (
        {"pod_template_dict": TEMPLATE, "env_vars": {"T": "mine"}},
        "spec.containers.0.env",
        [{"name": "T", "value": "t"}, {"name": "T", "value": "mine"}],
        [{"name": "T", "value": "mine"}],
    ),
    "a container keeps its name": (
        {"pod_template_dict": {"spec": {"containers": [{"name": "main", "image": "i"}]}}, "cmds": ["c"]},
        "spec.containers.0.name",
        "base",
        "main",
    ),
    "a random suffix": ({"name": "my-pod", "random_name_suffix": True}, "metadata.name", ..., "my-pod"),
}


def subsets(count: int, seed: int) -> Iterator[Arguments]:
    """Any arguments together, over a template, a full pod spec, both or none."""
    chance = random.Random(seed)
    for _ in range(count):
        names = chance.sample(sorted(VALUES), chance.randint(0, len(VALUES)))
        below: Arguments = chance.choice(
            [{}, {"pod_template_dict": TEMPLATE}, {"full_pod_spec": FULL}, {"pod_template_dict": TEMPLATE, "full_pod_spec": FULL}]
        )
        yield json.loads(json.dumps(below | {name: VALUES[name] for name in names}))


def covered() -> set[str]:
    """The arguments that the cases have."""
    return {name for case in CASES.values() for name in case} & set(ARGUMENTS)
