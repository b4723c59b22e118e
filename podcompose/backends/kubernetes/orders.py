"""Orders under way in pods: each a script in the container's shell, heard in a thread of its own until its last word."""

from __future__ import annotations

from threading import Event, Thread
from time import monotonic

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.driving import drive
from podcompose.backends.kubernetes.exec import Exited, Failed, run_script
from podcompose.backends.kubernetes.hosting import FOLDER
from podcompose.backends.kubernetes.refusals import Verdict
from podcompose.backends.kubernetes.transport import Channel
from podcompose.errors import Problem
from podcompose.run.errors import Forbidden, Refused, Unreachable
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Order, Report, Told
from podcompose.run.warm.shell.reports import Reports
from podcompose.run.warm.shell.script import output_script, script

__all__ = ["give", "output"]


def give(channel: Channel, ref: PodRef, container: str, order: Order, told: Told) -> None:
    """Have something done in the pod's container; returns at once."""
    heard = _Heard(told)
    work = Thread(target=_give, args=(channel, ref, container, order, heard), name=f"podcompose order {ref.name}", daemon=True)
    try:
        work.start()
    except RuntimeError as error:  # no thread can be had: a machine at its limits
        heard.last(Report("cut", message=str(error)))


def _give(channel: Channel, ref: PodRef, container: str, order: Order, heard: _Heard) -> None:
    try:
        text = script(order, FOLDER)
    except ValueError as error:
        heard.last(Report("unfit", message=str(error)))
        return
    try:
        end = run_script(channel, ref, container, text, heard.more)
    except Exception as error:  # a bug, for sure; whoever waits must not wait for ever
        heard.last(Report("cut", message=f"{type(error).__name__} while a pod was given an order: {error}"))
        raise
    heard.end(end)


class _Heard:
    """What is heard of one order; the last word is told as soon as it is there, and once."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._reports = Reports()
        self._over = False

    def more(self, data: bytes) -> None:
        """The shell has written something."""
        for report in self._reports.feed(data):
            if report.state == "running":
                self._told(report)
            else:
                self.last(report)

    def end(self, end: Exited | Failed) -> None:
        """Nothing more comes."""
        if isinstance(end, Exited):
            self.last(self._reports.end(end.code, end.stderr))
        else:
            said = end.problem
            more = "" if said.suggestion is None else f"; {said.suggestion}"
            self.last(Report(end.state, message=f"{said.message}{more}"))

    def last(self, report: Report) -> None:
        """The last word, if there was none yet."""
        if not self._over:
            self._over = True
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
