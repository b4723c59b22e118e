"""
A container without a container engine: a PID namespace with its own /proc, and programs that are started in it from outside.

As in a container, process 1 is the program, and what `exec` starts has no parent in there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType

from tests.cluster.child import wait_for
from tests.node.packages import NodeMissingError, command

__all__ = ["SHELLS", "Container", "missing", "shell_folder"]

SHELLS = ("dash", "bash", "busybox")
#: What the program needs of busybox, so that none of the machine's own commands takes its place.
_APPLETS = ("sh", "mkdir", "mkfifo", "rm", "cat", "sleep", "date", "tee", "env", "chmod")
_UNSHARE = ("unshare", "--pid", "--fork", "--mount", "--kill-child", "--propagation", "private")


@cache
def missing() -> str:
    """Why no namespace is to be had here; empty if one is."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return "there is no unshare and nsenter here"
    done = subprocess.run([*_UNSHARE, "mount", "-t", "proc", "proc", "/proc"], capture_output=True)
    return "" if done.returncode == 0 else f"no PID namespace is to be had here: {done.stderr.decode(errors='replace').strip()}"


def shell_folder(shell: str, folder: Path) -> Path | None:
    """A folder whose `sh` is this shell, None where it is not to be had; busybox brings its other commands with it."""
    found = _busybox() if shell == "busybox" else shutil.which(shell)
    if found is None:
        return None
    folder.mkdir(exist_ok=True)
    for name in _APPLETS if shell == "busybox" else ("sh",):
        if not (folder / name).exists():
            (folder / name).symlink_to(found)
    return folder


class Container:
    """
    One container: its process 1 and what is executed beside it.

    Shapes: `env` is all of its environment; `setup` is shell text that is run in its mount namespace, as root, before it starts.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], log: Path, *, setup: str = "true", user: int = 0) -> None:
        self.log, self._env, self._user = log, dict(env), user
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--"] if user else []
        words = ["/bin/sh", "-c", f'mount -t proc proc /proc && {{ {setup}; }} && exec "$@"', "sh", *drop]
        clean = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in env.items()), *argv]
        self._out = log.open("wb")
        self._outer = subprocess.Popen(
            [*_UNSHARE, *words, *clean], stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._out, start_new_session=True
        )

    def __enter__(self) -> Container:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """Kill all of it."""
        for pid in self._children():
            os.kill(pid, signal.SIGKILL)
        self._outer.wait(20)
        self._out.close()

    @property
    def pid(self) -> int:
        """Process 1, as it is called outside."""
        wait_for(lambda: bool(self._children()) or self._outer.poll() is not None, "process 1")
        children = self._children()
        if not children:
            raise RuntimeError(f"the container ended with {self._outer.returncode}: {self.log.read_text(errors='replace')[-500:]}")
        return children[0]

    def wait(self, seconds: float = 20.0) -> int:
        """Wait until process 1 has exited: its code."""
        return self._outer.wait(seconds)

    def popen(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a program in it, as `exec` would: its parent is outside."""
        who = ["-S", str(self._user), "-G", str(self._user)] if self._user else []
        line = [shutil.which("nsenter") or "nsenter", "-t", str(self.pid), "-p", "-m", *who, "--", *argv]
        pipe = subprocess.PIPE
        return subprocess.Popen(line, env=self._env, stdin=pipe, stdout=pipe, stderr=pipe)

    def inner(self, outer: int) -> int:
        """The number in there of a process that has this one outside."""
        for line in Path(f"/proc/{outer}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
        raise LookupError(outer)

    def processes(self) -> list[str]:
        """Lines of /proc/PID/stat of what runs in it, but process 1; outside's view, so nothing is started for it."""
        space = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and int(entry.name) != self.pid and os.readlink(entry / "ns/pid") == space:
                    found.append((entry / "stat").read_text())
            except OSError:
                continue
        return found

    def _children(self) -> list[int]:
        try:
            return [int(one) for one in Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()]
        except OSError:
            return []


@cache
def _busybox() -> str | None:
    try:
        return str(command("busybox"))
    except NodeMissingError:
        return None
