"""Label and field selectors, as the API server reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from podcompose.core.json import Json, JsonMap

__all__ = ["Selects", "dig", "selection"]

Selects: TypeAlias = Callable[[JsonMap], bool]

_SET = re.compile(r"^\s*(?P<key>[^\s!=,()]+)\s+(?P<verb>in|notin)\s+\((?P<values>[^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*(?P<key>[^\s!=,()]+)\s*(?P<verb>==|=|!=)\s*(?P<value>[^\s=!,()]*)\s*$")
_BARE = re.compile(r"^\s*(?P<no>!?)\s*(?P<key>[^\s!=,()]+)\s*$")


def selection(labels: str, fields: str = "", namespace: str | None = None) -> Selects:
    """
    Whether a pod is meant, by its namespace and by both selectors. An object of odd types is meant by none of them.

    Raises: ValueError: a selector that cannot be read.

    >>> meant = selection("app in (a, b), !old", "status.phase!=Failed", "default")
    >>> meant({"metadata": {"namespace": "default", "labels": {"app": "b"}}, "status": {"phase": "Running"}})
    True
    >>> meant({"metadata": {"namespace": "default", "labels": {"app": "b", "old": ""}}})
    False
    """
    wanted = [_requirement(part) for part in _parts(labels)]
    compared = [_comparison(part) for part in _parts(fields)]
    return lambda pod: (
        (namespace is None or dig(pod, "metadata", "namespace") == namespace)
        and all(holds(_labels(pod)) for holds in wanted)
        and all(holds(pod) for holds in compared)
    )


def _parts(text: str) -> list[str]:
    """A selector at its commas, but not at those in parentheses."""
    return [part for part in re.split(r",(?![^(]*\))", text) if part.strip() != ""]


def _labels(pod: JsonMap) -> Mapping[str, Json]:
    labels = dig(pod, "metadata", "labels")
    return labels if isinstance(labels, dict) else {}


def _requirement(part: str) -> Callable[[Mapping[str, Json]], bool]:
    if (sets := _SET.match(part)) is not None:
        key, values = sets["key"], {value.strip() for value in sets["values"].split(",")}
        return (
            (lambda labels: labels.get(key) in values) if sets["verb"] == "in" else (lambda labels: labels.get(key) not in values)
        )
    if (equal := _EQUAL.match(part)) is not None:
        key, value = equal["key"], equal["value"]
        return (lambda labels: labels.get(key) != value) if equal["verb"] == "!=" else (lambda labels: labels.get(key) == value)
    if (bare := _BARE.match(part)) is not None:
        key, absent = bare["key"], bare["no"] == "!"
        return lambda labels: (key in labels) is not absent
    raise ValueError(f"unable to parse requirement: {part!r}")


def _comparison(part: str) -> Selects:
    equal = _EQUAL.match(part)
    if equal is None:
        raise ValueError(f"invalid selector: {part!r}; can't understand it")
    path, value, unlike = equal["key"].split("."), equal["value"], equal["verb"] == "!="
    return lambda pod: ((dig(pod, *path) or "") == value) is not unlike


def dig(value: Json, *path: str) -> Json:
    """
    What stands at a path, or None where anything on the way is missing or no map.

    >>> dig({"a": {"b": 1}}, "a", "b"), dig({"a": 1}, "a", "b")
    (1, None)
    """
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
