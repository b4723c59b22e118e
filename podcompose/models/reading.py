"""What a model of the kubernetes client says, as wire JSON; nothing here imports the client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from podcompose.core.hints import close
from podcompose.core.json import DEPTH, Json, JsonMap, snapshot
from podcompose.errors import Finding, RawPath
from podcompose.models.layout import DISCRIMINATOR, LAYOUTS, SETTINGS, Layout, Shape, layout_of

__all__ = ["from_model", "is_model"]


def is_model(value: object) -> bool:
    """
    Whether `value` is a model of the kubernetes client, or of one generated alike (kubernetes_asyncio).

    >>> is_model({"kind": "Pod"})
    False
    """
    return layout_of(type(value)) is not None


def from_model(model: Any, found: list[Finding]) -> JsonMap:
    """
    The wire JSON that a model says, fresh; what it says that JSON or the client cannot is noted in `found`.

    None means "not set" wherever a field or a key of a map may stand, with every client; in a list it stays null, as all clients
    send it. (Of a null among labels, clients up to 36 make a null, which the API server reads as ""; 37 leaves it out.)
    A plain dict in a model's place is wire JSON whose keys may also be the client's attribute names, as 37 takes them.

    >>> from kubernetes.client import V1Container, V1Pod, V1PodSpec
    >>> from_model(V1Pod(spec=V1PodSpec(host_network=False, containers=[V1Container(name="base")])), [])
    {'spec': {'containers': [{'name': 'base'}], 'hostNetwork': False}}
    """
    wire: JsonMap = _read(model, None, (), found)
    return wire


def _read(value: Any, shape: Shape | None, path: RawPath, found: list[Finding]) -> Json:
    kind = type(value)
    if kind is bool or (kind is int and value.bit_length() < 64):
        return value
    if len(path) >= DEPTH or (found != [] and found[-1].code == "too-deep"):
        return _too_deep(path, found)
    if kind is list:
        return _read_list(value, shape, path, found)
    if kind is dict:
        return _read_map(value, shape, path, found)
    layout = layout_of(kind)
    if layout is not None:
        return _read_model(value, layout, path, found)
    if isinstance(value, (list, tuple)):
        return _read_list(value, shape, path, found)
    if isinstance(value, Mapping):
        return _read_map(value, shape, path, found)
    if isinstance(value, date) and shape is not None and shape.kind == "time":
        return value.isoformat()
    return _foreign(value, path, found)


def _read_model(model: Any, layout: Layout, path: RawPath, found: list[Finding]) -> JsonMap:
    if len(path) >= DEPTH or (found != [] and found[-1].code == "too-deep"):
        return _too_deep(path, found)
    fields = layout.fields
    wire: JsonMap = {}
    values = model.__dict__ if layout.stored else {name: getattr(model, name, None) for name in fields}
    for name, value in values.items():
        if value is None:
            continue
        field = fields.get(name)
        if field is None:
            if name != SETTINGS:
                _stray(name, layout, path, found)
        elif type(value) is str and value.isascii():
            wire[field[0]] = value
        elif type(value) in LAYOUTS:
            wire[field[0]] = _read_model(value, LAYOUTS[type(value)], (*path, field[0]), found)
        else:
            wire[field[0]] = _read(value, field[1], (*path, field[0]), found)
    return wire


def _read_list(values: Any, shape: Shape | None, path: RawPath, found: list[Finding]) -> list[Json]:
    inner = shape.of if shape is not None and shape.kind == "list" else None
    wire: list[Json] = []
    for value in values:
        if value is None or (type(value) is str and value.isascii()):
            wire.append(value)
        elif type(value) in LAYOUTS:
            wire.append(_read_model(value, LAYOUTS[type(value)], (*path, len(wire)), found))
        else:
            wire.append(_read(value, inner, (*path, len(wire)), found))
    return wire


def _read_map(values: Any, shape: Shape | None, path: RawPath, found: list[Finding]) -> JsonMap:
    """A plain map; where a model should be, what the model would say."""
    layout = shape.layout() if shape is not None and shape.kind == "model" else None
    inner = shape.of if shape is not None and shape.kind == "map" else None
    wire: JsonMap = {}
    for key, value in values.items():
        if value is None:
            continue
        name = key if type(key) is str and key.isascii() else next(iter(_foreign({key: None}, path, found)))
        if layout is not None:
            name = layout.attributes.get(name, name)
            inner = layout.wires.get(name, ("", None))[1]
            if name in wire:
                _note(found, "repeated-key", (*path, name), f"`{name}` is set twice, once by its attribute name", None)
        wire[name] = value if type(value) is str and value.isascii() else _read(value, inner, (*path, name), found)
    return wire


def _stray(name: str, layout: Layout, path: RawPath, found: list[Finding]) -> None:
    """Note an attribute that somebody set on a model of clients up to 36, which take any and send only their own."""
    if name[:1] == "_" or name == DISCRIMINATOR:
        return
    guess = close(name, layout.attributes)
    message = f"a {layout.model.__name__} has no attribute `{name:.60}`, so the client would not send it"
    _note(found, "unknown-field", (*path, name), message, None if guess is None else f"did you mean `{guess}`?")


def _note(found: list[Finding], code: str, raw: RawPath, message: str, suggestion: str | None) -> None:
    found.append(Finding(code, "", message, suggestion, raw, at_key=True))


def _too_deep(path: RawPath, found: list[Finding]) -> JsonMap:
    if found != [] and found[-1].code == "too-deep":
        return {}  # what holds itself twice has no end: nothing more is looked at
    _note(found, "too-deep", path[:4], f"more than {DEPTH} maps and lists inside each other, or one that holds itself", None)
    return {}


def _foreign(value: object, path: RawPath, found: list[Finding]) -> Json:
    """What `snapshot` makes of a value that is no model, its findings placed below `path`."""
    own: list[Finding] = []
    plain = snapshot(value, own)
    found.extend(finding._replace(raw=(*path, *finding.raw)) for finding in own)
    return plain
