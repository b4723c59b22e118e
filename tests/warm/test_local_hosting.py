"""Tasks in pods of the local backend: values, processes, logs, scratch folders, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podcompose.backends.local import LocalBackend
from podcompose.backends.local.hosting import task_pod
from podcompose.backends.local.keeper import mark_of
from podcompose.run.protocols import Gone, Seen, Selection
from podcompose.run.records import PodRef
from podcompose.run.warm.hosting import Ask, Quit, Run, Stop, Task
from tests.backends.local import Line
from tests.cluster.child import wait_for
from tests.warm.hosts import Host, Telling, key_of, local, pod_of

#: A program that prints its arguments and variables as JSON.
SHOW = (sys.executable, "-I", "-S", "-c", "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A backend whose logs are kept, with a secret and a config map."""
    folder = tmp_path / "pods"
    made = local(folder, secrets={"keys": {"token": "s3"}}, config_maps={"settings": {"LEVEL": "$(X)", "PLACE": "here"}})
    with made.backend:
        yield made


def shown(host: Host, ref: PodRef, *argv: str, env: tuple[tuple[str, str], ...] = (), name: str = "show") -> Any:
    """The arguments and the variables of a task, as its program has got them."""
    last = host.run(ref, name, *SHOW, *argv, env=env).last()
    assert last.code == 0, (last, host.backend.output(ref, "base", key_of(name)))
    return json.loads(host.backend.output(ref, "base", key_of(name)))


def shell(host: Host, ref: PodRef, script: str, name: str = "t", **fields: Any) -> Telling:
    """A task of a shell script; `$` is written once."""
    return host.run(ref, name, "sh", "-c", script.replace("$", "$$"), **fields)


def output(host: Host, ref: PodRef, name: str = "t") -> bytes:
    """What a task has written."""
    return host.backend.output(ref, "base", key_of(name))


ODD = [
    "",
    " ",
    'it\'s "odd"',
    "a\nb\r\n\tc",
    "täsk ☃ \U0001f600",
    "`id` $PATH ${PATH} \\",
    "*",
    "-n",
    "$",
    "$(",
    "$()",
    "a" * 100_000,
]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value[:12]))
def test_values_come_as_they_are(host: Host, value: str) -> None:
    """An argument and a variable of any text, a variable that repeats it too."""
    argv, env = shown(host, host.warm(), value, "$(A)", env=(("A", value), ("B", "<$(A)>")))

    assert argv == [value, value]
    assert (env["A"], env["B"]) == (value, f"<{value}>")


def test_references_are_expanded_one_after_another(host: Host) -> None:
    """By the container's own variables and earlier ones; later, unknown and escaped ones stay as they are written."""
    own = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}}]
    ref = host.warm(pod_of(own, envFrom=[{"configMapRef": {"name": "settings"}}]))
    env = (
        ("EARLY", "$(LATE) $(TOKEN) $(PLACE) $(NONE) $$(TOKEN) $$$(TOKEN)"),
        ("LATE", "$(EARLY)!"),
        ("SAME", "1"),
        ("SAME", "$(SAME)2"),
        ("TOKEN", "<$(TOKEN)>"),
    )
    argv, found = shown(host, ref, "$(LATE)", "$(SAME)$(SAME)", "$$(SAME)", "$(NONE)", "$(LEVEL)", "$(PATH)", env=env)
    early = "$(LATE) s3 here $(NONE) $(TOKEN) $s3"

    assert (found["EARLY"], found["LATE"], found["SAME"], found["TOKEN"]) == (early, f"{early}!", "12", "<s3>")
    assert argv == [f"{early}!", "1212", "$(SAME)", "$(NONE)", "$(X)", "$(PATH)"]


def test_the_program_may_be_a_reference(host: Host) -> None:
    """`$(VAR)` is expanded in the command as in the arguments."""
    ref = host.warm()
    told = host.run(ref, "t", "$(SHELL_NAME)", "$(OPTION)", "echo $(A)", env=(("SHELL_NAME", "sh"), ("OPTION", "-c"), ("A", "x y")))

    assert told.last().code == 0
    assert output(host, ref) == b"x y\n"


