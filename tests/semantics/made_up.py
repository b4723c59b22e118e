"""Results that nobody measured, of the size and the shape of real ones, the same in every run."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

__all__ = ["HOSTILE", "results"]

#: What would do harm if it were taken for markup.
HOSTILE = """</script><img src=x onerror="window.harmed=1"><!--=data--> ' " & \u2028"""

_GROUPS = ("change by name", "falsy values win", "lists by key", "order kept", "one-ofs switch", "delete", "replace", "laws")
_NAMES = (
    ("compose", "podcompose, COMPOSE", "ours"),
    ("apply", "podcompose, APPLY", "ours"),
    ("strategic", "podcompose, STRATEGIC", "ours"),
    ("airflow-executor", "Airflow, KubernetesExecutor", "system"),
    ("airflow-operator", "Airflow, KubernetesPodOperator", "system"),
    ("dagster-deep", "Dagster, DEEP", "system"),
    ("dagster-shallow", "Dagster, SHALLOW", "system"),
    ("prefect", "Prefect, job variables", "system"),
    ("kubespawner-extra", "KubeSpawner, extra_container_config", "system"),
    ("kubespawner-profile", "KubeSpawner, profile overrides", "system"),
    ("zenml", "ZenML, pod settings", "system"),
    ("flytekit", "flytekit, PodTemplate", "system"),
    ("deepmerge-always", "deepmerge, always_merger", "system"),
    ("deepmerge-conservative", "deepmerge, conservative_merger", "system"),
    ("deepmerge-or-raise", "deepmerge, merge_or_raise", "system"),
    ("kubectl-strategic", "kubectl, strategic merge patch", "reference"),
    ("kubectl-merge", "kubectl, merge patch (RFC 7396)", "reference"),
    ("kustomize", "kustomize", "reference"),
    ("ssa", "Server-side apply, its merge", "reference"),
    ("argo", "Argo, podSpecPatch", "system"),
    ("dummy-ignores", "Dummy, ignores the override", "dummy"),
    ("dummy-override-alone", "Dummy, the override alone", "dummy"),
)
_SPEAKS = {"pass": 8, "fail": 3, "refused": 1, "unclear": 0.5, "n.a.": 3, "crashed": 0.1}


