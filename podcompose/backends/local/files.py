"""The files of a pod: the log of each run of a container, and the message it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from podcompose.backends.local.plan import field

__all__ = ["PodFiles"]

#: Kubernetes' own limits.
_MESSAGE_BYTES = 4096
_FALLBACK_BYTES = 2048
_FALLBACK_LINES = 80
_CHUNK = 1 << 16


class PodFiles:
    """A directory a pod, named as the kubelet does it; in it, by container and restart, logs and messages."""

    def __init__(self, directory: Path, metadata: Mapping[str, Any]) -> None:
        self.directory = directory / f"{metadata['namespace']}_{metadata['name']}_{metadata['uid']}"

    def make(self) -> None:
        """Make the directory."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        """Remove the directory and all that is in it."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self, container: str, restarts: int) -> str:
        """Where a run's output goes."""
        return f"{self.directory}/{container}.{restarts}.log"

    def message(self, container: str, restarts: int) -> str:
        """Where a run may leave a message."""
        return f"{self.directory}/{container}.{restarts}.message"

    def termination_message(self, container: Mapping[str, Any], restarts: int, code: int) -> str:
        """What a run had to say at its end: its message, or, if its policy says so and it has failed, the end of its log."""
        said = _head(self.message(container["name"], restarts))
        if said == "" and code != 0 and field(container, "terminationMessagePolicy", "File") == "FallbackToLogsOnError":
            return _tail(self.log(container["name"], restarts))
        return said

    def runs(self, container: str) -> list[int]:
        """The runs of a container that have a log, oldest first."""
        if not self.directory.is_dir():
            return []
        names = (path.name.rsplit(".", 2) for path in self.directory.iterdir())
        return sorted(int(name[1]) for name in names if len(name) == 3 and name[0] == container and name[2] == "log")

    def chunks(self, container: str, restarts: int, offset: int) -> Iterator[bytes]:
        """The output of a run from an offset on, as far as it is there."""
        try:
            with open(self.log(container, restarts), "rb") as file:
                file.seek(offset)
                while (chunk := file.read(_CHUNK)) != b"":
                    yield chunk
        except FileNotFoundError:
            return


def _head(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MESSAGE_BYTES).decode(errors="replace")
    except OSError:
        return ""


def _tail(path: str) -> str:
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _FALLBACK_BYTES, 0))
            text = file.read(_FALLBACK_BYTES).decode(errors="replace")
    except OSError:
        return ""
    return "".join(text.splitlines(keepends=True)[-_FALLBACK_LINES:])
