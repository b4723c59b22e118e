"""STRATEGIC is strategic merge patch: equal result, or both refuse."""

from __future__ import annotations

from typing import Any

from podcompose import STRATEGIC, merge
from tests.differential.cases import STRATEGIC_CASES
from tests.differential.judge import Tally
from tests.differential.trials import Trial, strategically
from tests.oracle.driver import Oracle


def by_strategic(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    """The library's merge."""
    return merge(original, patch, STRATEGIC)


TRIAL = Trial("STRATEGIC, Go", STRATEGIC_CASES, strategically, by_strategic)


def test_strategic_is_gos_strategic_merge_patch(oracle: Oracle, count: int, seed: str, tallies: list[Tally]) -> None:
    """Over generated pods, STRATEGIC gives what Kubernetes' strategicpatch gives, or both refuse."""
    tally = TRIAL.run(oracle, count, seed)
    tallies.append(tally)

    assert tally.wrong == [], TRIAL.explain(oracle, tally)
