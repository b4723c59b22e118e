"""
Which pod takes a task, which are started ahead, which are ended. No I/O, no clock, no lock: its owner has them.

Records of pods come in; choices and commands come out. It is level-triggered: a command is given again as long as it is due and
nobody carries it out, whatever became of the last attempt. So a successor who has seen the pods does what is left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from podcompose.run.records import PodRecord, Stage
from podcompose.run.warm.claims import Claim, claims_of
from podcompose.run.warm.commands import (
    Attend,
    Command,
    Conclude,
    End,
    Leave,
    Settings,
    Spend,
    Start,
    Take,
    Wait,
    WarmPod,
    has_no_shell,
)
from podcompose.run.warm.demand import Demand
from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.life import Standing, State, state_of
from podcompose.run.warm.marks import FULL, ROOM, marks_of
from podcompose.run.warm.wear import Surplus, dues, why_spent

__all__ = ["Machine"]

_ABLE = (State.STARTING, State.FREE, State.TAKEN)
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Machine:
    """The pods of one pool."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pods: dict[str, WarmPod] = {}
        self.draining = False
        #: The tasks that are being launched here: whoever launches one sees to it.
        self.pending: set[str] = set()
        self._demand = Demand(settings.idle_timeout_s)
        #: By kind, those that can be had; of the free ones the last one first, so that the others become idle.
        self._free: dict[str, dict[str, None]] = {}
        self._coming: dict[str, dict[str, None]] = {}
        #: By kind, those with a task; and of all kinds, those that can take tasks, now or later.
        self._taken: dict[str, set[str]] = {}
        self._able: set[str] = set()
        #: What may be due: of pods that have changed, at once; of all, when the first of their times is over (None: now).
        self._stirred: set[str] = set()
        self._sweeps_at: datetime | None = None

    def see(self, record: PodRecord, now: datetime) -> WarmPod | None:
        """A pod as it is; None if it is none of this pool's."""
        marks = marks_of(record, self.settings.pool)
        if marks is None:
            return None
        pod = self.pods.get(record.ref.uid)
        if pod is None:
            pod = self.pods[record.ref.uid] = WarmPod(record, marks, claims_of(record))
        else:
            if pod.record.annotations != record.annotations:
                pod.claims = claims_of(record, pod.record, pod.claims)
            pod.record, pod.marks = record, marks
        before = pod.state
        self._file(pod, now)
        self._rest_after(pod, before, now)
        return pod

    def gone(self, uid: str) -> WarmPod | None:
        """A pod is no more."""
        pod = self.pods.pop(uid, None)
        if pod is not None:
            self._free.get(pod.marks.kind, {}).pop(uid, None)
            self._coming.get(pod.marks.kind, {}).pop(uid, None)
            self._taken.get(pod.marks.kind, set()).discard(uid)
            self._able.discard(uid)
        return pod

    def stir(self, uid: str) -> None:
        """Something about a pod is otherwise than it was: look whether anything is due."""
        self._stirred.add(uid)

    def sweep(self) -> None:
        """Look at all of them."""
        self._sweeps_at = None

    def drain(self) -> None:
        """Pods are not wanted any more: none is started ahead, and those that are free are ended."""
        self.draining = True
        self.sweep()

    def announce(self, kinds: Iterable[Kind]) -> None:
        """Of these kinds, and those in use, pods are kept ready; what was announced before is not any more."""
        self._demand.announce(kinds)
        self.sweep()

    def choose(self, kind: Kind, size: int, waiting: int, now: datetime, *, patient: bool = True) -> Take | Start | Wait:
        """
        Where a task of this kind goes.

        Shapes: `size` is that of its claim in characters, `waiting` how many wait already; `patient`: it has not waited yet.
        """
        self._demand.use(kind, now)
        for group in (self._free, self._coming):
            uid = self._fitting(group.get(kind.digest, {}), size)
            if uid is not None:
                return self._keep(uid, now)
        full = self.size >= self.settings.limit and not any(self._free.values())
        wait_s = self._demand.pace(kind.digest).worth_waiting(len(self._taken.get(kind.digest, ())), waiting, full=full)
        if patient and wait_s is not None:
            return Wait(wait_s)
        self.sweep()
        self._demand.ask(kind.digest)
        return Start(kind, once=full)

    def has(self, digest: str, size: int) -> bool:
        """Whether a pod of a kind can be had at once, for a claim of this size."""
        return self._fitting(self._free.get(digest, {}), size) is not None

    def let_go(self, uid: str, now: datetime) -> None:
        """The task that a pod was kept for is not put on it, or is on it by now."""
        pod = self.pods.get(uid)
        if pod is not None:
            pod.kept = False
            self._file(pod, now)

    def started(self, kind: Kind) -> None:
        """A pod that was asked for is there, or was not made."""
        self._demand.came(kind.digest)

    def rest(self, digest: str, now: datetime, *, for_good: bool = False) -> None:
        """One of this kind has failed: none is started ahead for a while."""
        self._demand.rest(digest, now, for_good=for_good)

    def took(self, digest: str, *, start_s: float | None = None, task_s: float | None = None) -> None:
        """How long a start, or a task, of a kind took."""
        self._demand.took(digest, start_s, task_s)

    def done(self, uid: str, now: datetime, *, rest_s: float = 0.0) -> None:
        """A command for a pod was carried out; or was not, and is not to be tried again so soon."""
        pod = self.pods.get(uid)
        if pod is not None:
            pod.busy = False
            pod.rests_until = None if rest_s == 0.0 else now + timedelta(seconds=rest_s)
            self._plan(pod)

    def due(self, now: datetime) -> list[Command]:
        """What is to be done now; whoever takes the commands carries them out, and says `done` (`started` of a Start)."""
        commands: list[Command] = list(self._missing(now))
        surplus = Surplus(self._spare(now), self.size - self.settings.limit)
        for uid in self._looked_at(now):
            pod = self.pods.get(uid)
            if pod is not None and not pod.busy and (pod.rests_until is None or pod.rests_until <= now):
                command = self._command(uid, pod, surplus, now)
                if command is not None:
                    pod.busy = True
                    commands.append(command)
        return commands

    def next_due(self, now: datetime) -> float | None:
        """In how many seconds something may be due though nothing happens; None: never."""
        if self._sweeps_at is None:
            return 0.0
        return None if self._sweeps_at == _NEVER else max(0.0, (self._sweeps_at - now).total_seconds())

    def _looked_at(self, now: datetime) -> list[str]:
        stirred, self._stirred = self._stirred, set()
        if self._sweeps_at is not None and now < self._sweeps_at:
            return list(stirred)
        self._forget_kinds(now)
        self._sweeps_at = min((due for pod in self.pods.values() for due in self._dues(pod) if due > now), default=_NEVER)
        return list(self.pods)

    def _forget_kinds(self, now: datetime) -> None:
        kept = self._demand.forget({pod.marks.kind for pod in self.pods.values()}, now)
        groups: tuple[dict[str, Any], ...] = (self._free, self._coming, self._taken)
        for group in groups:
            for digest in group.keys() - kept:
                del group[digest]

    def _plan(self, pod: WarmPod) -> None:
        """Look at a pod now, and again when its time is over."""
        self._stirred.add(pod.record.ref.uid)
        if self._sweeps_at is not None:
            self._sweeps_at = min(self._sweeps_at, *self._dues(pod), _NEVER)

    @property
    def size(self) -> int:
        """How many pods there are, or will be, that can take tasks."""
        return len(self._able) + self._demand.asked()

    @property
    def living(self) -> int:
        """How many pods there are, or will be, that have not ended."""
        return sum(pod.state is not State.OVER for pod in self.pods.values()) + self._demand.asked()

    def counts(self, digest: str) -> dict[State, int]:
        """How many pods of a kind are in each state."""
        states = [pod.state for pod in self.pods.values() if pod.marks.kind == digest]
        return {state: states.count(state) for state in State if state in states}

    def kinds(self) -> dict[str, Kind]:
        """The kinds that were met, by digest."""
        return dict(self._demand.kinds)

    def _rest_after(self, pod: WarmPod, before: State, now: datetime) -> None:
        """A pod that ends and was not told to (that may be seen in its containers before its phase says so) has failed."""
        ends = pod.state in (State.OVER, State.ENDING) and before not in (State.OVER, State.ENDING, State.SPENT)
        no_shell, told_to = has_no_shell(pod.record) is not None, pod.marks.spent is not None or pod.record.deleting
        if no_shell or (ends and not told_to):
            self.rest(pod.marks.kind, now, for_good=no_shell)

    def _fitting(self, group: dict[str, None], size: int) -> str | None:
        return next((uid for uid in reversed(group) if self.pods[uid].marks.size + size < ROOM), None)

    def _keep(self, uid: str, now: datetime) -> Take:
        pod = self.pods[uid]
        pod.kept = True
        self._file(pod, now)
        return Take(uid)

    def _file(self, pod: WarmPod, now: datetime) -> None:
        """Put a pod where its state belongs."""
        uid, kind = pod.record.ref.uid, pod.marks.kind
        taken = pod.kept or pod.open != []
        record = pod.record
        state = state_of(Standing(record.stage, record.outcome is not None, record.deleting, taken, self._is_spent(pod)))
        if state is not pod.state or pod.since is None:
            pod.state, pod.since = state, now
        for group, belongs in ((self._free, State.FREE), (self._coming, State.STARTING)):
            if state is not belongs:
                group.get(kind, {}).pop(uid, None)
            else:
                group.setdefault(kind, {}).setdefault(uid)
        able = state in _ABLE and pod.marks.spent is None
        for those, belongs_to in ((self._taken.setdefault(kind, set()), state is State.TAKEN), (self._able, able)):
            those.add(uid) if belongs_to else those.discard(uid)
        self._plan(pod)

    def _is_spent(self, pod: WarmPod) -> bool:
        return pod.marks.spent is not None or pod.marks.tasks >= self.settings.max_tasks or pod.marks.size >= FULL

    def _missing(self, now: datetime) -> Iterator[Start]:
        """Pods to start ahead: as many as are to be ready, as long as there is room."""
        if self.draining:
            return
        for digest in self._demand.wanted(now):
            ready = len(self._free.get(digest, {})) + len(self._coming.get(digest, {})) + self._demand.asked(digest)
            for _ in range(min(self.settings.keep - ready, self.settings.limit - self.size)):
                self._demand.ask(digest)
                yield Start(self._demand.kinds[digest])

    def _spare(self, now: datetime) -> dict[str, int]:
        """By kind, how many ready pods are more than are to be kept."""
        wanted = set() if self.draining else set(self._demand.wanted(now))
        ready: dict[str, int] = {}
        for group in (self._free, self._coming):
            for digest, uids in group.items():
                ready[digest] = ready.get(digest, 0) + sum(not self.pods[uid].busy for uid in uids)
        return {digest: count - (self.settings.keep if digest in wanted else 0) for digest, count in ready.items()}

    def _command(self, uid: str, pod: WarmPod, surplus: Surplus, now: datetime) -> Command | None:
        ours = [claim.key for claim in pod.open if self._is_ours(claim) and claim.key not in self.pending]
        unattended = [key for key in ours if key not in pod.attended]
        if pod.state is State.OVER:
            if ours != []:
                return Conclude(uid, ours[0])
            return End(uid) if len(pod.claims) == 0 and not pod.kept and not pod.record.deleting else None
        if unattended != [] and pod.record.stage is Stage.RUNNING:
            pod.attended.add(unattended[0])
            return Attend(uid, unattended[0])
        if pod.state is State.SPENT:
            if pod.marks.spent is None:
                return Spend(uid, _why_used_up(pod, self.settings))
            return End(uid) if len(pod.claims) == 0 else Leave(uid)
        why = why_spent(pod, self.settings, surplus, self.draining, now)
        return None if why is None else Spend(uid, why)

    def _dues(self, pod: WarmPod) -> Iterator[datetime]:
        return dues(pod, self.settings, self._demand.used(pod.marks.kind))

    def _is_ours(self, claim: Claim) -> bool:
        """Whether we see to a task: ours, or of one of our name who came before us."""
        return claim.holder.name == self.settings.holder.name and claim.holder.epoch <= self.settings.holder.epoch


def _why_used_up(pod: WarmPod, settings: Settings) -> str:
    had = f"it had {pod.marks.tasks} tasks"
    return had if pod.marks.tasks >= settings.max_tasks else f"{had}, and their results fill its annotations"