def results(cases: int = 150, systems: int = 22) -> dict[str, Any]:
    """Results of so many cases and systems."""
    chance = random.Random(6)
    known = [_system(*named) for named in _NAMES[:systems]]
    if systems > 11:
        known[10]["problem"] = "could not be installed: no version of zenml fits"
    wished = [_case(number, _GROUPS[number * len(_GROUPS) // cases], chance) for number in range(cases)]
    return {
        "format": 1,
        "made": {
            "date": "2026-11-23",
            "machine": {"cpu": "Made Up 9000", "cores": 2, "python": "3.11.7"},
            "podcompose": "0.1.0",
            "server": "v1.37.2",
        },
        "systems": known,
        "groups": list(_GROUPS),
        "cases": wished,
        "cells": {case["id"]: {system["id"]: _cell(case, system, chance) for system in known} for case in wished},
        "times": _times(known, chance),
        "changes": ["falsy-values-win/case-1 in dagster-deep: pass -> fail: .spec.hostNetwork is true, not false"],
    }


def _system(name: str, title: str, kind: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": title,
        "project": name.partition("-")[0],
        "docs": f"https://docs.example/{name}",
        "call": f"{name.replace('-', '_')}.merge(template, override)",
        "user": "The pod of a run: the admin's template under the user's override",
        "reads": ["mapping", "null"],
        "adds": [{"path": '.metadata.labels["example/run"]', "why": "every run is labelled"}] if kind == "system" else [],
        "kind": kind,
        "version": "1.2.3",
        "packages": {f"{name}-package": "1.2.3"},
        "environment": "none" if kind == "ours" else name,
        "problem": None,
        "seconds": 12.3,
    }


def _case(number: int, group: str, chance: random.Random) -> dict[str, Any]:
    law, is_reported = group == "laws", number % 12 == 5
    return {
        "id": f"{group.replace(' ', '-')}/case-{number}",
        "group": group,
        "title": f"A sidecar gets image {number}, and the rest stays as it is",
        "intent": "The user changes the image of the sidecar, and nothing else.",
        "sources": ["airflow#42040", "somebody/something#7", "hearsay"][: number % 4],
        "note": "The documentation asks that the container base be the first; nothing is said of the others."
        if number % 3 == 0
        else "",
        "judged": not is_reported,
        "law": "identity" if law else None,
        "template": None if law else _pod(chance, number),
        "overrides": {} if law else _overrides(number),
        "expect": None if law or is_reported else _expected(number),
        "reports": {"replaced": [], "appended": [{"path": ".spec.tolerations", "absent": True}]} if is_reported else None,
    }


def _pod(chance: random.Random, number: int) -> Any:
    env = [{"name": f"VARIABLE_{each}", "value": f"value {chance.randrange(99)}"} for each in range(chance.randrange(1, 12))]
    containers = [
        {"name": "main", "image": "registry.example/team/worker:1.2", "args": ["run", "--fast"], "env": env},
        {"name": "log", "image": "registry.example/team/log:1", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}},
    ]
    spec = {"restartPolicy": "Never", "hostNetwork": False, "containers": containers, "volumes": [{"name": "data", "emptyDir": {}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"job-{number}", "labels": {"app": "job"}}, "spec": spec}


def _overrides(number: int) -> dict[str, Any]:
    partial = {"spec": {"containers": [{"name": "log", "image": f"registry.example/team/log:{number}"}]}}
    return {"mapping": partial, "$patch": {"spec": {"$patch": "replace"}}}


def _expected(number: int) -> list[Any]:
    image = {"path": '.spec.containers[name="log"].image', "equals": f"registry.example/team/log:{number}"}
    order = {"path": ".spec.containers", "keys": ["main", "log"]}
    return [image, order, {"any": [[{"path": ".spec.volumes", "absent": True}], [{"rest": "unchanged"}]]}]


def _cell(case: Mapping[str, Any], system: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    word = _word(case, system, chance)
    cell: dict[str, Any] = {
        "verdict": word,
        "why": _WHY.get(word, []),
        "spelling": None if word == "n.a." else "mapping",
        "answer": _answer(case, word, chance),
        "server": _server(word, chance),
    }
    if case["law"] is not None and word in ("pass", "fail"):
        found = {
            "id": 7,
            "template": _pod(chance, 1),
            "override": {"spec": {}},
            "second": None,
            "manifest": _pod(chance, 2),
            "why": ".spec is gone",
        }
        cell["law"] = {
            "held": 58 if word == "fail" else 60,
            "of": 60,
            "refused": 0,
            "counterexample": found if word == "fail" else None,
        }
    return cell


_WHY = {
    "fail": ['.spec.containers[name="log"].image is "b:1", not "b:2"', "the rest is changed: .spec.volumes is gone"],
    "refused": ["refused: TypeError: unexpected keyword argument 'hostNetwork'"],
    "n.a.": ["no setting of this system changes an init container"],
}


def _word(case: Mapping[str, Any], system: Mapping[str, Any], chance: random.Random) -> str:
    if system["problem"] is not None:
        return "n.a."
    if not case["judged"]:
        return chance.choice(["replaced", "appended", "other", "refused"])
    if system["kind"] == "ours":
        return "pass"
    return chance.choices(list(_SPEAKS), list(_SPEAKS.values()))[0]


def _answer(case: Mapping[str, Any], word: str, chance: random.Random) -> dict[str, Any]:
    if word in ("refused", "unclear"):
        return {"status": "refused", "text": "TypeError: unexpected keyword argument 'hostNetwork'"}
    if word == "n.a.":
        return {"status": "n.a.", "reason": "no setting of this system changes an init container"}
    if word == "crashed":
        return {"status": "crashed", "text": "exit status 1"}
    if case["template"] is None:
        return {"status": "ok"}
    manifest = copy.deepcopy(case["template"])
    manifest["spec"]["containers"][1]["image"] = case["overrides"]["mapping"]["spec"]["containers"][0]["image"]
    if word == "fail":
        manifest["spec"].pop(chance.choice(["volumes", "hostNetwork", "restartPolicy"]))
        manifest["metadata"]["annotations"] = {"left": chance.choice(["over", "behind"])}
    return {"status": "ok", "manifest": manifest}


def _server(word: str, chance: random.Random) -> dict[str, str]:
    if word not in ("pass", "fail", "replaced", "appended", "other"):
        return {"status": "not offered", "text": ""}
    if chance.random() < 0.9:
        return {"status": "accepted", "text": ""}
    return {"status": "refused", "text": 'Pod "job" is invalid: spec.containers[1].image: Required value'}


def _times(systems: list[dict[str, Any]], chance: random.Random) -> dict[str, Any]:
    pods = {
        "small": "one container, an image and a label",
        "medium": "11 variables, 3 mounts, an init container",
        "large": "200 variables",
    }
    timed = {system["id"]: 10 ** chance.uniform(0.5, 3.5) for system in systems if system["kind"] != "dummy"}
    rows = [
        _timed_row(name, pod, cost * factor, factor * timed["compose"])
        for factor, pod in zip((1, 2, 9), pods, strict=True)
        for name, cost in timed.items()
    ]
    curves = [
        {"system": name, "axis": axis, "points": [[size, round(cost * (1 + size / 50), 2)] for size in (0, 10, 25, 50, 100, 200)]}
        for axis in ("template variables", "override variables")
        for name, cost in timed.items()
    ]
    imports = [
        {"system": name, "modules": [name], "ms": round(cost, 1), "ratio": round(cost / timed["compose"], 2)}
        for name, cost in timed.items()
    ]
    noise = {"text": "three measurements of podcompose in this run, first, middle and last, are up to 8% apart", "spread": 0.08}
    return {"pods": pods, "rows": rows, "curves": curves, "imports": imports, "noise": noise}


def _timed_row(name: str, pod: str, cost: float, ours: float) -> dict[str, Any]:
    return {
        "system": name,
        "pod": pod,
        "in_process_us": {"best": round(cost * 0.9, 2), "median": round(cost, 2)},
        "json_us": {"best": round(cost * 1.3, 2), "median": round(cost * 1.5, 2)},
        "result_bytes": int(800 + cost),
        "ratio_in_process": round(cost / ours, 2),
        "ratio_json": round(cost / ours, 2),
        "note": "inside of its own process" if name.startswith("kubectl") else "",
    }
