"""The node itself, and what takes more than one history: many pods, a watch left and come back to, a namespace that goes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run import (
    Gone,
    Outcome,
    PodRef,
    Policy,
    Seen,
    Selection,
    Stage,
    Subscription,
    Synced,
    run,
    run_many,
)
from podcompose.run.errors import NamespaceTerminating
from tests.cluster.child import wait_for
from tests.node import cgroups, images, packages
from tests.node import node as nodes
from tests.node.changes import Changes
from tests.node.crowd import Crowd
from tests.node.node import RealNode
from tests.node.story import pod, script
from tests.node.watching import Json

REPOSITORY = Path(__file__).parent.parent.parent
# The stories beside these tests put a taint on the node.
HARDENED: Json = {"tolerations": [{"operator": "Exists"}]}
LISTENS = "trap 'sleep 2; exit 3' TERM; echo ready; sleep 1000 & wait"


@pytest.fixture(scope="module")
def backend(node: RealNode, crowd: Crowd) -> Iterator[KubernetesBackend]:
    """The backend, while the crowd is at work."""
    with KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace="default") as backend:
        yield backend


def test_a_node_whose_holder_is_killed_leaves_nothing(node: RealNode) -> None:
    """No process, cgroup, interface or folder is left of it, although nobody could clean up."""
    command = [sys.executable, "-m", "tests.node", "hold"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip()).parent
        group = f"podcompose-{folder.name}"
        assert folder.is_dir()
        assert traces(folder, group) != []
        os.kill(holder.pid, signal.SIGKILL)

    wait_for(lambda: traces(folder, group) == [], "nothing is left")


def traces(folder: Path, group: str) -> list[str]:
    """What there is of a node: its folder, cgroups, and processes that name its folder."""
    groups = [*cgroups.ROOT.glob(group), *cgroups.ROOT.glob(f"*/{group}")]
    lines = (Path(entry, "cmdline") for entry in Path("/proc").iterdir() if entry.name.isdigit())
    running = [str(line) for line in lines if str(folder).encode() in contents(line)]
    return [*map(str, groups), *running, *([str(folder)] if folder.exists() else [])]


def contents(path: Path) -> bytes:
    """What is in a file that may go at any time."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_machine_is_asked_before_a_node_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not root is told so, and nothing is started."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert nodes.why_not() == "a real node needs Linux and root"
    with pytest.raises(packages.NodeMissingError, match="root"):
        RealNode().__enter__()


def test_an_image_is_the_same_bytes_each_time(node: RealNode, tmp_path: Path) -> None:
    """Nothing of the moment gets into an image."""
    image = images.busybox(packages.command("busybox"))
    for name in ("a.tar", "b.tar"):
        images.write(image, tmp_path / name)

    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_many_pods_are_run(backend: KubernetesBackend) -> None:
    """Each launch id has its own outcome."""
    pods = {f"many/{code}": pod(script(f"exit {code}"), **HARDENED) for code in range(6)}

    found = dict(run_many(backend, pods, max_in_flight=3))

    assert {launch_id: outcome.exit_code for launch_id, outcome in found.items()} == {f"many/{code}": code for code in range(6)}


def test_a_pod_whose_image_cannot_be_had_is_given_up(backend: KubernetesBackend, node: RealNode) -> None:
    """P1: the policy gives it up, says why, and the pod is stopped."""
    hopeless = pod({**script("exit 0"), "image": "localhost/none:1", "imagePullPolicy": "Never"}, **HARDENED)

    outcome = run(backend, hopeless, launch_id="hopeless", policy=Policy(image_grace_s=60.0))

    assert outcome.cause is not None
    assert (outcome.kind, outcome.cause.kind, outcome.reason, outcome.retry_safe) == (
        "Failed",
        "StartTimeout",
        "ErrImageNeverPull",
        False,
    )


def test_an_outcome_that_came_while_nobody_watched_is_told_once(backend: KubernetesBackend, node: RealNode) -> None:
    """A subscription that goes on from a stored cursor tells it; one that goes on from behind it tells only what came later."""
    where = Selection(("default",), {"test": "cursor"})
    with contextlib.closing(backend.subscribe(where)) as subscription:
        before = synced(subscription)
    first = launch(backend, "cursor/1", "exit 3")
    path = f"/api/v1/namespaces/default/pods/{first.name}"
    wait_for(lambda: node.api.must("GET", path)["status"]["phase"] == "Failed", "the pod has ended")

    with contextlib.closing(backend.subscribe(where, cursor=before)) as subscription:
        missed, behind = ends(subscription, first)
    second = launch(backend, "cursor/2", "exit 4")
    with contextlib.closing(backend.subscribe(where, cursor=behind)) as subscription:
        later, _ = ends(subscription, second)

    assert [(ref, outcome.exit_code) for ref, outcome in missed] == [(first, 3)]
    assert [(ref, outcome.exit_code) for ref, outcome in later] == [(second, 4)]


def launch(backend: KubernetesBackend, launch_id: str, text: str) -> PodRef:
    """Launch a script, labelled for the test of cursors."""
    return backend.launch({"metadata": {"labels": {"test": "cursor"}}, **pod(script(text), **HARDENED)}, launch_id=launch_id).ref


def synced(subscription: Subscription) -> str:
    """The cursor once all that was there has been told."""
    while True:
        batch = subscription.poll()
        if any(isinstance(change, Synced) for change in batch.changes):
            return batch.cursor


def ends(subscription: Subscription, last: PodRef) -> tuple[list[tuple[PodRef, Outcome]], str]:
    """Every outcome that is told up to this pod's, and the cursor behind it."""
    found: list[tuple[PodRef, Outcome]] = []
    while True:
        batch = subscription.poll()
        changes = [change for change in batch.changes if isinstance(change, (Seen, Gone))]
        found += [(change.record.ref, change.outcome) for change in changes if change.outcome is not None]
        if last in [ref for ref, _ in found]:
            return found, batch.cursor


def test_a_namespace_that_goes_takes_its_pods(backend: KubernetesBackend, node: RealNode) -> None:
    """P13: each pod has its one outcome, an ended one its own, and nothing more can be launched there."""
    node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": "leaving", "finalizers": ["podcompose.test/keep"]}})
    with Changes(backend.subscribe(Selection(("leaving",)))) as changes:
        ended, running = (
            backend.launch({"metadata": {"namespace": "leaving"}, **pod(script(text), **HARDENED)}, launch_id=text).ref
            for text in ("exit 4", LISTENS)
        )
        changes.until(ended.uid, Stage.FINISHED)
        changes.until(running.uid, Stage.RUNNING)
        node.api.must("DELETE", "/api/v1/namespaces/leaving")
        outcomes = [changes.until(ref.uid, Stage.GONE)[1] for ref in (ended, running)]
    with pytest.raises(NamespaceTerminating):
        backend.launch({"metadata": {"namespace": "leaving"}, **pod(script("exit 0"))}, launch_id="late")
    node.api.must("PATCH", "/api/v1/namespaces/leaving", {"metadata": {"finalizers": None}}, kind="application/merge-patch+json")

    assert [[outcome.kind for outcome in each] for each in outcomes] == [["Failed"], ["Deleted"]]
