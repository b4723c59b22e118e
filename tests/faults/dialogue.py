"""One conversation with an API server, real or ours, and what of its answers must be equal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

__all__ = ["Call", "conversation"]

#: verb, path, body, content type, query -> code and body
Call: TypeAlias = Callable[..., tuple[int, Any]]

_KEPT = ("name", "labels", "annotations", "generation", "deletionGracePeriodSeconds", "finalizers")
#: What differs from server to server, and stands in messages too.
_NOISE = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r'\\n@@ .*?(?=", ")'), ""),
    (re.compile(r"(resource version: )\d+(, current: |\s\()\d+"), r"\1N\2N"),
)


def pod(name: str, **metadata: Any) -> Any:
    """A pod that a server takes."""
    return {"metadata": {"name": name, **metadata}, "spec": {"containers": [{"name": "main", "image": "i"}]}}


def plain(text: str) -> str:
    """A text without what differs from server to server."""
    for pattern, word in _NOISE:
        text = pattern.sub(word, text)
    return text


def told(value: Any) -> Any:
    """What of an answer must be equal on both servers."""
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "Status":
        return json.loads(plain(json.dumps(value))) | {"metadata": sorted(value["metadata"])}
    if value.get("kind") == "PodList":
        metadata = {key: value["metadata"].get(key) for key in ("remainingItemCount",)} | {"keys": sorted(value["metadata"])}
        return {"metadata": metadata, "items": [told(item) for item in value["items"]]}
    if "type" in value:
        return {"type": value["type"], "object": told(value["object"])}
    metadata = value.get("metadata", {})
    kept = {key: metadata[key] for key in _KEPT if key in metadata} | {"keys": sorted(set(metadata) - {"managedFields"})}
    return {
        "kind": value.get("kind"),
        "apiVersion": value.get("apiVersion"),
        "metadata": kept,
        "phase": value.get("status", {}).get("phase"),
    }


def conversation(call: Call, namespace: str) -> list[tuple[str, int, Any]]:
    """Everything that was asked, and what of the answers must be equal."""
    here, said = f"/api/v1/namespaces/{namespace}/pods", []
    version = {"start": call("GET", here)[1]["metadata"]["resourceVersion"]}

    def ask(what: str, verb: str, path: str, body: Any = None, *, kind: str = "application/json", **query: Any) -> Any:
        code, answer = call(verb, here + path, body, kind=kind, **query)
        said.append((what, code, told(answer)))
        return answer

    merge = "application/merge-patch+json"
    ask("dry run", "POST", "", pod("a"), dryRun="All")
    first = ask("create", "POST", "", pod("a", labels={"app": "x"}))
    ask("create again", "POST", "", pod("a"))
    ask("dry run of what is there", "POST", "", pod("a"), dryRun="All")
    ask("no name", "POST", "", {"metadata": {}, "spec": pod("x")["spec"]})
    ask("no containers", "POST", "", {"metadata": {"name": "y"}, "spec": {}})
    ask("another namespace", "POST", "", pod("y", namespace="elsewhere"))
    ask("get", "GET", "/a")
    ask("get nothing", "GET", "/nothing")
    stale = {"metadata": {"resourceVersion": version["start"], "annotations": {"k": "v"}}}
    ask("patch at an old version", "PATCH", "/a", stale, kind=merge)
    ask("patch of another uid", "PATCH", "/a", {"metadata": {"uid": "5e2b7c1e-0000-4000-8000-000000000000"}}, kind=merge)
    ask("patch of another uid at an old version", "PATCH", "/a", _other("a", version["start"]), kind=merge)
    ask("patch of the spec", "PATCH", "/a", {"spec": {"restartPolicy": "Never"}}, kind=merge)
    ask("patch of another name", "PATCH", "/a", {"metadata": {"name": "b"}}, kind=merge)
    ask("patch", "PATCH", "/a", {"metadata": {"annotations": {"k": "v"}}}, kind=merge)
    ask("patch that changes nothing", "PATCH", "/a", {"metadata": {"annotations": {"k": "v"}}}, kind=merge)
    ask("patch away", "PATCH", "/a", {"metadata": {"annotations": {"k": None}}}, kind=merge)
    ask("patch nothing", "PATCH", "/nothing", {}, kind=merge)
    ask("leave the selector", "PATCH", "/a", {"metadata": {"labels": {"app": "z"}}}, kind=merge)
    ask("come back", "PATCH", "/a", {"metadata": {"labels": {"app": "x"}}}, kind=merge)
    for name in "bcd":
        ask("create", "POST", "", pod(name, labels={"app": "x"}))
    page = ask("page", "GET", "", limit=3)
    ask("next page", "GET", "", limit=3, **{"continue": page["metadata"]["continue"]})
    ask("selected page", "GET", "", limit=1, labelSelector="app=x")
    ask("selected", "GET", "", labelSelector="app in (x,y),!other", fieldSelector="metadata.name!=b")
    ask("at the start", "GET", "", resourceVersion=version["start"], resourceVersionMatch="Exact")
    ask("not older than the start", "GET", "", resourceVersion=version["start"], resourceVersionMatch="NotOlderThan")
    ask("of the future", "GET", "", resourceVersion="99999999", resourceVersionMatch="NotOlderThan")
    ask("a match without a version", "GET", "", resourceVersionMatch="Exact")
    ask(
        "continue with a version",
        "GET",
        "",
        limit=3,
        resourceVersion=version["start"],
        **{"continue": page["metadata"]["continue"]},
    )
    ask("of no version", "GET", "", resourceVersion="abc")
    ask("delete another uid", "DELETE", "/a", {"preconditions": {"uid": "5e2b7c1e-0000-4000-8000-000000000000"}})
    ask("delete what was never scheduled", "DELETE", "/a", {"preconditions": {"uid": first["metadata"]["uid"]}})
    ask("delete nothing", "DELETE", "/a")
    ask("finish", "PATCH", "/b/status", {"status": {"phase": "Succeeded"}}, kind=merge)
    ask("delete what has finished", "DELETE", "/b", {"gracePeriodSeconds": 7})
    ask("hold", "PATCH", "/c", {"metadata": {"finalizers": ["podcompose.dev/hold"]}}, kind=merge)
    ask("delete what is held", "DELETE", "/c")
    ask("get what is held", "GET", "/c")
    ask("delete what is held again", "DELETE", "/c", {"gracePeriodSeconds": 3})
    ask("let go", "PATCH", "/c", {"metadata": {"finalizers": None}}, kind=merge)
    ask("get what was let go", "GET", "/c")
    bound = {
        "metadata": {"name": "run"},
        "spec": {**pod("run")["spec"], "nodeName": "nowhere", "terminationGracePeriodSeconds": 20},
    }
    ask("create on a node", "POST", "", bound)
    ask("delete what may run", "DELETE", "/run")
    ask("delete it again", "DELETE", "/run")
    ask("delete it sooner", "DELETE", "/run", {"gracePeriodSeconds": 5})
    ask("delete it later", "DELETE", "/run", {"gracePeriodSeconds": 50})
    ask("delete it now", "DELETE", "/run", {"gracePeriodSeconds": 0})
    watches = _watches(version["start"])
    with ThreadPoolExecutor(len(watches)) as threads:
        answers = list(threads.map(lambda query: call("GET", here, **query), watches.values()))
    for what, (code, lines) in zip(watches, answers, strict=True):
        events = [json.loads(line) for line in lines.splitlines()] if isinstance(lines, bytes) else [lines]
        said += [(f"{what} {number}", code, told(event)) for number, event in enumerate(events)]
    return said


def _other(name: str, version: str) -> Any:
    return {"metadata": {"name": name, "uid": "5e2b7c1e-0000-4000-8000-000000000000", "resourceVersion": version}}


def _watches(start: str) -> dict[str, dict[str, Any]]:
    timed = {"watch": "true", "timeoutSeconds": 1}
    initial = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    return {
        "watch": timed | {"resourceVersion": start},
        "watch selected": timed | {"resourceVersion": start, "labelSelector": "app=x"},
        "watch from 0": timed | {"resourceVersion": "0"},
        "watch without a version": timed,
        "watch with initial events": timed | initial,
        "watch with initial events, not matched": timed | {"sendInitialEvents": "true"},
        "watch matched": timed | {"resourceVersionMatch": "NotOlderThan", "resourceVersion": start},
        "watch of the future": timed | {"resourceVersion": "99999999"},
    }
