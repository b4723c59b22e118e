"""No process of a container is left: not after its end, not after `close`, not when the parent or the keeper is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from podcompose.backends.local import LocalBackend
from tests.backends.local import Line, Watched, container_status, pod, terminated

#: Children in the background, one that forked twice, in a session of its own, and one that in addition shows no environment.
FAMILY = (
    "exec 9> {line}; sleep 1000 & (setsid sh -c 'sleep 1000; true' &); "
    "(env -i setsid /bin/sh -c '(/bin/sh -c \"/bin/sleep 1000; true\" &)' &); setsid sh -c 'echo ready >&9; exit'; wait_here"
)


def family(line: Line, then: str) -> str:
    """A script that leaves processes everywhere, all of which hold the line, and then goes on."""
    return FAMILY.format(line=line.path).replace("wait_here", then)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A pipe that is silent once the last process that holds it is gone."""
    made = Line(tmp_path)
    yield made
    made.close()


def test_nothing_is_left_of_a_container_that_has_ended(here: Watched, line: Line) -> None:
    """Neither what it left in its group, nor what forked twice and left its session; the end is told after that."""
    found = here.run(pod(family(line, "exit 3")))

    assert terminated(found)["exitCode"] == 3
    assert line.is_silent()


def test_what_another_container_left_running_is_not_taken_for_a_leftover(here: Watched, line: Line, tmp_path: Path) -> None:
    """Orphans live as long as their own container, whatever else ends meanwhile."""
    other = Line(tmp_path, "other")
    script = f"(setsid sh -c 'exec 9> {other.path}; echo ready >&9; sleep 1000; true' &); sleep 1000"
    living = here.launch(pod(script), "lives")
    other.hear()
    here.run(pod(family(line, "exit 0")), "ends")
    assert line.is_silent()
    with pytest.raises(BlockingIOError):
        os.read(other._descriptor, 1)

    here.backend.stop(living.ref, grace=0)
    assert other.is_silent()
    other.close()


def test_closing_ends_all(tmp_path: Path, line: Line) -> None:
    """When `close` returns there is no process, no thread and no directory left."""
    backend = LocalBackend()
    backend.launch(pod(family(line, "sleep 1000")), launch_id="1")
    line.hear()
    directory = backend._directory
    backend.close()

    assert line.is_silent()
    assert not directory.exists()


_PARENT = """
import sys, threading
from podcompose.backends.local import LocalBackend
from tests.backends.local import pod
backend = LocalBackend(sys.argv[1])
backend.launch(pod(sys.argv[2]), launch_id="1")
threading.Event().wait()
"""


@pytest.mark.parametrize("with_a_fork", [False, True])
def test_a_killed_parent_takes_everything_with_it(tmp_path: Path, line: Line, with_a_fork: bool) -> None:
    """SIGKILL to the process that has the backend ends every descendant of its containers, even if a fork of it lives on."""
    forks = "import os\nif os.fork() == 0:\n    threading.Event().wait()\n" if with_a_fork else ""
    code = _PARENT.replace("threading.Event().wait()\n", f"{forks}threading.Event().wait()\n")
    command = [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "pods"), family(line, "sleep 1000")]
    with subprocess.Popen(command, start_new_session=True) as parent:
        line.hear()
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert line.is_silent()
        if with_a_fork:
            os.killpg(parent.pid, signal.SIGKILL)


def test_a_killed_keeper_takes_its_containers_with_it(here: Watched, line: Line) -> None:
    """How they ended nobody knows, and the pod says so; the next pod has a new keeper."""
    launched = here.launch(pod(family(line, "sleep 1000")))
    line.hear()
    here.until(launched.ref, lambda found: found["status"]["phase"] == "Running")
    processes = here.backend._host._processes
    assert processes is not None
    os.kill(processes.keeper_pid, signal.SIGKILL)
    found = here.finished(launched.ref)

    assert container_status(found)["state"]["terminated"]["reason"] == "ContainerStatusUnknown"
    assert line.is_silent()
    assert here.run(pod(), "2")["status"]["phase"] == "Succeeded"
