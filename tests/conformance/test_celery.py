"""The worker pool of the examples passes the suite, and a real Celery worker runs its pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker

from examples.celery_backend import CeleryBackend, forget, in_process, read, runner, write
from podcompose.backends.memory import Fails, MemoryBackend
from podcompose.run import Router, Seen, Selection, Stage, run, run_many
from podcompose.testing.conformance import BackendSuite


class TestCelery(BackendSuite):
    """No worker: the back doors are what workers and others do to results."""

    # It knows the pods it launched, its cursors are its own, and it looks from time to time.
    supports_reopening = False
    supports_foreign_pods = False
    supports_every_change = False
    histories = 15

    def make(self) -> Any:
        """Over results in the empty directory of the test."""
        self.app = in_process(self.folder)
        return CeleryBackend(in_process(self.folder))

    def pods(self) -> Iterable[dict[str, Any]]:
        """Read what was written down."""
        keys = [path.name.partition(".")[2] for path in sorted(self.folder.glob("celery-task-meta-pod.*"))]
        return [pod for key in keys if (pod := read(self.app, key)) is not None]

    def set_status(self, uid: str, status: dict[str, Any]) -> None:
        """Give the task this result, as a worker would."""
        if self.manifest(uid) is not None:
            self.app.backend.store_result(uid, status, "Running")

    def remove(self, uid: str) -> None:
        """Forget it."""
        pod = self.manifest(uid)
        if pod is not None:
            forget(self.app, dict(pod))

    def set_labels(self, uid: str, labels: dict[str, str]) -> None:
        """Write it down with these labels."""
        pod = dict(self.manifest(uid) or {})
        metadata = {**pod["metadata"], "labels": labels}
        write(self.app, f"{metadata['namespace']}.{metadata['name']}", {**pod, "metadata": metadata})


class TestRoutedToCelery(TestCelery):
    """The same behind a router, beside a backend that has nothing."""

    histories = 5

    def make(self) -> Any:
        """All pods go to the workers."""
        return Router({"workers": super().make(), "memory": MemoryBackend()}, lambda pod: "workers")


def pod_of(*command: str, queue: str = "workers") -> dict[str, Any]:
    """A pod that runs a command."""
    container = {"name": "base", "image": "none", "command": list(command), "env": [{"name": "WHO", "value": "world"}]}
    return {"metadata": {"labels": {"queue": queue}}, "spec": {"restartPolicy": "Never", "containers": [container]}}


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose queue is worked off by a real worker, in a thread of this process, once there is something in it."""
    folder = tmp_path_factory.mktemp("worked")
    with start_worker(in_process(folder), perform_ping_check=False, pool="solo", loglevel="ERROR", shutdown_timeout=30):
        yield folder


@pytest.fixture
def workers(worked: Path) -> Iterator[CeleryBackend]:
    """A backend over that queue."""
    backend = CeleryBackend(in_process(worked))
    yield backend
    backend.close()


def test_a_worker_runs_what_was_queued(workers: CeleryBackend, tmp_path: Path) -> None:
    """Pods are run by a worker, each once, and exit codes are their outcomes'."""
    written = tmp_path / "written"
    pods = {str(code): pod_of("sh", "-c", f'echo "$WHO" >> {written}; exit {code}') for code in range(4)}
    codes = {name: outcome.exit_code for name, outcome in run_many(workers, pods)}
    again = run(workers, pods["3"], launch_id="3")

    assert codes == {str(code): code for code in range(4)}
    assert (again.exit_code, written.read_text()) == (3, "world\n" * 4)


def test_a_running_pod_is_stopped(workers: CeleryBackend) -> None:
    """A stop ends the process in the worker."""
    subscription = workers.subscribe(Selection())
    ref = workers.launch(pod_of("sleep", "3600"), launch_id="stopped").ref
    outcomes: list[Any] = []
    while outcomes == []:
        changes = [change for change in subscription.poll(20).changes if isinstance(change, Seen)]
        if any(change.record.stage is Stage.RUNNING for change in changes):
            workers.stop(ref, grace=5)
        outcomes = [change.outcome for change in changes if change.outcome is not None]

    assert [(outcome.kind, outcome.exit_code) for outcome in outcomes] == [("Stopped", 143)]


def test_a_message_that_comes_twice_runs_once(workers: CeleryBackend, worked: Path, tmp_path: Path) -> None:
    """A broker may deliver a task again: the pod is run once."""
    app, written = in_process(worked), tmp_path / "written"
    pod = pod_of("sh", "-c", f"echo ran >> {written}")
    ref = workers.launch(pod, launch_id="twice").ref
    key = f"{ref.namespace}.{ref.name}"
    runner(app).apply_async((key, read(app, key)), task_id=ref.uid)
    run(workers, pod, launch_id="twice")
    run(workers, pod_of("true"), launch_id="after it")

    assert written.read_text() == "ran\n"


def test_what_was_stopped_in_the_queue_is_not_run(workers: CeleryBackend, tmp_path: Path) -> None:
    """The task of a pod that was stopped before a worker took it does nothing."""
    written = tmp_path / "written"
    first = workers.launch(pod_of("sh", "-c", f"until test -e {written}; do sleep 0.02; done"), launch_id="first").ref
    second = workers.launch(pod_of("sh", "-c", f"echo ran > {written}.2"), launch_id="second").ref
    workers.stop(second)
    written.touch()
    run(workers, pod_of("true"), launch_id="third")

    assert first.uid != second.uid
    assert not (tmp_path / "written.2").exists()


def test_a_command_that_cannot_be_started_has_failed(workers: CeleryBackend) -> None:
    """It fails as a container does that cannot be started, with the words of the system."""
    outcome = run(workers, pod_of("/no/such/command"), launch_id="no command")

    assert (outcome.kind, outcome.exit_code, outcome.reason) == ("Failed", 128, "StartError")
    assert "/no/such/command" in outcome.message


def test_pods_of_two_queues_go_to_workers_and_elsewhere(worked: Path) -> None:
    """A router sends some to real workers and others to another backend, and tells all outcomes in one."""
    pods = {"a": pod_of("true"), "b": pod_of("true", queue="kubernetes"), "c": pod_of("false")}
    backends = {"workers": CeleryBackend(in_process(worked)), "kubernetes": MemoryBackend(Fails(5, after_s=0.1))}
    with Router(backends, "queue") as router:
        codes = {name: outcome.exit_code for name, outcome in run_many(router, pods)}

    assert codes == {"a": 0, "b": 5, "c": 1}


@pytest.mark.parametrize(("state", "reason"), [("FAILURE", "TaskFailed"), ("REVOKED", "TaskRevoked")])
def test_a_task_that_is_broken_or_revoked_is_a_failed_pod(tmp_path: Path, state: str, reason: str) -> None:
    """What Celery itself says of a task that no worker will end is the pod's end, not a wait for ever."""
    app = in_process(tmp_path)
    backend = CeleryBackend(app)
    ref = backend.launch(pod_of("true"), launch_id="a").ref
    app.backend.store_result(ref.uid, RuntimeError("no more"), state)
    found = read(app, f"{ref.namespace}.{ref.name}")
    backend.close()

    assert found is not None
    assert (found["status"]["phase"], found["status"]["reason"]) == ("Failed", reason)
