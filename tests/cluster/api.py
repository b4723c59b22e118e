"""The API server as the tests see it: one function, answers as they are, nothing of podcompose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

__all__ = ["Answer", "Api"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: Any
    headers: urllib3.HTTPHeaderDict


class Api:
    """One user's connection to the server."""

    def __init__(self, server: str, authority: Path, token: str) -> None:
        self._server = server
        self._token = token
        self._pool = urllib3.PoolManager(ca_certs=str(authority), retries=False, maxsize=32, timeout=60.0)

    def call(self, verb: str, path: str, body: Any = None, *, kind: str = "application/json", **query: str | int) -> Answer:
        """Ask once. Raises urllib3's errors where there is no answer."""
        fields = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        answer = self._pool.request(verb, f"{self._server}{path}?{fields}", body=data, headers=headers)
        return Answer(answer.status, json.loads(answer.data) if answer.data[:1] == b"{" else answer.data, answer.headers)

    def must(self, verb: str, path: str, body: Any = None, *, kind: str = "application/json", **query: str | int) -> Any:
        """Ask once; the body of an answer that says yes."""
        answer = self.call(verb, path, body, kind=kind, **query)
        assert answer.status < 300, f"{verb} {path}: {answer.status} {answer.body}"
        return answer.body

    def pods(self, namespace: str | None = None, **query: Any) -> list[dict[str, Any]]:
        """The pods that are there."""
        path = "/api/v1/pods" if namespace is None else f"/api/v1/namespaces/{namespace}/pods"
        found: list[dict[str, Any]] = self.must("GET", path, **query)["items"]
        return found

    def __enter__(self) -> Api:
        """For one block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._pool.clear()
