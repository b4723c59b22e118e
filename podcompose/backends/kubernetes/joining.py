"""Several namespaces as one subscription: their changes in one row, their marks in one cursor. No thread, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote, unquote

from podcompose.run.cursor import Cursor, format_cursor, parse_cursor, scope_of
from podcompose.run.ledger import Ledger
from podcompose.run.moments import Moment
from podcompose.run.protocols import Change, Health, Resynced, Selection, Synced
from podcompose.run.watch import WatchMachine, WatchSettings
from podcompose.run.watch.requests import Where

__all__ = ["Joined", "marks_of"]


def marks_of(cursor: str | None, server: str, scope: str, count: int) -> tuple[Cursor, ...]:
    """
    What each of so many namespaces goes on from.

    >>> marks_of(format_cursor("c0ffee", "12ab", "42,"), "c0ffee", "12ab", 2)
    (Cursor(mark='42', reason=''), Cursor(mark=None, reason=''))
    """
    whole = parse_cursor(cursor, server, scope)
    marks = [] if whole.mark is None else whole.mark.split(",")
    if len(marks) == count:
        return tuple(Cursor(None if mark == "" else unquote(mark)) for mark in marks)
    reason = whole.reason if whole.mark is None else "the cursor cannot be read"
    return (Cursor(None, reason), *[Cursor(None)] * (count - 1))


class Joined:
    """
    One machine for each namespace of a selection. Not thread-safe.

    Shapes: `places` are the namespaces, `machines` theirs in the same order; there are none before `begin`.
    """

    def __init__(
        self,
        where: Selection,
        cursor: str | None,
        settings: WatchSettings,
        stops: Mapping[str, Moment],
        random: Callable[[], float],
    ) -> None:
        self.places = Where.each(where)
        self.machines: list[WatchMachine] = []
        self._renewed: list[int] = []
        self._scope, self._given = scope_of(where), cursor
        self._settings, self._stops, self._random = settings, stops, random
        self._server = ""
        self._unsynced = set(range(len(self.places)))
        self._fresh = False
        self._first: list[Resynced] = []
        self._turn = 0

    def begin(self, server: str) -> None:
        """The server is known: go on from the cursor that was given, if it is of this one."""
        self._server = server
        cursors = marks_of(self._given, server, self._scope, len(self.places))
        self._fresh = all(cursor.mark is None for cursor in cursors)
        # Said before anything else, whichever namespace answers first: whoever reads it forgets what was told before.
        self._first = [Resynced(reason, afresh=True) for reason in (cursor.reason for cursor in cursors) if reason != ""]
        self.machines = [self._machine(place, cursor._replace(reason="")) for place, cursor in enumerate(cursors)]

    @property
    def cursor(self) -> str:
        """What acknowledges all that was taken; before anything is known, what was given."""
        if self.machines == []:
            return self._given or ""
        marks = [quote(mark, safe="") for mark in self._marks()]
        return format_cursor(self._server, self._scope, ",".join(marks)) if any(mark != "" for mark in marks) else ""

    @property
    def until(self) -> datetime | None:
        """When `tick` is due; None if nothing waits."""
        found = (machine.ledger.until for machine in self.machines)
        return min((until for until in found if until is not None), default=None)

    def tick(self, now: datetime) -> None:
        """Conclude what has waited long enough."""
        for machine in self.machines:
            machine.ledger.tick(now)

    def take(self, max_items: int) -> tuple[Change, ...]:
        """The next changes; `Synced` once, when all have it, and what begins afresh in one place begins afresh in all."""
        taken, self._first = list[Change](self._first), []
        count = len(self.machines)
        for place in ((self._turn + step) % count for step in range(count)):
            changes, _ = self.machines[place].ledger.take(max_items - len(taken))
            if not self._fresh and any(isinstance(change, Resynced) and change.afresh for change in changes):
                taken += self._renew_but(place)
            taken += [change for change in changes if self._counts(place, change)]
        self._turn += 1
        return tuple(taken)

    def dropped(self) -> list[int]:
        """Places whose machine was made anew since this was last asked: what they are being answered is for nobody."""
        dropped, self._renewed = self._renewed, []
        return dropped

    def health(self, closed: bool) -> Health | None:
        """As well as the worst of them; None before `begin`."""
        found = [machine.health(closed) for machine in self.machines]
        if found == []:
            return None
        worst = next((health for health in found if health.state == "Degraded"), found[0])
        heard = min((health.last_heard for health in found if health.last_heard is not None), default=None)
        lag, skipped = sum(health.lag for health in found), sum(health.skipped for health in found)
        return Health(worst.state, worst.reason, worst.since, heard, lag, skipped)

    def close(self) -> None:
        """Nobody wants to know any more."""
        for machine in self.machines:
            machine.close()

    def _machine(self, place: int, cursor: Cursor) -> WatchMachine:
        return WatchMachine(self.places[place], Ledger(self._stops), cursor, self._settings, self._random)

    def _marks(self) -> list[str]:
        return [machine.ledger.take(0)[1] for machine in self.machines]

    def _counts(self, place: int, change: Change) -> bool:
        if not isinstance(change, Synced):
            return True
        self._unsynced.discard(place)
        return self._unsynced == set()

    def _renew_but(self, place: int) -> list[Change]:
        """
        One namespace's part of the cursor was of no use: the others are told anew with it, for `afresh` is said of all.

        What waits in them comes first. Their marks stay: until they are told, what was acknowledged is what was.
        """
        self._fresh = True
        self._unsynced = set(range(len(self.places)))
        waiting: list[Change] = []
        for other in self._unsynced - {place}:
            machine = self.machines[other]
            changes, mark = machine.ledger.take(machine.ledger.lag)
            waiting += [change for change in changes if not isinstance(change, Synced)]
            machine.close()
            self.machines[other] = self._machine(other, Cursor(None))
            self.machines[other].ledger.mark = mark
            self._renewed.append(other)
        return waiting
