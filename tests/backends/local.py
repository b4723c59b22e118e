"""What the tests of the local backend share: pods of shell commands, gates they wait at, and what was on the board."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from podcompose.backends.local import LocalBackend
from podcompose.run.protocols import Gone, Launched, Seen, Selection
from podcompose.run.records import PodRecord, PodRef

#: After how many seconds something that should happen at once is taken not to happen.
PATIENCE_S = 30.0

Json = dict[str, Any]


def container(script: str, name: str = "base", **fields: Any) -> Json:
    """A container of a shell script; `$` is written once, for `$(VAR)` is nothing that is tested here."""
    return {"name": name, "image": "busybox", "command": ["sh", "-c", script.replace("$", "$$")], **fields}


def pod(script: str = "true", *, inits: list[Json] | None = None, others: list[Json] | None = None, **spec: Any) -> Json:
    """A pod whose main container runs a script, once."""
    containers = [container(script), *(others or [])]
    extra = {} if inits is None else {"initContainers": inits}
    return {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30, "containers": containers, **extra, **spec}}


class Gate:
    """A named pipe: a script that reads it waits there, a script that writes it says that it has come there."""

    def __init__(self, folder: Path, name: str = "gate") -> None:
        self.path = folder / name
        os.mkfifo(self.path)

    def open(self, line: str = "go") -> None:
        """Let the one who waits go on; waits for him to come."""
        descriptor = self._writer()
        os.write(descriptor, f"{line}\n".encode())
        os.close(descriptor)

    def _writer(self) -> int:
        poll = select.poll()
        for _ in range(int(PATIENCE_S * 100)):
            with suppress(OSError):
                return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            poll.poll(10)
        raise TimeoutError(f"nobody waits at {self.path.name}")


class Line:
    """A named pipe that is listened to: lines as they come, and the end when no process holds it any more."""

    def __init__(self, folder: Path, name: str = "line") -> None:
        self.path = folder / name
        os.mkfifo(self.path)
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self._read = b""

    def hear(self, count: int = 1) -> list[str]:
        """The next lines."""
        while self._read.count(b"\n") < count:
            self._more()
        *lines, self._read = self._read.split(b"\n", count)
        return [line.decode() for line in lines]

    def is_silent(self) -> bool:
        """Whether the last process that held it is gone; waits for that."""
        while self._more() != b"":
            pass
        return True

    def close(self) -> None:
        """Give it up."""
        os.close(self._descriptor)

    def _more(self) -> bytes:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if poll.poll(PATIENCE_S * 1000) == []:
            raise TimeoutError(f"nothing came through {self.path.name}; so far: {self._read!r}")
        with suppress(BlockingIOError):
            more = os.read(self._descriptor, 4096)
            self._read += more
            return more
        return b"?"


class Watched:
    """A backend, and every status its pods had, by launch id."""

    def __init__(self, backend: LocalBackend) -> None:
        self.backend = backend
        self.statuses: dict[str, list[Json]] = {}
        self.removed: list[str] = []
        self._put, self._remove = backend._board.put, backend._board.remove
        backend._board.put = self._putting  # type: ignore[method-assign]  # listens in
        backend._board.remove = self._removing  # type: ignore[method-assign]

    def launch(self, pod: Json, launch_id: str = "task/1") -> Launched:
        """Launch a pod."""
        return self.backend.launch(pod, launch_id=launch_id)

    def until(self, ref: PodRef, true: Callable[[Json], bool]) -> Json:
        """The pod as soon as something is true of it."""
        board = self.backend._board
        with board.changed:
            done = board.changed.wait_for(lambda: (found := board.by_uid(ref.uid)) is None or true(found), PATIENCE_S)
            found = board.by_uid(ref.uid)
            assert done, found
            assert found is not None
            return found

    def until_gone(self, ref: PodRef) -> None:
        """Until the pod is removed."""
        board = self.backend._board
        with board.changed:
            assert board.changed.wait_for(lambda: board.by_uid(ref.uid) is None, PATIENCE_S), board.by_uid(ref.uid)

    def finished(self, ref: PodRef) -> Json:
        """The pod once it is over."""
        return self.until(ref, lambda found: found["status"]["phase"] in ("Succeeded", "Failed"))

    def end_of(self, launched: Launched) -> PodRecord:
        """The pod's record with its outcome, from a subscription of its own."""
        with_outcome = None
        subscription = self.backend.subscribe(Selection())
        while with_outcome is None:
            for change in subscription.poll(PATIENCE_S).changes:
                if isinstance(change, (Seen, Gone)) and change.record.ref == launched.ref and change.record.outcome is not None:
                    with_outcome = change.record
        subscription.close()
        return with_outcome

    def run(self, pod: Json, launch_id: str = "task/1") -> Json:
        """Launch a pod; what it is once it is over."""
        return self.finished(self.launch(pod, launch_id).ref)

    def states(self, ref: PodRef, name: str = "base") -> list[str]:
        """What a container's state was, one after the other, without repetition."""
        found: list[str] = []
        for status in self.statuses.get(ref.uid, []):
            for one in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
                if one["name"] == name:
                    found.append(_said(one["state"]))
        return [one for place, one in enumerate(found) if place == 0 or found[place - 1] != one]

    def _putting(self, manifest: Json) -> Json:
        stored = self._put(manifest)
        self.statuses.setdefault(stored["metadata"]["uid"], []).append(stored["status"])
        return stored

    def _removing(self, uid: str) -> None:
        self._remove(uid)
        self.removed.append(uid)


def _said(state: Json) -> str:
    kind, said = next(iter(state.items()))
    return str(said["exitCode"] if kind == "terminated" else said.get("reason", kind))


def container_status(found: Json, name: str = "base") -> Json:
    """The status of one container."""
    status = found["status"]
    everyone = [*status.get("initContainerStatuses", []), *status["containerStatuses"]]
    return next(one for one in everyone if one["name"] == name)


def terminated(found: Json, name: str = "base") -> Json:
    """How one container ended."""
    ended: Json = container_status(found, name)["state"]["terminated"]
    return ended
