"""A manifest as the Python that makes it: the `pod_override` to paste in place of a legacy dict."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from podcompose.core.json import Json, JsonMap, same
from podcompose.models import from_model
from podcompose.models.layout import Layout, Shape, layout_of

__all__ = ["override_source"]

_WIDTH = 100


class _Call(NamedTuple):
    """A model of the client in the making: its class, its arguments, and the model itself, which proves that they are right."""

    name: str
    arguments: dict[str, Any]
    model: Any


class _CannotError(Exception):
    """The installed client has no model for something."""


def override_source(manifest: JsonMap) -> str:
    """
    The Python of an executor_config whose pod_override says what the manifest does, for the installed kubernetes client.

    A pod that its models cannot hold, or do not take half-said, is written as a mapping. The client wants every spec to have
    containers: one that says nothing of them gets an empty list.

    >>> print(override_source({"spec": {"hostNetwork": False}}), end="")
    from kubernetes.client import models as k8s
    <BLANKLINE>
    executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[], host_network=False))}
    """
    from kubernetes.client import models

    complete = _with_containers(manifest)
    layout = layout_of(models.V1Pod)
    try:
        pod = _call(complete, layout)
    except _CannotError:
        return f"executor_config={_text({'pod_override': manifest}, 0, 16)}\n"
    if not same(from_model(pod.model, []), complete):
        return f"executor_config={_text({'pod_override': manifest}, 0, 16)}\n"
    return f"from kubernetes.client import models as k8s\n\nexecutor_config={_text({'pod_override': pod}, 0, 16)}\n"


def _with_containers(manifest: JsonMap) -> JsonMap:
    spec = manifest.get("spec")
    return manifest | {"spec": {"containers": [], **spec}} if type(spec) is dict else manifest


def _call(manifest: JsonMap, layout: Layout | None) -> _Call:
    """The call that makes a model, tried on the spot."""
    if layout is None:
        raise _CannotError
    attributes = {wire: attribute for attribute, wire in layout.attributes.items()}
    if not manifest.keys() <= attributes.keys():
        raise _CannotError
    arguments = {attributes[wire]: _node(value, layout.wires[wire][1]) for wire, value in manifest.items()}
    try:
        model = layout.model(**{name: _made(node) for name, node in arguments.items()})
    except Exception as error:  # each generation of the client refuses in its own way
        raise _CannotError from error
    return _Call(layout.model.__name__, arguments, model)


def _node(value: Json, shape: Shape | None) -> Any:
    if shape is not None and shape.kind == "model" and type(value) is dict:
        return _call(value, shape.layout())
    if shape is not None and type(value) is list:
        return [_node(entry, shape.of) for entry in value]
    return value


def _made(node: Any) -> Any:
    if isinstance(node, _Call):
        return node.model
    return [_made(entry) for entry in node] if type(node) is list else node


def _text(node: Any, indent: int, taken: int) -> str:
    """A node as source: in one line if it fits behind what the line holds already, else an entry a line."""
    flat = _flat(node)
    if indent + taken + len(flat) <= _WIDTH or flat[-1:] not in ")]}" or flat[-2:] in ("()", "[]", "{}"):
        return flat
    inner = " " * (indent + 4)
    lines = (f"{inner}{lead}{_text(entry, indent + 4, len(lead) + 1)},\n" for lead, entry in _entries(node))
    opening = f"k8s.{node.name}(" if isinstance(node, _Call) else flat[0]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{flat[-1]}"


def _flat(node: Any) -> str:
    inner = ", ".join(f"{lead}{_flat(entry)}" for lead, entry in _entries(node))
    if isinstance(node, _Call):
        return f"k8s.{node.name}({inner})"
    if type(node) is dict:
        return f"{{{inner}}}"
    if type(node) is list:
        return f"[{inner}]"
    return json.dumps(node, ensure_ascii=False) if type(node) is str else repr(node)


def _entries(node: Any) -> list[tuple[str, Any]]:
    """What stands in a call, a dict or a list, each with what is written before it."""
    if isinstance(node, _Call):
        return [(f"{name}=", entry) for name, entry in node.arguments.items()]
    if type(node) is dict:
        return [(f"{json.dumps(name, ensure_ascii=False)}: ", entry) for name, entry in node.items()]
    return [("", entry) for entry in node] if type(node) is list else []
