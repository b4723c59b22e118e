"""LIST: which resourceVersion, which page."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import NamedTuple

from podcompose.core.json import JsonMap
from podcompose.testing.faults import statuses
from podcompose.testing.faults.script import Cause
from podcompose.testing.faults.selecting import Selects, selection
from podcompose.testing.faults.statuses import Refusal
from podcompose.testing.faults.store import Key, Store

__all__ = ["list_pods", "selected", "version_of"]

_NO_NUMBER = 'strconv.ParseUint: parsing "{}": invalid syntax'
_UNSURE = "resourceVersionMatch is forbidden unless resourceVersion is provided"


class _Page(NamedTuple):
    #: The moment that is read; None: now.
    version: int | None
    #: The key that the page begins after.
    start: str


def list_pods(store: Store, query: Mapping[str, str], namespace: str | None) -> JsonMap:
    """
    The PodList that a LIST gives.

    Raises: Refusal: 400, 410, 422 or 504, as the server would.
    """
    selects = selected(query, namespace)
    limit = _number(query, "limit")
    with store.changed:
        page = _page(store, query, limit)
        # At resourceVersion "0" the real server answers from its cache, whole.
        limit = 0 if query.get("resourceVersion") == "0" and "continue" not in query else limit
        version = store.version if page.version is None else page.version
        pods = store.pods if version >= store.version else store.at(version)
    found = [key for key in sorted(pods, key=_order) if _order(key) > page.start and selects(pods[key])]
    shown = found[:limit] if limit > 0 else found
    metadata: JsonMap = {"resourceVersion": str(version)}
    if len(shown) < len(found):
        metadata["continue"] = _token(version, _order(shown[-1]) + "\0")
        if not (query.get("labelSelector") or query.get("fieldSelector")):
            metadata["remainingItemCount"] = len(found) - len(shown)
    items = [{name: value for name, value in pods[key].items() if name not in ("kind", "apiVersion")} for key in shown]
    return {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}


def _order(key: Key) -> str:
    """etcd's order: by the text of the whole key, not by its parts."""
    return "/".join(key)


def _page(store: Store, query: Mapping[str, str], limit: int) -> _Page:
    asked, match, token = query.get("resourceVersion", ""), query.get("resourceVersionMatch", ""), query.get("continue", "")
    if token != "":
        return _continued(store, token, asked, match)
    if match != "" and asked == "":
        raise Refusal(
            statuses.invalid("", (Cause("resourceVersionMatch", f"Forbidden: {_UNSURE}", "FieldValueForbidden"),), "ListOptions")
        )
    if match not in ("", "Exact", "NotOlderThan"):
        raise Refusal(statuses.invalid("", (Cause("resourceVersionMatch", f'Unsupported value: "{match}"'),), "ListOptions"))
    version = version_of(asked)
    if version > store.version:
        raise Refusal(statuses.too_large(version, store.version))
    exact = match == "Exact" or (match == "" and limit > 0 and version > 0)
    if exact and version < store.oldest:
        raise Refusal(statuses.status(410, "Expired", "The resourceVersion for the provided list is too old."))
    return _Page(version if exact else None, "")


def _continued(store: Store, token: str, asked: str, match: str) -> _Page:
    if asked not in ("", "0"):
        raise Refusal(statuses.bad_request("specifying resource version is not allowed when using continue"))
    if match != "":
        why = "Forbidden: resourceVersionMatch is forbidden when continue is provided"
        raise Refusal(statuses.invalid("", (Cause("resourceVersionMatch", why, "FieldValueForbidden"),), "ListOptions"))
    try:
        data = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start = int(data["rv"]), str(data["start"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(statuses.bad_request("continue key is not valid: illegal base64 data")) from None
    if version == -1:
        return _Page(None, start)
    if version < store.oldest or version > store.version:
        raise Refusal(statuses.continue_expired(_token(-1, start)))
    return _Page(version, start)


def _token(version: int, start: str) -> str:
    data = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def selected(query: Mapping[str, str], namespace: str | None) -> Selects:
    """
    What the selectors of a query select.

    Raises: Refusal: 400 for one that cannot be read.
    """
    try:
        return selection(query.get("labelSelector", ""), query.get("fieldSelector", ""), namespace)
    except ValueError as error:
        raise Refusal(statuses.bad_request(str(error))) from error


def version_of(text: str) -> int:
    """
    A resourceVersion as a number, 0 where there is none.

    Raises: Refusal: 400 for one that is none.
    """
    if text != "" and not text.isdecimal():
        raise Refusal(
            statuses.bad_request(f'invalid resource version: resourceVersion: Invalid value: "{text}": {_NO_NUMBER.format(text)}')
        )
    return int(text) if text != "" else 0


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else 0
