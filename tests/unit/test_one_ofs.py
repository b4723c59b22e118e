"""One-ofs: mentioning one member takes the others out of the original."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import APPLY, COMPOSE, STRATEGIC, merge
from podcompose.schema.pod import POD

FROM = {"fieldRef": {"fieldPath": "status.podIP"}}


def env(**fields: Any) -> dict[str, Any]:
    """A pod with one variable."""
    return {"spec": {"containers": [{"name": "a", "env": [{"name": "E", **fields}]}]}}


def volume(**fields: Any) -> dict[str, Any]:
    """A pod with one volume."""
    return {"spec": {"volumes": [{"name": "v", **fields}]}}


def probe(**fields: Any) -> dict[str, Any]:
    """A pod with one probe."""
    return {"spec": {"containers": [{"name": "a", "livenessProbe": fields}]}}


def profile(**fields: Any) -> dict[str, Any]:
    """A pod with a seccomp profile."""
    return {"spec": {"securityContext": {"seccompProfile": fields}}}


#: name: (original, patch, COMPOSE's result, APPLY's if it is another)
TABLE: dict[str, tuple[Any, ...]] = {
    "a value for a reference": (env(valueFrom=FROM), env(value="x"), env(value="x")),
    "a reference for a value": (env(value="x"), env(valueFrom=FROM), env(valueFrom=FROM)),
    "an empty value": (env(valueFrom=FROM), env(value=""), env(value=""), env(value="", valueFrom=FROM)),
    "an empty reference": (env(value="x"), env(valueFrom={}), env(valueFrom={})),
    "a null for a member": (env(valueFrom=FROM), env(value=None), env(valueFrom=FROM)),
    "a deleted member": (volume(emptyDir={}), volume(hostPath={"$patch": "delete"}), volume(emptyDir={})),
    "both, one of them null": (env(valueFrom=FROM), env(value="", valueFrom=None), env(value="")),
    "both by the override": (env(), env(value="x", valueFrom=FROM), env(value="x", valueFrom=FROM)),
    "an emptyDir for a claim": (volume(persistentVolumeClaim={"claimName": "c"}), volume(emptyDir={}), volume(emptyDir={})),
    "the same member merges": (
        volume(hostPath={"path": "/a"}),
        volume(hostPath={"type": "File"}),
        volume(hostPath={"path": "/a", "type": "File"}),
    ),
    "a probe keeps its timing": (
        probe(httpGet={"port": 80}, periodSeconds=5),
        probe(tcpSocket={"port": "http"}),
        probe(tcpSocket={"port": "http"}, periodSeconds=5),
    ),
    "a type without a profile": (
        profile(type="Localhost", localhostProfile="p"),
        profile(type="Unconfined"),
        profile(type="Unconfined"),
    ),
    "the type Localhost keeps the profile": (
        profile(type="Localhost", localhostProfile="p"),
        profile(type="Localhost"),
        profile(type="Localhost", localhostProfile="p"),
    ),
    "a profile invents no type": (
        profile(type="RuntimeDefault"),
        profile(localhostProfile="p"),
        profile(type="RuntimeDefault", localhostProfile="p"),
    ),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_switches(row: tuple[Any, ...]) -> None:
    """What a mention takes out, in COMPOSE and in APPLY."""
    original, patch, composed, *applied = row

    assert merge(original, patch, COMPOSE) == composed
    assert merge(original, patch, APPLY) == (applied[0] if applied != [] else composed)


def test_strategic_never_switches() -> None:
    """Strategic merge patch keeps both members."""
    assert merge(env(value="x"), env(valueFrom=FROM), STRATEGIC) == env(value="x", valueFrom=FROM)


@pytest.mark.parametrize("source", [name for name in POD.one_ofs["Volume"].members if name != "emptyDir"])
def test_every_volume_source_gives_way(source: str) -> None:
    """Any source of a volume yields to any other."""
    assert merge(volume(**{source: {}}), volume(emptyDir={})) == volume(emptyDir={})
    assert merge(volume(emptyDir={}), volume(**{source: {}})) == volume(**{source: {}})
