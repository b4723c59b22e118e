"""The backend of the examples passes the suite, and its worker runs pods."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from examples.directory_backend import DirectoryBackend, locked, read, work
from podcompose.run.protocols import Selection
from podcompose.testing.conformance import BackendSuite


class TestDirectory(BackendSuite):
    """Its pods are folders, so the back doors are files."""

    # Its cursors are of the object that gave them, and it looks from time to time.
    supports_reopening = False
    supports_every_change = False
    histories = 15

    def make(self) -> Any:
        """Over the empty directory of the test."""
        return DirectoryBackend(self.folder)

    def pods(self) -> Iterable[dict[str, Any]]:
        """Read the files."""
        return [pod for _, pod in self._folders()]

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Write status.json, as a worker would."""
        for folder, pod in self._folders():
            if pod["metadata"]["uid"] == uid:
                with locked(self.folder):
                    (folder / "status.json").write_text(json.dumps(status))

    def remove(self, uid: str) -> None:
        """Remove the folder."""
        for folder, pod in self._folders():
            if pod["metadata"]["uid"] == uid:
                with locked(self.folder):
                    shutil.rmtree(folder)

    def put(self, manifest: dict[str, Any]) -> str:
        """Make a folder."""
        uid = str(uuid.uuid4())
        metadata = {**manifest["metadata"], "uid": uid}
        folder = self.folder / metadata["namespace"] / metadata["name"]
        folder.mkdir(parents=True)
        (folder / "pod.json").write_text(json.dumps({**manifest, "metadata": metadata}))
        return uid

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Rewrite pod.json."""
        for folder, pod in self._folders():
            if pod["metadata"]["uid"] == uid:
                del pod["status"]
                with locked(self.folder):
                    (folder / "pod.json").write_text(json.dumps({**pod, "metadata": {**pod["metadata"], "labels": labels}}))

    def _folders(self) -> list[tuple[Path, dict[str, Any]]]:
        with locked(self.folder):
            folders = [path.parent for path in sorted(self.folder.glob("*/*/pod.json"))]
            return [(folder, pod) for folder in folders if (pod := read(folder)) is not None]


def test_a_worker_runs_what_was_queued(tmp_path: Path) -> None:
    """A pod that was launched is picked up by the worker, and its exit code is the outcome's."""
    backend = DirectoryBackend(tmp_path)
    container = {"name": "base", "image": "none", "command": ["sh", "-c", "exit 3"]}
    ref = backend.launch({"spec": {"restartPolicy": "Never", "containers": [container]}}, launch_id="task/1").ref
    work(tmp_path, tmp_path / ref.namespace / ref.name)
    changes = backend.subscribe(Selection()).poll(10.0).changes
    backend.close()

    outcomes = [change.outcome for change in changes if hasattr(change, "outcome")]
    assert [(outcome.kind, outcome.exit_code) for outcome in outcomes] == [("Failed", 3)]
