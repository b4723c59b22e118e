"""
What stands between a client and the API server, and what can go wrong there.

    with Proxy(plane) as proxy:
        backend = KubernetesBackend.from_kubeconfig(proxy.kubeconfig("launcher"))
        proxy.fault = lose_replies(0.05, seed=1)        # the server did it, the client never hears of it
        proxy.cut()                                     # every connection, in the middle of whatever it carries
        proxy.hold()                                    # half-open: connections stay, nothing passes; `release` ends it

It ends TLS with the plane's own certificate, so that it sees requests. One loop in one thread; each connection of a client has one
to the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tests.cluster.build import certificate
from tests.cluster.child import free_port
from tests.cluster.plane import ControlPlane
from tests.cluster.wire import Head, chunks, read_head

__all__ = ["Do", "Fault", "Proxy", "Request", "lose_replies"]

T = TypeVar("T")


class Do(Enum):
    """What becomes of one request."""

    PASS = "pass"
    #: The server never sees it; the client's connection breaks.
    LOSE_REQUEST = "lose the request"
    #: The server has answered; the client's connection breaks before a byte of it passes.
    LOSE_REPLY = "lose the reply"
    #: The same, but the client waits: its connection stays, and nothing comes.
    SWALLOW_REPLY = "swallow the reply"
    #: The head of the answer and half of what follows first pass, then the connection breaks.
    CUT_REPLY = "cut the reply"
    #: A stream both ways (exec, say) breaks in the midst, a while after it began.
    CUT_STREAM = "cut the stream"


class Request(NamedTuple):
    """What the proxy sees of a request; `number` counts all requests from 1."""

    verb: str
    path: str
    query: str
    number: int


Fault = Callable[[Request], Do]


def lose_replies(fraction: float, seed: int, verb: str = "POST", do: Do = Do.LOSE_REPLY) -> Fault:
    """Lose this fraction of the replies to a verb, the same ones for the same order of requests."""
    dice = random.Random(seed)
    return lambda request: do if request.verb == verb and dice.random() < fraction else Do.PASS


class Proxy:
    """A faulty network, as a context manager. `fault` may be set at any time; what `requests` and `lost` count is by verb."""

    def __init__(self, plane: ControlPlane, fault: Fault = lambda _: Do.PASS) -> None:
        self._plane = plane
        self.fault = fault
        self.requests: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.seen: list[Request] = []
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._writers: set[asyncio.StreamWriter] = set()
        self._streams: set[asyncio.StreamWriter] = set()
        #: Set while bytes may pass.
        self._open = asyncio.Event()
        self._pause = 0.0
        #: How long a stream lasts that is cut.
        self.stream_s: Callable[[], float] = lambda: 0.05

    def __enter__(self) -> Proxy:
        """Listen."""
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        """Break what is open, and stop."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, job: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(30)

    # What can be asked of it

    @property
    def server(self) -> str:
        """Its address, to be used in place of the API server's."""
        return f"https://127.0.0.1:{self.port}"

    def kubeconfig(self, user: str = "admin", *, namespace: str = "default") -> Path:
        """A kubeconfig that goes through it."""
        return self._plane.kubeconfig(user, server=self.server, namespace=namespace)

    @property
    def connected(self) -> int:
        """How many connections it has, of clients and to the server."""
        return len(self._writers)

    def cut(self) -> int:
        """Break every connection now; how many there were."""
        return self._run(self._cut())

    def cut_stream(self) -> bool:
        """Break one stream both ways (exec, say), any of them; whether there was one."""
        return self._run(self._cut_stream())

    def hold(self) -> None:
        """Let nothing pass, in either direction, and keep every connection."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def release(self) -> None:
        """Let it pass again, what waited first."""
        self._loop.call_soon_threadsafe(self._open.set)

    def slow(self, seconds: float) -> None:
        """Wait so long before each piece of an answer passes; 0 ends it."""
        self._pause = seconds

    # The loop's side

    async def _listen(self) -> None:
        self._open.set()
        cert, key = certificate()
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(cert, key)
        self._trust = ssl.create_default_context(cafile=str(cert))
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=served)

    async def _close(self) -> None:
        self._server.close()
        self._open.set()
        # Whoever serves a connection ends when it is broken; one that is being made is broken as soon as it is there.
        while len(asyncio.all_tasks()) > 1:
            await self._cut()
            await asyncio.sleep(0.01)
        # Broken transports close their sockets in the loop's next rounds.
        await asyncio.sleep(0.01)

    async def _cut(self) -> int:
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()
        return len(writers) // 2

    async def _cut_stream(self) -> bool:
        if len(self._streams) == 0:
            return False
        random.choice(tuple(self._streams)).transport.abort()
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, until either side has enough of it."""
        async with self._kept(writer):
            talk = asyncio.ensure_future(self._talk(reader, writer))
            gone = asyncio.ensure_future(writer.wait_closed())
            try:
                await asyncio.wait({talk, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                talk.cancel()
                gone.cancel()
                await asyncio.gather(talk, gone, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whatever ends a connection on one side ends it on the other: that is the whole of error handling here.
        with contextlib.suppress(OSError, EOFError):
            port = int(self._plane.server.rpartition(":")[2])
            ours, theirs = await asyncio.open_connection("127.0.0.1", port, ssl=self._trust)
            async with self._kept(theirs):
                while await self._one(reader, writer, ours, theirs):
                    pass

    @contextlib.asynccontextmanager
    async def _kept(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        """Know this connection while it is open, and break it afterwards."""
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ours: asyncio.StreamReader, theirs: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer; whether the connection can carry another."""
        asked = await read_head(reader)
        do = self._judge(asked)
        if do is Do.LOSE_REQUEST:
            return False
        await self._pass(theirs, asked.raw)
        async for piece in chunks(reader, asked, request=True):
            await self._pass(theirs, piece)
        answered = await read_head(ours)
        if do is Do.SWALLOW_REPLY:
            await reader.read()
        if do in (Do.LOSE_REPLY, Do.SWALLOW_REPLY):
            return False
        if answered.switches and do in (Do.PASS, Do.CUT_STREAM):
            await self._pass(writer, answered.raw)
            await self._both_ways(reader, writer, ours, theirs, self.stream_s() if do is Do.CUT_STREAM else None)
            return False
        await self._relay(writer, ours, answered, cut=do is Do.CUT_REPLY)
        return answered.keeps and do is Do.PASS

    def _judge(self, asked: Head) -> Do:
        verb, target, _ = asked.first.split(" ", 2)
        path, _, query = target.partition("?")
        self.requests[verb] += 1
        request = Request(verb, path, query, self.requests.total())
        self.seen.append(request)
        do = self.fault(request)
        self.lost[verb] += do is not Do.PASS
        return do

    async def _relay(self, writer: asyncio.StreamWriter, ours: asyncio.StreamReader, head: Head, cut: bool) -> None:
        await self._pass(writer, head.raw)
        async for piece in chunks(ours, head, request=False):
            await self._pass(writer, piece[: len(piece) // 2] if cut else piece, self._pause)
            if cut:
                return

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        ours: asyncio.StreamReader,
        theirs: asyncio.StreamWriter,
        longest_s: float | None,
    ) -> None:
        """Whatever either side says, until one has said all, or it has lasted so long."""
        self._streams.add(writer)
        there = asyncio.ensure_future(self._stream(reader, theirs))
        back = asyncio.ensure_future(self._stream(ours, writer))
        try:
            await asyncio.wait({there, back}, timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.discard(writer)
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (piece := await reader.read(65536)) != b"":
            await self._pass(writer, piece, self._pause)

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes, pause: float = 0.0) -> None:
        if pause > 0:
            await asyncio.sleep(pause)
        await self._open.wait()
        writer.write(data)
        await writer.drain()
