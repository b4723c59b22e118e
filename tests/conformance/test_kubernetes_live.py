"""The Kubernetes backend passes the suite against a real kube-apiserver and etcd; the suite plays scheduler and kubelet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from podcompose.backends.kubernetes import KubernetesBackend
from podcompose.testing.conformance import BackendSuite
from tests.cluster.build import GoMissingError, binary
from tests.cluster.plane import ControlPlane


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[ControlPlane]:
    """A control plane for this module, without kwok: nobody else writes statuses."""
    try:
        for name in ("etcd", "kube-apiserver"):
            binary(name)
    except GoMissingError as problem:
        pytest.skip(f"no real control plane: {problem}")
    with ControlPlane() as plane:
        TestKubernetesOnARealServer.plane = plane
        TestKubernetesOnARealServer.own = plane.namespace("own")
        TestKubernetesOnARealServer.other_namespace = plane.namespace("other")
        yield plane


class TestKubernetesOnARealServer(BackendSuite):
    """The back doors are the administrator's requests."""

    histories = 4
    plane: ControlPlane
    own: str

    def make(self) -> Any:
        """A backend of the administrator's, in a namespace without pods."""
        return self.reopen()

    def reopen(self) -> Any:
        """Another object over the same server."""
        return KubernetesBackend.from_kubeconfig(self.plane.kubeconfig(namespace=self.own))

    def dispose(self) -> None:
        """Remove every pod."""
        for pod in self.pods():
            self.remove(pod["metadata"]["uid"])

    def pods(self) -> Iterable[dict[str, Any]]:
        """What the server lists."""
        return self.plane.admin.pods()

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Write the status subresource."""
        self._write(uid, "/status", lambda pod: {**pod, "status": status})

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Replace the labels."""
        self._write(uid, "", lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": labels}})

    def remove(self, uid: str) -> None:
        """Delete it by force."""
        for path in self._paths(uid):
            self.plane.admin.must("DELETE", path, gracePeriodSeconds=0)

    def put(self, manifest: dict[str, Any]) -> str:
        """Somebody else's pod."""
        path = f"/api/v1/namespaces/{manifest['metadata']['namespace']}/pods"
        body = {"apiVersion": "v1", "kind": "Pod", **manifest}
        return str(self.plane.admin.must("POST", path, body)["metadata"]["uid"])

    def _write(self, uid: str, part: str, changed: Any) -> None:
        for path in self._paths(uid):
            self.plane.admin.must("PUT", path + part, changed(self.plane.admin.must("GET", path)))

    def _paths(self, uid: str) -> list[str]:
        pods = [pod["metadata"] for pod in self.pods() if pod["metadata"]["uid"] == uid]
        return [f"/api/v1/namespaces/{pod['namespace']}/pods/{pod['name']}" for pod in pods]
