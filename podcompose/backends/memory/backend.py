"""Pods in memory, by a virtual clock and scripted fates."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from podcompose.backends.memory.clock import Timer, VirtualClock
from podcompose.backends.memory.fates import Fate, Succeeds
from podcompose.backends.memory.happenings import Marked
from podcompose.backends.memory.kubelet import after, begun, is_bound, is_done
from podcompose.backends.memory.script import Step, ending, life
from podcompose.core.json import JsonMap, copy
from podcompose.errors import Problem
from podcompose.run import naming
from podcompose.run.board import Board, BoardSubscription
from podcompose.run.errors import LaunchError
from podcompose.run.owning import owned, superseding
from podcompose.run.prepare import Prepared, for_launch, taken
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef

__all__ = ["Fates", "Fault", "MemoryBackend"]

Fates: TypeAlias = "Fate | Mapping[str, Fate] | Callable[[str], Fate | None]"
"""One fate for all, or by launch id; who has none of his own succeeds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """How one attempt to launch fails; `made`: the pod is there all the same, only the answer was lost."""

    error: type[LaunchError]
    made: bool = False
    message: str = "scripted"


@dataclass(slots=True)
class _Plan:
    """What is to happen to one pod."""

    fate: Fate
    steps: tuple[Step, ...]
    timer: Timer | None = None


class MemoryBackend:
    """
    A backend for tests of schedulers: nothing runs, nothing waits, everything happens as scripted, to the byte.

    `fates` says what becomes of a pod, `launch_errors` what its first attempts meet: both by launch id. A `poll` lets the virtual
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
        namespace: str = "default",
        seed: int = 0,
    ) -> None:
        self.clock = VirtualClock() if clock is None else clock
        self._fates = fates
        self._faults = {launch_id: list(faults) for launch_id, faults in (launch_errors or {}).items()}
        self._namespace = namespace
        self._seed = seed
        self._made = 0
        self._plans: dict[str, _Plan] = {}
        self._board = Board(self.clock.now, self.clock.wait, identity=f"memory-{seed}", lock=self.clock.lock)

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
                self._delete(pod, pod["spec"]["terminationGracePeriodSeconds"] if grace is None else grace)

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

    def close(self) -> None:
        """End every subscription; the pods stay as they are, and nothing happens to them any more."""
        with self._board.changed:
            for plan in self._plans.values():
                _cancel(plan)
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
            self._drop(ref.uid)

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
        fate = self._fate(prepared.launch_id)
        steps = life(fate, pod)
        ref = _ref(self._board.put(pod))
        self._plan(uid, fate, steps)
        return Launched(ref, True)

    def _fate(self, launch_id: str) -> Fate:
        if isinstance(self._fates, Mapping):
            chosen = self._fates.get(launch_id)
        else:
            chosen = self._fates(launch_id) if callable(self._fates) else self._fates
        return Succeeds() if chosen is None else chosen

    def _uid(self, namespace: str, name: str) -> str:
        self._made += 1
        text = f"{self._seed}/{namespace}/{name}/{self._made}"
        return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))

    def _plan(self, uid: str, fate: Fate, steps: tuple[Step, ...]) -> None:
        plan = self._plans[uid] = _Plan(fate, steps)
        self._arm(uid, plan)

    def _arm(self, uid: str, plan: _Plan) -> None:
        if len(plan.steps) > 0:
            plan.timer = self.clock.after(plan.steps[0].after_s, lambda: self._next(uid, plan))

    def _next(self, uid: str, plan: _Plan) -> None:
        """Do the next step, and those that follow in the same moment."""
        with self._board.changed:
            if self._plans.get(uid) is not plan or plan.timer is None or plan.timer.cancelled:
                return
            step, plan.steps = plan.steps[0], plan.steps[1:]
            self._happen(uid, step)
            if self._plans.get(uid) is plan:
                self._arm(uid, plan)

    def _happen(self, uid: str, step: Step) -> None:
        pod = self._board.by_uid(uid)
        if pod is None:
            return
        if step.what is None:
            self._drop(uid)
        elif isinstance(step.what, Marked) and step.what.grace > 0:
            self._delete(pod, step.what.grace)
        else:
            self._board.put(after(pod, step.what, self.clock.now()))

    def _delete(self, pod: JsonMap, grace: float) -> None:
        uid = pod["metadata"]["uid"]
        plan = self._plans.get(uid)
        grace = grace if is_bound(pod) and not is_done(pod) else 0
        if "deletionTimestamp" in pod["metadata"] and grace > 0:
            # A second DELETE does not shorten a running one, as real nodes have it.
            return
        marked = self._board.put(after(pod, Marked(grace), self.clock.now()))
        if plan is not None:
            _cancel(plan)
            self._plan(uid, plan.fate, ending(plan.fate, marked, grace))

    def _drop(self, uid: str) -> None:
        plan = self._plans.pop(uid, None)
        if plan is not None:
            _cancel(plan)
        self._board.remove(uid)

    def _changed(self, uid: str, changed: Callable[[JsonMap], JsonMap]) -> None:
        with self._board.changed:
            pod = self._board.by_uid(uid)
            if pod is None:
                raise KeyError(f"no pod has the uid {uid!r}")
            self._board.put(changed(pod))


def _cancel(plan: _Plan) -> None:
    if plan.timer is not None:
        plan.timer.cancel()


def _raised(fault: Fault, prepared: Prepared) -> LaunchError:
    problem = Problem("scripted", "", fault.message)
    return fault.error([problem], launch_id=prepared.launch_id, namespace=prepared.namespace, name=prepared.name, attempts=1)


def _ref(pod: JsonMap) -> PodRef:
    metadata = pod["metadata"]
    return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])


def _annotation(pod: JsonMap, name: str) -> str | None:
    annotations = pod["metadata"].get("annotations") or {}
    return annotations.get(name)
