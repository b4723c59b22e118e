"""An admission webhook on loopback, which does what the test says."""

from __future__ import annotations

import json
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.cluster.build import certificate
from tests.cluster.child import free_port
from tests.cluster.plane import ControlPlane

__all__ = ["Webhook", "allow", "deny", "register"]

Verdict = Callable[[], dict[str, Any]]


def allow() -> dict[str, Any]:
    """The pod may be made."""
    return {"allowed": True}


def deny() -> dict[str, Any]:
    """The pod may not be made."""
    return {"allowed": False, "status": {"code": 403, "message": "pods here need a label team"}}


class Webhook:
    """A server that answers every review with `verdict`, which may take its time."""

    def __init__(self, verdict: Verdict) -> None:
        self.port = free_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _answering(verdict))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="webhook")

    def __enter__(self) -> Webhook:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answering(verdict: Verdict) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = {"uid": review["request"]["uid"], **verdict()}
            body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    return Answering


def register(plane: ControlPlane, namespace: str, port: int) -> None:
    """Have the server ask the webhook on this port about every pod of one namespace."""
    hook = {
        "name": "teams.example.org",
        "clientConfig": {"url": f"https://127.0.0.1:{port}/", "caBundle": b64encode(plane.authority.read_bytes()).decode()},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 30,
    }
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    plane.admin.must("POST", path, {"metadata": {"name": namespace}, "webhooks": [hook]})
