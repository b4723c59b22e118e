"""Parts of a manifest that know which options they came from, and what they become together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from podcompose.airflow.migration.reading import Given
from podcompose.airflow.migration.secrets import data_keys
from podcompose.core.json import Json, JsonMap
from podcompose.core.path import Key, Path, format_path
from podcompose.errors import RawPath

__all__ = ["Part", "Pod", "assembled", "compact", "place"]


class Part(NamedTuple):
    """A value, or a map or list that holds more parts, and the options that it came from."""

    value: Any
    of: tuple[Given, ...] = ()
    #: Where the value is a secret: the key that it should have in the Secret.
    sealed: str | None = None


class Pod(NamedTuple):
    """A pod, the options that each place came from, and the secrets that it refers to by their keys."""

    manifest: JsonMap
    origins: Mapping[RawPath, tuple[Given, ...]]
    sealed: Mapping[str, Given]
    #: The name of that Secret.
    secret: str


def compact(**fields: Any) -> dict[str, Any]:
    """
    The fields that are there: a part that is None, or an empty map or list, is none.

    >>> compact(labels={}, name="x")
    {'name': 'x'}
    """
    return {name: value for name, value in fields.items() if value is not None and value != {} and value != []}


def assembled(pod: Mapping[str, Any], secret: str) -> Pod:
    """A pod out of its parts; each secret becomes a reference to a key of the Secret of that name."""
    placed = list(_walk(pod, ()))
    keys = data_keys((part.sealed, part.of[0]) for _, part in placed if part.sealed is not None)
    origins = {path: part.of for path, part in placed if part.of != ()}
    return Pod(_plain(pod, secret, keys), origins, {key: given for given, key in keys.items()}, secret)


def _walk(value: Any, path: RawPath) -> Iterator[tuple[RawPath, Part]]:
    if isinstance(value, Part):
        yield path, value
        yield from _walk(value.value, path)
    else:
        for key, inner in _inside(value):
            yield from _walk(inner, (*path, key))


def _inside(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _plain(value: Any, secret: str, keys: Mapping[Given, str]) -> Any:
    if isinstance(value, Part):
        if value.sealed is not None:
            return {"secretKeyRef": {"name": secret, "key": keys[value.of[0]]}}
        return _plain(value.value, secret, keys)
    if isinstance(value, Mapping):
        return {key: _plain(inner, secret, keys) for key, inner in value.items()}
    return [_plain(inner, secret, keys) for inner in value] if isinstance(value, list) else value


def place(manifest: Json, raw: RawPath) -> str:
    """
    A place in a pod, printed as Kubernetes does.

    >>> place({"spec": {"volumes": [{"name": "airflow-dags"}]}}, ("spec", "volumes", 0))
    '.spec.volumes[name="airflow-dags"]'
    """
    path: Path = ()
    value = manifest
    for segment in raw:
        value = value[segment]
        name = next((key for key in ("mountPath", "name") if type(value) is dict and key in value), None)
        named = type(segment) is int and name is not None
        path = (*path, Key(((str(name), value[name]),)) if named else segment)
    return format_path(path)
