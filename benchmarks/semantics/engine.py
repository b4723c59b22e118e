"""Cases times systems: every cell asked for, stripped and judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.semantics.asking import Asked
from benchmarks.semantics.case import Case
from benchmarks.semantics.judge import Verdict, judge, strip
from benchmarks.semantics.laws import check
from benchmarks.semantics.memory import Lines, answered
from benchmarks.semantics.systems import NotInstalledError, System

__all__ = ["Cell", "Ran", "run_system"]


class Cell(NamedTuple):
    """What came of one case in one system; `law` is of laws alone."""

    case: str
    verdict: Verdict
    spelling: str | None
    answer: Mapping[str, Any]
    law: Mapping[str, Any] | None = None


@dataclass
class Ran:
    """A system that was run: what it says of itself, why it could not be, and its cells."""

    system: System
    hello: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    seconds: float = 0.0
    cells: dict[str, Cell] = field(default_factory=dict)


def run_system(
    system: System,
    cases: Sequence[Case],
    lines: Sequence[Any],
    tell: Callable[[Cell], None],
    *,
    kept: Path | None,
    anew: bool = False,
) -> Ran:
    """
    Run a system over cases; `tell` hears of each cell. What cannot be installed has a problem, and no cells.

    Answers are kept in a folder, if there is one; `anew`: those that lie there are not taken.
    """
    ran, start = Ran(system), time.monotonic()
    try:
        with _Driver(system, kept, anew=anew) as driver:
            ran.hello = driver.hello
            for cell in _cells(system, cases, lines, driver):
                ran.cells[cell.case] = cell
                tell(cell)
    except NotInstalledError as error:
        ran.problem = str(error)
    ran.seconds = round(time.monotonic() - start, 1)
    return ran


class _Driver:
    """A system's two processes, the second with another hash seed and started when first asked, and their memory."""

    def __init__(self, system: System, kept: Path | None, *, anew: bool) -> None:
        self._system, self._kept, self._anew = system, kept, anew
        self._seeds = {seed: Asked(system, seed=seed) for seed in (1, 2)}
        self._open = ExitStack()

    def __enter__(self) -> _Driver:
        self.hello = self._open.enter_context(self._seeds[1]).hello
        self._open.push(self._seeds[2].__exit__)
        self._known = {seed: Lines(self._file(seed), anew=self._anew) for seed in self._seeds}
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)

    def _file(self, seed: int) -> Path | None:
        """Nothing is kept of ours: they are this checkout, whatever version it says that it is."""
        if self._kept is None or self._system.kind == "ours":
            return None
        digest = self._system.digest(self.hello)
        for file in self._kept.glob(f"{self._system.id}.*"):
            if file.name.split(".")[1] != digest:  # of a driver, or of versions, that are no more
                file.unlink(missing_ok=True)
        return self._kept / f"{self._system.id}.{digest}.{seed}.jsonl"

    def ask(self, template: Any, override: Any, spelling: str, seed: int = 1) -> dict[str, Any]:
        """One merge, stripped of what the system adds by itself."""
        question = {"op": "merge", "template": template, "override": override, "spelling": spelling}
        answer = answered(self._known[seed], question, lambda question: self._seeds[seed].ask({"id": 1, **question}))
        if answer["status"] == "ok":
            answer["manifest"] = strip(answer["manifest"], tuple(self._system.adds), (template, override), self._system.values)
        return answer


def _cells(system: System, cases: Sequence[Case], lines: Sequence[Any], driver: _Driver) -> Iterator[Cell]:
    for case in cases:
        yield _law(case, lines, system, driver) if case.law is not None else _cell(case, system, driver)


def _cell(case: Case, system: System, driver: _Driver) -> Cell:
    spelling = case.spelled_for(system.id, system.reads)
    if spelling is None:
        spelled, reads = " and ".join(case.overrides), " and ".join(system.reads)
        reason = f"its users cannot say this: the case is spelled as {spelled}, the system reads {reads}"
        answer: dict[str, Any] = {"status": "n.a.", "reason": reason}
    else:
        answer = driver.ask(case.template, case.overrides[spelling], spelling)
    return Cell(case.id, judge(case, answer), spelling, answer)


def _law(case: Case, lines: Sequence[Any], system: System, driver: _Driver) -> Cell:
    """A law, over all generated pods: their overrides are partial pods without null or directive."""
    assert case.law is not None
    spelling = next((name for name in system.reads if name in ("mapping", "typed")), None)
    if spelling is None:
        answer = {"status": "n.a.", "reason": "the generated overrides are partial pods, which this system does not read"}
        return Cell(case.id, Verdict("n.a.", (answer["reason"],)), None, answer)
    ask, again = (partial(driver.ask, spelling=spelling, seed=seed) for seed in (1, 2))
    found = check(case.law, lines, ask, again)
    why = (found.reason,) if found.counterexample is None else (str(found.counterexample["why"]),)
    law = {"held": found.held, "of": found.of, "refused": found.refused, "counterexample": found.counterexample}
    return Cell(case.id, Verdict(found.word, tuple(each for each in why if each != "")), spelling, {"status": "ok"}, law)
