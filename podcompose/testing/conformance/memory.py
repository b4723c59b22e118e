"""What a consumer knows, and would store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Gone
from podcompose.run.records import PodRecord

__all__ = ["Memory", "Stored"]

T = TypeVar("T")


@dataclass(slots=True)
class Memory:
    """What a consumer knows after a batch, and would store beside its cursor."""

    view: dict[str, PodRecord] = field(default_factory=dict)
    told: dict[str, Outcome] = field(default_factory=dict)
    gone: dict[str, Gone] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    def copied(self) -> Memory:
        """As it is now."""
        return Memory(dict(self.view), dict(self.told), dict(self.gone), set(self.left))

    def beyond(self, sure: Memory) -> set[str]:
        """The pods of which more is known than is sure."""
        uids = {*self.view, *self.gone, *self.left}
        return {uid for uid in uids if self._of(uid) != sure._of(uid)}

    def recall(self, uid: str, sure: Memory) -> None:
        """Know of a pod only what is sure."""
        _recall(uid, self.view, sure.view)
        _recall(uid, self.told, sure.told)
        _recall(uid, self.gone, sure.gone)
        self.left = (self.left - {uid}) | (sure.left & {uid})

    def _of(self, uid: str) -> tuple[object, ...]:
        return self.view.get(uid), self.told.get(uid), self.gone.get(uid), uid in self.left


#: Never written to: every reader copies it.
NOTHING = Memory()


class Stored(NamedTuple):
    """
    What a consumer stores after a batch, to go on from.

    `sure` is what the cursor must have acknowledged: all that was known when last nothing waited to be taken. Of what came since,
    in batches that were full or before Synced, some may come again.
    """

    cursor: str = ""
    memory: Memory = NOTHING
    sure: Memory = NOTHING


def _recall(uid: str, known: dict[str, T], sure: Mapping[str, T]) -> None:
    known.pop(uid, None)
    if uid in sure:
        known[uid] = sure[uid]
