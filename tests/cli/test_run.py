"""`podcompose run`, as a person or a script has it: real processes of this machine, by a real command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, command

SCRIPT = """\
metadata: {{name: worker}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: {grace}
  containers:
  - name: base
    command: [sh, -c, {script}]
"""


def script(text: str, grace: int = 30) -> str:
    """A template that runs this; gives its name."""
    Path("s.yaml").write_text(SCRIPT.format(script=json.dumps(text), grace=grace))
    return "s.yaml"


Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Begin a command that is signalled later; whatever becomes of the test, it ends."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*args: str) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen([command(), *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


def test_standard_output_is_the_container_s_and_nothing_else(process: Run) -> None:
    """What the main container writes comes out, byte for byte; all that is told is on standard error."""
    status, out, err = process("run", script("printf 'one\\ntwo'; echo three >&2"), "--id", "a/b")

    assert (status, out) == (0, "one\ntwothree\n")
    assert "launched pod default/a-b-yfgn3qbt6z, launch id a/b\n" in err
    assert err.splitlines()[-1] == "podcompose: Succeeded"
    assert all(line.startswith("podcompose: ") for line in err.splitlines())


@pytest.mark.parametrize(("text", "status"), [("exit 3", 3), ("exit 255", 255), ("kill -9 $$$$", 137), ("kill -TERM $$$$", 143)])
def test_the_exit_status_is_the_container_s(process: Run, text: str, status: int) -> None:
    """A container's exit status, and a signal as a shell tells it, is the command's."""
    ran = process("run", script(text))

    assert ran.status == status
    assert f"Failed: exit status {status}" in ran.err


def test_a_launch_id_is_new_each_time_and_told(process: Run) -> None:
    """Without --id each run is a launch of its own, and standard error says which."""
    template = script("true")
    ids = [process("run", template).err.splitlines()[0].rpartition(" ")[2] for _ in range(2)]

    assert ids[0] != ids[1]
    assert all(launch_id.startswith("s/2") for launch_id in ids)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("t.yaml",), "there is no command; say the command"),
        (("absent.yaml",), "absent.yaml: cannot be read"),
        (("t.yaml", "-o", "bad.yaml"), "bad.yaml:1:8: .spec.hostNetwrk: "),
        (("t.yaml", "--backend", "kubernetes", "--kubeconfig", "absent"), "there is no cluster to reach: "),
        (("t.yaml", "--many", "absent.yaml"), "absent.yaml: cannot be read"),
        (("t.yaml", "--many", "0"), "--many takes 1 to"),
    ],
)
def test_what_is_not_launched_ends_with_125(run: Run, args: tuple[str, ...], said: str) -> None:
    """A refused input, a refused launch, and no cluster to launch it in: 125, and why."""
    Path("bad.yaml").write_text("spec: {hostNetwrk: true}")
    status, out, err = run("run", *args)

    assert (status, out) == (125, "")
    assert said in err


def test_json_is_the_outcome(process: Run) -> None:
    """With --json standard output is the outcome, and the log goes to standard error."""
    status, out, err = process("run", script("echo said; exit 3"), "--json", "--id", "a/b")
    told = json.loads(out)

    assert (status, told["exit_status"], told["exit_code"], told["launch_id"]) == (3, 3, 3, "a/b")
    assert (told["kind"], told["cause"]["kind"], told["ran"], told["retry_safe"]) == ("Failed", "Exit", "yes", False)
    assert "said\n" in err


def test_a_dry_run_writes_what_would_be_sent(run: Run) -> None:
    """--dry-run launches nothing, and shows the pod with its name, labels and annotations."""
    status, out, err = run("run", script("touch here"), "--dry-run", "--id", "a/b")

    assert (status, "  name: a-b-yfgn3qbt6z\n" in out, "    podcompose.io/launch-id: a/b\n" in out) == (0, True, True)
    assert "could be launched" in err
    assert not Path("here").exists()
    assert run("run", "t.yaml", "--dry-run").status == 125


def test_many_pods_know_their_number(process: Run) -> None:
    """--many N launches ID/1 to ID/N, each told its number; one that fails is named, and the status is 1."""
    template = script("test $PODCOMPOSE_INDEX != 2 || exit 7")
    status, out, err = process("run", template, "--many", "3", "--id", "batch", "--json")
    told = {one["launch_id"]: one["exit_code"] for one in map(json.loads, out.splitlines())}

    assert (status, told) == (1, {"batch/1": 0, "batch/2": 7, "batch/3": 0})
    assert "batch/2 (default/batch-2-" in err
    assert "): Failed: exit status 7" in err
    assert err.splitlines()[-1] == "podcompose: 3 pods: 2 Succeeded, 1 Failed"
    assert process("run", script("true"), "--many", "2").status == 0


CODES = 'spec: {containers: [{name: base, env: [{name: CODE, value: "4"}]}]}'


@pytest.mark.parametrize(
    "text",
    [
        f"- id: a\n- id: b\n  override:\n    {CODES}\n",
        '{"id": "a"}\n\n{"id": "b", "override": {"spec": {"containers": [{"name": "base", '
        '"env": [{"name": "CODE", "value": "4"}]}]}}}\n',
    ],
)
def test_many_pods_of_a_file(process: Run, text: str) -> None:
    """--many FILE launches each entry of a list or of lines of JSON, with its override; --id goes before their ids."""
    Path("many").write_text(text)
    done = process("run", script("exit ${CODE:-0}"), "--many", "many", "--json", "--id", "x")
    told = {one["launch_id"]: one["exit_code"] for one in map(json.loads, done.out.splitlines())}

    assert (done.status, told) == (1, {"x/a": 0, "x/b": 4})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1", "the file: it is to be a list"),
        ("- {id: a}\n- {id: a}", "entry 2: the id 'a' is there twice"),
        ("- {id: 7}", "entry 1: `id` is to be a text"),
        ("- {id: a, pod: {}}", "entry 1: it is to be a map of `id` and `override`"),
        ('{"id": "a"}\n{', "many.yaml:2: no JSON"),
        ("- {id: a, override: {spec: {hostNetwrk: true}}}", ".spec.hostNetwrk: a PodSpec has no field"),
    ],
)
def test_entries_that_are_wrong_are_refused_before_anything_is_launched(run: Run, text: str, said: str) -> None:
    """One entry that is wrong has none of them launched."""
    Path("many.yaml").write_text(text)
    status, out, err = run("run", script("touch here"), "--many", "many.yaml")

    assert (status, out, Path("here").exists()) == (125, "", False)
    assert said in err


def _until(stream: Any, text: bytes) -> bytes:
    """Read until this was said."""
    read = b""
    while text not in read:
        data = os.read(stream.fileno(), 65536)
        assert data != b"", read
        read += data
    return read


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_pod_and_waits_for_its_end(begin: Begin, number: int) -> None:
    """Ctrl-C has the pod stopped: it may end by itself, its last words come out, and the status says by what."""
    running = begin("run", script("trap 'echo caught; exit 7' TERM; echo ready; while :; do sleep 0.05; done"))
    _until(running.stdout, b"ready\n")
    running.send_signal(number)
    out, err = running.communicate(timeout=60)

    assert (running.returncode, b"caught\n" in out) == (128 + number, True)
    assert err.splitlines()[-1].startswith(b"podcompose: Stopped: exit status 7 (container base)")
    assert b"Traceback" not in err


def test_a_second_signal_leaves_at_once(begin: Begin) -> None:
    """A pod that does not want to end is not waited for; of a local one no process is left."""
    running = begin("run", script("trap '' TERM; echo $$$$; while :; do sleep 0.05; done"))
    pid = int(_until(running.stdout, b"\n"))
    running.send_signal(signal.SIGINT)
    _until(running.stderr, b"once more leaves")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)

    assert running.returncode == 130
    assert b"its processes are ended with this command" in err
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_signal_stops_many_pods_and_starts_no_more(begin: Begin) -> None:
    """Of many, those that run are stopped, the others are not begun, and the counts say so."""
    template = script("echo $PODCOMPOSE_INDEX >> begun; while :; do sleep 0.05; done")
    running = begin("run", template, "--many", "9", "--max-in-flight", "2", "--json")
    while not (Path("begun").exists() and len(Path("begun").read_text().split()) == 2):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)

    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["Stopped", "Stopped"]
    assert err.splitlines()[-1] == b"podcompose: 9 pods: 2 Stopped, 7 without an outcome"
    assert running.returncode == 1


def test_a_log_that_nobody_reads_stops_the_pod() -> None:
    """As with any command in a pipe: once the reader is gone, so is the writer."""
    template = script("while :; do echo ready; sleep 0.05; done")
    reader, writer = os.pipe()
    with subprocess.Popen([command(), "run", template], stdout=writer, stderr=subprocess.PIPE) as running:
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)
        _, err = running.communicate(timeout=60)

    assert running.returncode == 141
    assert err.splitlines()[-1].startswith(b"podcompose: Stopped")
