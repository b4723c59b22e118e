"""What Airflow makes of an executor_config where it stores one, in its database and its serialized DAGs, and back."""

from __future__ import annotations

from typing import Any

from podcompose.core.json import DEPTH

__all__ = ["unserialized"]

_MODELS = "kubernetes.client.models."


def unserialized(value: Any, depth: int = DEPTH) -> Any:
    """
    A value without the envelopes that Airflow's serialization puts around maps and pods; anything else as it is.

    Source: airflow.serialization.serialized_objects.BaseSerialization (`__type`, `__var`); airflow.sdk.serde (`__classname__`).

    >>> unserialized({"__type": "dict", "__var": {"pod_override": {"__type": "k8s.V1Pod", "__var": {"spec": {}}}}})
    {'pod_override': {'spec': {}}}
    """
    if type(value) is list and 0 < depth < DEPTH:
        return [unserialized(entry, depth - 1) for entry in value]
    if type(value) is not dict or depth == 0:
        return value
    kind, inner = value.get("__type"), value.get("__var")
    if kind == "dict" and type(inner) is dict:
        return {name: unserialized(entry, depth - 1) for name, entry in inner.items()}
    if kind in ("tuple", "set") and type(inner) is list:
        return [unserialized(entry, depth - 1) for entry in inner]
    if kind == "k8s.V1Pod":
        return inner
    return value["__data__"] if str(value.get("__classname__")).startswith(_MODELS) and "__data__" in value else value
