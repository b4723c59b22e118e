"""
A shell script in a container of a pod: `pods/exec` over a websocket, as bytes.

The connection is made as every other is: TLS, credentials, proxies and their renewal are the channel's.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal
from urllib.parse import quote

from podcompose.backends.kubernetes.effects import Answer, Request
from podcompose.backends.kubernetes.frames import BadFrame, Frames, Kind, accepted, encode
from podcompose.backends.kubernetes.refusals import judge
from podcompose.backends.kubernetes.transport import Broken, Channel, Stream
from podcompose.errors import Problem
from podcompose.run.records import PodRef

__all__ = ["PING_S", "Exited", "Failed", "Shell", "open_shell", "run_script"]

#: A silent connection is asked for a sign of life so often; by the fourth time it must have given one.
PING_S = 30.0
_SILENCES = 4
_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _STATUS = 0, 1, 2, 3
#: A script is sent in pieces of this size.
_PIECE = 32_768
#: How much is kept of what was written to stderr: the end of it.
_STDERR_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Exited:
    """The shell has ended; the last of what it wrote to stderr."""

    code: int
    stderr: bytes = b""


@dataclass(frozen=True, slots=True)
class Failed:
    """
    Nobody knows, or no script can run there.

    cut    the connection broke, or something on the way failed: whether the script ran is not known
    gone   there is no such pod, or its container does not run
    unfit  the container has no shell, or these credentials may not run one
    """

    state: Literal["cut", "gone", "unfit"]
    problem: Problem


def run_script(
    channel: Channel, ref: PodRef, container: str, script: bytes, heard: Callable[[bytes], object], *, ping_s: float = PING_S
) -> Exited | Failed:
    """
    Have the container's `sh` read a script, until it ends; `heard` is given what it writes to stdout, as it comes.

    The script must end by `exit`: the older protocol cannot close its input.
    """
    opened = open_shell(channel, ref, container, ping_s=ping_s)
    if isinstance(opened, Failed):
        return opened
    try:
        return opened.run(script, heard, lambda: False) or _cut("the shell stays")
    finally:
        opened.close()


def open_shell(channel: Channel, ref: PodRef, container: str, *, ping_s: float = PING_S) -> Shell | Failed:
    """A `sh` in the container, or why there is none."""
    key = base64.b64encode(os.urandom(16))
    opened = channel.stream(_request(ref, container, key))
    if not isinstance(opened, Stream):
        return _cut(f"the API server did not answer: {opened.reason}")
    try:
        if opened.status == 101 and _agreed(opened, key):
            return Shell(opened, ping_s)
        no = _cut("what answered is no API server: it does not speak the protocol of pods/exec")
        failed = no if opened.status == 101 else _refused(opened)
    except (OSError, BadFrame) as error:
        failed = _cut(f"the connection broke: {error}")
    opened.close()
    return failed


class Shell:
    """A shell in a container that reads one script after another; in one thread."""

    def __init__(self, opened: Stream, ping_s: float) -> None:
        self._opened = opened
        self._wire, early = opened.switch()
        self._wire.settimeout(ping_s)
        self._messages = _messages(self._wire, early)

    def run(self, script: bytes, heard: Callable[[bytes], object], over: Callable[[], bool]) -> Exited | Failed | None:
        """
        Send a script, and hear what comes until all was heard that is wanted (`over`: None then), or the shell ends.

        After None the shell reads on; after anything else it is to be closed.
        """
        try:
            return self._talk(script, heard, over)
        except (OSError, BadFrame) as error:
            return _cut(f"the connection broke: {error}")

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._wire.sendall(_frame(Kind.BINARY, bytes([_STDIN]) + b"exit 0\n"))
        self._opened.close()

    def _talk(self, script: bytes, heard: Callable[[bytes], object], over: Callable[[], bool]) -> Exited | Failed | None:
        broken = _send(self._wire, script)
        stderr = b""
        for channel, data in self._messages:
            if channel == _STDOUT and data != b"":
                heard(data)
                if over():
                    return None
            elif channel == _STDERR:
                stderr = (stderr + data)[-_STDERR_KEPT:]
            elif channel == _STATUS:
                return _ended(data, stderr)
        return _cut("the connection was closed before the end" if broken is None else f"the connection broke: {broken}")


def _request(ref: PodRef, container: str, key: bytes) -> Request:
    path = f"/api/v1/namespaces/{quote(ref.namespace, safe='')}/pods/{quote(ref.name, safe='')}/exec"
    query = (("container", container), ("command", "sh"), ("stdin", "true"), ("stdout", "true"), ("stderr", "true"))
    upgrade = (
        # To application/json alone, as everywhere else, the server says 406.
        ("Accept", "*/*"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key.decode()),
        ("Sec-WebSocket-Protocol", ", ".join(_PROTOCOLS)),
    )
    return Request("GET", path, query, headers=upgrade)


def _agreed(opened: Stream, key: bytes) -> bool:
    said = dict(opened.headers)
    return said.get("sec-websocket-accept") == accepted(key) and said.get("sec-websocket-protocol") in _PROTOCOLS


def _send(wire: Any, script: bytes) -> OSError | None:
    """Send it in pieces; why it could not be sent, for the server may have said more than that before it hung up."""
    try:
        for start in range(0, len(script), _PIECE):
            wire.sendall(_frame(Kind.BINARY, bytes([_STDIN]) + script[start : start + _PIECE]))
    except OSError as error:
        return error
    return None


def _messages(wire: Any, early: bytes) -> Iterator[tuple[int, bytes]]:
    """What comes, by channel, until the server closes; its pings are answered."""
    frames = Frames()
    data: bytes | None = early
    while data is not None:
        for frame in frames.feed(data):
            if frame.kind is Kind.PING:
                with suppress(OSError):  # the server may have said more before it hung up
                    wire.sendall(_frame(Kind.PONG, frame.data))
            elif frame.kind is Kind.CLOSE:
                return
            elif frame.kind is not Kind.PONG and frame.data != b"":
                yield frame.data[0], frame.data[1:]
        data = _more(wire)


def _more(wire: Any) -> bytes | None:
    """What comes next, None at the end. Raises TimeoutError where nothing does, not even when asked for it again and again."""
    for _ in range(_SILENCES):
        try:
            data: bytes = wire.recv(65_536)
        except TimeoutError:
            wire.sendall(_frame(Kind.PING, b""))
            continue
        return None if data == b"" else data
    raise TimeoutError("the API server is silent")


def _frame(kind: Kind, data: bytes) -> bytes:
    return encode(kind, data, os.urandom(4))


#: What is said, by the API server, the kubelet or the runtime, where no shell is, or nothing that could hold one.
_UNFIT = re.compile(r"executable file not found|\bsh\b\S*: (no such file or directory|permission denied)|exec format error")
_GONE = re.compile(
    r"container not found|not running|not created or running|does not have a host assigned|CONTAINER_EXITED"
    r"|cannot exec into a container in a completed pod|cannot exec in a (stopped|deleted) state"
)


def _ended(status: bytes, stderr: bytes) -> Exited | Failed:
    """What the server says of the end: a v1 Status."""
    said: Any = Answer(0, (), status, 0.0).json
    if said.get("status") == "Success":
        return Exited(0, stderr)
    if said.get("reason") == "NonZeroExitCode":
        details = said.get("details")
        causes = details.get("causes") if type(details) is dict else None
        for cause in causes if type(causes) is list else []:
            if type(cause) is dict and cause.get("reason") == "ExitCode" and re.fullmatch(r"\d+", str(cause.get("message"))):
                return Exited(int(cause["message"]), stderr)
    message = str(said.get("message", status[:400].decode(errors="replace")))
    return _by_words(message) or _cut(message)


def _refused(opened: Stream) -> Failed:
    """What an answer means that is no 101."""
    body = opened.rest()
    if isinstance(body, Broken):
        return _cut(body.reason)
    answer = Answer(opened.status, opened.headers, body, monotonic())
    verdict = judge(answer)
    problem = verdict.problems[0]
    if answer.status == 404:
        return Failed("gone", Problem("not-running", "", problem.message))
    if answer.status == 401 or verdict.again != "never":
        return _by_words(problem.message) or Failed("cut", problem)
    if problem.code == "forbidden":
        needed = "these credentials need the verbs create and get on pods/exec"
        return Failed("unfit", Problem("forbidden", "", problem.message, suggestion=needed))
    return _by_words(problem.message) or Failed("unfit", problem)


def _by_words(message: str) -> Failed | None:
    if _UNFIT.search(message) is not None:
        return Failed("unfit", Problem("no-shell", "", message, suggestion="an image with a shell can be kept warm"))
    return Failed("gone", Problem("not-running", "", message)) if _GONE.search(message) is not None else None


def _cut(reason: str) -> Failed:
    return Failed("cut", Problem("unreachable", "", reason))
