"""The judge: a case and a system's answer in, a verdict out. It knows of no system."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.semantics.case import Case
from benchmarks.semantics.manifests import at, differences, key_value, pruned, same, short, without
from podcompose.core.path import Key, Path, parse_path

__all__ = ["Verdict", "judge", "strip"]


class Verdict(NamedTuple):
    """
    `word`: pass, fail, refused (where it should not be), unclear (rightly refused, but not naming what), n.a., crashed; of a
    reported case the word of what came out. `why` has a sentence for each check that does not hold.
    """

    word: str
    why: tuple[str, ...] = ()


def strip(manifest: Any, adds: Sequence[str], given: Sequence[Any], values: Mapping[str, Any] | None = None) -> Any:
    """
    A result without what the system declares to add by itself, where no input has a value there; of those with a value, this one.

    A place in a list (`.spec.containers[0]`) is a place of the result; the inputs are asked for the element of that name.
    """
    same_as = {parse_path(path): value for path, value in (values or {}).items()}
    paths = (path for path in map(parse_path, adds) if path not in same_as or same(at(manifest, path), [same_as[path]]))
    own = [path for path in paths if at(manifest, path) != [] and all(at(each, _by_name(manifest, path)) == [] for each in given)]
    return without(manifest, own, new=lambda path: False)


def _by_name(manifest: Any, path: Path) -> Path:
    """The path with names where it has places, of elements that have one."""
    named = list(path)
    for end, segment in enumerate(path):
        found = at(manifest, path[: end + 1]) if isinstance(segment, int) else []
        if len(found) == 1 and isinstance(found[0], dict) and "name" in found[0]:
            named[end] = Key((("name", found[0]["name"]),))
    return tuple(named)


def judge(case: Case, answer: Mapping[str, Any]) -> Verdict:
    """The verdict on one answer, whose manifest is already stripped."""
    if answer["status"] in ("n.a.", "crashed"):
        return Verdict(answer["status"], (answer.get("reason") or answer.get("text") or "",))
    if case.reports is not None:
        words = (word for word, checks in case.reports.items() if next(_failures(case, checks, answer), None) is None)
        return Verdict(next(words, "refused" if answer["status"] == "refused" else "other"))
    assert case.expect is not None
    why = tuple(_failures(case, case.expect, answer))
    if why == ():
        return Verdict("pass")
    if answer["status"] != "refused":
        return Verdict("fail", why)
    return Verdict("unclear" if _may_be_refused(case.expect) else "refused", why)


def _may_be_refused(checks: Sequence[Any]) -> bool:
    """Whether to refuse is right, or one of the ways that are."""
    return any("refused" in check or any(map(_may_be_refused, check.get("any", ()))) for check in checks)


def _failures(case: Case, checks: Sequence[Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each check that does not hold."""
    refused = answer["status"] == "refused"
    if refused and not any("refused" in check or "any" in check for check in checks):
        yield f"refused: {answer['text']}"
        return
    for check in checks:
        if "any" in check:
            tried = [list(_failures(case, each, answer)) for each in check["any"]]
            if all(failures != [] for failures in tried):
                yield "; or ".join(failures[0] for failures in tried)
        elif "refused" in check:
            yield from _refusal(check["refused"], answer)
        elif "inputs" in check:
            yield from _inputs(answer)
        elif not refused:
            yield from _result(case, checks, check, pruned(answer["manifest"]))


def _refusal(words: Sequence[Any], answer: Mapping[str, Any]) -> Iterator[str]:
    if answer["status"] != "refused":
        yield "not refused"
        return
    for word in words:
        either = word if isinstance(word, list) else [word]
        if not any(str(each).lower() in answer["text"].lower() for each in either):
            yield f"refused, but without naming {' or '.join(map(str, either))}: {answer['text']}"


def _inputs(answer: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"the {name} was changed" for name in answer.get("changed", ()))
    yield from (f"the result shares nodes with the {name}" for name in answer.get("shared", ()))


