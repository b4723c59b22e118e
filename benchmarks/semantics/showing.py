"""What the commands print."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from benchmarks.semantics.case import Case
from benchmarks.semantics.engine import Cell, Ran
from benchmarks.semantics.sums import Sum, sums

__all__ = ["cell_text", "changes_text", "sums_text", "verdicts_text"]


def verdicts_text(ran: Sequence[Ran]) -> str:
    """A line a cell."""
    lines = [f"{each.system.id}: {each.problem}" for each in ran if each.problem is not None]
    return "\n".join([*lines, *(_line(each.system.id, cell) for each in ran for cell in each.cells.values())])


def _line(system: str, cell: Cell) -> str:
    return f"{cell.verdict.word:8} {system:20} {cell.case}{''.join(f'{chr(10)}         {why}' for why in cell.verdict.why)}"


def changes_text(changes: Sequence[str]) -> str:
    """The cells that changed."""
    return (
        "No verdict changed." if len(changes) == 0 else "\n".join(["These verdicts changed:", *(f"  {each}" for each in changes)])
    )


def sums_text(results: Mapping[str, Any]) -> str:
    """The sums, a line a system."""
    head = f"{'':22} {'judged':>6} {'pass':>6} {'fail':>6} {'refused':>7} {'unclear':>7} {'n.a.':>6}"
    return "\n".join([head, *map(_sum_line, sums(results))])


def _sum_line(one: Sum) -> str:
    counts = (one.words[word] for word in ("fail", "refused", "unclear", "n.a."))
    return f"{one.system:22} {one.judged:6} {one.passed:6} {{:6}} {{:7}} {{:7}} {{:6}}".format(*counts)


def cell_text(ran: Ran, case: Case) -> str:
    """Everything of one cell, in the order in which one asks: what was wanted, what was given, what came out."""
    if ran.problem is not None:
        return f"{ran.system.name}: {ran.problem}"
    return "\n\n".join(_parts(ran, case, ran.cells[case.id]))


def _parts(ran: Ran, case: Case, cell: Cell) -> Iterator[str]:
    yield f"{ran.system.name} {ran.hello.get('version', '')}: {ran.system.call}\n{case.id}: {case.title}\n{case.intent}"
    if case.law is None:
        yield f"The template:\n{_yaml(case.template)}"
        if cell.spelling is not None:
            yield f"The override ({cell.spelling}):\n{_yaml(case.overrides[cell.spelling])}"
        yield f"What is expected:\n{_yaml(case.expect if case.expect is not None else case.reports)}"
    yield f"The verdict: {cell.verdict.word}" + "".join(f"\n  {why}" for why in cell.verdict.why)
    if cell.law is not None:
        yield f"The law:\n{_yaml(dict(cell.law))}"
    elif "manifest" in cell.answer:
        yield f"What came out, against the template:\n{_diff(case.template, cell.answer['manifest'])}"


def _yaml(value: Any) -> str:
    return str(yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False, allow_unicode=True, width=120)).rstrip()


def _diff(template: Any, manifest: Any) -> str:
    """Every line, with what came and went."""
    lines = difflib.ndiff(_yaml(template).splitlines(), _yaml(_like(manifest, template)).splitlines())
    return "\n".join(line for line in lines if not line.startswith("? "))


def _like(value: Any, model: Any) -> Any:
    """With its maps in the order of the model, what is new behind."""
    if isinstance(value, dict):
        known = model if isinstance(model, dict) else {}
        names = [name for name in known if name in value] + [name for name in value if name not in known]
        return {name: _like(value[name], known.get(name)) for name in names}
    if isinstance(value, list):
        models = model if isinstance(model, list) else []
        return [_like(each, models[place] if place < len(models) else None) for place, each in enumerate(value)]
    return value
