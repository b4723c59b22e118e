"""What the library says of a pair beside what Kubernetes says, counted; and pairs made small where the two disagree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from podcompose.errors import PodComposeError
from tests.differential.cases import Case

__all__ = ["Answer", "Tally", "compare", "listed", "same", "shrink", "tried"]

#: {"ok": value}, {"error": text}, {"panic": text} or {"race": [answer, answer]}, as the Go program gives them; {"unasked": why}
#: where kubectl stopped for a reason of its own; {"crash": text} where the library raised what is no error of its own.
Answer = dict[str, Any]

#: Made once: this runs a hundred thousand times.
_sorted = json.JSONEncoder(sort_keys=True).encode


@dataclass(slots=True)
class Tally:
    """How often the library and Kubernetes agreed over a number of pairs, the exceptions by name, and where they did not."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Case, Answer, Answer]] = field(default_factory=list)

    def add(self, case: Case, truth: Answer, ours: Answer) -> None:
        """Count one pair."""
        verdict = compare(truth, ours)
        self.counts[verdict] += 1
        if verdict == "disagree":
            self.wrong.append((case, truth, ours))

    def __str__(self) -> str:
        """One line for the end of the test run."""
        parts = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(self.counts.items()))
        return f"{self.name}: {self.counts.total():,} pairs: {parts}"


def same(left: Any, right: Any) -> bool:
    """Whether two values are one JSON: 1, 1.0, true and "1" are four. (Not the library's own idea of it.)"""
    return _sorted(left) == _sorted(right)


def compare(truth: Answer, ours: Answer) -> str:
    """
    Equal, both refuse, an exception's name, or disagree.

    Where Go panics the library refuses; where Go's answer is a matter of chance, the library gives one of the two.
    """
    if "crash" in ours:
        return "disagree"
    if "unasked" in truth:
        return f"exception {truth['unasked']}"
    if "race" in truth:
        return "exception race" if any(compare(one, ours) in ("equal", "both refuse") for one in truth["race"]) else "disagree"
    if "panic" in truth:
        return "exception panic" if "ok" not in ours else "disagree"
    if "ok" in truth:
        return "equal" if "ok" in ours and same(truth["ok"], ours["ok"]) else "disagree"
    return "both refuse" if "ok" not in ours else "disagree"


def tried(merge: Callable[[Any, Any], Any], case: Case) -> Answer:
    """The library's answer, in the Go program's words; any error but its own is a crash. An input is never written to."""
    texts = json.dumps(case.original), json.dumps(case.patch)
    original, patch = map(json.loads, texts)
    try:
        answer = {"ok": merge(original, patch)}
    except PodComposeError as error:
        answer = {"error": str(error)}
    except Exception as error:
        answer = {"crash": repr(error)}
    assert json.dumps(original) == texts[0], f"the original was written to: {case}"
    assert json.dumps(patch) == texts[1], f"the patch was written to: {case}"
    return answer


def listed(tally: Tally, again: Callable[[Case], tuple[Answer, Answer]], most: int = 5) -> str:
    """The first disagreements, as small as they get."""
    return "\n".join(_described(shrink(case, again), again) for case, _, _ in tally.wrong[:most])


def _described(case: Case, again: Callable[[Case], tuple[Answer, Answer]]) -> str:
    truth, ours = again(case)
    lines = (("seed", case.seed), ("original", case.original), ("patch", case.patch), ("Kubernetes", truth), ("podcompose", ours))
    return "\n".join(["", *(f"{name:>11}: {json.dumps(value, ensure_ascii=False)}" for name, value in lines)])


def shrink(case: Case, again: Callable[[Case], tuple[Answer, Answer]], tries: int = 2000) -> Case:
    """A smaller pair over which the two still disagree."""
    smaller = True
    while smaller:
        smaller = False
        for candidate in islice(_smaller(case), tries):
            if compare(*again(candidate)) == "disagree":
                case, smaller = candidate, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    for value in _without(case.original):
        yield case._replace(original=value)
    for value in _without(case.patch):
        yield case._replace(patch=value)


def _without(value: Any) -> Iterator[Any]:
    """The value less one entry, biggest cuts first."""
    places: Iterable[Any] = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for place in list(places):
        rest = dict(value) if isinstance(value, dict) else list(value)
        del rest[place]
        yield rest
    for place in list(places):
        for entry in _without(value[place]):
            changed = dict(value) if isinstance(value, dict) else list(value)
            changed[place] = entry
            yield changed
