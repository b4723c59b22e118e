"""The channel to an API server: bytes there and back, failures as values, credentials, and an end from any thread."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from podcompose.backends.kubernetes import KubernetesBackend, access
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, NotSent, Request
from podcompose.backends.kubernetes.transport import Broken, Channel, Stream
from podcompose.testing.faults import Chunks, Cut, Drop, End, FaultServer, HalfOpen, Headers, Status

PODS = "/api/v1/namespaces/default/pods"
BODY = b'{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}}'
POST = Request("POST", PODS, (), BODY, timeout_s=20.0)
WATCH = Request("GET", PODS, (("watch", "true"), ("resourceVersion", "1")), timeout_s=20.0)

Kubeconfig = Callable[..., Path]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An honest server, until a script says otherwise."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def kubeconfig(server: FaultServer, tmp_path: Path) -> Kubeconfig:
    """Writes a kubeconfig file for this server, or another address."""

    def write(url: str | None = None, token: str = "t", **more: Any) -> Path:
        context = {"cluster": "here", "user": "me", "namespace": "team"}
        value = {
            "clusters": [{"name": "here", "cluster": {"server": server.url if url is None else url}}],
            "users": [{"name": "me", "user": {"token": token}}],
            "contexts": [{"name": "one", "context": context}, {"name": "two", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "one",
            **more,
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps({key: entry for key, entry in value.items() if entry is not None}))
        return path

    return write


@pytest.fixture
def open_channel(kubeconfig: Kubeconfig) -> Iterator[Callable[..., Channel]]:
    """Opens channels, which are closed in the end."""
    opened: list[Channel] = []

    def open_channel(url: str | None = None, where: access.Access | None = None) -> Channel:
        opened.append(Channel(access.from_kubeconfig(kubeconfig(url), None) if where is None else where))
        return opened[-1]

    yield open_channel
    for channel in opened:
        channel.close()


@pytest.fixture
def channel(open_channel: Callable[..., Channel]) -> Channel:
    """A channel to the server."""
    return open_channel()


class TestAsk:
    def test_bytes(self, server: FaultServer, channel: Channel) -> None:
        """What is given is sent, byte for byte, and nothing else is."""
        answer = channel.ask(POST)

        assert isinstance(answer, Answer)
        assert (answer.status, answer.json["metadata"]["name"]) == (201, "a")
        (seen,) = server.requests
        assert (seen.body, seen.headers["content-type"], seen.headers["content-length"]) == (
            BODY,
            "application/json",
            str(len(BODY)),
        )
        assert (seen.headers["authorization"], seen.headers["user-agent"]) == ("Bearer t", "podcompose")

    def test_content_type_and_query(self, server: FaultServer, channel: Channel) -> None:
        """A patch says what kind it is; a query is escaped."""
        channel.ask(Request("PATCH", f"{PODS}/a", (("x", "a b&c"),), b"{}", "application/merge-patch+json"))

        assert server.requests[0].headers["content-type"] == "application/merge-patch+json"
        assert server.requests[0].query == {"x": "a b&c"}

    def test_headers(self, server: FaultServer, channel: Channel) -> None:
        """Headers that come several times are all there; so is the server's clock."""
        server.script(Headers(headers=(("Warning", '299 - "one"'), ("Warning", '299 - "two, \\"2\\""'), ("Warning", '199 - "no"'))))
        answer = channel.ask(POST)

        assert isinstance(answer, Answer)
        assert answer.warnings == ("one", 'two, "2"')
        assert answer.server_time is not None

    @pytest.mark.parametrize("code", [301, 400, 404, 409, 429, 500, 503])
    def test_every_status_is_an_answer(self, server: FaultServer, channel: Channel, code: int) -> None:
        """No status is an exception, none is followed, none is asked for again."""
        server.script(Status(code=code, retry_after=1, headers=(("Location", "/elsewhere"),)), times=None)
        answer = channel.ask(POST)

        assert isinstance(answer, Answer)
        assert (answer.status, len(server.requests)) == (code, 1)

    def test_connections_are_kept(self, server: FaultServer, channel: Channel) -> None:
        """One request after another goes over one connection."""
        for _ in range(5):
            channel.ask(POST)

        assert len({request.connection for request in server.requests}) == 1

    def test_a_connection_that_was_ended_meanwhile(self, server: FaultServer, channel: Channel) -> None:
        """A server that restarted between two requests is asked over a new connection: no doubt, no failure."""
        channel.ask(POST)
        server.refuse()
        server.listen()

        assert isinstance(channel.ask(POST), Answer)


