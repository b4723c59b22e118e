"""How long starts and tasks of a kind take: told from those that were seen."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Pace"]

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

    def worth_waiting(self, busy: int, waiting: int) -> float | None:
        """
        How long to wait, at most, for one of so many busy pods, others waiting before; None: a new pod is there sooner.

        Who has waited for as long as a start takes and got none was wrong, and starts one.
        """
        start_s = _START_S if self.start_s is None else self.start_s
        if self.task_s is None or busy == 0:
            return None
        return start_s if self.task_s * (waiting + 1) / busy < start_s else None


def _averaged(before: float | None, now: float | None) -> float | None:
    if now is None:
        return before
    return now if before is None else before + _WEIGHT * (now - before)