def _result(case: Case, checks: Sequence[Any], check: Any, manifest: Any) -> Iterator[str]:
    if "rest" in check:
        yield from _rest(case, checks, manifest)
    elif "result" in check:
        if not same(manifest, pruned(case.template)):
            yield "the result is not the template"
    else:
        found = at(manifest, parse_path(check["path"]))
        form = next(form for form in _FORMS if form in check)
        failure = _FORMS[form](found, check)
        if failure is not None:
            yield f"{check['path']} {failure}"


def _equals(found: list[Any], check: Any) -> str | None:
    wanted = pruned(check["equals"])
    if len(found) == 1 and same(found[0], wanted):
        return None
    if wanted is None and len(found) == 0:
        return None
    return f"is {_said(found)}, not {short(wanted)}"


def _absent(found: list[Any], check: Any) -> str | None:
    return None if len(found) == 0 else f"is there: {_said(found)}"


def _keys(found: list[Any], check: Any) -> str | None:
    wanted, there = check["keys"], _keys_of(found, check)
    if there is None:
        return None if len(wanted) == 0 and len(found) == 0 else f"is {_said(found)}, no list of {short(wanted)}"
    holds = _same_in_any_order if check.get("order") == "any" else same
    return None if holds(wanted, there) else f"has {short(there)}, not {short(wanted)}"


def _same_in_any_order(wanted: list[Any], there: list[Any]) -> bool:
    return len(wanted) == len(there) and all(len(_places(each, wanted)) == len(_places(each, there)) for each in wanted)


def _before(found: list[Any], check: Any) -> str | None:
    there, (first, second) = _keys_of(found, check) or [], check["before"]
    ahead, behind = _places(first, there), _places(second, there)
    if ahead == [] or behind == []:
        return f"has {short(there)}: not both of {first} and {second}"
    return None if ahead[-1] < behind[0] else f"has {short(there)}: {first} is behind {second}"


def _places(key: Any, keys: list[Any]) -> list[int]:
    return [place for place, each in enumerate(keys) if same(each, key)]


_FORMS: Mapping[str, Callable[[list[Any], Any], str | None]] = {
    "equals": _equals,
    "absent": _absent,
    "keys": _keys,
    "before": _before,
}


def _keys_of(found: list[Any], check: Any) -> list[Any] | None:
    if len(found) != 1 or not isinstance(found[0], list):
        return None
    return [key_value(element, check.get("by", "name")) for element in found[0]]


def _rest(case: Case, checks: Sequence[Any], manifest: Any) -> Iterator[str]:
    """All that no other check speaks of is as in the template; a list whose order is spoken of is compared element by element."""
    template = pruned(case.template)
    paths = [parse_path(check["path"]) for check in _with_paths(checks) if not _of_order(check)]
    orders = [(parse_path(check["path"]), check.get("by", "name")) for check in _with_paths(checks) if _of_order(check)]
    left, wanted = (
        without(value, paths, new=lambda path: at(template, path) == [] or at(manifest, path) == [])
        for value in (manifest, template)
    )
    for path, field in orders:
        left, wanted = (_in_order(value, path, field) for value in (left, wanted))
    if not same(left, wanted):
        yield from (f"the rest is changed: {each}" for each in differences(wanted, left))


def _with_paths(checks: Sequence[Any]) -> Iterator[Any]:
    for check in checks:
        if "path" in check:
            yield check
        for alternative in check.get("any", ()):
            yield from _with_paths(alternative)


def _of_order(check: Any) -> bool:
    return "keys" in check or "before" in check


def _in_order(value: Any, path: Path, field: str) -> Any:
    if path == ():
        return _sorted(value, field) if isinstance(value, list) else value
    if isinstance(value, dict) and path[0] in value:
        return {**value, str(path[0]): _in_order(value[str(path[0])], path[1:], field)}
    if isinstance(value, list):
        meant = at(value, path[:1])
        return [_in_order(each, path[1:], field) if any(each is one for one in meant) else each for each in value]
    return value


def _said(found: list[Any]) -> str:
    return "absent" if len(found) == 0 else " and ".join(map(short, found))


def _sorted(elements: list[Any], field: str) -> list[Any]:
    return sorted(elements, key=lambda each: json.dumps(key_value(each, field), sort_keys=True))
