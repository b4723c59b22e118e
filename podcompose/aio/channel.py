"""Requests as bytes over asyncio: by the official client's own asynchronous transport, else by threads over the plain one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from podcompose.backends.kubernetes.access import Access
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, NotSent, Request
from podcompose.backends.kubernetes.transport import Broken, Channel, Stream

__all__ = ["AioChannel", "AioStream", "NativeChannel", "ThreadChannel", "channel"]

_CONNECT_S = 5.0
_THREADS = 64


class AioStream(Protocol):
    """An answer whose body is awaited piece by piece."""

    status: int
    headers: tuple[tuple[str, str], ...]

    async def read(self) -> bytes | Broken:
        """What has come, at least a byte; b"" at the end."""
        ...

    async def close(self) -> None:
        """Give up the connection, if it has not been read to its end."""
        ...


class AioChannel(Protocol):
    """Connections to one API server, closed together."""

    @property
    def host(self) -> str:
        """The address of the API server."""
        ...

    async def ask(self, request: Request) -> Answer | NotSent | Ambiguous:
        """One request and its whole answer."""
        ...

    async def stream(self, request: Request) -> AioStream | NotSent | Ambiguous:
        """One request, and its answer as it comes."""
        ...

    async def close(self) -> None:
        """End every request under way, and all connections."""
        ...


def channel(access: Access) -> AioChannel:
    """The client's asynchronous transport where it has one (from 36 on, with aiohttp), else threads."""
    try:
        import kubernetes.aio.client.rest  # noqa: F401
    except ImportError:
        return ThreadChannel(access)
    return NativeChannel(access)


class ThreadChannel:
    """The plain channel, its calls made in threads."""

    def __init__(self, access: Access) -> None:
        self._channel = Channel(access)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="podcompose-aio")

    @property
    def host(self) -> str:
        """The address of the API server."""
        return self._channel.host

    async def ask(self, request: Request) -> Answer | NotSent | Ambiguous:
        """One request and its whole answer."""
        answer: Answer | NotSent | Ambiguous = await self._called(partial(self._channel.ask, request))
        return answer

    async def stream(self, request: Request) -> AioStream | NotSent | Ambiguous:
        """One request, and its answer as it comes."""
        opened = await self._called(partial(self._channel.stream, request))
        return _ThreadStream(opened, self) if isinstance(opened, Stream) else opened

    async def close(self) -> None:
        """End every request under way, and all connections."""
        self._channel.close()
        await asyncio.to_thread(self._pool.shutdown)

    async def _called(self, call: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)


class _ThreadStream:
    def __init__(self, stream: Stream, of: ThreadChannel) -> None:
        self.status, self.headers = stream.status, stream.headers
        self._stream, self._of = stream, of

    async def read(self) -> bytes | Broken:
        """What has come, at least a byte; b"" at the end."""
        read: bytes | Broken = await self._of._called(self._stream.read)
        return read

    async def close(self) -> None:
        """Give up the connection; closing it for good is left to a thread, for one may be reading still."""
        self._stream.shut()
        with suppress(RuntimeError):  # the channel was closed already, and all its connections with it
            self._of._pool.submit(self._stream.close)


