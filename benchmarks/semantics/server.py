"""
What a real kube-apiserver says of a manifest: its strict dry run, on a control plane of one's own.

A refusal is to be about the merge: nothing is asked of what a cluster has besides (namespaces, priority classes, runtime classes,
accounts), and what only a server writes (status, uid) is not posted.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import MutableMapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import urllib3

from tests.cluster.build import VERSION, BuildError, GoMissingError
from tests.cluster.plane import ControlPlane

__all__ = ["NoServerError", "Offer", "Server", "posted"]

#: Plugins that are on by default and look at other objects of the cluster.
_SWITCHED_OFF = ("NamespaceLifecycle", "LimitRanger", "ServiceAccount", "PodSecurity", "Priority", "RuntimeClass", "ResourceQuota")
#: Whether it lets privileged containers through is a cluster's policy, too.
OPTIONS = (f"--disable-admission-plugins={','.join(_SWITCHED_OFF)}", "--allow-privileged=true")
#: What only a server writes; it refuses some of it, and passes over the rest.
WRITTEN_BY_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
NAMESPACE = "default"
NAME = "unnamed"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')


class NoServerError(RuntimeError):
    """No kube-apiserver can be had here; why."""


class Offer(NamedTuple):
    """`accepted`, with the server's warnings as text; `refused`, with its message; `not offered`: there was no object."""

    status: str
    text: str = ""


class Server:
    """
    A kube-apiserver, started when something is offered that it does not know yet; a context manager, for any number of threads.

    `known` is the caller's: what was offered before, by the digest of server and manifest; it can be written as JSON.
    """

    def __init__(self, known: MutableMapping[str, Any] | None = None) -> None:
        self._known: MutableMapping[str, Any] = {} if known is None else known
        self._open = ExitStack()
        self._starting = threading.Lock()
        self._plane: ControlPlane | None = None

    #: Which Kubernetes it is.
    version = VERSION.rpartition("=")[2]

    def __enter__(self) -> Server:
        """For one block."""
        return self

    def __exit__(self, *error: Any) -> None:
        """End what was started."""
        self._open.__exit__(*error)

    def offer(self, manifest: Any) -> Offer:
        """What the server says; NoServerError."""
        if not isinstance(manifest, dict):
            return Offer("not offered", "no object")
        key = self.key(manifest)
        if key not in self._known:
            self._known[key] = list(self._asked(manifest))
        return Offer(*self._known[key])

    def key(self, manifest: dict[str, Any]) -> str:
        """What an offer is known by: whatever the order of its maps."""
        return hashlib.sha256(json.dumps([self.version, manifest], sort_keys=True).encode()).hexdigest()[:24]

    def _asked(self, manifest: dict[str, Any]) -> Offer:
        # Of several mistakes the server tells the first first: the order of maps is always the same.
        namespace, body = posted(json.loads(json.dumps(manifest, sort_keys=True)))
        path = f"/api/v1/namespaces/{namespace}/pods"
        try:
            answer = self._running().admin.call("POST", path, body, dryRun="All", fieldValidation="Strict")
        except urllib3.exceptions.HTTPError as error:
            raise NoServerError(f"it answers no more: {error}") from error
        if answer.status == 201:
            return Offer("accepted", "\n".join(map(_warning, answer.headers.getlist("Warning"))))
        return Offer("refused", str(answer.body["message"]))

    def _running(self) -> ControlPlane:
        with self._starting:
            if self._plane is None:
                self._plane = self._started()
            return self._plane

    def _started(self) -> ControlPlane:
        try:
            return self._open.enter_context(ControlPlane(OPTIONS))
        except (GoMissingError, BuildError, AssertionError, OSError) as error:
            raise NoServerError(str(error)) from error


def posted(manifest: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """
    The namespace to post to, and the body: the manifest with a name, without what only a server writes.

    >>> posted({"metadata": {"uid": "1", "namespace": "jobs"}, "status": {}})
    ('jobs', {'metadata': {'namespace': 'jobs', 'name': 'unnamed'}})
    """
    body = {name: value for name, value in manifest.items() if name != "status"}
    metadata = {} if body.get("metadata") is None else body["metadata"]
    if not isinstance(metadata, dict):
        return NAMESPACE, body
    body["metadata"] = kept = {name: value for name, value in metadata.items() if name not in WRITTEN_BY_SERVER}
    if kept.get("name") is None:
        # A name that the server makes up would be another one in every message.
        kept["name"] = f"{kept['generateName']}0" if kept.get("generateName") is not None else NAME
    namespace = kept.get("namespace")
    return namespace if isinstance(namespace, str) and _LABEL.fullmatch(namespace) is not None else NAMESPACE, body


def _warning(header: str) -> str:
    """The text of a Warning header (RFC 7234)."""
    found = _WARNING.match(header)
    return header if found is None else re.sub(r"\\(.)", r"\1", found[1])
