"""`podcompose run --warm`: many tasks in few pods, as a person has it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from podcompose.backends import LocalBackend
from podcompose.cli.overheard import Abandoned, Overheard
from podcompose.cli.targets import Target
from podcompose.cli.warm import left_over, pool_name, working
from podcompose.run import PodRecord, Seen, Selection
from podcompose.run.warm.life import State
from podcompose.run.warm.pool import Stats
from tests.cli.conftest import Run, command

TASK = """\
spec:
  restartPolicy: {policy}
  containers:
  - name: base
    command: [sh, -c, {script}]
    env: [{{name: POD, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}]
"""
Begin = Callable[..., "subprocess.Popen[bytes]"]


def task(script: str, policy: str = "Never") -> str:
    """A template that runs this; gives its name."""
    Path("w.yaml").write_text(TASK.format(script=json.dumps(script), policy=policy))
    return "w.yaml"


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Begin a command that is signalled later; whatever becomes of the test, it ends."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*args: str) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen([command(), "run", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBackend]:
    """What `--backend kubernetes` reaches: pods that are there when the command has ended."""
    backend = LocalBackend()
    end = backend.close
    monkeypatch.setattr(backend, "close", lambda: None)
    monkeypatch.setattr(Target, "open", lambda self, concurrency=32: backend)
    yield backend
    end()


def records(backend: LocalBackend) -> list[PodRecord]:
    """The pods that are there."""
    subscription = backend.subscribe(Selection(("default",)))
    found = [change.record for change in subscription.poll(10).changes if isinstance(change, Seen)]
    subscription.close()
    return found


def test_many_tasks_run_in_few_pods(process: Run) -> None:
    """12 tasks with --warm 2 run in two pods, each with its number and its exit code; the end says how many, and what it saved."""
    template = task("echo $POD >> pods; test $PODCOMPOSE_INDEX != 5 || exit 7")
    status, out, err = process("run", template, "--many", "12", "--warm", "2", "--id", "batch", "--json")
    told = {one["launch_id"]: one["exit_code"] for one in map(json.loads, out.splitlines())}
    pods = Counter(Path("pods").read_text().split())
    lines = err.splitlines()

    assert (status, told) == (1, {f"batch/{number}": 7 if number == 5 else 0 for number in range(1, 13)})
    assert (len(pods), pods.total()) == (2, 12)
    assert lines[-2] == "podcompose: 12 tasks: 11 Succeeded, 1 Failed"
    assert re.fullmatch(
        r"podcompose: 12 tasks in 2 warm pods, 6 a pod; about \S+ m?s of starting saved "
        r"\(estimated: 10 starts fewer x \S+ m?s, the mean start here\)",
        lines[-1],
    )
    assert any(re.search(r" of 12: .*; pods: .*, used again \d+ times?$", line) for line in lines)


def test_what_was_not_reused_has_saved_nothing(process: Run) -> None:
    """Where each task had a pod that no other had, nothing is said to be saved."""
    err = process("run", task("true"), "--many", "2", "--warm", "4").err

    assert err.splitlines()[-1] == "podcompose: 2 tasks in 2 warm pods"


def test_a_task_that_cannot_share_a_pod_has_its_own_and_it_is_told(process: Run) -> None:
    """Why the first task has a pod of its own is told before anything runs, and how many had one at the end."""
    status, _, err = process("run", task("true", policy="OnFailure"), "--many", "3", "--warm", "2")
    lines = err.splitlines()

    assert status == 0
    assert lines[0].startswith("podcompose: not warm: .spec.restartPolicy: ")
    assert lines[-1] == "podcompose: 0 tasks in 0 warm pods, 3 tasks in pods of their own"


def test_a_single_task_is_not_kept_warm(process: Run) -> None:
    """--warm without --many is wrong usage, and says why; nothing is launched."""
    status, out, err = process("run", task("touch here"), "--warm", "2")

    assert (status, out, Path("here").exists()) == (2, "", False)
    assert "--warm needs --many" in err


def test_a_dry_run_says_which_tasks_would_share_pods(run: Run) -> None:
    """With --warm a dry run tells of each task whether it goes to a warm pod, and launches nothing."""
    Path("many.yaml").write_text("- {id: a}\n- {id: b, override: {spec: {restartPolicy: OnFailure}}}\n")
    status, _, err = run("run", task("touch here"), "--many", "many.yaml", "--warm", "2", "--dry-run")
    lines = [line for line in err.splitlines() if "warm: " in line]

    assert (status, Path("here").exists()) == (0, False)
    assert lines[0].startswith("podcompose: warm: kind ")
    assert lines[1].startswith("podcompose: not warm: .spec.restartPolicy: ")


def test_no_more_tasks_are_under_way_than_there_are_pods(process: Run) -> None:
    """Without --max-in-flight it is N: no task waits for a pod, or starts one besides."""
    template = task("mkdir run.$PODCOMPOSE_INDEX; ls -d run.* | wc -l >> seen; rmdir run.$PODCOMPOSE_INDEX")
    process("run", template, "--many", "20", "--warm", "3")

    assert max(map(int, Path("seen").read_text().split())) <= 3


def until(running: subprocess.Popen[bytes], file: str, words: int) -> list[str]:
    """Wait until so many words are in a file."""
    while not Path(file).exists() or len(Path(file).read_text().split()) < words:
        assert running.poll() is None
    return Path(file).read_text().split()


def test_a_signal_stops_the_tasks_and_ends_the_pods(begin: Begin) -> None:
    """Ctrl-C stops the tasks that run and begins no more; the command ends by itself, and so do the pods."""
    template = task("echo $$$$ >> begun; while :; do sleep 0.05; done")
    running = begin(template, "--many", "9", "--warm", "2", "--json")
    pids = until(running, "begun", 2)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)

    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["Stopped", "Stopped"]
    assert err.splitlines()[-2:] == [b"podcompose: 9 tasks: 2 Stopped, 7 without an outcome", b"podcompose: 2 tasks in 2 warm pods"]
    assert (running.returncode, [pid for pid in pids if Path("/proc", pid).exists()]) == (1, [])


def test_a_second_signal_leaves_at_once(begin: Begin) -> None:
    """A task that does not want to end is not waited for; of a local one no process is left."""
    running = begin(task("trap '' TERM; echo $$$$ >> begun; while :; do sleep 0.05; done"), "--many", "2", "--warm", "1")
    (pid,) = until(running, "begun", 1)
    running.send_signal(signal.SIGINT)
    said = b""
    while b"once more leaves" not in said:
        said += os.read(running.stderr.fileno(), 65536)  # type: ignore[union-attr]
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)

    assert (running.returncode, Path("/proc", pid).exists()) == (130, False)
    assert b"its processes are ended with this command" in err


def test_the_pods_end_with_the_tasks(run: Run, cluster: LocalBackend) -> None:
    """When all is done no pod is kept: those with results have succeeded and stay to be read, and nothing is said to be left."""
    status, _, err = run("run", task("true"), "--many", "6", "--warm", "2", "--id", "batch", "--backend", "kubernetes")
    left = [(record.outcome and record.outcome.kind) for record in records(cluster)]

    assert (status, left, "left: " in err) == (0, ["Succeeded", "Succeeded"], False)


def test_the_same_command_again_finds_the_results(run: Run, cluster: LocalBackend) -> None:
    """A launch id that has run does not run again: its result is on the pod that it was in."""
    words = ("run", task("echo $PODCOMPOSE_INDEX >> ran"), "--many", "6", "--warm", "2", "--id", "batch", "--backend", "kubernetes")
    ran = [run(*words) for _ in range(2)]

    assert [one.status for one in ran] == [0, 0]
    assert ran[1].err.splitlines()[-1].startswith("podcompose: no task was launched anew")
    assert sorted(Path("ran").read_text().split()) == list("123456")


def test_pods_that_are_left_are_named_with_what_ends_them(run: Run, cluster: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods that have not ended when the command does are told, with the kubectl command that ends them."""
    monkeypatch.setattr(Overheard, "drain", lambda self: None)
    err = run("run", task("true"), "--many", "2", "--warm", "2", "--id", "batch", "--backend", "kubernetes", "--context", "c").err
    found = {(record.labels or {}).get("podcompose.io/warm-pool") for record in records(cluster)}

    assert found == {pool_name("2", "batch", prefixed=True)}
    assert err.splitlines()[-1] == (
        "podcompose: left: 2 warm pods, with the tasks in them; end them: kubectl delete pods "
        f"-l podcompose.io/warm-pool={found.pop()} --namespace default --context c"
    )


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({}, ""),
        ({State.OVER: 2, State.ENDING: 1}, ""),
        ({State.OVER: 2, State.FREE: 1}, "left: 1 warm pod, with the tasks in them; end them: CMD"),
    ],
)
def test_only_pods_that_live_are_left(states: dict[Any, int], said: str) -> None:
    """A pod that has ended, or is about to, is not left."""
    assert left_over(Stats(1, 0, 1, states), "CMD") == said


