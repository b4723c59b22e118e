"""
The keeper: a process of its own, parent of every container; when the process that started it is gone, it ends them all.

Run as `python -I -S keeper.py SOCKET PARENT MARK`; it imports nothing of podcompose. It adopts every orphan among its
descendants (PR_SET_CHILD_SUBREAPER), so none escapes it by forking twice or by a session of its own. Whose an orphan is tells
its mark: the soft limit RLIMIT_RTTIME, another number for every container (of days; it limits nothing that is not scheduled in
real time). A process inherits it whatever it does to its session, group or environment. When the first process of a container
has ended, what carries its mark is killed, and only then the container's end is told. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Any

#: Linux, include/uapi/linux/prctl.h.
_PR_SET_CHILD_SUBREAPER = 36
_LENGTH = 4
#: How long the end of a container waits for leftovers that will not die (uninterruptible sleep).
_PATIENCE_S = 1.0


class Keeper:
    """What the keeper knows: the first processes of containers, the marks of those that live, and ends not yet told."""

    def __init__(self, channel: socket.socket, parent: int, mark: int) -> None:
        self.channel = channel
        self.mark = mark
        self.leaders: dict[int, tuple[str, subprocess.Popen[bytes], int]] = {}
        self.pids: dict[str, int] = {}
        self.living: set[int] = set()
        self.ended: list[tuple[float, dict[str, Any]]] = []
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.open = True
        self.woken = _wake_on_children()
        self.parent = _watch(parent)
        self.poll = select.poll()
        for descriptor in (channel.fileno(), self.woken.fileno(), self.parent):
            if descriptor >= 0:
                self.poll.register(descriptor, select.POLLIN)

    def run(self) -> None:
        """Until the parent is gone."""
        while self.open:
            for descriptor, events in self.poll.poll(None if self.ended == [] else 50):
                self.ready(descriptor, events)
            self.reap()
            self.tell()
        self.end_all()

    def ready(self, descriptor: int, events: int) -> None:
        """One of the descriptors has something to say."""
        if descriptor == self.woken.fileno():
            with contextlib.suppress(BlockingIOError):
                self.woken.recv(4096)
        elif descriptor == self.parent:
            self.open = False
        elif events & ~select.POLLOUT:
            self.read()

    def read(self) -> None:
        """Orders of the parent."""
        try:
            received = self.channel.recv(1 << 18)
        except OSError:
            received = b""
        self.open = self.open and received != b""
        self.incoming += received
        while len(self.incoming) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self.incoming[:_LENGTH], "big")
            if len(self.incoming) < end:
                return
            order = json.loads(self.incoming[_LENGTH:end])
            del self.incoming[:end]
            self.obey(order)

    def obey(self, order: dict[str, Any]) -> None:
        """Start a container, or send a signal to its process group."""
        name = order["id"]
        if "signal" in order:
            if name in self.pids:
                _signal_group(self.pids[name], order["signal"])
            return
        self.mark += 1
        try:
            process = _started(order, self.mark)
        except (OSError, ValueError) as error:
            self.say({"id": name, "failed": f"unable to start container process: {_why(error, order)}"})
            return
        self.leaders[process.pid] = (name, process, self.mark)
        self.pids[name] = process.pid
        self.living.add(self.mark)
        self.say({"id": name, "started": process.pid})

    def reap(self) -> None:
        """Children that have ended, and what they have left behind."""
        with contextlib.suppress(ChildProcessError):
            while (child := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if child.si_pid in self.leaders:
                    # As long as it is not waited for, nobody else can have its number.
                    _signal_group(child.si_pid, signal.SIGKILL)
                self.bury(*os.waitpid(child.si_pid, 0))
        if self.ended != []:
            self.tell_ends(self.sweep())

    def bury(self, pid: int, status: int) -> None:
        """A child is no more; if it was a container's first process, the container has ended."""
        if pid in self.leaders:
            name, process, mark = self.leaders.pop(pid)
            self.living.discard(mark)
            process.returncode = os.waitstatus_to_exitcode(status)
            del self.pids[name]
            self.ended.append((time.monotonic(), {"id": name, "ended": process.returncode}))

    def sweep(self) -> bool:
        """Kill the orphans whose container has ended; whether there were any."""
        leftovers = [pid for pid in _children() if pid not in self.leaders and mark_of(pid) not in self.living]
        for pid in leftovers:
            _kill(pid)
        return leftovers != []

    def tell_ends(self, busy: bool) -> None:
        """A container has ended once nothing is left of it."""
        latest = time.monotonic() - _PATIENCE_S
        told = [one for one in self.ended if not busy or one[0] <= latest]
        self.ended = [one for one in self.ended if one not in told]
        for _, end in told:
            self.say(end)

    def say(self, notice: dict[str, Any]) -> None:
        """Queue a notice for the parent."""
        encoded = json.dumps(notice).encode()
        self.outgoing += len(encoded).to_bytes(_LENGTH, "big") + encoded

    def tell(self) -> None:
        """Send what is queued, as far as it goes: the keeper never waits for its parent."""
        if self.outgoing == b"":
            return
        try:
            del self.outgoing[: self.channel.send(self.outgoing)]
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
        self.poll.modify(self.channel, select.POLLIN | (select.POLLOUT if self.outgoing != b"" else 0))

    def end_all(self) -> None:
        """Kill every descendant: whose parent dies becomes our child, so it ends when we have none."""
        for pid in self.leaders:
            _signal_group(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                for pid in _children():
                    _kill(pid)
                os.waitpid(-1, 0)


def _started(order: dict[str, Any], mark: int) -> subprocess.Popen[bytes]:
    """A container's first process, leader of a session and a process group of its own."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (mark, resource.getrlimit(resource.RLIMIT_RTTIME)[1]))
        # Nothing here is inheritable, so that nothing needs to be closed.
        return subprocess.Popen(
            order["argv"],
            env=order["env"],
            cwd=order["cwd"],
            stdout=log,
            stderr=log,
            close_fds=False,
            start_new_session=True,
        )
    finally:
        os.close(log)


def _why(error: OSError | ValueError, order: dict[str, Any]) -> str:
    """As runc would say it."""
    program, cwd = order["argv"][0], order["cwd"]
    text = error.strerror if isinstance(error, OSError) and error.strerror is not None else str(error)
    text = text[:1].lower() + text[1:]
    filename = error.filename if isinstance(error, OSError) else program
    if filename == cwd != program:
        return f'chdir to cwd ("{cwd}") failed: {text}'
    if filename == order["log"]:
        return f"its log cannot be written: {text}"
    found = isinstance(error, FileNotFoundError) and "/" not in program
    return f'exec: "{program}": {"executable file not found in $PATH" if found else text}'


def _children() -> list[int]:
    """Our children."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return [int(pid) for pid in file.read().split()]
    except FileNotFoundError:
        return [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _parent(pid) == os.getpid()]


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def mark_of(pid: int) -> int:
    """The mark of a process; 0 for one that is gone, or another user's."""
    try:
        return resource.prlimit(pid, resource.RLIMIT_RTTIME)[0]
    except OSError:
        return 0


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _wake_on_children() -> socket.socket:
    """A socket that can be read when a child has ended."""
    woken, waker = socket.socketpair()
    woken.setblocking(False)
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _watch(parent: int) -> int:
    """A descriptor that can be read when the parent has ended; the socket alone is not enough, a fork of the parent has it too."""
    try:
        return os.pidfd_open(parent)
    except OSError:
        return -1


def main() -> None:
    """Keep containers for the process whose socket and number are given, and outlive it only to end them."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.setblocking(False)
    os.set_inheritable(channel.fileno(), False)
    # What the parent ignores or blocks is no business of the containers.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = Keeper(channel, int(sys.argv[2]), int(sys.argv[3]))
    if os.getppid() == int(sys.argv[2]):
        keeper.run()


if __name__ == "__main__":
    main()
