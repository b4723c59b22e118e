"""The starters: what each is, what can be said about it, and which parts are laid over it when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from podcompose.airflow.starters.kinds import Value
from podcompose.airflow.starters.parameters import (
    CLAIM,
    COMMON,
    EVERYTHING,
    EVERYTHING_RELEASE,
    GIT,
    RELEASE,
    Parameter,
    Place,
    volume,
)

__all__ = ["OUTLINES", "PARTS", "Outline", "Part"]


class Part(NamedTuple):
    """A file of `parts/` that is laid over a starter where a choice is made so, or where a parameter has a value."""

    file: str
    chosen: Mapping[str, Value] = MappingProxyType({})
    given: str | None = None


class Outline(NamedTuple):
    """A starter: what it is, and what can be said about it."""

    description: str
    parameters: tuple[Parameter, ...]


def _outline(description: str, *own: Parameter, places: tuple[Place, ...] = (), config_map: tuple[Place, ...] = ()) -> Outline:
    """A starter with the parameters of all, whose `release` and `config_map` may go to more places, and some of its own."""
    more = {"config_map": config_map}
    common = tuple(replace(one, places=(*one.places, *more.get(one.name, ()))) for one in COMMON)
    return Outline(description, (replace(RELEASE, places=(*RELEASE.places, *places)), *common, *own))


#: By name; the data file is NAME.yaml.
OUTLINES: Mapping[str, Outline] = MappingProxyType(
    {
        "dags_in_image": _outline("the dags are in the worker's image"),
        "git_sync": _outline("the dags come from git, fetched by git-sync before each task", *GIT),
        "dags_in_volume": _outline(
            "the dags are in a volume that all pods share",
            *CLAIM,
            places=(volume("airflow-dags", "persistentVolumeClaim.claimName", "{}-dags"),),
        ),
        "everything": _outline(
            "dags from git, and all that a worker pod may have: take out what you do not need",
            *GIT,
            *EVERYTHING,
            places=EVERYTHING_RELEASE,
            config_map=(volume("airflow-local-settings", "configMap.name"),),
        ),
    }
)

#: Laid over a starter in this order.
PARTS = (
    Part("airflow-2.yaml", {"airflow": "2"}),
    Part("git-sync-3.yaml", {"git_sync": "3"}),
    *(
        Part(f"{file}-{version}.yaml", {"git_sync": version}, given)
        for file, given in (
            ("git-credentials", "credentials_secret"),
            ("git-ssh", "ssh_secret"),
            ("known-hosts", "known_hosts"),
        )
        for version in ("3", "4")
    ),
    Part("logs-claim.yaml", given="logs_claim"),
    Part("no-probe.yaml", {"probe": False}),
)
