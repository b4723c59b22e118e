"""What the page and the document say in prose: how to read them, and what is fair about them. Code stands between backticks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["CLAIM", "READING", "REPRODUCING", "fairness"]

CLAIM = "What a user gets who lays an override over a pod template, system by system, case by case; every cell was really run."

READING: Sequence[str] = (
    "A row is a case: a template, an override, and in one sentence what the user wants.",
    "A column is a system, called as its users call it, in an environment of its own with every version pinned.",
    "A cell says what came out: one sign each, explained in the legend.",
    "A judged case has a right answer, written down as data.",
    "A reported case has none, for users want different things; it shows what each system does, and is in no sum.",
    "A law is held over generated pods; it is passed if it holds on every one that the system's users can say.",
)

_FAIRNESS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "Who is judged on what",
        (
            "A system is given the spelling of an override that its users would write, the first it reads of those the case has.",
            "Where its users cannot say it at all, the cell is n.a.: no blame, and in no sum.",
            "A crash is a mistake in the program that calls the system until shown otherwise, and is in no sum either.",
        ),
    ),
    (
        "Why sums are compared so seldom",
        (
            "A system that is judged on 60 cases and passes 50 is neither better nor worse than one with 90 of 120.",
            "So sums stand beside each other only where as many cases were judged, and in pairs on the cases of both.",
            "Cases are no random sample: a case counts one, however many users meet it.",
            "Cases of one group often ask one question in many places, and a system without that notion fails the group for one "
            "reason: read groups, not sums.",
            "Cases were gathered by the authors of podcompose, who know best what podcompose is for, and wrote its default.",
            "An adversary then looked for wishes that it does not fulfil; he found five.",
            "Two mistakes that it let through are caught since, an order said by a directive is written otherwise, "
            "and a template that repeats a key is reported.",
        ),
    ),
    (
        "Many a fail is documented behaviour",
        (
            "A fail says that what came out is not what the sentence of the case wants.",
            "It does not say that the system does something else than its documentation promises; many do just what theirs says.",
            "In `delete` and `replace` a system that replaces a list is told so by naming what stays, as its users do; "
            "elsewhere an override is only what changes.",
            "Of mistakes, shape is judged and values are reported: what only an API server can know is left to it.",
            "Some systems never set out to merge pods, and their users know it; the table of systems links to each documentation.",
        ),
    ),
    (
        "What is not held against a system",
        (
            "What it adds by itself (labels of its own, a generated name) is declared with its reason, and taken out beforehand.",
            "Null and absent are one, at every depth, and the order of a map's entries means nothing.",
            "Numbers are equal by value; nothing else is taken for equal.",
            "What the real API server says of a result is a column of its own, and never part of the verdict.",
        ),
    ),
    (
        "Dummies",
        (
            "Two dummies are always in the table: one ignores the override, one returns the override alone.",
            "What a dummy passes tells little; that they pass few shows that the cases tell systems apart.",
        ),
    ),
    (
        "How to object, or to add a system",
        (
            "If a cell or a case is wrong, a call is not what users write, or a version is old: open an issue or send a patch.",
            "A case is a few lines of YAML, a system is one description and one small program; "
            "`benchmarks/semantics/README.md` is the whole contract.",
            "A case that shows podcompose failing is as welcome as any other.",
        ),
    ),
)

REPRODUCING: Sequence[str] = (
    "One command makes a cell again, and shows the template, the override, what came out and why it is judged so.",
    "The first run of a system installs its environment.",
)


def fairness(results: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """Each part of the section on what is fair, and how to object: its head, and its sentences."""
    yield from _FAIRNESS[:-1]
    notes = results.get("notes", {})
    if len(notes) > 0:
        yield "What holds of a whole group", [f"{group[:1].upper()}{group[1:]}: {note}" for group, note in notes.items()]
    yield _FAIRNESS[-1]
