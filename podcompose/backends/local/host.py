"""The thread that listens to the keeper, and the lock under which everything else happens."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress

from podcompose.backends.local.node import Node, Settings
from podcompose.backends.local.processes import KeeperGone, Notice, Processes
from podcompose.core.json import JsonMap
from podcompose.run.board import Board

__all__ = ["Host"]


class Host:
    """
    A node with its effects; the thread is started when there is something to hear or to wait for, the keeper with a container.

    The board's lock guards all of it: whoever holds it may change pods; the thread holds it only while it does so.
    """

    def __init__(self, board: Board, settings: Settings) -> None:
        self.closed = False
        self._board = board
        self._settings = settings
        self._node = Node(board, settings, self._at_hand)
        self._processes: Processes | None = None
        self._thread: threading.Thread | None = None
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._sleeps_until: float | None = None

    def accept(self, manifest: JsonMap) -> JsonMap:
        """A new pod; the lock is held."""
        stored = self._node.accept(manifest)
        self._go_on()
        return stored

    def delete(self, uid: str, grace: float | None) -> None:
        """A pod is to end; the lock is held."""
        if not self.closed:
            self._node.delete(uid, grace)
            self._go_on()

    def quit(self, uid: str, container: str) -> None:
        """A container is to end at once, as if its program had exited 0; the lock is held."""
        if not self.closed:
            self._node.quit(uid, container)
            self._go_on()

    def close(self) -> None:
        """Kill every container and wait until none is left."""
        with self._board.changed:
            closed, self.closed = self.closed, True
        if closed:
            return
        self._wake()
        if self._thread is not None:
            self._thread.join()
        if self._processes is not None:
            self._processes.close()
        self._woken.close()
        self._waker.close()

    def _at_hand(self) -> Processes:
        """The processes; a thread that sleeps is woken, to listen to a keeper it does not know."""
        if self._processes is None:
            self._processes = Processes(self._settings.directory / "keeper.log")
            self._wake()
        return self._processes

    def _go_on(self) -> None:
        """Do what is to be done, and see that the thread does not sleep too long."""
        self._node.step()
        if self._processes is not None:
            self._processes.flush()
        due = self._node.due
        if self._thread is None and (due is not None or self._processes is not None):
            self._thread = threading.Thread(target=self._listen, name="podcompose-local", daemon=True)
            self._thread.start()
        if due is not None and (self._sleeps_until is None or due < self._sleeps_until):
            self._sleeps_until = due
            self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            self._waker.send(b"x")

    def _listen(self) -> None:
        """Hear what happens to containers, and do what is due, until closed."""
        while not self.closed:
            with self._board.changed:
                due = self._sleeps_until = self._node.due
                processes = self._processes
            left = None if due is None else max(due - self._node.now, 0.0)
            notices = self._heard(processes, left)
            with self._board.changed:
                if not self.closed:
                    self._react(notices)

    def _heard(self, processes: Processes | None, timeout: float | None) -> list[Notice]:
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if processes is not None:
            poll.register(processes.channel, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(None if timeout is None else timeout * 1000 + 1)}
        if self._woken.fileno() in ready:
            self._woken.recv(4096)
        if processes is None or processes.channel.fileno() not in ready or self.closed:
            return []
        return processes.receive()

    def _react(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self._node.noticed(notice)
            if isinstance(notice, KeeperGone) and self._processes is not None:
                self._processes.close()
                self._processes = None
        self._go_on()
