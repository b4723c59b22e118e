"""
Tasks of two queues: the small ones go to a pool of workers, those of the queue `kubernetes` to a cluster.

    python -m examples.hybrid                     here, with processes of this machine in place of the cluster
    python -m examples.hybrid --kubeconfig PATH   with a cluster

The workers are real Celery workers (examples/celery_backend.py). Here one runs in a thread of this process; with a Celery app of
your own, any number of them, wherever they see its broker. On one machine, LocalBackend(max_pods=8) is a process pool without
Celery: put it in the place of the workers, and nothing else changes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery.contrib.testing.worker import start_worker

from examples.celery_backend import CeleryBackend, in_process
from podcompose import Template, compose
from podcompose.backends import KubernetesBackend, LocalBackend
from podcompose.run import Backend, Launched, Outcome, Router, run_many

#: Which backend each queue means; any other goes to the workers.
QUEUES = {"kubernetes": "kubernetes", "gpu": "kubernetes"}
TASK = Template.from_pod({"spec": {"restartPolicy": "Never", "containers": [{"name": "base", "image": "busybox"}]}}, name="task")


def hybrid(cluster: Backend, workers: Backend) -> Router:
    """Both as one: by the label `queue`, as CeleryKubernetesExecutor did by the queue of a task."""
    return Router({"kubernetes": cluster, "workers": workers}, Router.by("queue", QUEUES), default="workers")


def task(queue: str, script: str) -> Any:
    """The pod of a task: the same for either backend."""
    container = {"name": "base", "command": ["sh", "-c", script]}
    return compose(TASK, {"metadata": {"labels": {"queue": queue}}, "spec": {"containers": [container]}})


@contextmanager
def pool(folder: Path) -> Iterator[CeleryBackend]:
    """A backend of Celery workers, and one worker."""
    backend = CeleryBackend(in_process(folder))
    try:
        with start_worker(in_process(folder), perform_ping_check=False, pool="solo", loglevel="ERROR", shutdown_timeout=30):
            yield backend
    finally:
        backend.close()


def main(arguments: Sequence[str]) -> dict[str, Outcome]:
    """Run a few tasks of each queue, and say how they ended."""
    with_cluster = list(arguments[:1]) == ["--kubeconfig"]
    cluster: Backend = KubernetesBackend.from_kubeconfig(arguments[1], namespace="default") if with_cluster else LocalBackend()
    tasks = {f"report/{number}": task("default", f"exit {number % 2}") for number in range(4)}
    tasks["training"] = task("gpu", "test ! -e /no/gpu")
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as folder, pool(Path(folder)) as workers, hybrid(cluster, workers) as router:
        for launch_id, outcome in run_many(router, tasks):
            outcomes[launch_id] = outcome
            where = next(name for name, one in router.backends.items() if isinstance(one.settle(launch_id), Launched))
            print(f"{launch_id} on {where}: {outcome.kind}")
    return outcomes


if __name__ == "__main__":
    main(sys.argv[1:])
