"""
When a pod is the expected one.

What Kubernetes reads is compared, so the order of volumes and mounts is free, and that of variables too, where none refers to
another. Where the right value is the library's own choice, the expected pod says so with one of these words:

    <any name>                     a valid name of an object
    <any secretKeyRef>             instead of a `valueFrom`: a reference to any key of any Secret
    <either> TEXT                  this text as the variable's value, or a reference to any key of any Secret
    <any image>                    any image that can be pulled
    <anything, or nothing>         instead of a variable's value: the variable as it likes, or none
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["ANY_IMAGE", "ANY_NAME", "ANY_SECRET", "EITHER", "FREE", "differences"]

ANY_NAME = "<any name>"
ANY_SECRET = "<any secretKeyRef>"
EITHER = "<either> "
ANY_IMAGE = "<any image>"
FREE = "<anything, or nothing>"

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
IMAGE = re.compile(r"[^\s:]([^\s]*[^\s:])?")
KEY = re.compile(r"[-._a-zA-Z0-9]+")
REFERENCE = re.compile(r"\$\(([^)]+)\)")

#: Lists whose order Kubernetes does not mind, and what tells their items apart.
KEYED = {"env": "name", "volumes": "name", "volumeMounts": "mountPath", "imagePullSecrets": "name"}

#: What Kubernetes reads where a field is not there: to write it is no difference.
UNSAID = {"readOnly": False, "value": ""}

MISSING = object()


def differences(expected: Any, actual: Any) -> list[str]:
    """Every place where the pod is not the expected one, a line each."""
    return list(_differences(expected, actual, "", ""))


def _differences(expected: Any, actual: Any, path: str, field: str) -> Iterator[str]:
    """The differences at and below one place."""
    if _fits(expected, actual):
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in (*expected, *(name for name in actual if name not in expected)):
            unsaid = (
                UNSAID.get(name, MISSING)
                if (name in expected) != (name in actual) and not _refers(actual.get("valueFrom"))
                else MISSING
            )
            yield from _differences(expected.get(name, unsaid), actual.get(name, unsaid), f"{path}.{name}", name)
    elif isinstance(expected, list) and isinstance(actual, list) and field in KEYED:
        yield from _keyed(expected, actual, path, KEYED[field])
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]", "")
    elif not _same(expected, actual):
        yield f"{path}: expected {_shown(expected)}, got {_shown(actual)}"


def _keyed(expected: list[Any], actual: list[Any], path: str, key: str) -> Iterator[str]:
    """The differences of two lists of named items; doubles and moved references are some."""
    names = [item[key] for item in actual]
    yield from (f"{path}: {name!r} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    wanted, found = ({item[key]: item for item in items} for items in (expected, actual))
    for name in dict.fromkeys((*wanted, *found)):
        if not _free(wanted.get(name)):
            yield from _differences(wanted.get(name, MISSING), found.get(name, MISSING), f"{path}[{key}={name!r}]", "")
    if _resolved(expected) != _resolved(actual):
        yield f"{path}: a variable refers to another that comes on the other side of it now"


def _free(item: Any) -> bool:
    """Whether an expected variable may be anything."""
    return isinstance(item, dict) and item.get("value") == FREE


def _resolved(variables: list[Any]) -> set[tuple[str, str]]:
    """Which variable refers to which before it: those are put in, all others stay as they are written."""
    resolved: set[tuple[str, str]] = set()
    before: set[str] = set()
    for item in variables:
        named = REFERENCE.findall(str(item.get("value", "")))
        resolved |= {(str(item.get("name")), name) for name in named if name in before}
        before.add(str(item.get("name")))
    return resolved


def _fits(expected: Any, actual: Any) -> bool:
    """Whether a place that is the library's choice holds something right."""
    if expected == ANY_SECRET:
        return _refers(actual)
    if isinstance(expected, dict) and str(expected.get("value", "")).startswith(EITHER):
        text = expected["value"].removeprefix(EITHER)
        return actual == {**expected, "value": text} or (isinstance(actual, dict) and _refers(actual.get("valueFrom")))
    pattern = {ANY_NAME: NAME, ANY_IMAGE: IMAGE}.get(expected) if isinstance(expected, str) else None
    return pattern is not None and isinstance(actual, str) and pattern.fullmatch(actual) is not None


def _refers(source: Any) -> bool:
    """Whether this is a reference to a key of a Secret, and nothing else."""
    reference = source.get("secretKeyRef") if isinstance(source, dict) and len(source) == 1 else None
    if not isinstance(reference, dict) or not {"name", "key"} <= set(reference) <= {"name", "key", "optional"}:
        return False
    return NAME.fullmatch(str(reference["name"])) is not None and KEY.fullmatch(str(reference["key"])) is not None


def _same(expected: Any, actual: Any) -> bool:
    """Equal and of one type: 1 is not true, "0" is not 0."""
    return type(expected) is type(actual) and bool(expected == actual)


def _shown(value: Any) -> str:
    """A value, or that there is none."""
    return "nothing" if value is MISSING else repr(value)
