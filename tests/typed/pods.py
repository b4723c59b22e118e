"""Pods for the typed edge: a plain one, one with every field of the schema, and a strategy for any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from podcompose.core.schema import Field
from podcompose.schema.pod import POD

TIME = "2026-01-02T03:04:05Z"

WORKER: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker", "namespace": "", "labels": {"app": "x", "tier": ""}, "annotations": {}},
    "spec": {
        "hostNetwork": False,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "nodeSelector": {"disk": "ssd"},
        "securityContext": {"runAsUser": 0, "supplementalGroups": []},
        "initContainers": [{"name": "sync", "image": "sync:1", "volumeMounts": [{"name": "dags", "mountPath": "/dags"}]}],
        "containers": [
            {
                "name": "base",
                "image": "worker:1",
                "args": [],
                "env": [{"name": "A", "value": ""}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 5},
                "ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}],
                "resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}},
                "volumeMounts": [{"name": "dags", "mountPath": "/dags", "readOnly": True}],
            },
        ],
        "tolerations": [{"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}],
        "volumes": [{"name": "dags", "emptyDir": {}}],
    },
}

_SAMPLES: dict[str, Any] = {
    "string": "text",
    "boolean": False,
    "int32": 0,
    "int64": 2**40,
    "IntOrString": "80%",
    "Quantity": "500m",
    "Time": TIME,
    "MicroTime": TIME,
}

_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a", "b", "éß", "\U0001f600"]),
    "boolean": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1) | st.just(0),
    "int64": st.integers(-(2**63), 2**63 - 1) | st.just(0),
    "IntOrString": st.sampled_from([0, 8080, "", "http"]),
    "Quantity": st.sampled_from(["0", "500m", "1Gi"]),
    "Time": st.just(TIME),
    "MicroTime": st.just(TIME),
}


def full(struct: str = POD.root) -> dict[str, Any]:
    """A struct in which every field is set."""
    return {name: _sample(field) for name, field in POD.types[struct].items()}


def _sample(field: Field) -> Any:
    value = full(field.of) if field.is_struct else _SAMPLES[field.of]
    return {"list": [value], "map": {"key": value}}.get(field.kind, value)


@st.composite
def pods(draw: st.DrawFn, struct: str = POD.root) -> dict[str, Any]:
    """Some fields of a struct, and some of theirs, falsy values and all."""
    fields = POD.types[struct]
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True)) if fields else []
    return {name: draw(_field(fields[name])) for name in names}


def _field(field: Field) -> st.SearchStrategy[Any]:
    value = pods(field.of) if field.is_struct else _SCALARS[field.of]
    if field.kind == "map":
        return st.dictionaries(st.sampled_from(["", "a", "b"]), value, max_size=2)
    return st.lists(value, max_size=3) if field.kind == "list" else value


def without(value: Any, gone: frozenset[str]) -> Any:
    """`value` without the fields of these names."""
    if isinstance(value, dict):
        return {name: without(entry, gone) for name, entry in value.items() if name not in gone}
    return [without(entry, gone) for entry in value] if isinstance(value, list) else value
