"""Cases: what a user wants, as data; read from YAML, and refused where somebody made a mistake in one."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.semantics.mistakes import LAWS, SPELLINGS, mistakes_of, mistakes_of_file

__all__ = ["LAWS", "SPELLINGS", "Case", "CaseError", "chosen", "notes_of_groups", "read_cases"]

CASES = Path(__file__).parent / "cases"
SYSTEMS = Path(__file__).parent / "systems"


class CaseError(ValueError):
    """Mistakes in cases, all of them."""


@dataclass(frozen=True, slots=True)
class Case:
    """
    One wish of a user, and what has to come out.

    `overrides` maps a spelling to what is written; `expect` is a list of checks; `reports` maps words to such lists, in order.
    A law has neither template nor overrides.
    """

    id: str
    group: str
    title: str
    intent: str
    template: Any
    overrides: dict[str, Any]
    expect: list[Any] | None
    reports: dict[str, list[Any]] | None
    law: str | None
    sources: tuple[str, ...]
    note: str

    @property
    def judged(self) -> bool:
        """Whether there is a right answer."""
        return self.expect is not None or (self.law is not None and self.reports is None)

    def spelled_for(self, system: str, reads: Sequence[str]) -> str | None:
        """The spelling a system is given: its own, else the first it reads; None where its users cannot say it."""
        typed = [name for spelling in reads for name in ((spelling, "mapping") if spelling == "typed" else (spelling,))]
        return next((spelling for spelling in (system, *typed) if spelling in self.overrides), None)


def read_cases(folder: Path = CASES) -> list[Case]:
    """All cases of a folder; CaseError names every mistake."""
    systems = {file.stem for file in SYSTEMS.glob("*.yaml")}
    mistakes: list[str] = []
    cases: list[Case] = []
    for file in sorted(folder.glob("*.yaml")):
        group, entries, wrong = _read(file)
        mistakes += [f"{file.name}: {mistake}" for mistake in wrong]
        for number, entry in enumerate(entries, start=1):
            wrong = list(mistakes_of(entry, systems))
            name = entry.get("id", f"case {number}") if isinstance(entry, dict) else f"case {number}"
            mistakes += [f"{file.name}: {name}: {mistake}" for mistake in wrong]
            cases += [_case(entry, group)] if wrong == [] else []
    mistakes += [f"{name}: two cases have this id" for name, count in Counter(case.id for case in cases).items() if count > 1]
    if mistakes != []:
        raise CaseError("\n".join(mistakes))
    return cases


def notes_of_groups(folder: Path = CASES) -> dict[str, str]:
    """What holds of every case of a group, by group, where its file says something."""
    documents = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.yaml")))
    return {document["group"]: " ".join(document["notes"].split()) for document in documents if "notes" in document}


def _read(file: Path) -> tuple[str, list[Any], list[str]]:
    """The group of a file, its cases, and its mistakes."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        return "", [], [" ".join(str(error).split())]
    wrong = list(mistakes_of_file(document))
    return ("", [], wrong) if wrong != [] else (document["group"], document["cases"], [])


def _case(entry: Any, group: str) -> Case:
    return Case(
        entry["id"],
        group,
        entry["title"],
        entry["intent"],
        entry.get("template"),
        entry.get("override", {}),
        entry.get("expect"),
        entry.get("reports"),
        entry.get("law"),
        tuple(entry.get("sources", ())),
        entry.get("note", ""),
    )


def chosen(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Those that one of the patterns fits (`falsy/*`); all, where there is no pattern."""
    return [name for name in names if len(patterns) == 0 or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
