"""STRATEGIC is strategic merge patch: equal result, or both refuse."""

from __future__ import annotations

from typing import Any

from podcompose.core.strategic import strategic_merge
from podcompose.errors import Finding, MergeError, Problem
from podcompose.schema.pod import POD
from tests.differential.cases import STRATEGIC_CASES, Case, cases
from tests.differential.judge import Answer, Tally, listed, tried
from tests.oracle.driver import Oracle


def merge(original: dict[str, Any], patch: dict[str, Any]) -> Any:
    """The engine, refusing as the public function does."""
    found: list[Finding] = []
    merged = strategic_merge(original, patch, POD, found)
    if found != []:
        raise MergeError(Problem(one.code, one.path, one.message) for one in found)
    return merged


def request(case: Case) -> dict[str, Any]:
    """The question to the Go program."""
    return {"op": "strategic", "original": case.original, "patch": case.patch}


def test_strategic_is_gos_strategic_merge_patch(oracle: Oracle, count: int, seed: str, tallies: list[Tally]) -> None:
    """Over generated pods, STRATEGIC gives what Kubernetes' strategicpatch gives, or both refuse."""
    tally = Tally("STRATEGIC, Go")
    tallies.append(tally)
    for batch in range(0, count, 1000):
        pairs = list(cases(STRATEGIC_CASES, min(1000, count - batch), f"{seed}/{batch}"))
        for case, truth in zip(pairs, oracle.answers(map(request, pairs)), strict=True):
            tally.add(case, truth, tried(merge, case))

    def again(case: Case) -> tuple[Answer, Answer]:
        return oracle.ask(request(case)), tried(merge, case)

    assert tally.wrong == [], listed(tally, again)
