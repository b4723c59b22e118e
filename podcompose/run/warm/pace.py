"""How long starts and tasks of a kind take: told from those that were seen."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

__all__ = ["Pace", "Starts"]

#: How much the last one counts.
_WEIGHT = 0.2
#: A start, as long as none was seen; a real node took 2.0 s.
_START_S = 2.0


class Pace(NamedTuple):
    """
    Seconds, as moving averages; None as long as none was seen.

    >>> Pace().measured(start_s=2.0).measured(task_s=0.1).worth_waiting(busy=8, waiting=16)
    2.0
    >>> Pace().measured(start_s=2.0).measured(task_s=60.0).worth_waiting(busy=8, waiting=0) is None
    True
    """

    start_s: float | None = None
    task_s: float | None = None

    def measured(self, start_s: float | None = None, task_s: float | None = None) -> Pace:
        """With one measurement more."""
        return Pace(_averaged(self.start_s, start_s), _averaged(self.task_s, task_s))

    def worth_waiting(self, busy: int, waiting: int, *, full: bool = False) -> float | None:
        """
        How long to wait, at most, for one of so many busy pods, others waiting before; None: a new pod is there sooner.

        Who has waited for as long as a start takes and got none was wrong, and starts one. Where the pool is `full` and nothing is
        known of the tasks yet, they are taken to be short.
        """
        start_s = _START_S if self.start_s is None else self.start_s
        if busy == 0:
            return None
        if self.task_s is None:
            return start_s if full else None
        return start_s if self.task_s * (waiting + 1) / busy < start_s else None


class Starts:
    """
    How long the pods that were started here took until they ran, by their launch ids.

    >>> from datetime import timedelta, timezone
    >>> now, starts = datetime(2026, 1, 1, tzinfo=timezone.utc), Starts()
    >>> starts.asked("warm/1", now)
    >>> starts.runs("warm/1", now + timedelta(seconds=2)), starts.runs("warm/1", now), starts.mean_s
    (2.0, None, 2.0)
    """

    def __init__(self) -> None:
        self._asked: dict[str, datetime] = {}
        self._count = 0
        self._sum_s = 0.0

    @property
    def mean_s(self) -> float | None:
        """Seconds; None as long as none was seen."""
        return None if self._count == 0 else self._sum_s / self._count

    def asked(self, launch_id: str, now: datetime) -> None:
        """A pod is asked for."""
        self._asked[launch_id] = now

    def runs(self, launch_id: str | None, now: datetime) -> float | None:
        """A pod runs; how long it took, if it was started here and was not seen to run before."""
        asked = None if launch_id is None else self._asked.pop(launch_id, None)
        if asked is None:
            return None
        took_s = (now - asked).total_seconds()
        self._count, self._sum_s = self._count + 1, self._sum_s + took_s
        return took_s

    def forget(self, launch_id: str | None) -> None:
        """A pod was not made, or is gone."""
        self._asked.pop(launch_id or "", None)


def _averaged(before: float | None, now: float | None) -> float | None:
    if now is None:
        return before
    return now if before is None else before + _WEIGHT * (now - before)
