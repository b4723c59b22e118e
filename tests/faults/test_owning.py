"""Rows O1 to O3 of the fault matrix: restarts, two schedulers at once, and an owner of yesterday."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

import threading
from typing import Any

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run import Adopted, LaunchError, Owner, PodRef, Selection, Superseded, pod_name, reconcile
from podcompose.run.protocols import NotFound
from podcompose.testing.faults import Cut, Drop, FaultServer, Paced, Status
from tests.faults.conftest import MakeBackend

POD = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]}}
FAILURES = (Status(503), Status(429, retry_after=1), Drop(work=False), Cut(count=10), Status(502, work=True))
ONE, TWO = Owner("one", 1), Owner("two", 2)


@pytest.fixture
def ref(backend: KubernetesBackend) -> PodRef:
    """A pod that was launched."""
    return backend.launch(POD, launch_id="a").ref


def owner_at(server: FaultServer, ref: PodRef) -> str | None:
    """Whom the pod names as its owner."""
    return server.pods()[ref.name]["metadata"]["annotations"].get("podcompose.io/owner")


def test_O1_a_restart_is_one_paged_look(server: FaultServer, make: MakeBackend) -> None:
    """After a restart one LIST by a label that never changes tells the owned, the unknown and the missing."""
    first = make()
    refs = {launch_id: first.launch(POD, launch_id=launch_id).ref for launch_id in ("a", "b", "stranger")}
    server.add({**POD, "metadata": {"name": "somebody-elses"}})
    first.close()
    found = reconcile(make(), ["a", "b", "lost"], Selection(("default",)))

    assert {launch_id: record.ref for launch_id, record in found.owned.items()} == {name: refs[name] for name in "ab"}
    assert [record.launch_id for record in found.unknown] == ["stranger"]
    assert found.missing == ("lost",)
    lists = server.asked("LIST")
    assert len(lists) == 1
    assert lists[0].query["labelSelector"] == "app.kubernetes.io/managed-by=podcompose"
    assert "limit" in lists[0].query


def test_O1_adopting_changes_annotations_alone(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Adoption is one PATCH of annotations, on condition of uid and resourceVersion: labels stay, so no watch loses the pod."""
    before = server.pods()[ref.name]
    adopted = backend.adopt(ref, ONE)
    (patch,) = server.asked("PATCH")

    assert adopted == Adopted(ref, ONE)
    metadata = patch.json["metadata"]
    assert (set(patch.json), set(metadata)) == ({"metadata"}, {"annotations", "resourceVersion", "uid"})
    assert (metadata["resourceVersion"], metadata["uid"]) == (before["metadata"]["resourceVersion"], ref.uid)
    assert server.pods()[ref.name]["metadata"]["labels"] == before["metadata"]["labels"]
    assert owner_at(server, ref) == "one"


