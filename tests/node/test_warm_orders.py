"""Orders to pods of a real node: tasks run once, whatever is cut; pods are claimed by one; what cannot be done is said."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run import PodRef, naming
from podcompose.run.errors import Refused
from podcompose.run.observe import observe
from podcompose.run.records import PodRecord
from podcompose.run.warm.hosting import Ask, Changed, Hosting, Order, Quit, Report, Run, Stop, Swapped, Task
from tests.cluster.child import wait_for
from tests.cluster.proxy import Do, Proxy, Request
from tests.node.images import BUSYBOX
from tests.node.node import RealNode
from tests.node.story import container, pod, script
from tests.node.watching import Json

SPACE = "warm-orders"
#: A pod that nobody but the test writes to.
HELD: dict[str, Any] = {"schedulingGates": [{"name": "podcompose.io/held"}]}
LABEL = "task.podcompose.io/"


@pytest.fixture(scope="module")
def backend(node: RealNode) -> Iterator[KubernetesBackend]:
    """A backend of the node, straight."""
    node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
    with KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace=SPACE) as backend:
        yield backend
    # The node is for others, too.
    node.api.must("DELETE", f"/api/v1/namespaces/{SPACE}/pods", gracePeriodSeconds=0)


@pytest.fixture(scope="module")
def warm(node: RealNode, backend: KubernetesBackend) -> PodRef:
    """An idle pod that runs."""
    return started(node, backend, "warm/1")


def started(node: RealNode, backend: KubernetesBackend, launch_id: str, manifest: Json | None = None) -> PodRef:
    """An idle pod of this launch id, once it runs."""
    idle = backend.idle(pod(script("unused")) if manifest is None else manifest, "main")
    ref = backend.launch(idle, launch_id=launch_id).ref
    wait_for(lambda: (look(node, ref) or {})["status"].get("phase") == "Running", f"{ref} runs", every=0.2)
    return ref


def look(node: RealNode, ref: PodRef) -> Json | None:
    """The pod as it is."""
    answer = node.api.call("GET", f"/api/v1/namespaces/{ref.namespace}/pods/{ref.name}")
    found: Json | None = answer.body if answer.status == 200 else None
    return found


def record(node: RealNode, ref: PodRef) -> PodRecord:
    """Its record."""
    found = look(node, ref)
    assert found is not None
    return observe(found).record


class Telling:
    """What was told of one order."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def __call__(self, report: Report) -> None:
        """It is told."""
        self.reports.append(report)

    def until(self, *states: str) -> Report:
        """The first report of one of these states."""
        wait_for(lambda: any(report.state in states for report in self.reports), f"one of {states}")
        return next(report for report in self.reports if report.state in states)

    def last(self) -> Report:
        """The last word."""
        wait_for(lambda: self.reports != [] and self.reports[-1].state != "running", "a last word")
        return self.reports[-1]


def task(launch_id: str, text: str, **more: Any) -> Task:
    """A task that runs a shell script."""
    return Task(naming.launch_label(launch_id), launch_id, ("sh", "-c", text), **more)


def order(backend: KubernetesBackend, ref: PodRef, what: Order, name: str = "main") -> Telling:
    """Give an order."""
    telling = Telling()
    backend.order(ref, name, what, telling)
    return telling


def test_it_is_a_host(backend: KubernetesBackend) -> None:
    """The backend can be the one under a pool."""
    assert isinstance(backend, Hosting)


