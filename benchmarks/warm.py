"""
Measure warm pods against cold ones on a real node, and write benchmarks/warm.md: `python -m benchmarks.warm`.

All of one run, of one node, of one image that is there: ratios of it mean something, times only on the same machine. A task is
`true`. Cold is the same backend without a pool. Needs root, Linux and Go, as tests/node does.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from podcompose import compose
from podcompose.backends.kubernetes import KubernetesBackend
from podcompose.run import Owner, PodRecord, PodRef, Stage, WarmPool, run, run_many
from podcompose.run.naming import WARM_POOL
from podcompose.run.warm import marks
from podcompose.run.warm.commands import Settings, Take
from podcompose.run.warm.kinds import fit
from podcompose.run.warm.machine import Machine
from tests.node.node import RealNode
from tests.node.story import pod, script

__all__ = ["chosen", "main", "page"]

RESULTS = Path(__file__).with_name("warm.md")
TASK = pod(script("true"))
PODS = 8
_IDLE_S = 20.0
_HEAD = """# Warm and cold

Written by `python -m benchmarks.warm`: a real node, one run, a task is `true` in an image that is there.

| what | warm | cold | ratio | target |
|---|---|---|---|---|"""


def main() -> None:
    """Measure all of it, print it and write it down."""
    with RealNode() as node:
        found = {**_alone(node), **_many(node), **_idle(node), **chosen()}
    text = page(found)
    RESULTS.write_text(text)
    print(text)


def _backend(node: RealNode, *, threads: int = PODS) -> KubernetesBackend:
    return KubernetesBackend.from_kubeconfig(str(node.kubeconfig), namespace="default")


def _timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _alone(node: RealNode, rounds: int = 15) -> Mapping[str, float]:
    """One task after another, cold and warm in turn: from the call of `run` to its outcome."""
    with _backend(node) as cold, WarmPool(_backend(node), keep=1, limit=1, name="alone") as pool:
        run(pool, TASK, launch_id="alone/first")
        times: dict[str, list[float]] = {"cold": [], "warm": []}
        for number in range(rounds):
            times["warm"].append(_timed(lambda number=number: run(pool, TASK, launch_id=f"alone/warm/{number}")))  # type: ignore[misc]
            if number < 5:
                times["cold"].append(_timed(lambda number=number: run(cold, TASK, launch_id=f"alone/cold/{number}")))  # type: ignore[misc]
    return {f"{name} s": statistics.median(found) for name, found in times.items()}


def _many(node: RealNode, tasks: int = 200, cold_tasks: int = 60) -> Mapping[str, float]:
    """Many tasks at once: cold with as many in flight as there are warm pods, and with many more; warm over the pods."""
    found: dict[str, float] = {}
    with _backend(node) as cold:
        for in_flight in (PODS, 64):
            pods = {f"many/cold/{in_flight}/{number}": TASK for number in range(cold_tasks)}
            found[f"cold/s, {in_flight} in flight"] = cold_tasks / _timed(
                lambda pods=pods, in_flight=in_flight: dict(run_many(cold, pods, max_in_flight=in_flight))  # type: ignore[misc]
            )
    with WarmPool(_backend(node), keep=PODS, limit=PODS, max_tasks=1000, name="many") as pool:
        dict(run_many(pool, {f"many/first/{number}": TASK for number in range(2 * PODS)}, max_in_flight=PODS))
        pods = {f"many/warm/{number}": TASK for number in range(tasks)}
        found["warm/s"] = tasks / _timed(lambda: dict(run_many(pool, pods, max_in_flight=2 * PODS)))
        found["pods"] = pool.stats().pods
    return found


def _idle(node: RealNode) -> Mapping[str, float]:
    """What a pool with nothing to do asks of the server: as the server counts it."""
    with WarmPool(_backend(node), keep=PODS, limit=PODS, name="idle") as pool:
        run(pool, TASK, launch_id="idle/first")
        while pool.stats().states.get("Free", 0) < PODS:  # type: ignore[call-overload]
            time.sleep(0.2)
        time.sleep(3)
        asked = _counting(pool)
        time.sleep(_IDLE_S)
        return {"requests while idle": len(asked), "idle s": _IDLE_S}


def _counting(pool: Any) -> list[object]:
    """What the pool's own channel is asked from now on; a watch has a channel of its own."""
    asked: list[object] = []
    channel = pool._backend._channel
    send = channel._send
    channel._send = lambda request: (asked.append(request), send(request))[1]
    return asked


def chosen(pods: int = 1000, rounds: int = 2000) -> Mapping[str, float]:
    """Choosing a pod for a task among many that are free, and giving it back."""
    kind = fit(compose(TASK), "dag/1", "default").kind
    if kind is None:
        raise TypeError("the task of this benchmark can be warm")
    now = datetime.now(timezone.utc)
    machine = Machine(Settings("bench", Owner("bench", 1), 4, 2 * pods))
    annotations = {WARM_POOL: "bench", marks.KIND: kind.digest, marks.SINCE: now.isoformat()}
    for number in range(pods):
        ref = PodRef("default", f"warm-{number}", f"uid-{number}")
        machine.see(PodRecord(ref, None, Stage.RUNNING, annotations=annotations, resource_version="1"), now)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        choice = machine.choose(kind, 1000, 0, now)
        times.append(time.perf_counter() - start)
        if isinstance(choice, Take):
            machine.let_go(choice.uid, now)
    return {"choose us": statistics.median(times) * 1e6}


def page(found: Mapping[str, float]) -> str:
    """The results as Markdown."""
    overhead = found["warm s"] / found["cold s"]
    rate = found["warm/s"] / found[f"cold/s, {PODS} in flight"]
    crowd = found["warm/s"] / found["cold/s, 64 in flight"]
    asked = f"{found['requests while idle']:.0f} requests in {found['idle s']:.0f} s"
    rows = [
        (
            "one task, from the call to its outcome",
            f"{found['warm s'] * 1e3:.0f} ms",
            f"{found['cold s']:.2f} s",
            f"1/{1 / overhead:.0f}",
            "<= 1/20",
        ),
        (
            f"200 tasks over {PODS} warm pods; cold, {PODS} in flight",
            f"{found['warm/s']:.1f}/s",
            f"{found[f'cold/s, {PODS} in flight']:.2f}/s",
            f"{rate:.1f} x",
            ">= 10 x",
        ),
        (
            "the same; cold, 64 in flight",
            f"{found['warm/s']:.1f}/s",
            f"{found['cold/s, 64 in flight']:.2f}/s",
            f"{crowd:.1f} x",
            "",
        ),
        ("choosing a pod among 1,000", f"{found['choose us']:.1f} us", "", "", "<= 50 us"),
        (f"an idle pool of {PODS} pods, beside its watch", asked, "", "", "0"),
    ]
    return "\n".join(
        [_HEAD, *("| " + " | ".join(row) + " |" for row in rows), "", f"Load at the end {os.getloadavg()[0]:.1f}.", ""]
    )


if __name__ == "__main__":
    main()
