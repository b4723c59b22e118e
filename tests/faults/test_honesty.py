"""Without a script the fault server answers as a real API server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from podcompose.testing.faults import FaultServer
from tests.cluster.build import GoMissingError, binary
from tests.cluster.plane import ControlPlane
from tests.faults.dialogue import Call, conversation


@pytest.fixture
def plane() -> Iterator[ControlPlane]:
    """A real API server of this test's own."""
    try:
        binary("kube-apiserver")
    except GoMissingError as problem:
        pytest.skip(f"no real control plane: {problem}")
    with ControlPlane() as plane:
        yield plane


def caller(url: str, **headers: str) -> Call:
    """Ask a server."""

    def call(verb: str, path: str, body: Any = None, *, kind: str = "application/json", **query: Any) -> tuple[int, Any]:
        with urllib3.PoolManager(retries=False, timeout=20.0, cert_reqs="CERT_NONE") as pool:
            data = None if body is None else json.dumps(body).encode()
            answer = pool.request(verb, f"{url}{path}?{urlencode(query)}", body=data, headers={"Content-Type": kind, **headers})
            return answer.status, answer.data if query.get("watch") and answer.status == 200 else json.loads(answer.data)

    return call


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_whole_conversation(plane: ControlPlane) -> None:
    """Sixty questions about pods have the same codes, Status bodies, marks and events on both servers."""
    namespace = plane.namespace()
    there = conversation(caller(plane.server, Authorization="Bearer admin-token"), namespace)
    with FaultServer() as server:
        here = conversation(caller(server.url), namespace)

    assert [what for what, _, _ in here] == [what for what, _, _ in there]
    for mine, its in zip(here, there, strict=True):
        assert mine == its
