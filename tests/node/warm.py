"""
What the tests of pools on a real node have in common: pods whose programs leave a file each time they run, and pools at work.

    with Work(place.pool(limit=2)) as work:
        work.run("a", place.pod("exit 3")).outcome.exit_code
    place.runs("a")                                     # how often the program was really started
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from podcompose.backends import KubernetesBackend
from podcompose.run import Outcome, PodRef, Selection, Stage
from podcompose.run.naming import launch_label
from podcompose.run.warm.pool import WarmPool
from tests.cluster.child import wait_for
from tests.node.changes import Changes
from tests.node.node import RealNode
from tests.node.story import container, pod
from tests.node.watching import Json

__all__ = ["Place", "Ran", "Through", "Work"]

#: A file of its own for every start of the program, whatever pod it is in.
NOTES = 'mktemp "/ran/$ID.XXXXXX" >/dev/null\n'


class Ran(NamedTuple):
    """What came of a task."""

    outcome: Outcome
    output: bytes


class Place:
    """A namespace of a node, and a folder that its pods and this machine share."""

    def __init__(self, kubeconfig: Path, namespace: str, folder: Path) -> None:
        self.kubeconfig, self.namespace, self.folder = kubeconfig, namespace, folder
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)

    def backend(self, kubeconfig: Path | None = None, **more: Any) -> KubernetesBackend:
        """A backend of its own."""
        return KubernetesBackend.from_kubeconfig(str(kubeconfig or self.kubeconfig), namespace=self.namespace, **more)

    def pool(self, kubeconfig: Path | None = None, scratch: Mapping[str, Any] | None = None, **settings: Any) -> WarmPool:
        """A pool over a backend of its own."""
        return WarmPool(self.backend(kubeconfig, scratch=scratch), **{"keep": 0, "limit": 4, "name": "tests", **settings})

    def pod(self, text: str, *args: str, env: Mapping[str, str] | None = None, main: Json | None = None, **spec: Any) -> Json:
        """A script, as a shell reads it, that notes that it runs; such pods are of one kind, but for what is said besides."""
        entries = [{"name": name, "value": value} for name, value in (env or {}).items()]
        mounts = [{"name": "ran", "mountPath": "/ran"}]
        made = container("main", "sh", "-c", NOTES + text.replace("$$", "$$$$"), "sh", *args, volumeMounts=mounts)
        made |= {**(main or {}), "env": [*(main or {}).get("env", []), *entries]}
        volumes = [{"name": "ran", "hostPath": {"path": str(self.folder), "type": "Directory"}}, *spec.pop("volumes", [])]
        return pod(made, **{"grace": 1, "volumes": volumes, **spec})

    def runs(self, launch_id: str) -> int:
        """How often the program of a launch id was started."""
        return sum(1 for _ in self.folder.glob(f"{launch_label(launch_id)}.*"))

    def all_runs(self) -> Counter[str]:
        """How often each was, by the launch id's label."""
        return Counter(path.name.partition(".")[0] for path in self.folder.glob("*.*"))

    def until_ran(self, launch_id: str) -> None:
        """Wait until its program was started."""
        wait_for(lambda: self.runs(launch_id) > 0, f"{launch_id} runs")

    def until_said(self, word: str, launch_id: str) -> None:
        """Wait for the file that a program makes to say something."""
        wait_for((self.folder / f"{word}-{launch_label(launch_id)}").exists, f"{launch_id} says {word}")


def named(manifest: Json, launch_id: str) -> Json:
    """The pod, knowing under which name it notes that it runs."""
    main = manifest["spec"]["containers"][0]
    env = [*main.get("env", []), {"name": "ID", "value": launch_label(launch_id)}]
    return {**manifest, "spec": {**manifest["spec"], "containers": [{**main, "env": env}]}}


class Work:
    """A pool, and what it tells; closed in the end."""

    def __init__(self, pool: WarmPool) -> None:
        self.pool = pool
        self.changes = Changes(pool.subscribe(Selection((pool.namespace,))))

    def __enter__(self) -> Work:
        """Begin to listen."""
        self.changes.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more, and close the pool."""
        self.changes.__exit__()
        self.pool.close()

    def launch(self, launch_id: str, manifest: Json, **named_: Any) -> PodRef:
        """Launch a task."""
        return self.pool.launch(named(manifest, launch_id), launch_id=launch_id, **named_).ref

    def begun(self, ref: PodRef) -> PodRef:
        """Wait until it runs."""
        self.changes.until(ref.uid, Stage.RUNNING)
        return ref

    def outcome(self, ref: PodRef) -> Outcome:
        """The one outcome that is told of it, once it is."""
        _, outcomes = self.changes.until(ref.uid, Stage.FINISHED)
        assert len(outcomes) == 1, outcomes
        return outcomes[0]

    def ended(self, ref: PodRef) -> Ran:
        """Its outcome and what it wrote; then it is acknowledged."""
        ran = Ran(self.outcome(ref), self.pool.output(ref))
        self.pool.stop(ref)
        return ran

    def run(self, launch_id: str, manifest: Json, **named_: Any) -> Ran:
        """From launch to acknowledgement."""
        return self.ended(self.launch(launch_id, manifest, **named_))

    def run_all(self, manifests: Mapping[str, Json], at_once: int = 2) -> dict[str, Ran]:
        """All of them, so many at once."""
        with ThreadPoolExecutor(at_once) as pool:
            return dict(zip(manifests, pool.map(self.run, manifests, manifests.values()), strict=True))


class Through:
    """A node's API server as the tests' proxy asks for it."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        self._document: Json = json.loads(kubeconfig.read_text())
        self._folder = folder
        self.server: str = self._document["clusters"][0]["cluster"]["server"]

    def kubeconfig(self, user: str = "admin", *, server: str | None = None, namespace: str = "default") -> Path:
        """A kubeconfig that goes through a server."""
        document = json.loads(json.dumps(self._document))
        document["clusters"][0]["cluster"]["server"] = self.server if server is None else server
        path = self._folder / f"through-{os.getpid()}.kubeconfig"
        path.write_text(json.dumps(document))
        return path


def made(node: RealNode, namespace: str, folder: Path) -> Place:
    """A place of a new namespace."""
    node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    return Place(node.kubeconfig, namespace, folder)


def cleared(node: RealNode, namespaces: Iterable[str]) -> None:
    """The node is for others, too."""
    for name in namespaces:
        node.api.call("DELETE", f"/api/v1/namespaces/{name}/pods", gracePeriodSeconds=0)
