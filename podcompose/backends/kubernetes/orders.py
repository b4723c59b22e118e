"""Orders under way in pods: each a script in the container's shell, heard in a thread of its own until its last word."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import NamedTuple

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.driving import drive
from podcompose.backends.kubernetes.exec import Exited, Failed, Shell, open_shell, run_script
from podcompose.backends.kubernetes.hosting import FOLDER
from podcompose.backends.kubernetes.refusals import Verdict
from podcompose.backends.kubernetes.transport import Channel
from podcompose.errors import Problem
from podcompose.run.errors import Forbidden, Refused, Unreachable
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Order, Report, Told
from podcompose.run.warm.shell.reports import Reports
from podcompose.run.warm.shell.script import key_of, output_script, script

__all__ = ["Orders", "output"]


class Orders:
    """
    The orders of one backend. A shell that has done one stays for a moment, for the next one to the same container.

    To start a shell in a container is most of what a short task costs, the node's work above all.

    Units:  `stay_s` in seconds; 0: none stays.
    """

    def __init__(self, channel: Channel, stay_s: float) -> None:
        self._channel, self._stay_s = channel, stay_s
        self._lock = Lock()
        self._idle: dict[tuple[str, str], list[SimpleQueue[_Job | None]]] = {}
        self._closed = False

    def give(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in the pod's container; returns at once."""
        job = _Job(order, _Heard(told, key_of(order)))
        with self._lock:
            idle = self._idle.get((ref.uid, container), [])
            box = idle.pop() if len(idle) > 0 else None
            if idle == []:
                self._idle.pop((ref.uid, container), None)
        if box is not None:
            box.put(job)
            return
        work = Thread(target=self._work, args=(ref, container, job), name=f"podcompose order {ref.name}", daemon=True)
        try:
            work.start()
        except RuntimeError as error:  # no thread can be had: a machine at its limits
            job.heard.last(Report("cut", message=str(error)))

    def close(self) -> None:
        """No shell stays."""
        with self._lock:
            self._closed = True
            boxes = [box for idle in self._idle.values() for box in idle]
            self._idle.clear()
        for box in boxes:
            box.put(None)

    def _work(self, ref: PodRef, container: str, job: _Job | None) -> None:
        shell: Shell | None = None
        try:
            while job is not None:
                shell = self._done(shell, ref, container, job)
                job = None if shell is None else self._another(ref, container)
        finally:
            if shell is not None:
                shell.close()

    def _done(self, shell: Shell | None, ref: PodRef, container: str, job: _Job) -> Shell | None:
        """Do one, in a shell that has stayed or in a new one; the shell, if it stays on."""
        try:
            text = script(job.order, FOLDER, stays=True)
        except ValueError as error:
            job.heard.last(Report("unfit", message=str(error)))
            return shell
        try:
            if shell is not None and self._said(shell, text, job):
                return None if job.heard.ended else shell
            opened = open_shell(self._channel, ref, container)
            if isinstance(opened, Failed):
                job.heard.end(opened)
                return None
            self._said(opened, text, job, new=True)
            return opened if job.heard.over and not job.heard.ended else None
        except Exception as error:  # a bug, for sure; whoever waits must not wait for ever
            job.heard.last(Report("cut", message=f"{type(error).__name__} while a pod was given an order: {error}"))
            raise

    def _said(self, shell: Shell, text: bytes, job: _Job, *, new: bool = False) -> bool:
        """Whether a shell has done it, or failed after it was heard; one that stayed may be gone, and most likely was not asked."""
        end = shell.run(text, job.heard.more, lambda: job.heard.over)
        if end is None:
            return True
        shell.close()
        if new or job.heard.any:
            job.heard.end(end)
            return True
        job.heard.again = True
        return False

    def _another(self, ref: PodRef, container: str) -> _Job | None:
        """Wait for the next order to this container; None: there was none in time."""
        box: SimpleQueue[_Job | None] = SimpleQueue()
        with self._lock:
            if self._closed or self._stay_s <= 0:
                return None
            self._idle.setdefault((ref.uid, container), []).append(box)
        try:
            return box.get(timeout=self._stay_s)
        except Empty:
            with self._lock:
                idle = self._idle.get((ref.uid, container), [])
                if box in idle:
                    idle.remove(box)
                    if idle == []:
                        del self._idle[ref.uid, container]
                    return None
            return box.get()  # it was chosen in this very moment


class _Job(NamedTuple):
    order: Order
    heard: _Heard


class _Heard:
    """What is heard of one order; the last word is told as soon as it is there, and once."""

    def __init__(self, told: Told, key: str) -> None:
        self._told = told
        self._reports = Reports(key)
        #: Whether the last word was told; whether anything was heard.
        self.over = self.any = False
        #: Whether the shell itself has ended; whether it is the second one, and the first may have begun the task.
        self.ended = self.again = False

    def more(self, data: bytes) -> None:
        """The shell has written something."""
        self.any = True
        for report in self._reports.feed(data):
            if report.state == "running":
                self._told(report)
            else:
                self.last(report)

    def end(self, end: Exited | Failed) -> None:
        """Nothing more comes."""
        self.ended = True
        if isinstance(end, Exited):
            self.last(self._reports.end(end.code, end.stderr))
        else:
            said = end.problem
            more = "" if said.suggestion is None else f"; {said.suggestion}"
            self.last(Report(end.state, sure=False, message=f"{said.message}{more}"))

    def last(self, report: Report) -> None:
        """The last word, if there was none yet; that one shell is unfit says nothing of what another may have begun."""
        if not self.over:
            self.over = True
            if self.again and report.state == "unfit" and not report.sure:
                report = Report("cut", message=report.message)
            self._told(report)


def output(channel: Channel, ref: PodRef, container: str, key: str, terms: Terms, closing: Event) -> bytes:
    """
    What the task of this key has written so far; empty if nothing, or if it is not kept any longer.

    Raises: LaunchError.
    """
    call, text = Call(terms, monotonic()), output_script(key, FOLDER)
    while True:
        pieces = list[bytes]()
        end = run_script(channel, ref, container, text, pieces.append)
        if end == Exited(0, b""):
            return b"".join(pieces)
        call.now, call.requests = monotonic(), call.requests + 1
        drive(call.again(_verdict(end), ref), channel, closing)


def _verdict(end: Exited | Failed) -> Verdict:
    if isinstance(end, Exited):
        said = end.stderr.decode(errors="replace").strip()
        return Verdict(Unreachable, (Problem("unreachable", "", f"the log was not read whole: {end.code} {said}"),), "soon")
    if end.state == "cut":
        return Verdict(Unreachable, (end.problem,), "soon")
    if end.state == "gone":
        return Verdict(Refused, (Problem("no-such-log", "", f"the log went with the pod: {end.problem.message}"),))
    return Verdict(Forbidden if end.problem.code == "forbidden" else Refused, (end.problem,))
