"""
The laws of a merge, held over generated pods; no system is started here: the caller brings the questions to one.

    check(law, lines, ask, again=None) -> LawVerdict

`lines` are those of `cases/generated.jsonl` (`read_lines`). `ask(template, override)` sends one merge to a driver and gives its
answer as in the contract ("ok" with the manifest stripped of what the system adds; "refused"; "n.a."; "crashed"); it may remember
answers, for the laws ask the same again. `again` is the same of a second process with another PYTHONHASHSEED, for `determinism`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.semantics.manifests import at, differences, key_value, pruned, same
from benchmarks.semantics.mentions import KeyedList, keyed_lists, unmentioned
from podcompose.core.path import format_path

__all__ = ["FEWEST", "GENERATED", "REPORTED", "Ask", "LawVerdict", "check", "read_lines"]

GENERATED = Path(__file__).parent / "cases" / "generated.jsonl"
#: A law is judged on so many lines at least.
FEWEST = 10
#: Laws that a good merge need not hold.
REPORTED = frozenset({"associativity"})
_NO_TEMPLATE = "it takes no override in the place of a template, so two overrides cannot be joined"

Ask = Callable[[Any, Any], Mapping[str, Any]]


class LawVerdict(NamedTuple):
    """
    `word`: pass, fail, n.a., crashed; of a reported law: holds, does not hold, n.a., crashed.

    It held on `held` of the `of` lines that the system can say; `refused` lines it refused. `counterexample` is the smallest that
    fails: id, template, override (and second), manifest, why, and wanted, where something else than the template had to come out.
    `reason` is that of n.a. and crashed.
    """

    word: str
    held: int = 0
    of: int = 0
    refused: int = 0
    counterexample: Mapping[str, Any] | None = None
    reason: str = ""


class _SilentError(Exception):
    """The system gives no manifest for this line; its answer."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.status = answer["status"]
        self.text = answer.get("reason") or answer.get("text") or ""


class _Finding(NamedTuple):
    """What a law says of one line: why it does not hold, or None; what came out; what had to, where this is not the template."""

    why: str | None
    manifest: Any
    wanted: Any = None


#: The law of one line; None where the law has nothing to say of this line.
_Law = Callable[[Any, Ask, Ask], _Finding | None]


def read_lines(file: Path = GENERATED) -> list[Any]:
    """The generated pods: `id`, `template`, `override`, `second`, and `plain`, false where an atomic list or a one-of changes."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def check(law: str, lines: Iterable[Any], ask: Ask, again: Ask | None = None) -> LawVerdict:
    """The verdict on one law, of one system."""
    told: list[tuple[Any, _Finding]] = []
    silent: list[_SilentError] = []
    for line in lines:
        try:
            finding = _LAWS[law](line, ask, again or ask)
            told += [(line, finding)] if finding is not None else []
        except _SilentError as answer:
            silent.append(answer)
            if answer.status == "crashed":
                break
    return _verdict(law, told, silent)


def _verdict(law: str, told: Sequence[tuple[Any, _Finding]], silent: Sequence[_SilentError]) -> LawVerdict:
    reported, failures = law in REPORTED, [each for each in told if each[1].why is not None]
    counts = len(told) - len(failures), len(told), sum(answer.status == "refused" for answer in silent)
    if silent != [] and silent[-1].status == "crashed":
        return (
            LawVerdict("n.a.", *counts, reason=_NO_TEMPLATE) if reported else LawVerdict("crashed", *counts, reason=silent[-1].text)
        )
    if len(told) < FEWEST:
        reason = f"; {silent[0].status}: {silent[0].text}" if silent != [] else ""
        return LawVerdict("n.a.", *counts, reason=f"{len(told)} of the generated pods can tell, {FEWEST} are needed{reason}")
    good, bad = ("holds", "does not hold") if reported else ("pass", "fail")
    return LawVerdict(good if failures == [] else bad, *counts, _smallest(law, failures))


#: What of a line a law asks besides template and override, or in their place.
_ASKED: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "identity": lambda line: {"override": {}},
    "associativity": lambda line: {"second": line["second"]},
}


def _smallest(law: str, failures: Sequence[tuple[Any, _Finding]]) -> Mapping[str, Any] | None:
    if len(failures) == 0:
        return None
    line, finding = min(failures, key=lambda each: len(json.dumps([each[0]["template"], each[0]["override"]])))
    asked = {"id": line["id"], "template": line["template"], "override": line["override"], **_ASKED.get(law, lambda _: {})(line)}
    wanted = {} if finding.wanted is None else {"wanted": finding.wanted}
    return {**asked, "manifest": finding.manifest, **wanted, "why": finding.why}


def _merged(ask: Ask, template: Any, override: Any) -> Any:
    answer = ask(template, override)
    if answer["status"] != "ok":
        raise _SilentError(answer)
    return answer["manifest"]


def _identity(line: Any, ask: Ask, again: Ask) -> _Finding:
    manifest = _merged(ask, line["template"], {})
    return _Finding(_unlike(line["template"], manifest, "an empty override changes the template"), manifest)


def _idempotence(line: Any, ask: Ask, again: Ask) -> _Finding | None:
    if not line["plain"]:
        return None
    once = _merged(ask, line["template"], line["override"])
    twice = _merged(ask, once, line["override"])
    return _Finding(_unlike(once, twice, "the same override once more changes the result"), twice, once)


def _from_answer(field: str, says: str) -> _Law:
    """A law on what the driver saw of the system's own objects."""

    def law(line: Any, ask: Ask, again: Ask) -> _Finding | None:
        answer = ask(line["template"], line["override"])
        manifest = _merged(lambda *_: answer, None, None)
        if field not in answer:
            raise _SilentError({"status": "n.a.", "reason": "a program that reads and writes text has no inputs to write into"})
        return _Finding(None if len(answer[field]) == 0 else f"{says} the {' and the '.join(answer[field])}", manifest)

    return law


