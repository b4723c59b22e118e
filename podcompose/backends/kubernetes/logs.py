"""
The log of a container as it is written, whatever happens to the connection.

The server is asked for timestamps: by them a stream that broke is taken up again where it was, to the byte, and nothing is told
twice. They are cut off before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic
from urllib.parse import quote

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.driving import drive
from podcompose.backends.kubernetes.effects import Answer, Effects, Request
from podcompose.backends.kubernetes.pods import get, pod_of
from podcompose.backends.kubernetes.refusals import judge
from podcompose.backends.kubernetes.transport import Broken, Channel, Stream
from podcompose.core.json import JsonMap
from podcompose.errors import Problem
from podcompose.run.errors import Refused
from podcompose.run.records import PodRef
from podcompose.template import main_container

__all__ = ["Lines", "follow_logs"]

#: A container may be silent; a connection that is silent for so long is made anew.
_SILENCE_S = 240.0
#: Between two looks at a container that is not running.
_PAUSE_S = 1.0


def follow_logs(
    channel: Channel, ref: PodRef, container: str | None, terms: Callable[[], Terms], closing: Event
) -> Iterator[bytes]:
    """
    What a container (None: the main one) writes, in all its runs; until the pod is over, gone, or the backend is closed.

    Raises: LaunchError: there is no such pod, or its log may not be read.
    """
    pod = drive(_look(ref, terms()), channel, closing)
    if pod is None:
        raise Refused(
            [Problem("no-such-log", "", "there is no such pod, and no log of it")], namespace=ref.namespace, name=ref.name
        )
    name = main_container(pod) if container is None else container
    lines = Lines()
    while not closing.is_set():
        over = pod is None or _phase(pod) in ("Succeeded", "Failed")
        yield from _read_on(channel, _log(ref, name, lines.last), lines, ref)
        if over or closing.wait(_PAUSE_S):
            return
        pod = drive(_look(ref, terms()), channel, closing)


class Lines:
    """
    Lines with timestamps, in pieces of any size, as the text they carry; what was told before is left out.

    >>> lines = Lines()
    >>> lines.told(b"2026-01-01T00:00:01.0Z one\\n2026-01-01T00:00:02.0Z t"), lines.last
    (b'one\\nt', '2026-01-01T00:00:02.0Z')
    >>> lines.begin_again()
    >>> lines.told(b"2026-01-01T00:00:02.0Z two\\n2026-01-01T00:00:03.0Z three\\n")
    b'wo\\nthree\\n'
    """

    def __init__(self) -> None:
        #: The timestamp of the last line that was begun; "" before the first.
        self.last = ""
        #: How much has been told of the lines of that time; how much of it is still to come again.
        self._told = self._again = 0
        self._floor = ""
        self._lead = b""
        self._stamp: str | None = None

    def begin_again(self) -> None:
        """What comes next is a new stream."""
        self._floor, self._again = self.last, self._told
        self._lead, self._stamp = b"", None

    def told(self, data: bytes) -> bytes:
        """What of a stream's next piece is to be told."""
        return b"".join([self._piece(piece) for piece in _split(data)])

    def _piece(self, piece: bytes) -> bytes:
        """A line, or a part of one."""
        if self._stamp is None:
            self._lead += piece
            stamp, space, piece = self._lead.partition(b" ")
            if space == b"":
                return b""
            self._stamp, self._lead = stamp.decode("ascii", "replace"), b""
        new = self._new(self._stamp, piece)
        if piece.endswith(b"\n"):
            self._stamp = None
        return new

    def _new(self, stamp: str, text: bytes) -> bytes:
        if stamp < self._floor:
            return b""
        if stamp == self._floor:
            known = min(len(text), self._again)
            self._again -= known
            text = text[known:]
        self._told = len(text) + (self._told if stamp == self.last else 0)
        self.last = stamp
        return text


def _split(data: bytes) -> list[bytes]:
    """Lines by line feeds alone: a carriage return is part of a progress bar, not the end of a line."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return [line for line in lines if line != b""]


def _look(ref: PodRef, terms: Terms) -> Effects[JsonMap | None]:
    """The pod, if it is still this one."""
    call = Call(terms, monotonic())
    while True:
        looked = yield from call.ask(get(ref.namespace, ref.name))
        pod = pod_of(looked)
        if pod is not None:
            return pod if pod["metadata"].get("uid") == ref.uid else None
        if isinstance(looked, Answer) and looked.status == 404:
            return None
        yield from call.again(judge(looked), ref)


def _phase(pod: JsonMap) -> object:
    status = pod.get("status")
    return status.get("phase") if isinstance(status, dict) else None


def _log(ref: PodRef, container: str | None, since: str) -> Request:
    path = f"/api/v1/namespaces/{quote(ref.namespace, safe='')}/pods/{quote(ref.name, safe='')}/log"
    asked = {"follow": "true", "timestamps": "true", "container": container, "sinceTime": None if since == "" else since}
    return Request("GET", path, tuple((name, value) for name, value in asked.items() if value is not None), timeout_s=_SILENCE_S)


def _read_on(channel: Channel, request: Request, lines: Lines, ref: PodRef) -> Iterator[bytes]:
    """One stream to its end, however it ends; one that is not there yet is empty."""
    opened = channel.stream(request)
    if not isinstance(opened, Stream):
        return
    lines.begin_again()
    try:
        if opened.status != 200:
            _check(opened, ref)
            return
        while isinstance(data := opened.read(), bytes) and data != b"":
            told = lines.told(data)
            if told != b"":
                yield told
    finally:
        opened.close()


def _check(opened: Stream, ref: PodRef) -> None:
    """Raise what is wrong for good; a container that has not begun, or a node that does not answer, is waited for."""
    body = opened.rest()
    if opened.status in (401, 403):
        verdict = judge(Answer(opened.status, opened.headers, b"" if isinstance(body, Broken) else body, monotonic()))
        raise verdict.kind(verdict.problems, namespace=ref.namespace, name=ref.name, attempts=1)
