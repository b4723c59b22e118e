"""The cases: each says what it means, can be passed, can be failed, and can be said by those who are asked."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from benchmarks.semantics.case import CASES, SPELLINGS, Case, read_cases
from benchmarks.semantics.judge import judge
from benchmarks.semantics.manifests import at, key_value, pruned
from benchmarks.semantics.words import source_link
from podcompose import Override, PodComposeError, compose
from podcompose.core.path import Key, parse_path

DRIVERS = CASES.parent / "drivers"
#: file -> how many cases it has at least.
LEAST = {"by-name": 18, "falsy": 18, "lists": 20, "order": 14}


def prefix(case: Case) -> str:
    """The file of a case, by its id."""
    return case.id.partition("/")[0]


ALL = read_cases()
OURS = [case for case in ALL if prefix(case) in LEAST]
JUDGED = [case for case in OURS if case.expect is not None]
#: What COMPOSE does not do, though a user may want it: it, or the case, is to be changed.
OPEN: set[str] = set()
SPELT = [
    pytest.param(case, spelling, marks=[pytest.mark.xfail(strict=True)] if case.id in OPEN else [])
    for case in JUDGED
    for spelling in case.overrides
    if spelling in SPELLINGS and spelling != "typed" and "compose" not in case.overrides
]
MAPPED = [case for case in OURS if "mapping" in case.overrides]
REPORTED = [(case, word) for case in OURS for word in case.reports or ()]


def name(value: object) -> str:
    """How a case is called where pytest prints it."""
    return value.id if isinstance(value, Case) else str(value)


def answer(manifest: Any) -> dict[str, Any]:
    """What a driver says that has this result."""
    return {"status": "ok", "manifest": manifest, "changed": [], "shared": []}


def composed(template: Any, override: Any) -> dict[str, Any]:
    """What the driver of COMPOSE says."""
    try:
        return answer(compose(template, override).manifest)
    except PodComposeError as error:
        return {"status": "refused", "text": str(error)}


def written(case: Case) -> Iterator[Any]:
    """All checks of a case, those of its alternatives too."""
    waiting = [check for checks in (case.expect or [], *(case.reports or {}).values()) for check in checks]
    while waiting != []:
        check = waiting.pop()
        yield check
        waiting.extend(inner for alternative in check.get("any", ()) for inner in alternative)


def made(case: Case, checks: Sequence[Any]) -> Any:
    """The template, changed until it meets the checks."""
    manifest = case.template
    for check in checks:
        if "any" in check:
            check = check["any"][0][0]
        if "path" in check:
            manifest = put(manifest, parse_path(check["path"]), demanded(case, check))
    return manifest


def demanded(case: Case, check: Any) -> Any:
    """What a check wants at its path: a value, or elements of the template's list and the override's, by their keys."""
    if "equals" in check:
        return check["equals"]
    by, path = check.get("by", "name"), parse_path(check["path"])
    given = [*at(case.template, path), *at(case.overrides["mapping"], path)]
    there = [element for elements in given for element in elements]
    wanted = check["keys"] if "keys" in check else check["before"]
    return [next((element for element in there if key_value(element, by) == key), {by: key}) for key in wanted]


def put(value: Any, path: Sequence[Any], wanted: Any) -> Any:
    """A copy with something at a path; an element that is not there comes last."""
    if len(path) == 0:
        return wanted
    if isinstance(path[0], str):
        inside = value if value is not None else {}
        return {**inside, path[0]: put(inside.get(path[0]), path[1:], wanted)}
    assert isinstance(path[0], Key)
    fields = dict(path[0].fields)
    elements = value if value is not None else []
    others = [element for element in elements if not fields.items() <= element.items()]
    element = next((element for element in elements if fields.items() <= element.items()), fields)
    return [*others, put(element, path[1:], wanted)]


@pytest.mark.parametrize(("file", "least"), LEAST.items())
def test_there_are_enough_cases_of_each_group(file: str, least: int) -> None:
    """A group shows what it is about from many sides."""
    assert Counter(map(prefix, ALL))[file] >= least


def test_an_id_begins_with_its_file_and_is_there_once() -> None:
    """A case is found by its id, and its id says where it is written."""
    files = {path.stem: yaml.safe_load(path.read_text())["cases"] for path in CASES.glob("*.yaml")}
    ids = [case.id for case in ALL]

    assert all(case["id"].startswith(f"{file}/") for file, cases in files.items() for case in cases)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", OURS, ids=name)
def test_a_case_says_what_the_user_wants(case: Case) -> None:
    """Title and intent are there, and no two cases of a group have the same; an intent is a sentence."""
    same = [other for other in OURS if other.group == case.group and (other.title == case.title or other.intent == case.intent)]

    assert same == [case]
    assert case.title != ""
    assert case.intent.endswith(".")


@pytest.mark.parametrize("case", OURS, ids=name)
def test_every_path_of_a_case_can_be_read(case: Case) -> None:
    """A path is written as Kubernetes prints it, in an alternative too."""
    paths = [check["path"] for check in written(case) if "path" in check]

    assert all(parse_path(path) != () for path in paths)


@pytest.mark.parametrize("case", OURS, ids=name)
def test_a_source_can_be_followed(case: Case) -> None:
    """Whoever doubts that a user wants this finds the thread."""
    assert [source for source in case.sources if source_link(source) is None] == []


@pytest.mark.parametrize("case", OURS, ids=name)
def test_a_template_is_a_pod_without_a_finding(case: Case) -> None:
    """What a system makes of a template is never the template's fault."""
    assert compose(case.template, {}).manifest == pruned(case.template)


@pytest.mark.parametrize("case", MAPPED, ids=name)
def test_users_of_models_can_say_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a system that takes models is given is one that the client builds: no field is missing that it requires."""
    monkeypatch.syspath_prepend(str(DRIVERS))
    typed = importlib.import_module("typed")
    spelling = case.spelled_for("", ["typed"])

    assert spelling is not None
    assert typed.constructed(case.overrides[spelling], "V1Pod") is not None
    # The client asked for it up to 36.
    assert "containers" in case.overrides[spelling].get("spec", {"containers": []})


@pytest.mark.parametrize("case", [case for case in OURS if "typed" in case.overrides], ids=name)
def test_the_typed_spelling_says_the_same(case: Case) -> None:
    """A model needs a list of containers where the mapping needs none; besides that the two are equal."""
    typed, mapping = case.overrides["typed"], case.overrides["mapping"]

    assert typed == {**mapping, "spec": {**mapping["spec"], "containers": []}}


@pytest.mark.parametrize("case", JUDGED, ids=name)
def test_a_judged_case_can_be_failed(case: Case) -> None:
    """Doing nothing, or giving back the override, is not enough."""
    dummies = [judge(case, answer(manifest)).word for manifest in (case.template, next(iter(case.overrides.values())))]

    assert "fail" in dummies


@pytest.mark.parametrize(("case", "spelling"), SPELT, ids=name)
def test_a_judged_case_can_be_passed(case: Case, spelling: str) -> None:
    """COMPOSE gives what the user wants, in every spelling that it reads; where it does not, it or the case is wrong."""
    given = case.overrides[spelling]
    override = Override.json_patch(given) if spelling == "json-patch" else given

    assert judge(case, composed(case.template, override)) == ("pass", ())


@pytest.mark.parametrize(("case", "word"), REPORTED, ids=name)
def test_a_word_of_a_reported_case_can_be_reached(case: Case, word: str) -> None:
    """There is a result that is called so, and no word before it takes it away."""
    assert case.reports is not None

    assert judge(case, answer(made(case, case.reports[word]))).word == word
