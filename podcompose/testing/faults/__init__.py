"""
A server that fails on purpose: the pods part of a Kubernetes API server, on loopback, standard library only.

::

    from podcompose.testing.faults import Drop, FaultServer, Status

    with FaultServer() as server:
        server.script(Status(429, retry_after=1), verb="POST")    # the first POST is refused,
        server.script(Drop(work=True), verb="POST")                    # the second is accepted, and its answer lost
        launch_something_at(server.url)
        assert len(server.asked("POST")) == 3

What it does without a script is what a kube-apiserver 1.37 does, as far as pods go; there is no admission but the plainest, no
defaults but the commonest, no managedFields. It is a server for tests: it trusts its clients.
"""

from podcompose.testing.faults.api import Request
from podcompose.testing.faults.script import Cause, Chunks, Cut, Drop, End, Fault, HalfOpen, Headers, Insert, Paced, Script, Status
from podcompose.testing.faults.server import FaultServer
from podcompose.testing.faults.statuses import (
    admission_denied,
    forbidden,
    namespace_terminating,
    quota_exceeded,
    webhook_unavailable,
)

__all__ = [
    "Cause",
    "Chunks",
    "Cut",
    "Drop",
    "End",
    "Fault",
    "FaultServer",
    "HalfOpen",
    "Headers",
    "Insert",
    "Paced",
    "Request",
    "Script",
    "Status",
    "admission_denied",
    "forbidden",
    "namespace_terminating",
    "quota_exceeded",
    "webhook_unavailable",
]
