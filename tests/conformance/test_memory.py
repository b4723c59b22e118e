"""The memory backend passes the suite, as it is and behind async def."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from podcompose.aio import Bridged
from podcompose.backends.memory import ByHand, MemoryBackend
from podcompose.run.records import PodRef
from podcompose.testing.conformance import AsyncBackendSuite, BackendSuite


class MemoryDoors:
    """The back doors of the memory backend; they reach behind its methods, to the board."""

    supports_reopening = False
    hidden: MemoryBackend

    def make(self) -> Any:
        """A backend whose pods are moved by hand."""
        self.hidden = MemoryBackend(fates=ByHand())
        return self.hidden

    def now(self) -> datetime:
        """Virtual time."""
        return self.hidden.clock.now()

    def pods(self) -> Iterable[dict[str, Any]]:
        """What is on the board."""
        return self.hidden._board.pods

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Put the pod with this status."""
        found = self.hidden._board.by_uid(uid)
        if found is not None:
            self.hidden._board.put({**found, "status": status})

    def remove(self, uid: str) -> None:
        """Take it off the board."""
        self.hidden._board.remove(uid)

    def put(self, manifest: dict[str, Any]) -> str:
        """Put somebody else's pod."""
        return self.hidden.put(manifest).uid

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Put it with these labels."""
        self.hidden.set_labels(PodRef("", "", uid), labels)


class TestMemory(MemoryDoors, BackendSuite):
    """The memory backend itself."""


class TestAsync(MemoryDoors, AsyncBackendSuite):
    """The same behind async def: the suite awaits where it must."""

    histories = 5

    def make(self) -> Any:
        """As `podcompose.aio` has it."""
        return Bridged(super().make(), threads=0)
