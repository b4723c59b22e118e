"""How long a merge takes, what a result weighs, how long an import: each as a ratio to podcompose's in the same run."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from benchmarks.semantics.asking import PATIENCE_S, Asked, surroundings
from benchmarks.semantics.systems import NotInstalledError, System

__all__ = ["PODS", "measured", "override_of", "template_of"]

OURS = "compose"
SECONDS = 0.4
_BRIEFLY = 0.15
_IMPORTS = 5
#: Variables of the template, for a small override; and of the override, for the largest template.
_SIZES = (0, 10, 25, 50, 100, 200, 400)
_OVERRIDES = (1, 10, 25, 50, 100, 200)

PODS: Mapping[str, str] = {
    "small": "one container, an image and a label",
    "medium": "11 variables, 3 mounts, an init container",
    "large": "200 variables",
}


def template_of(variables: int, *, mounts: int = 0, init: bool = False) -> Any:
    """A pod of one container that has so many variables."""
    container: dict[str, Any] = {"name": "base", "image": "registry.example/worker:1"}
    if variables > 0:
        container["env"] = [{"name": f"VARIABLE_{number:03}", "value": f"value {number}"} for number in range(variables)]
    spec: dict[str, Any] = {"restartPolicy": "Never", "containers": [container]}
    if mounts > 0:
        container["volumeMounts"] = [{"name": f"volume-{number}", "mountPath": f"/data/{number}"} for number in range(mounts)]
        spec["volumes"] = [{"name": f"volume-{number}", "emptyDir": {}} for number in range(mounts)]
    if init:
        spec["initContainers"] = [{"name": "prepare", "image": "registry.example/prepare:1", "command": ["prepare"]}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job", "labels": {"app": "job"}}, "spec": spec}


def override_of(variables: int) -> Any:
    """Another image, another label, and so many variables: the first is one that the template may have."""
    env = [{"name": f"VARIABLE_{number:03}", "value": "of the user"} for number in range(variables)]
    container = {"name": "base", "image": "registry.example/worker:2", **({"env": env} if env else {})}
    return {"metadata": {"labels": {"team": "a"}}, "spec": {"containers": [container]}}


#: What nearly everybody can say.
_NARROW = {"spec": {"containers": [{"name": "base", "env": [{"name": "VARIABLE_000", "value": "of the user"}]}]}}

_TEMPLATES: Mapping[str, Callable[[], Any]] = {
    "small": lambda: template_of(0),
    "medium": lambda: template_of(11, mounts=3, init=True),
    "large": lambda: template_of(200),
}


def measured(systems: Sequence[System], tell: Callable[[str], None]) -> dict[str, Any]:
    """All times. podcompose is measured first, in the middle and last: how far these are apart is the machine's noise."""
    ours, others = ([system for system in systems if (system.id == OURS) == own] for own in (True, False))
    middle = len(others) // 2
    rows: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    imports: list[dict[str, Any]] = []
    for place, system in enumerate([*ours, *others[:middle], *ours, *others[middle:], *ours]):
        tell(system.id)
        again = system.id == OURS and place > 0
        try:
            with Asked(system) as asked:
                rows.extend({**row, "again": again} for row in _rows(system, asked))
                if not again:
                    curves.extend(_curves(system, asked))
                    imports.extend(_imports(system, asked.hello.get("modules", ())))
        except NotInstalledError:
            continue
    return _compared(rows, curves, imports)


