"""Commands that run beside the tests, and end with them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["Child", "free_port", "wait_for"]


class Child:
    """
    One command: started, killed, held and started anew, always with the same arguments.

    It dies with the thread that started it (Linux, where setpriv is there), so start children in the main thread.
    """

    def __init__(self, command: Sequence[str], log: Path) -> None:
        bound = shutil.which("setpriv")
        self._command = [*([] if bound is None else [bound, "--pdeathsig", "KILL", "--"]), *command]
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log

    @property
    def pid(self) -> int:
        """Its number; it must run."""
        assert self._process is not None, f"{self.log.stem} was never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it runs (or is held)."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        assert not self.running, f"{self.log.stem} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def end(self) -> None:
        """Kill it, and wait until it is dead."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Hold it: it keeps its connections, and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def last_words(self, size: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""


def wait_for(condition: Callable[[], bool], what: str, timeout: float = 60.0, every: float = 0.02) -> None:
    """Look again until it is so; the timeout is for tests that hang, not for slow machines."""
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: still not so after {timeout} s")
        time.sleep(every)


def free_port() -> int:
    """
    A free loopback port outside the range from which the system picks ports for clients.

    A server that is killed and started anew must find its port free: a retrying client could have been given it meanwhile, and
    even reach itself on it.
    """
    span = Path("/proc/sys/net/ipv4/ip_local_port_range")
    low = int(span.read_text().split()[0]) if span.exists() else 32768
    while True:
        port = random.SystemRandom().randrange(10000, low)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
