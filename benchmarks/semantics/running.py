"""Runs: two systems at a time, progress on the terminal, and a server that looks at what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from benchmarks.semantics import results as documents
from benchmarks.semantics.asking import BROKEN_OFF
from benchmarks.semantics.case import Case, notes_of_groups
from benchmarks.semantics.engine import Cell, Ran, run_system
from benchmarks.semantics.laws import read_lines
from benchmarks.semantics.memory import Lines
from benchmarks.semantics.systems import ROOT, System
from benchmarks.semantics.timing import measured

__all__ = ["everything", "some"]

#: As many as this kind of machine has cores.
SIDE_BY_SIDE = 2
ANSWERS, OFFERS = (ROOT / "build" / "semantics" / name for name in ("answers", "offers.jsonl"))


def some(systems: Sequence[System], cases: Sequence[Case], *, anew: bool) -> list[Ran]:
    """Run cases on systems."""
    with _progress() as progress:
        return _ran(systems, cases, progress, anew=anew)


def everything(
    systems: Sequence[System], cases: Sequence[Case], *, times: bool, server: bool, anew: bool, last: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Run all, offer all results to a server, measure (else the times are the last ones), and say what is not as was committed."""
    with _progress() as progress:
        ran = _ran(systems, cases, progress, anew=anew)
        offers, version = _offered(ran, progress) if server else ({}, None)
        found = _timed(ran, progress) if times else (last or {}).get("times")
    results = documents.assembled(ran, cases, offers, version, found)
    return {**results, "notes": notes_of_groups(), "changes": documents.changes(documents.committed(), results)}


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        try:
            yield progress
        except KeyboardInterrupt:
            progress.console.print("Broken off. What was answered is kept: the next run goes on from there.")
            raise


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Two at a time; where one fails, those that wait are not begun."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        try:
            yield threads
        finally:
            threads.shutdown(wait=False, cancel_futures=True)


def _ran(systems: Sequence[System], cases: Sequence[Case], progress: Progress, *, anew: bool) -> list[Ran]:
    lines = read_lines() if any(case.law is not None for case in cases) else []
    tasks = {system.id: progress.add_task(system.id, total=len(cases), start=False) for system in systems}

    def run(system: System) -> Ran:
        progress.start_task(tasks[system.id])
        ran = run_system(system, cases, lines, lambda cell: progress.advance(tasks[system.id]), kept=ANSWERS, anew=anew)
        _tell(ran, progress, tasks[system.id])
        return ran

    with _threads() as threads:
        try:
            return list(threads.map(run, systems))
        except BaseException:
            BROKEN_OFF.set()
            raise


def _tell(ran: Ran, progress: Progress, task: TaskID) -> None:
    if ran.problem is not None:
        progress.update(task, description=f"{ran.system.id}: not installed")
    if not progress.console.is_terminal:
        said = f"{len(ran.cells)} cases in {ran.seconds} s" if ran.problem is None else f"not installed: {ran.problem}"
        progress.console.print(f"{ran.system.id}: {said}", markup=False)


def _offered(ran: Sequence[Ran], progress: Progress) -> tuple[dict[tuple[str, str], Mapping[str, str]], str | None]:
    """What a real server says of each result; nothing, where none can be had."""
    from benchmarks.semantics.server import NoServerError, Server  # it brings the tests' control plane along: not for a single cell

    wanted = [(case, each.system.id, cell.answer["manifest"]) for each in ran for case, cell in each.cells.items() if _is_pod(cell)]
    task = progress.add_task("kube-apiserver, strict dry run", total=len(wanted))
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    try:
        with Server(Lines(OFFERS)) as server, _threads() as threads:
            for (case, system, _), offer in zip(wanted, threads.map(lambda each: server.offer(each[2]), wanted), strict=True):
                found[case, system] = {"status": offer.status, "text": offer.text}
                progress.advance(task)
            return found, server.version
    except NoServerError as error:
        progress.console.print(f"no kube-apiserver: {error}", markup=False)
        return {(case, system): {"status": "no server", "text": ""} for case, system, _ in wanted}, None


def _is_pod(cell: Cell) -> bool:
    return cell.answer["status"] == "ok" and "manifest" in cell.answer


def _timed(ran: Sequence[Ran], progress: Progress) -> dict[str, Any]:
    """Times, one system after the other: nothing else runs meanwhile."""
    systems = [each.system for each in ran if each.problem is None and each.system.kind != "dummy"]
    task = progress.add_task("times", total=len(systems) + 2)

    def tell(system: str) -> None:
        progress.update(task, advance=1, description=f"times: {system}")

    return measured(systems, tell)
