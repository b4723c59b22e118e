"""Many pairs, one dialect: asked of Kubernetes and of the library, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.differential.cases import Case, Profile, cases
from tests.differential.formula import Formula, RefusedError, prune
from tests.differential.judge import Answer, Tally, listed, tried
from tests.differential.places import Table
from tests.oracle.driver import Oracle

__all__ = ["Trial", "by_formula", "plainly", "strategically"]

BATCH = 1000
#: A question to the Go program, or why the rules refuse the pair before Kubernetes is asked.
Question = dict[str, Any] | str


class Trial(NamedTuple):
    """One way to hold the library to Kubernetes."""

    name: str
    profile: Profile
    question: Callable[[Case], Question]
    merge: Callable[[Any, Any], Any]
    #: Whether nulls go from Kubernetes' answer, as they do when it is decoded.
    pruned: bool = False

    def truths(self, oracle: Oracle, pairs: list[Case]) -> Iterator[Answer]:
        """What Kubernetes says of each pair."""
        questions = [self.question(case) for case in pairs]
        answers = oracle.answers(question for question in questions if not isinstance(question, str))
        for question in questions:
            truth = {"error": question} if isinstance(question, str) else next(answers)
            yield prune(truth) if self.pruned else truth

    def run(self, oracle: Oracle, count: int, seed: str) -> Tally:
        """Count agreement over so many pairs."""
        tally = Tally(self.name)
        for batch in range(0, count, BATCH):
            pairs = list(cases(self.profile, min(BATCH, count - batch), f"{seed}/{batch}"))
            for case, truth in zip(pairs, self.truths(oracle, pairs), strict=True):
                tally.add(case, truth, tried(self.merge, case))
        return tally

    def explain(self, oracle: Oracle, tally: Tally) -> str:
        """The first disagreements, made small."""

        def again(case: Case) -> tuple[Answer, Answer]:
            return next(self.truths(oracle, [case])), tried(self.merge, case)

        return listed(tally, again)


def strategically(case: Case) -> Question:
    """Kubernetes' strategic merge patch."""
    return {"op": "strategic", "original": case.original, "patch": case.patch}


def plainly(case: Case) -> Question:
    """Server-side apply's merge as it is."""
    return {"op": "apply", "original": case.original, "patch": case.patch}


def by_formula(table: Table) -> Callable[[Case], Question]:
    """Server-side apply's merge of what the formula makes of the pair."""
    formula = Formula(table)

    def question(case: Case) -> Question:
        try:
            return formula.request(case.original, case.patch)
        except RefusedError as refused:
            return f"formula: {refused}"

    return question
