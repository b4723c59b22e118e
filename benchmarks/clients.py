"""The installed kubernetes client's own conversions, by its public methods."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from kubernetes.client import ApiClient

from benchmarks import pods

__all__ = ["conversions", "make_pod", "read_pod", "read_pods"]

_CLIENT: Any = ApiClient()
_TAKES_TEXT = "content_type" in inspect.signature(ApiClient.deserialize).parameters


def _deserialize(text: str) -> Any:
    if _TAKES_TEXT:
        return _CLIENT.deserialize(text, "V1Pod", "application/json")
    return _CLIENT.deserialize(SimpleNamespace(data=text), "V1Pod")


def make_pod(manifest: Any) -> Any:
    """A V1Pod, by the client itself."""
    return _deserialize(json.dumps(manifest))


def read_pod(pod: Any) -> Any:
    """A V1Pod's wire form, by the client itself."""
    return _CLIENT.sanitize_for_serialization(pod)


def conversions(template: Any, override: Any, composed: Any, hooked: Any) -> Callable[[], Any]:
    """
    The bare cost: what the client needs for the same way, with a merge that costs nothing in the middle.

    Template and override to wire form; the hook's pod made, changed, and back to wire form; the result made.
    """
    for_the_hook, result = json.dumps(composed), json.dumps(hooked)

    def convert() -> Any:
        read_pod(template), read_pod(override)
        pod = _deserialize(for_the_hook)
        pods.hook(pod)
        read_pod(pod)
        return _deserialize(result)

    return convert


def read_pods(text: bytes) -> Any:
    """The pods of a LIST, typed, by the client itself."""
    if _TAKES_TEXT:
        return _CLIENT.deserialize(text.decode(), "V1PodList", "application/json").items
    return _CLIENT.deserialize(SimpleNamespace(data=text.decode()), "V1PodList").items
