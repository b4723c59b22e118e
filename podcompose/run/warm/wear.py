"""When a pod that is ready is to take no more tasks: idle for too long, too old, in the way, not wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from podcompose.run.warm.commands import Settings, WarmPod
from podcompose.run.warm.life import State

__all__ = ["Surplus", "dues", "why_spent"]

_READY = (State.FREE, State.STARTING)
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Surplus:
    """
    How many ready pods are too many, at one look: of each kind, and of all together. Who ends one says so.

    >>> surplus = Surplus({"a": 1}, over=0)
    >>> surplus.take("a"), surplus.take("a"), surplus.take_any()
    (True, False, False)
    """

    def __init__(self, spare: dict[str, int], over: int) -> None:
        self._spare, self._over = spare, over

    def take(self, kind: str) -> bool:
        """Whether there is one too many of a kind; then there is one fewer."""
        left = self._spare.get(kind, 0)
        self._spare[kind] = left - 1 if left > 0 else left
        return left > 0

    def take_any(self) -> bool:
        """Whether there is one too many at all."""
        left, self._over = self._over, self._over - 1 if self._over > 0 else self._over
        return left > 0


def why_spent(pod: WarmPod, settings: Settings, surplus: Surplus, draining: bool, now: datetime) -> str | None:
    """Why a pod shall take no more tasks; None if it may."""
    if pod.state not in _READY:
        return None
    if draining:
        return "the pool is drained"
    if pod.marks.since is not None and (now - pod.marks.since).total_seconds() >= settings.max_age_s:
        return f"it is {settings.max_age_s:g} s old"
    idle = pod.since is not None and (now - pod.since).total_seconds() >= settings.idle_timeout_s
    if idle and surplus.take(pod.marks.kind):
        return f"it was idle for {settings.idle_timeout_s:g} s"
    if pod.state is State.FREE and surplus.take_any():
        return "the pool is full, and pods of another kind are needed"
    return None


def dues(pod: WarmPod, settings: Settings, used: datetime | None) -> Iterator[datetime]:
    """
    When something may be due of a pod though nothing happens to it.

    Shapes: `used`: when its kind was used last.
    """
    if pod.rests_until is not None:
        yield pod.rests_until
    if pod.state in _READY and not pod.busy:
        if pod.marks.since is not None:
            yield _after(pod.marks.since, settings.max_age_s)
        if pod.since is not None:
            yield _after(max(pod.since, used or pod.since), settings.idle_timeout_s)


def _after(start: datetime, seconds: float) -> datetime:
    """So many seconds later, infinitely many too."""
    return _NEVER if seconds >= (_NEVER - start).total_seconds() else start + timedelta(seconds=seconds)
