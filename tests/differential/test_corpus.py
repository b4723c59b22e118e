"""The merges against Kubernetes' recorded answers: always, so also where Go or kubectl is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.differential import test_apply, test_compose, test_kubectl, test_strategic
from tests.differential.corpus import FOLDER, SIZES, replay
from tests.differential.judge import Tally, tried

MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "strategic": test_strategic.by_strategic,
    "apply_plain": test_apply.by_apply,
    "apply": test_apply.by_apply,
    "compose": test_compose.by_compose,
    "kubectl": test_kubectl.by_strategic,
}


@pytest.mark.parametrize("name", sorted(MERGES))
def test_recorded_answers_of_kubernetes(name: str, tallies: list[Tally]) -> None:
    """Over the recorded pods, the library gives what Kubernetes gave when they were recorded, or both refuse."""
    tally = Tally(f"recorded, {name}")
    for case, truth in replay(name):
        tally.add(case, truth, tried(MERGES[name], case))
    tallies.append(tally)

    assert tally.wrong[:3] == []
    assert tally.counts.total() == SIZES[name]


def test_the_corpus_is_small() -> None:
    """The recorded answers take less than 2 MB."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 2_000_000
