"""The shell program of a warm pod, as process 1 of a real PID namespace, in three shells."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcompose.backends.local.expansion import expand
from podcompose.run.warm.hosting import Ask, Order, Quit, Report, Run, Stop, Task, Void
from podcompose.run.warm.shell.reports import Reports, message_result
from podcompose.run.warm.shell.script import key_of as key_of_order
from podcompose.run.warm.shell.script import output_script, script, supervisor
from tests.cluster.child import wait_for
from tests.warm.container import SHELLS, Container, missing, shell_folder

needs_namespace = pytest.mark.skipif(bool(missing()), reason=missing() or "-")
ODD = ("", "-n", "--", "$(r", "'; exit 9 #", 'a"b\\', "\n\n", "\t", "ü€😀", "`x`", "${PATH}", "!!", "*", "\x01\x7f", "\\n")
#: What texts are made of, so that references are met often.
PARTS = (
    *("$", "$$", "$(A)", "$(B)", "$(GREETING)", "$(EMPTY)", "$(a.b)", "$(no)", "$(RANDOM)", "$(_)", "$()"),
    *("$(", ")", "(", "'", "\\", "\n", '"', "x"),
)
ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3)
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), ANY_TEXT), max_size=8).map("".join)
ENVS = st.lists(st.tuples(st.sampled_from(["A", "B", "a.b", "c-d", "PATH_X", "RANDOM", "_"]), TEXTS), max_size=5)
ENV = {"GREETING": "good 'day'\n$HOME", "EMPTY": "", "QUOTES": '"\\`x`', "Z": "ü"}


def key_of(name: str) -> str:
    """A task's key, as the pool makes it."""
    return base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower().rstrip("=")


class Front:
    """One front with its order."""

    def __init__(self, pod: Pod, order: Order) -> None:
        self.process = pod.container.popen(["sh"])
        self._reports = Reports(key_of_order(order))
        assert self.process.stdin is not None
        self.process.stdin.write(script(order, pod.root))
        self.process.stdin.flush()  # and not closed: not every API server can

    def running(self) -> Report:
        """Wait for the first line: the task has begun."""
        assert self.process.stdout is not None
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], 20)
            assert ready, "no word of the task's beginning"
            data = os.read(self.process.stdout.fileno(), 4096)
            assert data, "the front ended"
            told = self._reports.feed(data)
            if told:
                assert told[0].state == "running", told
                return told[0]

    def last(self, seconds: float = 20.0) -> Report:
        """Wait for its end: the last word."""
        out, stderr = self.process.communicate(timeout=seconds)
        self._reports.feed(out)
        return self._reports.end(self.process.returncode, stderr)

    def kill(self, pod: Pod) -> None:
        """Kill the shell in there, as if the stream were cut and it with it."""
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self.process.communicate(timeout=10)


class Pod:
    """A container with the supervisor."""

    def __init__(self, shell: str, env: dict[str, str] | None = None, **more: Any) -> None:
        # Not below a folder only the owner may enter: the container's user may be another.
        self.folder = Path(tempfile.mkdtemp(prefix="warm-", dir="/tmp"))
        self.folder.chmod(0o777)
        tools = shell_folder(shell, self.folder / "bin")
        if tools is None:
            pytest.skip(f"there is no {shell} here")
        self.shell, self.root = shell, str(self.folder / "root")
        self.env = {"PATH": f"{tools}:/usr/bin:/bin", **(ENV if env is None else env)}
        self.container = Container(supervisor(self.root), self.env, self.folder / "log", **more)
        self.count = 0
        try:
            wait_for(lambda: self.order(Ask(key_of("nobody"))).state == "absent", "the supervisor", 10)
        except BaseException:
            self.end()
            raise

    def order(self, order: Order) -> Report:
        """Order, and wait for the last word."""
        return Front(self, order).last()

    def task(self, *argv: str, **more: Any) -> Task:
        """A task that was not there before."""
        self.count += 1
        name = f"task {self.count}"
        return Task(key_of(name), name, argv, **more)

    def sh(self, text: str, **more: Any) -> Task:
        """A task of shell text, nothing of which the kubelet expands."""
        return self.task("/bin/sh", "-c", text.replace("$", "$$"), **more)

    def run(self, task: Task) -> Report:
        """Run it to its end."""
        return self.order(Run(task))

    def output(self, task: Task) -> bytes:
        """What it wrote."""
        process = self.container.popen(["sh"])
        out, stderr = process.communicate(output_script(task.key, self.root), timeout=20)
        assert (process.returncode, stderr) == (0, b"")
        return out

    def said(self, task: Task) -> bytes:
        """Run it, and what it wrote; it must succeed."""
        ended = self.run(task)
        assert (ended.state, ended.code) == ("ended", 0), (ended, self.output(task))
        return self.output(task)

    def end(self) -> None:
        """End all of it."""
        self.container.end()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module", params=SHELLS)
