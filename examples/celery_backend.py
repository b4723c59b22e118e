"""
A worker pool as a backend: pods are Celery tasks, and a worker runs the command of their main container.

`launch` writes the pod down beside the results, under a key made of the launch id, and sends a task; whichever worker takes it runs
the command and gives back a pod status, as a node would. Any broker will do (but Celery's own one of files, which may read half a
message and lose it), and any result backend that keeps results by key, for good (`result_expires=None`). `in_process` makes an app
that needs neither server nor network. A backend sees the pods that it launched, or was asked about by launch id.

It is proven by `podcompose.testing.conformance`: tests/conformance/test_celery.py. A scheduler that dies between writing down and
sending leaves a pod that stays Pending: stop it, and launch it again. A worker that is lost with its machine leaves one that stays
Running, and nobody tells: give tasks a limit of time, or watch over the machines.
"""

from __future__ import annotations

import os
import subprocess
import threading
import uuid
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from celery import Celery
from celery.backends.filesystem import FilesystemBackend

from podcompose.run import naming
from podcompose.run.board import Board, BoardSubscription, steady_clock
from podcompose.run.owning import owned, superseding
from podcompose.run.prepare import for_launch, taken
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef

LOOK_S = 0.05
_PENDING = {"phase": "Pending"}


class Results(FilesystemBackend):  # type: ignore[misc]  # Celery is not typed
    """Results in files of which nobody reads half."""

    def set(self, key: Any, value: Any) -> None:
        """Write it elsewhere, then put it into its place."""
        path = os.fsdecode(self._filename(key))
        part = f"{path}.{threading.get_ident()}.{os.getpid()}"
        Path(part).write_bytes(value if isinstance(value, bytes) else value.encode())
        os.replace(part, path)

    def delete(self, key: Any) -> None:
        """What is not there is deleted."""
        Path(os.fsdecode(self._filename(key))).unlink(missing_ok=True)


def in_process(folder: Path) -> Celery:
    """An app for workers that are threads of this process: its queue is in memory, its results are files in a folder."""
    app = Celery("pods", broker="memory://", backend=f"{__name__}:Results+file://{folder}", set_as_current=False)
    app.conf.update(
        broker_transport_options={"polling_interval": LOOK_S},
        task_default_queue=str(folder),  # queues in memory are shared by all apps of a process
        result_expires=None,
        worker_hijack_root_logger=False,
    )
    runner(app)
    return app


def runner(app: Celery) -> Any:
    """The task that runs a pod; where workers start, it has to be known too."""
    return app.task(name="podcompose.run", bind=True)(_run)