def _frame(line: Any, ask: Ask, again: Ask) -> _Finding:
    manifest = _merged(ask, line["template"], line["override"])
    for path, wanted in unmentioned(line["template"], line["override"]):
        found = at(manifest, path)
        if found == [] or not all(same(pruned(each), pruned(wanted)) for each in found):
            shown = "gone" if found == [] else " and ".join(json.dumps(each) for each in found)
            return _Finding(
                f"{format_path(path)}, which the override does not mention, was {json.dumps(wanted)} and is {shown}", manifest
            )
    return _Finding(None, manifest)


def _order(line: Any, ask: Ask, again: Ask) -> _Finding | None:
    lists = [each for each in keyed_lists(line["template"], line["override"]) if len(each.named) < 2]
    manifest = _merged(ask, line["template"], line["override"])
    orders = [(each, *_orders(each, manifest)) for each in lists]
    if all(len(wanted) < 2 for _, wanted, _ in orders):
        return None
    wrong = (
        f"{format_path(each.path)} was in the order {_words(wanted)} and is {_words(found)}"
        for each, wanted, found in orders
        if wanted != found
    )
    return _Finding(next(wrong, None), manifest)


def _orders(one: KeyedList, manifest: Any) -> tuple[list[Any], list[Any]]:
    """The keys of the template's elements that are in the result: in the template's order, and in the result's."""
    found = [each for value in at(manifest, one.path) if isinstance(value, list) for each in value]
    keys = dict.fromkeys(tuple(key_value(each, field) for field in one.by) for each in found)
    return [key for key in one.keys if key in keys], [key for key in keys if key in one.keys]


def _words(keys: Iterable[Any]) -> str:
    return ", ".join("/".join(map(str, key)) for key in keys)


def _associativity(line: Any, ask: Ask, again: Ask) -> _Finding | None:
    if not line["plain"]:
        return None
    both = _merged(ask, _as_template(line["override"], line["template"]), line["second"])
    first = _merged(ask, _merged(ask, line["template"], line["override"]), line["second"])
    joined = _merged(ask, line["template"], {name: each for name, each in both.items() if name not in ("apiVersion", "kind")})
    why = "the two overrides merged first, then laid over the template, give another pod than one after the other"
    return _Finding(_unlike(first, joined, why), joined, first)


def _as_template(override: Any, template: Any) -> Any:
    """An override with the head that every program asks of a template: what it is, and its name."""
    head = {"apiVersion": template["apiVersion"], "kind": template["kind"]}
    return {**head, **override, "metadata": {"name": template["metadata"]["name"], **override.get("metadata", {})}}


def _determinism(line: Any, ask: Ask, again: Ask) -> _Finding:
    one, other = (_merged(each, line["template"], line["override"]) for each in (ask, again))
    if json.dumps(one) == json.dumps(other):
        return _Finding(None, other)
    why = "two processes give different bytes"
    return _Finding(_unlike(one, other, why) or f"{why}: the same pod, in another order", other, one)


def _unlike(wanted: Any, found: Any, why: str) -> str | None:
    """Why the law does not hold, and where; None where they are the same."""
    where = list(islice(differences(pruned(wanted), pruned(found)), 4))
    return None if where == [] else f"{why}: {'; '.join(where[:3])}{'; and more' if len(where) > 3 else ''}"


_LAWS: Mapping[str, _Law] = {
    "identity": _identity,
    "idempotence": _idempotence,
    "inputs": _from_answer("changed", "the call writes into"),
    "aliasing": _from_answer("shared", "the result shares mutable nodes with"),
    "frame": _frame,
    "order": _order,
    "associativity": _associativity,
    "determinism": _determinism,
}
