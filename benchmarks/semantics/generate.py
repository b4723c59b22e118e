"""
The pods over which the laws are held; `python -m benchmarks.semantics.generate` writes `cases/generated.jsonl`, the same bytes
each time.

The first half of the overrides says only what nearly every system can say: labels, annotations, and the image, the variables and
the resources of the first container. Overrides are plain, without null or directive; those that replace an atomic list or switch
a one-of are marked so.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.semantics.laws import GENERATED
from benchmarks.semantics.pools import (
    ANNOTATIONS,
    ATOMIC_OF_MAIN,
    ATOMIC_OF_POD,
    CONTAINER_FIELDS,
    LABELS,
    OF_MAIN,
    OF_POD,
    POD_FIELDS,
    SIDECARS,
    STARTERS,
    VARIABLES,
    VOLUMES,
)

__all__ = ["corpus", "text"]

SEED = 6
NARROW, WIDE, SWITCHING = 30, 26, 6

#: A change: what it adds to an override (a partial pod, and the partial first container).
_Change = Callable[[random.Random, Any, Any, Any], None]


def corpus() -> list[Any]:
    """All lines: `id`, `template`, `override`, `second`, `plain`."""
    rng = random.Random(SEED)
    kinds = [("narrow", _NARROW, 3)] * NARROW + [("wide", _WIDE, 5)] * WIDE + [("switching", _SWITCHING, 1)] * SWITCHING
    return [_line(rng, number, *kind) for number, kind in enumerate(kinds)]


def text() -> str:
    """The file: one line of JSON each."""
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in corpus())


def _line(rng: random.Random, number: int, kind: str, changes: Sequence[_Change], most: int) -> Any:
    template = _template(rng, rng.choice((0, 1, 2, 4)) if kind != "switching" else 4)
    override, second = (_override(rng, template, changes, most) for _ in range(2))
    return {"id": f"{kind}-{number:02}", "template": template, "override": override, "second": second, "plain": kind != "switching"}


def _template(rng: random.Random, size: int) -> Any:
    """A pod; `size` from 0, just an image, to 4, nearly all there is."""
    metadata: dict[str, Any] = {"name": f"job-{rng.randint(100, 999)}"}
    for name, pool in (("labels", LABELS), ("annotations", ANNOTATIONS)):
        metadata |= {name: chosen} if (chosen := _some(rng, pool, size)) != {} else {}
    volumes = _few(rng, VOLUMES, size)
    main = {"name": "main", "image": f"job:{rng.randint(1, 9)}", **_some(rng, CONTAINER_FIELDS, size * 2)}
    if (variables := _few(rng, VARIABLES, size * 2)) != []:
        main["env"] = variables
    if volumes != []:
        main["volumeMounts"] = [_mount(rng, volume["name"]) for volume in volumes]
    if main.get("livenessProbe") is not None and "ports" not in main:
        main["livenessProbe"]["httpGet"]["port"] = 8080
    starters = _few(rng, STARTERS, size // 2)
    spec: dict[str, Any] = {"initContainers": starters} if starters != [] else {}
    spec["containers"] = [main, *_few(rng, SIDECARS, size // 2)]
    spec |= {"volumes": volumes} if volumes != [] else {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, **_some(rng, POD_FIELDS, size * 2)}}


def _mount(rng: random.Random, name: str) -> Any:
    return {"name": name, "mountPath": f"/mnt/{name}", **({"readOnly": True} if rng.random() < 0.3 else {})}


def _some(rng: random.Random, pool: Mapping[str, Any], most: int) -> dict[str, Any]:
    return {name: _copy(pool[name]) for name in _few(rng, tuple(pool), most)}


def _few(rng: random.Random, pool: Sequence[Any], most: int) -> list[Any]:
    """Up to so many of a pool, in its order, each its own copy."""
    places = rng.sample(range(len(pool)), rng.randint(min(1, most), min(most, len(pool))))
    return [_copy(pool[place]) for place in sorted(places)]


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _override(rng: random.Random, template: Any, changes: Sequence[_Change], most: int) -> Any:
    """A partial pod that has some of the changes; never an empty one."""
    pod: dict[str, Any] = {}
    main: dict[str, Any] = {}
    while pod == {} and main == {}:
        for change in rng.sample(list(changes), rng.randint(1, most)):
            change(rng, template, pod, main)
    if main != {}:
        spec = pod.setdefault("spec", {})
        spec["containers"] = [{"name": "main", **main}, *spec.get("containers", [])]
    return pod


def _image(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    main["image"] = f"job:{rng.randint(10, 99)}"


def _variables(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    """Another value of one that has a value, and a new one."""
    there = [one["name"] for one in template["spec"]["containers"][0].get("env", ()) if "value" in one]
    names = rng.sample(there, min(len(there), rng.randint(0, 2))) + rng.sample(["RUN", "RETRIES", "DEBUG"], rng.randint(0, 2))
    if names != []:
        main["env"] = [{"name": name, "value": rng.choice(("0", "yes", "", "a b", "$(MODE)"))} for name in names]


def _words(field: str, known: Sequence[str]) -> _Change:
    def change(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
        names = rng.sample([*known, "run", "owner"], rng.randint(1, 2))
        pod.setdefault("metadata", {})[field] = {name: rng.choice(("v1", "v2", "x")) for name in names}

    return change


def _resources(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    limits = {"cpu": rng.choice(("2", "1500m")), "memory": rng.choice(("2Gi", "1500Mi")), "nvidia.com/gpu": "1"}
    main["resources"] = {"limits": _some(rng, limits, 2)}


def _node_selector(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    pod.setdefault("spec", {})["nodeSelector"] = {rng.choice(("pool", "zone")): rng.choice(("gpu", "a"))}


def _fields(of: str, pool: Mapping[str, Any]) -> _Change:
    """One of these fields, of the pod or of its first container."""

    def change(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
        name = rng.choice(tuple(pool))
        (main if of == "main" else pod.setdefault("spec", {}))[name] = _copy(pool[name])

    return change


def _sidecar(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    """Another image of one that is there, or a new one."""
    there = [one["name"] for one in template["spec"]["containers"][1:]]
    name = rng.choice([*there, "metrics"])
    pod.setdefault("spec", {})["containers"] = [{"name": name, "image": f"{name}:2"}]


def _starter(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    names = rng.sample([one["name"] for one in template["spec"].get("initContainers", ())] + ["prepare"], 1)
    changes = {"image": "starter:2", "env": [{"name": "GITSYNC_DEPTH", "value": "0"}]}
    pod.setdefault("spec", {})["initContainers"] = [{"name": name, **_copy(changes)} for name in names]


def _volume(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    """A new volume, and its mount."""
    name = rng.choice(("extra", "models"))
    pod.setdefault("spec", {})["volumes"] = [{"name": name, "configMap": {"name": name}}]
    main["volumeMounts"] = [{"name": name, "mountPath": f"/mnt/{name}", "readOnly": True}]


def _probe(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    for name in ("livenessProbe", "readinessProbe"):
        if name in template["spec"]["containers"][0]:
            main[name] = {"periodSeconds": rng.randint(1, 60)}


def _valued(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    """Each variable the other way: a reference where there was a value, a value where there was a reference."""
    there = rng.sample(template["spec"]["containers"][0]["env"], 1)
    other = {"valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}
    main["env"] = [{"name": one["name"], **({"value": "plain"} if "valueFrom" in one else other)} for one in there]


def _other_volume(rng: random.Random, template: Any, pod: Any, main: Any) -> None:
    name = rng.choice(template["spec"]["volumes"])["name"]
    pod.setdefault("spec", {})["volumes"] = [{"name": name, "hostPath": {"path": "/srv", "type": "Directory"}}]


_NARROW: tuple[_Change, ...] = (
    _image,
    _variables,
    _words("labels", tuple(LABELS)),
    _words("annotations", tuple(ANNOTATIONS)),
    _resources,
)
_WIDE: tuple[_Change, ...] = (
    *_NARROW,
    _node_selector,
    _fields("pod", OF_POD),
    _fields("main", OF_MAIN),
    _sidecar,
    _starter,
    _volume,
    _probe,
)
_SWITCHING: tuple[_Change, ...] = (_fields("pod", ATOMIC_OF_POD), _fields("main", ATOMIC_OF_MAIN), _valued, _other_volume)


if __name__ == "__main__":
    GENERATED.write_text(text(), encoding="utf-8")
