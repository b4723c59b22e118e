"""What a comparison says: two pods, what differs between them, and what one of the two ways refuses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from podcompose.airflow.differences import ABSENT, Gap, Kind
from podcompose.airflow.reasons import GROUPS, Group
from podcompose.composition import Composition
from podcompose.core.json import Json
from podcompose.core.path import format_path
from podcompose.errors import Problem

__all__ = ["Comparison", "Difference", "Outlook"]

#: What a comparison comes to, the gravest first; refused: one of the two ways gives no pod.
Outlook = Literal["refused", "to be looked at", "improved", "harmless", "equal"]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One place where the two pods differ; ABSENT where nothing stands, which null does not mean.

    >>> print(Difference(".spec.hostNetwork", True, False, "improved", "the override's false now wins"))
    .spec.hostNetwork true -> false: the override's false now wins
    """

    path: str
    before: Json = field(hash=False)
    after: Json = field(hash=False)
    group: Group
    why: str
    #: value, or what the values are lists of: repeated, the elements of one key; order, the keys of a list.
    kind: Kind = "value"

    @classmethod
    def of(cls, gap: Gap, group: Group, why: str) -> Difference:
        """A gap that was judged."""
        return cls(format_path(gap.path), gap.before, gap.after, group, why, gap.kind)

    @property
    def change(self) -> str:
        """What stood there and what stands there, without why."""
        order = " (order)" if self.kind == "order" else ""
        return f"{self.path}{order} {_shown(self.before)} -> {_shown(self.after)}"

    def __str__(self) -> str:
        """One line."""
        return f"{self.change}: {self.why}"

    def to_dict(self) -> dict[str, Any]:
        """For programs: `before` and `after` are left out where nothing stands."""
        values = {name: value for name, value in (("before", self.before), ("after", self.after)) if value is not ABSENT}
        return {"path": self.path, "kind": self.kind, **values, "group": self.group, "why": self.why}


def _shown(value: Json) -> str:
    return "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pod composed as Airflow did and as podcompose does, and everything that differs."""

    #: None where Airflow gives no pod.
    airflow: Composition | None = field(repr=False)
    #: None where podcompose refuses.
    compose: Composition | None = field(repr=False)
    differences: tuple[Difference, ...]
    #: What podcompose refuses, each with its file, line and fix where they are known.
    problems: tuple[Problem, ...] = ()
    #: What Airflow itself cannot do with it, where podcompose can, or for another reason.
    failures: tuple[Problem, ...] = ()

    def among(self, group: Group) -> tuple[Difference, ...]:
        """The differences of a group."""
        return tuple(difference for difference in self.differences if difference.group == group)

    @property
    def harmless(self) -> tuple[Difference, ...]:
        """What means the same to Kubernetes."""
        return self.among("harmless")

    @property
    def improved(self) -> tuple[Difference, ...]:
        """What was written and did not count, or was refused by the API server."""
        return self.among("improved")

    @property
    def to_be_looked_at(self) -> tuple[Difference | Problem, ...]:
        """What somebody should decide on: problems, what Airflow could not do, and differences that may surprise."""
        return (*self.problems, *self.failures, *self.among("to be looked at"))

    @property
    def refusals(self) -> tuple[str, ...]:
        """What one of the two ways does not take, a line each."""
        return (
            *(f"podcompose refuses: {problem}" for problem in self.problems),
            *(f"Airflow fails: {problem}" for problem in self.failures),
        )

    @property
    def outlook(self) -> Outlook:
        """What it comes to, in a word."""
        if self.compose is None or self.airflow is None:
            return "refused"
        if self.to_be_looked_at != ():
            return "to be looked at"
        return "improved" if self.improved != () else "harmless" if self.differences != () else "equal"

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "outlook": self.outlook,
            "differences": [difference.to_dict() for difference in self.differences],
            "problems": [asdict(problem) for problem in self.problems],
            "airflow_failures": [asdict(problem) for problem in self.failures],
        }

    def __str__(self) -> str:
        """The summary, then every finding by its group, the gravest first."""
        return "\n".join([_counted(self), *_told(self)])


def _counted(comparison: Comparison) -> str:
    """How many findings there are, in one line."""
    groups = Counter(difference.group for difference in comparison.differences)
    count = len(comparison.differences)
    parts = [f"{groups[group]} {group}" for group in GROUPS if groups[group] > 0]
    said = [f"refused by podcompose: {_plural(len(comparison.problems), 'problem')}"] if comparison.problems != () else []
    said += [f"Airflow fails: {_plural(len(comparison.failures), 'problem')}"] if comparison.failures != () else []
    if count > 0:
        said.append(f"{_plural(count, 'difference')}: {', '.join(parts)}")
    return "; ".join(said) if said != [] else "no differences"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _told(comparison: Comparison) -> Iterator[str]:
    """The findings by group, a line for each; those with one reason stand together below it."""
    for group in GROUPS:
        refusals = comparison.refusals if group == "to be looked at" else ()
        lines = [*refusals, *_together(comparison.among(group))]
        if lines != []:
            yield group
            yield from (f"  {line}" for line in lines)


def _together(differences: Iterable[Difference]) -> Iterator[str]:
    """A line for each difference; where several have one reason, the reason and then they."""
    reasons: dict[str, list[Difference]] = {}
    for difference in differences:
        reasons.setdefault(difference.why, []).append(difference)
    for why, several in reasons.items():
        if len(several) == 1:
            yield str(several[0])
        else:
            yield f"{why}:"
            yield from (f"  {difference.change}" for difference in several)
