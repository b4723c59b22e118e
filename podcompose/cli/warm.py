"""The pool of warm pods that a run may have: what is told of it while it works, and at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from podcompose.run import pod_name

if TYPE_CHECKING:
    from podcompose.run.warm.pool import Stats, WarmPool

__all__ = ["left_over", "pool_name", "summary", "warmed", "working"]


def pool_name(many: str, launch_id: str, prefixed: bool) -> str:
    """
    What the pool is called: the same command finds it again, and no other has it.

    Shapes: `many` and `launch_id` as they were given; `prefixed`: whether a launch id was.

    >>> pool_name("tasks.yaml", "worker/20260101T000000Z-0000", prefixed=False)
    'tasks-bbiviccmoq'
    """
    stem = Path(many).stem
    return pod_name(launch_id if prefixed or many.isdecimal() or stem == "" else stem)


def warmed(backend: Any, limit: int, name: str) -> WarmPool:
    """A pool of so many pods at most over a backend; none is started that no task asked for."""
    from podcompose.run import WarmPool

    return WarmPool(backend, keep=0, limit=limit, name=name)


def working(stats: Stats) -> str:
    """
    The pool at work.

    >>> from podcompose.run.warm.life import State
    >>> from podcompose.run.warm.pool import Stats
    >>> working(Stats(tasks=7, own=0, pods=3, states={State.FREE: 1, State.TAKEN: 2}))
    'pods: 1 free, 2 taken, used again 4 times'
    """
    states = ", ".join(f"{count} {state.lower()}" for state, count in stats.states.items())
    again = max(stats.tasks - stats.pods, 0)
    return "" if stats.pods == 0 else f"pods: {_or_none(states)}, used again {_times(again, 'time')}"


def summary(stats: Stats) -> str:
    """
    What the pool has done, and about how long it took less.

    >>> from podcompose.run.warm.pool import Stats
    >>> summary(Stats(tasks=100, own=0, pods=4, states={}, start_s=2.0))
    '100 tasks in 4 warm pods, 25 a pod; about 192 s of starting saved (estimated: 96 starts fewer x 2.0 s, the mean start here)'
    >>> summary(Stats(tasks=1, own=2, pods=1, states={}))
    '1 task in 1 warm pod, 2 tasks in pods of their own'
    >>> summary(Stats(tasks=0, own=0, pods=0, states={}))
    'no task was launched anew'
    """
    if stats.tasks == stats.own == 0:
        return "no task was launched anew"
    again = max(stats.tasks - stats.pods, 0)
    text = f"{_times(stats.tasks, 'task')} in {_times(stats.pods, 'warm pod')}"
    text += f", {stats.tasks / stats.pods:.3g} a pod" if again > 0 and stats.pods > 0 else ""
    text += f", {_times(stats.own, 'task')} in pods of their own" if stats.own > 0 else ""
    if stats.start_s is None or again == 0:
        return text
    how = f"{_times(again, 'start')} fewer x {_seconds(stats.start_s)}, the mean start here"
    return f"{text}; about {_seconds(again * stats.start_s)} of starting saved (estimated: {how})"


def left_over(stats: Stats, command: str) -> str:
    """What is to be known of pods that have not ended, and the command that ends them; '' if all have."""
    count = sum(count for state, count in stats.states.items() if state not in ("Over", "Ending"))
    return "" if count == 0 else f"left: {_times(count, 'warm pod')}, with the tasks in them; end them: {command}"


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _or_none(text: str) -> str:
    return "none" if text == "" else text


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"
