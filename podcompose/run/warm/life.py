"""
The states of a warm pod and the steps between them: literal data. The docs' picture is made of it.

A state is told from how things stand alone (`state_of`), never kept: who comes later sees the same.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from podcompose.run.records import Stage

__all__ = ["STEPS", "Standing", "State", "state_of"]


class State(str, Enum):
    """
    What a warm pod is good for.

    >>> State.FREE == "Free"
    True
    """

    STARTING = "Starting"
    FREE = "Free"
    TAKEN = "Taken"
    SPENT = "Spent"
    ENDING = "Ending"
    OVER = "Over"

    def __str__(self) -> str:
        """Its word, on every Python."""
        return self.value


#: From which state to which, and what it is that does it; None: before it is there, and after.
STEPS: tuple[tuple[State | None, State | None, str], ...] = (
    (None, State.STARTING, "started ahead, or for a task when none is free"),
    (None, State.TAKEN, "started for a task, whose claim it carries from the first"),
    (State.STARTING, State.FREE, "its container runs"),
    (State.STARTING, State.TAKEN, "a task claims it, and waits until it runs"),
    (State.FREE, State.TAKEN, "a task claims it"),
    (State.TAKEN, State.FREE, "the task's result is written, or its claim withdrawn"),
    (State.TAKEN, State.STARTING, "the claim is withdrawn before it runs"),
    (State.TAKEN, State.SPENT, "the task's result is written, and it takes no other"),
    (State.STARTING, State.SPENT, "marked: not wanted any more"),
    (State.FREE, State.SPENT, "marked: idle for too long, too old, used up, drained, or of a kind no longer wanted"),
    (State.SPENT, State.ENDING, "nothing is left on it: it is deleted"),
    (State.SPENT, State.OVER, "results are left on it: its program quits, and they stay to be read"),
    (State.STARTING, State.ENDING, "somebody else deletes it"),
    (State.FREE, State.ENDING, "somebody else deletes it"),
    (State.TAKEN, State.ENDING, "somebody else deletes it, or evicts it"),
    (State.STARTING, State.OVER, "it ends by itself: its image has no shell, its node is lost, ..."),
    (State.FREE, State.OVER, "it ends by itself"),
    (State.TAKEN, State.OVER, "it ends by itself under its task, whose end that is"),
    (State.ENDING, State.OVER, "its container has ended"),
    (State.OVER, State.ENDING, "the last result is acknowledged: it is deleted"),
    (State.STARTING, None, "it is gone, and nobody saw how"),
    (State.FREE, None, "it is gone, and nobody saw how"),
    (State.TAKEN, None, "it is gone, and nobody saw how"),
    (State.SPENT, None, "it is gone"),
    (State.ENDING, None, "it is gone"),
    (State.OVER, None, "it is gone"),
)


class Standing(NamedTuple):
    """How things stand with a pod: all that its state is told from."""

    stage: Stage
    ended: bool
    deleting: bool
    #: A task without a result is on it, or is being put on it.
    taken: bool
    #: It takes no more tasks.
    spent: bool


def state_of(standing: Standing) -> State:
    """
    The state of a pod. The first rule that fits is right.

    >>> state_of(Standing(Stage.RUNNING, ended=False, deleting=False, taken=False, spent=False))
    <State.FREE: 'Free'>
    """
    if standing.ended or standing.stage in (Stage.FINISHED, Stage.GONE):
        return State.OVER
    if standing.deleting or standing.stage is Stage.DRAINING:
        return State.ENDING
    if standing.taken:
        return State.TAKEN
    if standing.spent:
        return State.SPENT
    return State.FREE if standing.stage is Stage.RUNNING else State.STARTING
