"""The ledger: the newest state per pod, each outcome once, memory bounded by what is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from podcompose.run.ledger import PATIENCE, Ledger
from podcompose.run.protocols import Gone, Left, Seen, Synced
from tests.run.simulated import NOW

Json = dict[str, Any]


def pod(uid: str = "u1", version: int = 1, phase: str = "Running", name: str = "a", **metadata: Any) -> Json:
    """A pod with one container, running or ended as its phase says."""
    ended = {"exitCode": 0, "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z", "containerID": "c"}
    state = {"terminated": ended} if phase == "Succeeded" else {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": str(version), **metadata},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "base"}]},
        "status": {"phase": phase, "containerStatuses": [{"name": "base", "state": state, "restartCount": 0}]},
    }


def test_changes_of_one_pod_are_one() -> None:
    """A consumer that is late sees the newest state, with the outcome that came on the way."""
    ledger = Ledger()
    for version in range(1, 50):
        ledger.see(pod(version=version, annotations={"n": str(version)}), NOW)
    ledger.see(pod(version=60, phase="Succeeded"), NOW)
    ledger.see(pod(version=61, phase="Succeeded", annotations={"late": "1"}), NOW)
    (change,) = ledger.take(10)[0]

    assert isinstance(change, Seen)
    assert (change.record.resource_version, change.outcome and change.outcome.kind) == ("61", "Succeeded")


def test_an_outcome_is_told_once() -> None:
    """What follows an outcome carries it in the record, and not again as news."""
    ledger = Ledger()
    ledger.see(pod(version=1, phase="Succeeded"), NOW)
    first = ledger.take(10)[0]
    ledger.see(pod(version=2, phase="Succeeded", deletionTimestamp="2026-01-01T00:00:09Z"), NOW)
    ledger.removed(pod(version=3, phase="Succeeded", deletionTimestamp="2026-01-01T00:00:09Z"), NOW)
    (gone,) = ledger.take(10)[0]

    assert [getattr(change, "outcome", None) is not None for change in first] == [True]
    assert isinstance(gone, Gone)
    assert (gone.outcome, gone.record.outcome and gone.record.outcome.kind) == (None, "Succeeded")


def test_a_repeat_or_an_older_state_changes_nothing() -> None:
    """Duplicates and late arrivals are passed over, as is what no record shows."""
    ledger = Ledger()
    ledger.see(pod(version=5), NOW)
    ledger.take(10)
    for version in (5, 4, 1, 6):
        ledger.see(pod(version=version), NOW)

    assert ledger.take(10)[0] == ()


def test_one_who_left_with_an_outcome_untold_is_told_first() -> None:
    """Leaving the selection does not swallow an outcome, and coming back does not repeat it."""
    ledger = Ledger()
    ledger.see(pod(version=1, phase="Succeeded"), NOW)
    ledger.leave("u1")

    assert [type(change) for change in ledger.take(10)[0]] == [Seen, Left]


def test_one_who_left_and_comes_back_is_not_told_again() -> None:
    """An outcome is told once per uid, also of a pod that was relabelled to and fro, or is there again after a restore."""
    ledger = Ledger()
    ledger.see(pod(version=1, phase="Succeeded"), NOW)
    ledger.leave("u1")
    ledger.take(10)
    ledger.see(pod(version=2, phase="Succeeded"), NOW)
    (seen,) = ledger.take(10)[0]
    ledger.vanished("u1")
    ledger.take(10)
    ledger.see(pod(version=1, phase="Succeeded"), NOW)
    (again,) = ledger.take(10)[0]

    assert isinstance(seen, Seen)
    assert isinstance(again, Seen)
    assert (seen.outcome, again.outcome) == (None, None)


def test_what_was_in_sight_at_a_cursor_is_concluded_all_the_same() -> None:
    """A pod recalled with all its containers ended has its outcome after half a minute, though no event follows."""
    ledger = Ledger()
    ended = pod(version=2, phase="Succeeded")
    ended["status"]["phase"] = "Running"
    ledger.recall(ended, NOW)
    ledger.tick(NOW + PATIENCE)
    (late,) = ledger.take(10)[0]

    assert isinstance(late, Seen)
    assert late.outcome is not None


def test_the_last_phase_is_waited_for_and_no_longer_than_that() -> None:
    """All containers have ended and no phase came: after half a minute the outcome stands, and stays."""
    ledger = Ledger()
    ended = pod(version=2, phase="Succeeded")
    ended["status"]["phase"] = "Running"
    ledger.see(ended, NOW)
    ledger.tick(NOW + PATIENCE - timedelta(seconds=1))
    early = [getattr(change, "outcome", None) for change in ledger.take(10)[0]]
    ledger.tick(NOW + PATIENCE)
    (late,) = ledger.take(10)[0]
    ledger.see(pod(version=3, phase="Failed"), NOW + PATIENCE)
    (after,) = ledger.take(10)[0]

    assert early == [None]
    assert isinstance(late, Seen)
    assert late.outcome is not None
    assert (late.outcome.kind, ledger.until) == ("Succeeded", None)
    assert isinstance(after, Seen)
    assert (after.outcome, after.record.outcome) == (None, late.outcome)


def test_what_has_vanished_had_the_outcome_that_was_in_sight() -> None:
    """A pod whose containers had all ended is not Lost, though its phase was never seen."""
    ledger = Ledger()
    ended = pod(version=2, phase="Succeeded")
    ended["status"]["phase"] = "Running"
    ledger.see(ended, NOW)
    ledger.vanished("u1")
    (gone,) = ledger.take(10)[0]

    assert isinstance(gone, Gone)
    assert (gone.certain, gone.outcome and gone.outcome.kind) == (False, "Succeeded")


def test_notes_keep_their_place() -> None:
    """Synced comes behind what was seen before it, also where that changes once more."""
    ledger = Ledger()
    ledger.see(pod(version=1), NOW)
    ledger.note(Synced())
    ledger.see(pod(uid="u2", name="b", version=2), NOW)
    ledger.see(pod(version=3, annotations={"n": "1"}), NOW)

    assert [getattr(getattr(change, "record", None), "ref", None) is None for change in ledger.take(10)[0]] == [False, True, False]


@pytest.mark.parametrize("count", [2_000])
def test_nothing_is_kept_of_pods_that_are_gone(count: int) -> None:
    """Pods come and go, and leave nothing behind once their end was taken."""
    ledger = Ledger()
    for number in range(count):
        ledger.see(pod(f"u{number}", number * 3 + 1, name=f"p{number}"), NOW)
        ledger.removed(pod(f"u{number}", number * 3 + 2, "Succeeded", name=f"p{number}"), NOW)
        ledger.take(10)

    assert (ledger._known, ledger.lag, ledger._uids, ledger._waiting) == ({}, 0, {}, set())
