"""What an answer means: which error it is, whether asking again may help, and whether the server may have done it all the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from podcompose.backends.kubernetes.effects import Ambiguous, Answer, NotSent
from podcompose.backends.kubernetes.fields import blamed, decoding
from podcompose.composition import Composition
from podcompose.core.json import JsonMap
from podcompose.errors import Problem
from podcompose.run.errors import (
    AdmissionDenied,
    AdmissionUnavailable,
    Forbidden,
    Invalid,
    LaunchError,
    NamespaceTerminating,
    QuotaExceeded,
    Refused,
    Throttled,
    Unauthenticated,
    Unreachable,
)

__all__ = ["Verdict", "about_uid", "already_exists", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What is to be made of a request that did not succeed.

    Units:  `retry_after` in seconds, 0 where the server does not say.
    """

    kind: type[LaunchError]
    problems: tuple[Problem, ...]
    again: Literal["never", "soon", "slowly"] = "never"
    #: The server may have done what was asked.
    maybe: bool = False
    retry_after: float = 0.0


def already_exists(result: Answer | NotSent | Ambiguous) -> bool:
    """Whether a pod of this name is there: a 409 of this kind, not one that says the object was modified."""
    return isinstance(result, Answer) and result.status == 409 and result.json.get("reason") == "AlreadyExists"


def about_uid(answer: Answer) -> bool:
    """Whether a change was refused for its uid: the pod meant is not there, another of its name is. A PATCH says 422."""
    return answer.status in (409, 422) and re.search(r"\buid\b", _message(answer, answer.json), re.IGNORECASE) is not None


def judge(result: Answer | NotSent | Ambiguous, composition: Composition | None = None) -> Verdict:
    """
    What a request that did not succeed means; `composition` is the pod that was sent, for who set what.

    >>> judge(Answer(429, (("retry-after", "2"),), b"", 0.0)).retry_after
    2.0
    """
    if isinstance(result, Answer):
        return _answered(result, composition)
    problem = Problem("unreachable", "", f"the API server did not answer: {result.reason}")
    return Verdict(Unreachable, (problem,), "soon", maybe=isinstance(result, Ambiguous))


def _answered(answer: Answer, composition: Composition | None) -> Verdict:
    status = answer.json
    said = _message(answer, status)
    by_text = _by_text(said, answer.status)
    if by_text is not None:
        return by_text
    if answer.status == 429:
        return Verdict(Throttled, (Problem("throttled", "", said),), "soon", retry_after=answer.retry_after or 0.0)
    if answer.status >= 500 or answer.status in (200, 201, 202, 408):
        # A proxy's 502 can follow an accepted POST; a 2xx without a pod says nothing.
        problem = Problem("server-error", "", f"the API server failed with {answer.status}: {said}")
        return Verdict(Unreachable, (problem,), "soon", maybe=True, retry_after=answer.retry_after or 0.0)
    if answer.status in (400, 422):
        return Verdict(Invalid, _invalid(status, said, composition))
    if answer.status == 403:
        return _forbidden(status, said)
    if answer.status == 409:
        return Verdict(Unreachable, (Problem("conflict", "", said),), "soon", retry_after=answer.retry_after or 0.0)
    kind, code, suggestion = _BY_STATUS.get(answer.status, (Refused, "refused", None))
    return Verdict(kind, (Problem(code, "", f"{answer.status}: {said}", suggestion=suggestion),))


_BY_STATUS: dict[int, tuple[type[LaunchError], str, str | None]] = {
    401: (Unauthenticated, "unauthenticated", "the credentials were read anew and are not accepted: log in again"),
    404: (Refused, "not-found", "make the namespace first, or name another"),
    413: (Refused, "too-large", "move large annotations and arguments into a ConfigMap"),
}

_DENIED = re.compile(
    r"admission webhook \"(?P<webhook>[^\"]+)\" denied the request"
    r"|(?P<policy>\w+AdmissionPolicy '[^']+') with binding '[^']+' denied"
)
_CALL_FAILED = re.compile(r"failed (?:calling|to call) webhook \"(?P<webhook>[^\"]+)\"")


def _by_text(said: str, status: int) -> Verdict | None:
    """What is told from the words alone, for a webhook may deny with any status."""
    denied = _DENIED.search(said)
    if denied is not None and status != 429:
        who = denied["policy"] or f"webhook {denied['webhook']}"
        suggestion = f"change the pod, or ask who runs {who}"
        return Verdict(AdmissionDenied, (Problem("admission-denied", "", said, suggestion=suggestion),))
    failed = _CALL_FAILED.search(said)
    if failed is not None and status >= 500:
        suggestion = f"ask who runs webhook {failed['webhook']}"
        return Verdict(AdmissionUnavailable, (Problem("admission-unavailable", "", said, suggestion=suggestion),), "soon")
    if "etcdserver: request is too large" in said:
        return Verdict(Refused, (Problem("too-large", "", said, suggestion=_BY_STATUS[413][2]),))
    return None


def _forbidden(status: JsonMap, said: str) -> Verdict:
    """One status and one reason for five things: told apart by cause and words."""
    if any(cause.get("reason") == "NamespaceTerminating" for cause in _causes(status)):
        suggestion = "wait until it is gone and make it anew, or name another"
        return Verdict(NamespaceTerminating, (Problem("namespace-terminating", "", said, suggestion=suggestion),))
    if "exceeded quota: " in said or "status unknown for quota: " in said:
        room = "wait until pods of this namespace end, or ask for a larger quota"
        return Verdict(QuotaExceeded, (Problem("quota", "", said, suggestion=room),), "slowly")
    if "not yet ready to handle request" in said:
        return Verdict(Unreachable, (Problem("server-error", "", said),), "soon")
    missing = re.search(r'cannot (\w+) resource "([^"]+)"', said)
    if missing is not None or "is forbidden: " not in said:
        needed = None if missing is None else f"these credentials need the verb {missing[1]} on {missing[2]}"
        return Verdict(Forbidden, (Problem("forbidden", "", said, suggestion=needed),))
    return Verdict(AdmissionDenied, (Problem("admission-denied", "", said),))


def _invalid(status: JsonMap, said: str, composition: Composition | None) -> tuple[Problem, ...]:
    """Every cause with its path and who set it; a decoding error names its fields in the text alone."""
    found = tuple(blamed(composition, str(cause.get("field", "")), str(cause.get("message", said))) for cause in _causes(status))
    if found == ():
        found = decoding(composition, said)
    return found if found != () else (Problem("invalid", "", said),)


def _causes(status: JsonMap) -> list[JsonMap]:
    details = status.get("details")
    causes = details.get("causes") if type(details) is dict else None
    return [cause for cause in causes if type(cause) is dict] if type(causes) is list else []


def _message(answer: Answer, status: JsonMap) -> str:
    message = status.get("message")
    if type(message) is str and message != "":
        return message
    text = " ".join(answer.body[:400].decode(errors="replace").split())
    return text if text != "" else "no message"
