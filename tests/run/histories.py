"""Recorded histories of a real kubelet, and the outcome each must have: `records/NAME.jsonl`, `records/expected.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from podcompose.run.moments import instant, later
from podcompose.run.outcome import Outcome

RECORDS = Path(__file__).parent / "records"


@dataclass(frozen=True)
class Moment:
    """One object of a history, as the watch gave it, and when our own stop had begun, if it had."""

    object: Mapping[str, Any]
    gone: Literal["certain"] | None
    stopped_at: datetime | None


@dataclass(frozen=True)
class History:
    """A pod's life. The recorder's DELETEs of the pod count as our own stop."""

    name: str
    expected: tuple[str, ...]
    moments: tuple[Moment, ...]


@cache
def history(name: str) -> History:
    """Read one history."""
    moments: list[Moment] = []
    stopped_at, asked = None, False
    for line in (RECORDS / f"{name}.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["type"] == "ACTION":
            asked = asked or (entry["action"][0] == "DELETE" and "/nodes/" not in entry["action"][1])
            continue
        metadata = entry["object"]["metadata"]
        if asked and stopped_at is None and "deletionTimestamp" in metadata:
            stopped_at = later(instant(metadata["deletionTimestamp"]), -metadata["deletionGracePeriodSeconds"])
        moments.append(Moment(entry["object"], "certain" if entry["type"] == "DELETED" else None, stopped_at))
    return History(name, tuple(EXPECTED[name]), tuple(moments))


def words(outcome: Outcome | None) -> tuple[str, ...] | None:
    """An outcome in the words of `expected.json`: the exit code is said where it is the cause."""
    if outcome is None:
        return None
    if outcome.cause is None:
        return (outcome.kind,)
    by_exit = outcome.cause.kind in ("Exit", "OOMKilled", "StartError", "InitFailed")
    return (outcome.kind, outcome.cause.kind, str(outcome.exit_code)) if by_exit else (outcome.kind, outcome.cause.kind)


EXPECTED: dict[str, list[str]] = json.loads((RECORDS / "expected.json").read_text())
NAMES = sorted(EXPECTED)
