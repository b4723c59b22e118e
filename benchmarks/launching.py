"""
Launching on a real API server: `python -m benchmarks.launching [COUNT] [ROUNDS]`, in a fresh process, prints as JSON
what it found.

`launch_many` (threads, and with async def) beside bare POSTs of the same bytes by urllib3, with the same number of threads, in
turn, each time into a namespace of its own. Client, server and etcd share this machine. Then a
subscription to all those pods, idle.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter, process_time, sleep

import urllib3

from benchmarks import pods
from podcompose import Composition, Template, aio, compose
from podcompose.backends import KubernetesBackend
from podcompose.run import Launched, Selection, Synced, launch_many
from podcompose.run.prepare import for_launch
from tests.cluster.plane import ControlPlane

__all__ = ["found", "idle", "launched", "main"]

_AT_ONCE = 32


def _composed(count: int) -> dict[str, Composition]:
    """Pods by launch id, composed before; what a launch puts on them is a part of launching."""
    template = pods.template()
    del template["metadata"]["namespace"]
    prepared = Template.from_pod(template)
    return {f"dag/run/task/{task}": compose(prepared, pods.override(task)) for task in range(count)}


def _threads(plane: ControlPlane, namespace: str, wanted: Mapping[str, Composition]) -> int:
    with KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace)) as backend:
        return sum(isinstance(given, Launched) for _, given in launch_many(backend, wanted, max_in_flight=_AT_ONCE))


def _async(plane: ControlPlane, namespace: str, wanted: Mapping[str, Composition]) -> int:
    async def launched() -> int:
        async with aio.KubernetesBackend.from_kubeconfig(plane.kubeconfig(namespace=namespace)) as backend:
            results = aio.launch_many(backend, wanted, max_in_flight=_AT_ONCE)
            return sum([isinstance(given, Launched) async for _, given in results])

    return asyncio.run(launched())


def _bare(plane: ControlPlane, namespace: str, bodies: list[bytes]) -> int:
    headers = {"Authorization": "Bearer admin-token", "Content-Type": "application/json", "Accept": "application/json"}
    url = f"{plane.server}/api/v1/namespaces/{namespace}/pods"
    with (
        urllib3.PoolManager(ca_certs=str(plane.authority), retries=False, maxsize=_AT_ONCE) as pool,
        ThreadPoolExecutor(_AT_ONCE) as threads,
    ):
        answers = threads.map(lambda body: pool.request("POST", url, body=body, headers=headers).status, bodies)
        return sum(status == 201 for status in answers)


def _measured(work: Callable[[], int], count: int) -> tuple[float, float]:
    """Seconds, and CPU seconds of this process, of one."""
    start, before = perf_counter(), process_time()
    given = work()
    seconds, cpu = perf_counter() - start, process_time() - before
    if given != count:
        raise AssertionError(f"{given} of {count} were made")
    return seconds / count, cpu / count


def launched(plane: ControlPlane, count: int, rounds: int) -> Mapping[str, float]:
    """Microseconds of one launch, by the clock and in CPU of the client; the ratios are medians of the rounds'."""
    turns: list[dict[str, tuple[float, float]]] = []
    for turn in range(rounds + 1):
        wanted = _composed(count)
        bodies = [for_launch(pod, launch_id).body for launch_id, pod in wanted.items()]
        works: dict[str, Callable[[str], int]] = {
            "peer": lambda namespace, bodies=bodies: _bare(plane, namespace, bodies),  # type: ignore[misc] # bound at once
            "ours": lambda namespace, wanted=wanted: _threads(plane, namespace, wanted),  # type: ignore[misc] # bound at once
            "aio": lambda namespace, wanted=wanted: _async(plane, namespace, wanted),  # type: ignore[misc] # bound at once
        }
        # The first round warms the server up; who goes first changes.
        order = [*works][turn % 3 :] + [*works][: turn % 3]
        turns.append({name: _into(plane, works[name], count) for name in order})
    told: dict[str, float] = {}
    for place, of in enumerate(("", " cpu")):
        for name in turns[0]:
            told[f"{name}{of}"] = min(one[name][place] for one in turns[1:]) * 1e6
            told[f"{name}{of} ratio"] = median(one["peer"][place] / one[name][place] for one in turns[1:])
    return told


def _into(plane: ControlPlane, work: Callable[[str], int], count: int) -> tuple[float, float]:
    namespace = plane.namespace()
    return _measured(lambda: work(namespace), count)


def idle(plane: ControlPlane, seconds: float = 5.0) -> Mapping[str, float]:
    """CPU milliseconds a second of this process: with a subscription that is polled and silent, and merely asleep."""
    with KubernetesBackend.from_kubeconfig(plane.kubeconfig()) as backend:
        subscription = backend.subscribe(Selection())
        seen = 0
        synced = False
        while not synced:
            batch = subscription.poll(10.0)
            seen += len(batch.changes)
            synced = any(isinstance(change, Synced) for change in batch.changes)
        while subscription.poll(0.5).changes != ():
            pass
        spent = []
        for wait in (lambda: subscription.poll(seconds), lambda: sleep(seconds)):
            start = process_time()
            wait()
            spent.append((process_time() - start) * 1e3 / seconds)
    return {"idle": spent[0], "asleep": spent[1], "idle pods": seen - 1}


def found(count: int, rounds: int) -> Mapping[str, float]:
    """Both, on one server."""
    with ControlPlane() as plane:
        return {**launched(plane, count, rounds), **idle(plane)}


def main(count: str = "1000", rounds: str = "3") -> None:
    """Print what was found."""
    print(json.dumps(found(int(count), int(rounds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
