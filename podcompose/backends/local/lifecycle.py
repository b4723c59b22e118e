"""
The life of a pod on this machine: what is to be done next, told from the pod and what has happened to it.

Pure: no process, thread or clock. `decide` says what is to be done now and when to ask again; the functions after it say what a
pod is once something was done or has happened. As the kubelet does it, level-triggered: only how things stand matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from podcompose.backends.local.plan import ContainerPlan, PodPlan

__all__ = [
    "Backoff",
    "Container",
    "Decision",
    "Deletion",
    "Life",
    "Run",
    "decide",
    "may_restart",
    "new_life",
    "passed",
    "restart_time",
]

At = Literal["waiting", "starting", "running", "ended"]
Phase = Literal["Pending", "Running", "Succeeded", "Failed"]


class Backoff(NamedTuple):
    """How long a container that keeps ending is held back: the first time, and at most; in seconds."""

    first: float = 10.0
    longest: float = 300.0


class Run(NamedTuple):
    """One run of a container that has ended, or goes on (`code` None); times in seconds since 1970, 0 for a start that failed."""

    id: str
    started: float
    finished: float = 0.0
    code: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Container:
    """How a container stands. `reason` and `message` say why it waits; `delay` is its back-off, set at `delayed_at`."""

    at: At = "waiting"
    reason: str = ""
    message: str = ""
    run: Run | None = None
    last: Run | None = None
    restarts: int = 0
    delay: float = 0.0
    delayed_at: float = 0.0
    retry_at: float = 0.0
    told: Literal["", "TERM", "KILL"] = ""

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self.at in ("starting", "running")


class Deletion(NamedTuple):
    """Someone asked the pod to end."""

    at: float
    grace: float


@dataclass(frozen=True, slots=True)
class Life:
    """How a pod stands. Once its end has begun (deletion, deadline, failure, completion), `kill_at` is when patience ends."""

    plan: PodPlan
    containers: Mapping[str, Container]
    backoff: Backoff
    accepted: float
    phase: Phase = "Pending"
    overdue: bool = False
    deletion: Deletion | None = None
    kill_at: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to its containers."""
        return self.phase in ("Succeeded", "Failed")

    def with_container(self, name: str, container: Container) -> Life:
        """The same, with one container otherwise."""
        return replace(self, containers={**self.containers, name: container})


class Decision(NamedTuple):
    """What is to be done now (start, TERM and KILL containers; the pod is over, or its end begins), and when to ask again."""

    start: tuple[str, ...] = ()
    term: tuple[str, ...] = ()
    kill: tuple[str, ...] = ()
    over: bool = False
    wake: float | None = None
    ends: bool = False
    overdue: bool = False


def new_life(plan: PodPlan, now: float, backoff: Backoff) -> Life:
    """A pod that was given to this machine just now."""
    return Life(plan, {name: Container() for name in plan.containers}, backoff, now)


def deadline_at(life: Life) -> float | None:
    """
    When the deadline is over.

    Statuses tell seconds: only in the next whole second is an end by the deadline told from an exit just before it.
    """
    return None if life.plan.deadline is None else float(int(life.accepted) + int(life.plan.deadline) + 1)


def decide(life: Life, now: float) -> Decision:
    """What is to be done now."""
    if life.over:
        return Decision()
    late = deadline_at(life)
    if life.deletion is None and not life.overdue and late is not None:
        if now >= late:
            return Decision(ends=True, overdue=True)
        return _sooner(_go_on(life, now), late)
    return _go_on(life, now)


def _sooner(decision: Decision, time: float) -> Decision:
    return decision._replace(wake=time if decision.wake is None else min(time, decision.wake))


def _go_on(life: Life, now: float) -> Decision:
    if life.deletion is not None or life.overdue or _init_failed(life) or _complete(life):
        return _wind_up(life, now)
    wanted: list[str] = []
    for name in life.plan.inits:
        wanted.append(name)
        if not passed(life.plan.containers[name], life.containers[name]):
            return _starts(life, wanted, now)
    return _starts(life, [*wanted, *life.plan.mains], now)


def passed(plan: ContainerPlan, container: Container) -> bool:
    """Whether an init container lets the next one start: it has succeeded, or, a sidecar, it has been started."""
    if plan.role == "sidecar":
        return container.at == "running" or container.restarts > 0 or (container.at == "ended" and _ran(container))
    return container.at == "ended" and container.run is not None and container.run.code == 0


def _ran(container: Container) -> bool:
    return container.run is not None and container.run.started > 0


def _starts(life: Life, names: list[str], now: float) -> Decision:
    """Start what is wanted and not there; what is held back is asked for again later."""
    start: list[str] = []
    wake: float | None = None
    for name in names:
        time = _start_time(life, name)
        if time is not None and time <= now:
            start.append(name)
        elif time is not None:
            wake = time if wake is None else min(wake, time)
    return Decision(start=tuple(start), wake=wake)


def _start_time(life: Life, name: str) -> float | None:
    container = life.containers[name]
    if container.at == "waiting":
        return container.retry_at
    if container.at == "ended" and may_restart(life, name):
        return restart_time(life, name)
    return None


def may_restart(life: Life, name: str) -> bool:
    """Whether the container's policy has it started again after how it ended."""
    plan, run = life.plan.containers[name], life.containers[name].run
    return run is not None and run.code is not None and plan.restarts_after(run.code)


def restart_time(life: Life, name: str) -> float:
    """When a container that has ended is started again: at once the first time, then held back, ever longer."""
    container = life.containers[name]
    ended = 0.0 if container.run is None else container.run.finished
    return ended + (container.delay if _held_back(life, container, ended) else 0.0)


def _held_back(life: Life, container: Container, ended: float) -> bool:
    """A back-off is forgotten after twice its longest time without one."""
    return container.delay > 0 and ended - container.delayed_at <= 2 * life.backoff.longest


def _init_failed(life: Life) -> bool:
    return any(
        life.containers[name].at == "ended"
        and life.plan.containers[name].role == "init"
        and not passed(life.plan.containers[name], life.containers[name])
        and not may_restart(life, name)
        for name in life.plan.inits
    )


def _complete(life: Life) -> bool:
    return all(life.containers[name].at == "ended" and not may_restart(life, name) for name in life.plan.mains)


def _wind_up(life: Life, now: float) -> Decision:
    """End what is alive: all but sidecars together, then the sidecars, the last first; whoever outlives the grace is killed."""
    alive = [name for name, container in life.containers.items() if container.alive]
    if alive == []:
        return Decision(over=True)
    if life.kill_at is None:
        return Decision(ends=True)
    if now >= life.kill_at:
        return Decision(kill=tuple(name for name in alive if life.containers[name].told != "KILL"))
    others = [name for name in alive if name not in life.plan.sidecars]
    turn = others if others != [] else [name for name in life.plan.sidecars if name in alive][-1:]
    return Decision(term=tuple(name for name in turn if life.containers[name].told == ""), wake=life.kill_at)
