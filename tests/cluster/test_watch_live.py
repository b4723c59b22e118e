"""Watching a real API server: the rows of the fault matrix that a real server, a real etcd and a bad network can make happen."""
# ruff: noqa: N802 - tests are named by their rows

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from podcompose.backends import KubernetesBackend
from podcompose.run import Gone, Left, Resynced, Seen, Selection, Synced
from podcompose.run.watch import WatchSettings
from tests.cluster.child import wait_for
from tests.cluster.commands import OLD_ETCD
from tests.cluster.fates import FATES, NODE, pod
from tests.cluster.plane import ControlPlane
from tests.cluster.proxy import Do, Proxy, Request
from tests.faults.follower import Follower

LABELS = {"app": "x"}
#: The server ends each watch after a second; a silence of two more is a dead connection.
SHORT = WatchSettings(request_s=2.0, watch_s=(1.0, 1.0), silence_s=2.0, backoff_s=(0.05, 0.5), spacing_s=0.05)

Follow = Callable[..., Follower]


def path(namespace: str, name: str = "") -> str:
    """Where pods are."""
    return f"/api/v1/namespaces/{namespace}/pods" + ("" if name == "" else f"/{name}")


class Scene:
    """A plane, a namespace, a proxy before it, and whoever follows."""

    def __init__(self, plane: ControlPlane, proxy: Proxy) -> None:
        self.plane, self.proxy = plane, proxy
        self.namespace = plane.namespace()
        self._open: list[KubernetesBackend] = []

    def follow(self, *, user: str = "admin", cursor: str | None = None, watch: WatchSettings = SHORT) -> Follower:
        """Subscribe to the scene's pods, through the proxy."""
        backend = KubernetesBackend.from_kubeconfig(self.proxy.kubeconfig(user, namespace=self.namespace), watch=watch)
        self._open.append(backend)
        return Follower(backend.subscribe(Selection((self.namespace,), LABELS), cursor=cursor))

    def make(self, name: str, fate: str = "runs", *, scheduled: bool = False) -> str:
        """A pod; its uid. Nobody plays it unless it is scheduled."""
        manifest = pod(name, FATES[fate], scheduled=scheduled, **LABELS)
        uid: str = self.plane.admin.must("POST", path(self.namespace), manifest)["metadata"]["uid"]
        return uid

    def remove(self, name: str) -> None:
        """The pod is gone at once."""
        self.plane.admin.must("DELETE", path(self.namespace, name), gracePeriodSeconds=0)

    def away(self) -> None:
        """The network is gone: connections break, and no request passes."""
        self.proxy.fault = lambda _: Do.LOSE_REQUEST
        self.proxy.cut()

    def back(self) -> None:
        """The network is there again."""
        self.proxy.fault = lambda _: Do.PASS

    def watches(self) -> list[Request]:
        """The watches that were asked for."""
        return [request for request in list(self.proxy.seen) if "watch=true" in request.query]

    def watched(self, times: int) -> bool:
        """Whether so many watches were asked for."""
        return len(self.watches()) >= times

    def lists(self) -> list[Request]:
        """The LISTs that were to learn what there is."""
        return [asked for asked in list(self.proxy.seen) if "limit=" in asked.query and "limit=1&" not in f"{asked.query}&"]

    def close(self) -> None:
        """Nobody follows any more."""
        for backend in self._open:
            backend.close()


@pytest.fixture
def scene(plane: ControlPlane) -> Iterator[Scene]:
    """On the shared plane, which is not to be harmed."""
    with Proxy(plane) as proxy:
        scene = Scene(plane, proxy)
        yield scene
        scene.close()


@pytest.fixture(scope="module")
def harmed(built: None) -> Iterator[ControlPlane]:
    """A plane to be killed, held and put back; it has no memory but etcd's, so that a compaction is felt at once."""
    with ControlPlane(["--watch-cache=false"]) as plane:
        plane.node(NODE)
        yield plane


@pytest.fixture
def harm(harmed: ControlPlane) -> Iterator[Scene]:
    """On a plane that may be harmed."""
    with Proxy(harmed) as proxy:
        scene = Scene(harmed, proxy)
        yield scene
        scene.close()


