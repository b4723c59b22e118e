"""The files of a pod: the log of each run of a container, and the message it leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from podcompose.backends.local.plan import field

__all__ = ["PodFiles", "follow"]

#: Kubernetes' own limits.
_MESSAGE_BYTES = 4096
_FALLBACK_BYTES = 2048
_FALLBACK_LINES = 80
_CHUNK = 1 << 16


class PodFiles:
    """
    The files of one pod in the directory of all: `name_namespace_uid_container.RESTARTS.log`, and `.message`.

    All lie in one directory, for making one a pod costs more than starting a process.
    """

    def __init__(self, directory: Path, namespace: str, name: str, uid: str) -> None:
        self._stem = f"{directory}/{name}_{namespace}_{uid}_"

    def log(self, container: str, restarts: int) -> str:
        """Where a run's output goes."""
        return f"{self._stem}{container}.{restarts}.log"

    def message(self, container: str, restarts: int) -> str:
        """Where a run may leave a message."""
        return f"{self._stem}{container}.{restarts}.message"

    def runs(self, container: str) -> int:
        """How many runs of a container have a log."""
        count = 0
        while os.path.exists(self.log(container, count)):
            count += 1
        return count

    def remove(self, containers: Iterable[str]) -> None:
        """Remove what these containers have left."""
        for container in containers:
            for restarts in range(self.runs(container)):
                for path in (self.log(container, restarts), self.message(container, restarts)):
                    with suppress(OSError):
                        os.unlink(path)

    def termination_message(self, container: Mapping[str, Any], restarts: int, code: int) -> str:
        """What a run had to say at its end: its message, or, if its policy says so and it has failed, the end of its log."""
        said = _tail(self.message(container["name"], restarts), _MESSAGE_BYTES)
        if said == "" and code != 0 and field(container, "terminationMessagePolicy", "File") == "FallbackToLogsOnError":
            log = _tail(self.log(container["name"], restarts), _FALLBACK_BYTES)
            return "".join(log.splitlines(keepends=True)[-_FALLBACK_LINES:])
        return said

    def chunks(self, container: str, restarts: int, offset: int = 0) -> Iterator[bytes]:
        """The output of a run from an offset on, as far as it is there."""
        with suppress(FileNotFoundError), open(self.log(container, restarts), "rb") as file:
            file.seek(offset)
            while (chunk := file.read(_CHUNK)) != b"":
                yield chunk


def follow(files: PodFiles, container: str, is_over: Callable[[], bool], wait: Callable[[], None]) -> Iterator[bytes]:
    """The output of all runs of a container, as it is written, until it is over; a log that is removed meanwhile is read on."""
    restarts = 0
    while True:
        over = is_over()
        if files.runs(container) > restarts:
            yield from _follow_run(files, container, restarts, is_over, wait)
            restarts += 1
        elif over:
            return
        else:
            wait()


def _follow_run(
    files: PodFiles, container: str, restarts: int, is_over: Callable[[], bool], wait: Callable[[], None]
) -> Iterator[bytes]:
    with open(files.log(container, restarts), "rb") as file:
        yield from _read_on(file, lambda: is_over() or files.runs(container) > restarts + 1, wait)


def _read_on(file: BinaryIO, is_done: Callable[[], bool], wait: Callable[[], None]) -> Iterator[bytes]:
    while True:
        done = is_done()
        while (chunk := file.read(_CHUNK)) != b"":
            yield chunk
        if done:
            return
        wait()


def _tail(path: str, size: int) -> str:
    """The end of a file: of a message that is too long, Kubernetes keeps that, too."""
    try:
        with open(path, "rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - size, 0))
            return file.read(size).decode(errors="replace")
    except OSError:
        return ""
