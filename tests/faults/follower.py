"""Somebody who follows a subscription, and keeps all that it said."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from podcompose.run import Batch, Gone, Left, Resynced, Seen, Synced
from podcompose.run.protocols import Change, Subscription

__all__ = ["Follower"]

_PATIENCE_S = 20.0


class Follower:
    """Polls until something has been said; fails a test that waits in vain."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.changes: list[Change] = []
        self.cursor = ""

    def until(self, said: Callable[[Follower], object], *, max_items: int = 1000) -> Follower:
        """Poll until it was said."""
        end = time.monotonic() + _PATIENCE_S
        while not said(self):
            left = end - time.monotonic()
            assert left > 0, f"waited in vain; {self.subscription.status()}; it said {self.words()}"
            self.took(self.subscription.poll(min(left, 1.0), max_items))
        return self

    def waits(self, holds: Callable[[], bool]) -> None:
        """Wait without polling the subscription."""
        end = time.monotonic() + _PATIENCE_S
        while not holds():
            assert time.monotonic() < end, f"waited in vain; {self.subscription.status()}"
            time.sleep(0.005)

    def took(self, batch: Batch) -> Batch:
        """Keep what a batch says."""
        self.changes += batch.changes
        self.cursor = batch.cursor
        return batch

    def synced(self) -> Follower:
        """Poll until all there was has been delivered."""
        return self.until(lambda this: this.count(Synced) > 0)

    def sees(self, name: str, **fields: Any) -> Follower:
        """Poll until a pod of this name was seen as said."""
        return self.until(
            lambda this: any(
                change.record.ref.name == name and all(getattr(change.record, field) == value for field, value in fields.items())
                for change in this.changes
                if isinstance(change, Seen)
            )
        )

    def misses(self, name: str) -> Gone:
        """Poll until a pod of this name was gone; that change."""
        self.until(lambda this: any(change.record.ref.name == name for change in this.all(Gone)))
        return next(change for change in self.all(Gone) if change.record.ref.name == name)

    def all(self, kind: type[Any]) -> list[Any]:
        """The changes of one kind."""
        return [change for change in self.changes if isinstance(change, kind)]

    def count(self, kind: type[Any]) -> int:
        """How many changes of one kind."""
        return len(self.all(kind))

    def names(self, kind: type[Any] = Seen) -> list[str]:
        """Of which pods the changes of one kind are."""
        return [change.record.ref.name for change in self.all(kind)]

    def outcomes(self) -> list[tuple[str, str]]:
        """The outcomes, by name of the pod."""
        ended = [change for change in self.changes if isinstance(change, (Seen, Gone)) and change.outcome is not None]
        return [(change.record.ref.name, change.outcome.kind) for change in ended]

    def forget(self) -> Follower:
        """As if nothing had been said."""
        self.changes = []
        return self

    def words(self) -> list[str]:
        """Everything that was said, shortly."""
        return [
            type(change).__name__
            + (f" {change.record.ref.name} {change.record.stage}" if isinstance(change, (Seen, Left, Gone)) else "")
            + (f" {change.reason}" if isinstance(change, Resynced) else "")
            for change in self.changes
        ]
