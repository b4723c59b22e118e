"""What a warm pod says of itself, in annotations: its pool, its kind, its age, how many tasks it had, and why it takes no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from podcompose.run.moments import instant
from podcompose.run.naming import TASK_PREFIX, WARM_POOL
from podcompose.run.records import PodRecord

__all__ = ["CONTAINER", "FULL", "KIND", "ROOM", "SINCE", "SPENT", "TASKS", "Marks", "marks_of", "tasks_in"]

KIND = "podcompose.io/warm-kind"
CONTAINER = "podcompose.io/warm-container"
SINCE = "podcompose.io/warm-since"
TASKS = "podcompose.io/warm-tasks"
SPENT = "podcompose.io/warm-spent"
#: How many characters the annotations of a pod may have before it takes no more tasks (the server allows 256 KiB).
ROOM = 240 * 1024
#: And how many it has before it is ended: each write of a result sends and stores all of them.
FULL = 96 * 1024


class Marks(NamedTuple):
    """What a record says of a warm pod."""

    kind: str
    container: str
    since: datetime | None
    tasks: int
    spent: str | None
    #: How many characters its annotations have.
    size: int


def marks_of(record: PodRecord, pool: str) -> Marks | None:
    """
    The marks of a pod of this pool; None of any other pod.

    >>> from podcompose.run.records import PodRef, Stage
    >>> annotations = {WARM_POOL: "p", KIND: "sha256:0", TASKS: "3"}
    >>> marks_of(PodRecord(PodRef("ns", "a", "u"), None, Stage.RUNNING, annotations=annotations), "p").tasks
    3
    """
    found: Mapping[str, str] = record.annotations or {}
    if found.get(WARM_POOL) != pool or KIND not in found:
        return None
    size = sum(len(name) + len(value.encode()) for name, value in found.items())
    spent = found.get(SPENT)
    return Marks(
        found[KIND],
        found.get(CONTAINER, ""),
        instant(found.get(SINCE)),
        tasks_in(found),
        spent,
        size,
    )


def tasks_in(annotations: Mapping[str, str]) -> int:
    """
    How many tasks a pod of these annotations had; where they do not say it, how many it has.

    >>> tasks_in({TASKS: "3"}), tasks_in({TASKS: "?", f"{TASK_PREFIX}a": "{}"})
    (3, 1)
    """
    said = annotations.get(TASKS, "")
    if said.isdecimal() and len(said) < 10:
        return int(said)
    return sum(name.startswith(TASK_PREFIX) for name in annotations)
