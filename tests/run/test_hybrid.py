"""The example of two queues: pods go where their queue says, and the cluster can be any backend."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from kubernetes import client

from examples import hybrid
from podcompose.backends import KubernetesBackend, LocalBackend
from podcompose.backends.memory import ByHand, MemoryBackend, VirtualClock
from podcompose.run import Launched, Seen, Selection, Synced, Unreachable, run_many
from podcompose.testing.conformance import ended
from podcompose.testing.faults import FaultServer


@pytest.mark.parametrize(
    ("queue", "where"), [("kubernetes", "kubernetes"), ("gpu", "kubernetes"), ("default", "workers"), ("", "workers")]
)
def test_a_task_goes_where_its_queue_says(queue: str, where: str) -> None:
    """Queues of the table go to the cluster, all others to the workers."""
    clock = VirtualClock()
    router = hybrid.hybrid(MemoryBackend(ByHand(), clock=clock), MemoryBackend(ByHand(), clock=clock, seed=1))
    router.launch(hybrid.task(queue, "true"), launch_id="a")
    found = [name for name, one in router.backends.items() if isinstance(one.settle("a"), Launched)]

    assert found == [where]


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """Its tasks end as they should, with a real worker, and it says where each was."""
    outcomes = hybrid.main([])
    said = capsys.readouterr().out.splitlines()

    assert [outcomes[f"report/{number}"].exit_code for number in range(4)] == [0, 1, 0, 1]
    assert outcomes["training"].kind == "Succeeded"
    assert "training on kubernetes: Succeeded" in said


def test_a_cluster_that_is_away_stops_no_worker() -> None:
    """While the API server refuses connections, tasks of the workers are run and told; the status names the cluster."""
    with FaultServer() as server:
        api = client.ApiClient(client.Configuration(host=server.url))
        cluster = KubernetesBackend.from_api_client(api, "default", deadline=1.0)
        with hybrid.hybrid(cluster, LocalBackend()) as router:
            router.launch(hybrid.task("gpu", "true"), launch_id="before")
            subscription = router.subscribe(Selection())
            while not any(isinstance(change, Synced) for change in subscription.poll(20).changes):
                pass
            server.refuse()
            server.end_watches()
            launched = router.launch(hybrid.task("default", "exit 3"), launch_id="small")
            outcomes: list[Any] = []
            while outcomes == []:
                changes = [change for change in subscription.poll(20).changes if isinstance(change, Seen)]
                outcomes = [change.outcome for change in changes if change.outcome is not None]
            while (health := subscription.status()).state == "Live":
                subscription.poll(0.05)
            with pytest.raises(Unreachable):
                router.launch(hybrid.task("gpu", "true"), launch_id="large", deadline=0.5)

    assert [outcome.exit_code for outcome in outcomes] == [3]
    assert ["could not be asked" in warning for warning in launched.warnings] == [True]
    assert health.state == "Degraded"
    assert health.reason.startswith("kubernetes: ")


def test_a_cluster_and_workers_are_one_run() -> None:
    """Pods of a cluster and processes of this machine, each with its outcome, from one `run_many`."""
    with FaultServer() as server:
        cluster = KubernetesBackend.from_api_client(client.ApiClient(client.Configuration(host=server.url)), "default")
        with hybrid.hybrid(cluster, LocalBackend()) as router:
            name = router.launch(hybrid.task("gpu", "true"), launch_id="large").ref.name
            server.bind(name)
            server.set_status(name, ended(datetime.now(timezone.utc), 5))
            pods = {"small": hybrid.task("default", "exit 3"), "large": hybrid.task("gpu", "true")}
            codes = {launch_id: outcome.exit_code for launch_id, outcome in run_many(router, pods)}

    assert codes == {"small": 3, "large": 5}
