"""The results, as the page and the next run read them: one JSON document, a line a cell, so that a change shows as one."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.semantics.case import Case
from benchmarks.semantics.engine import Ran
from benchmarks.semantics.systems import HERE, ROOT, NotInstalledError, System, locked

__all__ = ["RESULTS", "ResultsError", "assembled", "changes", "committed", "read", "written"]

RESULTS = HERE / "results.json"
FORMAT = 1


class ResultsError(ValueError):
    """A file of results is not one."""


def assembled(
    ran: Sequence[Ran], cases: Sequence[Case], offers: Mapping[tuple[str, str], Mapping[str, str]], server: str | None, times: Any
) -> dict[str, Any]:
    """All that was found, as one document."""
    return {
        "format": FORMAT,
        "made": {"date": f"{datetime.date.today()}", "machine": _machine(), "podcompose": _version(ran), "server": server},
        "systems": [_system(each) for each in ran],
        "groups": list(dict.fromkeys(case.group for case in cases)),
        "cases": [_case(case) for case in cases],
        "cells": {case.id: {each.system.id: _cell(each, case, offers) for each in ran} for case in cases},
        "times": times,
        "changes": [],
    }


def _machine() -> dict[str, Any]:
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    return {
        "cpu": (models or [platform.processor() or platform.machine()])[0],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text().splitlines()
    except OSError:
        return []


def _version(ran: Sequence[Ran]) -> str:
    return next((str(each.hello["version"]) for each in ran if each.system.kind == "ours" and "version" in each.hello), "")


def _system(ran: Ran) -> dict[str, Any]:
    system = ran.system
    return {
        "id": system.id,
        "name": system.name,
        "project": system.project,
        "docs": system.docs,
        "call": system.call,
        "user": system.user,
        "reads": list(system.reads),
        "adds": [{"path": path, "why": why} for path, why in system.adds.items()],
        "kind": system.kind,
        "version": ran.hello.get("version", ""),
        "packages": dict(ran.hello.get("packages", {})),
        "environment": system.environment,
        "pinned": _pinned(system),
        "problem": ran.problem,
        "seconds": ran.seconds,
    }


def _pinned(system: System) -> int:
    """How many packages its environment pins."""
    try:
        return 0 if system.environment == "none" else len(locked(system.environment))
    except NotInstalledError:
        return 0


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "group": case.group,
        "title": case.title,
        "intent": case.intent,
        "sources": list(case.sources),
        "note": case.note,
        "judged": case.judged,
        "law": case.law,
        "template": case.template,
        "overrides": case.overrides,
        "expect": case.expect,
        "reports": case.reports,
    }


def _cell(ran: Ran, case: Case, offers: Mapping[tuple[str, str], Mapping[str, str]]) -> dict[str, Any]:
    if ran.problem is not None:
        reason = {"status": "n.a.", "reason": ran.problem}
        return {
            "verdict": "n.a.",
            "why": [ran.problem],
            "spelling": None,
            "answer": reason,
            "server": {"status": "not offered", "text": ""},
        }
    cell = ran.cells[case.id]
    server = offers.get((case.id, ran.system.id), {"status": "not offered", "text": ""})
    laws = {} if cell.law is None else {"law": cell.law}
    return {
        "verdict": cell.verdict.word,
        "why": list(cell.verdict.why),
        "spelling": cell.spelling,
        "answer": cell.answer,
        "server": server,
        **laws,
    }


def written(results: Mapping[str, Any]) -> str:
    """The document as text: short things on one line, a line a cell."""
    return "\n".join(_pieces(results, "")) + "\n"


def _pieces(value: Any, indent: str, before: str = "", after: str = "", depth: int = 3) -> Iterator[str]:
    text = json.dumps(value, ensure_ascii=False)
    if depth == 0 or len(text) < 100 or not isinstance(value, (dict, list)):
        yield f"{indent}{before}{text}{after}"
        return
    entries = (
        [(f"{json.dumps(name)}: ", each) for name, each in value.items()]
        if isinstance(value, dict)
        else [("", each) for each in value]
    )
    yield f"{indent}{before}{'{' if isinstance(value, dict) else '['}"
    for place, (name, each) in enumerate(entries, start=1):
        yield from _pieces(each, f"{indent} ", name, "," if place < len(entries) else "", depth - 1)
    yield f"{indent}{'}' if isinstance(value, dict) else ']'}{after}"


def read() -> dict[str, Any] | None:
    """The results that lie there; None where there are none, ResultsError where they are not what is written."""
    return _document(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else None


def committed() -> dict[str, Any] | None:
    """The results of the last commit; outside of a checkout, or before there were any, those that lie there; None where none do."""
    command = ["git", "show", "HEAD:benchmarks/semantics/results.json"]
    with suppress(OSError, subprocess.CalledProcessError, ResultsError):
        return _document(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode())
    with suppress(ResultsError):
        return read()
    return None


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ResultsError(f"{RESULTS.name} is not what is written there: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ResultsError(f"{RESULTS.name} is not what is written there: it has no format {FORMAT}")
    return found


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """A sentence for each cell whose verdict is another one, for each case that came or went, and for each system that came."""
    if before is None:
        return []
    old, new = before["cells"], after["cells"]
    found = [f"{case} came" for case in new if case not in old] + [f"{case} went" for case in old if case not in new]
    known = {system["id"] for system in before["systems"]}
    found += [f"the system {system['id']} came" for system in after["systems"] if system["id"] not in known]
    for case in new:
        for system, cell in new[case].items():
            was = old.get(case, {}).get(system)
            if was is not None and was["verdict"] != cell["verdict"]:
                why = f": {cell['why'][0]}" if cell["why"] else ""
                found.append(f"{case} in {system}: {was['verdict']} -> {cell['verdict']}{why}")
    return found
