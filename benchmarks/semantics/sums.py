"""Sums over the results: counts that a maintainer can check, and which of them may be compared with which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["COUNTED", "OURS", "WORDS", "Pair", "Sum", "differing", "equally_judged", "pairs", "reported", "sums", "word_of"]

#: The words of a judged case, in the order they are shown in.
WORDS = ("pass", "fail", "refused", "unclear", "n.a.", "crashed", "not run")
#: Those that count as judged: the system was asked, and answered.
COUNTED = ("pass", "fail", "refused", "unclear")
OURS = "compose"


@dataclass(frozen=True, slots=True)
class Sum:
    """
    What one system did on the judged cases.

    `words` counts each word of WORDS, `groups` the same for each group; `judged` is how many of them count. `offered` results
    went to the dry run of a real API server, reported cases too, and it refused `rejected` of them.
    """

    system: str
    kind: str
    words: Mapping[str, int]
    groups: Mapping[str, Mapping[str, int]]
    offered: int
    rejected: int

    @property
    def judged(self) -> int:
        """On how many cases the system is judged."""
        return sum(self.words[word] for word in COUNTED)

    @property
    def passed(self) -> int:
        """How many of them it passes."""
        return self.words["pass"]


@dataclass(frozen=True, slots=True)
class Pair:
    """On the cases that two systems are both judged on, how many each of them passes."""

    system: str
    other: str
    both: int
    passed: int
    other_passed: int


def sums(results: Mapping[str, Any]) -> list[Sum]:
    """One sum a system, in the order of the systems."""
    return [_sum(results, system) for system in results["systems"]]


def _sum(results: Mapping[str, Any], system: Mapping[str, Any]) -> Sum:
    name = system["id"]
    judged = [(case["group"], word_of(results, case["id"], name)) for case in results["cases"] if case["judged"]]
    groups = {group: _counted(word for each, word in judged if each == group) for group in results["groups"]}
    answers = [cells[name].get("server", {}).get("status") for cells in results["cells"].values() if name in cells]
    rejected = answers.count("refused")
    return Sum(name, system["kind"], _counted(word for _, word in judged), groups, rejected + answers.count("accepted"), rejected)


def _counted(words: Iterator[str]) -> Mapping[str, int]:
    counts = Counter(words)
    return {word: counts[word] for word in WORDS}


def word_of(results: Mapping[str, Any], case: str, system: str) -> str:
    """The word of a cell; a system that could not be installed was not run."""
    cell = results["cells"].get(case, {}).get(system)
    missing = any(each["id"] == system and each["problem"] is not None for each in results["systems"])
    return "not run" if cell is None or missing else str(cell["verdict"])


def equally_judged(rows: Sequence[Sum]) -> list[list[Sum]]:
    """The systems that are judged on equally many cases, together; most cases first, and most passes first in each."""
    counts = sorted({row.judged for row in rows}, reverse=True)
    return [sorted((row for row in rows if row.judged == count), key=lambda row: -row.passed) for count in counts]


def pairs(results: Mapping[str, Any], other: str = OURS) -> list[Pair]:
    """Every system beside one of them, each on the cases that both are judged on."""
    names = [system["id"] for system in results["systems"]]
    return [_pair(results, name, other) for name in names if name != other and other in names]


def _pair(results: Mapping[str, Any], system: str, other: str) -> Pair:
    judged = [case["id"] for case in results["cases"] if case["judged"]]
    words = [(word_of(results, case, system), word_of(results, case, other)) for case in judged]
    both = [(one, two) for one, two in words if one in COUNTED and two in COUNTED]
    return Pair(system, other, len(both), sum(one == "pass" for one, _ in both), sum(two == "pass" for _, two in both))


def reported(results: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Of every reported case, who gives which word: the case's own words first, as it has them."""
    return {case["id"]: _reported(results, case) for case in results["cases"] if not case["judged"]}


def _reported(results: Mapping[str, Any], case: Mapping[str, Any]) -> dict[str, list[str]]:
    given = {system["id"]: word_of(results, case["id"], system["id"]) for system in results["systems"]}
    own = list(case.get("reports") or {})
    words = [*own, *sorted({*given.values()} - {*own})]
    return {word: [name for name, each in given.items() if each == word] for word in words if word in given.values()}


def differing(results: Mapping[str, Any], case: str) -> bool:
    """Whether systems (dummies are none) answer a case with different words; where one cannot say it, that is no difference."""
    systems = [system["id"] for system in results["systems"] if system["kind"] != "dummy"]
    return len({word_of(results, case, name) for name in systems} - {"n.a.", "not run", "crashed"}) > 1
