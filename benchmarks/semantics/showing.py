"""What the commands print."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from benchmarks.semantics.case import Case
from benchmarks.semantics.engine import Cell, Ran
from benchmarks.semantics.sums import WORDS, Sum, sums

__all__ = ["cell_text", "changes_text", "sums_text", "verdicts_text"]


def verdicts_text(ran: Sequence[Ran]) -> str:
    """A line a cell, with why under it; then a line a system."""
    cells = [(each.system.id, cell) for each in ran for cell in each.cells.values()]
    wide = max((len(cell.verdict.word) for _, cell in cells), default=0), max((len(each.system.id) for each in ran), default=0)
    lines = [line for system, cell in cells for line in _lines(system, cell, *wide)]
    return "\n".join([*lines, "", *(f"{each.system.id:{wide[1]}} {_total(each)}" for each in ran)])


def _lines(system: str, cell: Cell, word: int, name: int) -> Iterator[str]:
    yield f"{cell.verdict.word:{word}} {system:{name}} {cell.case}"
    yield from (f"{'':{word}} {line}" for why in cell.verdict.why for line in why.splitlines())


def _total(ran: Ran) -> str:
    if ran.problem is not None:
        return f"not installed: {ran.problem}"
    counts = Counter(cell.verdict.word for cell in ran.cells.values())
    order = {word: place for place, word in enumerate(WORDS)}
    words = sorted(counts, key=lambda word: (order.get(word, len(order)), word))
    return f"{len(ran.cells)} cases: {', '.join(f'{counts[word]} {word}' for word in words)}"


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
        yield from _law_parts(cell.law)
    elif "manifest" in cell.answer:
        yield f"What came out, against the template:\n{_diff(case.template, cell.answer['manifest'])}"


def _law_parts(law: Mapping[str, Any]) -> Iterator[str]:
    """The smallest pod on which it does not hold, and what came out as a difference to what had to."""
    yield f"It held on {law['held']} of {law['of']} generated pods; {law['refused']} were refused."
    found = law["counterexample"]
    if found is None:
        return
    yield f"The smallest pod on which it did not, {found['id']}:\n{_yaml(found['template'])}"
    named = {"override": "The override", "second": "The second override"}
    yield from (f"{title}:\n{_yaml(found[name])}" for name, title in named.items() if name in found)
    wanted, what = (found["wanted"], "what it had to be") if "wanted" in found else (found["template"], "the template")
    yield f"What came out, against {what}:\n{_diff(wanted, found['manifest'])}"


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