class TestNotSent:
    @pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid"])
    def test_no_connection(self, open_channel: Callable[..., Channel], url: str) -> None:
        """Nobody listens, or no such host: surely not sent."""
        assert isinstance(open_channel(url).ask(POST), NotSent)

    def test_no_tls(self, server: FaultServer, open_channel: Callable[..., Channel]) -> None:
        """A TLS handshake that fails: surely not sent."""
        found = open_channel(server.url.replace("http:", "https:")).ask(POST)

        assert isinstance(found, NotSent)
        assert "0x" not in found.reason

    def test_unreadable_credentials(self, kubeconfig: Kubeconfig, open_channel: Callable[..., Channel]) -> None:
        """Credentials that cannot be had: surely not sent, and said why."""

        def broken(configuration: Any) -> None:
            raise RuntimeError("the plug-in is gone")

        where = access.from_kubeconfig(kubeconfig(), None)
        where._configuration.refresh_api_key_hook = broken
        found = open_channel(where=where).ask(POST)

        assert isinstance(found, NotSent)
        assert "the plug-in is gone" in found.reason

    def test_closed(self, server: FaultServer, channel: Channel) -> None:
        """A closed channel sends nothing, and can be closed again."""
        channel.close()
        channel.close()

        assert isinstance(channel.ask(POST), NotSent)
        assert server.requests == ()


class TestAmbiguous:
    @pytest.mark.parametrize(
        "fault",
        [
            Drop(work=True),
            Drop(work=False),
            Drop(work=True, reset=True),
            Cut(count=5),
            Cut(count=5, reset=True),
        ],
    )
    def test_lost_answers(self, server: FaultServer, channel: Channel, fault: Any) -> None:
        """Sent, and the whole answer did not come: the server may have done it. It was sent once."""
        server.script(fault)

        assert isinstance(channel.ask(POST), Ambiguous)
        assert len(server.requests) == 1

    def test_silence(self, server: FaultServer, channel: Channel) -> None:
        """A server that says nothing for the time of the request is given up."""
        server.script(HalfOpen())

        assert isinstance(channel.ask(Request("POST", PODS, (), BODY, timeout_s=0.05)), Ambiguous)

    @pytest.mark.parametrize("fault", [Drop(work=True), Cut(count=5)])
    def test_other_connections_are_given_up(self, server: FaultServer, channel: Channel, fault: Any) -> None:
        """After a lost answer, connections that waited from before are not used: they may be as dead."""
        self.two_at_once(channel)
        server.script(fault)
        channel.ask(POST)
        self.two_at_once(channel)
        seen = [request.connection for request in server.requests]

        assert len(set(seen[:2])) == 2
        assert not set(seen[3:]) & set(seen[:3])

    def two_at_once(self, channel: Channel) -> None:
        """Two requests that need a connection each."""
        unread = channel.stream(Request("GET", PODS))
        assert isinstance(unread, Stream)
        channel.ask(POST)
        unread.rest()


