"""What the Kubernetes backend makes of a pod that is kept warm, and of what a shell in it says."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kubernetes import client

from podcompose.backends import KubernetesBackend
from podcompose.backends.kubernetes.hosting import unfit
from podcompose.run.errors import Forbidden, LaunchError, Refused, Unreachable
from podcompose.run.naming import launch_label
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Ask, Report, Run, Task
from tests.cluster.child import wait_for
from tests.warm.kubelet import STDERR, STDOUT, Kubelet, Talk, answer

Json = dict[str, Any]
REF = PodRef("default", "pod", "uid")
KEY = launch_label("a")
BASE = '.spec.containers[name="base"]'


def pod(container: Json | None = None, **spec: Any) -> Json:
    """A pod that can be kept warm, but for what is given."""
    main = {"name": "base", "image": "i", "command": ["true"], **({} if container is None else container)}
    return {"metadata": {"name": "p"}, "spec": {"restartPolicy": "Never", "containers": [main, {"name": "other"}], **spec}}


class TestUnfit:
    def test_fit(self) -> None:
        """Nothing is said of a pod that can be kept warm, nor of containers beside the one that is asked for."""
        manifest = pod({"volumeMounts": [{"name": "a", "mountPath": "/podcompose-too"}], "tty": False}, hostPID=False)
        manifest["spec"]["containers"][1]["stdin"] = True

        assert unfit(manifest, "base") == ()

    @pytest.mark.parametrize(
        ("manifest", "path"),
        [
            (pod(hostPID=True), ".spec.hostPID"),
            (pod(shareProcessNamespace=True), ".spec.shareProcessNamespace"),
            (pod(os={"name": "windows"}), ".spec.os.name"),
            (pod(volumes=[{"name": "podcompose-tasks"}]), '.spec.volumes[name="podcompose-tasks"]'),
            (pod({"command": None}), f"{BASE}.command"),
            (pod({"command": [], "args": ["x"]}), f"{BASE}.command"),
            (pod({"stdin": True}), f"{BASE}.stdin"),
            (pod({"tty": True}), f"{BASE}.tty"),
            (pod({"volumeMounts": [{"mountPath": "/podcompose"}]}), f'{BASE}.volumeMounts[mountPath="/podcompose"]'),
            (pod({"volumeMounts": [{"mountPath": "/podcompose/a"}]}), f'{BASE}.volumeMounts[mountPath="/podcompose/a"]'),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_reasons(self, manifest: Json, path: str) -> None:
        """Each reason is said with its path, under one code."""
        assert [(problem.code, problem.path) for problem in unfit(manifest, "base")] == [("not-warm", path)]


class TestIdle:
    def test_idle(self) -> None:
        """The container's program is replaced and given a folder; all else is as it was, and the given pod is not changed."""
        given = pod({"args": ["x"], "volumeMounts": [{"name": "a", "mountPath": "/a"}]}, volumes=[{"name": "a"}])
        before = copy.deepcopy(given)
        scratch = {"medium": "Memory", "sizeLimit": "1Gi"}
        with open_backend("http://127.0.0.1:1", scratch=scratch) as backend:
            idle = backend.idle(given, "base")
            backend.idle(given, "base")["spec"]["volumes"][1]["emptyDir"].clear()
            another = backend.idle(given, "base")

        main = idle["spec"]["containers"][0]
        assert given == before
        assert main.pop("command")[:2] == ["sh", "-c"]
        assert main == {
            "name": "base",
            "image": "i",
            "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "podcompose-tasks", "mountPath": "/podcompose"}],
        }
        assert idle["spec"]["volumes"] == [{"name": "a"}, {"name": "podcompose-tasks", "emptyDir": scratch}]
        assert idle["spec"]["containers"][1:] == given["spec"]["containers"][1:]
        assert another["spec"]["volumes"] == idle["spec"]["volumes"]


@contextmanager
def open_backend(url: str, **options: Any) -> Iterator[KubernetesBackend]:
    """A backend of a server at this address."""
    configuration = client.Configuration()
    configuration.host = url
    with KubernetesBackend.from_api_client(client.ApiClient(configuration), **options) as backend:
        yield backend


def line(said: str) -> bytes:
    """What a front prints of the task of KEY."""
    return f"podcompose {KEY} {said}\n".encode()


class Orders:
    """What is told of orders to a server that plays like this."""

    def __init__(self, play: Callable[[Talk], object]) -> None:
        self.play = play
        self.told: list[Report] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, report: Report) -> None:
        """It is told."""
        self.told.append(report)
        self.threads.add(threading.current_thread())

    def states(self, task: Task | None = None) -> list[str]:
        """The states that are told of one order, all of them."""
        with Kubelet(self.play) as kubelet, open_backend(kubelet.url) as backend:
            backend.order(REF, "base", Ask(KEY) if task is None else Run(task), self)
            wait_for(lambda: self.told != [] and self.told[-1].state != "running", "a last word")
            for thread in self.threads:
                thread.join(30)
        assert kubelet.trouble == []
        return [report.state for report in self.told]


