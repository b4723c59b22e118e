"""Pods of the local backend: real processes, and the statuses a kubelet would write."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcompose.backends.local import LocalBackend
from podcompose.run.errors import NameTaken, OtherPod, Refused, Unreachable
from podcompose.run.protocols import Adopted, NotFound, Selection, Superseded
from podcompose.run.records import Owner, PodRef
from tests.backends.local import Gate, Line, Watched, container, container_status, pod, terminated


@pytest.mark.parametrize(
    ("script", "code", "reason"), [("true", 0, "Completed"), ("exit 3", 3, "Error"), ("kill -9 $$", 137, "Error")]
)
def test_a_pod_ends_as_its_command_does(here: Watched, script: str, code: int, reason: str) -> None:
    """Exit codes are kept, and a signal n is 128 + n."""
    found = here.run(pod(script))

    assert found["status"]["phase"] == ("Succeeded" if code == 0 else "Failed")
    assert (terminated(found)["exitCode"], terminated(found)["reason"]) == (code, reason)


def test_statuses_come_in_the_order_of_a_kubelet(here: Watched, tmp_path: Path) -> None:
    """A container is created, runs and ends; each status has conditions, times and addresses."""
    gate = Gate(tmp_path)
    launched = here.launch(pod(f"read x < {gate.path}"))
    running = here.until(launched.ref, lambda found: found["status"]["phase"] == "Running")
    gate.open()
    found = here.finished(launched.ref)

    assert here.states(launched.ref) == ["ContainerCreating", "running", "0"]
    assert {one["type"]: one["status"] for one in running["status"]["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
        "PodScheduled": "True",
    }
    assert found["status"]["conditions"][2]["reason"] == "PodCompleted"
    assert running["spec"]["nodeName"] != ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"command": ["/no/such"]}, 'exec: "/no/such": no such file or directory'),
        ({"command": ["no-such-command"]}, 'exec: "no-such-command": executable file not found in $PATH'),
        ({"command": ["/etc/passwd"]}, 'exec: "/etc/passwd": permission denied'),
        ({"command": ["a\0b"]}, 'exec: "a\0b": embedded null byte'),
        ({"workingDir": "/no/such"}, 'chdir to cwd ("/no/such") failed: no such file or directory'),
    ],
)
def test_what_cannot_be_started_is_a_start_error(here: Watched, fields: dict[str, object], message: str) -> None:
    """As the kubelet writes it: 128, StartError, started in 1970; no main container ever ran."""
    launched = here.launch({"spec": {"restartPolicy": "Never", "containers": [{**container("true"), **fields}]}})
    ended = terminated(here.finished(launched.ref))

    assert (ended["exitCode"], ended["reason"], ended["startedAt"]) == (128, "StartError", "1970-01-01T00:00:00Z")
    assert ended["message"].endswith(message)
    assert here.end_of(launched).outcome.ran == "no"  # type: ignore[union-attr]  # a record of end_of has one


def test_a_process_has_the_environment_of_its_container_and_no_other(
    here: Watched, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing of this process's environment gets in; PATH, HOME and one of our own are there beside the pod's."""
    monkeypatch.setenv("LEAK", "1")
    launched = here.launch(pod("env | sed s/=.*// | sort", others=[container("pwd", "where", workingDir=str(tmp_path))]))
    here.finished(launched.ref)

    names = here.backend.logs(launched.ref).decode().split()
    assert set(names) - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        "HOME",
        "PATH",
        "PODCOMPOSE_TERMINATION_MESSAGE_PATH",
    }
    assert here.backend.logs(launched.ref, "where").decode().strip() == str(tmp_path)


def test_variables_are_expanded_in_command_and_args(here: Watched) -> None:
    """From the container's own variables, as Kubernetes does it."""
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)$(A)"},
        {"name": "U", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
    ]
    command = {"command": ["echo", "$(B)", "$$(B)"], "args": ["$(U)", "$(NONE)"], "env": env}
    launched = here.launch({"spec": {"restartPolicy": "Never", "containers": [{"name": "base", **command}]}})
    here.finished(launched.ref)

    assert here.backend.logs(launched.ref) == f"11 $(B) {launched.ref.uid} $(NONE)\n".encode()


