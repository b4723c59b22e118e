"""Containers as processes of this machine: our end of the keeper, which starts, signals and buries them."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from podcompose.backends.local import keeper

__all__ = ["Ended", "Failed", "KeeperGone", "Notice", "Processes", "Started"]

_LENGTH = 4
#: How many containers one keeper can mark.
_MARKS = 1 << 40
#: How often, and after how long, it is looked again for processes that a killed keeper has left.
_ROUNDS, _ROUND_S = 1000, 0.002


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
        # The first of the numbers that mark our containers' processes (see keeper), in microseconds; none is below 12 days.
        self._mark = _MARKS * (1 << 20 | secrets.randbits(20))
        self.channel, theirs = socket.socketpair()
        with theirs, log.open("ab") as stderr:
            arguments = [str(theirs.fileno()), str(os.getpid()), str(self._mark)]
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", keeper.__file__, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )
        self._orders = bytearray()
        self._received = bytearray()

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
            self._kill_marked()
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
                return Started(name, pid)
            case {"ended": int(code)}:
                return Ended(name, code if code >= 0 else 128 - code)
        return Failed(name, str(notice["failed"]))

    def _kill_marked(self) -> None:
        """The keeper was killed, and somebody else has adopted its children; as long as one lives it may have more."""
        for _ in range(_ROUNDS):
            left = [pid for pid in _everyone() if self._mark < keeper.mark_of(pid) < self._mark + _MARKS]
            if left == []:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_ROUND_S)


def _everyone() -> list[int]:
    """Every process of this machine that still runs."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError, IndexError):
            if Path("/proc", name, "stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX":
                found.append(int(name))
    return found