class CeleryBackend:
    """Pods as tasks of an app."""

    def __init__(self, app: Celery, namespace: str = "default") -> None:
        self.namespace = namespace
        self._app, self._task = app, runner(app)
        self._known: set[str] = set()
        self._board = Board(steady_clock(), self._wait)

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """Write the pod down and send its task, unless that was done."""
        prepared = for_launch(pod, launch_id, self.namespace)
        key = f"{prepared.namespace}.{prepared.name}"
        with self._board.changed:
            found = read(self._app, key)
            refused = None if found is None else taken(prepared, found)
            if refused is not None:
                raise refused
            if found is not None or dry_run:
                return Launched(self._seen(found) if found else PodRef(prepared.namespace, prepared.name, ""), created=False)
            made = {"namespace": prepared.namespace, "uid": str(uuid.uuid4()), "creationTimestamp": _now()}
            manifest = prepared.composition.manifest
            manifest = {**manifest, "metadata": {**manifest["metadata"], **made}, "status": _PENDING}
            write(self._app, key, manifest)
            self._task.apply_async((key, manifest), task_id=made["uid"])
            return Launched(self._seen(manifest), created=True)

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether a pod of this launch id was written down."""
        where, name = namespace or self.namespace, naming.pod_name(launch_id)
        with self._board.changed:
            found = read(self._app, f"{where}.{name}")
            ours = found is not None and found["metadata"].get("annotations", {}).get(naming.LAUNCH_ID) == launch_id
            return Launched(self._seen(found), created=False) if found and ours else NotFound(name, where)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Mark the pod as deleted: its worker will end it. What no worker has begun goes at once, and its task will do nothing."""
        with self._board.changed:
            found = self._found(ref)
            if found is None:
                return
            # Times of exits are whole seconds: one that follows at once is not to be taken for one of before.
            self._board.stopped(ref.uid, datetime.now(timezone.utc) - timedelta(seconds=1))
            if found["status"]["phase"] != "Running":
                forget(self._app, found)
                return
            seconds = 30 if grace is None else grace
            marked = {"deletionTimestamp": _now(seconds), "deletionGracePeriodSeconds": int(seconds)}
            write(self._app, _key(found), {**found, "metadata": {**found["metadata"], **marked}})

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Write the owner down, unless one of a higher epoch is there."""
        with self._board.changed:
            found = self._found(ref)
            other = None if found is None else superseding(found, owner)
            if found is None or other is not None:
                return NotFound(ref.name, ref.namespace) if other is None else Superseded(ref, other)
            write(self._app, _key(found), owned(found, owner))
            return Adopted(ref, owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> BoardSubscription:
        """What happens to the selected pods."""
        self._look()
        return self._board.subscribe(where, cursor)

    def close(self) -> None:
        """End every subscription; the pods go on."""
        self._board.close()

    def _seen(self, manifest: dict[str, Any]) -> PodRef:
        metadata = manifest["metadata"]
        self._known.add(_key(manifest))
        return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])

    def _found(self, ref: PodRef) -> dict[str, Any] | None:
        found = read(self._app, f"{ref.namespace}.{ref.name}")
        return found if found is not None and found["metadata"]["uid"] == ref.uid else None

    def _wait(self, condition: threading.Condition, timeout: float | None) -> bool:
        """How a poll waits: it asks for results, now and then."""
        if not self._look():
            condition.wait(LOOK_S if timeout is None else min(timeout, LOOK_S))
        return True

    def _look(self) -> bool:
        """Tell the board what has changed since the last look."""
        with self._board.changed:
            changed = False
            for key in tuple(self._known):
                namespace, _, name = key.partition(".")
                found, before = read(self._app, key), self._board.get(namespace, name)
                if found is not None:
                    changed = self._board.put(found) is not before or changed
                    continue
                self._known.discard(key)
                if before is not None:
                    self._board.remove(before["metadata"]["uid"])
                    changed = True
            return changed


def read(app: Celery, key: str) -> dict[str, Any] | None:
    """A pod that was written down, with what its task says by now; None if there is none."""
    pod = app.backend.get_task_meta(f"pod.{key}", cache=False)["result"]
    if pod is None:
        return None
    told = app.backend.get_task_meta(pod["metadata"]["uid"], cache=False)
    if told["status"] in ("Running", "SUCCESS"):
        return {**pod, "status": told["result"]}
    return {**pod, "status": _broken(told) if told["status"] in ("FAILURE", "REVOKED") else _PENDING}


def write(app: Celery, key: str, pod: dict[str, Any]) -> None:
    """Write a pod down; what became of it is its task's to say."""
    app.backend.store_result(f"pod.{key}", {name: value for name, value in pod.items() if name != "status"}, "POD")


def forget(app: Celery, pod: dict[str, Any]) -> None:
    """A pod is no more."""
    app.backend.forget(f"pod.{_key(pod)}")
    app.backend.forget(pod["metadata"]["uid"])


def _run(task: Any, key: str, pod: dict[str, Any]) -> dict[str, Any]:
    """The worker's part: run the main container's command to its end, or until the pod is deleted; never a second time."""
    app, uid = task.app, pod["metadata"]["uid"]
    found = read(app, key)
    if found is None or found["metadata"]["uid"] != uid or found["status"] != _PENDING:
        return found["status"] if found else _PENDING
    container, started = pod["spec"]["containers"][0], _now()
    task.update_state(state="Running", meta=_status(container["name"], "Running", {"running": {"startedAt": started}}))
    environment = {**os.environ, **{one["name"]: one.get("value", "") for one in container.get("env", [])}}
    try:
        with subprocess.Popen([*container["command"], *container.get("args", [])], env=environment) as process:
            while process.poll() is None and "deletionTimestamp" not in (read(app, key) or {}).get("metadata", {}):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK_S)
            process.terminate()
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        reason, message = "Error" if code else "Completed", ""
    except OSError as error:
        code, reason, message = 128, "StartError", str(error)
    exited = {"exitCode": code, "reason": reason, "message": message, "startedAt": started, "finishedAt": _now()}
    return _status(
        container["name"], "Failed" if code else "Succeeded", {"terminated": {**exited, "containerID": f"celery://{uid}"}}
    )


def _status(name: str, phase: str, state: dict[str, Any]) -> dict[str, Any]:
    scheduled = {"type": "PodScheduled", "status": "True"}
    container = {"name": name, "state": state, "restartCount": 0, "image": "", "imageID": "", "ready": phase == "Running"}
    return {"phase": phase, "conditions": [scheduled], "containerStatuses": [container]}


def _broken(told: dict[str, Any]) -> dict[str, Any]:
    """The task itself failed, for its worker's process was killed, say; or somebody revoked it."""
    reason = "TaskRevoked" if told["status"] == "REVOKED" else "TaskFailed"
    return {"phase": "Failed", "reason": reason, "message": str(told["result"])}


def _key(pod: dict[str, Any]) -> str:
    return f"{pod['metadata']['namespace']}.{pod['metadata']['name']}"


def _now(later_s: float = 0.0) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=later_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
