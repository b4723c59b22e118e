"""The Status bodies of a kube-apiserver 1.37, to the letter where a client may look at them."""

from __future__ import annotations

from collections.abc import Iterable

from podcompose.core.json import JsonMap
from podcompose.testing.faults.script import Cause, Status

__all__ = [
    "Refusal",
    "admission_denied",
    "already_exists",
    "bad_request",
    "conflict",
    "expired",
    "forbidden",
    "invalid",
    "modified",
    "namespace_terminating",
    "not_found",
    "of_fault",
    "quota_exceeded",
    "status",
    "too_large",
    "webhook_unavailable",
]

#: What the server says where nobody wrote anything better: reason and message by code.
_DEFAULTS = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "Unauthorized"),
    403: (
        "Forbidden",
        'pods is forbidden: User "somebody" cannot create resource "pods" in API group "" in the namespace "default"',
    ),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    409: ("Conflict", "the server reported a conflict"),
    410: ("Expired", "The resourceVersion for the provided list is too old."),
    415: ("UnsupportedMediaType", "the body of the request was in an unknown format"),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: etcdserver: leader changed"),
    502: ("", "Bad Gateway"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "Timeout: request did not complete within the allotted timeout"),
}

_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted "
    "between the time the first chunk was returned and now may show up in the list."
)


class Refusal(Exception):  # noqa: N818 - the server's word for no, not a fault of this program
    """The server says no: a Status as the answer."""

    def __init__(self, answer: JsonMap) -> None:
        self.answer = answer
        super().__init__(answer["message"])


def status(
    code: int,
    reason: str,
    message: str,
    *,
    name: str | None = None,
    kind: str | None = None,
    causes: Iterable[Cause] = (),
    retry_after: int | None = None,
) -> JsonMap:
    """
    A Status of failure.

    >>> status(404, "NotFound", 'pods "a" not found', name="a", kind="pods")["details"]
    {'name': 'a', 'kind': 'pods'}
    """
    listed = [{key: text for key, text in _cause(cause) if text != ""} for cause in causes]
    group = "meta.k8s.io" if kind == "ListOptions" else None
    details = {"name": name or None, "group": group, "kind": kind, "causes": listed or None, "retryAfterSeconds": retry_after}
    present = {key: value for key, value in details.items() if value is not None}
    answer: JsonMap = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    return answer | ({"reason": reason} if reason != "" else {}) | ({"details": present} if present != {} else {}) | {"code": code}


def _cause(cause: Cause) -> Iterable[tuple[str, str]]:
    return (("reason", cause.reason), ("message", cause.message), ("field", cause.field))


def of_fault(fault: Status) -> JsonMap:
    """The Status that a scripted answer stands for."""
    reason, message = _DEFAULTS.get(fault.code, ("", "unknown"))
    return status(
        fault.code,
        reason if fault.reason is None else fault.reason,
        message if fault.message is None else fault.message,
        name=fault.name,
        kind="pods" if fault.name is not None else None,
        causes=fault.causes,
        retry_after=fault.retry_after,
    )


def not_found(name: str, kind: str = "pods") -> JsonMap:
    """404: there is no such object."""
    return status(404, "NotFound", f'{kind} "{name}" not found', name=name, kind=kind)


def already_exists(name: str) -> JsonMap:
    """409 to a create: the name is taken."""
    return status(409, "AlreadyExists", f'pods "{name}" already exists', name=name, kind="pods")


def conflict(name: str, why: str, kind: str = "pods") -> JsonMap:
    """409 to a change: a precondition does not hold."""
    return status(409, "Conflict", f'Operation cannot be fulfilled on {kind} "{name}": {why}', name=name, kind=kind)


def modified(name: str) -> JsonMap:
    """409 to a change: another resourceVersion than the one named."""
    return conflict(name, "the object has been modified; please apply your changes to the latest version and try again")


def bad_request(message: str) -> JsonMap:
    """400: not even read."""
    return status(400, "BadRequest", message)


def invalid(name: str, causes: tuple[Cause, ...], kind: str = "Pod") -> JsonMap:
    """422: read, and refused field by field."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    said = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    whole = "ListOptions.meta.k8s.io" if kind == "ListOptions" else kind
    return status(422, "Invalid", f'{whole} "{name}" is invalid: {said}', name=name, kind=kind, causes=causes)


def expired(asked: int, oldest: int) -> JsonMap:
    """410 inside a watch: events after `asked` are forgotten."""
    return status(410, "Expired", f"too old resource version: {asked} ({oldest})")


def continue_expired(token: str) -> JsonMap:
    """410 to a page: its list is forgotten; the token given instead continues at another moment."""
    answer = status(410, "Expired", _CONTINUE)
    return answer | {"metadata": {"continue": token}}


def too_large(asked: int, current: int) -> JsonMap:
    """504: a resourceVersion of the future."""
    cause = Cause("", "Too large resource version", "ResourceVersionTooLarge")
    return status(
        504, "Timeout", f"Timeout: Too large resource version: {asked}, current: {current}", causes=[cause], retry_after=1
    )


def forbidden(name: str, why: str) -> Status:
    """403, to script: whatever stands behind "is forbidden:"."""
    return Status(403, message=f'pods "{name}" is forbidden: {why}', name=name)


def quota_exceeded(name: str, quota: str = "team-a") -> Status:
    """403 of a ResourceQuota, to script."""
    return forbidden(name, f"exceeded quota: {quota}, requested: pods=1, used: pods=10, limited: pods=10")


def namespace_terminating(name: str, namespace: str = "default") -> Status:
    """403 in a namespace that is going away, to script."""
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = Cause("metadata.namespace", f"namespace {namespace} is being terminated", "NamespaceTerminating")
    return Status(403, message=f'pods "{name}" is forbidden: {why}', name=name, causes=(cause,))


def admission_denied(webhook: str, why: str, code: int = 403) -> Status:
    """A webhook's no, to script."""
    reason = {400: "BadRequest", 403: "Forbidden"}.get(code, "")
    return Status(code, reason=reason, message=f'admission webhook "{webhook}" denied the request: {why}')


def webhook_unavailable(webhook: str) -> Status:
    """500 where a webhook does not answer, to script."""
    called = 'failed to call webhook: Post "https://hook.default.svc:443/?timeout=10s": connection refused'
    why = f'failed calling webhook "{webhook}": {called}'
    return Status(500, reason="InternalError", message=f"Internal error occurred: {why}", causes=(Cause("", why, ""),))
