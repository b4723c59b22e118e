"""What may stand in an old executor_config, as wire JSON: maps, the client's models, Airflow's own classes, in any mixture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from podcompose.core.json import DEPTH, SIZE, Json, snapshot, without_nulls
from podcompose.errors import Finding, RawPath
from podcompose.intake import read_model
from podcompose.models import is_model
from podcompose.schema.pod import POD

__all__ = ["spelled", "wire"]

#: The classes of airflow.kubernetes that stood for a part of a pod: their attributes, and how the wire spells them.
_OWN = {
    "VolumeMount": {"name": "name", "mount_path": "mountPath", "sub_path": "subPath", "read_only": "readOnly"},
    "Port": {"name": "name", "container_port": "containerPort"},
    "Volume": {"name": "name", "configs": ""},
}


def wire(value: object, found: list[Finding]) -> Json:
    """
    A value as wire JSON that shares nothing with it, without nulls in maps: in Airflow, None is not given.

    A None in a list is a finding: Kubernetes makes an empty entry of it, which nobody means.

    >>> wire([{"name": "a", "subPath": None}], [])
    [{'name': 'a'}]
    """
    plain = without_nulls(snapshot(_untyped(value, (), found, [SIZE]), found))
    found += _nulls(plain, ()) if found == [] else ()
    return plain


def _nulls(value: Json, path: RawPath) -> Iterator[Finding]:
    if value is None and path != ():
        yield Finding("wrong-type", "", "None in a list", "take it out", path)
    elif type(value) in (dict, list):
        for step, entry in value.items() if type(value) is dict else enumerate(value):
            yield from _nulls(entry, (*path, step))


def _untyped(value: Any, path: RawPath, found: list[Finding], left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or len(path) > DEPTH:
        return value
    if is_model(value):
        own: list[Finding] = []
        manifest = read_model(value, own)
        found.extend(finding._replace(raw=(*path, *finding.raw)) for finding in own)
        return manifest
    value = _owned(value)
    if isinstance(value, Mapping):
        return {key: _untyped(entry, (*path, key), found, left) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_untyped(entry, (*path, place), found, left) for place, entry in enumerate(value)]
    return value


def _owned(value: Any) -> Any:
    """One of Airflow's own as a map; a map of anyone's as a plain one, if its code lets us; anything else as it is."""
    try:
        if isinstance(value, Mapping):
            return dict(value.items())
        names = _OWN.get(type(value).__name__)
        if names is None or not all(hasattr(value, attribute) for attribute in names):
            return value
        return {name: getattr(value, attribute) for attribute, name in names.items() if name != ""} | (
            dict(value.configs) if "configs" in names else {}
        )
    except Exception:  # a stranger's code: `snapshot` says that it cannot be read
        return value


def spelled(value: Json, struct: str = POD.root) -> Json:
    """
    Wire JSON of a type of the schema with its quantities as text, as the client's models hold them.

    >>> spelled({"limits": {"cpu": 1, "nvidia.com/gpu": "1"}}, "ResourceRequirements")
    {'limits': {'cpu': '1', 'nvidia.com/gpu': '1'}}
    """
    kind = type(value)
    if kind is list:
        return [spelled(entry, struct) for entry in value]
    if struct == "Quantity":
        return {name: spelled(entry, struct) for name, entry in value.items()} if kind is dict else _text(value)
    fields = POD.types.get(struct)
    if kind is not dict or fields is None:
        return value
    return {name: spelled(entry, fields[name].of) if name in fields else entry for name, entry in value.items()}


def _text(value: Json) -> Json:
    return str(value) if type(value) in (int, float) else value
