"""The table of stages: which steps a backend may show."""

from __future__ import annotations

import pytest

from podcompose.run.records import Stage
from podcompose.run.table import STEPS, legal

S = Stage


@pytest.mark.parametrize(("before", "after"), [(before, after) for before, after, _ in STEPS])
def test_each_step_is_legal(before: Stage, after: Stage) -> None:
    """What the table says may happen may be seen."""
    assert legal(before, after)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not S.GONE])
def test_a_stage_may_be_seen_again_and_end_any_time(stage: Stage) -> None:
    """Repeats are harmless, and events coalesce: from everywhere a pod may next be seen finished, or gone."""
    assert legal(stage, stage)
    assert legal(stage, S.GONE)
    assert stage is S.FINISHED or legal(stage, S.FINISHED)


@pytest.mark.parametrize("stage", list(Stage))
def test_after_gone_there_is_nothing(stage: Stage) -> None:
    """Gone is the last, and comes once."""
    assert not legal(S.GONE, stage)


BACK = [
    (S.FINISHED, S.DRAINING),
    (S.FINISHED, S.RUNNING),
    (S.DRAINING, S.RUNNING),
    (S.RUNNING, S.STARTING),
    (S.RUNNING, S.INITIALIZING),
    (S.STARTING, S.SCHEDULED),
    (S.SCHEDULED, S.ACCEPTED),
    (S.ACCEPTED, S.REQUESTED),
]


@pytest.mark.parametrize(("before", "after"), BACK)
def test_no_way_back(before: Stage, after: Stage) -> None:
    """A pod does not go back but from Starting to Initializing, when its sandbox is made anew."""
    assert not legal(before, after)


def test_the_one_way_back() -> None:
    """Init containers run again in a new sandbox."""
    assert legal(S.STARTING, S.INITIALIZING)


def test_the_first_sight_of_a_pod() -> None:
    """A pod may first be seen in any stage; what is only requested is not seen."""
    assert [stage for stage in Stage if not legal(None, stage)] == [S.REQUESTED]
