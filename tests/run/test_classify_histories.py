"""The laws of the classifier, over every recorded history of a real kubelet."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.run.classify import classify
from podcompose.run.naming import STOPPED_AT
from podcompose.run.observe import observe
from podcompose.run.outcome import Outcome
from podcompose.run.records import PodRecord
from podcompose.run.table import legal

from .histories import NAMES, Moment, history, words

every_history = pytest.mark.parametrize("name", NAMES)


@every_history
def test_every_prefix_tells_nothing_or_the_expected(name: str) -> None:
    """At each object of a history the outcome is not known yet, or is the expected one; at the end it is known."""
    told = [words(classify(one.object, None, one.stopped_at, one.gone)) for one in history(name).moments]

    assert set(told) <= {None, history(name).expected}
    assert told[-1] == history(name).expected


@every_history
def test_once_told_it_stays_told(name: str) -> None:
    """After the first object that tells the outcome, every one does, and all but what was known of a start is the same."""
    told = [classify(one.object, None, one.stopped_at, one.gone) for one in history(name).moments]
    first = next(index for index, outcome in enumerate(told) if outcome is not None)

    assert len({_but_ran(outcome) for outcome in told[first:]}) == 1
    assert {outcome.ran for outcome in told[first:] if outcome is not None} <= {told[first].ran, "unknown"}  # type: ignore[union-attr]


def _but_ran(outcome: Outcome | None) -> tuple[object, ...]:
    assert outcome is not None
    return tuple(getattr(outcome, field) for field in Outcome.__slots__ if field != "ran")  # type: ignore[attr-defined]


@every_history
def test_the_note_at_the_pod_tells_the_stop_as_well(name: str) -> None:
    """Where only the annotation says that the stop was ours, each object says the same."""
    for one in history(name).moments:
        noted = copy.deepcopy(dict(one.object))
        if one.stopped_at is not None:
            noted["metadata"].setdefault("annotations", {})[STOPPED_AT] = one.stopped_at.isoformat()

        assert classify(noted, gone=one.gone) == classify(one.object, None, one.stopped_at, one.gone)


@every_history
def test_a_deletion_by_someone_else_has_one_outcome_too(name: str) -> None:
    """Taken for someone else's, the same deletions give one outcome, and it is never Stopped."""
    told = [classify(one.object, gone=one.gone) for one in history(name).moments]
    outcomes = {(outcome.kind, outcome.cause, outcome.exit_code) for outcome in told if outcome is not None}

    assert len(outcomes) == 1
    assert told[-1] is not None
    assert told[-1].kind != "Stopped"


@every_history
def test_older_servers_tell_as_much_of_our_own_stop(name: str) -> None:
    """Without observedGeneration, which servers have since 1.34, each history has the same outcome."""
    for one in history(name).moments:
        plain = copy.deepcopy(dict(one.object))
        for part in (plain["status"], *plain["status"].get("conditions", [])):
            part.pop("observedGeneration", None)

        assert words(classify(plain, None, one.stopped_at, one.gone)) in (None, history(name).expected)
    assert words(classify(plain, None, one.stopped_at, one.gone)) == history(name).expected


@st.composite
def _delivered(draw: st.DrawFn) -> tuple[str, Sequence[Moment]]:
    """A history of which any events but the last were dropped, and any doubled."""
    name = draw(st.sampled_from(NAMES))
    *before, last = history(name).moments
    times = draw(st.lists(st.integers(0, 2), min_size=len(before), max_size=len(before)))
    return name, [*(one for one, count in zip(before, times, strict=True) for _ in range(count)), last]


@given(_delivered())
def test_dropped_and_doubled_events_change_nothing(delivered: tuple[str, Sequence[Moment]]) -> None:
    """Whatever a watch drops or repeats, the records step along the table and end with the expected outcome."""
    name, moments = delivered
    record: PodRecord | None = None
    for one in moments:
        before = record
        record = observe(one.object, previous=before, stopped_at=one.stopped_at).record
        assert legal(None if before is None else before.stage, record.stage)
        assert record.problems == ()
        assert before is None or before.outcome in (None, record.outcome)
        assert words(record.outcome) in (None, history(name).expected)
        assert record.outcome is None or record.stage in ("Draining", "Finished")

    assert record is not None
    outcome = classify(moments[-1].object, None, moments[-1].stopped_at, "certain") if record.outcome is None else record.outcome
    assert words(outcome) == history(name).expected
