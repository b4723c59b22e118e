"""
A small scheduler: tasks become pods, launched once each, over any backend; it may be killed at any time.

What it knows is one file, written after each batch: what became of the pods, the cursor, and so which try of each task is the next.
After a crash it asks for the same launch ids again, and is told what it missed. `scheduler_async.py` is the same with async def.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podcompose.run import (
    Backend,
    Gone,
    Launched,
    LaunchError,
    Outcome,
    Owner,
    Refused,
    Seen,
    Selection,
    Superseded,
    Synced,
    launch_many,
    reconcile,
)

HERE = Selection(("default",), {"app.kubernetes.io/managed-by": "podcompose"})
SAFE_TRIES = 3


@dataclass(frozen=True)
class Task:
    """A pod, and how often it may run again though it has run before; what never ran is tried anew in any case."""

    name: str
    pod: Any
    retries: int = 0


class Book:
    """What is to be done, and what is known of it; no backend in here."""

    def __init__(self, tasks: Iterable[Task], file: Path) -> None:
        state: Mapping[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        self.tasks = {task.name: task for task in tasks}
        self.file = file
        self.cursor: str = state.get("cursor", "")
        self.tries: dict[str, int] = dict.fromkeys(self.tasks, 1) | state.get("tries", {})
        self.launched: set[str] = set(state.get("launched", ()))
        self.ends: dict[str, str] = state.get("ends", {})

    def save(self, cursor: str) -> None:
        """All of it at once, or nothing; the cursor acknowledges what was dealt with."""
        self.cursor = cursor
        state = {"cursor": cursor, "tries": self.tries, "launched": sorted(self.launched), "ends": self.ends}
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(state))
        draft.replace(self.file)

    def launch_id(self, name: str) -> str:
        """A try is a launch: the same id is never another pod."""
        return f"{name}/{self.tries[name]}"

    def starting(self, at_once: int) -> list[tuple[str, Any]]:
        """What is to be launched now."""
        waiting = [name for name in self.tasks if name not in self.ends and self.launch_id(name) not in self.launched]
        return [(self.launch_id(name), self.tasks[name].pod) for name in waiting[: at_once - len(self.launched)]]

    def answered(self, launch_id: str, result: Launched | LaunchError) -> None:
        """A pod is there; or never will be; or nobody knows, then the same id is launched again."""
        if isinstance(result, Launched):
            self.launched.add(launch_id)
        elif isinstance(result, Refused):
            self.ends[launch_id.rpartition("/")[0]] = str(result)

    def ended(self, launch_id: str | None, outcome: Outcome) -> None:
        """Done, or to be tried again; an outcome that is told twice counts once."""
        name = "" if launch_id is None else launch_id.rpartition("/")[0]
        if name not in self.tasks or name in self.ends or launch_id != self.launch_id(name):
            return
        self.launched.discard(launch_id)
        tries = SAFE_TRIES if outcome.retry_safe else 1 + self.tasks[name].retries
        if outcome.kind == "Succeeded" or self.tries[name] >= tries:
            self.ends[name] = outcome.kind
        else:
            self.tries[name] += 1

    def take(self, changes: Iterable[object]) -> bool:
        """What has happened; whether all that was there has been told."""
        synced = False
        for change in changes:
            synced = synced or isinstance(change, Synced)
            if isinstance(change, (Seen, Gone)) and (outcome := change.outcome or change.record.outcome) is not None:
                self.ended(change.record.launch_id, outcome)
        return synced


def schedule(backend: Backend, book: Book, me: Owner, at_once: int = 32) -> dict[str, str]:
    """Run every task to its end; gives how each ended."""
    with closing(backend.subscribe(HERE, cursor=book.cursor or None)) as subscription:
        while not book.take((batch := subscription.poll(60)).changes):
            pass  # what happened while nobody looked
        take_over(backend, book, me)
        book.save(batch.cursor)
        while len(book.ends) < len(book.tasks):
            for launch_id, result in launch_many(backend, book.starting(at_once)):
                book.answered(launch_id, result)
            batch = subscription.poll(1)
            book.take(batch.changes)
            book.save(batch.cursor)
    return book.ends


def take_over(backend: Backend, book: Book, me: Owner) -> None:
    """The pods of before are ours now, unless a newer scheduler has them; one that vanished is lost."""
    found = reconcile(backend, sorted(book.launched), HERE)
    for record in found.owned.values():
        if isinstance(answer := backend.adopt(record.ref, me), Superseded):
            raise RuntimeError(f"{answer.owner.name} has taken over with epoch {answer.owner.epoch}; this one ends")
    for launch_id in found.missing:
        book.ended(launch_id, Outcome("Lost"))


if __name__ == "__main__":
    from podcompose.backends import LocalBackend
    from podcompose.run import WarmPool

    def says(script: str) -> dict[str, Any]:
        return {"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "command": ["sh", "-c", script]}]}}

    with WarmPool(LocalBackend(), keep=1) as backend:  # tasks share pods; each has its own with LocalBackend() alone
        tasks = [Task("good", says("true")), Task("bad", says("exit 3"), retries=1)]
        print(schedule(backend, Book(tasks, Path("book.json")), Owner("me", 1)))
