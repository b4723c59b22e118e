"""The fault server itself: every fault happens as it is scripted, and every back door opens."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from podcompose.testing.faults import (
    Chunks,
    Cut,
    Drop,
    End,
    FaultServer,
    HalfOpen,
    Headers,
    Insert,
    Paced,
    Status,
    quota_exceeded,
)

PODS = "/api/v1/namespaces/default/pods"
POD = {"metadata": {"name": "a", "labels": {"app": "x"}}, "spec": {"containers": [{"name": "main", "image": "i"}]}}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server with one pod, `a`."""
    with FaultServer() as server:
        server.add(POD)
        yield server


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    """A client that asks once."""
    with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
        yield pool


def read(server: FaultServer, path: str) -> tuple[bytes, BaseException | None]:
    """All bytes of one answer, and what ended them if not the server's will; by a socket of our own."""
    received = b""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        try:
            while (piece := peer.recv(65536)) != b"":
                received += piece
        except OSError as error:
            return received, error
    return received, None


def events(received: bytes) -> list[Any]:
    """The events of a chunked stream that was sent a line a chunk."""
    return [json.loads(line) for line in received.split(b"\r\n") if line[:1] == b"{"]


class TestFaults:
    """What is scripted happens, as often as it was said, and no more."""

    def test_a_status(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """A 429 has its header and its Status, happens once, and leaves no trace."""
        script = server.script(Status(429, retry_after=3), verb="POST")
        body = json.dumps(POD | {"metadata": {"name": "b"}})
        first, second = (pool.request("POST", server.url + PODS, body=body) for _ in range(2))

        assert (first.status, first.headers["Retry-After"], first.json()["details"]) == (429, "3", {"retryAfterSeconds": 3})
        assert second.status == 201
        assert script.hits == 1

    def test_a_status_after_the_work(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """A gateway can say 502 to what was done."""
        server.script(Status(502, body=b"<html>", work=True), verb="DELETE")
        answer = pool.request("DELETE", f"{server.url}{PODS}/a")

        assert (answer.status, answer.data) == (502, b"<html>")
        assert server.pods() == {}

    def test_a_named_status(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """The answers of quotas and webhooks are there ready-made."""
        server.script(quota_exceeded("b"), verb="POST")

        assert "exceeded quota: team-a" in pool.request("POST", server.url + PODS, body=b"{}").json()["message"]

    @pytest.mark.parametrize("work", [True, False])
    def test_a_dropped_reply(self, server: FaultServer, pool: urllib3.PoolManager, work: bool) -> None:
        """The connection ends without an answer; the work is done or not, as scripted."""
        server.script(Drop(work=work), verb="DELETE")
        with pytest.raises(urllib3.exceptions.ProtocolError):
            pool.request("DELETE", f"{server.url}{PODS}/a")

        assert ("a" in server.pods()) is not work

    def test_a_reset(self, server: FaultServer) -> None:
        """A reset arrives as one, after the bytes that came before it."""
        server.script(Cut(count=5, reset=True), verb="GET")
        received, error = read(server, f"{PODS}/a")

        assert received.endswith(b"\r\n\r\n{" + b'"kin')
        assert isinstance(error, ConnectionResetError)

    def test_a_cut_line(self, server: FaultServer) -> None:
        """A stream ends in the middle of its second line, without a last chunk."""
        server.add(POD | {"metadata": {"name": "b"}})
        server.script(Cut(lines=1, count=10), verb="WATCH")
        received, error = read(server, f"{PODS}?watch=true")

        assert error is None
        assert received.endswith(b'\r\na\r\n{"type":"A\r\n')

    def test_a_clean_end(self, server: FaultServer) -> None:
        """A stream ends after one line as if it were whole."""
        server.add(POD | {"metadata": {"name": "b"}})
        server.script(End(lines=1), verb="WATCH")
        received, _ = read(server, f"{PODS}?watch=true")

        assert received.endswith(b"\r\n0\r\n\r\n")
        assert [event["object"]["metadata"]["name"] for event in events(received)] == ["a"]

    @pytest.mark.parametrize(("lines", "said"), [(None, b""), (0, b"HTTP/1.1 200"), (1, b'{"type":"ADDED"')])
    def test_a_half_open_connection(self, server: FaultServer, lines: int | None, said: bytes) -> None:
        """The server falls silent and keeps the connection until it is told to let go."""
        server.script(HalfOpen(lines=lines), verb="WATCH")
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as peer:
            peer.sendall(f"GET {PODS}?watch=true HTTP/1.1\r\n\r\n".encode())
            received = b""
            while said not in received:
                received += peer.recv(65536)
            server.await_watches(0)
            peer.settimeout(0)
            with pytest.raises(BlockingIOError):
                peer.recv(65536)
            server.release()
            peer.settimeout(10)

            assert peer.recv(65536) == b""

    def test_chunks(self, server: FaultServer) -> None:
        """Chunk boundaries fall where they are told to, and the content is the same."""
        server.script(Chunks(size=7), verb="WATCH")
        server.script(End(lines=1), verb="WATCH")
        with urllib3.PoolManager(retries=False, timeout=10.0) as pool:
            odd = pool.request("GET", f"{server.url}{PODS}?watch=true&timeoutSeconds=0").data
            even = pool.request("GET", f"{server.url}{PODS}?watch=true").data

        assert odd == even

    def test_pacing(self, server: FaultServer) -> None:
        """Nothing is sent before its tick."""
        server.script(Paced(size=4), verb="WATCH")
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as peer:
            peer.sendall(f"GET {PODS}?watch=true HTTP/1.1\r\n\r\n".encode())
            received = b""
            while b"\r\n\r\n" not in received:
                received += peer.recv(65536)
            server.tick(2)
            while received.count(b"\r\n4\r\n") < 1 or not received.endswith(b'pe":\r\n'):
                received += peer.recv(65536)

        assert received.endswith(b'4\r\n{"ty\r\n4\r\npe":\r\n')

    def test_inserted_lines(self, server: FaultServer) -> None:
        """Garbage comes between the lines of a stream, and the stream goes on."""
        server.script(Insert(lines=(b"garbage",)), verb="WATCH")
        received, _ = read(server, f"{PODS}?watch=true&timeoutSeconds=0")

        assert received.index(b"garbage\n") < received.index(b"ADDED")

    def test_headers(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """An answer can have a Warning beside its work."""
        server.script(Headers(headers=(("Warning", '299 - "unknown field"'),)), verb="GET")

        assert pool.request("GET", f"{server.url}{PODS}/a").headers["Warning"] == '299 - "unknown field"'

    def test_which_requests(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """A script is about its verb, path and query alone; for ever where it says so."""
        server.script(Status(500), verb="LIST", path="/default/", query={"limit": "5"}, times=None)
        paths = [f"{PODS}?limit=5", PODS, "/api/v1/pods?limit=5", f"{PODS}?limit=5", f"{PODS}/a"]

        assert [pool.request("GET", server.url + path).status for path in paths] == [500, 200, 200, 500, 200]

    def test_refusing(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """A server that is down refuses connections, and is the same when it is up again."""
        assert pool.request("GET", f"{server.url}{PODS}/a").status == 200
        server.refuse()
        with pytest.raises(urllib3.exceptions.HTTPError):
            pool.request("GET", f"{server.url}{PODS}/a")
        server.listen()

        assert pool.request("GET", f"{server.url}{PODS}/a").status == 200

    def test_a_token(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """Who does not bring the token is 401."""
        server.ask_token("new")
        answers = [
            pool.request("GET", f"{server.url}{PODS}/a", headers={"Authorization": f"Bearer {token}"}) for token in ("old", "new")
        ]

        assert [answer.status for answer in answers] == [401, 200]


class TestRecords:
    """What was asked is known."""

    def test_requests(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """Verb, path, query, headers and body of a request are kept."""
        pool.request("POST", f"{server.url}{PODS}?dryRun=All", body=b'{"a":1}', headers={"X-A": "b"})
        (request,) = server.asked("POST", "/pods$")

        assert (request.path, request.query, request.headers["x-a"], request.json) == (PODS, {"dryRun": "All"}, "b", {"a": 1})

    def test_waiting_that_is_in_vain(self, server: FaultServer) -> None:
        """Who waits for what does not come is told what came instead."""
        with pytest.raises(TimeoutError, match="1 requests POST"):
            server.await_requests(1, "POST", timeout=0.01)


class TestBackDoors:
    """What a test does from behind is what a client sees."""

    def test_a_life(self, server: FaultServer) -> None:
        """Bound, running, relabelled, finished, removed: five events, each at its version."""
        start = server.version
        server.bind("a")
        server.set_status("a", {"phase": "Running"})
        server.update("a", {"metadata": {"labels": {"app": "y"}}})
        server.set_status("a", {"phase": "Succeeded"})
        server.finish("a")
        received, _ = read(server, f"{PODS}?watch=true&timeoutSeconds=0&resourceVersion={start}")
        seen = events(received)

        assert [event["type"] for event in seen] == ["MODIFIED"] * 5 + ["DELETED"]
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in seen]
        assert versions == list(range(start + 1, start + 7))

    def test_a_quiet_removal(self, server: FaultServer) -> None:
        """A pod is gone, and no watch heard of it."""
        start = server.version
        server.remove("a", quietly=True)
        received, _ = read(server, f"{PODS}?watch=true&timeoutSeconds=0&resourceVersion={start}")

        assert events(received) == []
        assert server.pods() == {}

    def test_compaction(self, server: FaultServer, pool: urllib3.PoolManager) -> None:
        """What is older than a compaction is 410: inside a watch, and to the next page of a list, which gets another token."""
        server.add(POD | {"metadata": {"name": "b"}})
        start = server.version
        token = pool.request("GET", f"{server.url}{PODS}?limit=1").json()["metadata"]["continue"]
        server.set_status("a", {"phase": "Running"})
        server.compact()
        received, _ = read(server, f"{PODS}?watch=true&resourceVersion={start}")
        page = pool.request("GET", f"{server.url}{PODS}?limit=1&continue={token}")
        rest = pool.request("GET", f"{server.url}{PODS}?limit=1&continue={page.json()['metadata']['continue']}")

        assert [(event["type"], event["object"]["code"], event["object"]["reason"]) for event in events(received)] == [
            ("ERROR", 410, "Expired")
        ]
        assert (page.status, page.json()["reason"]) == (410, "Expired")
        assert [pod["metadata"]["name"] for pod in rest.json()["items"]] == ["b"]

    def test_a_restore(self, server: FaultServer) -> None:
        """After a jump back the server is what it was, and counts on from there."""
        start, uid = server.version, server.pods()["a"]["metadata"]["uid"]
        server.remove("a")
        server.add(POD)
        server.jump_back(start)

        assert server.pods()["a"]["metadata"]["uid"] == uid
        assert server.set_status("a", {"phase": "Running"})["metadata"]["resourceVersion"] == str(start + 1)

    def test_bookmarks(self, server: FaultServer) -> None:
        """Watches that asked for bookmarks get one when told."""
        query = f"watch=true&timeoutSeconds=0&resourceVersion={server.version}"
        server.skip(10)
        server.bookmark()
        with_bookmarks, _ = read(server, f"{PODS}?{query}&allowWatchBookmarks=true")
        without, _ = read(server, f"{PODS}?{query}")

        assert [event["object"]["metadata"]["resourceVersion"] for event in events(with_bookmarks)] == [str(server.version)]
        assert events(without) == []

    def test_initial_events(self, server: FaultServer) -> None:
        """A watch that begins with all there is says where that ends."""
        query = "watch=true&timeoutSeconds=0&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        received, _ = read(server, f"{PODS}?{query}")
        added, bookmark = events(received)

        assert added["type"] == "ADDED"
        assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}

    def test_ended_watches(self, server: FaultServer) -> None:
        """All watches end cleanly when told, after what was written before."""
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as peer:
            peer.sendall(f"GET {PODS}?watch=true HTTP/1.1\r\n\r\n".encode())
            server.await_watches(1)
            server.await_sent()
            server.end_watches()
            received = b""
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += peer.recv(65536)

        assert len(events(received)) == 1

    def test_a_client_that_leaves(self, server: FaultServer) -> None:
        """A watch ends when its client does."""
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as peer:
            peer.sendall(f"GET {PODS}?watch=true HTTP/1.1\r\n\r\n".encode())
            server.await_watches(1)
        server.await_watches(0)

        assert server.asked("WATCH") != []
