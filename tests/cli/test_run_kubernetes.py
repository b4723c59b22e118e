"""`podcompose run`, `settle` and `stop` against a server of the Kubernetes API, by real commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podcompose.run import pod_name
from podcompose.testing.faults import FaultServer, Status, forbidden
from tests.cli.conftest import Run, command

NAME = pod_name("a/b")
Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """An honest server that $KUBECONFIG leads to, in the namespace jobs."""
    with FaultServer() as server:
        cluster = {"clusters": [{"name": "c", "cluster": {"server": server.url}}], "users": [{"name": "u", "user": {}}]}
        context = {"contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "jobs"}}]}
        head = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
        (folder / "config").write_text(json.dumps({**head, **cluster, **context}))
        monkeypatch.setenv("KUBECONFIG", str(folder / "config"))
        yield server


@pytest.fixture
def begin(server: FaultServer) -> Iterator[Begin]:
    """Begin a command; whatever becomes of the test, it ends."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*args: str) -> subprocess.Popen[bytes]:
        line = [command(), "run", "t.yaml", "--backend", "kubernetes", "--id", "a/b", *args]
        begun.append(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


def state(**value: Any) -> dict[str, Any]:
    """A status whose one container is in this state."""
    return {"containerStatuses": [{"name": "base", "image": "busybox", "restartCount": 0, "state": value}]}


def running() -> dict[str, Any]:
    """The status of a pod that runs."""
    return {"phase": "Running", **state(running={"startedAt": "2026-01-01T00:00:00Z"})}


def ended(code: int) -> dict[str, Any]:
    """The status of a pod that has ended."""
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:05Z"}
    return {"phase": "Succeeded" if code == 0 else "Failed", **state(terminated={"exitCode": code, **times})}


def bound(server: FaultServer) -> None:
    """Wait for the pod, and give it a node."""
    assert server.api.store.wait(lambda: ("jobs", NAME) in server.api.store.pods, 60)
    server.bind(NAME, namespace="jobs")


def test_the_log_and_the_exit_status_are_the_container_s(server: FaultServer, begin: Begin) -> None:
    """The log is followed across a stream that ends early and one that is not there yet, each byte once; the status is 3."""
    one, two = b"2026-01-01T00:00:01.000000000Z one\n", b"2026-01-01T00:00:02.000000000Z two\r"
    server.script(Status(400, message="container base is waiting to start"), path="/log$")
    server.script(Status(200, body=one + two), path="/log$")
    server.script(Status(200, body=one + two + b"done\n"), path="/log$", times=None)
    command = begin()
    bound(server)
    server.set_status(NAME, running(), namespace="jobs")
    server.await_requests(2, "GET", "/log$")
    server.set_status(NAME, ended(3), namespace="jobs")
    out, err = command.communicate(timeout=60)

    assert (command.returncode, out) == (3, b"one\ntwo\rdone\n")
    assert err.splitlines()[0] == f"podcompose: launched pod jobs/{NAME}, launch id a/b".encode()
    assert err.splitlines()[-1] == b"podcompose: Failed: exit status 3 (container base), ran 5 s"
    asked = server.asked("GET", "/log$")
    assert asked[0].query == {"follow": "true", "timestamps": "true", "container": "base"}
    assert asked[-1].query["sinceTime"] == "2026-01-01T00:00:02.000000000Z"


def test_a_log_that_may_not_be_read_is_said_and_nothing_else(server: FaultServer, begin: Begin) -> None:
    """Without the permission for logs the outcome is the same."""
    server.script(Status(403, reason="Forbidden", message="cannot get resource pods/log"), path="/log$", times=None)
    command = begin()
    bound(server)
    server.set_status(NAME, ended(0), namespace="jobs")
    out, err = command.communicate(timeout=60)

    assert (command.returncode, out) == (0, b"")
    assert b"the log cannot be read: " in err
    assert b"cannot get resource pods/log" in err


def test_an_image_that_cannot_be_pulled_is_given_up(server: FaultServer, begin: Begin) -> None:
    """After the grace for images the pod is stopped, the reason is told, and the status is 124."""
    command = begin("--image-grace", "0", "--json")
    bound(server)
    waiting = {"phase": "Pending", **state(waiting={"reason": "ErrImagePull", "message": "no such tag"})}
    server.set_status(NAME, waiting, namespace="jobs")
    out, err = command.communicate(timeout=60)

    assert command.returncode == 124
    assert b"Failed: StartTimeout: ErrImagePull (container base): no such tag, for " in err
    assert json.loads(out)["cause"]["kind"] == "StartTimeout"
    assert len(server.asked("DELETE")) == 1


def test_a_pod_that_somebody_deletes_ends_with_121(server: FaultServer, begin: Begin) -> None:
    """A deletion that was not ours is told from our own."""
    command = begin()
    bound(server)
    server.remove(NAME, namespace="jobs")
    _, err = command.communicate(timeout=60)

    assert command.returncode == 121
    assert err.splitlines()[-1].startswith(b"podcompose: Deleted")


def test_what_the_server_refuses_ends_with_125(server: FaultServer, begin: Begin) -> None:
    """A refusal is told with its class, launch id and pod."""
    server.script(forbidden(NAME, 'User "u" cannot create resource "pods" in API group ""'), verb="POST")
    command = begin()
    _, err = command.communicate(timeout=60)

    assert command.returncode == 125
    assert f"podcompose: Forbidden: launch 'a/b', pod jobs/{NAME} was not launched\n".encode() in err


def _until(stream: Any, text: bytes) -> None:
    read = b""
    while text not in read:
        data = os.read(stream.fileno(), 65536)
        assert data != b"", read
        read += data


def test_the_second_signal_says_how_to_settle(server: FaultServer, begin: Begin, process: Run) -> None:
    """A pod that is left goes on; the commands that are named find it, and stop it."""
    command = begin()
    bound(server)
    server.set_status(NAME, running(), namespace="jobs")
    _until(command.stderr, b"Running")
    command.send_signal(signal.SIGINT)
    server.await_requests(1, "DELETE")
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=60)

    assert command.returncode == 130
    assert b"how it is: podcompose settle a/b --namespace jobs; stop it: podcompose stop a/b --namespace jobs" in err
    assert process("settle", "a/b") == (0, f"pod jobs/{NAME}: Draining\n", "")
    server.finish(NAME, namespace="jobs")
    assert process("settle", "a/b", "--namespace", "jobs").status == 1


