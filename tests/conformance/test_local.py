"""The local backend passes the suite: its pods are processes, which end when a file of theirs is there."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from podcompose.backends.local import LocalBackend
from podcompose.run.records import PodRef
from podcompose.testing.conformance import BackendSuite, exit_code_of

_WAITS = 'until test -f "$DIR/$UID"; do sleep 0.02; done; exit "$(cat "$DIR/$UID")"'


class TestLocal(BackendSuite):
    """A pod runs by itself, and ends with the number that is written into a file of its uid."""

    supports_reopening = False
    supports_foreign_pods = False
    supports_labels = False
    supports_steps = False
    histories = 4
    hidden: LocalBackend

    def make(self) -> Any:
        """With the directory of the test."""
        self.hidden = LocalBackend(self.folder / "pods")
        return self.hidden

    def pod(self) -> dict[str, Any]:
        """A shell that waits for its file."""
        uid = {"name": "UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}
        env = [{"name": "DIR", "value": str(self.folder)}, uid]
        container = {"name": "base", "command": ["sh", "-c", _WAITS], "env": env}
        return {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}}

    def pods(self) -> Iterable[dict[str, Any]]:
        """What is on its board."""
        return self.hidden._board.pods

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Let the process exit, and wait until that is written."""
        code = exit_code_of(status)
        part = self.folder / f"{uid}.part"
        part.write_text(str(code))
        part.rename(self.folder / uid)
        self._until(lambda pod: pod is None or pod["status"]["phase"] in ("Succeeded", "Failed"), uid)

    def remove(self, uid: str) -> None:
        """Delete it by force, as somebody else would."""
        there = self.manifest(uid)
        if there is not None:
            metadata = there["metadata"]
            self.hidden.delete(PodRef(metadata["namespace"], metadata["name"], uid), grace=0)
            self._until(lambda pod: pod is None, uid)

    def run(self, ref: PodRef) -> None:
        """It runs by itself, in a moment."""
        self._until(lambda pod: pod is None or pod["status"]["phase"] != "Pending", ref.uid)

    def _until(self, wanted: Any, uid: str) -> None:
        """Wait for the keeper of the processes, which tells nobody but the board."""
        board = self.hidden._board
        end = time.monotonic() + 20
        with board.changed:
            while not wanted(board.by_uid(uid)):
                assert time.monotonic() < end, f"pod {uid}: {board.by_uid(uid)}"
                board.changed.wait(1)
