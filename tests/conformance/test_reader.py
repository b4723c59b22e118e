"""What the suite's reader takes for a legal story of a subscription that goes on from a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from podcompose.run import Batch, Gone, Left, Outcome, PodRecord, PodRef, Seen, Selection, Stage, Synced
from podcompose.run.protocols import Change
from podcompose.testing.conformance import BackendSuite
from podcompose.testing.conformance.memory import Memory, Stored
from podcompose.testing.conformance.reader import Reader

DELETED = Outcome("Deleted")
FAILED = Outcome("Failed", exit_code=3)


class Suite(BackendSuite):
    """One of a backend without pods, which is no test by itself."""

    __test__ = False

    def pods(self) -> Any:
        """None."""
        return ()


class Said:
    """A subscription that says what is written."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = tuple(changes)

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Everything at once."""
        return Batch(self.changes, "c1")


def pod(stage: Stage, outcome: Outcome | None = None, uid: str = "u1", **named: Any) -> PodRecord:
    """A pod of one name."""
    return PodRecord(PodRef("default", "a", uid), "a", stage, outcome=outcome, **named)


def gone(outcome: Outcome = DELETED, uid: str = "u1") -> Gone:
    """Its end."""
    return Gone(pod(Stage.GONE, outcome, uid), True, outcome)


def resumed(sure: Sequence[Change], unsure: Sequence[Change], again: Sequence[Change]) -> Memory:
    """What is known by one who was told some that was acknowledged and some that was not, when then all this is said."""
    first = Reader(Suite(), Said((*sure, Synced())), Selection(), ())
    first.take()
    second = Reader(Suite(), Said(unsure), Selection(), (), first.stored())
    second.take(0.0, len(unsure))
    reader = Reader(Suite(), Said(again), Selection(), (), Stored("c0", second.memory, first.memory))
    reader.take()
    return reader.memory


RUNNING, DRAINING = Seen(pod(Stage.RUNNING)), Seen(pod(Stage.DRAINING, deleting=True))
FINISHED = Seen(pod(Stage.FINISHED, FAILED), FAILED)
LABELLED = Seen(replace(pod(Stage.FINISHED, FAILED), labels={"new": "label"}))


@pytest.mark.parametrize(
    ("sure", "unsure", "again"),
    [
        ([RUNNING], [gone()], [gone()]),
        ([RUNNING], [gone()], [DRAINING, gone()]),
        ([], [gone()], [RUNNING, DRAINING, gone()]),
        ([], [FINISHED], [RUNNING, FINISHED]),
        ([], [FINISHED], [LABELLED]),
        ([RUNNING], [gone(), Seen(pod(Stage.RUNNING, uid="u2"))], [DRAINING, gone(), Seen(pod(Stage.RUNNING, uid="u2"))]),
        ([RUNNING], [Left(pod(Stage.RUNNING))], [Left(pod(Stage.RUNNING))]),
    ],
)
def test_what_was_not_acknowledged_may_come_again_step_by_step(
    sure: Sequence[Change], unsure: Sequence[Change], again: Sequence[Change]
) -> None:
    """A batch that was full acknowledges less than it tells; what it told as one may come in as many pieces as it happened in."""
    known = resumed(sure, unsure, again)
    told = resumed(sure, [*unsure, again[-1]] if again == [LABELLED] else unsure, [])

    assert known == told


@pytest.mark.parametrize(
    ("sure", "unsure", "again", "code"),
    [
        ([RUNNING, gone()], [], [DRAINING], "stale-after-gone"),
        ([RUNNING, gone()], [], [gone()], "gone-twice"),
        ([FINISHED], [], [RUNNING], "illegal-stage"),
        ([RUNNING], [gone()], [DRAINING, gone(), DRAINING], "stale-after-gone"),
        ([RUNNING], [gone()], [DRAINING, gone(), gone()], "gone-twice"),
        ([RUNNING], [gone()], [DRAINING, gone(FAILED)], "outcome-changed"),
        ([RUNNING], [], [Seen(pod(Stage.RUNNING, uid="u2"))], "identity"),
        ([], [], [Left(pod(Stage.RUNNING))], "left"),
    ],
)
def test_what_was_acknowledged_does_not_come_again(
    sure: Sequence[Change], unsure: Sequence[Change], again: Sequence[Change], code: str
) -> None:
    """Nor does what comes again do so twice, or as something else."""
    with pytest.raises(AssertionError) as caught:
        resumed(sure, unsure, again)

    assert str(caught.value).startswith(code)
