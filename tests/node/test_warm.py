"""Tasks in warm pods of a real node: whatever one does, or is done to its pod, it has run once, and its outcome is true."""

from __future__ import annotations

import json
import os
import random
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from podcompose.run import Outcome, Owner, PodRef
from tests.clients.test_clients import environment
from tests.cluster.child import wait_for
from tests.environments import run_in
from tests.node import scheduler, warm
from tests.node.images import PAUSE
from tests.node.node import RealNode
from tests.node.warm import Place, Ran, Work
from tests.node.watching import Json
from tests.warm.soak import soak

REPOSITORY = Path(__file__).parent.parent.parent
SPACE = "warm"
#: How many tasks two schedulers race for, and how many one leaves behind; PODCOMPOSE_SOAK=1 has 50.
MANY = os.environ.get("PODCOMPOSE_SOAK") == "1"
RACED, ORPHANS = (50, 50) if MANY else (20, 8)
DEAF = "trap '' TERM; : >/ran/deaf-$ID; while :; do sleep 0.1; done"
NEVER = "while :; do sleep 0.1; done"


@pytest.fixture(scope="module")
def place(node: RealNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The namespace of these tests."""
    yield warm.made(node, SPACE, tmp_path_factory.mktemp("ran"))
    warm.cleared(node, [SPACE])


@pytest.fixture(scope="module")
def work(place: Place) -> Iterator[Work]:
    """The pool of most of these tests."""
    with Work(place.pool(limit=2)) as work:
        yield work


ODD = [
    "",
    " ",
    "-n",
    "a'b\"c`d\\e",
    "two\nlines\n",
    "täsk 日本 🚀\t\x01\x7f",
    "$HOME ${HOME} $(nothing) $(date) $((1 + 1))",
    "; exit 9 # 'EOF'\n)\n}\n",
    "*?[a-z]~!&|<>",
]
LARGE = "".join(random.Random(7).choice(string.printable + "äé漢🚀") for _ in range(100_000))
SAYS = 'printf "%s\\0" "$@" "$ODD0" "$ODD1"'

#: What a task does -> its script, how it ends (kind, exit code), what it writes (None: it does not matter).
CASES: dict[str, tuple[str, tuple[str, int | None], bytes | None]] = {
    "success": ("echo out; echo err >&2", ("Succeeded", 0), b"out\nerr\n"),
    "nothing said": ("exit 3", ("Failed", 3), b""),
    "255": ("exit 255", ("Failed", 255), b""),
    "a signal": ("kill -9 $$", ("Failed", 137), b""),
    "a signal's number": ("exit 143", ("Failed", 143), b""),
    "bytes": (r"printf '\000\001\377\r\n\200'; printf end >&2", ("Succeeded", 0), b"\0\1\xff\r\n\x80end"),
    "children are left": ("sleep 1000 & setsid sleep 1000 & (setsid sleep 1000 >/dev/null 2>&1 &) ; exit 4", ("Failed", 4), b""),
    "a child holds its output": ("sleep 1000 & echo said; exit 5", ("Failed", 5), b"said\n"),
    "its parent is killed": ("kill -9 $PPID; kill -9 1; kill -TERM 2>/dev/null; exit 6", ("Failed", 6), None),
    "everything is killed": ("kill -9 -1; exit 7", ("Failed", 7), None),
    "its folder is removed": ("rm -rf /podcompose /podcompose/* /podcompose/.*; exit 8", ("Failed", 8), None),
    "its folder is closed": ("chmod -R 0 /podcompose; exit 9", ("Failed", 9), None),
    "it stops itself for a while": ("(sleep 0.2; kill -CONT $$) & kill -STOP $$; exit 10", ("Failed", 10), b""),
    "stdin is empty": ("cat; exit 11", ("Failed", 11), b""),
    "the log is removed": ("rm -rf /podcompose/log; echo x; exit 12", ("Failed", 12), None),
}


@pytest.fixture(scope="module")
def ran(work: Work, place: Place) -> dict[str, Ran]:
    """Every case, one after the other in two pods."""
    return work.run_all({name: place.pod(text) for name, (text, _, _) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_whatever_a_task_does(name: str, ran: dict[str, Ran], place: Place) -> None:
    """It ends as it ended, what it wrote is what it wrote, and it ran once."""
    _, end, said = CASES[name]
    outcome, output = ran[name]

    assert (outcome.kind, outcome.exit_code) == end
    assert outcome.ran == "yes"
    assert said is None or output == said
    assert place.runs(name) == 1


def test_they_shared_two_pods(work: Work, ran: dict[str, Ran]) -> None:
    """No case cost a pod."""
    stats = work.pool.stats()

    assert (stats.pods, stats.own) == (2, 0)


def test_odd_values(work: Work, place: Place) -> None:
    """Arguments and variables arrive as they are, to the byte."""
    env = {"ODD0": ODD[3], "ODD1": ODD[6]}
    outcome, output = work.run("odd", place.pod(SAYS, *ODD, env=env))

    assert outcome.kind == "Succeeded"
    assert output.decode().split("\0")[:-1] == [*ODD, *env.values()]


def test_large_values(work: Work, place: Place) -> None:
    """100 kB of arguments and 100 kB of variables as well."""
    value = LARGE[:1000] * 100
    outcome, output = work.run("large", place.pod(SAYS, LARGE, env={"ODD0": value, "ODD1": ""}))

    assert len(LARGE.encode()) >= 100_000
    assert outcome.kind == "Succeeded"
    assert output.decode().split("\0")[:-1] == [LARGE, value, ""]


def test_a_large_log(work: Work, place: Place) -> None:
    """10 MB are written (100 MB beside this, to a pod without a pool); the exit code is the program's."""
    outcome, output = work.run("log", place.pod("head -c 10000000 /dev/zero; exit 3"))

    assert (outcome.exit_code, len(output)) == (3, 10_000_000)


def test_a_deaf_task_is_stopped(work: Work, place: Place) -> None:
    """One that ignores TERM is killed when the grace is over, and its pod goes on."""
    ref = work.begun(work.launch("deaf", place.pod(DEAF)))
    place.until_said("deaf", "deaf")
    work.pool.stop(ref, grace=1)
    outcome = work.outcome(ref)

    assert (outcome.kind, outcome.exit_code, outcome.ran) == ("Stopped", 137, "yes")
    assert work.run("after deaf", place.pod("exit 0")).outcome.kind == "Succeeded"
    assert work.pool.stats().pods == 2


def test_deadlines(work: Work, place: Place) -> None:
    """A task is ended when its time is over, whether it listens or not; the pod lives on."""
    pods = {"late": "trap 'exit 0' TERM; while :; do sleep 0.1; done", "late and deaf": DEAF}
    found = work.run_all({name: place.pod(text, activeDeadlineSeconds=1) for name, text in pods.items()})
    said = {name: (ran.outcome.kind, ran.outcome.cause and ran.outcome.cause.kind) for name, ran in found.items()}

    assert said == dict.fromkeys(pods, ("Failed", "DeadlineExceeded"))
    assert found["late and deaf"].outcome.exit_code == 137


def test_a_full_disk(place: Place) -> None:
    """A task that fills the scratch folder ends as it ends, and the next one finds it empty."""
    with Work(place.pool(scratch={"medium": "Memory", "sizeLimit": "8Mi"}, limit=1, name="small")) as work:
        full = work.run("full", place.pod('head -c 20000000 /dev/zero >"$TMPDIR/x"; head -c 20000000 /dev/zero; exit 6'))
        after = work.run("after full", place.pod('ls -A "$TMPDIR"; head -c 1000 /dev/zero >"$TMPDIR/y"'))

        assert (full.outcome.kind, full.outcome.exit_code) == ("Failed", 6)
        assert (after.outcome.kind, after.output) == ("Succeeded", b"")
        assert place.runs("full") == place.runs("after full") == 1


SOURCES: dict[str, Any] = {
    "env": [
        {"name": "FIRST", "value": "1 $(SECOND) $(WORD) $$(WORD)"},
        {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "odd", "key": "word"}}},
        {"name": "SECOND", "value": "2 $(FIRST) $(WORD) $(FROM_word) $(ABSENT) $(PATH)"},
        {"name": "SPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}},
        {"name": "THIRD", "value": "$(SPACE)/$(MEMORY)$(SECOND)"},
    ],
    "envFrom": [{"secretRef": {"name": "odd"}, "prefix": "FROM_"}],
    "resources": {"limits": {"memory": "64Mi"}},
}
EXPANDED = ["$(FIRST)", "$(WORD)", "$(FROM_word)|$(SECOND)", "$$(WORD)", "$(ABSENT)", "$(PATH)", "$(HOSTNAME)", "$(THIRD)"]
WORD = 'it\'s "$(FIRST)" `x` $HOME\nend'


