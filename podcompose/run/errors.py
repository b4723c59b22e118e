"""
Why a pod was not launched: one tree, by what can be done about it.

::

    LaunchError
    |-- Refused                permanent: asking again gives the same answer
    |   |-- NameTaken          a pod of this name belongs to another launch id, or to nobody we know
    |   |-- OtherPod           this launch id was launched with another pod; `problems` say what differs
    |   |-- Invalid            the pod is wrong; each problem with its path and who set it
    |   |-- Forbidden          permissions
    |   |-- Unauthenticated    credentials, after they were read anew
    |   |-- NamespaceTerminating
    |   `-- AdmissionDenied    by a policy or a webhook
    |-- Throttled              slow down: the server, or a quota, said so until the deadline
    |   `-- QuotaExceeded
    |-- Unreachable            no answer, or only failures, until the deadline; no pod was made
    |   `-- AdmissionUnavailable
    `-- Unsettled              a pod may have been made, and it could not be found out: settle it later
"""

from __future__ import annotations

from collections.abc import Iterable

from podcompose.errors import PodComposeError, Problem

__all__ = [
    "AdmissionDenied",
    "AdmissionUnavailable",
    "Forbidden",
    "Invalid",
    "LaunchError",
    "NameTaken",
    "NamespaceTerminating",
    "OtherPod",
    "QuotaExceeded",
    "Refused",
    "Throttled",
    "Unauthenticated",
    "Unreachable",
    "Unsettled",
]


class LaunchError(PodComposeError):
    """
    A request about a pod failed.

    Shapes: `problems` as everywhere; `launch_id` ("" where the request named a pod, not a launch), `namespace` and `name` of
            the pod, `attempts` made.
    """

    def __init__(
        self, problems: Iterable[Problem], *, launch_id: str = "", namespace: str = "", name: str = "", attempts: int = 0
    ) -> None:
        super().__init__(problems)
        self.launch_id = launch_id
        self.namespace = namespace
        self.name = name
        self.attempts = attempts

    @property
    def reason(self) -> str:
        """The name of its class, to store or count."""
        return type(self).__name__

    def __str__(self) -> str:
        """Which launch, which pod, and what is wrong."""
        launch = "" if self.launch_id == "" else f"launch {self.launch_id!r}, "
        return f"{launch}pod {self.namespace}/{self.name}: {super().__str__()}"


class Refused(LaunchError):
    """Permanent: asking again gives the same answer."""


class NameTaken(Refused):
    """A pod of this name belongs to another launch id; it was left untouched."""


class OtherPod(Refused):
    """This launch id was launched before, with another pod."""


class Invalid(Refused):
    """The pod is wrong: the server says so, or it is plain to see here."""


class Forbidden(Refused):
    """The credentials do not allow it."""


class Unauthenticated(Refused):
    """The credentials are not accepted, nor those read anew."""


class NamespaceTerminating(Refused):
    """The namespace is being deleted."""


class AdmissionDenied(Refused):
    """A policy or an admission webhook said no."""


class Throttled(LaunchError):
    """The server asked to slow down until the deadline was over."""


class QuotaExceeded(Throttled):
    """A resource quota left no room until the deadline was over."""


class Unreachable(LaunchError):
    """The server gave no answer, or only failures, until the deadline was over; no pod was made."""


class AdmissionUnavailable(Unreachable):
    """An admission webhook could not be called until the deadline was over."""


class Unsettled(LaunchError):
    """The pod may have been made, and it could not be found out; `settle` the launch id later, never launch it under another."""