def test_W01_the_server_ends_every_watch(scene: Scene) -> None:
    """W1: over many watches, each ended by the server after a second, nothing is lost, invented or listed anew."""
    follower = scene.follow().synced()
    for number in range(4):
        wait_for(partial(scene.watched, number + 1), "there is another watch")
        scene.make(f"p{number}")
    follower.until(lambda this: this.count(Seen) >= 4)

    assert follower.names() == ["p0", "p1", "p2", "p3"]
    assert (follower.count(Resynced), len(scene.lists())) == (0, 1)


def test_W02_a_consumer_that_does_not_poll(scene: Scene) -> None:
    """W2: three hundred pods live and end while nobody polls: one change a pod waits, and each outcome is delivered once."""
    follower = scene.follow(watch=WatchSettings()).synced()
    for number in range(300):
        scene.make(f"p{number}", "exit-1", scheduled=True)
    wait_for(lambda: len(failed(scene)) == 300, "all have ended")
    wait_for(lambda: follower.subscription.status().lag == 300, "all are known")
    follower.until(lambda this: len(this.outcomes()) >= 300)

    assert sorted(follower.outcomes()) == sorted((f"p{number}", "Failed") for number in range(300))
    assert len(scene.watches()) == 1


def failed(scene: Scene) -> list[Any]:
    """The pods that have failed."""
    return scene.plane.admin.pods(scene.namespace, fieldSelector="status.phase=Failed")


def test_W03_connections_are_cut(scene: Scene) -> None:
    """W3: connections are cut in the middle of whatever they carry; nothing is lost or said twice."""
    follower = scene.follow(watch=WatchSettings(backoff_s=(0.05, 0.2))).synced()
    for number in range(40):
        scene.make(f"p{number}")
        if number % 8 == 0:
            scene.proxy.cut()
    follower.until(lambda this: this.count(Seen) >= 40)

    assert sorted(follower.names()) == sorted(f"p{number}" for number in range(40))
    assert follower.count(Resynced) == 0


def test_W03_every_answer_is_cut_in_half(scene: Scene) -> None:
    """W3: half a list is no list, and half an event no event."""
    for number in range(5):
        scene.make(f"p{number}")
    left = [Do.CUT_REPLY] * 6
    scene.proxy.fault = lambda asked: left.pop() if left != [] and asked.path.endswith("/pods") else Do.PASS
    follower = scene.follow().synced()
    wait_for(lambda: len(scene.watches()) > 0 and left == [], "watches were cut too")
    scene.make("later")
    follower.sees("later")

    assert sorted(follower.names()) == ["later", *(f"p{number}" for number in range(5))]
    assert follower.count(Gone) == 0


def test_W04_a_half_open_connection(scene: Scene) -> None:
    """W4: a network that swallows everything is noticed by its silence; afterwards nothing is missing."""
    follower = scene.follow().synced()
    scene.proxy.hold()
    scene.make("a")
    wait_for(lambda: follower.subscription.status().state == "Degraded", "the silence is noticed")
    scene.proxy.release()
    scene.proxy.cut()
    follower.sees("a")
    wait_for(lambda: follower.subscription.status().state == "Live", "all is well")

    assert follower.names() == ["a"]


def test_W04_a_server_that_is_held(harm: Scene) -> None:
    """W4: SIGSTOP: the watch is Degraded; SIGCONT: it goes on where it was."""
    follower = harm.follow().synced()
    harm.make("a")
    follower.sees("a").forget()
    harm.plane.pause("apiserver")
    wait_for(lambda: follower.subscription.status().state == "Degraded", "the silence is noticed")
    harm.plane.resume("apiserver")
    harm.make("b")
    follower.sees("b")

    assert (follower.names(), follower.count(Resynced)) == (["b"], 0)


