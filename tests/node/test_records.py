"""The kept histories of tests/records: recorded on a real node by `python -m tests.node.record`, judged here without one."""

from __future__ import annotations

import itertools

import pytest

from podcompose.run.table import legal
from tests.node.judge import outcomes, records, words
from tests.node.record import RECORDS, STORIES
from tests.node.recorder import read
from tests.node.story import Story

# Deleting a namespace is no history of one pod: test_node.py does it.
LIVE_ROWS = {"P13"}
EACH = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


@EACH
def test_every_prefix_of_a_kept_history_gives_the_one_outcome_or_none_yet(story: Story) -> None:
    """What is once said of a pod's end is never taken back, and is what the story expects."""
    found = outcomes(read(RECORDS / f"{story.name}.jsonl"))

    said = [outcome for outcome in found if outcome is not None]

    assert len({outcome.kind for outcome in said}) == 1, [words(outcome) for outcome in said]
    assert found[-1] is not None
    assert all(words(outcome)[: len(story.expected)] == story.expected for outcome in said), [words(outcome) for outcome in said]


@EACH
def test_an_outcome_once_known_stays_known(story: Story) -> None:
    """After the first prefix that tells the outcome, every longer one does."""
    found = outcomes(read(RECORDS / f"{story.name}.jsonl"))

    known = [outcome is not None for outcome in found]

    assert known == sorted(known)


@EACH
def test_stages_follow_their_table_whatever_events_are_dropped(story: Story) -> None:
    """Between any two records of a history there is a way in the table of stages."""
    stages = [record.stage for record in records(read(RECORDS / f"{story.name}.jsonl"))]

    unlawful = [(before, after) for before, after in itertools.combinations(stages, 2) if not legal(before, after)]

    assert legal(None, stages[0])
    assert unlawful == []


@pytest.mark.parametrize("story", [story for story in STORIES if story.blocker != ""], ids=lambda story: story.name)
def test_what_holds_a_pod_up_is_seen(story: Story) -> None:
    """A record says what the pod waits for, by its kind."""
    kinds = {record.blocker.kind for record in records(read(RECORDS / f"{story.name}.jsonl")) if record.blocker is not None}

    assert story.blocker in kinds


def test_every_kept_history_has_its_story() -> None:
    """Nothing lies in the folder that no test judges."""
    assert sorted(path.stem for path in RECORDS.glob("*.jsonl")) == sorted(story.name for story in STORIES)


def test_every_row_about_pods_has_a_story() -> None:
    """The fault matrix's rows P1 to P15, but for those that one history cannot show."""
    told = {story.row for story in STORIES}

    assert {f"P{number}" for number in range(1, 16)} - told == LIVE_ROWS