@pytest.mark.parametrize(
    ("stats", "said"),
    [
        (Stats(0, 3, 0, {}), ""),
        (Stats(1, 0, 2, {State.STARTING: 2}), "pods: 2 starting, used again 0 times"),
        (Stats(3, 0, 2, {}), "pods: none, used again 1 time"),
    ],
)
def test_the_pool_at_work_in_words(stats: Stats, said: str) -> None:
    """Pods by their states, and how often one was used again; nothing where there is no pool at work."""
    assert working(stats) == said


def test_a_pool_is_called_by_what_names_its_launches() -> None:
    """The launch id, or the file whose ids they are: so the same command meets its pods again, and no other does."""
    named = [
        pool_name("40", "a/b", prefixed=True),
        pool_name("f.yaml", "a/b", prefixed=True),
        pool_name("f.yaml", "new/1", prefixed=False),
        pool_name("f.yaml", "new/2", prefixed=False),
        pool_name("40", "new/2", prefixed=False),
    ]

    assert [named[0] == named[1], named[2] == named[3], len(set(named))] == [True, True, 3]


def test_pods_that_do_not_end_are_not_waited_for_by_nobody() -> None:
    """Who leaves while the pods of a pool are ending does not wait for them."""

    class Pool:
        def drain(self, timeout_s: float) -> bool:
            overheard.abandoned.set()
            return False

    overheard = Overheard(Pool(), lambda event: None)  # type: ignore[arg-type]

    with pytest.raises(Abandoned):
        overheard.drain()
