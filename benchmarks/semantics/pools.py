"""What the generated pods and their overrides are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ANNOTATIONS",
    "ATOMIC_OF_MAIN",
    "ATOMIC_OF_POD",
    "CONTAINER_FIELDS",
    "LABELS",
    "OF_MAIN",
    "OF_POD",
    "POD_FIELDS",
    "SIDECARS",
    "STARTERS",
    "VARIABLES",
    "VOLUMES",
]

#: What a template has.
VARIABLES: tuple[Any, ...] = (
    {"name": "MODE", "value": "batch"},
    {"name": "HOME_DIR", "value": "/srv"},
    {"name": "CACHE", "value": "$(HOME_DIR)/cache"},
    {"name": "EMPTY", "value": ""},
    {"name": "LANG", "value": "C.UTF-8"},
    {"name": "GREETING", "value": "Grüße, ☃"},
    {"name": "JSON", "value": '{"a": [1, 2]}'},
    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "api"}}},
    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level", "optional": True}}},
)
VOLUMES: tuple[Any, ...] = (
    {"name": "work", "emptyDir": {}},
    {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
    {"name": "config", "configMap": {"name": "settings", "defaultMode": 420}},
    {"name": "keys", "secret": {"secretName": "keys", "optional": False}},
    {"name": "data", "persistentVolumeClaim": {"claimName": "data", "readOnly": True}},
)
LABELS = {"app": "etl", "team": "data", "app.kubernetes.io/name": "job", "tier": "batch"}
ANNOTATIONS = {"note": "nightly run", "prometheus.io/scrape": "false", "empty": "", "json": '{"b": {"c": null}}'}
SIDECARS: tuple[Any, ...] = (
    {"name": "log", "image": "fluent-bit:3.1", "args": ["-c", "/etc/fluent.conf"], "env": [{"name": "LEVEL", "value": "info"}]},
    {
        "name": "proxy",
        "image": "envoy:1.30",
        "ports": [{"name": "admin", "containerPort": 9901}],
        "resources": {"limits": {"cpu": "200m"}},
    },
)
STARTERS: tuple[Any, ...] = (
    {
        "name": "fetch",
        "image": "git-sync:4.2",
        "env": [{"name": "GITSYNC_REF", "value": "main"}, {"name": "GITSYNC_DEPTH", "value": "1"}],
    },
    {"name": "wait", "image": "busybox:1.36", "command": ["sh", "-c", "sleep 1"]},
)
CONTAINER_FIELDS: Mapping[str, Any] = {
    "command": ["python", "-m", "job"],
    "args": ["--date", "2026-01-01", "--dry-run"],
    "workingDir": "/srv",
    "imagePullPolicy": "IfNotPresent",
    "ports": [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 5353, "protocol": "UDP"}],
    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    "securityContext": {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    },
    "livenessProbe": {"httpGet": {"path": "/healthz", "port": "http"}, "initialDelaySeconds": 0, "periodSeconds": 20},
    "readinessProbe": {"tcpSocket": {"port": 8080}, "failureThreshold": 5},
    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
    "envFrom": [{"configMapRef": {"name": "common"}}, {"prefix": "DB_", "secretRef": {"name": "database", "optional": True}}],
    "tty": False,
}
POD_FIELDS: Mapping[str, Any] = {
    "restartPolicy": "Never",
    "serviceAccountName": "runner",
    "nodeSelector": {"pool": "workers", "disk": "ssd"},
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"}],
    "securityContext": {
        "runAsUser": 1000,
        "fsGroup": 2000,
        "supplementalGroups": [3000],
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "automountServiceAccountToken": False,
    "terminationGracePeriodSeconds": 0,
    "enableServiceLinks": False,
    "imagePullSecrets": [{"name": "registry"}, {"name": "mirror"}],
    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["db"]}, {"ip": "10.0.0.2", "hostnames": ["queue", "mq"]}],
    "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "etl"}},
        }
    ],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "arch", "operator": "In", "values": ["amd64", "arm64"]}]}]
            }
        }
    },
    "schedulerName": "batch",
    "activeDeadlineSeconds": 3600,
}

#: What an override says of the pod and of its first container; `ATOMIC`, of lists that are replaced whole.
OF_POD: Mapping[str, Any] = {
    "serviceAccountName": "other",
    "automountServiceAccountToken": True,
    "terminationGracePeriodSeconds": 30,
    "hostNetwork": True,
    "securityContext": {"runAsUser": 0, "runAsNonRoot": False},
    "schedulerName": "other",
    "imagePullSecrets": [{"name": "private"}],
    "hostAliases": [{"ip": "10.0.0.3", "hostnames": ["cache"]}],
}
OF_MAIN: Mapping[str, Any] = {
    "workingDir": "/tmp",
    "imagePullPolicy": "Always",
    "tty": True,
    "securityContext": {"readOnlyRootFilesystem": True, "runAsUser": 0},
    "ports": [{"name": "metrics", "containerPort": 9090}],
    "terminationMessagePath": "/dev/stderr",
}
ATOMIC_OF_POD: Mapping[str, Any] = {
    "tolerations": [{"key": "spot", "operator": "Exists"}],
    "dnsConfig": {"options": [{"name": "timeout", "value": "1"}]},
}
ATOMIC_OF_MAIN: Mapping[str, Any] = {
    "args": ["--all"],
    "command": ["bash", "-c", "true"],
    "securityContext": {"capabilities": {"drop": []}},
    "envFrom": [{"secretRef": {"name": "only"}}],
}
