"""Checks of cursors: what was acknowledged does not come again, and nothing else is missing."""

from __future__ import annotations

from podcompose.run.protocols import Resynced, Selection
from podcompose.run.records import PodRef
from podcompose.testing.conformance.doors import Doors, needs
from podcompose.testing.conformance.memory import Stored
from podcompose.testing.conformance.reader import Reader
from podcompose.testing.conformance.rules import require

__all__ = ["Cursors"]


class Cursors(Doors):
    """
    What holds for `Batch.cursor`.

    Every reader that goes on from something stored checks more than is said here: of what was acknowledged, nothing comes again as
    it was. A batch that is not full, after Synced, acknowledges all that came before.
    """

    @needs("supports_cursor")
    def test_any_cursor_goes_on_where_it_was(self) -> None:
        """From the cursor of any batch, nothing is lost, and nothing that was acknowledged comes again."""
        history = self._history()
        last, first = ({stored.cursor: stored for stored in stores} for stores in (history, reversed(history)))
        for stored in (*first.values(), *(last[cursor] for cursor in last if last[cursor] is not first[cursor])):
            self.subscribe(stored=stored).rest()

    @needs("supports_cursor")
    def test_what_was_not_acknowledged_comes_again(self) -> None:
        """An outcome that came in a batch whose cursor was not stored is told again, the same."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().rest()
        stored = reader.stored()
        self.run(ref)
        self.end(ref, 3)
        told = reader.until_told(ref.uid)
        again = self.subscribe(stored=stored).until_told(ref.uid)
        require(again == told, "outcome-changed", f"told {told}, and after a restart {again}")

    @needs("supports_cursor")
    def test_a_removal_between_is_told(self) -> None:
        """A pod that was removed while nobody was subscribed is gone for who goes on from an older cursor, with an outcome."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().rest()
        self.call(reader.subscription.close)
        self.run(ref)
        self.remove(ref.uid)
        resumed = self.subscribe(stored=reader.stored())
        if any(isinstance(change, Resynced) for change in resumed.until_synced().changes):
            return
        outcome = resumed.until_gone(ref.uid).outcome
        require(outcome is not None and outcome.kind in ("Deleted", "Lost"), "outcome", f"a pod removed meanwhile has {outcome}")

    @needs("supports_cursor")
    def test_an_acknowledged_outcome_is_not_told_again(self) -> None:
        """From a cursor of after an outcome, the pod's removal tells none."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe()
        self.run(ref)
        self.end(ref, 3)
        reader.until_told(ref.uid)
        reader.rest()
        resumed = self.subscribe(stored=reader.stored()).rest()
        self.remove(ref.uid)
        resumed.until_gone(ref.uid)

    @needs("supports_cursor")
    def test_a_bad_cursor_begins_anew(self) -> None:
        """A cursor that cannot be read, or is of another selection, gives Resynced and then everything."""
        self.launch("dag/run/task/1", self.labelled(team="a"))
        other = self.subscribe(Selection((), {"team": "a"})).rest()
        for cursor in ("nonsense", other.cursor):
            reader = self.subscribe(cursor=cursor)
            reader.rest()
            anew = [change for change in reader.changes if isinstance(change, Resynced)]
            require(len(anew) == 1, "resynced", f"the cursor {cursor!r} gave no Resynced")

    @needs("supports_cursor")
    def test_the_empty_cursor_acknowledges_nothing(self) -> None:
        """From the empty cursor everything comes, without Resynced."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe(cursor="").rest()
        anew = [change for change in reader.changes if isinstance(change, Resynced)]
        require(ref.uid in reader.view and anew == [], "cursor", f"the empty cursor gave {reader.changes}")

    @needs("supports_reopening")
    def test_cursors_outlive_the_backend(self) -> None:
        """Another backend object over the same pods goes on from the cursor of the first."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().rest()
        self.run(ref)
        self.end(ref, 3)
        self.backend = self._kept(self.reopen())
        resumed = self.subscribe(stored=reader.stored())
        outcome = resumed.until_told(ref.uid)
        require(outcome.exit_code == 3, "outcome", f"after a restart, exit code 3 is told as {outcome}")
        anew = [change for change in resumed.rest().changes if isinstance(change, Resynced)]
        require(anew == [], "resynced", "the cursor of the first backend object is of no use to the second")

    def _history(self) -> list[Stored]:
        """A few lives, taken one change at a time: after each, the cursor and what was known then."""
        reader = self.subscribe()
        stored = [Stored()]
        refs: list[PodRef] = []
        for number in range(4):
            refs.append(self.launch(f"task/{number}").ref)
            self._take(reader, stored)
            self.run(refs[number // 2])
            self._take(reader, stored)
        for number, ref in enumerate(refs[:3]):
            self.end(ref, number)
            self._take(reader, stored)
        self.remove(refs[0].uid)
        refs.append(self.launch("task/0").ref)
        for _ in range(12):
            self._take(reader, stored)
        return stored

    def _take(self, reader: Reader, stored: list[Stored]) -> None:
        reader.take(0.5, 1)
        stored.append(reader.stored())
