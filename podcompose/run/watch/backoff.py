"""How long to wait after failures: doubling, with full jitter, and from the start again after a calm time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

__all__ = ["Backoff"]


class Backoff:
    """
    Waiting times after failures, drawn between 0 and a bound that doubles.

    >>> from datetime import timedelta, timezone
    >>> now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> backoff = Backoff(0.8, 30.0, calm_s=120.0, random=lambda: 1.0)
    >>> [backoff.next_s(now) for _ in range(7)]
    [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]
    >>> backoff.next_s(now + timedelta(minutes=3))
    0.8
    """

    __slots__ = ("_bound_s", "_calm_s", "_failed_at", "_first_s", "_most_s", "_random")

    def __init__(self, first_s: float, most_s: float, calm_s: float, random: Callable[[], float]) -> None:
        self._first_s = self._bound_s = first_s
        self._most_s = most_s
        self._calm_s = calm_s
        self._random = random
        self._failed_at: datetime | None = None

    def next_s(self, now: datetime) -> float:
        """After a failure now: so many seconds."""
        if self._failed_at is not None and (now - self._failed_at).total_seconds() > self._calm_s:
            self._bound_s = self._first_s
        self._failed_at = now
        drawn = self._random() * self._bound_s
        self._bound_s = min(self._bound_s * 2, self._most_s)
        return drawn
