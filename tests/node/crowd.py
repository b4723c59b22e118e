"""
All that runs on the node by itself, at once: the stories, the cases, and the same cases on this machine.

Tests wait for what they need.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from podcompose.backends.kubernetes import KubernetesBackend
from podcompose.backends.local import LocalBackend
from podcompose.run import Outcome, PodRef, Selection, Stage
from tests.node.account import Account, Place
from tests.node.cases import CASES
from tests.node.changes import Changes, steps
from tests.node.node import RealNode
from tests.node.record import STORIES
from tests.node.recorder import History, record
from tests.node.story import Story
from tests.node.watching import Json

__all__ = ["LIVE", "Crowd", "Told"]

#: Where the cases run; here and on the node, for pods can ask its name.
CASES_AT = "cases"
STORIES_AT = "stories"
#: Stories whose like is among the cases: their records are judged in every run, and they are told anew with PODCOMPOSE_STORIES=all.
TWINS = frozenset(
    [
        "exit-255",
        "exit-127",
        "child-killed-by-term",
        "child-crashed",
        "bad-workdir",
        "message-from-log",
        "two-fail-later-first",
        "init-order",
        "init-bad-command",
        "init-killed",
        "init-second-fails",
        "init-fails-beside-sidecar",
        "init-stopped-exits-3",
        "init-deadline",
        "sidecar-ends-with-0",
        "sidecar-crashes",
        "sidecar-and-main-fail",
        "sidecar-stopped",
        "fails-twice-then-stopped",
        "always-ends-with-0",
        "rule-does-not-apply",
        "container-never-in-always",
        "container-always-in-never",
        "deadline-exits-0",
        "deadline-deaf",
        "deadline-crash-loop",
        "deadline-after-the-end",
        "stop-one-of-two",
        "stop-always-exits-0",
    ]
)
LIVE = tuple(story for story in STORIES if story.name not in TWINS or os.environ.get("PODCOMPOSE_STORIES") == "all")


@dataclass(frozen=True, slots=True)
class Told:
    """A story's history, and what the backend told of it meanwhile: the stages, and every outcome."""

    history: History
    stages: list[Stage]
    outcomes: list[Outcome]


class Crowd:
    """What comes of it, as soon as it is there."""

    def __init__(self, node: RealNode, pool: ThreadPoolExecutor) -> None:
        self._node = node
        for name in (CASES_AT, STORIES_AT):
            node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self._local: Future[Mapping[str, Account | Exception]] = pool.submit(self._run_here)
        self._real: Future[Mapping[str, Account | Exception]] = pool.submit(self._run_there)
        self._stories: Future[Mapping[str, Told | Exception]] = pool.submit(self._tell)

    def local(self) -> Mapping[str, Account | Exception]:
        """Case -> what became of it as processes of this machine."""
        return self._local.result()

    def real(self) -> Mapping[str, Account | Exception]:
        """Case -> what became of it on the node."""
        return self._real.result()

    def stories(self) -> Mapping[str, Told | Exception]:
        """Story -> what was told of it."""
        return self._stories.result()

    def _run_here(self) -> Mapping[str, Account | Exception]:
        with LocalBackend(namespace=CASES_AT) as backend, Place(backend, backend.manifest, backend.logs) as place:
            return place.run(CASES)

    def _run_there(self) -> Mapping[str, Account | Exception]:
        with self._backend(CASES_AT) as backend, Place(backend, self._look, self._log) as place:
            return place.run(CASES)

    def _tell(self) -> Mapping[str, Told | Exception]:
        """The crowd's stories beside the cases; those that change the node when these are over."""
        with self._backend(STORIES_AT) as backend, Changes(backend.subscribe(Selection(namespaces=(STORIES_AT,)))) as changes:
            found = self._record([story for story in LIVE if not story.alone], backend)
            self._real.exception()
            found |= self._record([story for story in LIVE if story.alone], backend)
            return {name: history if isinstance(history, Exception) else _told(history, changes) for name, history in found.items()}

    def _record(self, stories: Iterable[Story], backend: KubernetesBackend) -> dict[str, History | Exception]:
        return record(self._node, STORIES_AT, stories, lambda ref, grace: backend.stop(ref, grace=grace))

    def _backend(self, namespace: str) -> KubernetesBackend:
        return KubernetesBackend.from_kubeconfig(str(self._node.kubeconfig), namespace=namespace)

    def _look(self, ref: PodRef) -> Json | None:
        answer = self._node.api.call("GET", _path(ref))
        found: Json | None = answer.body if answer.status == 200 else None
        return found

    def _log(self, ref: PodRef, container: str) -> bytes:
        answer = self._node.api.call("GET", f"{_path(ref)}/log", container=container)
        said: Any = answer.body
        return said if answer.status == 200 and isinstance(said, bytes) else b""


def _told(history: History, changes: Changes) -> Told:
    uid = next(entry["object"]["metadata"]["uid"] for entry in history if entry["type"] == "ADDED")
    records, outcomes = changes.until(uid, Stage.GONE)
    return Told(history, steps(records), outcomes)


def _path(ref: PodRef) -> str:
    return f"/api/v1/namespaces/{ref.namespace}/pods/{ref.name}"
