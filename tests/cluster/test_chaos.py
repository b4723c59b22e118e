"""Everything at once: launches whose replies are lost, servers killed, histories compacted, schedulers started anew."""

from __future__ import annotations

import random
import resource
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from podcompose.backends import KubernetesBackend
from podcompose.run import Gone, Launched, LaunchError, PodRef, Seen, Selection, launch_many
from podcompose.run.watch import WatchSettings
from tests.cluster.child import wait_for
from tests.cluster.fates import FATES, NODE, pod
from tests.cluster.outcomes import Outcomes
from tests.cluster.plane import ControlPlane
from tests.cluster.proxy import Proxy, lose_replies
from tests.faults.follower import Follower

#: Fates that end by themselves, and soon.
QUICK = ("exit-0", "exit-1", "exit-255", "oom", "rejected", "init-failed", "start-error", "evicted", "node-lost")
SETTINGS = WatchSettings(watch_s=(20.0, 40.0), backoff_s=(0.1, 2.0))
Results = dict[str, Launched | LaunchError]


class Chaos:
    """Launches many pods in the background, while the foreground does harm."""

    def __init__(self, plane: ControlPlane, proxy: Proxy, fates: Mapping[str, str]) -> None:
        self.plane, self.proxy, self.fates = plane, proxy, fates
        self.results: Results = {}
        kubeconfig = proxy.kubeconfig(namespace=plane.namespace())
        self.backend = KubernetesBackend.from_kubeconfig(kubeconfig, deadline=600.0, watch=SETTINGS)

    @contextmanager
    def launching(self) -> Iterator[None]:
        """Launch beside the block; at its end all launches are through."""
        with ThreadPoolExecutor(1) as beside:
            launching = beside.submit(self._launch)
            yield
            launching.result()

    def _launch(self) -> None:
        pods = ((launch_id, pod(None, FATES[name])) for launch_id, name in self.fates.items())
        for launch_id, result in launch_many(self.backend, pods, max_in_flight=16):
            self.results[launch_id] = result

    def reach(self, fraction: float) -> None:
        """Wait until so much is launched."""
        bound = fraction * len(self.fates)
        wait_for(lambda: len(self.results) >= bound, f"{bound} launches are through", 3600.0, 0.05)

    @property
    def refs(self) -> dict[str, PodRef]:
        """The pods that were launched."""
        return {launch_id: result.ref for launch_id, result in self.results.items() if isinstance(result, Launched)}


def test_launched_once_and_known_for_sure(built: None, soak: bool, record_property: Any) -> None:
    """
    Many launches with 5 % lost replies, three server kills, two compactions, and five restarts of the watcher at its cursor.

    No duplicate pod, no missing or doubled outcome, and every outcome is its fate's.
    """
    many, dice = 10_000 if soak else 300, random.Random(1)
    fates = {f"soak/{number}": dice.choice(QUICK) for number in range(many)}
    with ControlPlane() as plane, Proxy(plane, lose_replies(0.05, seed=2)) as proxy:
        plane.node(NODE)
        plane.with_kwok()
        chaos = Chaos(plane, proxy, fates)
        with chaos.backend, Outcomes(chaos.backend, Selection((chaos.backend.namespace,))) as outcomes:
            with chaos.launching():
                for step, harm in enumerate((killed, compacted, killed_with_etcd, compacted, killed), start=1):
                    chaos.reach(step / 6)
                    harm(plane)
                    proxy.cut()
                    outcomes.restart()
            assert [result for result in chaos.results.values() if not isinstance(result, Launched)] == []
            outcomes.await_all(chaos.refs.values(), timeout=300.0)
        counted(chaos, outcomes, record_property)


def killed(plane: ControlPlane) -> None:
    """kill -9 of the API server, and a fresh start."""
    plane.restart("apiserver")


def killed_with_etcd(plane: ControlPlane) -> None:
    """kill -9 of both."""
    plane.kill("apiserver", "etcd")
    plane.restart("etcd", "apiserver")


def compacted(plane: ControlPlane) -> None:
    """Etcd forgets its history; the API server forgets its own by a fresh start."""
    plane.compact()
    plane.restart("apiserver")


def counted(chaos: Chaos, outcomes: Outcomes, record_property: Any) -> None:
    """Nothing is double, nothing is missing, everything is as it was fated."""
    there = chaos.plane.admin.pods(chaos.backend.namespace)
    by_id = Counter(item["metadata"]["annotations"]["podcompose.io/launch-id"] for item in there)
    ended = {key: (chaos.fates[key], outcomes.of(ref)) for key, ref in chaos.refs.items()}
    wrong = {key: pair for key, pair in ended.items() if not as_fated(*pair)}
    lost = chaos.proxy.lost["POST"]
    for name, value in {"launched": len(by_id), "lost replies": lost, "resynced": len(outcomes.resynced)}.items():
        record_property(name, value)
    print(f"{len(by_id)} pods, {outcomes.count} outcomes, {lost} lost replies, {outcomes.restarts} restarts, {outcomes.resynced}")

    assert set(by_id.values()) == {1}
    assert {item["metadata"]["uid"] for item in there} == {ref.uid for ref in chaos.refs.values()}
    assert outcomes.doubled == []
    assert outcomes.count == len(chaos.fates) == len(by_id)
    assert lost > 0
    assert wrong == {}


def as_fated(name: str, outcome: Any) -> bool:
    """Whether an outcome is the fate's."""
    cause = None if outcome.cause is None else outcome.cause.kind
    return (outcome.kind, cause, outcome.exit_code) == FATES[name].outcome[:3]


def test_many_watched_pods(built: None, soak: bool) -> None:
    """One subscription serves fifty thousand pods (two thousand in the default run): all seen, all gone, at most 10 kB a pod."""
    many = 50_000 if soak else 2_000
    with ControlPlane() as plane:
        namespace = plane.namespace()
        make = partial(made, plane, namespace)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(make, range(many)))
        before = resident()
        with KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace)) as backend:
            follower = Follower(backend.subscribe(Selection((namespace,))))
            wait_for(lambda: follower.subscription.status().lag > many, "all are known", 600.0)
            grown = (resident() - before) / many
            drain(follower, Seen, many)
            removed(plane, namespace)
            drain(follower, Gone, many)
    print(f"{many} pods watched, {grown:.1f} kB a pod")

    assert len(set(follower.names(Gone))) == many
    assert len(follower.outcomes()) == many
    assert not soak or grown <= 10.0


def made(plane: ControlPlane, namespace: str, number: int) -> None:
    """One pod that nobody plays."""
    plane.admin.must("POST", f"/api/v1/namespaces/{namespace}/pods", pod(f"p{number}", FATES["runs"], scheduled=False))


def removed(plane: ControlPlane, namespace: str) -> None:
    """All pods of a namespace, a thousand at a time: more would take the server longer than it gives itself."""
    while plane.admin.pods(namespace, limit=1) != []:
        plane.admin.must("DELETE", f"/api/v1/namespaces/{namespace}/pods", gracePeriodSeconds=0, limit=1000)


def drain(follower: Follower, kind: type[Any], many: int) -> None:
    """Poll until so many changes of one kind were said."""
    while follower.count(kind) < many:
        assert follower.took(follower.subscription.poll(600.0)).changes != ()


def resident() -> float:
    """The most memory this process ever held, in kB."""
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