def test_references_are_expanded_as_in_a_cold_pod(node: RealNode, work: Work, place: Place) -> None:
    """`$(VAR)` of secrets, fields and each other: the same bytes as from a pod of its own."""
    secret = {"metadata": {"name": "odd"}, "stringData": {"word": WORD}}
    node.api.must("POST", f"/api/v1/namespaces/{SPACE}/secrets", secret)
    text = 'printf "%s\\0" "$@"; printf "%s\\0" "$FIRST" "$SECOND" "$THIRD" "$FROM_word"'
    asked = place.pod(text, *EXPANDED, main=SOURCES)
    found = work.run("expanded", asked)
    cold = _cold(node, work, "expanded cold", asked)

    assert WORD.encode() in found.output
    assert found.output == cold


def test_the_environment_is_that_of_a_cold_pod(node: RealNode, work: Work, place: Place) -> None:
    """A task has the variables of a pod of its own, and TMPDIR; what tells pods apart is the pod's."""
    asked = place.pod("env -0 | sort -z", env={"A": "x", "EMPTY": "", "odd.name-1": "y"}, main={"workingDir": "/tmp"})
    found, cold = (
        dict(entry.split(b"=", 1) for entry in said.split(b"\0")[:-1])
        for said in (work.run("env", asked).output, _cold(node, work, "env cold", asked))
    )
    differ = {name for name in found.keys() | cold.keys() if found.get(name) != cold.get(name)}

    assert differ <= {b"TMPDIR", b"HOSTNAME", b"ID"}
    assert found[b"PWD"] == b"/tmp"