def test_termination_messages(here: Watched) -> None:
    """A message is read from the file whose path the process is told, or from the end of the log if its policy says so."""
    says = "echo oh no > $PODCOMPOSE_TERMINATION_MESSAGE_PATH; exit 3"
    logs = container("echo first; echo last words; exit 4", "logs", terminationMessagePolicy="FallbackToLogsOnError")
    quiet = container("echo nothing; exit 5", "quiet")
    found = here.run(pod(says, others=[logs, quiet]))

    assert terminated(found)["message"] == "oh no\n"
    assert terminated(found, "logs")["message"] == "first\nlast words\n"
    assert "message" not in terminated(found, "quiet")


def test_init_containers_run_one_after_the_other(here: Watched, tmp_path: Path) -> None:
    """Each in its turn, and the main container after the last; a failure ends the pod and nothing more is started."""
    out = tmp_path / "out"
    inits = [container(f"echo one >> {out}", "one"), container(f"echo two >> {out}", "two")]
    found = here.run(pod(f"echo main >> {out}", inits=inits))
    assert out.read_text() == "one\ntwo\nmain\n"
    assert found["status"]["phase"] == "Succeeded"

    failing = here.launch(pod("true", inits=[container("exit 4", "bad"), container("true", "never")]), "task/2")
    found = here.finished(failing.ref)
    assert found["status"]["phase"] == "Failed"
    assert container_status(found, "never")["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert container_status(found)["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert here.end_of(failing).outcome.cause.kind == "InitFailed"  # type: ignore[union-attr]


def test_sidecars_start_in_order_and_end_last_in_reverse(here: Watched, tmp_path: Path) -> None:
    """They outlive the main container; each is asked to end when the one started after it has ended."""
    line = Line(tmp_path)
    side = "trap 'echo {0} ends > {1}; exit 9' TERM; echo {0} starts > {1}; while :; do sleep 0.01; done"
    inits = [container(side.format(name, line.path), name, restartPolicy="Always") for name in ("one", "two")]
    gate = Gate(tmp_path)
    launched = here.launch(pod(f"read x < {gate.path}; echo main ends > {line.path}", inits=inits))
    starts = line.hear(2)
    gate.open()
    found = here.finished(launched.ref)

    assert sorted(starts) == ["one starts", "two starts"]
    assert line.hear(3) == ["main ends", "two ends", "one ends"]
    assert found["status"]["phase"] == "Succeeded"
    assert terminated(found, "one")["exitCode"] == 9
    line.close()


def test_a_pod_of_several_containers_fails_if_one_does(here: Watched) -> None:
    """It is over when all have ended; statuses are in the order of their names."""
    found = here.run(pod("exit 0", others=[container("exit 3", "a")]))

    assert found["status"]["phase"] == "Failed"
    assert [one["name"] for one in found["status"]["containerStatuses"]] == ["a", "base"]


def test_a_failing_container_is_restarted_with_a_back_off(here: Watched, tmp_path: Path) -> None:
    """At once the first time, then held back as CrashLoopBackOff; OnFailure ends with the first success."""
    count = tmp_path / "count"
    script = f"echo run >> {count}; test $(wc -l < {count}) -ge 4 || exit 3"
    launched = here.launch(pod(script, restartPolicy="OnFailure"))
    found = here.finished(launched.ref)

    assert found["status"]["phase"] == "Succeeded"
    assert container_status(found)["restartCount"] == 3
    assert container_status(found)["lastState"]["terminated"]["exitCode"] == 3
    assert "CrashLoopBackOff" in here.states(launched.ref)
    assert here.backend.logs(launched.ref, previous=True) == b""


def test_a_deadline_ends_a_pod(here: Watched) -> None:
    """TERM to all that runs; the pod has failed by its deadline, whatever the processes answered."""
    launched = here.launch(pod("trap 'exit 0' TERM; while :; do sleep 0.01; done", activeDeadlineSeconds=1))
    found = here.finished(launched.ref)

    assert (found["status"]["phase"], found["status"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert terminated(found)["exitCode"] == 0
    assert here.end_of(launched).outcome.cause.kind == "DeadlineExceeded"  # type: ignore[union-attr]


def test_a_stop_asks_with_term_and_removes_the_pod(here: Watched, tmp_path: Path) -> None:
    """The process's own answer is kept; the deletion is a generation of its own; the outcome is Stopped."""
    line = Line(tmp_path)
    script = f"trap 'exit 3' TERM; echo ready > {line.path}; while :; do sleep 0.01; done"
    launched = here.launch(pod(script))
    line.hear()
    here.backend.stop(launched.ref)
    marked = here.backend.manifest(launched.ref)
    record = here.end_of(launched)
    here.until_gone(launched.ref)

    assert marked is None or marked["metadata"]["generation"] == 2
    assert record.outcome is not None
    assert (record.outcome.kind, record.outcome.exit_code) == ("Stopped", 3)
    last = here.statuses[launched.ref.uid][-1]
    assert (last["phase"], last["observedGeneration"]) == ("Failed", 2)
    here.backend.stop(launched.ref)
    line.close()


def test_who_outlives_the_grace_is_killed_with_all_its_processes(here: Watched, tmp_path: Path) -> None:
    """KILL to the whole process group, and to whoever left it."""
    line = Line(tmp_path)
    script = f"exec 9> {line.path}; trap '' TERM; (trap '' TERM; setsid sleep 1000) & sleep 1000 & echo ready >&9; wait; sleep 1000"
    launched = here.launch(pod(script))
    line.hear()
    here.backend.stop(launched.ref, grace=0)
    record = here.end_of(launched)

    assert line.is_silent()
    assert record.outcome is not None
    assert (record.outcome.kind, record.outcome.exit_code) == ("Stopped", 137)
    line.close()


def test_a_second_stop_may_shorten_the_grace(here: Watched, tmp_path: Path) -> None:
    """Who does not want to wait any longer asks again."""
    line = Line(tmp_path)
    launched = here.launch(pod(f"trap 'echo no > {line.path}' TERM; echo ready > {line.path}; while :; do sleep 0.01; done"))
    line.hear()
    here.backend.stop(launched.ref, grace=1000)
    assert line.hear() == ["no"]
    here.backend.stop(launched.ref, grace=0)
    here.until_gone(launched.ref)
    line.close()


def test_somebody_elses_deletion_is_no_stop(here: Watched, tmp_path: Path) -> None:
    """What ends by `delete` is Deleted; a pod that is over is only removed, and had its outcome before."""
    line = Line(tmp_path)
    launched = here.launch(pod(f"echo ready > {line.path}; exec sleep 1000"))
    line.hear()
    subscription = here.backend.subscribe(Selection())
    here.backend.delete(launched.ref, grace=0)
    outcomes = []
    while outcomes == []:
        outcomes = [one.outcome for one in subscription.poll(30).changes if getattr(one, "outcome", None) is not None]
    assert outcomes[0].kind == "Deleted"

    done = here.launch(pod(), "task/2")
    here.finished(done.ref)
    here.backend.delete(done.ref)
    assert here.backend.manifest(done.ref) is None
    line.close()
    subscription.close()


def test_what_waits_for_room_is_pending_and_can_be_stopped(tmp_path: Path) -> None:
    """No more pods than allowed run at once; the next begins when one has ended."""
    gate = Gate(tmp_path)
    with LocalBackend(max_pods=1) as backend:
        here = Watched(backend)
        first = here.launch(pod(f"read x < {gate.path}"), "1")
        second, third = here.launch(pod(), "2"), here.launch(pod(), "3")
        assert backend.manifest(second.ref)["status"] == {"phase": "Pending", "qosClass": "BestEffort"}  # type: ignore[index]
        backend.stop(second.ref)
        assert backend.manifest(second.ref) is None
        gate.open()
        here.finished(first.ref)
        assert here.finished(third.ref)["status"]["phase"] == "Succeeded"


def test_a_missing_secret_holds_a_pod_up_and_a_late_one_heals_it(tmp_path: Path) -> None:
    """CreateContainerConfigError with the kubelet's message, until it is there."""
    secrets: dict[str, dict[str, str]] = {}
    env = [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "token"}}}]
    with LocalBackend(tmp_path, secrets=secrets, backoff=(0.05, 0.05)) as backend:
        here = Watched(backend)
        spec = {"restartPolicy": "Never", "containers": [container('test "$T" = s3', env=env)]}
        launched = here.launch({"spec": spec})
        assert container_status(backend.manifest(launched.ref) or {})["state"] == {
            "waiting": {"reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}
        }
        secrets["keys"] = {"token": "s3"}
        assert here.finished(launched.ref)["status"]["phase"] == "Succeeded"


def test_logs_are_followed_over_restarts(here: Watched, tmp_path: Path) -> None:
    """What all runs write, as they write it; the stream ends with the pod."""
    gate = Gate(tmp_path)
    count = tmp_path / "count"
    script = f"echo run >> {count}; echo started; read x < {gate.path}; echo $x; test $(wc -l < {count}) -ge 2"
    launched = here.launch(pod(script, restartPolicy="OnFailure"))
    stream = here.backend.follow_logs(launched.ref)
    assert next(stream) == b"started\n"
    gate.open("one")
    heard = b""
    while b"started" not in heard:
        heard += next(stream)
    gate.open("two")

    assert heard + b"".join(stream) == b"one\nstarted\ntwo\n"
    assert here.backend.logs(launched.ref) == b"started\ntwo\n"
    assert here.backend.logs(launched.ref, previous=True) == b"started\none\n"


def test_there_is_no_log_of_what_is_not_there(here: Watched) -> None:
    """An unknown pod or container is refused, with the next step to look at."""
    launched = here.launch(pod())
    with pytest.raises(Refused, match="container 'bsae'"):
        here.backend.logs(launched.ref, "bsae")
    with pytest.raises(Refused, match="no such pod"):
        here.backend.logs(PodRef("default", "x", "y"))


def test_logs_outlive_a_pod_in_a_directory_that_was_given(here: Watched) -> None:
    """A directory of the caller's is kept; a temporary one is emptied as pods are removed."""
    launched = here.launch(pod("echo kept"))
    here.finished(launched.ref)
    here.backend.delete(launched.ref)

    assert here.backend.logs(launched.ref, "base") == b"kept\n"
    with LocalBackend() as backend:
        other = Watched(backend)
        gone = other.launch(pod("echo gone"))
        other.finished(gone.ref)
        backend.delete(gone.ref)
        with pytest.raises(Refused):
            backend.logs(gone.ref, "base")


def test_a_launch_id_has_one_pod(here: Watched) -> None:
    """Launched again it is found; another pod, or another's pod of that name, is refused; a dry run makes none."""
    assert here.backend.launch(pod(), launch_id="dry", dry_run=True).created is False
    assert isinstance(here.backend.settle("dry"), NotFound)
    first = here.launch(pod())
    again = here.launch(pod())

    assert (first.created, again.created, again.ref) == (True, False, first.ref)
    assert here.backend.settle("task/1") == again
    with pytest.raises(OtherPod):
        here.launch(pod("false"))
    stolen = here.backend._board.get("default", first.ref.name)
    assert stolen is not None
    here.backend._board.put({**stolen, "metadata": {**stolen["metadata"], "annotations": {}}})
    with pytest.raises(NameTaken):
        here.launch(pod())


def test_the_higher_epoch_has_the_pod(here: Watched) -> None:
    """Adoption is a compare and swap by epoch."""
    launched = here.launch(pod())

    assert here.backend.adopt(launched.ref, Owner("one", 2)) == Adopted(launched.ref, Owner("one", 2))
    assert here.backend.adopt(launched.ref, Owner("two", 1)) == Superseded(launched.ref, Owner("one", 2))
    assert isinstance(here.backend.adopt(PodRef("default", "x", "y"), Owner("one", 2)), NotFound)


def test_what_cannot_be_done_is_refused_or_warned_of(here: Watched) -> None:
    """Everything at once, each with its path; nothing was launched."""
    spec = {"containers": [{"name": "a", "image": "x", "tty": True, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]}
    with pytest.raises(Refused) as refused:
        here.launch({"spec": spec})
    assert [problem.path for problem in refused.value.problems] == [
        '.spec.containers[name="a"].volumeMounts',
        '.spec.containers[name="a"].command',
    ]
    warned = here.launch(pod(nodeSelector={"a": "b"}, hostPID=True))
    assert warned.warnings == (".spec.nodeSelector: not done here: the pod runs on this machine wherever it asks to run",)


def test_a_closed_backend_launches_nothing(tmp_path: Path) -> None:
    """Closing twice is no error; launching after it says so."""
    backend = LocalBackend(tmp_path)
    backend.close()
    backend.close()
    with pytest.raises(Unreachable, match="closed"):
        backend.launch(pod(), launch_id="1")
