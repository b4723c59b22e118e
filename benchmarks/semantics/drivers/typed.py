"""Models of the Kubernetes client, as people make them: keyword by keyword in Python, or from YAML as a scheduler reads a file."""

from __future__ import annotations

import json
import re
from typing import Any

from kubernetes import client
from lines import Refusal

__all__ = ["constructed", "manifest_of", "parsed", "served"]

_CLIENT = client.ApiClient()
#: What a model cannot be made without, and the least that people write there who have no wish about it.
_LEAST: dict[str, dict[str, Any]] = {"V1PodSpec": {"containers": []}}


class _Response:
    """What the client's `deserialize` takes for an answer."""

    def __init__(self, value: Any) -> None:
        self.data = json.dumps(value)


def parsed(manifest: Any, kind: str = "V1Pod") -> Any:
    """A model as a scheduler reads it from a file: by the client's deserialiser, which passes over what it does not know."""
    return _CLIENT.deserialize(_Response(manifest), kind)


def manifest_of(model: Any) -> Any:
    """Its wire JSON, as it would be sent."""
    return _CLIENT.sanitize_for_serialization(model)


def served(value: Any, kind: str = "V1Pod") -> Any:
    """As an API server reads it: in a map of texts null is an empty text; everywhere else it is as good as absent, and stays."""
    listed = re.fullmatch(r"[lL]ist\[(.*)\]", kind)
    if listed is not None and isinstance(value, list):
        return [served(each, listed[1]) for each in value]
    if not isinstance(value, dict):
        return value
    if kind in ("dict(str, str)", "dict[str, str]", "Dict[str, str]"):
        return {name: "" if each is None else each for name, each in value.items()}
    model = getattr(client, kind, None)
    kinds = {} if model is None else {wire: model.openapi_types[name] for name, wire in model.attribute_map.items()}
    return {name: served(each, kinds.get(name, "object")) for name, each in value.items()}


def constructed(manifest: Any, kind: str = "V1Pod") -> Any:
    """A model as a user writes it: `V1Pod(spec=V1PodSpec(...))`; an unknown keyword or a value refused is the client's refusal."""
    return _value(manifest, kind)


def _value(value: Any, kind: str) -> Any:
    listed = re.fullmatch(r"[lL]ist\[(.*)\]", kind)
    mapped = re.fullmatch(r"dict\(str, (.*)\)|[dD]ict\[str, (.*)\]", kind)
    if value is None:
        return None
    if listed is not None:
        return [_value(each, listed[1]) for each in value] if isinstance(value, list) else value
    if mapped is not None:
        return {name: _value(each, mapped[1] or mapped[2]) for name, each in value.items()} if isinstance(value, dict) else value
    model = getattr(client, kind, None)
    if model is None or not isinstance(value, dict):
        return value
    return _model(value, model)


def _model(value: dict[str, Any], model: Any) -> Any:
    keywords = {wire: name for name, wire in model.attribute_map.items()}
    given = {
        keywords.get(wire, _snake(wire)): _value(each, model.openapi_types.get(keywords.get(wire), "object"))
        for wire, each in value.items()
    }
    try:
        return model(**{**_LEAST.get(model.__name__, {}), **given})
    except (TypeError, ValueError) as error:
        raise Refusal(f"{type(error).__name__}: {error}") from None


def _snake(name: str) -> str:
    """How somebody writes in Python what he has in mind as `name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
