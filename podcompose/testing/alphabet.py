"""The values pods in tests are made of: few of each, so that two pods meet often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from podcompose.core.schema import Field
from podcompose.schema.pod import POD

__all__ = ["FEW", "NAMES", "Draw", "fields_of", "key_pool", "one_of", "scalars", "targets"]

#: What `hypothesis.strategies.composite` gives.
Draw = st.DrawFn

#: Names of elements, labels and the like; "m\u00e4\u2603" stands for all that is not ASCII.
NAMES = ("a", "b", "c", "m\u00e4\u2603")

#: 0 most simply; how many more than needed.
FEW = st.sampled_from((0, 0, 1, 1, 2))

_SCALARS: Mapping[str, tuple[Any, ...]] = {
    "string": ("x", "", "y", "m\u00e4\u2603", "true", "0"),
    "boolean": (True, False),
    "int32": (1, 0, 80, -1),
    "int64": (1, 0, 2**53 + 1, -1),
    "IntOrString": (80, 0, "80", "http", ""),
    "Quantity": ("1", "500m", "1Gi", "0", 0, 1),
    "Time": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
    "MicroTime": ("2026-01-01T00:00:00.000000Z",),
}
_KEYS: Mapping[str, tuple[Any, ...]] = {
    "protocol": ("TCP", "UDP"),
    "containerPort": (80, 53, 443),
    "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
}
_STRATEGIES = {of: st.sampled_from(values) for of, values in _SCALARS.items()}

#: The server's own books: refused in what a user applies.
_LEFT_OUT = frozenset({"managedFields"})


def scalars(of: str) -> st.SearchStrategy[Any]:
    """Values of a scalar type."""
    return _STRATEGIES[of]


def key_pool(name: str) -> tuple[Any, ...]:
    """Values of a key field."""
    return _KEYS.get(name, NAMES)


@cache
def one_of(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """One of these: hypothesis looks a strategy over once, so each is made once."""
    return st.sampled_from(values)


@cache
def fields_of(struct: str) -> Mapping[str, Field]:
    """The fields of a struct that the newest Kubernetes has."""
    return {name: field for name, field in POD.types[struct].items() if field.until == POD.until and name not in _LEFT_OUT}


@cache
def targets() -> tuple[tuple[str, ...], ...]:
    """One path to every list, free map and one-of of a Pod, and every path to those that stand in several places; no status."""
    return tuple(dict.fromkeys(path for path in _targets(POD.root, ()) if path[:1] != ("status",) and path != ()))


def _targets(struct: str, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if struct in POD.one_ofs:
        yield path
        yield from ((*path, member) for member in POD.one_ofs[struct].members if member in fields_of(struct))
    for name, field in fields_of(struct).items():
        if field.kind in ("list", "map"):
            yield (*path, name)
        if field.is_struct:
            yield from _targets(field.of, (*path, name))