def test_O1_adopting_again_asks_for_nothing(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Who owns a pod already is told so without another write; so a reply that is lost does no harm."""
    server.script(Drop(work=True), verb="PATCH")

    assert backend.adopt(ref, ONE) == backend.adopt(ref, ONE) == Adopted(ref, ONE)
    assert len(server.asked("PATCH")) == 1


def test_O2_of_two_who_race_the_higher_epoch_wins(server: FaultServer, make: MakeBackend, ref: PodRef) -> None:
    """Who has read the pod before the other wrote it is refused by the resourceVersion, looks again, and is Superseded."""
    slow, fast = make(), make()
    server.script(Paced(size=1_000_000), verb="GET")
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(slow.adopt(ref, ONE)))
    thread.start()
    server.await_held()
    won = fast.adopt(ref, TWO)
    server.tick()
    thread.join(10)

    assert won == Adopted(ref, TWO)
    assert results == [Superseded(ref, TWO)]
    assert owner_at(server, ref) == "two"


def test_O2_the_higher_epoch_wins_when_it_is_slower(server: FaultServer, make: MakeBackend, ref: PodRef) -> None:
    """The same race with the higher epoch behind: it is refused once, looks again, and takes the pod over."""
    slow, fast = make(), make()
    server.script(Paced(size=1_000_000), verb="GET")
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(slow.adopt(ref, TWO)))
    thread.start()
    server.await_held()
    fast.adopt(ref, ONE)
    server.tick()
    thread.join(10)

    assert results == [Adopted(ref, TWO)]
    assert owner_at(server, ref) == "two"


def test_O2_of_equal_epochs_the_first_wins(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Two owners of one epoch do not take a pod from each other."""
    rival = Owner("rival", ONE.epoch)
    backend.adopt(ref, ONE)

    assert backend.adopt(ref, rival) == Superseded(ref, ONE)
    assert owner_at(server, ref) == "one"


def test_O2_a_watch_by_label_sees_no_change_of_hands(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Owner and epoch are no labels: a selection cannot contain them."""
    backend.adopt(ref, ONE)

    assert not any("owner" in label for label in server.pods()[ref.name]["metadata"]["labels"])


def test_O3_a_stale_owner_is_refused(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """A lower epoch is refused by the library, without a write."""
    backend.adopt(ref, TWO)
    before = server.pods()

    assert backend.adopt(ref, ONE) == Superseded(ref, TWO)
    assert server.pods() == before


def again(server: FaultServer, ref: PodRef) -> str:
    """Replace a pod by another of its name; the new one's uid."""
    server.remove(ref.name)
    uid: str = server.add({**POD, "metadata": {"name": ref.name}})["metadata"]["uid"]
    return uid


def test_O3_a_stop_never_meets_a_namesake(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """A pod that came under the name of the one to stop is not touched: that one is gone, which is all that was asked."""
    uid = again(server, ref)
    backend.stop(ref)

    assert server.pods()[ref.name]["metadata"]["uid"] == uid
    assert "deletionTimestamp" not in server.pods()[ref.name]["metadata"]


def test_O3_a_stop_is_guarded_by_the_server(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Even where the namesake came after the last look, the precondition on the uid keeps it: 409, and done."""
    server.script(Paced(size=1_000_000), verb="PATCH")
    thread = threading.Thread(target=lambda: backend.stop(ref))
    thread.start()
    server.await_held()
    uid = again(server, ref)
    server.tick()
    thread.join(10)
    (delete,) = server.asked("DELETE")

    assert delete.json["preconditions"] == {"uid": ref.uid}
    assert server.pods()[ref.name]["metadata"]["uid"] == uid


def test_O3_adopting_a_namesake_finds_nothing(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """So with adoption: another uid is another pod."""
    uid = again(server, ref)

    assert backend.adopt(ref, ONE) == NotFound(pod_name("a"), "default")
    assert server.pods()[ref.name]["metadata"]["uid"] == uid


def test_O3_adopting_a_namesake_that_came_in_between(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """The same, where it came between the look and the write."""
    server.script(Paced(size=1_000_000), verb="GET")
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(backend.adopt(ref, ONE)))
    thread.start()
    server.await_held()
    again(server, ref)
    server.tick()
    thread.join(10)

    assert results == [NotFound(ref.name, "default")]
    assert owner_at_all(server, ref) is None


def owner_at_all(server: FaultServer, ref: PodRef) -> str | None:
    """Whom a pod names as its owner, if it has annotations at all."""
    owner: str | None = server.pods()[ref.name]["metadata"].get("annotations", {}).get("podcompose.io/owner")
    return owner


def test_O3_a_stop_is_done_when_the_pod_is_gone(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Absent is done, before the stop and in the middle of it."""
    server.script(Drop(work=True), verb="DELETE")
    backend.stop(ref)
    backend.stop(ref)

    assert server.pods() == {}


@pytest.mark.parametrize(
    "fault", [Status(503), Status(429, retry_after=1), Drop(work=False), Cut(count=10), Status(502, work=True)]
)
@pytest.mark.parametrize("verb", ["GET", "PATCH", "DELETE"])
def test_O3_a_stop_gets_through(server: FaultServer, backend: KubernetesBackend, ref: PodRef, verb: str, fault: Any) -> None:
    """Whatever fails on the way, the pod of this uid is asked to end, once it can be asked."""
    server.bind(ref.name)
    server.script(fault, verb=verb, times=2)
    backend.stop(ref, grace=7)

    assert server.pods()[ref.name]["metadata"]["deletionGracePeriodSeconds"] == 7


def test_O3_a_stop_that_may_not_be_noted_is_made_all_the_same(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Without the permission to patch, a pod can still be stopped."""
    server.script(Status(403), verb="PATCH", times=None)
    backend.stop(ref)

    assert server.pods() == {}


def test_O3_a_stop_that_is_forbidden_says_so(server: FaultServer, backend: KubernetesBackend, ref: PodRef) -> None:
    """Without the permission to delete, that is the error, and it names the pod."""
    server.script(Status(403), verb="DELETE", times=None)

    with pytest.raises(LaunchError, match=ref.name):
        backend.stop(ref)
