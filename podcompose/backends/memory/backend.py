"""Pods in memory, by a virtual clock and scripted fates."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from podcompose.backends.memory.clock import VirtualClock
from podcompose.backends.memory.fates import Fate, Runs, Succeeds
from podcompose.backends.memory.hosting import OrderError, Orders, idle
from podcompose.backends.memory.kubelet import begun
from podcompose.backends.memory.lives import Lives
from podcompose.backends.memory.script import life
from podcompose.backends.tasks import HeardBoard, holders, swap
from podcompose.core.json import JsonMap, copy
from podcompose.errors import Problem
from podcompose.run import naming
from podcompose.run.board import BoardSubscription
from podcompose.run.errors import LaunchError
from podcompose.run.owning import owned, superseding
from podcompose.run.prepare import Prepared, for_launch, taken
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.warm.hosting import Changed, Order, Swapped, Told

__all__ = ["Fates", "Fault", "MemoryBackend"]

Fates: TypeAlias = "Fate | Mapping[str, Fate] | Callable[[str], Fate | None]"
"""One fate for all, or by launch id; who has none of his own succeeds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """How one attempt to launch fails; `made`: the pod is there all the same, only the answer was lost."""

    error: type[LaunchError]
    made: bool = False
    message: str = "scripted"


class MemoryBackend:
    """
    A backend for tests of schedulers: nothing runs, nothing waits, everything happens as scripted, to the byte.

    `fates` says what becomes of a pod, or of a task in one that is kept warm, `launch_errors` what its first attempts meet, and
    `order_errors` the first orders about a task: all by launch id. A `poll` lets the virtual
    time pass to the next happening within its timeout; a poll without a timeout when nothing is due waits for another thread.

    >>> from podcompose.backends.memory import Fails, MemoryBackend, Runs
    >>> from podcompose.run.protocols import Selection
    >>> backend = MemoryBackend(fates={"task/1": Fails(exit_code=3), "task/2": Runs()})
    >>> pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox"}]}}
    >>> for launch_id in ("task/1", "task/2", "task/3"):
    ...     _ = backend.launch(pod, launch_id=launch_id)
    >>> subscription = backend.subscribe(Selection())
    >>> backend.clock.advance(60)
    >>> for change in subscription.poll(0).changes[:3]:
    ...     print(change.record.launch_id, change.record.stage, change.outcome and (change.outcome.kind, change.outcome.exit_code))
    task/1 Finished ('Failed', 3)
    task/2 Running None
    task/3 Finished ('Succeeded', 0)
    >>> backend.close()
    """

    def __init__(
        self,
        fates: Fates = Succeeds(),  # noqa: B008  (a frozen value)
        *,
        clock: VirtualClock | None = None,
        launch_errors: Mapping[str, Iterable[Fault]] | None = None,
        order_errors: Mapping[str, Iterable[OrderError]] | None = None,
        namespace: str = "default",
        seed: int = 0,
    ) -> None:
        self.clock = VirtualClock() if clock is None else clock
        self._fates = fates
        self._faults = {launch_id: list(faults) for launch_id, faults in (launch_errors or {}).items()}
        self._namespace = namespace
        self._seed = seed
        self._made = 0
        self._board = HeardBoard(self.clock.now, self.clock.wait, identity=f"memory-{seed}", lock=self.clock.lock)
        self._lives = Lives(self._board, self.clock)
        self._orders = Orders(self._board, self.clock, self._lives, self._fate, order_errors or {})

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._namespace

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """Launch a pod, or find the one this launch id has; it fails first as often as `launch_errors` says."""
        prepared = for_launch(pod, launch_id, self._namespace)
        with self._board.changed:
            faults = self._faults.get(launch_id, [])
            fault = faults.pop(0) if len(faults) > 0 else None
            if fault is not None and not fault.made:
                raise _raised(fault, prepared)
            launched = self._launched(prepared, dry_run)
            if fault is not None:
                raise _raised(fault, prepared)
            return launched

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there."""
        where = self._namespace if namespace is None else namespace
        name = naming.pod_name(launch_id)
        found = self._board.get(where, name)
        if found is None or _annotation(found, naming.LAUNCH_ID) != launch_id:
            return NotFound(name, where)
        return Launched(_ref(found), False)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end, as its fate says; absent is done."""
        with self._board.changed:
            if self._board.by_uid(ref.uid) is not None:
                self._board.stopped(ref.uid, self.clock.now())
                self.delete(ref, grace=grace)

    def delete(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Delete the pod of this uid as somebody else would."""
        with self._board.changed:
            pod = self._board.by_uid(ref.uid)
            if pod is not None:
                self._lives.delete(pod, pod["spec"]["terminationGracePeriodSeconds"] if grace is None else grace)

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

    def unfit(self, manifest: JsonMap, container: str) -> tuple[Problem, ...]:
        """Tasks can be run in any pod: nothing runs, so nothing is missing."""
        return ()

    def idle(self, manifest: JsonMap, container: str) -> JsonMap:
        """The pod as it waits for tasks; it runs until it is stopped."""
        return idle(manifest, container)

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in the pod: the fate of its launch id says what becomes of a task; told as virtual time passes."""
        self._orders.order(ref, container, order, told)

    def swap(self, record: PodRecord, labels: Mapping[str, str | None], annotations: Mapping[str, str | None]) -> Swapped | Changed:
        """Write labels and annotations on the pod, if it is as it was in this record."""
        return swap(self._board, record, labels, annotations)

    def holders(self, namespace: str, label: str, *, since: str = "") -> tuple[PodRecord, ...]:
        """The pods of the namespace that have a label of this name."""
        return holders(self._board, namespace, label)

    def output(self, ref: PodRef, container: str, key: str) -> bytes:
        """Nothing: tasks in memory do not write."""
        return b""

    def end_task(self, launch_id: str, code: int = 0) -> None:
        """The task of this launch id ends, in whatever pod it runs; for those of the fate ByHand."""
        self._orders.end_task(launch_id, code)

    def close(self) -> None:
        """End every subscription; the pods stay as they are, and nothing happens to them any more."""
        with self._board.changed:
            self._lives.halt()
            self._orders.close()
            self._board.close()

    def __enter__(self) -> MemoryBackend:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def pods(self) -> tuple[JsonMap, ...]:
        """Every pod that is there, oldest first, as copies."""
        return tuple(copy(pod) for pod in self._board.pods)

    def manifest(self, ref: PodRef) -> JsonMap | None:
        """The pod of this uid as it is now, as a copy; None if it is not there."""
        found = self._board.by_uid(ref.uid)
        return None if found is None else copy(found)

    def put(self, manifest: Mapping[str, Any]) -> PodRef:
        """A pod that somebody else makes; nothing happens to it by itself. A namesake is replaced."""
        with self._board.changed:
            given = copy(dict(manifest))
            metadata = {"name": "", **given.get("metadata", {})}
            where = metadata.get("namespace", self._namespace)
            pod = begun({**given, "metadata": metadata}, where, self._uid(where, metadata["name"]), self.clock.now())
            return _ref(self._board.put({**pod, "status": given.get("status", pod["status"])}))

    def set_status(self, ref: PodRef, status: Mapping[str, Any]) -> None:
        """Write a pod's status as its node would; for pods of the fate ByHand."""
        self._changed(ref.uid, lambda pod: {**pod, "status": copy(dict(status))})

    def set_labels(self, ref: PodRef, labels: Mapping[str, str]) -> None:
        """Give a pod other labels, as somebody else would."""
        self._changed(ref.uid, lambda pod: {**pod, "metadata": {**pod["metadata"], "labels": dict(labels)}})

    def remove(self, ref: PodRef) -> None:
        """A pod is gone at once."""
        with self._board.changed:
            self._lives.drop(ref.uid)

    def _launched(self, prepared: Prepared, dry_run: bool) -> Launched:
        found = self._board.get(prepared.namespace, prepared.name)
        if found is not None:
            refused = taken(prepared, found)
            if refused is not None:
                raise refused
            return Launched(_ref(found), False)
        if dry_run:
            return Launched(PodRef(prepared.namespace, prepared.name, ""), False)
        return self._created(prepared)

    def _created(self, prepared: Prepared) -> Launched:
        uid = self._uid(prepared.namespace, prepared.name)
        pod = begun(prepared.composition.manifest, prepared.namespace, uid, self.clock.now())
        fate = self._fate_of_pod(pod, prepared.launch_id)
        steps = life(fate, pod)
        ref = _ref(self._board.put(pod))
        self._lives.begin(uid, fate, steps)
        return Launched(ref, True)

    def _fate(self, launch_id: str) -> Fate:
        if isinstance(self._fates, Mapping):
            chosen = self._fates.get(launch_id)
        else:
            chosen = self._fates(launch_id) if callable(self._fates) else self._fates
        return Succeeds() if chosen is None else chosen

    def _fate_of_pod(self, pod: JsonMap, launch_id: str) -> Fate:
        """One that waits for tasks runs until it is stopped, unless it is named itself."""
        named = isinstance(self._fates, Mapping) and launch_id in self._fates
        warm = _annotation(pod, naming.WARM_POOL) is not None
        return Runs(0, 0.0) if warm and not named else self._fate(launch_id)

    def _uid(self, namespace: str, name: str) -> str:
        self._made += 1
        text = f"{self._seed}/{namespace}/{name}/{self._made}"
        return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))

    def _changed(self, uid: str, changed: Callable[[JsonMap], JsonMap]) -> None:
        with self._board.changed:
            pod = self._board.by_uid(uid)
            if pod is None:
                raise KeyError(f"no pod has the uid {uid!r}")
            self._board.put(changed(pod))


def _raised(fault: Fault, prepared: Prepared) -> LaunchError:
    problem = Problem("scripted", "", fault.message)
    return fault.error([problem], launch_id=prepared.launch_id, namespace=prepared.namespace, name=prepared.name, attempts=1)


def _ref(pod: JsonMap) -> PodRef:
    metadata = pod["metadata"]
    return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])


def _annotation(pod: JsonMap, name: str) -> str | None:
    annotations = pod["metadata"].get("annotations") or {}
    return annotations.get(name)
