"""One control plane for all the tests of a session; a namespace for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.cluster.build import GoMissingError, binary
from tests.cluster.fates import NODE
from tests.cluster.plane import ControlPlane


@pytest.fixture(scope="session")
def built() -> None:
    """The commands are there, or cannot be had here, and the tests say so."""
    try:
        for name in ("etcd", "kube-apiserver", "kwok"):
            binary(name)
    except GoMissingError as problem:
        pytest.skip(f"no real control plane: {problem}")


@pytest.fixture(scope="session")
def plane(built: None) -> Iterator[ControlPlane]:
    """A control plane with a node of kwok's, shared: tests that harm it start their own."""
    with ControlPlane() as plane:
        plane.node(NODE)
        yield plane.with_kwok()


@pytest.fixture
def namespace(plane: ControlPlane) -> Iterator[str]:
    """A namespace of the test's own; its pods are taken away afterwards."""
    name = plane.namespace()
    yield name
    plane.admin.must("DELETE", f"/api/v1/namespaces/{name}/pods", gracePeriodSeconds=0)


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether the long version was asked for."""
    return os.environ.get("PODCOMPOSE_SOAK", "") not in ("", "0")
