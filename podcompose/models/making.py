"""
A `V1Pod` of the installed kubernetes client, to wire JSON and back; the only importer of the client's models.

Importing this module does not import the client; making a model does.
"""

from __future__ import annotations

import copy as shallow
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from podcompose.core.json import Json, JsonMap, copy
from podcompose.core.path import Key, Path, format_path
from podcompose.errors import ModelError, Problem, RawPath
from podcompose.models.layout import SETTINGS, Layout, Shape, layout_of
from podcompose.models.reading import from_model, is_model
from podcompose.schema.pod import POD

__all__ = ["client_version", "from_model", "is_model", "lend", "to_model"]


def client_version() -> str:
    """
    The version of the installed kubernetes client.

    >>> int(client_version().partition(".")[0]) >= 28
    True
    """
    from importlib.metadata import version  # 30 ms, for whoever asks

    return version("kubernetes")


def to_model(manifest: JsonMap, *, drop: bool = False) -> Any:
    """
    A fresh `V1Pod` of the installed client that holds `manifest`, which need not be a complete pod.

    Raises: ModelError: the client has no such field (every one is named), unless `drop` says to leave those out.
    Laws:   `from_model(to_model(m), []) == m`, but for nulls, and for timestamps, which come back as the client spells them.

    >>> to_model({"spec": {"hostNetwork": False}}).spec.host_network
    False
    """
    making = _Making()
    pod = _make(manifest, making.root, making)
    if making.lost and not drop:
        raise _too_old(_unheld(manifest, Shape("model", None, lambda: making.root), ()), manifest)
    return pod


def lend(manifest: JsonMap) -> tuple[Any, JsonMap]:
    """
    A pod for a hook to change, and what it shows of `manifest`: `from_model` of it, or `manifest` itself where that is the same.

    >>> pod, seen = lend({"spec": {"newerThanTheClient": 1, "hostNetwork": True}})
    >>> seen
    {'spec': {'hostNetwork': True}}
    """
    making = _Making()
    pod = _make(manifest, making.root, making)
    return pod, manifest if making.exact else from_model(pod, [])


class _Making:
    """One pod in the making: what its models share, and what was met on the way."""

    __slots__ = ("exact", "lost", "root", "settings")

    def __init__(self) -> None:
        from kubernetes.client import models

        root = layout_of(models.V1Pod)
        assert root is not None
        self.root = root
        self.settings = None if root.pydantic else _settings()
        #: Whether a value has no place in the client's models.
        self.lost = False
        #: Whether reading the pod would give what it was made of.
        self.exact = True


def _make(manifest: JsonMap, layout: Layout, making: _Making) -> Any:
    """A model as its class would have made it, had it not looked at the values."""
    values, wires = layout.blank.copy(), layout.wires
    for wire, value in manifest.items():
        field = wires.get(wire)
        if field is None:
            making.exact = False
            making.lost = making.lost or value is not None
        elif field[1] is None:
            values[field[0]] = value if type(value) is str else _plain(value, making)
        else:
            values[field[0]] = _fill(value, field[1], making)
    model: Any = _new(layout.model)
    if layout.pydantic:
        _set(model, "__dict__", values)
        _set(model, "__pydantic_fields_set__", set(values))
        _set(model, "__pydantic_extra__", None)
        _set(model, "__pydantic_private__", None)
    else:
        values[SETTINGS] = making.settings
        model.__dict__ = values
    return model


_new, _set = object.__new__, object.__setattr__


def _fill(value: Json, shape: Shape, making: _Making) -> Any:
    kind, (of, inner, layout) = type(value), shape
    if kind is dict and of == "model":
        return _make(value, layout(), making)
    if kind is list and inner is not None and of == "list":
        if inner.kind != "model":
            return [_fill(entry, inner, making) for entry in value]
        element = inner.layout()
        return [_make(entry, element, making) if type(entry) is dict else _fill(entry, inner, making) for entry in value]
    if kind is dict and inner is not None and of == "map":
        return {name: _fill(entry, inner, making) for name, entry in value.items()}
    making.exact = False
    return _time(value) if kind is str and of == "time" else copy(value)


def _plain(value: Json, making: _Making) -> Json:
    """A copy of what the client keeps as it is; reading it back leaves out nulls, so a null may be nowhere in it."""
    kind = type(value)
    entries = value.values() if kind is dict else value if kind is list else ()
    if value is None or not all(type(entry) is str for entry in entries):
        making.exact = False
    if kind is dict:
        # The clients hold maps of text: a quantity that was written as a number (nvidia.com/gpu: 1) is text there.
        return {name: str(entry) if type(entry) in (int, float) else copy(entry) for name, entry in value.items()}
    return copy(value)


#: The client's own parsers also take "10", which one reads as the tenth of this month, another as ten seconds past 1970.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _time(text: str) -> datetime | str:
    """The datetime that the client would make of a timestamp; the text itself where it is none."""
    if _RFC3339.fullmatch(text) is None:
        return text
    try:
        return _time_parser()(text)
    except (ValueError, OverflowError):
        return text


@cache
def _time_parser() -> Callable[[str], datetime]:
    from kubernetes.client import models

    if hasattr(models.V1Pod, "__pydantic_fields__"):
        from pydantic import TypeAdapter

        return TypeAdapter(datetime).validate_python
    from dateutil.parser import parse

    return parse


def _settings() -> Any:
    """What every model of clients up to 36 carries: one for each pod, as cheap as can be, and never one that cannot be pickled."""
    from kubernetes.client import Configuration

    settings = shallow.copy(_default_settings())
    default = getattr(Configuration, "_default", None)
    if default is not None:
        settings.client_side_validation = default.client_side_validation
    return settings


@cache
def _default_settings() -> Any:
    from kubernetes.client import Configuration

    return Configuration()


def _unheld(value: Json, shape: Shape, path: RawPath) -> Iterator[RawPath]:
    """Where the fields stand that the client does not have."""
    kind = type(value)
    if kind is dict and shape.kind == "model":
        wires = shape.layout().wires
        for name, entry in value.items():
            if name not in wires and entry is not None:
                yield (*path, name)
            inner = wires.get(name, ("", None))[1]
            if inner is not None:
                yield from _unheld(entry, inner, (*path, name))
    elif shape.of is not None and kind in (dict, list):
        for step, entry in value.items() if kind is dict else enumerate(value):
            yield from _unheld(entry, shape.of, (*path, step))


def _too_old(lost: Iterator[RawPath], manifest: JsonMap) -> ModelError:
    message = f"the installed kubernetes client {client_version()} has no such field"
    suggestion = "install a newer client, use the manifest instead of the pod, or ask to drop the field"
    paths = (format_path(_address(raw, manifest)) for raw in lost)
    return ModelError(Problem("client-too-old", path, message, suggestion=suggestion) for path in paths)


def _address(raw: RawPath, manifest: JsonMap) -> Path:
    """Where a raw path leads, the elements of keyed lists by their keys."""
    address: list[str | int | Key] = []
    value: Json = manifest
    struct, names = POD.root, tuple[str, ...]()
    for step in raw:
        value = value[step]
        if isinstance(step, int):
            key = tuple((name, value[name]) for name in names if name in value)
            address.append(Key(key) if key != () else step)
            continue
        address.append(step)
        field = POD.types.get(struct, {}).get(step)
        struct, names = ("", ()) if field is None else (field.of, field.keys)
    return tuple(address)