class TestStream:
    @pytest.mark.parametrize("fault", [None, Chunks(size=7)])
    def test_pieces(self, server: FaultServer, channel: Channel, fault: Any) -> None:
        """Bytes are given as they come; a clean end is empty bytes."""
        server.add({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
        if fault is not None:
            server.script(fault, verb="WATCH")
        opened = channel.stream(WATCH)
        assert isinstance(opened, Stream)
        data = b""
        while not data.endswith(b"\n"):
            piece = opened.read()
            assert isinstance(piece, bytes)
            data += piece
        server.end_watches()

        assert json.loads(data)["type"] == "ADDED"
        assert opened.read() == b""

    @pytest.mark.parametrize(("fault", "clean"), [(End(lines=0), True), (Cut(count=9), False), (Cut(count=9, reset=True), False)])
    def test_ends(self, server: FaultServer, channel: Channel, fault: Any, clean: bool) -> None:
        """A clean end and a broken one are told apart."""
        server.add({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
        server.script(fault, verb="WATCH")
        opened = channel.stream(WATCH)
        assert isinstance(opened, Stream)
        data = opened.read()
        while isinstance(data, bytes) and data != b"":
            data = opened.read()

        assert isinstance(data, Broken) is not clean

    def test_close_while_it_is_read(self, server: FaultServer, channel: Channel) -> None:
        """A reader that waits for the next byte ends as soon as the channel is closed by another thread (row W20)."""
        opened = channel.stream(WATCH)
        assert isinstance(opened, Stream)
        found: list[Any] = []
        reader = threading.Thread(target=lambda: found.append(opened.read()))
        reader.start()
        channel.close()
        reader.join(10)
        opened.close()

        assert not reader.is_alive()
        assert found == [b""] or isinstance(found[0], Broken)

    def test_close_while_an_answer_is_awaited(self, server: FaultServer, channel: Channel) -> None:
        """So does a request that has no answer yet (row L12)."""
        server.script(HalfOpen())
        found: list[Any] = []
        asking = threading.Thread(target=lambda: found.append(channel.ask(POST)))
        asking.start()
        server.await_requests(1, "POST")
        channel.close()
        asking.join(10)

        assert not asking.is_alive()
        assert isinstance(found[0], Ambiguous)


class TestCredentials:
    def test_renewed_once(self, server: FaultServer, kubeconfig: Kubeconfig, open_channel: Callable[..., Channel]) -> None:
        """A 401 has the kubeconfig read anew, and the request sent once more (row L10)."""
        channel = open_channel()
        server.ask_token("new")
        kubeconfig(token="new")
        answers = [channel.ask(POST), channel.ask(POST)]

        assert [answer.status for answer in answers if isinstance(answer, Answer)] == [201, 409]
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer t", "Bearer new", "Bearer new"]

    def test_not_twice(self, server: FaultServer, channel: Channel) -> None:
        """Credentials that are still not accepted are the answer."""
        server.ask_token("another")
        answer = channel.ask(POST)

        assert isinstance(answer, Answer)
        assert (answer.status, len(server.requests)) == (401, 2)

    def test_once_for_all(self, kubeconfig: Kubeconfig) -> None:
        """Many requests that fail together have the credentials read once."""
        read: list[int] = []
        where = access.Access(lambda: read.append(1) or client.Configuration(), lambda: "", {})
        for _ in range(3):
            where.renew(0)

        assert (len(read), where.generation) == (2, 1)

    def test_api_client(self, server: FaultServer, open_channel: Callable[..., Channel]) -> None:
        """A client made ready elsewhere gives its headers and a copy of its configuration; it is read anew after a 401."""
        configuration = client.Configuration(host=server.url)
        configuration.api_key["authorization"] = "Bearer one"
        ours = client.ApiClient(configuration)
        ours.set_default_header("Impersonate-User", "he")
        channel = open_channel(where=access.from_api_client(ours))
        server.ask_token("two")
        ours.configuration.api_key["authorization"] = "Bearer two"
        channel.ask(POST)

        assert [request.headers["authorization"] for request in server.requests] == ["Bearer one", "Bearer two"]
        assert server.requests[0].headers["impersonate-user"] == "he"

    def test_in_cluster(self, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A service account gives address, token and namespace."""
        from kubernetes.config import incluster_config

        for name, text in {"token": "sa", "ca.crt": "no certificate", "namespace": "mine\n"}.items():
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
        monkeypatch.setattr(access, "_SERVICE_ACCOUNT", tmp_path)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
        where = access.in_cluster()

        assert (where.host, where.namespace) == ("https://10.0.0.1:443", "mine")
        assert where.headers()["authorization"] == "bearer sa"

    def test_proxies_of_the_environment(self, kubeconfig: Kubeconfig, monkeypatch: pytest.MonkeyPatch) -> None:
        """They are gone by with every client, and left out where `no_proxy` says so."""
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", "http://proxy:3128")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        around, past = (access.from_kubeconfig(kubeconfig(url), None) for url in ("http://far", "http://127.0.0.1:1"))

        assert around.pool_manager(1).proxy is not None
        assert past.pool_manager(1).proxy is None


class TestNamespace:
    @pytest.mark.parametrize(
        ("context", "named", "namespace"),
        [(None, None, "team"), ("one", None, "team"), ("two", None, "default"), ("one", "other", "other")],
    )
    def test_of_the_context(self, kubeconfig: Kubeconfig, context: str | None, named: str | None, namespace: str) -> None:
        """Pods go where they are told, else to the namespace of the context, else to default."""
        with KubernetesBackend.from_kubeconfig(kubeconfig(), context, named) as backend:
            assert backend.namespace == namespace

    def test_no_current_context(self, kubeconfig: Kubeconfig) -> None:
        """A context that is named needs no current one."""
        with KubernetesBackend.from_kubeconfig(kubeconfig(**{"current-context": None}), "one") as backend:
            assert backend.namespace == "team"

    def test_environment(self, kubeconfig: Kubeconfig, monkeypatch: pytest.MonkeyPatch) -> None:
        """$KUBECONFIG is read when the backend is made."""
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig()))
        with KubernetesBackend.from_kubeconfig() as backend:
            assert backend.namespace == "team"
