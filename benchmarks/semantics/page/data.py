"""What the page's script needs of the results: each manifest once, each line of one once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.semantics.manifests import pruned
from benchmarks.semantics.page.yaml_lines import yaml_lines
from benchmarks.semantics.words import command, expectation, source_link

__all__ = ["embedded"]


class _Known:
    """Texts, and documents as lists of numbers of texts: what is the same has the same number."""

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._documents: dict[str, int] = {}
        self.documents: list[list[int]] = []

    def add(self, value: Any) -> int:
        """The number of the document that this value is."""
        text = json.dumps(value, sort_keys=True)
        if text not in self._documents:
            self._documents[text] = len(self.documents)
            self.documents.append([self.text(line) for line in yaml_lines(value)])
        return self._documents[text]

    def text(self, text: str) -> int:
        """The number of a text."""
        return self._texts.setdefault(text, len(self._texts))

    @property
    def texts(self) -> list[str]:
        """All texts, by their numbers."""
        return list(self._texts)


def embedded(results: Mapping[str, Any]) -> str:
    """The data as JSON that may stand in a script element: nothing in it can end the element or begin another."""
    known = _Known()
    cases = [_case(case, known) for case in results["cases"]]
    cells = [[_cell(results, case, system, known) for system in results["systems"]] for case in results["cases"]]
    document = {
        "systems": [_system(system) for system in results["systems"]],
        "cases": cases,
        "cells": cells,
        "documents": known.documents,
        "texts": known.texts,
        "command": command("SYSTEM", "CASE"),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _system(system: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: system[name] for name in ("id", "name", "version", "call", "user", "kind")}
    return {**named, "docs": source_link(system["docs"])}


def _case(case: Mapping[str, Any], known: _Known) -> dict[str, Any]:
    said = {name: case[name] for name in ("id", "group", "title", "intent", "note", "judged", "law")}
    return {
        **said,
        "sources": [[source, source_link(source)] for source in case["sources"]],
        "template": None if case["template"] is None else known.add(case["template"]),
        "overrides": {spelling: known.add(override) for spelling, override in case["overrides"].items()},
        "expect": None if case["expect"] is None else [expectation(check) for check in case["expect"]],
        "reports": {word: [expectation(check) for check in checks] for word, checks in (case["reports"] or {}).items()},
    }


def _cell(results: Mapping[str, Any], case: Mapping[str, Any], system: Mapping[str, Any], known: _Known) -> Any:
    cell = results["cells"].get(case["id"], {}).get(system["id"])
    if cell is None:
        return None
    answer, server, law = cell["answer"], cell.get("server", {}), cell.get("law")
    return {
        "w": [known.text(why) for why in cell["why"]],
        "s": cell["spelling"] if cell["spelling"] in case["overrides"] else None,
        "a": answer["status"],
        "m": known.add(pruned(answer["manifest"])) if "manifest" in answer else None,
        "t": known.text(answer.get("text") or answer.get("reason") or ""),
        "o": [known.text(server.get(name, "")) for name in ("status", "text")],
        **({} if law is None else {"l": _law(law, known)}),
    }


def _law(law: Mapping[str, Any], known: _Known) -> dict[str, Any]:
    """The pods of a counterexample as documents, what is said of it as text."""
    found = {name: value for name, value in (law.get("counterexample") or {}).items() if value is not None}
    counts = {name: law[name] for name in ("held", "of", "refused")}
    pods = {name: known.add(pruned(value) if name == "manifest" else value) for name, value in found.items() if _is_pod(value)}
    return {**counts, "pods": pods, "said": {name: str(value) for name, value in found.items() if not _is_pod(value)}}


def _is_pod(value: Any) -> bool:
    return isinstance(value, (dict, list))
