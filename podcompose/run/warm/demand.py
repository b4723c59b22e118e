"""What is wanted of each kind of pod: which kinds are in use or announced, how many were asked for, how long they take."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime, timedelta, timezone
from typing import Any

from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.pace import Pace

__all__ = ["Demand"]

#: How long no pod is started ahead of a kind of which one has failed.
_REST_S = 10.0
_NEVER = datetime.max.replace(tzinfo=timezone.utc)


class Demand:
    """
    The kinds of one pool, by digest.

    >>> now, demand = datetime(2026, 1, 1, tzinfo=timezone.utc), Demand(idle_timeout_s=10.0)
    >>> demand.use(Kind("sha256:1", "ns", "base", {}), now)
    >>> demand.wanted(now), demand.wanted(now + timedelta(seconds=10))
    (['sha256:1'], [])
    """

    def __init__(self, idle_timeout_s: float) -> None:
        self._idle_timeout_s = idle_timeout_s
        self.kinds: dict[str, Kind] = {}
        self._used: dict[str, datetime] = {}
        self._announced: set[str] = set()
        self._paces: dict[str, Pace] = {}
        #: Kinds of which none is started ahead: until then, for one has just failed; or never, for they have no shell.
        self._rests: dict[str, datetime] = {}
        #: Started and not seen yet.
        self._asked: dict[str, int] = {}

    def announce(self, kinds: Iterable[Kind]) -> None:
        """These are wanted, and those in use; what was announced before is not any more."""
        found = {kind.digest: kind for kind in kinds}
        self.kinds.update(found)
        self._announced = set(found)

    def use(self, kind: Kind, now: datetime) -> None:
        """A task is of this kind."""
        self.kinds[kind.digest] = kind
        self._used[kind.digest] = now

    def used(self, digest: str) -> datetime | None:
        """When a task was of this kind last."""
        return self._used.get(digest)

    def ask(self, digest: str) -> None:
        """A pod is asked for."""
        self._asked[digest] = self._asked.get(digest, 0) + 1

    def came(self, digest: str) -> None:
        """A pod that was asked for is there, or was not made."""
        self._asked[digest] = max(0, self._asked.get(digest, 0) - 1)

    def asked(self, digest: str | None = None) -> int:
        """How many were asked for, of one kind or of all, and are not there."""
        return sum(self._asked.values()) if digest is None else self._asked.get(digest, 0)

    def rest(self, digest: str, now: datetime, *, for_good: bool) -> None:
        """One of this kind has failed: none is started ahead for a while."""
        self._rests[digest] = max(self._rests.get(digest, now), _NEVER if for_good else now + timedelta(seconds=_REST_S))

    def pace(self, digest: str) -> Pace:
        """How long starts and tasks of a kind take."""
        return self._paces.get(digest, Pace())

    def took(self, digest: str, start_s: float | None, task_s: float | None) -> None:
        """How long a start, or a task, of a kind took."""
        self._paces[digest] = self.pace(digest).measured(start_s, task_s)

    def wanted(self, now: datetime) -> list[str]:
        """The kinds of which pods are kept ready."""
        found = dict.fromkeys([*sorted(self._announced), *self._recent(now)])
        return [digest for digest in found if digest not in self._rests or self._rests[digest] <= now]

    def forget(self, there: Set[str], now: datetime) -> set[str]:
        """
        Keep nothing of kinds that are not in use, nor announced, and have no pods (`there`): there may be no end of them.

        Returns those that are kept.
        """
        kept = {*there, *self._announced, *self._recent(now), *(digest for digest, count in self._asked.items() if count > 0)}
        by_kind: tuple[dict[str, Any], ...] = (self.kinds, self._used, self._paces, self._rests, self._asked)
        for those in by_kind:
            for digest in those.keys() - kept:
                del those[digest]
        return kept

    def _recent(self, now: datetime) -> list[str]:
        return [digest for digest, used in self._used.items() if (now - used).total_seconds() < self._idle_timeout_s]
