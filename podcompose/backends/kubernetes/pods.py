"""Requests about one pod, and what is read from a pod that was answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import quote

from podcompose.backends.kubernetes.effects import Ambiguous, Answer, NotSent, Request
from podcompose.core.json import JsonMap
from podcompose.run.moments import instant
from podcompose.run.records import PodRef

__all__ = ["Asking", "annotations_of", "created_at", "delete", "get", "listing", "patch", "pod_of", "post", "ref_of"]

Asking: TypeAlias = Callable[[float], Request]
"""A request, once it is known how many seconds it may take."""


def post(namespace: str, body: bytes, *, dry_run: bool, field_validation: str | None) -> Asking:
    """Make a pod."""
    asked = {"dryRun": "All" if dry_run else None, "fieldValidation": field_validation}
    query = tuple((name, value) for name, value in asked.items() if value is not None)
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
    return lambda timeout_s: Request("POST", path, query, body, timeout_s=timeout_s)


def get(namespace: str, name: str) -> Asking:
    """Read a pod, as it is now: not from the server's cache."""
    return lambda timeout_s: Request("GET", _path(namespace, name), timeout_s=timeout_s)


def listing(namespace: str, label: str, token: str = "", since: str = "") -> Asking:
    """
    Read a page of the pods that have a label of this name, as they are now; `token` is where the page before ended.

    With `since` it is as they were then, or later: the server answers from memory, and asks nobody.
    """
    later = (("resourceVersion", since), ("resourceVersionMatch", "NotOlderThan")) if since != "" and token == "" else ()
    query = (("labelSelector", label), ("limit", "500"), *later, *((("continue", token),) if token != "" else ()))
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
    return lambda timeout_s: Request("GET", path, query, timeout_s=timeout_s)


def patch(ref: PodRef, metadata: Mapping[str, Any]) -> Asking:
    """Change the metadata of this very pod: a namesake with another uid is a conflict."""
    body = json.dumps({"metadata": {"uid": ref.uid, **metadata}}).encode()
    path = _path(ref.namespace, ref.name)
    return lambda timeout_s: Request("PATCH", path, (), body, "application/merge-patch+json", timeout_s)


def delete(ref: PodRef, grace_s: int | None) -> Asking:
    """Delete this very pod; None: with the grace that it names itself."""
    options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": ref.uid}}
    if grace_s is not None:
        options["gracePeriodSeconds"] = grace_s
    body, path = json.dumps(options).encode(), _path(ref.namespace, ref.name)
    return lambda timeout_s: Request("DELETE", path, (), body, timeout_s=timeout_s)


def _path(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(name, safe='')}"


def pod_of(result: Answer | NotSent | Ambiguous) -> JsonMap | None:
    """The pod that was answered; None if it was something else."""
    if not isinstance(result, Answer) or not 200 <= result.status < 300:
        return None
    value = result.json
    metadata = value.get("metadata")
    return value if type(metadata) is dict and type(metadata.get("name")) is str and value.get("kind") == "Pod" else None


def ref_of(pod: JsonMap, namespace: str) -> PodRef:
    """Which pod it is. A pod that was not made (a dry run) may have no uid."""
    metadata = pod["metadata"]
    return PodRef(metadata.get("namespace", namespace), metadata["name"], metadata.get("uid", ""))


def annotations_of(pod: JsonMap) -> JsonMap:
    """Its annotations; {} if it has none."""
    found = pod["metadata"].get("annotations")
    return found if type(found) is dict else {}


def created_at(pod: JsonMap) -> datetime | None:
    """When the server made it, to the second."""
    return instant(pod["metadata"].get("creationTimestamp"))
