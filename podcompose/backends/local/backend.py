"""Pods as processes of this machine."""

from __future__ import annotations

import os
import platform
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from podcompose.backends.local.environment import Sources
from podcompose.backends.local.files import PodFiles, follow
from podcompose.backends.local.host import Host
from podcompose.backends.local.hosting import Orders, idle
from podcompose.backends.local.judge import judge
from podcompose.backends.local.lifecycle import Backoff
from podcompose.backends.local.node import Settings
from podcompose.backends.local.plan import plan_of
from podcompose.backends.local.status import rfc3339
from podcompose.backends.tasks import HeardBoard, holders, swap
from podcompose.core.json import JsonMap, copy
from podcompose.errors import Problem
from podcompose.run import naming
from podcompose.run.board import BoardSubscription, steady_clock
from podcompose.run.errors import Refused, Unreachable
from podcompose.run.observe import observe
from podcompose.run.owning import owned, superseding
from podcompose.run.prepare import Prepared, for_launch, taken
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.warm.hosting import Changed, Order, Swapped, Told
from podcompose.template import main_container

__all__ = ["MINIMAL_PATH", "LocalBackend"]

#: What a container finds its commands by if nobody says otherwise.
MINIMAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LOOK_S = 0.1


class LocalBackend:
    """
    Runs the containers of pods as processes of this machine: the embedded default, without a cluster.

    A process has the variables of its container and, unless it sets them itself, those of `environment` (PATH and HOME if not
    given); nothing of this process's own. Logs lie in `directory`, by pod; without one, in a temporary directory that goes with
    the backend. At most `max_pods` run at once, the others are Pending. When the backend is closed, or this process is gone,
    however it went, no process of a container is left. What of a pod is done otherwise than on a cluster: docs/local.md.

    Units:  `backoff` in seconds: the first time that a container which keeps ending is held back, and the longest.

    >>> from podcompose.backends.local import LocalBackend
    >>> from podcompose.run import run
    >>> pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "command": ["sh", "-c", "exit 3"]}]}}
    >>> with LocalBackend() as backend:
    ...     outcome = run(backend, pod, launch_id="task/1")
    >>> outcome.kind, outcome.exit_code
    ('Failed', 3)
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None = None,
        *,
        namespace: str = "default",
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        config_maps: Mapping[str, Mapping[str, str]] | None = None,
        environment: Mapping[str, str] | None = None,
        max_pods: int = 110,
        backoff: tuple[float, float] = (10.0, 300.0),
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._namespace = namespace
        self._temporary = tempfile.TemporaryDirectory(prefix="podcompose-") if directory is None else None
        self._directory = Path(self._temporary_name() if directory is None else os.fspath(directory)).absolute()
        self._directory.mkdir(parents=True, exist_ok=True)
        own = {"PATH": MINIMAL_PATH, "HOME": os.path.expanduser("~")} if environment is None else dict(environment)
        sources = Sources({} if secrets is None else secrets, {} if config_maps is None else config_maps)
        settings = Settings(
            self._directory, os.getcwd(), own, sources, Backoff(*backoff), max_pods, platform.node(), directory is not None
        )
        lock = threading.RLock()
        self._board = HeardBoard(steady_clock() if clock is None else clock, lock=lock)
        self._host = Host(self._board, settings)
        self._orders = Orders(self._board, self._host, settings, lock)

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._namespace

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod, or find the one this launch id already has.

        Raises: Refused: what cannot be done here (docs/local.md), or NameTaken, OtherPod.
        """
        prepared = for_launch(pod, launch_id, self._namespace)
        manifest = prepared.composition.manifest
        problems, warnings = judge(manifest)
        if problems != []:
            raise Refused(problems, launch_id=launch_id, namespace=prepared.namespace, name=prepared.name)
        with self._board.changed:
            self._check_open(prepared)
            found = self._board.get(prepared.namespace, prepared.name)
            if found is not None:
                refused = taken(prepared, found)
                if refused is not None:
                    raise refused
                return Launched(_ref(found), False, tuple(warnings))
            if dry_run:
                return Launched(PodRef(prepared.namespace, prepared.name, ""), False, tuple(warnings))
            stored = self._host.accept(_accepted(manifest, prepared, self._board.clock().timestamp()))
            return Launched(_ref(stored), True, tuple(warnings))

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there."""
        where, name = self._namespace if namespace is None else namespace, naming.pod_name(launch_id)
        found = self._board.get(where, name)
        if found is None or (found["metadata"].get("annotations") or {}).get(naming.LAUNCH_ID) != launch_id:
            return NotFound(name, where)
        return Launched(_ref(found), False)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end: TERM, after the grace KILL; then it is removed, as one that is over is at once."""
        with self._board.changed:
            pod = self._board.by_uid(ref.uid)
            if pod is not None:
                self._board.stopped(ref.uid, _before_what_follows(pod, self._board.clock()))
                self._host.delete(ref.uid, grace)

    def delete(self, ref: PodRef, *, grace: float | None = None) -> None:
        """The same as somebody else would ask for it: what ends by it is `Deleted`. A pod that is over is only removed."""
        with self._board.changed:
            if self._board.by_uid(ref.uid) is not None:
                self._host.delete(ref.uid, grace)

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it, or another of the same."""
        with self._board.changed:
            pod = self._board.by_uid(ref.uid)
            if pod is None:
                return NotFound(ref.name, ref.namespace)
            other = superseding(pod, owner)
            if other is not None:
                return Superseded(_ref(pod), other)
            self._board.put(owned(pod, owner))
            return Adopted(_ref(pod), owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> BoardSubscription:
        """What happens to the selected pods, from now or from a cursor on."""
        return self._board.subscribe(where, cursor)

    def manifest(self, ref: PodRef) -> JsonMap | None:
        """The pod of this uid as it is now, as a copy; None if it is not there."""
        found = self._board.by_uid(ref.uid)
        return None if found is None else copy(found)

    def logs(self, ref: PodRef, container: str | None = None, *, previous: bool = False) -> bytes:
        """
        What a container (the main one if not named) has written in its last run, or in the one before; empty if nothing.

        Raises: Refused: no such pod or container.
        """
        files, name = self._files(ref, container)
        last = files.runs(name) - (2 if previous else 1)
        return b"".join(files.chunks(name, last)) if last >= 0 else b""

    def follow_logs(self, ref: PodRef, container: str | None = None) -> Iterator[bytes]:
        """
        What a container writes, in all its runs, as it writes it; until the pod is over.

        Raises: Refused: no such pod or container.
        """
        files, name = self._files(ref, container)
        return follow(files, name, lambda: self._is_over(ref) or self._host.closed, self._look_later)

    def unfit(self, manifest: JsonMap, container: str) -> tuple[Problem, ...]:
        """What cannot be run here at all: the same as for a pod of its own."""
        return tuple(judge(manifest)[0])

    def idle(self, manifest: JsonMap, container: str) -> JsonMap:
        """The pod as it waits for tasks: a process that sleeps for ever."""
        return idle(manifest, container)

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in the pod's container: a task is a process beside it, that ends with it at the latest."""
        self._orders.order(ref, container, order, told)

    def swap(self, record: PodRecord, labels: Mapping[str, str | None], annotations: Mapping[str, str | None]) -> Swapped | Changed:
        """Write labels and annotations on the pod, if it is as it was in this record."""
        return swap(self._board, record, labels, annotations)

    def holders(self, namespace: str, label: str, *, since: str = "") -> tuple[PodRecord, ...]:
        """The pods of the namespace that have a label of this name."""
        return holders(self._board, namespace, label)

    def output(self, ref: PodRef, container: str, key: str) -> bytes:
        """What the task of this key has written so far; empty once it is forgotten, or its pod is gone."""
        return self._orders.output(ref.uid, key)

    def close(self) -> None:
        """Kill every container and wait until none is left; end every subscription."""
        self._orders.close()
        self._host.close()
        self._board.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> LocalBackend:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _temporary_name(self) -> str:
        return "" if self._temporary is None else self._temporary.name

    def _check_open(self, prepared: Prepared) -> None:
        problem = None
        if self._host.closed:
            problem = Problem("closed", "", "this backend was closed", suggestion="launch with one that is open")
        elif not self._directory.is_dir():
            fix = "make it again, or launch with another backend"
            problem = Problem("no-directory", "", f"the directory of this backend is gone: {self._directory}", suggestion=fix)
        if problem is not None:
            raise Unreachable([problem], launch_id=prepared.launch_id, namespace=prepared.namespace, name=prepared.name)

    def _is_over(self, ref: PodRef) -> bool:
        pod = self._board.by_uid(ref.uid)
        return pod is None or pod["status"]["phase"] in ("Succeeded", "Failed")

    def _files(self, ref: PodRef, container: str | None) -> tuple[PodFiles, str]:
        files = PodFiles(self._directory, ref.namespace, ref.name, ref.uid)
        pod = self._board.by_uid(ref.uid)
        name = main_container(pod) if container is None and pod is not None else container
        known = name is not None and (files.runs(name) > 0 if pod is None else name in plan_of(pod["spec"]).containers)
        if name is None or not known:
            raise Refused([_no_log(container)], namespace=ref.namespace, name=ref.name)
        return files, name

    def _look_later(self) -> None:
        with self._board.changed:
            self._board.changed.wait(_LOOK_S)


def _no_log(container: str | None) -> Problem:
    which = "" if container is None else f" with a container {container!r}"
    return Problem("no-such-log", "", f"there is no such pod{which} here, and no log of it")


def _before_what_follows(pod: JsonMap, now: datetime) -> datetime:
    """When a stop began: in whole seconds an exit that follows at once is not to be taken for one that was there before."""
    seen = observe(pod, now=now)
    return now if seen.record.outcome is not None or seen.provisional is not None else now - timedelta(seconds=1)


def _accepted(manifest: JsonMap, prepared: Prepared, now: float) -> JsonMap:
    """A pod as an API server keeps it once it was accepted."""
    server = {
        "namespace": prepared.namespace,
        "uid": str(uuid.uuid4()),
        "generation": 1,
        "creationTimestamp": rfc3339(now),
    }
    spec = {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, **manifest["spec"]}
    return {"apiVersion": "v1", "kind": "Pod", **manifest, "metadata": {**manifest["metadata"], **server}, "spec": spec}


def _ref(manifest: JsonMap) -> PodRef:
    metadata = manifest["metadata"]
    return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])
