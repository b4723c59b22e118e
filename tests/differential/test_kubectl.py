"""STRATEGIC is what the real kubectl does."""

from __future__ import annotations

import os
from typing import Any

import pytest

from podcompose import STRATEGIC, merge
from tests.differential.cases import KUBECTL_CASES, Case, cases
from tests.differential.judge import Answer, Tally, compare, listed, tried
from tests.differential.kubectl import KubectlMissingError, answers, as_printed, settled


def by_strategic(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    """The library's merge, as kubectl would read and print it: 1.0 in a file is 1, as in YAML, in a patch it is not."""
    return as_printed(merge(as_printed(original), patch, STRATEGIC))


def again(case: Case) -> tuple[Answer, Answer]:
    """Both answers."""
    return next(answers([case])), tried(by_strategic, case)


def test_strategic_is_kubectl_patch(seed: str, tallies: list[Tally]) -> None:
    """Over generated pods, STRATEGIC gives what `kubectl patch --local --type=strategic` prints, or both refuse."""
    tally = Tally("STRATEGIC, kubectl")
    pairs = list(cases(KUBECTL_CASES, int(os.environ.get("PODCOMPOSE_KUBECTL_CASES", "2100")), seed))
    try:
        for case, truth in zip(pairs, answers(pairs), strict=True):
            ours = tried(by_strategic, case)
            tally.add(case, settled(case, truth) if compare(truth, ours) == "disagree" else truth, ours)
    except KubectlMissingError as reason:
        pytest.skip(f"kubectl was not asked, only its recorded answers were compared: {reason}")
    tallies.append(tally)

    assert tally.wrong == [], listed(tally, again, most=3)
