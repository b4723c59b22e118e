"""The pods API: one request in, one answer out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from podcompose.core.json import Json, JsonMap
from podcompose.testing.faults import statuses
from podcompose.testing.faults.listing import list_pods
from podcompose.testing.faults.objects import admitted, marked, patched
from podcompose.testing.faults.statuses import Refusal
from podcompose.testing.faults.store import Key, Store
from podcompose.testing.faults.watching import Watch, begin

__all__ = ["Answer", "Api", "Request", "answer"]

_PODS = re.compile(r"/api/v1(/namespaces/(?P<namespace>[^/]+))?/pods(/(?P<name>[^/]+)(/(?P<part>status))?)?")
_NAMESPACE = re.compile(r"/api/v1/namespaces/(?P<name>[^/]+)")
_MERGE = "application/merge-patch+json"
_VERSION = {"major": "1", "minor": "37", "gitVersion": "v1.37.2", "platform": "linux/amd64"}


class Request(NamedTuple):
    """One request as it arrived."""

    #: As Kubernetes says it: POST, PATCH and DELETE as they are, and GET as GET (one object), LIST or WATCH.
    verb: str
    path: str
    query: Mapping[str, str]
    #: By lower-case name.
    headers: Mapping[str, str]
    body: bytes
    #: Seconds since 1970, by the server's clock.
    time: float
    #: The number of the connection it came by; each connection has its own.
    connection: int

    @property
    def json(self) -> Json:
        """The body, read."""
        return json.loads(self.body) if self.body != b"" else None


class Answer(NamedTuple):
    """A whole answer."""

    code: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


@dataclass(slots=True)
class Api:
    """What the answers depend on."""

    store: Store
    clock: Callable[[], float]
    new_uid: Callable[[], str]
    #: The uid of the namespace kube-system, by which clusters are told apart.
    cluster: str
    #: The bearer token that is asked for; None: none is.
    token: str | None = None


class _Target(NamedTuple):
    namespace: str | None
    name: str | None
    status: bool


def answer(value: Json, code: int = 200) -> Answer:
    """A JSON answer; a Status brings its own code, and says when to come again in the header as well."""
    if isinstance(value, dict) and value.get("kind") == "Status" and "code" in value:
        code = value["code"]
    wait = value.get("details", {}).get("retryAfterSeconds") if code >= 400 and isinstance(value, dict) else None
    headers = () if wait is None else (("Retry-After", str(wait)),)
    return Answer(code, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), headers)


def served(api: Api, request: Request) -> Answer | Watch:
    """Carry a request out."""
    if api.token is not None and request.headers.get("authorization") != f"Bearer {api.token}":
        return answer(statuses.status(401, "Unauthorized", "Unauthorized"))
    try:
        return _routed(api, request)
    except Refusal as refusal:
        return answer(refusal.answer)


def _routed(api: Api, request: Request) -> Answer | Watch:
    pods = _PODS.fullmatch(request.path)
    if pods is not None:
        return _pods(api, request, _Target(pods["namespace"], pods["name"], pods["part"] == "status"))
    if request.verb != "GET":
        raise Refusal(statuses.status(404, "NotFound", "the server could not find the requested resource"))
    if request.path == "/version":
        return answer(_VERSION)
    if request.path in ("/readyz", "/livez", "/healthz"):
        return Answer(200, b"ok", content_type="text/plain")
    namespace = _NAMESPACE.fullmatch(request.path)
    if namespace is None:
        raise Refusal(statuses.status(404, "NotFound", "the server could not find the requested resource"))
    return answer(_namespace(api, namespace["name"]))


def _namespace(api: Api, name: str) -> JsonMap:
    uid = api.cluster if name == "kube-system" else f"{name}-{api.cluster}"
    metadata = {"name": name, "uid": uid, "resourceVersion": "1", "labels": {"kubernetes.io/metadata.name": name}}
    return {"kind": "Namespace", "apiVersion": "v1", "metadata": metadata, "spec": {}, "status": {"phase": "Active"}}


def _pods(api: Api, request: Request, target: _Target) -> Answer | Watch:
    if target.name is None and request.verb == "LIST":
        return answer(list_pods(api.store, request.query, target.namespace))
    if target.name is None and request.verb == "WATCH":
        return begin(api.store, request.query, target.namespace)
    if target.name is None and target.namespace is not None and request.verb == "POST":
        return _created(api, request, target.namespace)
    verbs = {"GET": _shown, "PATCH": _changed, "DELETE": _deleted}
    if target.name is None or target.namespace is None or request.verb not in verbs:
        raise Refusal(statuses.status(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"))
    with api.store.changed:
        key = (target.namespace, target.name)
        if key not in api.store.pods:
            raise Refusal(statuses.not_found(target.name))
        return verbs[request.verb](api, request, key, target.status)


def _read(request: Request) -> Json:
    try:
        return request.json
    except ValueError as error:
        raise Refusal(
            statuses.bad_request(f"the object provided is unrecognized: couldn't get version/kind; json parse error: {error}")
        ) from error


def _created(api: Api, request: Request, namespace: str) -> Answer:
    pod = admitted(_read(request), namespace, api.new_uid(), api.clock())
    key = (namespace, pod["metadata"]["name"])
    with api.store.changed:
        if key in api.store.pods:
            raise Refusal(statuses.already_exists(key[1]))
        return answer(pod if _dry(request) else api.store.write(key, pod), 201)


def _dry(request: Request) -> bool:
    return request.query.get("dryRun") == "All"


def _shown(api: Api, request: Request, key: Key, status: bool) -> Answer:
    return answer(api.store.pods[key])


def _changed(api: Api, request: Request, key: Key, status: bool) -> Answer:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != _MERGE:
        message = f"the body of the request was in an unknown format - accepted media types include: {_MERGE}"
        raise Refusal(statuses.status(415, "UnsupportedMediaType", message))
    before = api.store.pods[key]
    after = patched(before, _read(request), status=status)
    if after is before or _dry(request):
        return answer(after)
    if (
        "deletionTimestamp" in before["metadata"]
        and not after["metadata"].get("finalizers")
        and before["metadata"].get("finalizers")
    ):
        # The last finalizer was all that held it: it goes without another word.
        api.store.write(key, None)
        return answer(after)
    return answer(api.store.write(key, after))


def _deleted(api: Api, request: Request, key: Key, status: bool) -> Answer:
    options = _read(request) or {}
    pod = api.store.pods[key]
    _check(options.get("preconditions") or {}, pod)
    grace = options.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
    if _dry(request) or options.get("dryRun"):
        return answer(marked(pod, None if grace is None else int(grace), api.clock()))
    return answer(end(api.store, key, None if grace is None else int(grace), api.clock()))


def _check(preconditions: JsonMap, pod: JsonMap) -> None:
    name, metadata = pod["metadata"]["name"], pod["metadata"]
    for field, label, ending in (("uid", "UID", "deleted and then recreated"), ("resourceVersion", "ResourceVersion", "modified")):
        asked = preconditions.get(field)
        if asked is not None and asked != metadata[field]:
            why = f"the {label} in the precondition ({asked}) does not match the {label} in record ({metadata[field]})."
            raise Refusal(statuses.conflict(name, f"{why} The object might have been {ending}", "Pod"))


def end(store: Store, key: Key, grace: int | None, now: float) -> JsonMap:
    """
    Begin the deletion of a pod, or hurry it; the object as it was last.

    What nobody runs goes at once, marked and removed at consecutive versions; what runs is only marked.
    """
    with store.changed:
        pod = store.pods[key]
        after = marked(pod, grace, now)
        if after is not pod:
            after = store.write(key, after) or after
        if after["metadata"]["deletionGracePeriodSeconds"] == 0 and not after["metadata"].get("finalizers"):
            store.write(key, None)
        return after
