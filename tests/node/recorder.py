"""
Makes stories happen on a real node, all at once, and writes down what the API server told.

    record(node, namespace, STORIES) -> {story: history}

A history is a list of JSON objects, in the order of time: `{"t", "type": "ADDED" | "MODIFIED" | "DELETED", "object"}` for
events, and `{"t", "type": "ACTION", "action": [verb, path, body]}` for what was done to the pod, with `"ours": false` where it was
not its scheduler who did it. The clean-up at the end, a DELETE, is recorded too, and ours.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from podcompose.run import PodRef
from tests.cluster.child import wait_for
from tests.node.node import RealNode
from tests.node.story import ANY, Act, Gone, Said, Saw, Story, When, started
from tests.node.watching import Address, Json, Watch

__all__ = ["History", "read", "record", "save"]

History = list[Json]
# How many stories are told at once: on two cores, more would only wait longer for one another.
AT_ONCE = 24
LOOK_S = 0.2
PODS = "/api/v1/namespaces/{namespace}/pods"
# Where an act's path leads; any other is taken as it stands.
PATHS = {"pods": PODS, "pod": f"{PODS}/{{name}}", "eviction": f"{PODS}/{{name}}/eviction"}
MERGE = "application/merge-patch+json"
KUBELET: Mapping[str, Callable[[RealNode], None]] = {"KILL": RealNode.kill_kubelet, "START": RealNode.start_kubelet}


def record(
    node: RealNode, namespace: str, stories: Iterable[Story], stop: Callable[[PodRef, float | None], None] | None = None
) -> dict[str, History | Exception]:
    """
    Tell the stories in this namespace: the crowd at once, and then, one after the other, those that change the node.

    `stop` is how our own stops are made; without it by a plain DELETE. A story that goes wrong gives what went wrong.
    """
    told = list(stories)
    with Watch(Address.of(node.kubeconfig), namespace) as watch:
        theatre = Theatre(node, watch, namespace, stop)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            crowd = [story for story in told if not story.alone]
            found = dict(zip([story.name for story in crowd], pool.map(theatre.try_to_tell, crowd), strict=True))
        return found | {story.name: theatre.try_to_tell(story) for story in told if story.alone}


@dataclass(frozen=True, slots=True)
class Theatre:
    """Where stories are told."""

    node: RealNode
    watch: Watch
    namespace: str
    stop: Callable[[PodRef, float | None], None] | None

    def try_to_tell(self, story: Story) -> History | Exception:
        """One story, or why it could not be told."""
        try:
            return self.tell(story)
        except Exception as error:
            return error

    def tell(self, story: Story) -> History:
        """One story, to its end and through the clean-up."""
        began = time.monotonic()
        metadata = {**story.manifest.get("metadata", {}), "name": story.name}
        self._ask(story.name, "POST", "pods", {"apiVersion": "v1", "kind": "Pod", **story.manifest, "metadata": metadata})
        acts = [self._act(story.name, act) for act in story.acts]
        self._await(story.name, story.until)
        acts += self._clean(story.name)
        entries = [Entry(event.at, {"type": event.type, "object": event.pod}) for event in self.watch.events(story.name)]
        ordered = sorted([*acts, *entries], key=lambda entry: entry.at)
        return [{"t": round(entry.at - began, 3), **entry.content} for entry in ordered]

    def _act(self, name: str, act: Act) -> Entry:
        """Wait until it is time, and act."""
        self._await(name, act.when)
        at = time.monotonic()
        if act.verb in KUBELET:
            KUBELET[act.verb](self.node)
        elif act.ours and self.stop is not None:
            uid = self.watch.events(name)[-1].pod["metadata"]["uid"]
            self.stop(PodRef(self.namespace, name, uid), (act.body or {}).get("gracePeriodSeconds"))
        else:
            self._ask(name, act.verb, act.path, act.body)
        return Entry(at, {"type": "ACTION", "action": [act.verb, act.path, act.body], **({} if act.ours else {"ours": False})})

    def _clean(self, name: str) -> list[Entry]:
        """Delete the pod, if nobody has, and wait until it is gone."""
        acts = []
        if self.watch.events(name)[-1].type != "DELETED":
            acts.append(self._act(name, Act(ANY, "DELETE")))
        self.watch.until_gone(name)
        return acts

    def _await(self, name: str, when: When) -> None:
        """Wait until it is so."""
        match when:
            case Saw(what, test):
                self.watch.until(name, test, what)
            case Said(container, text):
                self._await(name, started(container))
                path = PATHS["pod"].format(namespace=self.namespace, name=name)
                wait_for(lambda: self._has_said(f"{path}/log", container, text), f"{name} says {text!r}", every=LOOK_S)
            case Gone():
                self.watch.until_gone(name)

    def _has_said(self, path: str, container: str, text: str) -> bool:
        answer = self.node.api.call("GET", path, container=container)
        return answer.status == 200 and text.encode() in answer.body

    def _ask(self, name: str, verb: str, path: str, body: Json | None) -> None:
        """Ask the API server; what it refuses is a mistake in the story, unless the pod is gone already."""
        place = PATHS.get(path, path).format(namespace=self.namespace, name=name)
        if path == "eviction":
            body = {"metadata": {"name": name}, **(body or {})}
        answer = self.node.api.call(verb, place, body, kind=MERGE if verb == "PATCH" else "application/json")
        assert answer.status < 300 or answer.status in (404, 409), f"{name}: {verb} {place}: {answer.status} {answer.body}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a history, at a monotonic time."""

    at: float
    content: Json


def save(history: History, target: Path) -> None:
    """Write a history, a line an entry."""
    target.write_text("".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in history))


def read(source: Path) -> History:
    """Read a history that was written."""
    return [json.loads(line) for line in source.read_text().splitlines()]
