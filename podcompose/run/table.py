"""
The stages of a pod's life and the steps between them: literal data. The docs' diagram is made of it.

A step that no path of this table leads along is a bug of the backend that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping

from podcompose.run.records import Stage

__all__ = ["STEPS", "legal"]

#: From which stage to which, and what it is that does it. Events coalesce: several steps may be seen as one.
STEPS: tuple[tuple[Stage, Stage, str], ...] = (
    (Stage.REQUESTED, Stage.ACCEPTED, "the API server has it"),
    (Stage.ACCEPTED, Stage.SCHEDULED, "it has a node"),
    (Stage.SCHEDULED, Stage.INITIALIZING, "the node has taken it, init containers first"),
    (Stage.SCHEDULED, Stage.STARTING, "the node has taken it"),
    (Stage.INITIALIZING, Stage.STARTING, "the init containers are done"),
    (Stage.STARTING, Stage.INITIALIZING, "its sandbox is made anew, so the init containers run again"),
    (Stage.STARTING, Stage.RUNNING, "a main container has started"),
    (Stage.RUNNING, Stage.DRAINING, "the main containers have ended for good, or it is being deleted"),
    (Stage.DRAINING, Stage.FINISHED, "the node has said its last word"),
    (Stage.FINISHED, Stage.GONE, "it has been deleted"),
)


def _reachable(steps: tuple[tuple[Stage, Stage, str], ...]) -> Mapping[Stage, frozenset[Stage]]:
    """Every stage, with those that some path leads to."""
    reach = {stage: {after for before, after, _ in steps if before is stage} for stage in Stage}
    for middle in Stage:  # after each round, paths over one more stage in between are known
        for stage in Stage:
            if middle in reach[stage]:
                reach[stage] |= reach[middle]
    return {stage: frozenset(after) for stage, after in reach.items()}


_REACHABLE = _reachable(STEPS)


def legal(before: Stage | None, after: Stage) -> bool:
    """
    Whether a pod seen in one stage may next be seen in another; `before` is None for a pod not seen before.

    >>> legal(Stage.ACCEPTED, Stage.FINISHED), legal(Stage.RUNNING, Stage.STARTING), legal(Stage.GONE, Stage.GONE)
    (True, False, False)
    """
    if before is None:
        return after is not Stage.REQUESTED
    return before is not Stage.GONE and (before is after or after in _REACHABLE[before])