class NativeChannel:
    """The client's own aiohttp session: its TLS, its proxies; made when first used, in the loop that uses it."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._closed = False
        self._made_for = -1
        self._session: Any = None
        self._settings: dict[str, Any] = {}

    @property
    def host(self) -> str:
        """The address of the API server."""
        return self._access.host

    async def ask(self, request: Request) -> Answer | NotSent | Ambiguous:
        """One request and its whole answer."""
        opened = await self.stream(request)
        if not isinstance(opened, _NativeStream):
            return opened
        body = await opened.rest()
        if isinstance(body, Broken):
            return Ambiguous(body.reason, monotonic())
        return Answer(opened.status, opened.headers, body, monotonic())

    async def stream(self, request: Request) -> _NativeStream | NotSent | Ambiguous:
        """One request, and its answer as it comes; a 401 once more, with credentials read anew."""
        generation = self._access.generation
        opened = await self._send(request)
        if not isinstance(opened, _NativeStream) or opened.status != 401:
            return opened
        await opened.rest()
        with suppress(Exception):  # a plug-in's own code; the server judges what it left
            await asyncio.to_thread(self._access.renew, generation)
        return await self._send(request)

    async def close(self) -> None:
        """End every request under way, and all connections."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(self, request: Request) -> _NativeStream | NotSent | Ambiguous:
        from aiohttp import ClientConnectorError, ClientError, ClientTimeout, ConnectionTimeoutError

        try:
            # A plug-in may be run for them: not in the loop's own thread.
            headers = {**await asyncio.to_thread(self._access.headers), "Accept": "application/json"}
            session = await self._opened()
        except Exception as error:  # a plug-in's own code, files that are gone, ...
            return NotSent(f"the credentials cannot be read: {_said(error)}", monotonic())
        if session is None:
            return NotSent("closed", monotonic())
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        url = self._access.host + request.path + ("" if request.query == () else f"?{urlencode(request.query)}")
        timeout = ClientTimeout(total=None, sock_connect=min(_CONNECT_S, request.timeout_s), sock_read=request.timeout_s)
        try:
            from yarl import URL

            plainly = {"timeout": timeout, "allow_redirects": False, **self._settings}
            return _NativeStream(
                await session.request(request.method, URL(url, encoded=True), data=request.body, headers=headers, **plainly)
            )
        except (ClientConnectorError, ConnectionTimeoutError) as error:
            return NotSent(_said(error), monotonic())
        except (ClientError, OSError, asyncio.TimeoutError, RuntimeError) as error:
            return NotSent("closed", monotonic()) if self._closed else Ambiguous(_said(error), monotonic())

    async def _opened(self) -> Any:
        """The session for today's credentials: a client certificate may be among them; None once closed."""
        if self._closed:
            return None
        if self._session is None or self._made_for != self._access.generation:
            before, self._made_for = self._session, self._access.generation
            self._session, self._settings = _session(self._access.configuration())
            if before is not None:
                await before.close()
        return self._session


class _NativeStream:
    def __init__(self, response: Any) -> None:
        self.status = int(response.status)
        self.headers = tuple((name.lower(), value) for name, value in response.headers.items())
        self._response = response

    async def read(self) -> bytes | Broken:
        """What has come, at least a byte; b"" at the end."""
        return await self._reading(self._response.content.readany)

    async def rest(self) -> bytes | Broken:
        """All of it."""
        return await self._reading(self._response.read)

    async def close(self) -> None:
        """Give up the connection, if it has not been read to its end."""
        self._response.close()

    async def _reading(self, read: Any) -> bytes | Broken:
        from aiohttp import ClientError

        try:
            data: bytes = await read()
            return data
        except (ClientError, OSError, asyncio.TimeoutError) as error:
            self._response.close()
            return Broken(_said(error))


_SHARED = ("ssl_ca_cert", "cert_file", "key_file", "verify_ssl", "ca_cert_data", "disable_strict_ssl_verification", "proxy_headers")


def _session(configuration: Any) -> tuple[Any, dict[str, Any]]:
    """The client's own session for a configuration of its plain half, and what each request must say besides."""
    from kubernetes.aio.client import Configuration
    from kubernetes.aio.client.rest import RESTClientObject

    own = Configuration()
    for name in _SHARED:
        if hasattr(configuration, name) and hasattr(own, name):
            setattr(own, name, getattr(configuration, name))
    own.connection_pool_maxsize = 0  # as many as are asked for: how many launches are under way is decided elsewhere
    own.retries = None
    rest = RESTClientObject(own)
    session = rest.pool_manager if rest.pool_manager is not None else rest._create_pool_manager()
    says: dict[str, Any] = {"server_hostname": getattr(configuration, "tls_server_name", None)}
    proxy, host = configuration.proxy, urlsplit(configuration.host).netloc
    bypassed: Any = import_module("urllib.request")  # its stubs do not know this function
    if proxy is not None and not bypassed.proxy_bypass_environment(host, {"no": configuration.no_proxy or ""}):
        says["proxy"] = proxy
    return session, {name: value for name, value in says.items() if value is not None}


def _said(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text != "" else type(error).__name__
