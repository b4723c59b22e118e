"""A history as our code sees it: the outcome at each of its prefixes, and the stages between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from podcompose.run import Outcome, PodRecord, classify
from podcompose.run.observe import observe
from tests.node.recorder import History
from tests.node.watching import Json

__all__ = ["Look", "looks", "outcomes", "records", "words"]


@dataclass(frozen=True, slots=True)
class Look:
    """One object of a history, and what the scheduler under test knew beside it."""

    object: Json
    gone: Literal["certain"] | None
    #: When its own stop had begun, by the server's clock; None where it has not stopped the pod.
    stopped_at: datetime | None


def looks(history: History) -> Iterator[Look]:
    """
    Every object, in the order of the history.

    The answer to a DELETE says when the deletion began (its timestamp minus its grace), and so does the first object after it.
    """
    stopped_at, asked = None, False
    for entry in history:
        if entry["type"] == "ACTION":
            asked = asked or (entry["action"][:2] == ["DELETE", "pod"] and entry.get("ours", True))
            continue
        metadata = entry["object"]["metadata"]
        if asked and stopped_at is None and "deletionTimestamp" in metadata:
            until = datetime.fromisoformat(metadata["deletionTimestamp"].replace("Z", "+00:00"))
            stopped_at = until - timedelta(seconds=metadata["deletionGracePeriodSeconds"])
        yield Look(entry["object"], "certain" if entry["type"] == "DELETED" else None, stopped_at)


def outcomes(history: History) -> list[Outcome | None]:
    """What is known of the pod's end at each prefix, from the prefix's last object alone."""
    return [classify(look.object, None, look.stopped_at, look.gone) for look in looks(history)]


def records(history: History) -> list[PodRecord]:
    """The pod's records, each made with the one before it; DELETED is left to the watch."""
    found: list[PodRecord] = []
    for look in looks(history):
        found.append(observe(look.object, previous=found[-1] if found else None, stopped_at=look.stopped_at).record)
    return found


def words(outcome: Outcome) -> tuple[str, ...]:
    """An outcome in the words of a story's expectation: kind, cause, exit code."""
    cause = () if outcome.cause is None else (outcome.cause.kind,)
    return (outcome.kind, *cause, *(() if outcome.exit_code is None or not cause else (str(outcome.exit_code),)))
