"""
A backend of one's own: pods are folders, and whoever looks after the folder runs them.

`launch` writes pod.json; a worker, on this machine or on another that sees the same directory, picks it up and writes status.json.
Statuses are Kubernetes' own, so `podcompose.run` can tell stage and outcome; `Board` keeps subscriptions and cursors. What is left
to write is the translation: launch, stop, adopt, and what has changed since one looked last.

It is proven by `podcompose.testing.conformance`: tests/conformance/test_example.py.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from podcompose.run import naming
from podcompose.run.board import Board, BoardSubscription, steady_clock
from podcompose.run.owning import owned, superseding
from podcompose.run.prepare import for_launch, taken
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef

LOOK_S = 0.05


class DirectoryBackend:
    """Pods in the directory `root`, as root/namespace/name/pod.json. Several of these may share it."""

    def __init__(self, root: Path, namespace: str = "default") -> None:
        self.root = root
        self.namespace = namespace
        self._looked: dict[Path, tuple[str, bytes]] = {}
        self._board = Board(steady_clock(), self._wait)

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """Write pod.json, unless one is there."""
        prepared = for_launch(pod, launch_id, self.namespace)
        folder = self.root / prepared.namespace / prepared.name
        with self._locked():
            found = read(folder)
            refused = None if found is None else taken(prepared, found)
            if refused is not None:
                raise refused
            if found is not None or dry_run:
                return Launched(_ref(found) if found else PodRef(prepared.namespace, prepared.name, ""), created=False)
            made = {"namespace": prepared.namespace, "uid": str(uuid.uuid4()), "creationTimestamp": _now()}
            manifest = prepared.composition.manifest
            manifest = {**manifest, "metadata": {**manifest["metadata"], **made}}
            folder.mkdir(parents=True)
            write(folder / "pod.json", manifest)
            return Launched(_ref(manifest), created=True)

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the folder of this launch id is there."""
        where, name = namespace or self.namespace, naming.pod_name(launch_id)
        with self._locked():
            found = read(self.root / where / name)
        ours = found is not None and found["metadata"].get("annotations", {}).get(naming.LAUNCH_ID) == launch_id
        return Launched(_ref(found), created=False) if found and ours else NotFound(name, where)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Mark the pod as deleted: its worker will end it. What no worker has begun goes at once."""
        with self._locked():
            found = self._found(ref)
            if found is None:
                return
            self._board.stopped(ref.uid, datetime.now(timezone.utc))
            if found["status"].get("phase") != "Running":
                shutil.rmtree(self.root / ref.namespace / ref.name)
                return
            seconds = 30 if grace is None else grace
            marked = {"deletionTimestamp": _now(seconds), "deletionGracePeriodSeconds": int(seconds)}
            self._rewrite(ref, {**found, "metadata": {**found["metadata"], **marked}})

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Write the owner into pod.json, unless one of a higher epoch is there."""
        with self._locked():
            found = self._found(ref)
            if found is None:
                return NotFound(ref.name, ref.namespace)
            other = superseding(found, owner)
            if other is not None:
                return Superseded(ref, other)
            self._rewrite(ref, owned(found, owner))
            return Adopted(ref, owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> BoardSubscription:
        """What happens to the selected pods."""
        self._look()
        return self._board.subscribe(where, cursor)

    def close(self) -> None:
        """End every subscription; the pods stay."""
        self._board.close()

    def _wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """How a poll waits: it looks, now and then."""
        if not self._look():
            condition.wait(LOOK_S if timeout is None else min(timeout, LOOK_S))
        return True

    def _look(self) -> bool:
        """Tell the board what has changed since the last look."""
        with self._board.changed, self._locked():
            there = {path.parent: _bytes(path.parent) for path in self.root.glob("*/*/pod.json")}
            before, changed = self._looked, False
            for folder in [folder for folder in before if folder not in there]:
                self._board.remove(before[folder][0])
                changed = True
            self._looked = {}
            for folder, content in there.items():
                manifest = read(folder) or {}
                if folder not in before or before[folder][1] != content:
                    self._board.put(manifest)
                    changed = True
                self._looked[folder] = (manifest["metadata"]["uid"], content)
            return changed

    def _found(self, ref: PodRef) -> dict[str, Any] | None:
        found = read(self.root / ref.namespace / ref.name)
        return found if found is not None and found["metadata"]["uid"] == ref.uid else None

    def _rewrite(self, ref: PodRef, manifest: dict[str, Any]) -> None:
        pod = {name: value for name, value in manifest.items() if name != "status"}
        write(self.root / ref.namespace / ref.name / "pod.json", pod)

    def _locked(self) -> Any:
        return locked(self.root)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One at a time, over all processes that use this directory."""
    with (root / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read(folder: Path) -> dict[str, Any] | None:
    """The pod of a folder; None if there is none."""
    if not (folder / "pod.json").exists():
        return None
    status = folder / "status.json"
    pod: dict[str, Any] = json.loads((folder / "pod.json").read_bytes())
    return {**pod, "status": json.loads(status.read_bytes()) if status.exists() else {"phase": "Pending"}}


def write(path: Path, value: dict[str, Any]) -> None:
    """Write a file so that nobody reads half of it."""
    path.with_suffix(".new").write_text(json.dumps(value))
    os.replace(path.with_suffix(".new"), path)


def work(root: Path, folder: Path) -> None:
    """The worker's part: run the first container of a pod to its end, or until the pod is deleted."""
    with locked(root):
        pod = read(folder)
    if pod is None or pod["status"]["phase"] != "Pending":
        return
    container, started = pod["spec"]["containers"][0], _now()
    write(folder / "status.json", _status(container["name"], "Running", {"running": {"startedAt": started}}))
    with subprocess.Popen([*container["command"], *container.get("args", [])]) as process:
        while process.poll() is None and "deletionTimestamp" not in (read(folder) or {}).get("metadata", {}):
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_S)
        process.terminate()
    code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    exited = {"exitCode": code, "reason": "Error" if code else "Completed", "startedAt": started, "finishedAt": _now()}
    ended = {**exited, "containerID": f"process://{process.pid}"}
    write(folder / "status.json", _status(container["name"], "Failed" if code else "Succeeded", {"terminated": ended}))


def _status(name: str, phase: str, state: dict[str, Any]) -> dict[str, Any]:
    scheduled = {"type": "PodScheduled", "status": "True"}
    container = {"name": name, "state": state, "restartCount": 0, "image": "", "imageID": "", "ready": phase == "Running"}
    return {"phase": phase, "conditions": [scheduled], "containerStatuses": [container]}


def _bytes(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.glob("*.json")))


def _ref(manifest: dict[str, Any]) -> PodRef:
    metadata = manifest["metadata"]
    return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])


def _now(later_s: float = 0.0) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=later_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
