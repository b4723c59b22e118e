"""What becomes of a pod that is created, patched or deleted: pure functions from one object to the next."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from podcompose.core.json import Json, JsonMap, copy, same
from podcompose.testing.faults import statuses
from podcompose.testing.faults.script import Cause
from podcompose.testing.faults.selecting import dig
from podcompose.testing.faults.statuses import Refusal

__all__ = ["admitted", "finished", "marked", "merge_patched", "patched", "stamp", "with_version"]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
#: Fields of the metadata that only the server writes.
_OWN = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "resourceVersion",
)
_IMMUTABLE = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)


def stamp(seconds: float) -> str:
    """
    A moment as the API writes it: whole seconds, UTC.

    >>> stamp(0.9)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def admitted(body: Json, namespace: str, uid: str, now: float) -> JsonMap:
    """
    The pod that a POST makes: the caller's fields, the server's metadata, the defaults that a client may look at, a fresh status.

    Raises: Refusal: 400 or 422, as the server would.
    """
    if (
        not isinstance(body, dict)
        or not isinstance(body.get("metadata") or {}, dict)
        or not isinstance(body.get("spec") or {}, dict)
    ):
        raise Refusal(statuses.bad_request("Pod in version v1 cannot be handled as a Pod: json: cannot unmarshal"))
    metadata, spec = copy(body.get("metadata") or {}), copy(body.get("spec") or {})
    if (metadata.get("namespace") or namespace) != namespace:
        message = "the namespace of the provided object does not match the namespace sent on the request"
        raise Refusal(statuses.bad_request(message))
    causes = _wrong(metadata, spec)
    if causes != ():
        raise Refusal(statuses.invalid(str(metadata.get("name", "")), causes))
    server = {"namespace": namespace, "uid": uid, "generation": 1, "creationTimestamp": stamp(now)}
    defaults = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
    }
    status = {"phase": "Pending", "qosClass": "BestEffort"}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata | server, "spec": defaults | spec, "status": status}


def _wrong(metadata: JsonMap, spec: JsonMap) -> tuple[Cause, ...]:
    name = metadata.get("name")
    if name is None or name == "":
        return (Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired"),)
    if not isinstance(name, str) or len(name) > 253 or _NAME.fullmatch(name) is None:
        return (
            Cause("metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 subdomain must consist of lower case letters'),
        )
    if not isinstance(spec.get("containers"), list) or spec["containers"] == []:
        return (Cause("spec.containers", "Required value", "FieldValueRequired"),)
    return ()


def merge_patched(original: Json, patch: Json) -> Json:
    """
    RFC 7396, as the server applies it to JSON.

    >>> merge_patched({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}})
    {'a': {'c': 2, 'd': 3}}
    """
    if not isinstance(patch, dict):
        return copy(patch)
    result = dict(original) if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patched(result.get(key), value)
    return result


def patched(pod: JsonMap, patch: Json, *, status: bool) -> JsonMap:
    """
    The pod after a merge patch of it, or of its status; the same object where nothing changes.

    Raises: Refusal: 409 where the patch names another resourceVersion, 422 where it names another uid or changes the spec.
    """
    wanted = merge_patched(pod, patch)
    metadata, said = pod["metadata"], wanted.get("metadata")
    name = metadata["name"]
    if not isinstance(said, dict):
        raise Refusal(statuses.bad_request("metadata is no map"))
    if said.get("name") != name:
        raise Refusal(
            statuses.bad_request(f"the name of the object ({said.get('name')}) does not match the name on the URL ({name})")
        )
    if said.get("resourceVersion") not in (metadata["resourceVersion"], None, ""):
        raise Refusal(statuses.modified(name))
    if said.get("uid") != metadata["uid"] and said.get("uid") is not None:
        raise Refusal(statuses.invalid(name, (Cause("metadata.uid", f'Invalid value: "{said["uid"]}": field is immutable'),)))
    if not status and not same(wanted.get("spec"), pod["spec"]):
        raise Refusal(statuses.invalid(name, (Cause("spec", _IMMUTABLE, "FieldValueForbidden"),)))
    if status:
        changed = pod | {"status": wanted.get("status", {})}
    else:
        own = {key: metadata[key] for key in _OWN if key in metadata}
        # An empty map or list is left out of what Go writes.
        changed = pod | {"metadata": {key: value for key, value in said.items() if key not in _OWN and value not in ({}, [])} | own}
    return pod if same(changed, pod) else changed


def finished(pod: JsonMap) -> bool:
    """Whether nothing of it runs any more, or has ever run: its deletion waits for nobody."""
    return dig(pod, "status", "phase") in ("Succeeded", "Failed") or not dig(pod, "spec", "nodeName")


def marked(pod: JsonMap, grace: int | None, now: float) -> JsonMap:
    """
    The pod with its deletion begun, or with less grace; the same object where that changes nothing.

    Raises: nothing; preconditions are the caller's.
    """
    metadata = pod["metadata"]
    if "deletionTimestamp" in metadata:
        return _hurried(pod, metadata, grace, now)
    own = dig(pod, "spec", "terminationGracePeriodSeconds")
    wanted = (own if isinstance(own, int) else 30) if grace is None else grace
    period = 0 if finished(pod) else 1 if wanted < 0 else wanted
    moment = {
        "deletionTimestamp": stamp(now + period),
        "deletionGracePeriodSeconds": period,
        "generation": metadata.get("generation", 0) + 1,
    }
    return pod | {"metadata": metadata | moment}


def _hurried(pod: JsonMap, metadata: JsonMap, grace: int | None, now: float) -> JsonMap:
    """A deletion that has begun can only be shortened; its moment moves with it, but never into the past."""
    before = metadata.get("deletionGracePeriodSeconds", 0)
    if grace is None or grace >= before:
        return pod
    due = datetime.strptime(metadata["deletionTimestamp"], "%Y-%m-%dT%H:%M:%S%z").timestamp() - before + grace
    late = due < int(now)
    period = 1 if late and grace != 0 else grace
    moment = {"deletionTimestamp": stamp(now if late else due), "deletionGracePeriodSeconds": period}
    return pod | {"metadata": metadata | moment}


def with_version(pod: JsonMap, version: int) -> JsonMap:
    """The pod as written at that resourceVersion."""
    return pod | {"metadata": pod["metadata"] | {"resourceVersion": str(version)}}