def pod(request: pytest.FixtureRequest) -> Iterator[Pod]:
    """One pod for all tasks that leave it as it was."""
    if missing():
        pytest.skip(missing())
    one = Pod(request.param)
    yield one
    one.end()


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> Iterator[Callable[..., Pod]]:
    """Pods of one's own."""
    if missing():
        pytest.skip(missing())
    made: list[Pod] = []

    def make(shell: str, **more: Any) -> Pod:
        made.append(Pod(shell, **more))
        return made[-1]

    yield make
    for one in made:
        one.end()


class TestResult:
    def test_exit_codes_are_exact(self, pod: Pod) -> None:
        """Whatever a program exits with is told, 126, 127 and 128 too; a signal is 128 and its number."""
        for code in (0, 1, 2, 126, 127, 128, 138, 140, 143, 255):
            ended = pod.run(pod.sh(f"exit {code}"))
            assert (ended.state, ended.code, ended.start_error, ended.message) == ("ended", code, False, "")
        assert pod.run(pod.sh("kill -KILL $$")).code == 137
        assert pod.run(pod.sh("kill -USR1 $$")).code == 138

    def test_exit_codes_among_signals(self, pod: Pod) -> None:
        """Signals that come at any moment, as from other fronts, change no code."""
        spam = "import os, sys, time\nwhile True: os.kill(int(sys.argv[1]), 10); time.sleep(0.0003)"
        spammer = subprocess.Popen([sys.executable, "-c", spam, str(pod.container.pid)])
        try:
            for code in (*[127] * 30, 138, 3, 140, 143):
                ended = pod.run(pod.sh(f"exit {code}"))
                assert (ended.state, ended.code, ended.start_error) == ("ended", code, False)
        finally:
            spammer.kill()
            spammer.wait()

    def test_when(self, pod: Pod) -> None:
        """Its moments are of the node's clock."""
        ended = pod.run(pod.sh("date +%s"))
        assert ended.started is not None
        assert ended.finished is not None
        assert abs(ended.finished.timestamp() - os.stat(f"{pod.root}/log").st_mtime) < 60
        assert ended.finished >= ended.started

    @pytest.mark.parametrize("argv", [("no-such-program", "x"), ("/etc",), ("/etc/passwd",), ("",), ("{dir}/lost",)])
    def test_a_program_that_cannot_be_started(self, pod: Pod, argv: tuple[str, ...]) -> None:
        """It is told by its name, apart from a program that exits 127."""
        lost = pod.folder / "lost"
        lost.write_text("#!/no/such/interpreter\n")
        lost.chmod(0o755)
        argv = tuple(one.format(dir=pod.folder) for one in argv)
        ended = pod.run(pod.task(*argv))
        assert (ended.state, ended.code, ended.start_error) == ("ended", 128, True)
        assert argv[0] in ended.message

    def test_a_second_order_answers_the_same(self, pod: Pod) -> None:
        """A task that has run does not run again; asking tells its result too."""
        file = pod.folder / "ran"
        task = pod.sh(f"echo x >>{file}; exit 4")
        told = [pod.run(task), pod.run(task), pod.order(Ask(task.key)), pod.order(Stop(task.key, 1))]
        assert told == [told[0]] * 4
        assert (told[0].code, file.read_text()) == (4, "x\n")
        file.unlink()

    def test_what_is_not_there_is_absent(self, pod: Pod) -> None:
        """Asking for a task that was never ordered changes nothing."""
        task = pod.task("true")
        assert pod.order(Ask(task.key)).state == "absent"
        assert pod.run(task).code == 0

    def test_forgetting(self, pod: Pod) -> None:
        """The log of a task is kept until another task's order forgets it; it does not run again."""
        old = pod.sh("echo old")
        assert pod.said(old) == b"old\n"
        young = pod.sh(f"ls {pod.root}/log")
        assert pod.order(Run(young, forget=(old.key,))).code == 0
        assert old.key.encode() not in pod.output(young)
        assert (pod.output(old), pod.run(old).code) == (b"", 0)
        assert pod.output(old) == b""


