"""What a front prints, line by line, as Reports; and a result as it lies in a container's termination message."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from podcompose.run.warm.hosting import Report, State

__all__ = ["Reports", "message_result"]

_ENDED = re.compile(r"ended (\d+) -([a-z]*) (-?\d+) (-?\d+) ?(.*)", re.DOTALL)
_RESULT = re.compile(r"podcompose ([a-z2-7]+) (ended .*)")
_WORDS: dict[str, State] = {"void": "void", "absent": "absent", "done": "done"}
#: With why, or who; and whether that is sure of earlier orders too.
_REASONS: dict[str, tuple[State, bool]] = {
    "unfit": ("unfit", True),
    "unsure": ("unfit", False),
    "busy": ("busy", True),
    "cut": ("cut", True),
}
#: What runtimes say where there is no shell to be started.
_NO_SHELL = re.compile(r"executable file|exec: \"sh\"|sh: not found")


class Reports:
    """
    A front's output to the order of one key, in whatever pieces it comes.

    >>> heard = Reports("abc")
    >>> [one.state for one in heard.feed(b"podcompose abc runn") + heard.feed(b"ing 5\\npodcompose abc ended 3 - 5 6 \\n")]
    ['running', 'ended']
    >>> heard.end(0, b"").code
    3
    """

    def __init__(self, key: str) -> None:
        self._prefix = b"podcompose " + key.encode() + b" "
        self._rest = b""
        self._last: Report | None = None

    def feed(self, data: bytes) -> list[Report]:
        """What the data tell; nothing after a last word, and nothing of lines that are not the front's, or of another order."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        told = []
        for line in lines:
            ours = self._last is None and line.startswith(self._prefix)
            report = _report(line[len(self._prefix) :]) if ours else None
            if report is not None:
                told.append(report)
                self._last = None if report.state == "running" else report
        return told

    def end(self, code: int | None, stderr: bytes) -> Report:
        """
        The last word, also where none came.

        Shapes: `code` is the front's exit code, None if the stream broke before there was one.
        """
        if self._last is not None:
            return self._last
        said = stderr.decode(errors="replace").strip()
        if code in (126, 127) or _NO_SHELL.search(said):
            return Report("unfit", sure=False, message=f"no shell that can run tasks: {said or f'exit code {code}'}")
        return Report("cut", message=said or (f"the front ended with {code}" if code is not None else "the stream was cut"))


def message_result(text: str) -> tuple[str, Report] | None:
    """
    The key and the result of the last task that a container wrote into its termination message.

    >>> message_result("podcompose abc ended 143 - 1 2 ")[1].code
    143
    >>> message_result("OOM") is None
    True
    """
    for found in reversed(list(_RESULT.finditer(text))):
        report = _ended(found[2])
        if report is not None:
            return found[1], report
    return None


def _report(line: bytes) -> Report | None:
    text = line.decode(errors="replace")
    word, _, rest = text.partition(" ")
    if word in _WORDS:
        return Report(_WORDS[word])
    if word in _REASONS:
        state, sure = _REASONS[word]
        return Report(state, sure=sure, message=rest)
    if word == "running":
        return Report("running", started=_moment(rest) if rest.isdecimal() else None)
    return _ended(text)


def _ended(text: str) -> Report | None:
    found = _ENDED.fullmatch(text)
    if found is None:
        return None
    code, flags, started, finished, name = found.groups()
    return Report(
        "ended",
        code=int(code),
        oom="o" in flags,
        timed_out="t" in flags,
        stopped="s" in flags,
        ending="k" in flags,
        start_error="f" in flags,
        started=_moment(started),
        finished=_moment(finished),
        message=f"cannot start the program {name!r}" if "f" in flags else "",
    )


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), timezone.utc)
