"""The Kubernetes backend passes the suite, as it is and with async def, on the server that fails on purpose, while it does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubernetes import client

from podcompose import aio
from podcompose.backends.kubernetes import KubernetesBackend
from podcompose.testing.conformance import AsyncBackendSuite, BackendSuite
from podcompose.testing.faults import FaultServer

_NAMESPACES = ("default", "elsewhere")


class FaultServerDoors:
    """The back doors are the fault server's."""

    now: Any
    server: FaultServer

    def make(self) -> Any:
        """Over a server of the test's own."""
        self.server = FaultServer()
        return self.reopen()

    def reopen(self) -> Any:
        """Another object over the same server."""
        return KubernetesBackend.from_api_client(client.ApiClient(client.Configuration(host=self.server.url)), "default")

    def dispose(self) -> None:
        """End the server."""
        self.server.close()

    def pods(self) -> Iterable[dict[str, Any]]:
        """What the server has."""
        return [pod for namespace in _NAMESPACES for pod in self.server.pods(namespace).values()]

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Replace the status, as a kubelet would."""
        for pod in self.pods():
            if pod["metadata"]["uid"] == uid:
                self.server.put({**pod, "status": status})

    def remove(self, uid: str) -> None:
        """Remove it by force: its deletion is written, then it is not there."""
        for pod in self.pods():
            if pod["metadata"]["uid"] == uid:
                at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
                marked = {"deletionTimestamp": at, "deletionGracePeriodSeconds": 0}
                self.server.put({**pod, "metadata": {**pod["metadata"], **marked}})
                self.server.remove(pod["metadata"]["name"], pod["metadata"]["namespace"])

    def put(self, manifest: dict[str, Any]) -> str:
        """Somebody else's pod."""
        return str(self.server.add(manifest, manifest["metadata"]["namespace"])["metadata"]["uid"])

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Replace the labels."""
        for pod in self.pods():
            if pod["metadata"]["uid"] == uid:
                self.server.put({**pod, "metadata": {**pod["metadata"], "labels": labels}})


class TestKubernetesOnTheFaultServer(FaultServerDoors, BackendSuite):
    """With threads."""

    histories = 10


class TestAsyncKubernetesOnTheFaultServer(FaultServerDoors, AsyncBackendSuite):
    """With asyncio."""

    histories = 5

    def reopen(self) -> Any:
        """Another object over the same server."""
        return aio.KubernetesBackend.from_api_client(client.ApiClient(client.Configuration(host=self.server.url)), "default")