class TestRun:
    @pytest.mark.parametrize("code", [0, 3, 127, 255])
    def test_exit_codes(self, backend: KubernetesBackend, warm: PodRef, code: int) -> None:
        """A task's exit code comes back, and when it ran; asked again it is the same result."""
        run = Run(task(f"exit/{code}", f"exit {code}"))
        first, again = order(backend, warm, run).last(), order(backend, warm, run).last()

        assert (first.state, first.code, first.start_error) == ("ended", code, False)
        assert again == first

    def test_what_a_task_is_given(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """Its arguments and variables, to the byte, a lot of them."""
        odd = "'\"\\ $HOME\n\tü `x`" * 3000
        told = order(backend, warm, Run(task("given", 'printf %s "$ODD"', env=(("ODD", odd),)))).last()

        assert told.code == 0
        assert backend.output(warm, "main", naming.launch_label("given")).decode() == odd

    def test_binary_output(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """What a task writes comes back byte for byte."""
        order(backend, warm, Run(task("binary", r"printf '\000\001\377\r\n\200'; printf end >&2"))).last()

        assert backend.output(warm, "main", naming.launch_label("binary")) == b"\0\1\xff\r\n\x80end"

    def test_a_lot_of_output(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """100 MB of it."""
        assert order(backend, warm, Run(task("lot", "head -c 100000000 /dev/zero"))).last().code == 0
        assert backend.output(warm, "main", naming.launch_label("lot")) == bytes(100_000_000)

    def test_no_output(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """Of a task that never was there is none."""
        assert backend.output(warm, "main", naming.launch_label("never")) == b""

    def test_stop_and_ask(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """A task that runs can be asked for and stopped; whoever waits for it is told the same end."""
        told = order(backend, warm, Run(task("stop", "sleep 1000")))
        told.until("running")
        key = naming.launch_label("stop")
        asked = order(backend, warm, Ask(key))
        asked.until("running")
        stopped = order(backend, warm, Stop(key, 5.0))

        assert (stopped.last().state, stopped.last().code, stopped.last().stopped) == ("ended", 143, True)
        assert told.last() == asked.last() == stopped.last()

    def test_stopped_before_it_began(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """It never will."""
        key = naming.launch_label("void")

        assert order(backend, warm, Ask(key)).last().state == "absent"
        assert order(backend, warm, Stop(key, 5.0)).last().state == "void"
        assert order(backend, warm, Run(task("void", "touch /tmp/void"))).last().state == "void"

    def test_what_no_shell_can_be_given(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """A NUL cannot be in an argument: nothing is run, and it is said."""
        assert order(backend, warm, Run(task("nul", "echo \0"))).last().state == "unfit"

    def test_closed(self, node: RealNode, warm: PodRef) -> None:
        """A backend that is closed tells that nobody knows; the task goes on, and another waits for it."""
        run = Run(task("closed", "while [ ! -e /tmp/go ]; do sleep 0.1; done; exit 9"))
        with KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace=SPACE) as first:
            told = order(first, warm, run)
            told.until("running")
        assert told.last().state == "cut"
        assert order(first, warm, run).last().state == "cut"
        with KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace=SPACE) as second:
            again = order(second, warm, run)
            again.until("running")
            other = started(node, second, "warm/other")
            assert order(second, other, Run(task("elsewhere", "exit 4"))).last().code == 4
            order(second, warm, Stop(naming.launch_label("closed"), 5.0)).last()

            assert again.last().stopped

    def test_quit(self, node: RealNode, backend: KubernetesBackend) -> None:
        """A pod that is told to quit succeeds, and stays to be read."""
        ref = started(node, backend, "warm/quit")
        order(backend, ref, Run(task("before", "exit 6"))).last()

        assert order(backend, ref, Quit()).last().state == "done"
        wait_for(lambda: (look(node, ref) or {})["status"].get("phase") == "Succeeded", "it succeeds", every=0.2)
        assert order(backend, ref, Ask(naming.launch_label("before"))).last().state == "gone"
        with pytest.raises(Refused):
            backend.output(ref, "main", naming.launch_label("before"))


class Through:
    """The node as the tests' proxy asks for it."""

    def __init__(self, node: RealNode, folder: Path) -> None:
        self._document: Json = json.loads(node.kubeconfig.read_text())
        self._folder = folder
        self.server: str = self._document["clusters"][0]["cluster"]["server"]

    def kubeconfig(self, user: str = "admin", *, server: str | None = None, namespace: str = "default") -> Path:
        """A kubeconfig of this user that goes through a server."""
        document = json.loads(json.dumps(self._document))
        document["clusters"][0]["cluster"]["server"] = self.server if server is None else server
        document["users"][0]["user"] = {"token": f"{user}-token"}
        path = self._folder / f"{user}.kubeconfig"
        path.write_text(json.dumps(document))
        return path


class TestCut:
    def test_a_task_runs_once(self, node: RealNode, warm: PodRef, tmp_path: Path) -> None:
        """A stream that is cut while its task runs: ordered again, it is the same run, whose end and output are whole."""
        text = "echo begun >>/tmp/runs; echo out; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; echo more; exit 5"
        run = Run(task("cut", text))
        with (
            Proxy(Through(node, tmp_path)) as proxy,  # type: ignore[arg-type]  # as much of a plane as it asks for
            KubernetesBackend.from_kubeconfig(str(proxy.kubeconfig()), namespace=SPACE) as backend,
        ):
            for _ in range(3):
                told = order(backend, warm, run)
                told.until("running")
                proxy.cut()
                assert told.last().state == "cut"
            told = order(backend, warm, run)
            told.until("running")
            go_on(node, warm)

            assert (told.last().state, told.last().code) == ("ended", 5)
            assert backend.output(warm, "main", run.task.key) == b"out\nmore\n"
            order(backend, warm, Run(task("count", "cat /tmp/runs"))).last()
            assert backend.output(warm, "main", naming.launch_label("count")) == b"begun\n"

    def test_lost_and_cut_requests(self, node: RealNode, warm: PodRef, tmp_path: Path) -> None:
        """Whichever of a request, its answer and the stream is lost, in the end the task has run once."""
        faults = [Do.LOSE_REQUEST, Do.LOSE_REPLY, Do.CUT_REPLY]

        def fault(request: Request) -> Do:
            return faults.pop(0) if request.path.endswith("/exec") and faults != [] else Do.PASS

        run = Run(task("lost", "echo once >>/tmp/lost; cat /tmp/lost; exit 8"))
        with (
            Proxy(Through(node, tmp_path), fault) as proxy,  # type: ignore[arg-type]
            KubernetesBackend.from_kubeconfig(str(proxy.kubeconfig()), namespace=SPACE) as backend,
        ):
            states = [order(backend, warm, run).last().state for _ in range(4)]

            assert states == ["cut", "cut", "cut", "ended"]
            assert backend.output(warm, "main", run.task.key) == b"once\n"


def go_on(node: RealNode, ref: PodRef) -> None:
    """Make the file that the task waits for, past the shell of the tasks: by a process of the container beside it."""
    from podcompose.backends.kubernetes.exec import run_script

    with KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace=SPACE) as backend:
        run_script(backend._channel, ref, "main", b"touch /tmp/go-on; exit 0\n", lambda _: None)


class TestNot:
    def test_pending(self, backend: KubernetesBackend) -> None:
        """A pod that has no node yet runs nothing."""
        ref = backend.launch(pod(script("true"), nodeSelector={"no": "node"}), launch_id="pending").ref

        assert order(backend, ref, Run(task("a", "true"))).last().state == "gone"

    def test_not_started(self, node: RealNode, backend: KubernetesBackend) -> None:
        """Nor does one whose image cannot be had."""
        absent = {**container("main", "true"), "image": "nowhere.invalid/absent:1"}
        ref = backend.launch(pod(absent), launch_id="no-image").ref
        wait_for(lambda: (look(node, ref) or {})["status"].get("containerStatuses") is not None, "it is on the node", every=0.2)

        assert order(backend, ref, Run(task("a", "true"))).last().state == "gone"

    def test_deleted(self, node: RealNode, backend: KubernetesBackend) -> None:
        """Whoever waits in a pod that is deleted hears of an end, or that nobody knows; afterwards it is gone."""
        ref = started(node, backend, "warm/deleted")
        told = order(backend, ref, Run(task("b", "exec sleep 1000")))
        told.until("running")
        backend.stop(ref, grace=0)
        wait_for(lambda: look(node, ref) is None, "it is gone", every=0.2)

        assert told.last().state in ("ended", "cut", "gone")
        assert order(backend, ref, Run(task("b", "true"))).last().state == "gone"
        with pytest.raises(Refused):
            backend.output(ref, "main", naming.launch_label("b"))

    def test_no_such_container(self, backend: KubernetesBackend, warm: PodRef) -> None:
        """A container that the pod does not have is said."""
        told = order(backend, warm, Run(task("a", "true")), "other").last()

        assert told.state == "unfit"
        assert "container other is not valid" in told.message

    def test_no_shell(self, node: RealNode, backend: KubernetesBackend) -> None:
        """A container in which no shell can be found cannot be given tasks."""
        hidden = {"name": "main", "image": BUSYBOX, "command": ["/bin/sleep", "1000"], "env": [{"name": "PATH", "value": "/no"}]}
        ref = backend.launch(pod(hidden), launch_id="no-shell").ref
        wait_for(lambda: (look(node, ref) or {})["status"].get("phase") == "Running", "it runs", every=0.2)

        assert order(backend, ref, Run(task("a", "true"))).last().state == "unfit"

    def test_forbidden(self, node: RealNode, warm: PodRef, tmp_path: Path) -> None:
        """Whoever may not run a shell is told what is missing."""
        path = Through(node, tmp_path).kubeconfig("stranger")
        with KubernetesBackend.from_kubeconfig(str(path), namespace=SPACE) as backend:
            told = order(backend, warm, Run(task("a", "true"))).last()

        assert told.state == "unfit"
        assert "need the verbs create and get on pods/exec" in told.message


def claims(seen: PodRecord | None, number: int) -> list[str]:
    """Who has claimed a pod for this task."""
    found = None if seen is None or seen.annotations is None else seen.annotations.get(f"{LABEL}{number}")
    return [] if found is None else [found]


class TestSwap:
    def test_one_wins(self, node: RealNode, backend: KubernetesBackend) -> None:
        """Of two who claim one pod at once one has it, each time; the other learns who."""
        ref = backend.launch(pod(script("true"), **HELD), launch_id="claimed").ref
        gate = threading.Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            for number in range(50):
                seen = record(node, ref)

                def claim(who: str, seen: PodRecord = seen, number: int = number) -> Swapped | Changed:
                    gate.wait()
                    return backend.swap(seen, {f"{LABEL}{number}": ""}, {f"{LABEL}{number}": who})

                found = dict(zip("ab", pool.map(claim, "ab"), strict=True))
                winners = [who for who, each in found.items() if isinstance(each, Swapped)]
                now = [record(node, ref), *(each.record for each in found.values())]

                assert len(winners) == 1
                assert [claims(each, number) for each in now] == [winners] * 3

    def test_take_away(self, node: RealNode, backend: KubernetesBackend) -> None:
        """What is None is taken away, the rest stays."""
        ref = backend.launch(pod(script("true"), **HELD), launch_id="taken").ref
        first = backend.swap(record(node, ref), {f"{LABEL}x": "", f"{LABEL}y": ""}, {f"{LABEL}x": "1"})
        assert isinstance(first, Swapped)
        second = backend.swap(first.record, {f"{LABEL}x": None}, {f"{LABEL}x": None, f"{LABEL}never": None})

        assert isinstance(second, Swapped)
        labels, annotations = second.record.labels or {}, second.record.annotations or {}
        assert (f"{LABEL}x" in labels, f"{LABEL}y" in labels, f"{LABEL}x" in annotations) == (False, True, False)
        assert second.record == record(node, ref)

    def test_gone(self, node: RealNode, backend: KubernetesBackend) -> None:
        """A pod that is not there is not there, though another has its name."""
        ref = backend.launch(pod(script("true"), **HELD), launch_id="goes").ref
        seen = record(node, ref)
        backend.stop(ref, grace=0)
        wait_for(lambda: look(node, ref) is None, "it is gone", every=0.1)
        assert backend.swap(seen, {f"{LABEL}x": ""}, {}) == Changed(None)
        backend.launch(pod(script("true"), **HELD), launch_id="goes")

        assert backend.swap(seen, {f"{LABEL}x": ""}, {}) == Changed(None)

    def test_holders(self, node: RealNode, backend: KubernetesBackend) -> None:
        """A claim that was just answered is seen at once, each time, and nobody else's."""
        refs = [backend.launch(pod(script("true"), **HELD), launch_id=f"held/{number}").ref for number in range(2)]
        assert backend.holders(SPACE, f"{LABEL}held") == ()
        for _ in range(20):
            for ref in refs:
                assert isinstance(backend.swap(record(node, ref), {f"{LABEL}held": ""}, {}), Swapped)
                assert ref in [found.ref for found in backend.holders(SPACE, f"{LABEL}held")]
            assert {found.ref for found in backend.holders(SPACE, f"{LABEL}held")} == set(refs)
            for ref in refs:
                backend.swap(record(node, ref), {f"{LABEL}held": None}, {})
                assert ref not in [found.ref for found in backend.holders(SPACE, f"{LABEL}held")]
