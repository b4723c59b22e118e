"""Whether a pod's task goes to a warm pod, and why not: for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from podcompose.errors import Problem
from podcompose.run.warm.kinds import Kind, differences
from podcompose.run.warm.life import State

__all__ = ["Explanation", "explained"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    How a pod fits a pool.

    Shapes: `kind` is the digest of what it shares with others; None where it has a pod of its own, for `reasons`. `pods` counts
            the pods of its kind by state; `differs` says, where there are none, what keeps it from those of the nearest kind.
    """

    kind: str | None
    reasons: tuple[Problem, ...] = ()
    pods: Mapping[State, int] | None = None
    differs: tuple[str, ...] = ()

    @property
    def warm(self) -> bool:
        """Whether it goes to a warm pod."""
        return self.kind is not None

    def __str__(self) -> str:
        """One line, and one for each reason or difference."""
        if self.kind is None:
            return "\n".join(f"not warm: {_said(problem)}" for problem in self.reasons)
        counted = ", ".join(f"{count} {state.lower()}" for state, count in (self.pods or {}).items())
        line = f"warm: kind {self.kind[7:19]}, {counted if counted != '' else 'no pod yet'}"
        return "\n".join([line, *(f"not warm with others: {difference}" for difference in self.differs)])


def explained(kind: Kind, pods: Mapping[State, int], others: Iterable[Kind]) -> Explanation:
    """The explanation of a kind, by the pods it has, and the other kinds there are."""
    if len(pods) > 0:
        return Explanation(kind.digest, (), pods)
    found = [differences(other, kind) for other in others if other.digest != kind.digest and other.namespace == kind.namespace]
    nearest: tuple[Any, ...] = min(found, key=len, default=())
    return Explanation(kind.digest, (), pods, tuple(f"{change.path} differs" for change in nearest[:_SHOWN]))


def _said(problem: Problem) -> str:
    where = "" if problem.path == "" else f"{problem.path}: "
    return f"{where}{problem.message}"
