"""Pools over a real node pass the suite of any backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run.naming import LAUNCH_ID
from podcompose.run.warm.pool import WarmPool
from podcompose.testing.conformance import BackendSuite
from tests.cluster.child import wait_for
from tests.node.images import BUSYBOX
from tests.node.node import RealNode
from tests.warm.behind import tasks_of
from tests.warm.doors import FileDoors

OWN, OTHER = "warm-suite", "warm-suite-other"


@pytest.fixture(scope="module", autouse=True)
def spaces(node: RealNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The suite's namespaces, and a folder that this machine and the node's pods share; nothing that other tests left."""
    for pod in node.api.pods():
        node.api.call("DELETE", _path(pod), gracePeriodSeconds=0)
    wait_for(lambda: node.api.pods() == [], "a node without pods")
    for name in (OWN, OTHER):
        node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    NodeDoors.node, NodeDoors.files = node, tmp_path_factory.mktemp("files")
    yield
    for name in (OWN, OTHER):
        node.api.must("DELETE", f"/api/v1/namespaces/{name}/pods", gracePeriodSeconds=0)


class NodeDoors(FileDoors):
    """The back doors of a pool over a node: the administrator's requests, and files that programs wait for."""

    supports_reopening = False
    supports_foreign_pods = False
    supports_steps = False
    other_namespace = OTHER
    patience_s = 30.0
    hangs_after_s = 60.0
    histories = 2
    seen_at = "/files"
    settings: Any = MappingProxyType({"keep": 1, "limit": 4, "name": "suite"})
    node: RealNode

    def make(self) -> Any:
        """A pool of the suite's name: idle pods of the tests before are its own."""
        backend = KubernetesBackend.from_kubeconfig(str(self.node.kubeconfig), namespace=OWN)
        return WarmPool(backend, **self.settings)

    def dispose(self) -> None:
        """End every program, and acknowledge every task; pods that nobody has stay warm."""
        for pod in tasks_of(self.behind()):
            self.write_file(pod["metadata"]["annotations"][LAUNCH_ID], 0)
            self.remove(pod["metadata"]["uid"])

    def pod(self) -> dict[str, Any]:
        """As the doors have it, with the shared folder."""
        made = super().pod()
        main = {**made["spec"]["containers"][0], "image": BUSYBOX, "volumeMounts": [{"name": "files", "mountPath": "/files"}]}
        volume = {"name": "files", "hostPath": {"path": str(self.files), "type": "Directory"}}
        return {**made, "spec": {**made["spec"], "containers": [main], "volumes": [volume]}}

    def behind(self) -> Iterable[Any]:
        """What the server lists."""
        return [pod for name in (OWN, OTHER) for pod in self.node.api.must("GET", f"/api/v1/namespaces/{name}/pods")["items"]]

    def write(self, changed: Callable[[Any], Any], uid: str) -> None:
        """Read, change, write, until nobody else did in between."""
        while True:
            found = next((pod for pod in self.behind() if pod["metadata"]["uid"] == uid), None)
            if found is None:
                return
            answer = self.node.api.call("PUT", _path(found), changed(found))
            if answer.status != 409:
                assert answer.status in (200, 404), answer
                return

    def delete(self, pod: Any) -> None:
        """At once."""
        self.node.api.call("DELETE", _path(pod), gracePeriodSeconds=0)


def _path(pod: Any) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


class TestOnANode(NodeDoors, BackendSuite):
    """Over a real kubelet."""