def test_W05_a_compaction_while_away(harm: Scene) -> None:
    """W5: what was compacted is listed anew: exactly the net changes, what vanished as Gone, and not certain."""
    harm.make("stays")
    harm.make("goes")
    follower = harm.follow().sees("goes").sees("stays").forget()
    harm.away()
    harm.remove("goes")
    harm.make("comes")
    harm.make("passes")
    harm.remove("passes")
    harm.plane.compact()
    harm.back()
    gone = follower.sees("comes").misses("goes")

    assert (gone.certain, None if gone.outcome is None else gone.outcome.kind) == (False, "Lost")
    assert (follower.count(Resynced), follower.names(), follower.names(Gone)) == (1, ["comes"], ["goes"])


def test_W07_etcd_is_put_back(harm: Scene) -> None:
    """W7: after a restore the marks are of a future that never was: noticed, and reported as Resynced."""
    harm.make("before")
    follower = harm.follow().sees("before")
    snapshot = harm.plane.snapshot()
    # So many that the server's own writes after its start do not reach their versions.
    for number in range(50):
        harm.make(f"lost{number}")
    follower.sees("lost49").forget()
    cursor = follower.cursor
    harm.plane.restore(snapshot)
    follower.misses("lost49")
    harm.make("after")
    follower.sees("after")
    again = harm.follow(cursor=cursor).sees("after")

    assert sorted(follower.names(Gone)) == sorted(f"lost{number}" for number in range(50))
    assert follower.count(Resynced) >= 1
    assert again.count(Resynced) == 1


def test_W10_a_pod_that_goes_while_away(scene: Scene) -> None:
    """W10: the server still knows of the removal: it is certain."""
    scene.make("a")
    follower = scene.follow().sees("a")
    scene.away()
    scene.remove("a")
    scene.back()

    assert follower.misses("a").certain


@pytest.mark.parametrize("compacted", [False, True], ids=["remembered", "compacted"])
def test_W11_the_name_comes_again(harm: Scene, compacted: bool) -> None:
    """W11: the same name with another uid is another pod: the first is Gone, then the second Seen."""
    old = harm.make("a")
    follower = harm.follow().sees("a").forget()
    harm.away()
    harm.remove("a")
    new = harm.make("a")
    if compacted:
        harm.make("later")
        harm.plane.compact()
    harm.back()
    follower.until(lambda this: any(change.record.ref.uid == new for change in this.all(Seen)))

    said = [(type(change), change.record.ref.uid) for change in lasting(follower)]
    assert [(kind, uid) for kind, uid in said if uid in (old, new)] == [(Gone, old), (Seen, new)]


def lasting(follower: Follower) -> list[Any]:
    """What was said of pods, but for their being on their way out, which may be seen or not."""
    said = [change for change in follower.changes if isinstance(change, (Seen, Left, Gone))]
    return [change for change in said if not (isinstance(change, Seen) and change.record.deleting)]


def test_W12_a_label_is_edited(scene: Scene) -> None:
    """W12: a pod that is relabelled has Left; a pod that is deleted is Gone; one that is labelled back is Seen."""
    scene.make("a")
    scene.make("b")
    follower = scene.follow().sees("a").sees("b").forget()
    label(scene, "a", "y")
    follower.until(lambda this: this.count(Left))
    scene.remove("b")
    follower.misses("b")
    label(scene, "a", "x")
    follower.sees("a")

    assert [type(change) for change in lasting(follower)] == [Left, Gone, Seen]


def label(scene: Scene, name: str, value: str) -> None:
    """Set a pod's label."""
    body = {"metadata": {"labels": {"app": value}}}
    scene.plane.admin.must("PATCH", path(scene.namespace, name), body, kind="application/merge-patch+json")


def test_W13_bookmarks_move_the_cursor(scene: Scene) -> None:
    """W13: where others' pods come and go, the cursor moves on, and nothing is said."""
    # The server sends a bookmark two seconds before it ends a watch.
    follower = scene.follow(watch=WatchSettings(watch_s=(4.0, 4.0))).synced().forget()
    cursor, elsewhere = follower.cursor, scene.plane.namespace()
    scene.plane.admin.must("POST", path(elsewhere), pod("other", FATES["runs"], scheduled=False))
    follower.until(lambda this: this.cursor != cursor)

    assert follower.changes == []


