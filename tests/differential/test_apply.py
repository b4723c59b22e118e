"""APPLY is server-side apply's merge, and what it adds is taken out of the original before that merge."""

from __future__ import annotations

from typing import Any

import pytest

from podcompose import APPLY, merge
from tests.differential.cases import APPLY_CASES, PLAIN_CASES
from tests.differential.judge import Tally
from tests.differential.trials import Trial, by_formula
from tests.oracle.driver import Oracle


def by_apply(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    """The library's merge."""
    return merge(original, patch, APPLY)


PLAIN = Trial("APPLY, plain patches", PLAIN_CASES, by_formula("apply"), by_apply, pruned=True)
DIRECTIVES = Trial("APPLY, with nulls and directives", APPLY_CASES, by_formula("apply"), by_apply, pruned=True)


@pytest.mark.parametrize(("trial", "share"), [(PLAIN, 0.25), (DIRECTIVES, 1.0)], ids=["plain", "directives"])
def test_apply_is_gos_merge(trial: Trial, share: float, oracle: Oracle, count: int, seed: str, tallies: list[Tally]) -> None:
    """Over generated pods, APPLY gives what structured-merge-diff gives, or both refuse."""
    tally = trial.run(oracle, int(count * share), seed)
    tallies.append(tally)

    assert tally.wrong == [], trial.explain(oracle, tally)
