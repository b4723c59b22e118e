"""What a pool is made of, checked; and what it has made of that."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from podcompose.errors import a
from podcompose.run.board import steady_clock
from podcompose.run.naming import label_value
from podcompose.run.warm.hosting import Hosting
from podcompose.run.warm.life import State

__all__ = ["Stats", "check", "check_words", "set_up"]


@dataclass(frozen=True, slots=True)
class Stats:
    """
    What a pool has done since it was made.

    Shapes: `tasks` went to warm pods, `own` to pods of their own; `pods` were started, `states` counts those that are there.
    Units:  `start_s` is the mean time from asking for one of those pods until it ran; None as long as none was seen to.
    """

    tasks: int
    own: int
    pods: int
    states: dict[State, int]
    start_s: float | None = None


def set_up(pool: Any, backend: Any) -> Any:
    """What a backend has besides is the pool's too."""
    clock = getattr(backend, "clock", None)
    if callable(clock):
        pool.clock = clock
    concurrency = getattr(backend, "concurrency", None)
    if concurrency is not None:
        pool.concurrency = concurrency
    return clock if callable(clock) else steady_clock()


def check(backend: Any, keep: int, limit: int, idle_timeout_s: float, max_tasks: int, max_age_s: float) -> None:
    """
    Whether a pool can be made of these.

    Raises: TypeError, ValueError: the backend cannot, or a number is none.
    """
    if isinstance(backend, type) or not isinstance(backend, Hosting):
        raise TypeError(f"{a(type(backend).__name__)} cannot be kept warm: it lacks methods of podcompose.run.warm.Hosting")
    if inspect.iscoroutinefunction(getattr(backend, "launch", None)):
        raise TypeError("a backend written with async def: lay the pool over a synchronous one, and bridge the pool")
    if not all(type(number) is int for number in (keep, limit, max_tasks)):
        raise TypeError(f"keep, limit and max_tasks are whole numbers, not {keep!r}, {limit!r} and {max_tasks!r}")
    if keep < 0 or limit < 1 or max_tasks < 1:
        raise ValueError(f"keep is at least 0, limit and max_tasks at least 1: keep={keep}, limit={limit}, max_tasks={max_tasks}")
    if not (idle_timeout_s > 0 and max_age_s > 0):  # nor NaN
        raise ValueError(f"idle_timeout_s and max_age_s are more than 0, not {idle_timeout_s} and {max_age_s}")


def check_words(name: str, fresh: Any, init_once: Any, of_pod: Any, at_close: str) -> None:
    """
    Whether a pool can be called and told so.

    Raises: TypeError, ValueError: one of them is of another kind, or no label's value.
    """
    if at_close not in ("leave", "drain"):
        raise ValueError(f"at_close is 'leave' or 'drain', not {at_close!r}")
    if isinstance(init_once, str) or isinstance(of_pod, str) or not (isinstance(fresh, bool) or callable(fresh)):
        raise TypeError("init_once and of_pod are several names, and fresh is True, False or a function")
    label_value(name)
