"""One pod object as a record: stage of life, blocker, outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podcompose.run.classify import Moment
from podcompose.run.outcome import Outcome
from podcompose.run.records import PodRecord

__all__ = ["Observation", "Unreadable", "lost", "observe"]


class Unreadable(ValueError):
    """The object has no uid, name or resourceVersion that could be read: nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A record, and the outcome it would have if the terminal phase never came (see `classify`, `patient`)."""

    record: PodRecord
    provisional: Outcome | None = None


def observe(
    manifest: Mapping[str, Any], *, previous: PodRecord | None = None, stopped_at: Moment = None, now: datetime | None = None
) -> Observation:
    """
    What is to know of a pod object as the API server gave it.

    Raises: Unreadable.
    """
    raise NotImplementedError


def lost(record: PodRecord, stopped: bool) -> Outcome:
    """What is to be said of a pod that vanished unseen."""
    raise NotImplementedError
