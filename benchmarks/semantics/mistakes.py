"""What a case has to look like, and a system; whoever makes a mistake in one is told which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from podcompose import PathError
from podcompose.core.path import parse_path

__all__ = ["KINDS", "LAWS", "SPELLINGS", "mistakes_of", "mistakes_of_file", "mistakes_of_system"]

SPELLINGS = ("mapping", "typed", "null", "$patch", "json-patch")
LAWS = ("identity", "idempotence", "inputs", "aliasing", "frame", "order", "associativity", "determinism")
KINDS = ("ours", "system", "reference", "dummy")
_FILE: Mapping[str, str] = {"group": "text", "cases": "list", "notes": ""}
_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("id", "title", "intent", "law", "note"), "text"),
    **dict.fromkeys(("template", "override", "reports"), "map"),
    **dict.fromkeys(("expect", "sources"), "list"),
}
_SYSTEM_NEEDS: Mapping[str, str] = {
    **dict.fromkeys(("id", "name", "project", "docs", "call", "user", "environment"), "text"),
    **dict.fromkeys(("reads", "command"), "list"),
}
_SYSTEM: Mapping[str, str] = {**_SYSTEM_NEEDS, "adds": "list", "kind": "text", "quick": "yes or no"}
_ADDED: Mapping[str, str] = {"path": "text", "why": "text", "value": ""}
_NEEDED, _NEEDED_TOO = ("id", "title", "intent"), ("template", "override")
#: The fields that make a form of check, and those that it may have besides.
_FORMS: tuple[tuple[set[str], set[str]], ...] = (
    ({"path", "equals"}, set()),
    ({"path", "absent"}, set()),
    ({"path", "keys"}, {"by", "order"}),
    ({"path", "before"}, {"by"}),
    ({"rest"}, set()),
    ({"result"}, set()),
    ({"refused"}, set()),
    ({"inputs"}, set()),
    ({"any"}, set()),
)
_WORDS = {"rest": "unchanged", "result": "template", "inputs": "unchanged", "absent": True, "order": "any"}
_SHAPES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "path": ("a text", lambda value: isinstance(value, str)),
    "by": ("a text", lambda value: isinstance(value, str)),
    "keys": ("a list", lambda value: isinstance(value, list)),
    "before": ("a list of two", lambda value: isinstance(value, list) and len(value) == 2),
    "refused": ("a list", lambda value: isinstance(value, list)),
    "any": ("a list of lists", lambda value: isinstance(value, list) and all(isinstance(each, list) for each in value)),
}
_TYPES: Mapping[str, type] = {"text": str, "list": list, "map": dict, "yes or no": bool, "": object}


def mistakes_of_file(document: Any) -> Iterator[str]:
    """What is wrong with a file of cases, but for the cases themselves."""
    if not isinstance(document, dict):
        yield "no map with `group` and `cases`"
        return
    yield from _of_fields(document, _FILE, "file of cases")
    yield from (f"`{name}` is missing" for name in ("group", "cases") if name not in document)


def mistakes_of(entry: Any, systems: Collection[str]) -> Iterator[str]:
    """What is wrong with a case; an override is spelled for everybody, or for one of these systems."""
    if not isinstance(entry, dict):
        yield "it is no map"
        return
    wrong = [*_of_fields(entry, _FIELDS, "case")]
    wrong += [f"`{name}` is missing" for name in (*_NEEDED, *(_NEEDED_TOO if "law" not in entry else ())) if name not in entry]
    yield from wrong
    if wrong == []:
        yield from _of_law(entry) if "law" in entry else _of_wish(entry, systems)


def mistakes_of_system(entry: Any, file: str) -> Iterator[str]:
    """What is wrong with the description of a system, in a file of this name."""
    if not isinstance(entry, dict):
        yield "it is no map"
        return
    wrong = [*_of_fields(entry, _SYSTEM, "system"), *(f"`{name}` is missing" for name in _SYSTEM_NEEDS if name not in entry)]
    yield from wrong
    if wrong != []:
        return
    if entry["id"] != file:
        yield f"its id is {entry['id']}, and the file is called {file}"
    if entry.get("kind", "system") not in KINDS:
        yield f"`kind` is one of {', '.join(KINDS)}, not {entry['kind']}"
    yield from (
        f"`reads`: {each!r} is no spelling; there are {', '.join(SPELLINGS)}" for each in entry["reads"] if each not in SPELLINGS
    )
    if entry["command"] == [] or not all(isinstance(each, str) for each in entry["command"]):
        yield "`command` is a list of texts: a program, and what it is given"
    for added in entry.get("adds", ()):
        yield from (f"`adds`: {mistake}" for mistake in _of_added(added))


def _of_added(added: Any) -> Iterator[str]:
    if not isinstance(added, dict) or not {"path", "why"} <= added.keys():
        yield f"each has a path and a why, not {added}"
        return
    wrong = [*_of_fields(added, _ADDED, "thing that is added")]
    yield from wrong if wrong != [] else _of_path(added["path"])


def _of_path(path: str) -> Iterator[str]:
    try:
        parse_path(path)
    except PathError as error:
        yield str(error)


def _of_fields(given: Mapping[Any, Any], known: Mapping[str, str], what: str) -> Iterator[str]:
    for name, value in given.items():
        if name not in known:
            yield f"`{name}` is no field of a {what}"
        elif not isinstance(value, _TYPES[known[name]]):
            yield f"`{name}` is no {known[name]}"


def _of_law(entry: Any) -> Iterator[str]:
    if entry["law"] not in LAWS:
        yield f"`{entry['law']}` is no law; there are {', '.join(LAWS)}"


def _of_wish(entry: Any, systems: Collection[str]) -> Iterator[str]:
    for name in ("template", "override", "expect", "reports"):
        yield from (f"`{name}`{each}" for each in _of_json(entry.get(name)))
    if entry["override"] == {}:
        yield "`override` has no spelling"
    for name in entry["override"]:
        if isinstance(name, str) and name not in SPELLINGS and name not in systems:
            yield f"`{name}` is no spelling, and no system; there are {', '.join(SPELLINGS)}"
    if ("expect" in entry) == ("reports" in entry):
        yield "it has either `expect` or `reports`"
    for checks in (entry.get("expect", [{"rest": "unchanged"}]), *entry.get("reports", {}).values()):
        yield from _of_checks(checks)


def _of_json(value: Any, path: str = "") -> Iterator[str]:
    """YAML knows more than JSON does."""
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(name, str):
                yield from _of_json(each, f"{path}.{name}")
            else:
                yield f"{path}: {name!r} is no text, and names a field: put it in quotes"
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _of_json(each, f"{path}[{place}]")
    elif not isinstance(value, (str, int, float, bool, type(None))) or value in (float("inf"), float("-inf")) or value != value:
        yield f"{path}: {value!r} is no JSON: put it in quotes"


def _of_checks(checks: Any) -> Iterator[str]:
    if not isinstance(checks, list) or checks == []:
        yield f"no list of checks: {checks}"
        return
    for check in checks:
        if isinstance(check, dict) and any(form <= check.keys() <= form | more for form, more in _FORMS):
            yield from _of_check(check)
        else:
            yield f"no check looks like {check}"


def _of_check(check: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"`{name}` can only be {word}" for name, word in _WORDS.items() if name in check and check[name] != word)
    wrong = [
        f"`{name}` is {shape}, not {check[name]}"
        for name, (shape, fits) in _SHAPES.items()
        if name in check and not fits(check[name])
    ]
    yield from wrong
    if wrong != []:
        return
    if "path" in check:
        yield from _of_path(check["path"])
    for alternative in check.get("any", ()):
        yield from _of_checks(alternative)
