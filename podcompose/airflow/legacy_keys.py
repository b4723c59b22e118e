"""
The keys of a legacy `executor_config["KubernetesExecutor"]`, as data: what each becomes in a pod, and which Airflow knew it.

Source: KubernetesExecutorConfig.from_dict of Airflow 1.10.3 and 1.10.4, PodGenerator.from_obj of 1.10.12 to 1.10.15,
        PodGenerator.from_legacy_obj of 2.0.0, 2.0.2 and the provider 9.0.0. docs/airflow-executor-config.md is held to this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from podcompose.core.hints import close
from podcompose.errors import RawPath

__all__ = [
    "BASE",
    "KEYS",
    "LATEST",
    "MOUNT_FIELDS",
    "VERSIONS",
    "WITH_POD",
    "LegacyKey",
    "known_in",
    "knows",
    "meaning_of",
    "meant",
]

#: The Airflows whose meaning of the dict differs, oldest first: each up to the one before the next.
VERSIONS = ("1.10.3", "1.10.4", "1.10.12", "1.10.13", "1.10.14", "1.10.15", "2.0")

#: Every key, each as the newest Airflow that knew it meant it.
LATEST = "latest"

#: What an Airflow between two of them is; 1.10.11 failed on every `request_` and `limit_`, and is none of them.
_SAME_AS = {
    r"1\.10\.([4-9]|10)": "1.10.4",
    r"1\.10\.(3|12|13|14|15)": "",
    r"2(\.\d+)*": "2.0",
}

#: value: as it is; envs, secrets, configmaps: lists that are written otherwise; pod, file, sidecar: whole pods.
Kind = Literal["value", "envs", "secrets", "configmaps", "quantity", "mounts", "pod", "file", "sidecar"]

#: The container that Airflow runs a task in.
BASE: RawPath = ("spec", "containers", 0)

_METADATA: RawPath = ("metadata",)
_SPEC: RawPath = ("spec",)
_REQUESTS: RawPath = (*BASE, "resources", "requests")
_LIMITS: RawPath = (*BASE, "resources", "limits")


class LegacyKey(NamedTuple):
    """One key: where its value goes, and from which Airflow on, and up to which, it was known."""

    name: str
    paths: tuple[RawPath, ...]
    kind: Kind = "value"
    since: str = "1.10.12"
    until: str = "2.0"
    #: What did not work in Airflow, and does here.
    broken: str = ""


_OLDEST = "1.10.3"
_OVERWRITTEN = "overwritten by the executor's own, until the provider 7.10.0"

#: In the order in which a pod is written.
KEYS: Mapping[str, LegacyKey] = {
    key.name: key
    for key in (
        LegacyKey("pod", ((),), "pod", until="1.10.15"),
        LegacyKey("name", ((*_METADATA, "name"),), broken=_OVERWRITTEN),
        LegacyKey("namespace", ((*_METADATA, "namespace"),), broken=_OVERWRITTEN),
        LegacyKey("labels", ((*_METADATA, "labels"),), since="1.10.4"),
        LegacyKey("annotations", ((*_METADATA, "annotations"),), since=_OLDEST),
        LegacyKey(
            "gcp_service_account_key",
            ((*_METADATA, "annotations", "iam.cloud.google.com/service-account"),),
            since=_OLDEST,
            broken="1.10.12 to 2.0: the dict was refused (TypeError)",
        ),
        LegacyKey("image", ((*BASE, "image"),), since=_OLDEST, broken="1.10.13 and 1.10.14: ignored"),
        LegacyKey("image_pull_policy", ((*BASE, "imagePullPolicy"),), since=_OLDEST),
        LegacyKey("cmds", ((*BASE, "command"),)),
        LegacyKey("args", ((*BASE, "args"),)),
        LegacyKey("envs", ((*BASE, "env"),), "envs"),
        LegacyKey("configmaps", ((*BASE, "envFrom"),), "configmaps", broken='the documented "a,b": one config map a letter'),
        LegacyKey("ports", ((*BASE, "ports"),)),
        LegacyKey("resources", ((*BASE, "resources"),), broken="1.10.12 to 1.10.15: a dict with one side was refused (KeyError)"),
        LegacyKey("request_cpu", ((*_REQUESTS, "cpu"),), "quantity", _OLDEST),
        LegacyKey("request_memory", ((*_REQUESTS, "memory"),), "quantity", _OLDEST),
        LegacyKey("request_ephemeral_storage", ((*_REQUESTS, "ephemeral-storage"),), "quantity", until="1.10.15"),
        LegacyKey("limit_cpu", ((*_LIMITS, "cpu"),), "quantity", _OLDEST, broken="1.10.3: lost without `request_cpu`"),
        LegacyKey("limit_memory", ((*_LIMITS, "memory"),), "quantity", _OLDEST, broken="1.10.3: lost without `request_memory`"),
        LegacyKey("limit_ephemeral_storage", ((*_LIMITS, "ephemeral-storage"),), "quantity", until="1.10.15"),
        LegacyKey("limit_gpu", ((*_LIMITS, "nvidia.com/gpu"),), "quantity", "1.10.4", "1.10.15"),
        LegacyKey("ephemeral-storage", ((*_REQUESTS, "ephemeral-storage"), (*_LIMITS, "ephemeral-storage")), "quantity", "2.0"),
        LegacyKey("volume_mounts", ((*BASE, "volumeMounts"),), "mounts", _OLDEST),
        LegacyKey("volumes", ((*_SPEC, "volumes"),), since=_OLDEST),
        LegacyKey("init_containers", ((*_SPEC, "initContainers"),)),
        LegacyKey("restart_policy", ((*_SPEC, "restartPolicy"),)),
        LegacyKey("image_pull_secrets", ((*_SPEC, "imagePullSecrets"),), "secrets"),
        LegacyKey("service_account_name", ((*_SPEC, "serviceAccountName"),)),
        LegacyKey("hostnetwork", ((*_SPEC, "hostNetwork"),), broken="false could not win over the template's true"),
        LegacyKey("dnspolicy", ((*_SPEC, "dnsPolicy"),)),
        LegacyKey("schedulername", ((*_SPEC, "schedulerName"),)),
        LegacyKey("priority_class_name", ((*_SPEC, "priorityClassName"),)),
        LegacyKey("node_selectors", ((*_SPEC, "nodeSelector"),), since=_OLDEST),
        LegacyKey("affinity", ((*_SPEC, "affinity"),), since=_OLDEST),
        LegacyKey("tolerations", ((*_SPEC, "tolerations"),), since=_OLDEST),
        LegacyKey("security_context", ((*_SPEC, "securityContext"),)),
        LegacyKey("pod_template_file", (), "file", until="1.10.15"),
        LegacyKey("extract_xcom", ((),), "sidecar"),
    )
}

#: The only key that counted beside `pod`.
WITH_POD = frozenset({"pod", "extract_xcom"})

#: The fields that 1.10.12 to 1.10.15 kept of a volume mount.
MOUNT_FIELDS = frozenset({"name", "mountPath", "subPath", "readOnly"})

#: Names that people take for a key, where their letters do not say which.
_MEANT = {
    "arguments": "args",
    "command": "cmds",
    "dns_policy": "dnspolicy",
    "env": "envs",
    "env_from": "configmaps",
    "env_vars": "envs",
    "environment": "envs",
    "host_network": "hostnetwork",
    "request_gpu": "limit_gpu",
    "scheduler_name": "schedulername",
    "service_account": "service_account_name",
}


def meaning_of(version: str) -> str | None:
    """
    Which of `VERSIONS`, or `LATEST`, an Airflow's version stands for; None where it is none of them.

    >>> meaning_of("2.0.2"), meaning_of("1.10.9"), meaning_of("1.10.15"), meaning_of("3.0")
    ('2.0', '1.10.4', '1.10.15', None)
    """
    if version == LATEST:
        return LATEST
    return next((same or version for form, same in _SAME_AS.items() if re.fullmatch(form, version, re.ASCII)), None)


def knows(version: str, key: LegacyKey) -> bool:
    """
    Whether that Airflow knew the key.

    >>> knows("2.0", KEYS["limit_gpu"]), knows(LATEST, KEYS["limit_gpu"])
    (False, True)
    """
    places = VERSIONS.index
    return version == LATEST or places(key.since) <= places(version) <= places(key.until)


def known_in(key: LegacyKey) -> str:
    """
    The Airflows that knew a key, for a sentence.

    >>> known_in(KEYS["image"]), known_in(KEYS["pod"]), known_in(KEYS["ephemeral-storage"])
    ('from 1.10.3 on', '1.10.12 to 1.10.15', 'from 2.0 on')
    """
    return f"from {key.since} on" if key.until == VERSIONS[-1] else f"{key.since} to {key.until}"


def meant(name: str) -> str | None:
    """
    The key that was probably meant.

    >>> meant("securityContext"), meant("env"), meant("toleration"), meant("xyz")
    ('security_context', 'envs', 'tolerations', None)
    """
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()
    return _MEANT[snake] if snake in _MEANT else close(snake, KEYS)
