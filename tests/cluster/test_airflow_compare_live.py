"""What a comparison says the API server does, a real one does: each row of the table of differences, both pods offered."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose.airflow import compare
from podcompose.composition import Composition
from tests.airflow.test_compare import ROWS, WORKER, Row
from tests.cluster.plane import ControlPlane

Pod = dict[str, Any]

CASES = [(number, row) for number, rows in ROWS.items() for row in rows]


def offered(plane: ControlPlane, namespace: str, composition: Composition | None) -> str:
    """What the server says of a pod in a strict dry run: nothing where it takes it."""
    assert composition is not None
    path = f"/api/v1/namespaces/{namespace}/pods"
    manifest = composition.manifest
    metadata = {name: value for name, value in manifest["metadata"].items() if name != "namespace"}
    # The account is not there, and nobody runs the pod.
    spec = {name: value for name, value in manifest["spec"].items() if name != "serviceAccountName"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    answer = plane.admin.call("POST", path, pod, dryRun="All", fieldValidation="Strict")
    return "" if answer.status < 300 else str(answer.body["message"])


@pytest.mark.parametrize(("number", "row"), CASES)
def test_what_is_said_of_the_server_is_so(number: str, row: Row, plane: ControlPlane, namespace: str) -> None:
    """
    Airflow's pod is refused where the comparison has something repeated that is no variable, and podcompose's where it says so.
    """
    comparison = compare(WORKER, row.override)
    theirs, ours = (offered(plane, namespace, one) for one in (comparison.airflow, comparison.compose))
    repeated = [one for one in comparison.differences if one.kind == "repeated" and ".env[" not in one.path]
    told = [one for one in comparison.to_be_looked_at if "the API server refuses" in str(one) or "the API server asks" in str(one)]

    assert (theirs != "", ours != "") == (repeated != [], told != []), (number, theirs, ours, str(comparison))


def test_a_request_above_its_limit_is_refused(plane: ControlPlane, namespace: str) -> None:
    """What stays of the template may not go with what the override says; the comparison says it before the server does."""
    resources = {"requests": {"cpu": "1500m"}}
    comparison = compare(WORKER, {"spec": {"containers": [{"name": "base", "resources": resources}]}})

    assert offered(plane, namespace, comparison.airflow) == ""
    assert "must be less than or equal to cpu limit" in offered(plane, namespace, comparison.compose)
    assert "the request of cpu is above its limit, which the API server refuses" in str(comparison)