def test_the_variables_are_the_pods_and_the_tasks_alone(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downward fields are those of the warm pod; nothing of this process or of an earlier task is there."""
    monkeypatch.setenv("OF_THIS_PROCESS", "1")
    own = [{"name": "UID_", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}}]
    ref = host.warm(pod_of(own))
    shown(host, ref, env=(("OF_THE_FIRST", "1"),), name="first")
    _, env = shown(host, ref, env=(("A", "1"),))

    known = {"UID_", "A", "PATH", "HOME", "TMPDIR", "PODCOMPOSE_TERMINATION_MESSAGE_PATH"}
    assert set(env) - {"LC_CTYPE", "PWD", "SHLVL", "_"} == known
    assert (env["UID_"], env["A"]) == (ref.uid, "1")


def test_the_working_directory_is_the_containers(host: Host, tmp_path: Path) -> None:
    """A task begins where its container would."""
    ref = host.warm(pod_of(workingDir=str(tmp_path)))
    shell(host, ref, "pwd").last()

    assert output(host, ref).decode().strip() == str(tmp_path)


def test_both_streams_are_the_output_as_it_is_written(host: Host) -> None:
    """Binary as it is, while the task runs and until it is forgotten."""
    ref = host.warm()
    told = shell(host, ref, r"printf '\000\377a'; printf b >&2; sleep 1000")
    wait_for(lambda: output(host, ref) == b"\x00\xffab", "its output")
    host.order(ref, Stop(key_of("t"), 30))
    told.last()
    kept = output(host, ref)
    host.order(ref, Run(host.task("succeeds/1"), (key_of("t"),))).last()

    assert kept == b"\x00\xffab"
    assert output(host, ref) == b""
    assert not any(key_of("t")[:12] in name for name in os.listdir(host.backend._directory))


def test_much_output_and_none(host: Host) -> None:
    """Ten megabytes, and nothing at all."""
    ref = host.warm()
    shell(host, ref, "head -c 10000000 /dev/zero").last()
    shell(host, ref, "true", "silent").last()

    assert output(host, ref) == b"\0" * 10_000_000
    assert output(host, ref, "silent") == b""


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)])
def test_exit_codes(host: Host, script: str, code: int) -> None:
    """Of exits and of signals, as Kubernetes has them."""
    last = shell(host, host.warm(), script).last()

    assert (last.code, last.stopped, last.timed_out, last.start_error) == (code, False, False, False)


def test_what_cannot_be_started_says_why(host: Host) -> None:
    """A name that is not in the PATH, arguments that are too long, a variable that can be none."""
    ref = host.warm()
    wrong = {
        "no-such-program": ((), {}),
        "true": (("x" * 200_000,), {}),
        "sh": ((), {"env": (("A", "a\0b"),)}),
    }
    reports = [host.run(ref, name, name, *argv, **fields).last() for name, (argv, fields) in wrong.items()]

    assert [(one.state, one.code, one.start_error) for one in reports] == [("ended", 128, True)] * 3
    assert "executable file not found in $PATH" in reports[0].message
    assert "argument list too long" in reports[1].message
    assert "null" in reports[2].message
    assert shell(host, ref, "true").last().code == 0


def test_without_a_command_nothing_begins(host: Host) -> None:
    """An empty command is unfit, and can be told again with a better one."""
    ref = host.warm()
    key = key_of("t")
    empty = host.order(ref, Run(type(host.task("t", "x"))(key, "t", ())))

    assert (empty.last().state, empty.last().message) == ("unfit", "there is no command")
    assert host.order(ref, Ask(key)).last().state == "absent"
    assert shell(host, ref, "true").last().code == 0


def test_what_is_missing_is_unfit(tmp_path: Path) -> None:
    """A secret that is there no more: nothing begins."""
    secrets: dict[str, dict[str, str]] = {"keys": {"token": "s3"}}
    host = local(tmp_path, secrets=secrets)
    with host.backend:
        ref = host.warm(pod_of([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}}]))
        secrets.clear()
        told = host.run(ref, "t", "true")

        assert (told.last().state, told.last().message) == ("unfit", 'secret "keys" not found')


def test_what_the_backend_refuses_is_unfit(host: Host) -> None:
    """A pod that could not be launched here at all."""
    assert [problem.code for problem in host.backend.unfit(pod_of(volumeMounts=[{"name": "v", "mountPath": "/v"}]), "base")] == [
        "not-local"
    ]


def test_a_scratch_folder_is_gone_with_its_task(host: Host) -> None:
    """Each task has a TMPDIR of its own, that is empty at first and removed at the end with all that is in it."""
    ref = host.warm()
    script = "ls -A $TMPDIR; mkdir $TMPDIR/a; echo 1 > $TMPDIR/a/b; chmod 0 $TMPDIR/a; echo $TMPDIR"
    shell(host, ref, script, "first").last()
    shell(host, ref, script, "second").last()
    folders = [Path(output(host, ref, name).decode().strip()) for name in ("first", "second")]

    assert len(set(folders)) == 2
    assert not any(folder.exists() for folder in folders)
    assert all(folder.parent == host.backend._directory for folder in folders)


def test_a_tmpdir_of_ones_own_is_left_alone(host: Host, tmp_path: Path) -> None:
    """The pod's or the task's own TMPDIR counts, and stays."""
    own = [{"name": "TMPDIR", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    _, by_pod = shown(host, host.warm(pod_of(own)))
    _, by_task = shown(host, host.warm(launch_id="warm/2"), env=(("TMPDIR", str(tmp_path)),))

    assert by_pod["TMPDIR"].startswith("warm-1-")
    assert by_task["TMPDIR"] == str(tmp_path)
    assert tmp_path.exists()


def test_children_end_with_their_task(host: Host, tmp_path: Path) -> None:
    """Those that fork twice, into sessions of their own, are gone before the end is told; the pod's own process is not."""
    line = Line(tmp_path)
    ref = host.warm()
    told = shell(host, ref, f"exec 3>{line.path}; (setsid sleep 1000 &) ; nohup sleep 1000 & exit 4")

    assert told.last().code == 4
    assert line.is_silent()
    assert shell(host, ref, "true", "after").last().code == 0
    line.close()


def test_a_task_that_kills_its_parent_ends_no_pod(host: Host) -> None:
    """It is killed itself, and what else runs as a task; the pods, and later tasks, are well."""
    ref = host.warm()
    last = shell(host, ref, "kill -9 $PPID; sleep 1000").last()

    assert (last.state, last.code) == ("ended", 137)
    assert shell(host, ref, "exit 5", "after").last().code == 5
    host.until_phase(ref, "Running")


def idle_pid(host: Host) -> int:
    """The number of the one idle process."""
    processes = host.backend._host._processes
    assert processes is not None
    pids = [pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if pid != processes.keeper_pid]
    [found] = [pid for pid in pids if processes._mark < mark_of(pid) < processes._mark + (1 << 40)]
    return found


def test_a_task_is_gone_when_the_idle_process_is_killed(host: Host, tmp_path: Path) -> None:
    """Nothing of it is left when that is told; the pod's outcome tells why."""
    line = Line(tmp_path)
    ref = host.warm()
    told = shell(host, ref, f"exec 3>{line.path}; echo on >&3; trap '' TERM; while :; do sleep 1; done")
    line.hear()
    os.kill(idle_pid(host), signal.SIGKILL)

    assert told.last().state == "gone"
    assert line.is_silent()
    found = host.until_phase(ref, "Failed")
    assert found is not None
    assert found["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137
    assert host.order(ref, Ask(key_of("t"))).last().state == "gone"
    line.close()


def test_nothing_of_a_task_is_left_when_the_backend_is_closed(tmp_path: Path) -> None:
    """Tasks, their children and scratch folders; who waits is told that they are gone, and so is who comes later."""
    line = Line(tmp_path)
    folder = tmp_path / "pods"
    host = local(folder)
    ref = host.warm()
    told = shell(host, ref, f"exec 3>{line.path}; echo $TMPDIR >&3; (setsid sleep 1000 &); sleep 1000")
    [scratch] = line.hear()
    host.backend.close()

    assert line.is_silent()
    assert told.last().state == "gone"
    assert host.run(ref, "later", "true").last().state == "gone"
    wait_for(lambda: not Path(scratch).exists(), "its scratch folder is gone")
    line.close()


def test_a_pod_that_waits_for_room_is_gone_for_orders(tmp_path: Path) -> None:
    """It is Pending, and its tasks too."""
    host = local(tmp_path / "pods", max_pods=1)
    with host.backend:
        host.warm()
        waiting = host.backend.launch(host.backend.idle(pod_of(), "base"), launch_id="warm/2").ref

        assert host.run(waiting, "t", "true").last().message == "the container 'base' is not running"


def test_tasks_take_no_room_from_pods(tmp_path: Path) -> None:
    """A pod has room for its tasks."""
    host = local(tmp_path / "pods", max_pods=1)
    with host.backend:
        ref = host.warm()
        codes = [shell(host, ref, "exit 6", f"t/{number}").last().code for number in range(5)]

        assert codes == [6] * 5


def test_a_task_runs_once_whoever_orders_it(host: Host, tmp_path: Path) -> None:
    """Sixteen threads order one task at once."""
    ref = host.warm()
    marks = tmp_path / "marks"
    told: list[Telling] = []
    ready = threading.Barrier(16)

    def orders() -> None:
        ready.wait()
        told.append(shell(host, ref, f"echo x >> {shlex.quote(str(marks))}; exit 7"))

    threads = [threading.Thread(target=orders) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {one.last().code for one in told} == {7}
    assert marks.read_text() == "x\n"


def test_it_is_told_under_no_lock(host: Host) -> None:
    """Who is told may wait for another thread that uses the backend, and for his own next order."""
    ref = host.warm()
    done = threading.Event()
    answers: list[Any] = []

    def told(report: Any) -> None:
        other = threading.Thread(target=lambda: answers.append(host.backend.holders("default", "app")))
        other.start()
        other.join(30)
        if report.state == "ended":
            host.backend.order(ref, "base", Quit(), lambda _: done.set())

    host.backend.order(ref, "base", Run(host.task("succeeds/1")), told)

    assert done.wait(30)
    assert [len(answer) for answer in answers] == [1] * len(answers)
    assert answers != []


def test_the_end_of_the_pod_is_seen_after_the_kill_of_its_tasks(host: Host) -> None:
    """Stopping a pod with a task in it leaves one outcome of the pod and one last word of the task."""
    subscription = host.backend.subscribe(Selection())
    ref = host.warm()
    told = shell(host, ref, "sleep 1000")
    told.until("running")
    host.backend.stop(ref)
    outcomes = []
    while outcomes == []:
        changes = subscription.poll(30).changes
        outcomes += [one.outcome for one in changes if isinstance(one, (Seen, Gone)) and one.outcome is not None]

    assert [outcome.kind for outcome in outcomes] == ["Stopped"]
    assert told.last().state == "gone"


@pytest.mark.parametrize("keeps", [True, False])
def test_logs_of_tasks_stay_where_those_of_pods_do(tmp_path: Path, keeps: bool) -> None:
    """In a directory that was given they outlive their pod, else they go with it."""
    host = Host(LocalBackend(tmp_path if keeps else None))
    with host.backend:
        ref = host.warm()
        shell(host, ref, "echo kept").last()
        host.backend.delete(ref)
        host.until_phase(ref, None)
        left = [path.read_bytes() for path in host.backend._directory.glob(f"*{key_of('t')[:12]}*.log")]

        assert left == ([b"kept\n"] if keeps else [])
        assert output(host, ref) == b""


def test_a_message_of_a_task_is_told(host: Host) -> None:
    """What it leaves as its termination message comes with its last word."""
    last = shell(host, host.warm(), "printf why > $PODCOMPOSE_TERMINATION_MESSAGE_PATH; exit 1").last()

    assert (last.code, last.message) == (1, "why")


def test_a_relative_directory_means_the_one_it_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs can be written though the keeper lives elsewhere."""
    monkeypatch.chdir(tmp_path)
    host = local(Path("pods"))
    with host.backend:
        assert shell(host, host.warm(), "exit 8").last().code == 8


def test_a_task_is_a_pod_with_its_own_limits() -> None:
    """The deadline and the grace are the task's, and nothing is left to expand."""
    pod = {"metadata": {"namespace": "ns", "name": "warm-1"}}
    task = Task("abc", "dag/1", ("echo", "$$(A)"), (("A", "$"),), deadline_s=2.5, grace_s=0.5)
    spec = task_pod(pod, {"name": "base", "image": "x", "workingDir": "/w"}, "u1", task)["spec"]

    assert (spec["activeDeadlineSeconds"], spec["terminationGracePeriodSeconds"], spec["restartPolicy"]) == (2.5, 0.5, "Never")
    [one] = spec["containers"]
    assert one == {"name": "base", "workingDir": "/w", "command": ["echo", "$$$$(A)"], "env": [{"name": "A", "value": "$$"}]}