class TestOrder:
    def test_as_it_comes(self) -> None:
        """That it runs is told when it is heard, and so is the end: before the shell's own end, and by another thread."""
        orders = Orders(lambda talk: None)

        def play(talk: Talk) -> None:
            talk.agree().send(STDOUT, line("running 5"))
            wait_for(lambda: len(orders.told) == 1, "that it runs is told")
            talk.send(STDOUT, line("ended 3 - 5 6 "))
            wait_for(lambda: len(orders.told) == 2, "that it has ended is told")
            talk.end(0)

        orders.play = play
        assert orders.states() == ["running", "ended"]
        assert orders.told[-1].code == 3
        assert threading.current_thread() not in orders.threads

    @pytest.mark.parametrize(
        "after", [lambda talk: talk.end(0), lambda talk: talk.end(9), lambda talk: None], ids=["0", "9", "cut"]
    )
    def test_one_last_word(self, after: Callable[[Talk], object]) -> None:
        """A last word that was heard stands, whatever becomes of the stream, and is told once."""
        play = Orders(lambda talk: (talk.agree().send(STDOUT, line("void") + line("absent")), after(talk)))

        assert play.states() == ["void"]

    @pytest.mark.parametrize(
        ("play", "state", "message"),
        [
            (lambda talk: None, "cut", "did not answer"),
            (lambda talk: talk.agree().send(STDOUT, line("running 5")), "cut", "closed before the end"),
            (lambda talk: talk.agree().send(STDERR, b"sh: mkfifo: not found").end(127), "unfit", "mkfifo: not found"),
            (lambda talk: talk.agree().end(0), "cut", ""),
            (lambda talk: talk.raw(answer(404, {"message": 'pods "pod" not found'})), "gone", 'pods "pod" not found'),
        ],
    )
    def test_no_last_word(self, play: Callable[[Talk], object], state: str, message: str) -> None:
        """Where the shell says none, what became of the stream is the last word."""
        orders = Orders(play)

        assert orders.states()[-1] == state
        assert message in orders.told[-1].message

    def test_what_cannot_be_sent(self) -> None:
        """A text that no shell can be given is said, and nothing is asked of the server."""
        orders = Orders(lambda talk: pytest.fail("a request"))

        assert orders.states(Task(KEY, "a", ("echo", "\0"))) == ["unfit"]


class TestShellsThatStay:
    def test_one_that_was_cut_may_have_begun_the_task(self) -> None:
        """The next shell is refused: that says nothing of what the first was sent, so nobody knows."""
        first, second = Orders(lambda talk: None), Orders(lambda talk: None)
        talks = list[Talk]()

        def play(talk: Talk) -> None:
            talks.append(talk)
            if len(talks) > 1:
                talk.raw(answer(403, {"reason": "Forbidden", "message": "no more"}))
                return
            talk.agree().script(b"_pc_front\n}\n")
            talk.send(STDOUT, line("absent")).script(b"_pc_front\n}\n")

        with Kubelet(play) as kubelet, open_backend(kubelet.url) as backend:
            backend.order(REF, "base", Ask(KEY), first)
            wait_for(lambda: backend._orders._idle != {}, "a shell that stays")
            backend.order(REF, "base", Run(Task(KEY, "a", ("true",))), second)
            assert backend._orders._idle == {}
            wait_for(lambda: second.told != [], "a last word")
        assert ([report.state for report in second.told], len(talks)) == (["cut"], 2)


class TestOutput:
    def output(self, *plays: Callable[[Talk], object], deadline: float = 60.0) -> bytes:
        """What is read, the server playing so in turn."""
        turns = iter(plays)
        with Kubelet(lambda talk: next(turns)(talk)) as kubelet, open_backend(kubelet.url, deadline=deadline) as backend:
            return backend.output(REF, "base", KEY)

    def test_bytes(self) -> None:
        """It is what was written, byte for byte."""
        data = bytes(range(256)) * 1000

        assert self.output(lambda talk: talk.agree().send(STDOUT, data).send(STDOUT, b"end").end(0)) == data + b"end"

    def test_again(self) -> None:
        """What was not read whole is read again, from its beginning."""
        cut: Callable[[Talk], object] = lambda talk: talk.agree().send(STDOUT, b"be")  # noqa: E731
        failed: Callable[[Talk], object] = lambda talk: talk.agree().send(STDOUT, b"begu").send(STDERR, b"cat: I/O").end(1)  # noqa: E731

        assert self.output(cut, failed, lambda talk: talk.agree().send(STDOUT, b"begun").end(0)) == b"begun"

    @pytest.mark.parametrize(
        ("status", "message", "kind", "code"),
        [
            (404, 'pods "pod" not found', Refused, "no-such-log"),
            (500, "container not found", Refused, "no-such-log"),
            (400, "container base is not valid for pod pod", Refused, "invalid"),
            (403, 'pods "pod" is forbidden: User "u" cannot get resource "pods/exec"', Forbidden, "forbidden"),
        ],
    )
    def test_never(self, status: int, message: str, kind: type[LaunchError], code: str) -> None:
        """Where it cannot be had it is said why."""
        with pytest.raises(kind) as raised:
            self.output(lambda talk: talk.raw(answer(status, {"kind": "Status", "message": message})))

        assert [problem.code for problem in raised.value.problems] == [code]

    def test_in_time(self) -> None:
        """A server that goes on failing is asked until the deadline."""
        with pytest.raises(Unreachable):
            self.output(*[lambda talk: talk.raw(answer(503, json.dumps({}).encode()))] * 1000, deadline=0.5)