@pytest.mark.parametrize("old", [False, True], ids=["etcd 3.7", "etcd 3.5.1"])
def test_W14_a_watch_that_begins_with_all_there_is(built: None, old: bool) -> None:
    """W14: a watch list where the server can do it, a LIST where its etcd is too old."""
    with ControlPlane(etcd=OLD_ETCD if old else None) as plane, Proxy(plane) as proxy:
        scene = Scene(plane, proxy)
        for name in "cab":
            scene.make(name)
        follower = scene.follow(watch=WatchSettings(watch_list=True)).synced()
        scene.make("later")
        follower.sees("later")
        scene.close()

        assert sorted(follower.names()) == ["a", "b", "c", "later"]
        assert len(scene.lists()) == (1 if old else 0)


def test_W16_a_page_expires(harm: Scene) -> None:
    """W16: a compaction between two pages; the list is begun anew, and whole."""
    for number in range(12):
        harm.make(f"p{number:02}")
    compacted: list[int] = []

    def fault(asked: Request) -> Do:
        if "continue=" in asked.query and compacted == []:
            harm.make("meanwhile")
            compacted.append(harm.plane.compact())
        return Do.PASS

    harm.proxy.fault = fault
    follower = harm.follow(watch=WatchSettings(page=5, backoff_s=(0.05, 0.5))).synced().sees("meanwhile")

    assert sorted(follower.names()) == ["meanwhile", *(f"p{number:02}" for number in range(12))]
    assert (len(compacted), follower.count(Gone)) == (1, 0)


def test_W17_permission_comes_late(scene: Scene) -> None:
    """W17: a watch without permission is Degraded, says why, and begins when it may."""
    follower = scene.follow(user="reader")
    status = follower.subscription.status
    wait_for(lambda: "forbidden" in status().reason, "the refusal is told")
    degraded = status().state
    scene.plane.grant("reader", scene.namespace, ["get", "list", "watch"])
    scene.make("a")
    follower.sees("a")

    assert degraded == "Degraded"


def test_W18_odd_pods(scene: Scene) -> None:
    """W18: a pod with 200 kB of annotations, and one with every odd text, are pods like others."""
    odd: dict[str, Any] = pod("odd", FATES["runs"], scheduled=False, **LABELS)
    odd["metadata"]["annotations"] = {"big": "x" * 200_000, "odd": "\u2028\x7f\u0000 \U0001f600\r\n\\"}
    follower = scene.follow().synced()
    scene.plane.admin.must("POST", path(scene.namespace), odd)
    scene.make("a")
    follower.sees("a")

    assert follower.names() == ["odd", "a"]
    assert [change.record.problems for change in follower.all(Seen)] == [(), ()]
    assert follower.all(Seen)[0].record.annotations["odd"] == odd["metadata"]["annotations"]["odd"]


@pytest.mark.parametrize("parts", [("apiserver",), ("etcd",), ("apiserver", "etcd")], ids="+".join)
def test_the_server_is_started_anew(harm: Scene, parts: tuple[str, ...]) -> None:
    """W1, W17: kill -9 and a fresh start; the watch goes on by itself, and nothing is said twice."""
    harm.make("before")
    follower = harm.follow().sees("before").forget()
    harm.plane.kill(*parts)
    wait_for(lambda: follower.subscription.status().state == "Degraded", "the loss is noticed")
    harm.plane.restart(*reversed(parts))
    harm.make("after")
    follower.sees("after")

    assert (follower.names(), follower.count(Gone)) == (["after"], 0)


def test_a_cursor_is_an_acknowledgement(scene: Scene) -> None:
    """W19: who starts at a stored cursor hears what came since, and of what was acknowledged nothing."""
    scene.make("ended", "exit-1", scheduled=True)
    scene.make("runs")
    first = scene.follow().until(lambda this: this.outcomes() == [("ended", "Failed")]).sees("runs")
    cursor = first.cursor
    first.subscription.close()
    scene.make("new", "exit-1", scheduled=True)
    second = scene.follow(cursor=cursor).until(lambda this: this.outcomes() != [])
    second.until(lambda this: this.count(Synced))

    assert second.outcomes() == [("new", "Failed")]
    assert (set(second.names()), second.count(Resynced)) == ({"new"}, 0)