def test_a_launch_can_be_found_and_stopped_later(server: FaultServer, process: Run) -> None:
    """`settle` tells the outcome of a pod that is over, `stop` has one end; both end with 1 where there is none."""
    server.add(json.loads(process("run", "t.yaml", "--dry-run", "--json", "--id", "a/b", "--backend", "kubernetes").out), "jobs")
    server.set_status(NAME, ended(3), namespace="jobs")

    assert process("settle", "a/b").out == f"pod jobs/{NAME}: Failed: exit status 3 (container base), ran 5 s\n"
    assert process("stop", "a/b", "--grace", "0").out == f"pod jobs/{NAME}: stopping\n"
    status, out, err = process("stop", "a/b")
    assert (status, out) == (1, "")
    assert err == f"podcompose: there is no pod jobs/{NAME} of the launch 'a/b'\n"


def test_one_launch_id_is_one_pod(server: FaultServer, begin: Begin) -> None:
    """The same command a second time finds the pod of the first, and tells its outcome."""
    first = begin()
    bound(server)
    server.set_status(NAME, ended(0), namespace="jobs")
    first.communicate(timeout=60)
    second = begin()
    _, err = second.communicate(timeout=60)

    assert (first.returncode, second.returncode, list(server.pods("jobs"))) == (0, 0, [NAME])
    assert f"podcompose: found, launched before: pod jobs/{NAME}".encode() in err
