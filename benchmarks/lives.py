"""
The pods that a watch is measured with, as an API server sends them: about 9 kB, as long as they run.

The life of a pod is one recorded from a real kubelet (tests/run/records); the pod itself is the one of pods.py, with what a server
adds to it: defaults, tolerations, a token's volume, and managed fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import pods

__all__ = ["Lives", "item", "life", "page"]

JsonMap = dict[str, Any]

RECORDS = Path(__file__).parents[1] / "tests" / "run" / "records"
#: What stands for a pod's own number, and for the version of its object, in the bytes of an event.
_NUMBER, _VERSION = "70707070", "80808080"
_CHUNK = 1 << 16


def life(record: str = "exit0") -> list[tuple[str, JsonMap]]:
    """The events of a pod that comes, runs and goes: what each is, and the pod."""
    lines = map(json.loads, (RECORDS / f"{record}.jsonl").read_text().splitlines())
    return [(line["type"], _grown(line["object"])) for line in lines if line["type"] != "ACTION"]


class Lives:
    """A life as bytes, for as many pods as are wanted: each pod's events are its own, each version comes once."""

    def __init__(self, steps: tuple[int, ...] | None = None) -> None:
        self.version = 1000
        events = life()
        chosen = range(len(events)) if steps is None else steps
        self._events = [_dumped({"type": events[step][0], "object": events[step][1]}) for step in chosen]

    def __len__(self) -> int:
        """How many events a pod has."""
        return len(self._events)

    def event(self, pod: int, step: int) -> bytes:
        """The next line: the event of a pod at this step of its life."""
        self.version += 1
        return _numbered(self._events[step], pod, self.version) + b"\n"

    def wave(self, first: int, count: int) -> Iterator[bytes]:
        """The whole lives of so many pods, all of them side by side, in pieces as a socket gives them."""
        waiting = bytearray()
        for step in range(len(self)):
            for pod in range(first, first + count):
                waiting += self.event(pod, step)
                while len(waiting) >= _CHUNK:
                    yield bytes(waiting[:_CHUNK])
                    del waiting[:_CHUNK]
        yield bytes(waiting)


def item(running: int = 4) -> bytes:
    """A pod of a LIST, which runs; it is still to be numbered."""
    return _dumped({name: part for name, part in life()[running][1].items() if name not in ("kind", "apiVersion")})


def page(template: bytes, first: int, count: int, more: bool) -> bytes:
    """A page of a LIST."""
    items = b",".join([_numbered(template, pod, 1000 + pod) for pod in range(first, first + count)])
    token = b',"continue":"more"' if more else b""
    return b'{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"900000"%s},"items":[%s]}' % (token, items)


def _numbered(template: bytes, pod: int, version: int) -> bytes:
    return template.replace(_NUMBER.encode(), b"%08d" % pod).replace(_VERSION.encode(), b"%08d" % version)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _grown(recorded: JsonMap) -> JsonMap:
    """The recorded pod with our pod's metadata and spec."""
    ours, spec = pods.composed(), recorded["spec"]
    (main,) = spec["containers"]
    token = {"name": "kube-api-access-x7k2p", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    base = {**main, **ours["spec"]["containers"][0], "name": main["name"]}
    base["volumeMounts"] = [*base["volumeMounts"], token]
    sync = {**{name: main[name] for name in _DEFAULTED}, **ours["spec"]["initContainers"][0]}
    grown = {**recorded, "spec": {**spec, **ours["spec"], "containers": [base], "initContainers": [sync]}}
    grown["spec"]["tolerations"] = [*ours["spec"]["tolerations"], *spec["tolerations"]]
    grown["spec"]["volumes"] = [*ours["spec"]["volumes"], {"name": token["name"], "projected": _TOKEN}]
    if "containerStatuses" in recorded["status"]:
        grown["status"] = {**recorded["status"], "initContainerStatuses": [_synced(recorded["status"]["containerStatuses"][0])]}
    grown["metadata"] = {**recorded["metadata"], **_metadata(ours["metadata"]), "managedFields": _managers(ours, grown["status"])}
    return grown


def _metadata(ours: JsonMap) -> JsonMap:
    """Who it is, with the labels and annotations that a launch puts on it."""
    labels = {**ours["labels"], "app.kubernetes.io/managed-by": "podcompose", "podcompose.io/launch": f"dag-run-{_NUMBER}"}
    digest = "sha256:0e2b1b4a0c5f2f0f4cbb34e1b6a4ac59dc1dbb5ff9d1d6b3e0f8dff0a8a4f9a1"
    notes = {**ours["annotations"], "podcompose.io/launch-id": f"dag/run/task/{_NUMBER}", "podcompose.io/digest": digest}
    names = {"name": f"dag-run-task-{_NUMBER}", "namespace": "jobs", "uid": f"10fc39ba-2a57-49a3-9bb5-{_NUMBER}abcd"}
    return {**names, "resourceVersion": _VERSION, "labels": labels, "annotations": notes}


def _synced(main: JsonMap) -> JsonMap:
    """The init container's status: it has ended long ago."""
    times = {"startedAt": "2026-11-22T13:51:28Z", "finishedAt": "2026-11-22T13:51:29Z"}
    ended = {"exitCode": 0, "reason": "Completed", **times, "containerID": "containerd://63c5f4de4011d347eadf90eab9cc3d65ead59245"}
    return {**main, "name": "git-sync", "state": {"terminated": ended}, "ready": True, "restartCount": 0}


def _managers(ours: JsonMap, status: JsonMap) -> list[JsonMap]:
    """Who owns which field: our client what it sent, the kubelet its status."""
    when = {"apiVersion": "v1", "time": "2026-11-22T13:51:27Z", "fieldsType": "FieldsV1"}
    sent = {
        "metadata": {"labels": ours["metadata"]["labels"], "annotations": ours["metadata"]["annotations"]},
        "spec": ours["spec"],
    }
    return [
        {"manager": "python-urllib3", "operation": "Update", **when, "fieldsV1": _owned(sent)},
        {"manager": "kubelet", "operation": "Update", **when, "fieldsV1": _owned({"status": status}), "subresource": "status"},
    ]


def _owned(value: Any) -> JsonMap:
    """The fields of a value as a server writes them."""
    if isinstance(value, dict):
        return {f"f:{name}": _owned(part) for name, part in value.items()}
    keyed = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return {_key(part): {".": {}, **_owned(part)} for part in keyed}


def _key(part: JsonMap) -> str:
    name = next((name for name in ("name", "type", "mountPath", "ip", "key") if name in part), next(iter(part)))
    return f"k:{json.dumps({name: part[name]}, separators=(',', ':'))}"


_DEFAULTED = ("resources", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy")
_TOKEN: JsonMap = {
    "defaultMode": 420,
    "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ],
}
