"""The board: cursors that were stored after a part of a batch."""

from __future__ import annotations

from typing import Any

from podcompose.run import Seen, Selection
from podcompose.run.board import Board, steady_clock


def pod(name: str, phase: str, note: str = "") -> dict[str, Any]:
    """A pod as it is."""
    exited = {"exitCode": 0, "containerID": "c", "finishedAt": "2026-01-01T00:00:01Z"}
    state = {"terminated": exited} if phase == "Succeeded" else {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    metadata = {"namespace": "ns", "name": name, "uid": f"u-{name}", "annotations": {"note": note}}
    spec = {"restartPolicy": "Never", "containers": [{"name": "base"}]}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "containerStatuses": [{"name": "base", "state": state}]}}


def test_a_cursor_does_not_pass_an_outcome_that_nobody_was_told_of() -> None:
    """Resumed, one change taken, resumed there: an outcome that came before another pod's change is told, once."""
    board = Board(steady_clock())
    board.put(pod("a", "Running"))
    cursor = board.subscribe(Selection()).poll(0).cursor
    board.put(pod("a", "Succeeded"))
    board.put(pod("b", "Running"))
    board.put(pod("a", "Succeeded", "changed once more"))
    told = []
    for _ in range(5):
        batch = board.subscribe(Selection(), cursor).poll(0, max_items=1)
        cursor = batch.cursor
        told += [change.record.ref.name for change in batch.changes if isinstance(change, Seen) and change.outcome is not None]

    assert told == ["a"]


def test_what_changes_nothing_is_no_new_version() -> None:
    """The same pod put again keeps its version, as on the API server."""
    board = Board(steady_clock())
    first = board.put(pod("a", "Running"))

    assert board.put(pod("a", "Running"))["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