def _compared(rows: list[dict[str, Any]], curves: list[dict[str, Any]], imports: list[dict[str, Any]]) -> dict[str, Any]:
    """Of podcompose, the one in the middle of the three is shown: the one that all are compared with."""
    ours = {pod: [row for row in rows if row["system"] == OURS and row["pod"] == pod] for pod in PODS}
    kept = [row for row in rows if not row.pop("again")]
    for row in kept:
        for name in ("in_process", "json"):
            twins = sorted((each[f"{name}_us"] for each in ours[row["pod"]]), key=itemgetter("median"))
            if row["system"] == OURS:
                row[f"{name}_us"] = twins[len(twins) // 2]
            row[f"ratio_{name}"] = _ratio(row[f"{name}_us"]["median"], [each["median"] for each in twins])
    own = [each["ms"] for each in imports if each["system"] == OURS]
    imports = [{**each, "ratio": _ratio(each["ms"], own)} for each in imports]
    return {"pods": dict(PODS), "rows": kept, "curves": curves, "imports": imports, "noise": _noise(ours)}


def _ratio(one: float, ours: Sequence[float]) -> float | None:
    """Three figures, never 0; None where podcompose gave no time."""
    return None if len(ours) == 0 else float(f"{one / statistics.median(ours):.3g}")


def _noise(ours: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """How far apart the three measurements of podcompose are."""
    spreads = [
        max(medians) / min(medians) - 1
        for rows in ours.values()
        for medians in ([row["in_process_us"]["median"] for row in rows], [row["json_us"]["median"] for row in rows])
        if len(medians) > 1
    ]
    spread = round(max(spreads, default=0.0), 3)
    return {
        "spread": spread,
        "text": f"three measurements of podcompose in this run, first, middle and last, are up to {spread:.0%} apart",
    }


def _rows(system: System, asked: Asked) -> Iterator[dict[str, Any]]:
    for pod, template in _TEMPLATES.items():
        answer, note = _ask(system, asked, template(), override_of(1), SECONDS), ""
        if answer["status"] == "n.a.":
            answer, note = (
                _ask(system, asked, template(), _NARROW, SECONDS),
                "the override is one variable: its users cannot say the rest",
            )
        if answer["status"] == "ok":
            yield {
                "system": system.id,
                "pod": pod,
                "in_process_us": _summary(answer["in_process_us"]),
                "json_us": _summary(answer["json_us"]),
                "result_bytes": answer["result_bytes"],
                "note": "; ".join(each for each in (note, answer.get("note", "")) if each != ""),
            }


def _summary(batches: Sequence[float]) -> dict[str, float]:
    return {"best": round(min(batches), 2), "median": round(statistics.median(batches), 2)}


def _curves(system: System, asked: Asked) -> Iterator[dict[str, Any]]:
    """In process, against the size of the template and of the override."""
    sizes = {
        "template variables": [(size, template_of(size), override_of(1)) for size in _SIZES],
        "override variables": [(size, template_of(_OVERRIDES[-1]), override_of(size)) for size in _OVERRIDES],
    }
    for axis, points in sizes.items():
        answers = [
            (size, _ask(system, asked, template, override, _BRIEFLY, only="in_process")) for size, template, override in points
        ]
        found = [[size, _summary(answer["in_process_us"])["median"]] for size, answer in answers if answer["status"] == "ok"]
        if found != []:
            yield {"system": system.id, "axis": axis, "points": found}


def _ask(system: System, asked: Asked, template: Any, override: Any, seconds: float, **more: str) -> dict[str, Any]:
    spelling = next((name for name in system.reads if name in ("mapping", "typed")), None)
    if spelling is None:
        return {"status": "n.a.", "reason": "it reads no partial pod"}
    question = {"id": 1, "op": "time", "template": template, "override": override, "spelling": spelling, "seconds": seconds}
    return asked.ask({**question, **more})


def _imports(system: System, modules: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Milliseconds to import what its users import, the best of a few fresh processes, less what Python itself takes."""
    if len(modules) == 0:
        return
    program = f"import time; start = time.perf_counter(); import {', '.join(modules)}; print((time.perf_counter() - start) * 1000)"
    took = [_run(system, program) for _ in range(_IMPORTS + 1)]
    found = [each for each in took[1:] if each is not None]
    if found != []:
        yield {"system": system.id, "modules": list(modules), "ms": round(min(found), 1)}


def _run(system: System, program: str) -> float | None:
    """What it prints last; None where it fails, or prints something else, or does not end."""
    command = [str(system.python()), "-c", program]
    try:
        ran = subprocess.run(command, env=surroundings(system), capture_output=True, text=True, check=True, timeout=PATIENCE_S)
        return float(ran.stdout.split()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        return None
