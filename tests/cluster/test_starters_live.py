"""A real API server takes every starter: strictly, without a warning, in every shape."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from podcompose.airflow import STARTERS, starter, starter_parameters
from tests.airflow.starters import OTHER, choices, other
from tests.cluster.api import Answer
from tests.cluster.plane import ControlPlane

NAMES = sorted(STARTERS)
#: What else has to be said for a parameter to go anywhere.
NEEDED = {"fernet_secret": {"airflow": "2"}, "metadata_secret": {"airflow": "2"}, "ssh_key": {"ssh_secret": "k"}}


def offered(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> Answer:
    """What the server says to this pod, without keeping it."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    return plane.admin.call("POST", path, manifest, dryRun="All", fieldValidation="Strict")


def said(answer: Answer) -> list[str]:
    """What the server has against it: its refusal, and its warnings."""
    refusal = [] if answer.status == 201 else [f"{answer.status}: {answer.body.get('message')}"]
    return refusal + answer.headers.getlist("Warning")


def shapes(name: str) -> list[dict[str, Any]]:
    """Airflow 2 and 3, git-sync 3 and 4, a key or a password or neither, each with defaults and with everything else changed."""
    has_git = any(one.name == "git_sync" for one in starter_parameters(name))
    ways = ({}, {"ssh_secret": None, "ssh_key": None}, {"credentials_secret": None}) if has_git else ({},)
    plain = [{}, {"ssh_secret": "k"}, {"credentials_secret": "c"}, {"known_hosts": "h"}] if has_git else [{}]
    small = [{**chosen, **more} for chosen, more in itertools.product(choices(name), plain)]
    changed = [{**other(name, **chosen), **way} for chosen, way in itertools.product(choices(name), ways[1:] or ways)]
    return small + changed


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_is_accepted_without_a_warning(plane: ControlPlane, namespace: str, name: str) -> None:
    """Strict dry run: no unknown field, no repeated one, nothing invalid, no warning."""
    found = {str(shape): said(offered(plane, namespace, starter(name, **shape).template.manifest)) for shape in shapes(name)}

    assert {shape: complaints for shape, complaints in found.items() if complaints != []} == {}


@pytest.mark.parametrize("name", NAMES)
def test_each_parameter_alone_is_accepted_without_a_warning(plane: ControlPlane, namespace: str, name: str) -> None:
    """One value that is no default, with what it needs, and everything else as it is."""
    made = {one.name: starter(name, **NEEDED.get(one.name, {}), **{one.name: OTHER[one.name]}) for one in starter_parameters(name)}
    found = {one: said(offered(plane, namespace, shaped.template.manifest)) for one, shaped in made.items()}

    assert {one: complaints for one, complaints in found.items() if complaints != []} == {}


def test_everything_is_restricted(plane: ControlPlane) -> None:
    """A namespace that enforces the Pod Security Standard `restricted` takes the fullest starter, and refuses the simplest."""
    space = plane.admin.must(
        "POST",
        "/api/v1/namespaces",
        {"metadata": {"generateName": "restricted-", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    )["metadata"]["name"]
    answers = {name: offered(plane, space, starter(name).template.manifest).status for name in ("everything", "dags_in_image")}

    assert answers == {"everything": 201, "dags_in_image": 403}


def test_what_the_server_would_not_take_is_seen(plane: ControlPlane, namespace: str) -> None:
    """The judge judges: an unknown field is refused, a field that does nothing is warned of."""
    manifest = starter("dags_in_image").template.manifest
    unknown = {**manifest, "spec": {**manifest["spec"], "hostNetwrk": True}}
    useless = {**manifest, "spec": {**manifest["spec"], "nodeSelector": {"beta.kubernetes.io/os": "linux"}}}

    assert [len(said(offered(plane, namespace, one))) for one in (manifest, unknown, useless)] == [0, 1, 1]
