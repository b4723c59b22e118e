"""Containers as processes of this machine: our end of the keeper, which starts, signals and buries them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from podcompose.backends.local import keeper

__all__ = ["Ended", "Failed", "KeeperGone", "Notice", "Processes", "Started"]

_LENGTH = 4


class Started(NamedTuple):
    """A container's program runs."""

    id: str
    pid: int


class Failed(NamedTuple):
    """A container's program could not be started."""

    id: str
    message: str


class Ended(NamedTuple):
    """A container has ended, and nothing is left of it; `code` is 128 + n for signal n."""

    id: str
    code: int


class KeeperGone(NamedTuple):
    """The keeper has ended, and with it every container."""


Notice: TypeAlias = Started | Failed | Ended | KeeperGone


class Processes:
    """
    The containers of one backend.

    Orders are queued until `flush`; the keeper always reads, so that a flush never waits for long.
    """

    def __init__(self, log: Path) -> None:
        """Start the keeper; `log` takes what goes wrong in it."""
        self.channel, theirs = socket.socketpair()
        with theirs, log.open("ab") as stderr:
            command = [sys.executable, "-I", "-S", "-X", "utf8", keeper.__file__, str(theirs.fileno()), str(os.getpid())]
            self._keeper = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        self._orders = bytearray()
        self._received = bytearray()
        self._leaders: dict[str, int] = {}

    @property
    def keeper_pid(self) -> int:
        """The number of the keeper's process."""
        return self._keeper.pid

    def start(self, name: str, argv: list[str], env: Mapping[str, str], cwd: str, log: str) -> None:
        """Order a container to be started."""
        self._order({"id": name, "argv": argv, "env": env, "cwd": cwd, "log": log})

    def signal(self, name: str, number: int) -> None:
        """Order a signal to be sent to a container's process group."""
        self._order({"id": name, "signal": number})

    def flush(self) -> None:
        """Send what was ordered."""
        if self._orders:
            orders, self._orders = self._orders, bytearray()
            # If the keeper is gone, `receive` says so.
            with contextlib.suppress(OSError):
                self.channel.sendall(orders)

    def receive(self) -> list[Notice]:
        """What the keeper has to say; waits if it has nothing."""
        try:
            received = self.channel.recv(1 << 18)
        except OSError:
            received = b""
        if received == b"":
            self._kill_groups()
            return [KeeperGone()]
        self._received += received
        return self._notices()

    def close(self) -> None:
        """End every container and wait until the last is gone."""
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)
        self._keeper.wait()
        self.channel.close()

    def _order(self, order: Mapping[str, object]) -> None:
        encoded = json.dumps(order).encode()
        self._orders += len(encoded).to_bytes(_LENGTH, "big") + encoded

    def _notices(self) -> list[Notice]:
        notices: list[Notice] = []
        buffer, begin = self._received, 0
        while len(buffer) >= begin + _LENGTH:
            end = begin + _LENGTH + int.from_bytes(buffer[begin : begin + _LENGTH], "big")
            if len(buffer) < end:
                break
            notices.append(self._notice(json.loads(buffer[begin + _LENGTH : end])))
            begin = end
        del buffer[:begin]
        return notices

    def _notice(self, notice: Mapping[str, object]) -> Notice:
        name = str(notice["id"])
        match notice:
            case {"started": int(pid)}:
                self._leaders[name] = pid
                return Started(name, pid)
            case {"ended": int(code)}:
                self._leaders.pop(name, None)
                return Ended(name, code if code >= 0 else 128 - code)
        return Failed(name, str(notice["failed"]))

    def _kill_groups(self) -> None:
        """The keeper was killed: the leaders die with it by themselves, their groups do not."""
        for pid in self._leaders.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self._leaders.clear()
