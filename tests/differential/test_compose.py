"""COMPOSE is server-side apply's merge with every map granular, and what it adds is taken out of the original before."""

from __future__ import annotations

from typing import Any

from podcompose import COMPOSE, merge
from tests.differential.cases import COMPOSE_CASES
from tests.differential.judge import Tally
from tests.differential.trials import Trial, by_formula
from tests.oracle.driver import Oracle


def by_compose(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    """The library's merge."""
    return merge(original, patch, COMPOSE)


TRIAL = Trial("COMPOSE", COMPOSE_CASES, by_formula("compose"), by_compose, pruned=True)


def test_compose_is_gos_merge_by_the_formula(oracle: Oracle, count: int, seed: str, tallies: list[Tally]) -> None:
    """Over generated pods, COMPOSE gives what structured-merge-diff gives with every map granular, or both refuse."""
    tally = TRIAL.run(oracle, count, seed)
    tallies.append(tally)

    assert tally.wrong == [], TRIAL.explain(oracle, tally)
