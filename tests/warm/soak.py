"""
Thousands of tasks over a few warm pods of a real node, while streams are cut and the API server is killed.

    python -m tests.warm.soak [TASKS [PODS]]

It draws an exit code for each task, and counts what ran twice, what was lost, and what ended otherwise than it did. All must be 0.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from podcompose.run import Outcome, run_many
from podcompose.run.naming import launch_label
from podcompose.run.warm.pool import Stats
from tests.cluster.child import wait_for
from tests.cluster.proxy import Do, Fault, Proxy, Request
from tests.node.node import RealNode
from tests.node.warm import Place, Through, made, named
from tests.node.watching import Json

__all__ = ["Counts", "soak"]

#: What becomes of a stream that is not left alone: lost before, at, or in the midst of it.
FAULTS = (Do.LOSE_REQUEST, Do.LOSE_REPLY, Do.CUT_STREAM, Do.CUT_STREAM, Do.CUT_STREAM)
KILLS = 3
CUT = 0.05


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of it; the first four must be 0."""

    ran_twice: int
    never_ran: int
    lost: int
    wrong: int
    tasks: int
    streams: int
    cut: int
    kills: int
    seconds: float
    pods: Stats

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong."""
        return (self.ran_twice, self.never_ran, self.lost, self.wrong) == (0, 0, 0, 0)

    def __str__(self) -> str:
        """A table."""
        rows = {
            "tasks": self.tasks,
            "ran twice": self.ran_twice,
            "never ran": self.never_ran,
            "without an outcome": self.lost,
            "wrong outcomes": self.wrong,
            "exec streams": self.streams,
            "cuts of streams": self.cut,
            "API server killed": self.kills,
            "pods started": self.pods.pods,
            "seconds": round(self.seconds),
        }
        return "\n".join(f"{name:<20}{value:>8}" for name, value in rows.items())


def soak(
    node: RealNode, folder: Path, tasks: int, pods: int, *, namespace: str = "soak", kills: int = KILLS, seed: int = 1
) -> Counts:
    """Run so many tasks over so many pods, with faults."""
    place = made(node, "soak", folder / "ran")
    dice = random.Random(seed)
    codes = {f"soak/{number}": dice.choice((0, dice.randrange(256))) for number in range(tasks)}
    began, cuts = time.monotonic(), 0
    with Proxy(Through(node.kubeconfig, folder), cutting(seed)) as proxy:  # type: ignore[arg-type]  # as much of a plane as it asks for
        proxy.stream_s = lambda: random.uniform(0.0, 0.3)
        with place.pool(proxy.kubeconfig(), name="soak", keep=0, limit=pods, max_tasks=1000) as pool:
            manifests = {launch_id: named(_task(place, code, dice), launch_id) for launch_id, code in codes.items()}
            found: dict[str, Outcome] = {}
            with killing(node, found, [tasks * (kill + 1) // (kills + 1) for kill in range(kills)]):
                for launch_id, outcome in run_many(pool, manifests, max_in_flight=pods):
                    found[launch_id] = outcome
                    # A stream carries many tasks: it is cut for one in twenty of them, whichever it carries then.
                    cuts += len(found) % round(1 / CUT) == 0 and proxy.cut_stream()
            stats = pool.stats()
    runs = place.all_runs()
    labels = [launch_label(launch_id) for launch_id in codes]
    return Counts(
        ran_twice=sum(runs[label] > 1 for label in labels),
        never_ran=sum(runs[label] == 0 for label in labels),
        lost=len(codes.keys() - found.keys()),
        wrong=len(wrong(codes, found)),
        tasks=tasks,
        streams=sum(request.path.endswith("/exec") for request in proxy.seen),
        cut=proxy.lost["GET"] + cuts,
        kills=kills,
        seconds=time.monotonic() - began,
        pods=stats,
    )


def wrong(codes: Mapping[str, int], found: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Outcomes that say something else than what was drawn."""
    kinds = {launch_id: "Succeeded" if code == 0 else "Failed" for launch_id, code in codes.items()}
    return {
        launch_id: outcome
        for launch_id, outcome in found.items()
        if (outcome.kind, outcome.exit_code, outcome.ran) != (kinds[launch_id], codes[launch_id], "yes")
    }


def cutting(seed: int) -> Fault:
    """Of exec streams, 5 % do not end as they should."""
    dice = random.Random(seed)

    def fault(request: Request) -> Do:
        if request.path.endswith("/exec") and dice.random() < CUT:
            return dice.choice(FAULTS)
        return Do.PASS

    return fault


@contextmanager
def killing(node: RealNode, found: Mapping[str, Outcome], at: list[int]) -> Iterator[None]:
    """Kill the API server, and start it anew, each time that so many tasks have ended."""
    over = threading.Event()

    def kill() -> None:
        for count in at:
            wait_for(lambda count=count: over.is_set() or len(found) >= count, "the next kill", 3600.0, every=0.05)  # type: ignore[misc]
            if not over.is_set():
                node.order("kill", "apiserver")
                node.order("start", "apiserver")

    thread = threading.Thread(target=kill, name="killer of the API server")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _task(place: Place, code: int, dice: random.Random) -> Json:
    """Some say something, some take a while."""
    said = "echo said; " if dice.random() < 0.5 else ""
    while_ = f"sleep 0.{dice.randrange(1, 4)}; " if dice.random() < 0.3 else ""
    return place.pod(f"{said}{while_}exit {code}")


def main() -> int:
    """Soak a node of its own; 1 if anything was not 0."""
    given = [int(word) for word in sys.argv[1:]]
    tasks, pods = [*given, *(5000, 8)[len(given) :]]
    with RealNode() as node, tempfile.TemporaryDirectory() as folder:
        counts = soak(node, Path(folder), tasks, pods)
    print(counts)
    return 0 if counts.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
