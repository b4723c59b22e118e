"""The page: a template, its style and its script put into one file, with a policy that lets it load nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.semantics.page import tables
from benchmarks.semantics.page.data import embedded
from benchmarks.semantics.page.said import CLAIM, READING, REPRODUCING
from benchmarks.semantics.page.times import times
from benchmarks.semantics.words import VERDICTS, command

__all__ = ["render"]

_HERE = Path(__file__).parent
_PLACE = re.compile(r"<!--=([a-z-]+)-->")


def render(results: Mapping[str, Any]) -> str:
    """The whole page; the same results give the same bytes."""
    style = _read("page.css") + "@media screen and (max-width:700px){" + "".join(tables.column_names(results)) + "}"
    script = _read("page.js")
    parts = {name: make(results) for name, make in _PARTS.items()}
    allowed = f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    parts |= {
        "policy": f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'",
        "style": f"<style>{style}</style>",
        "script": f"<script>{script}</script>",
    }
    # One pass: what is put in is not looked at again, so no text of a case can name a place.
    return _PLACE.sub(lambda place: parts[place[1]], _read("page.html"))


def _read(name: str) -> str:
    return (_HERE / name).read_text()


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _facts(results: Mapping[str, Any]) -> str:
    made, cases = results["made"], results["cases"]
    judged = sum(case["judged"] for case in cases)
    kinds = [system["kind"] for system in results["systems"]]
    facts = {
        "cases": f"{len(cases)}, {judged} of them judged",
        "systems": f"{len(kinds)}, {kinds.count('dummy')} of them dummies",
        "made": made["date"],
        "machine": f"{made['machine']['cpu']}, {made['machine']['cores']} cores, Python {made['machine']['python']}",
        "podcompose": made["podcompose"],
        "kube-apiserver": made["server"] or "none at hand",
    }
    return "".join(f"<div><dt>{name}</dt><dd>{tables.escaped(value)}</dd></div>" for name, value in facts.items())


def _groups(results: Mapping[str, Any]) -> str:
    return "".join(f"<option>{tables.escaped(group)}</option>" for group in results["groups"])


def _words(results: Mapping[str, Any]) -> str:
    given = {cell["verdict"] for cells in results["cells"].values() for cell in cells.values()}
    words = [*VERDICTS, *sorted(given - {*VERDICTS})]
    return "".join(f"<option>{tables.escaped(word)}</option>" for word in words if word in given)


def _choices(results: Mapping[str, Any]) -> str:
    names = [system["name"] for system in results["systems"]]
    return "".join(
        f'<label><input type="checkbox" checked data-system="{place}"> {tables.escaped(name)}</label>'
        for place, name in enumerate(names)
    )


def _data(results: Mapping[str, Any]) -> str:
    return f'<script type="application/json" id="data">{embedded(results)}</script>'


_PARTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "claim": lambda results: tables.escaped(CLAIM),
    "facts": _facts,
    "reading": lambda results: tables.listed(READING),
    "legend": lambda results: tables.legend(),
    "sums": tables.summed,
    "equal": tables.equal,
    "pairs": tables.paired,
    "groups": _groups,
    "words": _words,
    "choices": _choices,
    "count": lambda results: f"{len(results['cases'])} of {len(results['cases'])} cases are shown.",
    "matrix": tables.matrix,
    "times": times,
    "fairness": tables.fairness,
    "systems": tables.systems,
    "changes": tables.changes,
    "reproducing": lambda results: tables.sentences(REPRODUCING),
    "command": lambda results: tables.escaped(command("SYSTEM", "CASE")),
    "data": _data,
}
