"""
The keeper: a process of its own, parent of every container; when the process that started it is gone, it ends them all.

Run as `python -I -S keeper.py SOCKET PARENT`; it imports nothing of podcompose, to stay small: it forks for every container.
Each container's first process leads a session of its own and adopts the orphans among its descendants, as in a real container.
When it ends, what is left of them becomes the keeper's child, and a child of the keeper that leads no container is killed: so
nothing escapes by forking twice, or by a session of its own. Without Linux' prctl and /proc there are only process groups.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

#: Linux, include/uapi/linux/prctl.h.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LENGTH = 4
#: How long the end of a container waits for leftovers that will not die (uninterruptible sleep).
_PATIENCE = 1.0


_LIBRARY = ctypes.CDLL(None)


class Keeper:
    """What the keeper knows: the leaders of the containers, those whose start is not settled, and ends not yet told."""

    def __init__(self, channel: socket.socket, parent: int) -> None:
        self.channel = channel
        self.leaders: dict[int, str] = {}
        self.pids: dict[str, int] = {}
        self.starting: dict[int, int] = {}
        self.ended: list[tuple[float, dict[str, Any]]] = []
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.open = True
        self.poll = select.poll()
        self.poll.register(channel, select.POLLIN)
        self.woken = _wake_on_children()
        self.poll.register(self.woken, select.POLLIN)
        self.parent = _watch(parent)
        if self.parent >= 0:
            self.poll.register(self.parent, select.POLLIN)

    def run(self) -> None:
        """Until the parent is gone."""
        while self.open:
            timeout = None if not self.ended else int(_PATIENCE * 1000)
            for descriptor, events in self.poll.poll(timeout):
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
        elif descriptor == self.channel.fileno():
            if events & ~select.POLLOUT:
                self.read()
        elif descriptor in self.starting:
            self.settle(descriptor)

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
        if "signal" not in order:
            self.start(order)
        elif order["id"] in self.pids:
            _signal_group(self.pids[order["id"]], order["signal"])

    def start(self, order: dict[str, Any]) -> None:
        """Fork; whether the program could be started comes through a pipe, which the start of a program closes."""
        keeper = os.getpid()
        reader, writer = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(reader)
            os.close(writer)
            self.say({"id": order["id"], "failed": f"unable to start container process: fork: {_words(error)}"})
            return
        if pid == 0:
            _become(order, writer, keeper)
        os.close(writer)
        self.leaders[pid] = order["id"]
        self.pids[order["id"]] = pid
        self.starting[reader] = pid
        self.poll.register(reader, select.POLLIN)

    def settle(self, reader: int) -> None:
        """A program has been started, or could not be."""
        error = os.read(reader, 65536)
        self.poll.unregister(reader)
        os.close(reader)
        pid = self.starting.pop(reader)
        name = self.leaders[pid]
        if error == b"":
            self.say({"id": name, "started": pid})
            return
        self.leaders[pid] = ""
        del self.pids[name]
        self.say({"id": name, "failed": error.decode(errors="replace")})

    def reap(self) -> None:
        """Children that have ended, and what they have left behind."""
        with contextlib.suppress(ChildProcessError):
            while (child := os.waitpid(-1, os.WNOHANG))[0] != 0:
                self.buried(*child)
        if self.ended:
            self.tell_ends(_kill_leftovers(self.leaders))

    def buried(self, pid: int, status: int) -> None:
        """A child is no more; if it led a container, that has ended."""
        for reader in [reader for reader, starting in self.starting.items() if starting == pid]:
            self.settle(reader)
        name = self.leaders.pop(pid, "")
        if name != "":
            del self.pids[name]
            self.ended.append((time.monotonic(), {"id": name, "ended": os.waitstatus_to_exitcode(status)}))
            if _children() is None:
                _signal_group(pid, signal.SIGKILL)

    def tell_ends(self, busy: bool) -> None:
        """A container has ended once nothing is left of it."""
        latest = time.monotonic() - _PATIENCE
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
        if not self.outgoing:
            return
        try:
            del self.outgoing[: self.channel.send(self.outgoing, getattr(socket, "MSG_NOSIGNAL", 0))]
        except BlockingIOError:
            pass
        except OSError:
            self.open = False
        self.poll.modify(self.channel, select.POLLIN | (select.POLLOUT if self.outgoing else 0))

    def end_all(self) -> None:
        """Kill every descendant: whose parent dies becomes our child, so it ends when we have none."""
        for pid in self.leaders:
            _signal_group(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                _kill_leftovers({})
                os.waitpid(-1, 0)


def _become(order: dict[str, Any], writer: int, keeper: int) -> NoReturn:
    """In the child: turn into the container's program, or say why not."""
    try:
        os.setsid()
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(128)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir(order["cwd"])
    except (OSError, ValueError) as error:
        _give_up(writer, f'chdir to cwd ("{order["cwd"]}") failed: {_words(error)}')
    try:
        _execute(order["argv"], order["env"])
    except (OSError, ValueError) as error:
        _give_up(writer, f'exec: "{order["argv"][0]}": {_words(error)}')


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError):
        _LIBRARY.prctl(option, value, 0, 0, 0)


def _execute(argv: list[str], env: dict[str, str]) -> NoReturn:
    if "/" in argv[0]:
        os.execve(argv[0], argv, env)
    denied: OSError | None = None
    for directory in env.get("PATH", "").split(":"):
        try:
            os.execve(f"{directory or '.'}/{argv[0]}", argv, env)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError as error:
            denied = error
    raise OSError(None, "executable file not found in $PATH") if denied is None else denied


def _words(error: OSError | ValueError) -> str:
    """As Go would say it."""
    text = error.strerror if isinstance(error, OSError) and error.strerror is not None else str(error)
    return text[:1].lower() + text[1:]


def _give_up(writer: int, message: str) -> NoReturn:
    os.write(writer, f"unable to start container process: {message}".encode(errors="replace"))
    os._exit(128)


def _children() -> list[int] | None:
    """Our children, ended ones included; None where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return None


def _signal_group(leader: int, number: int) -> None:
    """Send a signal to a process group, or to its leader where it has not made the group yet."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(leader, number)


def _kill_leftovers(leaders: dict[int, str]) -> bool:
    """Kill the children that lead no container; whether there were any."""
    leftovers = [pid for pid in _children() or () if pid not in leaders]
    for pid in leftovers:
        _kill(pid)
    return leftovers != []


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
    except (AttributeError, OSError):
        return -1


def main() -> None:
    """Keep containers for the process whose socket and number are given, and outlive it only to end them."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.setblocking(False)
    os.set_inheritable(channel.fileno(), False)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # What the parent ignores, and Python itself, is no business of the containers.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGTERM, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    keeper = Keeper(channel, int(sys.argv[2]))
    if os.getppid() == int(sys.argv[2]):
        keeper.run()


if __name__ == "__main__":
    main()
