"""Checks of `stop`, and of what an outcome is."""

from __future__ import annotations

from dataclasses import replace

from podcompose.run.outcome import Outcome
from podcompose.run.records import PodRef, Stage
from podcompose.testing.conformance.doors import Doors, needs
from podcompose.testing.conformance.rules import ContractError

__all__ = ["Ending", "Stopping"]


class Ending(Doors):
    """Outcomes: one per uid, told once, never changed."""

    def test_success_is_told_once(self) -> None:
        """A pod that exits 0 has succeeded; its removal tells nothing new."""
        outcome = self._told_then_gone(0)
        _require_outcome(outcome, "Succeeded", 0)

    def test_failure_is_told_once_with_its_exit_code(self) -> None:
        """A pod that exits 3 has failed with 3; its removal tells nothing new."""
        outcome = self._told_then_gone(3)
        _require_outcome(outcome, "Failed", 3)

    def test_removal_of_a_running_pod_is_its_outcome(self) -> None:
        """A pod that somebody else removes is Deleted, which its Gone tells."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self.run(ref)
        self.remove(ref.uid)
        gone = reader.until_gone(ref.uid)
        _require_outcome(reader.told[ref.uid], "Deleted", reader.told[ref.uid].exit_code)
        if not gone.certain:
            raise ContractError("certain", "a removal while the subscription was open is not certain")

    def test_an_outcome_is_told_to_who_comes_later(self) -> None:
        """A subscription that begins after the end tells the outcome as well, the same."""
        ref = self.launch("dag/run/task/1").ref
        self.run(ref)
        self.end(ref, 3)
        first = self.subscribe().until_told(ref.uid)
        second = self.subscribe().until_told(ref.uid)

        assert first == second

    def test_a_pod_that_came_and_went_unpolled_has_its_outcome(self) -> None:
        """An outcome is told though nobody polled between launch and removal."""
        reader = self.subscribe().until_synced()
        ref = self.launch("dag/run/task/1").ref
        self.run(ref)
        self.settled_end(ref, 3)
        self.remove(ref.uid)
        reader.until_gone(ref.uid)
        _require_outcome(reader.told[ref.uid], "Failed", 3)

    @needs("supports_steps")
    def test_a_status_after_the_end_changes_nothing(self) -> None:
        """Whatever is written into a pod that has ended, its outcome stays and is not told again."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe()
        self.end(ref, 3)
        told = reader.until_told(ref.uid)
        self.end(ref, 4)
        reader.rest()
        self.remove(ref.uid)
        gone = reader.until_gone(ref.uid)

        assert gone.record.outcome == told

    def settled_end(self, ref: PodRef, code: int) -> None:
        """The pod exits so, and that is there to be read by the back door (by a second subscription where it takes its time)."""
        self.end(ref, code)
        self.subscribe().until_told(ref.uid)

    def _told_then_gone(self, code: int) -> Outcome:
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe()
        self.run(ref)
        self.end(ref, code)
        told = reader.until_told(ref.uid)
        self.remove(ref.uid)
        gone = reader.until_gone(ref.uid)
        if gone.record.outcome != told:
            raise ContractError("outcome-changed", f"told {told}, and Gone has {gone.record.outcome}")
        return told


class Stopping(Doors):
    """What holds for `stop`: the pod of this uid, and no other, is asked to end."""

    @needs("supports_stop")
    def test_a_stopped_pod_is_stopped(self) -> None:
        """A running pod that is stopped has the outcome Stopped."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self.run(ref)
        reader.until_stage(ref.uid, Stage.RUNNING)
        self.call(self.backend.stop, ref, grace=1.0)
        self.end(ref, 143, later_s=2.0)
        reader.until(lambda seen: ref.uid in seen.told, "the outcome of a stopped pod")
        _require_outcome(reader.told[ref.uid], "Stopped", reader.told[ref.uid].exit_code)
        self.remove(ref.uid)
        reader.until_gone(ref.uid)

    @needs("supports_stop")
    def test_a_stopped_pod_that_is_removed_is_stopped(self) -> None:
        """A pod that was stopped and then is gone without another word was stopped, not deleted by somebody."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self.run(ref)
        self.call(self.backend.stop, ref, grace=1.0)
        self.remove(ref.uid)
        reader.until_gone(ref.uid)
        _require_outcome(reader.told[ref.uid], "Stopped", reader.told[ref.uid].exit_code)

    @needs("supports_stop")
    def test_stop_of_another_uid_touches_nothing(self) -> None:
        """A stop that names another uid leaves the pod that has the name alone."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self.run(ref)
        reader.until_stage(ref.uid, Stage.RUNNING)
        self.call(self.backend.stop, replace(ref, uid="00000000-0000-4000-8000-000000000000"))
        there = self.manifest(ref.uid)
        if there is None or "deletionTimestamp" in there["metadata"]:
            raise ContractError("stop-uid", f"a stop of another uid stopped {ref}")
        self.end(ref, 0, later_s=2.0)
        _require_outcome(reader.until_told(ref.uid), "Succeeded", 0)

    @needs("supports_stop")
    def test_stop_of_a_pod_that_is_gone_is_done(self) -> None:
        """A pod that is not there any more need not be stopped, nor one whose name another has."""
        old = self.launch("dag/run/task/1").ref
        self.remove(old.uid)
        self.call(self.backend.stop, old)
        new = self.launch("dag/run/task/1").ref
        self.call(self.backend.stop, old)
        there = self.manifest(new.uid)
        if there is None or "deletionTimestamp" in there["metadata"]:
            raise ContractError("stop-uid", "the stop of a pod that is gone stopped its successor")

    @needs("supports_stop")
    def test_stop_can_be_said_twice(self) -> None:
        """A second stop of a pod is as good as the first."""
        ref = self.launch("dag/run/task/1").ref
        self.run(ref)
        self.call(self.backend.stop, ref, grace=5.0)
        self.call(self.backend.stop, ref, grace=5.0)

    @needs("supports_stop")
    def test_stop_after_the_end_changes_no_outcome(self) -> None:
        """A pod that had ended before it was stopped keeps its outcome."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe()
        self.run(ref)
        self.end(ref, 3)
        reader.until_told(ref.uid)
        self.call(self.backend.stop, ref)
        self.remove(ref.uid)
        gone = reader.until_gone(ref.uid)
        if gone.record.outcome is not None:
            _require_outcome(gone.record.outcome, "Failed", 3)


def _require_outcome(outcome: Outcome, kind: str, code: int | None) -> None:
    if (outcome.kind, outcome.exit_code) != (kind, code):
        raise ContractError("outcome", f"the outcome must be {kind} with exit code {code}, and is {outcome}")
