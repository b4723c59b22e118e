"""
Pairs of pods that the typed client takes, for Airflow's merge and for ours: alike, and rich in what Airflow calls false.

The client of the provider is older than the schema, and insists on some fields: the one is left out, the others are given.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from podcompose.airflow.client import REQUIRED
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from tests.differential.pods import Focus, any_focus, fields_of, make_pod

__all__ = ["LOST", "pairs", "valid"]

Pod = dict[str, Any]

#: What the client of the provider (36) does not have, by struct: it leaves these out when it reads a pod. One field of a status
#: has a field that 36 insists on and 37 does not have.
LOST = {
    struct: frozenset(
        name for name, field in fields.items() if field.since == "1.37" or name == "nodeAllocatableResourceClaimStatuses"
    )
    for struct, fields in POD.types.items()
}

_FALSY: dict[str, Any] = {"boolean": False, "int32": 0, "int64": 0, "string": "", "IntOrString": 0}
_GIVEN: dict[str, Any] = {
    **{"boolean": True, "int32": 1, "int64": 1, "string": "x", "IntOrString": 80},
    **{"Quantity": "1", "Time": "2026-01-01T00:00:00Z", "MicroTime": "2026-01-01T00:00:00Z"},
}
#: Lists that Airflow appends to, or might be thought to.
_LISTS = (
    *(("spec", "containers", name) for name in ("env", "envFrom", "volumeMounts", "ports", "volumeDevices")),
    *(("spec", "initContainers", name) for name in ("env", "envFrom", "volumeMounts", "ports", "volumeDevices")),
    *(("metadata", name) for name in ("finalizers", "ownerReferences", "labels", "annotations")),
    *(("spec", name) for name in ("volumes", "tolerations", "imagePullSecrets", "nodeSelector", "hostAliases")),
)


def pairs(count: int, seed: str) -> Iterator[tuple[Pod, Pod]]:
    """So many pairs; the same seed gives the same."""
    for number in range(count):
        random = Random(f"{seed}/{number}")
        focus = _focus(random)
        yield _pod(random, focus), _pod(random, focus)


def _focus(random: Random) -> Focus:
    """Places that both pods reach: containers always, a few lists, a few fields of each struct on the way."""
    focus = any_focus(random)
    for path in (("spec", "containers"), *random.sample(_LISTS, 2), *_fields(random)):
        place = focus
        for name in path:
            place = place.setdefault(name, {})
    return focus


def _fields(random: Random) -> Iterator[tuple[str, ...]]:
    """Fields that Airflow looks at one by one."""
    for struct, path in (("ObjectMeta", ("metadata",)), ("PodSpec", ("spec",)), ("Container", ("spec", "containers"))):
        for name in random.sample(sorted(fields_of(struct)), 2):
            yield (*path, name)


def _pod(random: Random, focus: Focus) -> Pod:
    pod = valid(make_pod(random, focus), random)
    if random.random() < 0.1 and "metadata" in pod:
        pod["metadata"]["managedFields"] = [{"manager": name} for name in random.sample("abc", random.randrange(3))]
    for name in [name for name in pod if random.random() < 0.03]:
        del pod[name]
    return pod


def valid(value: Pod, random: Random, struct: str = POD.root) -> Pod:
    """A struct that the client takes: without what is lost, with what is required; some of the rest falsy, some repeated."""
    fields = POD.types[struct]
    known = {name: entry for name, entry in value.items() if name not in LOST[struct] and fields[name].until == POD.until}
    given = {name: _given(fields[name], random) for name in REQUIRED.get(struct, ()) if name not in known}
    return {name: _value(entry, fields[name], random) for name, entry in (known | given).items()}


def _given(field: Field, random: Random) -> Any:
    return {"list": [], "map": {}, "struct": {}}.get(field.kind) if field.kind != "scalar" else _GIVEN[field.of]


def _value(value: Any, field: Field, random: Random) -> Any:
    if field.kind == "struct":
        return valid(value, random, field.of)
    if field.kind == "list" and field.is_struct:
        elements = [valid(one, random, field.of) for one in value]
        repeated = [deepcopy(random.choice(elements))] if elements != [] and random.random() < 0.15 else []
        return [*elements, *repeated]
    if random.random() < 0.1:
        value = {"list": [], "map": {}}.get(field.kind, _FALSY.get(field.of, value))
    return _text(value, field)


def _text(value: Any, field: Field) -> Any:
    """Quantities as text: the client makes text of numbers."""
    if field.kind == "map":
        return {name: _text(entry, Field("scalar", field.of)) for name, entry in value.items()}
    return str(value) if field.of == "Quantity" else value
