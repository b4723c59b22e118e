"""Cases: what a user wants, as data; read from YAML, and refused where somebody made a mistake in one."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from podcompose import PathError
from podcompose.core.path import parse_path

__all__ = ["LAWS", "SPELLINGS", "Case", "CaseError", "chosen", "read_cases"]

CASES = Path(__file__).parent / "cases"
SPELLINGS = ("mapping", "typed", "null", "$patch", "json-patch")
LAWS = ("identity", "idempotence", "inputs", "aliasing", "frame", "order", "associativity", "determinism")
_FORMS = (
    {"path", "equals"},
    {"path", "absent"},
    {"path", "keys"},
    {"path", "before"},
    {"rest"},
    {"result"},
    {"refused"},
    {"inputs"},
    {"any"},
)
_WORDS = {"rest": "unchanged", "result": "template", "inputs": "unchanged", "absent": True}


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
    mistakes: list[str] = []
    cases: list[Case] = []
    for file in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(file.read_text())
        for entry in document["cases"]:
            mistakes.extend(f"{file.name}: {entry.get('id', entry)}: {mistake}" for mistake in _mistakes(entry))
            cases.append(_case(entry, document["group"]))
    known: set[str] = set()
    for case in cases:
        if case.id in known:
            mistakes.append(f"{case.id}: two cases have this id")
        known.add(case.id)
    if mistakes != []:
        raise CaseError("\n".join(mistakes))
    return cases


def _case(entry: Any, group: str) -> Case:
    return Case(
        str(entry.get("id")),
        group,
        entry.get("title", ""),
        entry.get("intent", ""),
        entry.get("template"),
        dict(entry.get("override", {})),
        entry.get("expect"),
        entry.get("reports"),
        entry.get("law"),
        tuple(entry.get("sources", ())),
        entry.get("note", ""),
    )


_FIELDS = {"id", "title", "intent", "template", "override", "expect", "reports", "law", "sources", "note"}


def _mistakes(entry: Any) -> Iterable[str]:
    yield from (f"`{name}` is no field of a case" for name in entry.keys() - _FIELDS)
    yield from (f"`{name}` is missing" for name in ("id", "title", "intent") if not isinstance(entry.get(name), str))
    if "law" in entry:
        if entry["law"] not in LAWS:
            yield f"`{entry['law']}` is no law; there are {', '.join(LAWS)}"
        return
    yield from (f"`{name}` is missing, or no map" for name in ("template", "override") if not isinstance(entry.get(name), dict))
    if ("expect" in entry) == ("reports" in entry):
        yield "it has either `expect` or `reports`"
    for checks in (entry.get("expect", []), *entry.get("reports", {}).values()):
        yield from _mistakes_of_checks(checks)


def _mistakes_of_checks(checks: Any) -> Iterable[str]:
    for check in checks:
        if not isinstance(check, dict) or not any(form <= check.keys() <= form | {"by", "order"} for form in _FORMS):
            yield f"no check looks like {check}"
            continue
        yield from (f"`{name}` can only be {word}" for name, word in _WORDS.items() if name in check and check[name] != word)
        if "path" in check:
            try:
                parse_path(check["path"])
            except PathError as error:
                yield str(error)
        for alternative in check.get("any", ()):
            yield from _mistakes_of_checks(alternative)


def chosen(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Those that one of the patterns fits (`falsy/*`); all, where there is no pattern."""
    return [name for name in names if len(patterns) == 0 or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