def _cold(node: RealNode, work: Work, launch_id: str, manifest: Json) -> bytes:
    """What the same pod writes when it has a pod of its own."""
    ref = work.launch(launch_id, manifest, fresh=True)
    assert work.outcome(ref).kind == "Succeeded"
    said: bytes = node.api.must("GET", f"/api/v1/namespaces/{SPACE}/pods/{ref.name}/log")
    work.pool.stop(ref)
    return said


LEAVES = """
export LEFT=1; umask 0; cd /proc; ulimit -n 33; echo x >"$TMPDIR/left"; mkdir -p "$TMPDIR/.a/b"
(nc -l -p 7777 >/dev/null 2>&1 </dev/null &); (setsid sh -c 'trap "" TERM; sleep 1000' &); sleep 1000 &
until netstat -ltn | grep -q :7777; do sleep 0.05; done
"""
LOOKS = """
env | grep -c LEFT; umask; pwd; ulimit -n; ls -A "$TMPDIR" | wc -l; ps -o args | grep -c '[s]leep 1000'; netstat -ltn | grep -c 7777
"""


def test_nothing_leaks(place: Place) -> None:
    """Not variables, folders, limits, files of the scratch folder, processes or sockets: the next one finds it as the first did."""
    with Work(place.pool(limit=1, name="one")) as work:
        before = work.run("looks", place.pod(LOOKS)).output
        assert work.run("leaves", place.pod(LEAVES)).outcome.kind == "Succeeded"
        after = work.run("looks again", place.pod(LOOKS)).output

        assert work.pool.stats().pods == 1
        assert after == before
        assert before.split()[0] == before.split()[4] == before.split()[5] == before.split()[6] == b"0"