class TestEnvironment:
    def test_nothing_but_the_containers_and_its_own(self, pod: Pod) -> None:
        """A task sees the container's variables, its own and TMPDIR; bash adds the depth of shells."""
        own = (("A", "1"), ("B.c", "odd"), ("A-B", "$(B.c)$(A)"), ("GREETING", "mine"), ("PWD", "/x"), ("RANDOM", "r"))
        lines = pod.said(pod.task("env", "-0", env=own) if pod.shell != "busybox" else pod.task("/usr/bin/env", "-0", env=own))
        seen = dict(one.split("=", 1) for one in lines.decode().split("\0") if one)
        if pod.shell == "bash":
            seen.pop("SHLVL", None)
        assert seen == {**pod.env, **dict(own), "A-B": "odd1", "TMPDIR": f"{pod.root}/scratch"}

    def test_plain_environment(self, pod: Pod) -> None:
        """The same without odd names; a TMPDIR of the task's own stays."""
        own = (("TMPDIR", "/elsewhere"), ("LC_ALL", "no_SUCH"), ("_pc_r", "mine"))
        lines = pod.said(pod.task("/usr/bin/env", "-0", env=own))
        seen = dict(one.split("=", 1) for one in lines.decode().split("\0") if one)
        if pod.shell == "bash":
            seen.pop("SHLVL", None)
        assert seen == {**pod.env, **dict(own)}

    def test_nothing_of_the_task_before(self, pod: Pod) -> None:
        """Neither variables nor files in the scratch folder nor what was ordered are there for the next."""
        secret = "s3cret-of-A"
        pod.run(pod.sh('mkdir -p "$TMPDIR/.d/e"; echo $A >"$TMPDIR/.d/e/f"; chmod 000 "$TMPDIR/.d"', env=(("A", secret),)))
        text = f"env; ls -A $TMPDIR; grep -r -s -l {secret[:6]}'-of-A' {pod.root}/front {pod.root}/scratch; echo end"
        said = pod.said(pod.sh(text))
        assert secret.encode() not in said
        assert said.endswith(b"\nend\n")
        assert said.count(b"front") == 0

    def test_stdin_is_empty_and_interrupts_are_heard(self, pod: Pod) -> None:
        """Stdin is /dev/null; INT and QUIT have their defaults, but with busybox, which cannot give them back."""
        text = "cat; readlink /proc/self/fd/0; grep SigIgn /proc/self/status; ls /proc/self/fd | tr '\\n' ' '"
        said = pod.said(pod.sh(text))
        lines = said.decode().splitlines()
        assert lines[0] == "/dev/null"
        # Of INT and QUIT only: what runs the tests may ignore others, and these two, which no shell but by `env` can give back.
        here = sum(1 << n - 1 for n in (signal.SIGINT, signal.SIGQUIT) if signal.getsignal(n) is signal.SIG_IGN)
        assert int(lines[1].removeprefix("SigIgn:"), 16) & 0b110 == {"busybox": 0b110, "bash": here, "dash": 0}[pod.shell]
        assert lines[2].split()[:3] == ["0", "1", "2"]
        assert len(lines[2].split(" ")) <= 6

    def test_large_and_odd_values(self, pod: Pod) -> None:
        """100 kB in one argument and in the environment, and values that look like shell, arrive byte for byte."""
        argv, env = ["x" * 100_000, *ODD], (("BIG", "y'" * 50_000), *((f"V{n}", one) for n, one in enumerate(ODD)))
        text = "import os, sys, json; print(json.dumps([sys.argv[1:], dict(os.environ)]))"
        said = json.loads(pod.said(pod.task(sys.executable, "-c", text, *argv, env=env)))
        assert said[0] == argv
        assert {name: said[1][name] for name, _ in env} == dict(env)

    def test_expansion_is_the_kubelets(self, pod: Pod) -> None:
        """Compared with the reference implementation, in one task for some hundred texts."""
        texts: list[tuple[list[tuple[str, str]], list[str]]] = []

        @settings(max_examples=120, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(ENVS, st.lists(TEXTS, max_size=4))
        def collect(own: list[tuple[str, str]], argv: list[str]) -> None:
            texts.append((own, argv))

        collect()
        for start in range(0, len(texts), 10):
            check_expansion(pod, texts[start : start + 10])


def check_expansion(pod: Pod, cases: list[tuple[list[tuple[str, str]], list[str]]]) -> None:
    """Many environments in one task: each case's names are made its own by a number."""
    own: list[tuple[str, str]] = []
    argv: list[str] = []
    for env, texts in cases:
        own += env
        argv += texts
    variables = dict(pod.env)
    for name, value in own:
        variables[name] = expand(value, variables)
    said = pod.said(pod.task("/bin/sh", "-c", 'printf "%s\\0" "$$@"; exec /usr/bin/env -0', "sh", *argv, env=tuple(own)))
    items = said.decode().split("\0")[:-1]
    got = items[: len(argv)] if argv else items[1:1] if items[0] == "" else []
    assert got == [expand(one, variables) for one in argv]
    rest = dict(one.split("=", 1) for one in items[max(len(argv), 1) :])
    for name, _ in own:
        if name not in ("_", "a.b", "c-d"):  # the task's own /bin/sh keeps those from its env
            assert rest[name] == variables[name]


class TestOutput:
    def test_both_streams_binary_and_the_containers_own(self, pod: Pod) -> None:
        """Both streams in one, byte for byte, in the log and in the container's output."""
        said = pod.said(pod.sh("printf '\\000\\377\\001abc'; printf 'err\\n' >&2"))
        assert said == b"\x00\xff\x01abcerr\n"
        wait_for(lambda: said in (pod.folder / "log").read_bytes(), "the container's output")

    def test_a_hundred_megabytes(self, pod: Pod) -> None:
        """All of it is in the log; no output at all is an empty one."""
        task = pod.sh("head -c 100000000 /dev/zero")
        assert pod.run(task).code == 0
        assert os.stat(f"{pod.root}/log/{task.key}").st_size == 100_000_000
        os.truncate(pod.folder / "log", 0)
        assert pod.said(pod.task("true")) == b""

    def test_a_child_that_holds_the_pipe(self, pod: Pod) -> None:
        """What was written before is drained, and a child that was left does not hold it up."""
        assert pod.said(pod.sh("sleep 1000 & setsid sleep 1000 & echo done")) == b"done\n"


class TestProcesses:
    LEFT = """
        sleep 1001 &
        setsid sleep 1002 &
        ( ( sleep 1003 & ) & )
        sleep 1004 & kill -STOP $!
        setsid sh -c 'trap "" TERM HUP; sleep 1005; sleep 1006' &
        exit 3
    """

    def test_nothing_is_left(self, pod: Pod) -> None:
        """Children in other sessions, forked twice, stopped or deaf are gone when the result is told, zombies too."""
        assert pod.run(pod.sh(self.LEFT)).code == 3
        assert [line for line in pod.container.processes() if "sleep" in line] == []
        wait_for(lambda: pod.container.processes() == [], "the last front to be gone", 10)

    def test_a_fork_bomb_loses(self, pod: Pod) -> None:
        """However fast it forks; a front that was killed with it is ordered again and gets the result."""
        chain = "import os\nfor _ in range(4): os.fork()\nwhile True:\n  if os.fork(): os._exit(0)"
        bomb = "forks() { while :; do ( : & ); done; }; i=0; while [ $i -lt 4 ]; do ( forks ) & i=$((i+1)); done"
        task = pod.sh(f"{bomb}; setsid {sys.executable} -c {shlex.quote(chain)} & sleep 0.3; exit 5")
        told = pod.run(task)
        while told.state == "cut":
            told = pod.run(task)
        assert told.code == 5
        wait_for(lambda: pod.container.processes() == [], "nothing", 10)

    def test_a_task_that_kills_all_it_may(self, pod: Pod) -> None:
        """Its parent cannot be killed; fronts can, and asked anew they tell the result of the one run."""
        file = pod.folder / "killed"
        task = pod.sh(f"echo x >>{file}; kill -9 1; kill -9 $PPID; kill -9 -1; exit 6")
        told = pod.run(task)
        while told.state == "cut":
            told = pod.run(task)
        assert (told.code, file.read_text()) == (6, "x\n")
        file.unlink()

    def test_a_task_that_removes_everything(self, pod: Pod) -> None:
        """The root folder with all orders in it: its front still gets the result, and it does not run again."""
        file = pod.folder / "removed"
        task = pod.sh(f"echo x >>{file}; rm -rf {pod.root}/*; rm -rf {pod.root}; exit 7")
        assert [pod.run(task).code, pod.run(task).code, file.read_text()] == [7, 7, "x\n"]
        assert pod.said(pod.sh("echo on")) == b"on\n"
        file.unlink()

    def test_a_task_that_is_stopped_after_it_removed_everything(self, pod: Pod) -> None:
        """Stopping needs none of the files that are gone."""
        # Again and again: tee may make its log in a folder that rm has read.
        task = pod.sh(f"trap '' TERM; while ! rm -rf {pod.root}; do :; done; echo; while :; do sleep 1; done")
        front = Front(pod, Run(task))
        front.running()
        wait_for(lambda: not Path(pod.root).exists(), "the folder to be gone")
        told = pod.order(Stop(task.key, 0.2))
        assert (told.code, told.stopped) == (137, True)
        assert front.last() == told


class TestOrders:
    def test_two_fronts_one_run(self, pod: Pod) -> None:
        """Both hear that it runs, and both get the one result."""
        file = pod.folder / "two"
        task = pod.sh(f"echo x >>{file}; until [ -e {file}.go ]; do sleep 0.02; done; exit 8")
        fronts = [Front(pod, Run(task)) for _ in range(3)]
        for front in fronts:
            front.running()
        Path(f"{file}.go").touch()
        told = [front.last() for front in fronts]
        assert told == [told[0]] * 3
        assert told[0].code == 8
        assert file.read_text() == "x\n"
        file.unlink()

    def test_a_task_that_is_ordered_beside_another(self, pod: Pod) -> None:
        """It is told whose pod that is, and its order is not kept: nobody knows who wants it when the pod is free."""
        go, file = pod.folder / "first-go", pod.folder / "second"
        first, second = pod.sh(f"until [ -e {go} ]; do sleep 0.02; done"), pod.sh(f"echo x >>{file}")
        front = Front(pod, Run(first))
        front.running()
        assert [pod.order(Run(second)) for _ in range(2)] == [Report("busy", message=first.key)] * 2
        go.touch()
        assert front.last().code == 0
        assert pod.order(Ask(second.key)).state == "absent"
        assert not file.exists()
        assert pod.run(second).code == 0

    def test_two_orders_at_once(self, pod: Pod) -> None:
        """One of them begins, and the other is told so, however close they are."""
        for n in range(10):
            go = pod.folder / f"both-{n}"
            tasks = [pod.sh(f"until [ -e {go} ]; do sleep 0.02; done") for _ in range(2)]
            fronts = [Front(pod, Run(task)) for task in tasks]
            told = [front.process.stdout.readline() for front in fronts]  # type: ignore[union-attr]
            begun = [b" running " in line for line in told]
            assert sorted(begun) == [False, True]
            first, second = begun.index(True), begun.index(False)
            assert told[second] == f"podcompose {tasks[second].key} busy {tasks[first].key}\n".encode()
            go.touch()
            assert fronts[first].last().code == 0
            fronts[second].process.communicate(timeout=20)

    def test_a_stop_beside_the_order(self, pod: Pod) -> None:
        """However close they are, both are answered, and the pod goes on: also where the task had not opened its output yet."""
        for n in range(25):
            task = pod.sh(f": {n}; sleep 5")
            orders = (Run(task), Stop(task.key, 0.0))
            fronts = [Front(pod, order) for order in (orders if n % 2 == 0 else orders[::-1])]
            told = [front.last() for front in fronts]
            assert told[0] == told[1]
            assert (told[0].state, told[0].code) in (("void", None), ("ended", 143), ("ended", 137))

    def test_pipes_that_are_taken_away(self, pod: Pod) -> None:
        """A task that removes every order as it comes leaves none without an answer."""
        file = pod.folder / "keeps-removing"
        file.touch()
        task = pod.sh(f"while [ -e {file} ]; do rm -f {pod.root}/front/*; done; exit 6")
        front = Front(pod, Run(task))
        front.running()
        told = [pod.order(Ask(key_of(f"nobody {n}"))).state for n in range(4)]
        file.unlink()
        assert set(told) <= {"absent", "cut"}
        assert (front.last().code, pod.run(task).code) == (6, 6)

    def test_a_task_that_is_never_to_begin(self, pod: Pod) -> None:
        """It never will, though an order of it comes late; one that has begun goes on."""
        go, file = pod.folder / "void-go", pod.folder / "voided"
        first, second = pod.sh(f"until [ -e {go} ]; do sleep 0.02; done; exit 4"), pod.sh(f"echo x >>{file}")
        front = Front(pod, Run(first))
        front.running()
        assert pod.order(Void(second.key)).state == "void"
        voided = Front(pod, Void(first.key))
        voided.running()
        go.touch()
        assert (front.last().code, voided.last().code) == (4, 4)
        assert pod.run(second).state == "void"
        assert not file.exists()

    def test_fronts_killed_at_any_moment(self, pod: Pod) -> None:
        """Ordered again after each, every task has run once, and nothing of the dead fronts is left."""
        file = pod.folder / "once"
        tasks = [pod.sh(f"echo {n} >>{file}") for n in range(80)]
        for n, task in enumerate(tasks):
            front = Front(pod, Run(task))
            until = time.perf_counter() + n % 27 * 0.0003
            while time.perf_counter() < until:
                pass
            if n >= 78:
                front.running()
            front.kill(pod)
            assert pod.run(task).code == 0
        assert file.read_text().split() == [str(n) for n in range(80)]
        wait_for(lambda: pod.container.processes() == [], "the fronts to be gone", 10)
        pod.run(pod.task("true"))
        keys = {task.key for task in tasks}
        assert [name for name in os.listdir(f"{pod.root}/front") if name.split(".")[0] in keys] == []

    def test_half_a_script_does_nothing(self, pod: Pod) -> None:
        """A stream that is cut in the midst of an order has ordered nothing."""
        task = pod.task("true")
        whole = script(Run(task), pod.root)
        for size in (10, len(whole) // 2, len(whole) - 3):
            process = pod.container.popen(["sh"])
            out, stderr = process.communicate(whole[:size], timeout=10)
            reports = Reports(task.key)
            reports.feed(out)
            assert reports.end(process.returncode, stderr).state == "cut"
        assert pod.order(Ask(task.key)).state == "absent"


class TestEnding:
    def test_a_deadline(self, pod: Pod) -> None:
        """TERM at the deadline; what does not hear it is killed after the grace."""
        soft = pod.run(pod.sh("exec sleep 1000", deadline_s=1.0, grace_s=30))
        assert (soft.code, soft.timed_out, soft.stopped) == (143, True, False)
        hard = pod.run(pod.sh("trap '' TERM; while :; do sleep 1; done", deadline_s=0.3, grace_s=0.2))
        assert (hard.code, hard.timed_out) == (137, True)
        fast = pod.run(pod.task("true", deadline_s=100.0))
        assert (fast.code, fast.timed_out) == (0, False)
        assert [line for line in pod.container.processes() if "sleep" in line] == []

    def test_stopping(self, pod: Pod) -> None:
        """TERM, then KILL; the order that runs it and the one that stops it tell the same."""
        task = pod.sh("trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.05; done")
        front = Front(pod, Run(task))
        wait_for(lambda: pod.output(task) == b"up\n", "the trap")
        told = pod.order(Stop(task.key, 30))
        assert (told.state, told.code, told.stopped, pod.output(task)) == ("ended", 9, True, b"up\nbye\n")
        assert front.last() == told

    def test_stopping_what_has_not_begun(self, pod: Pod) -> None:
        """It never will."""
        task = pod.sh(f"echo x >{pod.folder}/void")
        assert [pod.order(Stop(task.key, 1)).state, pod.run(task).state, pod.order(Ask(task.key)).state] == ["void"] * 3
        assert not (pod.folder / "void").exists()

    @pytest.mark.parametrize("shell", SHELLS)
    def test_quit_and_term_when_idle(self, fresh: Callable[..., Pod], shell: str) -> None:
        """The supervisor exits 0, told to by an order or by the kubelet."""
        one, other = fresh(shell), fresh(shell)
        assert one.order(Quit()).state == "done"
        assert one.container.wait() == 0
        os.kill(other.container.pid, signal.SIGTERM)
        assert other.container.wait() == 0

    @pytest.mark.parametrize("shell", SHELLS)
    def test_term_with_a_task(self, fresh: Callable[..., Pod], shell: str, tmp_path: Path) -> None:
        """The task gets the TERM; its result is written to the termination message, and its code is the container's."""
        message = tmp_path / "message"
        message.touch()
        # Made apart and moved there: a front that comes early would make a file of /dev/null.
        dev = tmp_path / "dev"
        dev.mkdir()
        made = f"mount -t tmpfs t {dev} && mknod -m 666 {dev}/null c 1 3 && touch {dev}/termination-log"
        pod = fresh(shell, setup=f"{made} && mount --bind {message} {dev}/termination-log && mount --rbind {dev} /dev")
        task = pod.sh("trap 'exit 21' TERM; echo up; while :; do sleep 0.05; done")
        front = Front(pod, Run(task))
        wait_for(lambda: pod.output(task) == b"up\n", "the trap")
        os.kill(pod.container.pid, signal.SIGTERM)
        assert pod.container.wait() == 21
        told = message_result(message.read_text())
        assert told is not None
        assert (told[0], told[1].code) == (task.key, 21)
        assert front.last() in (told[1], Report("cut", message="the front ended with 137"))


@needs_namespace
@pytest.mark.parametrize("shell", SHELLS)
class TestContainers:
    def test_a_full_disk(self, fresh: Callable[..., Pod], shell: str) -> None:
        """The task goes on, its code is exact and its output is in the container's; a new one has no space, and has not begun."""
        pod = fresh(shell)
        small = pod.folder / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", str(small)], check=True)
        try:
            log = pod.folder / "log2"
            container = Container(supervisor(str(small / "root")), pod.env, log)
            pod.container.end()
            pod.container, pod.root = container, str(small / "root")
            wait_for(lambda: pod.order(Ask(key_of("nobody"))).state == "absent", "the supervisor")
            task = pod.sh("head -c 3000000 /dev/zero | tr '\\0' a; echo; echo last; exit 11")
            assert pod.run(task).code == 11
            assert log.read_bytes().endswith(b"a\nlast\n")
            second = pod.task("true", "x" * 50_000)
            assert (pod.run(second).state, pod.run(task).code) == ("unfit", 11)
            assert pod.order(Ask(second.key)).state == "absent"
        finally:
            pod.container.end()
            subprocess.run(["umount", "-l", str(small)], check=True)

    def test_a_clock_that_is_late(self, fresh: Callable[..., Pod], shell: str, tmp_path: Path) -> None:
        """An alarm that rings before its time, by the machine's own clock, rings again."""
        uptime = tmp_path / "uptime"
        uptime.write_text("100.90 0\n")
        pod = fresh(shell, setup=f"mount --bind {uptime} /proc/uptime")

        def alarms() -> set[str]:
            return {line.split()[0] for line in pod.container.processes() if "(sleep)" in line}

        front = Front(pod, Run(pod.sh("exec tail -f /dev/null", deadline_s=1.0, grace_s=0.0)))
        front.running()
        wait_for(lambda: alarms() != set(), "the alarm")
        first = alarms()
        wait_for(lambda: not alarms() & first, "it rings, and it is not time")
        assert front.process.poll() is None
        uptime.write_text("102.10 0\n")
        ended = front.last()
        assert (ended.code, ended.timed_out) == (143, True)

    def test_another_user(self, fresh: Callable[..., Pod], shell: str) -> None:
        """Any user id will do."""
        pod = fresh(shell, user=12345)
        assert pod.said(pod.sh("id -u; sleep 1000 & touch $TMPDIR/x")) == b"12345\n"
        assert pod.run(pod.sh("kill -9 -1; exit 4")).state in ("cut", "ended")

    def test_memory(self, fresh: Callable[..., Pod], shell: str) -> None:
        """A rise of the kernel's count, and a code that is not 0."""
        events = "/sys/fs/cgroup/memory.events"
        pod = fresh(shell, setup=f"mount -t tmpfs t /sys/fs/cgroup && printf 'low 0\\noom 3\\noom_kill 1\\n' >{events}")
        rise = f"printf 'low 0\\noom_kill 2\\n' >{events}; exit 9"
        told = [pod.run(pod.sh(text)).oom for text in ("exit 1", rise, rise)]
        assert told == [False, True, False]

    def test_without_tee(self, fresh: Callable[..., Pod], shell: str) -> None:
        """The output is in the log alone; without mkfifo nothing can be run, and orders are told."""
        if shell == "busybox":
            pytest.skip("a busybox that finds its own commands always has them")
        folder = Path(tempfile.mkdtemp(prefix="tools-", dir="/tmp"))
        tools = shell_folder(shell, folder)
        assert tools is not None
        (tools / "tee").unlink(missing_ok=True)
        for name in ("mkdir", "mkfifo", "rm", "cat", "sleep", "date"):
            if not (tools / name).exists():
                (tools / name).symlink_to(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}")
        try:
            pod = fresh(shell, env={"PATH": str(tools)})
            assert pod.said(pod.sh("echo hi; echo err >&2")) == b"hi\nerr\n"
            task = pod.sh("exit 3")
            (tools / "mkfifo").unlink()
            told = pod.run(task)
            assert (told.state, told.sure) == ("unfit", False)
            poor = fresh_unfit(shell, {"PATH": str(tools)})
            assert poor == ("unfit", "there is no mkfifo in the image")
        finally:
            shutil.rmtree(folder)


def fresh_unfit(shell: str, env: dict[str, str]) -> tuple[str, str]:
    """What an order is told in a container that cannot run tasks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Container(supervisor(f"{name}/root"), env, folder / "log") as container:
            wait_for(lambda: (folder / "root" / "unfit").exists(), "the supervisor's answer")
            process = container.popen(["sh"])
            out, stderr = process.communicate(script(Run(Task(key_of("x"), "x", ("true",))), f"{name}/root"), timeout=10)
            reports = Reports(key_of("x"))
            reports.feed(out)
            told = reports.end(process.returncode, stderr)
    return told.state, told.message


@needs_namespace
@pytest.mark.parametrize("shell", SHELLS)
def test_not_process_one(shell: str, tmp_path: Path) -> None:
    """Where it is not process 1 it kills nothing, and orders are told why."""
    tools = shell_folder(shell, tmp_path / "bin")
    if tools is None:
        pytest.skip(f"there is no {shell} here")
    env = {"PATH": f"{tools}:/usr/bin:/bin"}
    words = " ".join(shlex.quote(word) for word in supervisor(str(tmp_path / "root")))
    with Container(["/bin/sh", "-c", f"{words} & sleep 1000; :"], env, tmp_path / "log") as container:
        wait_for(lambda: (tmp_path / "root" / "unfit").exists(), "the supervisor's answer")
        process = container.popen(["sh"])
        out, _ = process.communicate(script(Run(Task(key_of("x"), "x", ("true",))), str(tmp_path / "root")), timeout=10)
    assert f"podcompose {key_of('x')} unfit the supervisor is not process 1".encode() in out


@needs_namespace
@pytest.mark.parametrize("shell", SHELLS)
def test_an_order_that_is_sooner_than_the_supervisor(shell: str, tmp_path: Path) -> None:
    """It pokes descriptor 3: were that the pipe of a `...`, the poke would be a part of what the supervisor finds out there."""
    tools = shell_folder(shell, tmp_path / "bin")
    if tools is None or shell == "busybox":
        pytest.skip(f"there is no {shell} here, or it finds its own env")
    env, here, go = tools / "env", tmp_path / "here", tmp_path / "go"
    env.unlink(missing_ok=True)
    env.write_text(f'#!/bin/sh\necho >{here}\nuntil [ -e {go} ]; do sleep 0.02; done\nexec /usr/bin/env "$@"\n')
    env.chmod(0o755)
    root = tmp_path / "root"
    with Container(supervisor(str(root)), {"PATH": f"{tools}:/usr/bin:/bin"}, tmp_path / "log") as container:
        wait_for(here.exists, "the supervisor looks around")
        descriptor = Path(f"/proc/{container.pid}/fd/3")
        assert os.readlink(descriptor) == "/dev/null"
        go.touch()
        wait_for(lambda: os.readlink(descriptor) == str(root / "poke"), "the supervisor waits for orders")


class TestTexts:
    def test_kubernetes_changes_nothing(self) -> None:
        """The idle command holds nothing that the kubelet would expand, whatever variables there are."""
        command = supervisor("/r")
        assert [expand(one, {"_pc_r": "x", "date": "x"}) for one in command] == command
        assert "$(" not in command[2].replace("$((", "")
        assert "$$" not in command[2]

    def test_reports_in_any_pieces(self) -> None:
        """Byte by byte or at once, with lines of others between: the same reports."""
        words = ("running 5", "what", "ended 3 -ts 5 6 it's", "void")
        data = b"noise\npodcompose b void\n" + b"".join(f"podcompose a {word}\n".encode() for word in words)
        once, bytewise = Reports("a"), Reports("a")
        told = once.feed(data)
        assert [one for n in range(len(data)) for one in bytewise.feed(data[n : n + 1])] == told
        assert [(one.state, one.code, one.timed_out, one.stopped, one.oom) for one in told] == [
            ("running", None, False, False, False),
            ("ended", 3, True, True, False),
        ]
        assert once.end(None, b"") == told[-1]

    @pytest.mark.parametrize(
        ("code", "stderr", "state"),
        [
            *((None, b"", "cut"), (137, b"", "cut"), (0, b"", "cut"), (2, b"cannot open: No such file", "cut")),
            *((127, b"", "unfit"), (126, b"x", "unfit"), (None, b'exec: "sh": executable file not found in $PATH', "unfit")),
        ],
    )
    def test_an_end_without_a_word(self, code: int | None, stderr: bytes, state: str) -> None:
        """A front that ends without a last word is cut, or there is no shell."""
        assert Reports("a").end(code, stderr).state == state

    def test_why_not(self) -> None:
        """What the supervisor says is sure; what a front finds missing may have been taken away by a task that runs."""
        told = [Reports("a").feed(f"podcompose a {word} no mkfifo\n".encode())[0] for word in ("unfit", "unsure")]
        assert [(one.state, one.sure, one.message) for one in told] == [("unfit", True, "no mkfifo"), ("unfit", False, "no mkfifo")]
        assert Reports("a").end(127, b"").sure is False

    def test_messages(self) -> None:
        """The last whole result of a termination message counts; anything else is none."""
        told = message_result("noise podcompose abc ended 1 - 1 2 \npodcompose def ended 2 -o 1 2 \n")
        assert told is not None
        assert (told[0], told[1].code, told[1].oom) == ("def", 2, True)
        assert message_result("") is None
        assert message_result("podcompose abc ended x") is None

    def test_what_cannot_be_said(self) -> None:
        """A NUL and a key that is none are refused."""
        for task in (Task("abc", "x", ("a\0b",)), Task("a;b", "x", ("a",))):
            with pytest.raises(ValueError, match=r"NUL|key"):
                script(Run(task), "/r")
