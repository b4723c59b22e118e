"""The local backend passes the suite; its pods are processes that wait to be told how to end."""

from __future__ import annotations

import os
import select
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from podcompose.backends.local import LocalBackend
from podcompose.testing.conformance import BackendSuite, exit_code_of, is_terminal
from tests.backends.local import PATIENCE_S


class TestLocal(BackendSuite):
    """Statuses are written by what really happens; nobody else can make or label pods."""

    supports_reopening = False
    supports_foreign_pods = False
    supports_labels = False
    supports_steps = False
    histories = 10
    hidden: LocalBackend

    def make(self) -> Any:
        """A backend of its own directory."""
        self.hidden = LocalBackend(self.folder / "pods")
        return self.hidden

    def pod(self) -> dict[str, Any]:
        """A pod that waits at a pipe of its own for its exit code."""
        script = f'p={self.folder}/$$POD_UID; mkfifo "$$p"; read code < "$$p"; exit "$$code"'
        env = [{"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}]
        container = {"name": "base", "image": "busybox", "command": ["sh", "-c", script], "env": env}
        return {"spec": {"restartPolicy": "Never", "containers": [container]}}

    def pods(self) -> Iterable[dict[str, Any]]:
        """What is on the board."""
        return self.hidden._board.pods

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Tell the process its exit code."""
        code, board = exit_code_of(status), self.hidden._board
        if code is not None:
            self._tell(uid, code)
            with board.changed:
                assert board.changed.wait_for(lambda: (pod := board.by_uid(uid)) is None or is_terminal(pod), PATIENCE_S)

    def remove(self, uid: str) -> None:
        """Take it off the board; its processes are killed when the node looks next."""
        board, host = self.hidden._board, self.hidden._host
        with board.changed:
            board.remove(uid)
            host._node._touch(uid)
            host._go_on()

    def _tell(self, uid: str, code: int) -> None:
        later = select.poll()
        for _ in range(int(PATIENCE_S * 100)):
            found = self.hidden._board.by_uid(uid)
            if found is None or found["status"]["phase"] in ("Succeeded", "Failed"):
                return
            with suppress(OSError):
                descriptor = os.open(self.folder / uid, os.O_WRONLY | os.O_NONBLOCK)
                os.write(descriptor, f"{code}\n".encode())
                os.close(descriptor)
                return
            later.poll(10)
        raise TimeoutError(f"{uid} does not wait for its exit code")