class Struck:
    """What is done to a pod under its task."""

    def __init__(self, node: RealNode) -> None:
        self.node = node

    def evicted(self, pod: str) -> None:
        """By the eviction API."""
        self.node.api.must(
            "POST", f"{pod}/eviction", {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": _name(pod)}}
        )

    def deleted(self, pod: str) -> None:
        """As kubectl delete does."""
        self.node.api.must("DELETE", pod)

    def forced(self, pod: str) -> None:
        """As kubectl delete --force --grace-period=0 does."""
        self.node.api.must("DELETE", pod, gracePeriodSeconds=0)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


#: What is done -> to which task, the kinds that are true, whether an exit code may be there.
STRIKES: dict[str, tuple[Callable[[Struck, str], None], str, set[str]]] = {
    "evicted": (Struck.evicted, NEVER, {"Failed", "Deleted"}),
    "evicted, deaf": (Struck.evicted, DEAF, {"Failed", "Deleted"}),
    "deleted": (Struck.deleted, NEVER, {"Failed", "Deleted"}),
    "deleted, deaf": (Struck.deleted, DEAF, {"Deleted"}),
    "deleted, and done in time": (Struck.deleted, "trap 'exit 21' TERM; while :; do sleep 0.1; done", {"Failed"}),
    # The kubelet may be quick enough with its TERM, and the task with its end.
    "forced": (Struck.forced, NEVER, {"Failed", "Deleted"}),
}


@pytest.fixture(scope="module")
def struck(node: RealNode, place: Place) -> Iterator[dict[str, Outcome]]:
    """Each in a pod of its own, all at once."""
    with Work(place.pool(limit=8, name="struck")) as work:
        refs = {name: work.launch(name, place.pod(text)) for name, (_, text, _) in STRIKES.items()}
        for name, ref in refs.items():
            work.begun(ref)
            if "deaf" in name:
                place.until_said("deaf", name)
            STRIKES[name][0](Struck(node), f"/api/v1/namespaces/{SPACE}/pods/{_pod_of(ref, work)}")
        yield {name: work.outcome(ref) for name, ref in refs.items()}


def _pod_of(ref: PodRef, work: Work) -> str:
    """The pod that a task is in."""
    found = work.pool._yard.of_task(ref.uid)
    assert found is not None
    return found[0].record.ref.name


@pytest.mark.parametrize("name", STRIKES)
def test_a_pod_that_goes_under_its_task(name: str, struck: dict[str, Outcome], place: Place) -> None:
    """The recorded exit code if there is one, else the pod's own end; it ran, and not twice."""
    outcome = struck[name]

    assert outcome.kind in STRIKES[name][2], outcome
    assert outcome.ran == "yes"
    assert not outcome.retry_safe
    assert place.runs(name) == 1


def test_memory(work: Work, place: Place) -> None:
    """A task that is killed for its memory is said to be; one whose child is, too; the pod lives on."""
    limit = {"resources": {"limits": {"memory": "64Mi"}}}
    eats = "dd if=/dev/zero of=/dev/null bs=200M count=1"
    found = work.run_all(
        {name: place.pod(text, main=limit) for name, text in {"eats": f"exec {eats}", "child": f"{eats}; exit 7"}.items()}
    )
    said = {name: (ran.outcome.cause and ran.outcome.cause.kind, ran.outcome.exit_code) for name, ran in found.items()}

    assert said == {"eats": ("OOMKilled", 137), "child": ("OOMKilled", 7)}
    assert work.run("after", place.pod("exit 0", main=limit)).outcome.kind == "Succeeded"


def test_no_shell(work: Work, place: Place) -> None:
    """Tasks of an image without a shell have pods of their own, the first as well, and the reason is said."""
    manifest = {
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": PAUSE, "command": ["/bin/sleep", "0"]}]}
    }
    before = work.pool.stats().own
    for number in range(2):
        assert work.outcome(work.launch(f"no shell {number}", manifest)).kind == "Succeeded"

    assert work.pool.stats().own == before + 2
    assert any("shell" in str(reason) or "executable" in str(reason) for reason in work.pool.explain(manifest).reasons)


def test_the_kubelet_is_killed(node: RealNode, work: Work, place: Place) -> None:
    """Tasks go on while there is no kubelet, and are told of when there is one again."""
    refs = [
        work.begun(work.launch(f"kubelet/{code}", place.pod(f"until test -e /ran/go; do sleep 0.1; done; exit {code}")))
        for code in (0, 9)
    ]
    node.kill_kubelet()
    (place.folder / "go").touch()
    node.start_kubelet()
    codes = [work.ended(ref).outcome.exit_code for ref in refs]

    assert codes == [0, 9]
    assert [place.runs(f"kubelet/{code}") for code in (0, 9)] == [1, 1]


def test_the_api_server_is_killed_and_held(node: RealNode, work: Work, place: Place) -> None:
    """While tasks run, and while they are launched: each runs once, and has its exit code."""
    text = "sleep 0.3; exit "
    refs = {code: work.launch(f"server/{code}", place.pod(f"{text}{code}")) for code in range(2)}
    node.order("kill", "apiserver")
    node.order("start", "apiserver")
    refs |= {code: work.launch(f"server/{code}", place.pod(f"{text}{code}")) for code in range(2, 5)}
    work.begun(refs[2])
    node.order("pause", "apiserver")
    wait_for(lambda: place.runs("server/2") == 1, "one has begun")
    node.order("resume", "apiserver")
    codes = {code: work.outcome(ref).exit_code for code, ref in refs.items()}
    for ref in refs.values():
        work.pool.stop(ref)

    assert codes == {code: code for code in range(5)}
    assert [place.runs(f"server/{code}") for code in codes] == [1] * 5


def test_two_schedulers_race(place: Place) -> None:
    """Of two with the same tasks at the same time, over the same pods, one runs each; both are told its outcome."""
    codes = {f"race/{number}": number for number in range(RACED)}
    with (
        Work(place.pool(name="raced", limit=4)) as one,
        Work(place.pool(name="raced", limit=4)) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        told = [
            {launch_id: pool.submit(_raced, work, place, launch_id, code) for launch_id, code in codes.items()}
            for work in (one, other)
        ]
        answers = [{launch_id: future.result() for launch_id, future in each.items()} for each in told]

    assert answers == [codes, codes]
    assert {launch_id: place.runs(launch_id) for launch_id in codes} == dict.fromkeys(codes, 1)


def _raced(work: Work, place: Place, launch_id: str, code: int) -> int | None:
    outcome = work.outcome(work.launch(launch_id, place.pod(f"exit {code}")))
    assert outcome.kind == ("Succeeded" if code == 0 else "Failed"), (launch_id, outcome)
    return outcome.exit_code


def test_a_scheduler_is_killed(node: RealNode, place: Place) -> None:
    """Its tasks go on; its successor is told the outcome of each, launches those that were not, and none runs twice."""
    arguments = [str(node.kubeconfig), SPACE, str(place.folder), "1", str(ORPHANS), "4"]
    (place.folder / "go").unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-m", "tests.node.scheduler", *arguments], cwd=REPOSITORY) as killed:
        wait_for(lambda: sum(place.runs(f"work/{number}") for number in range(ORPHANS)) >= ORPHANS // 2, "half of them run")
        killed.kill()
    (place.folder / "go").touch()
    with Work(place.pool(name=scheduler.POOL, owner=Owner(scheduler.POOL, 2), limit=4)) as work:
        found = scheduler.launch(work, place, ORPHANS)

    assert found == {number: number for number in range(ORPHANS)}
    assert [place.runs(f"work/{number}") for number in range(ORPHANS)] == [1] * ORPHANS


def test_a_short_soak(node: RealNode, tmp_path: Path) -> None:
    """Streams are cut and the API server is killed under a few tasks; `make soak-warm` has thousands."""
    counts = soak(node, tmp_path, 80, 4, kills=1)

    assert counts.is_good, counts
    assert counts.cut > 0


@pytest.mark.parametrize("version", ["31.0.0", "36.0.*", "37.0.*"])
def test_every_client(version: str, place: Place) -> None:
    """With each generation of the client a warm pod runs tasks, also where streams are cut."""
    (place.folder / "cut").unlink(missing_ok=True)
    arguments = ["-m", "tests.node.client", str(place.kubeconfig), SPACE, str(place.folder), version]
    said, tasks = json.loads(run_in(environment(version), *arguments))

    assert said.startswith(version.removesuffix("*"))
    assert tasks == [["Succeeded", 0, "fine\n"], ["Failed", 3, ""], ["Failed", 5, "whole\n"]]
    assert [place.runs(f"{version}/{name}") for name in ("ok", "fails", "cut")] == [1, 1, 1]
