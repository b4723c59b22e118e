"""A script in a container: what is sent and heard over a websocket, whatever the server does and wherever it is cut."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.backends.kubernetes import access
from podcompose.backends.kubernetes.exec import Exited, Failed, run_script
from podcompose.backends.kubernetes.frames import BadFrame, Frame, Frames, Kind
from podcompose.backends.kubernetes.transport import Channel
from podcompose.run.records import PodRef
from tests.cluster.child import free_port, wait_for
from tests.warm.kubelet import FAILURE, STATUS, STDERR, STDOUT, Kubelet, Talk, answer, exit_status, framed

REF = PodRef("team a", "pod", "uid")
SCRIPT = b"true\nexit 0\n"


@pytest.fixture
def open_channel(tmp_path: Path) -> Iterator[Callable[[str], Channel]]:
    """Opens channels to an address; they are closed in the end."""
    opened: list[Channel] = []

    def open_channel(url: str) -> Channel:
        value = {
            "clusters": [{"name": "here", "cluster": {"server": url}}],
            "users": [{"name": "me", "user": {"token": "t"}}],
            "contexts": [{"name": "one", "context": {"cluster": "here", "user": "me"}}],
            "current-context": "one",
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(value))
        opened.append(Channel(access.from_kubeconfig(path, None)))
        return opened[-1]

    yield open_channel
    for channel in opened:
        channel.close()


Ran = Callable[..., tuple[Exited | Failed, bytes]]


@pytest.fixture
def ran(open_channel: Callable[[str], Channel]) -> Ran:
    """How a script ended on a server that plays like this, and what it wrote."""

    def run(play: Callable[[Talk], object], script: bytes = SCRIPT, **how: Any) -> tuple[Exited | Failed, bytes]:
        heard: list[bytes] = []
        with Kubelet(play) as kubelet:
            end = run_script(open_channel(kubelet.url), REF, "main", script, heard.append, **how)
        assert kubelet.trouble == []
        return end, b"".join(heard)

    return run


class TestTalk:
    @pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
    @pytest.mark.parametrize("code", [0, 3, 137, 255])
    def test_a_script(self, ran: Ran, protocol: str, code: int) -> None:
        """The script goes in; what it writes and its exit code come out, in both versions of the protocol."""
        asked: list[Any] = []

        def play(talk: Talk) -> None:
            talk.agree(protocol)
            asked.extend([talk.target, talk.headers, talk.script()])
            talk.send(STDOUT, b"").send(STDOUT, b"one\n").send(STDERR, b"oops").send(STDOUT, bytes(range(256))).end(code)

        assert ran(play) == (Exited(code, b"oops"), b"one\n" + bytes(range(256)))
        target, headers, script = asked
        assert target == "/api/v1/namespaces/team%20a/pods/pod/exec?container=main&command=sh&stdin=true&stdout=true&stderr=true"
        assert (headers["authorization"], headers["user-agent"]) == ("Bearer t", "podcompose")
        assert script == SCRIPT

    def test_a_long_script(self, ran: Ran) -> None:
        """A script of 300 kB arrives as it is."""
        script = b": '" + bytes(range(1, 39)) * 8_000 + b"'\nexit 0\n"
        got: list[bytes] = []

        ran(lambda talk: (talk.agree(), got.append(talk.script()), talk.end(0)), script)
        assert got == [script]

    @pytest.mark.parametrize("size", [0, 1, 124, 125, 126, 65_533, 65_534, 65_535, 65_536, 3_000_000])
    def test_frames_of_any_size(self, ran: Ran, size: int) -> None:
        """Every way to write a frame's length is read."""
        data = (bytes(range(256)) * (size // 256 + 1))[:size]

        assert ran(lambda talk: talk.agree().send(STDOUT, data).end(7)) == (Exited(7), data)

    def test_fragments(self, ran: Ran) -> None:
        """A message in fragments, a ping among them, is one message; the ping is answered with what it carried."""
        pongs: list[tuple[int, bytes]] = []

        def play(talk: Talk) -> None:
            talk.agree().script()
            talk.raw(framed(b"\1a", final=False) + framed(b"are you there", 9) + framed(b"b", 0, final=False) + framed(b"c", 0))
            pongs.append(talk.frame())
            talk.end(0)

        assert ran(play) == (Exited(0), b"abc")
        assert pongs == [(10, b"are you there")]

    def test_a_byte_at_a_time(self, ran: Ran) -> None:
        """However slowly it comes."""

        def play(talk: Talk) -> None:
            whole = talk.agreement() + framed(b"\1slow") + framed(b"\3" + json.dumps(exit_status(9)).encode())
            for byte in whole:
                talk.raw(bytes([byte]))

        assert ran(play) == (Exited(9), b"slow")

    def test_all_in_one_piece(self, ran: Ran) -> None:
        """What comes together with the 101 is not lost."""
        status = framed(b"\3" + json.dumps(exit_status(9)).encode())

        assert ran(lambda talk: talk.raw(talk.agreement() + framed(b"\1early") + status)) == (Exited(9), b"early")

    def test_an_end_before_the_script_was_read(self, ran: Ran) -> None:
        """A shell that ends while the script is still being sent has its say."""

        def play(talk: Talk) -> None:
            talk.agree().end(5)
            # From now on whatever the client sends breaks the connection.
            talk.connection.shutdown(socket.SHUT_RDWR)

        assert ran(play, b"exit 5\n" + b"#" * 20_000_000) == (Exited(5), b"")

    def test_the_end_of_stderr_is_kept(self, ran: Ran) -> None:
        """Of a lot of stderr the last is kept."""
        end, _ = ran(lambda talk: talk.agree().send(STDERR, b"a" * 100_000).send(STDERR, b"the end").end(2))

        assert isinstance(end, Exited)
        assert (len(end.stderr), end.stderr[-8:]) == (4096, b"athe end")


class TestCut:
    def test_at_every_byte(self, open_channel: Callable[[str], Channel]) -> None:
        """Wherever it is cut: before the status is whole nobody knows, from then on the end is known."""
        places = iter(range(600))

        def whole(talk: Talk) -> bytes:
            status = framed(b"\3" + json.dumps(exit_status(3)).encode())
            return talk.agreement() + framed(b"\1out") + framed(b"", 9) + framed(b"\2err") + status + framed(b"\x03\xe8", 8)

        seen: list[str] = []
        with Kubelet(lambda talk: talk.raw(whole(talk)[: next(places)])) as kubelet:
            channel = open_channel(kubelet.url)
            for _ in range(600):
                heard: list[bytes] = []
                end = run_script(channel, REF, "main", SCRIPT, heard.append)
                assert b"".join(heard) in (b"", b"out")
                seen.append("ended" if isinstance(end, Exited) else end.state)
            size = len(whole(kubelet.heard[0]))

        assert kubelet.trouble == []
        # The last of it is the server's goodbye, of four bytes.
        assert seen == ["cut"] * (size - 4) + ["ended"] * (600 - size + 4)

    @pytest.mark.parametrize(
        "hurt", [b"\xf2\x00", b"\x82\x81aaaab", b"\x83\x00", b"\x80\x01a", b"\x02\x02\x01a\x82\x01a", b"\x09\x00"]
    )
    def test_no_frame(self, ran: Ran, hurt: bytes) -> None:
        """What is no frame of a server is a broken connection: reserved bits, a mask, unknown kinds, fragments out of order."""
        end, heard = ran(lambda talk: talk.agree().raw(hurt).end(0))

        assert isinstance(end, Failed)
        assert (end.state, heard) == ("cut", b"")

    def test_nobody_listens(self, open_channel: Callable[[str], Channel]) -> None:
        """A server that is not there may come back."""
        end = run_script(open_channel(f"http://127.0.0.1:{free_port()}"), REF, "main", SCRIPT, lambda _: None)

        assert isinstance(end, Failed)
        assert end.state == "cut"

    def test_silence(self, ran: Ran) -> None:
        """A connection on which nothing comes, not even what it is asked for, is broken."""
        pings: list[tuple[int, bytes]] = []

        def play(talk: Talk) -> None:
            talk.agree().script()
            while True:
                pings.append(talk.frame())

        end, _ = ran(play, ping_s=0.02)
        assert isinstance(end, Failed)
        assert end.state == "cut"
        assert pings[:3] == [(9, b"")] * 3

    def test_a_long_silence_with_signs_of_life(self, ran: Ran) -> None:
        """A task may say nothing for long, if the server answers pings."""

        def play(talk: Talk) -> None:
            talk.agree().script()
            for _ in range(12):
                kind, data = talk.frame()
                assert kind == 9
                talk.raw(framed(data, 10))
            talk.end(0)

        assert ran(play, ping_s=0.02) == (Exited(0), b"")

    def test_closed_by_another_thread(self, open_channel: Callable[[str], Channel]) -> None:
        """Whoever closes the channel ends all that is under way on it."""
        ends: list[Exited | Failed] = []
        with Kubelet(lambda talk: (talk.agree(), talk.script(), talk.frame())) as kubelet:
            channel = open_channel(kubelet.url)
            talks = [
                threading.Thread(target=lambda: ends.append(run_script(channel, REF, "main", SCRIPT, lambda _: None)))
                for _ in range(5)
            ]
            for talk in talks:
                talk.start()
            wait_for(lambda: len(kubelet.heard) == 5, "all are connected")
            channel.close()
            for talk in talks:
                talk.join(30)
            ends.append(run_script(channel, REF, "main", SCRIPT, lambda _: None))

        assert [end.state for end in ends if isinstance(end, Failed)] == ["cut"] * 6


def said(code: int, message: str, reason: str = "") -> dict[str, Any]:
    """A v1 Status."""
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code}


NO_EXEC = 'pods "pod" is forbidden: User "u" cannot create resource "pods/exec" in API group "" in the namespace "n"'
NO_SHELL = 'failed to exec in container: OCI runtime exec failed: exec: "sh": executable file not found in $PATH: unknown'
#: Some were said by a real server, the rest stands in its source or in that of a runtime.
ANSWERS = [
    (404, 'pods "pod" not found', "gone", "not-running"),
    (400, "pod pod does not have a host assigned", "gone", "not-running"),
    (400, "cannot exec into a container in a completed pod; current phase is Succeeded", "gone", "not-running"),
    (500, 'container not found ("main")', "gone", "not-running"),
    (500, "unable to upgrade connection: container not found", "gone", "not-running"),
    (400, "container other is not valid for pod pod", "unfit", "invalid"),
    (400, "Upgrade request required", "unfit", "invalid"),
    (403, NO_EXEC, "unfit", "forbidden"),
    (401, "Unauthorized", "cut", "unauthenticated"),
    (429, "too many requests", "cut", "throttled"),
    (500, "error dialing backend: dial tcp 127.0.0.1:1: connect: connection refused", "cut", "server-error"),
    (503, "the server is shutting down", "cut", "server-error"),
    (504, "timeout", "cut", "server-error"),
    (200, "what a proxy says", "cut", "server-error"),
]


class TestRefused:
    @pytest.mark.parametrize(("status", "message", "state", "code"), ANSWERS)
    def test_answers(self, ran: Ran, status: int, message: str, state: str, code: str) -> None:
        """What a plain HTTP answer says of the pod."""
        end, heard = ran(lambda talk: talk.raw(answer(status, said(status, message))))

        assert isinstance(end, Failed)
        assert (end.state, end.problem.code, heard) == (state, code, b"")
        assert message in end.problem.message

    def test_the_permission_is_named(self, ran: Ran) -> None:
        """Who may not run a shell is told what to ask for."""
        end, _ = ran(lambda talk: talk.raw(answer(403, said(403, NO_EXEC))))

        assert isinstance(end, Failed)
        assert end.problem.suggestion == "these credentials need the verbs create and get on pods/exec"

    def test_a_token_is_renewed(self, open_channel: Callable[[str], Channel]) -> None:
        """After a 401 the credentials are read anew, once."""
        answers = iter([lambda talk: talk.raw(answer(401)), lambda talk: talk.agree().end(0)])
        with Kubelet(lambda talk: next(answers)(talk)) as kubelet:
            end = run_script(open_channel(kubelet.url), REF, "main", SCRIPT, lambda _: None)

        assert (end, kubelet.trouble) == (Exited(0), [])

    @pytest.mark.parametrize(
        "agreement",
        [
            lambda talk: talk.agreement(key="another"),
            lambda talk: talk.agreement(protocol=None),
            lambda talk: talk.agreement(protocol="base64.channel.k8s.io"),
        ],
        ids=["key", "no protocol", "another protocol"],
    )
    def test_no_agreement(self, ran: Ran, agreement: Callable[[Talk], bytes]) -> None:
        """A 101 that does not answer the question is believed nothing more."""
        end, _ = ran(lambda talk: talk.raw(agreement(talk)).end(0))

        assert isinstance(end, Failed)
        assert end.state == "cut"


#: What comes as the last word on the status channel.
STATUSES: list[tuple[Any, str]] = [
    (said(500, f"Internal error occurred: {NO_SHELL}", "InternalError"), "unfit"),
    (said(500, 'exec: "sh": stat /bin/sh: no such file or directory: unknown', "InternalError"), "unfit"),
    (said(500, 'Internal error occurred: unable to upgrade connection: container not found ("main")', "InternalError"), "gone"),
    (said(500, "container is in CONTAINER_EXITED state", "InternalError"), "gone"),
    (said(500, "cannot exec in a stopped state: unknown", "InternalError"), "gone"),
    (said(500, "error dialing backend: connection refused", "InternalError"), "cut"),
    (said(500, "command terminated by signal", "InternalError"), "cut"),
    ({**FAILURE, "reason": "NonZeroExitCode"}, "cut"),
    ({**FAILURE, "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "x"}]}}, "cut"),
    ([], "cut"),
]


@pytest.mark.parametrize(("status", "state"), STATUSES)
def test_statuses(ran: Ran, status: Any, state: str) -> None:
    """What the status says where there is no exit code."""
    end, _ = ran(lambda talk: talk.agree().send(STATUS, json.dumps(status).encode()))

    assert isinstance(end, Failed)
    assert end.state == state


class TestFrames:
    @given(st.lists(st.tuples(st.sampled_from([1, 2, 9, 10]), st.binary(max_size=125))), st.lists(st.integers(1, 400), min_size=1))
    def test_any_pieces(self, sent: list[tuple[int, bytes]], sizes: list[int]) -> None:
        """However the bytes are cut into pieces, the same messages come of them."""
        whole = b"".join(framed(data, kind) for kind, data in sent)
        frames, found, place = Frames(), list[Frame](), 0
        while place < len(whole):
            size = sizes[place % len(sizes)]
            found += frames.feed(whole[place : place + size])
            place += size

        assert found == [Frame(Kind(kind), data) for kind, data in sent]

    @given(st.binary())
    def test_any_bytes(self, data: bytes) -> None:
        """Any bytes are frames, or the beginning of one, or refused; nothing else happens."""
        with contextlib.suppress(BadFrame):
            assert all(isinstance(frame, Frame) for frame in Frames().feed(data))
