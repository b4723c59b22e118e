"""Whoever makes a mistake in a case or in a system is told the file, which one, and what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.semantics.case import CaseError, read_cases
from benchmarks.semantics.systems import DescriptionError, read_systems

CASE: dict[str, Any] = {
    "id": "g/x",
    "title": "title",
    "intent": "intent",
    "template": {"spec": {}},
    "override": {"mapping": {}},
    "expect": [{"rest": "unchanged"}],
}
SYSTEM: dict[str, Any] = {
    **dict.fromkeys(("name", "project", "docs", "call", "user"), "text"),
    "id": "one",
    "environment": "none",
    "reads": ["mapping"],
    "command": ["python", "one.py"],
}


def refusal(folder: Path, text: str) -> list[str]:
    """What is said of a file of cases."""
    (folder / "file.yaml").write_text(text)
    with pytest.raises(CaseError) as refused:
        read_cases(folder)
    return str(refused.value).splitlines()


def case(**changes: Any) -> Any:
    """The case with some fields changed; None takes one away."""
    return {name: value for name, value in {**CASE, **changes}.items() if value is not None}


CASES = [
    ("no map", 5, "case 1: it is no map"),
    ("no id", case(id=None), "case 1: `id` is missing"),
    ("no intent", case(intent=None), "g/x: `intent` is missing"),
    ("a field that there is not", case(notes="n"), "g/x: `notes` is no field of a case"),
    ("a template of text", case(template="pod"), "g/x: `template` is no map"),
    ("an override without spelling", case(override=["x"]), "g/x: `override` is no map"),
    ("an override with none", case(override={}), "g/x: `override` has no spelling"),
    (
        "a spelling that there is not",
        case(override={"maping": {}}),
        "g/x: `maping` is no spelling, and no system; there are mapping, ",
    ),
    ("neither expected nor reported", case(expect=None), "g/x: it has either `expect` or `reports`"),
    ("nothing expected", case(expect=[]), "g/x: no list of checks: []"),
    ("an expectation that is no list", case(expect={"rest": "unchanged"}), "g/x: `expect` is no list"),
    ("a report of nothing", case(expect=None, reports={"word": None}), "g/x: no list of checks: None"),
    ("reports without words", case(expect=None, reports=[]), "g/x: `reports` is no map"),
    ("sources that are one text", case(sources="airflow#1"), "g/x: `sources` is no list"),
    ("a law that there is not", case(law="of the jungle"), "g/x: `of the jungle` is no law; there are identity, "),
    (
        "null, a key",
        case(override={None: {}, "mapping": {}}),
        "g/x: `override`: None is no text, and names a field: put it in quotes",
    ),
    (
        "a number, a key",
        case(template={"labels": {1: "x"}}),
        "g/x: `template`.labels: 1 is no text, and names a field: put it in quotes",
    ),
    ("what is no JSON", case(template={"a": [float("inf")]}), "g/x: `template`.a[0]: inf is no JSON: put it in quotes"),
    ("no check", case(expect=[{"path": ".a"}]), "g/x: no check looks like {'path': '.a'}"),
    ("a text for a check", case(expect=["pass"]), "g/x: no check looks like pass"),
    (
        "a check with too much",
        case(expect=[{"by": "name", "refused": []}]),
        "g/x: no check looks like {'by': 'name', 'refused': []}",
    ),
    ("a word too few", case(expect=[{"rest": "same"}]), "g/x: `rest` can only be unchanged"),
    ("an order", case(expect=[{"path": ".a", "keys": [], "order": "some"}]), "g/x: `order` can only be any"),
    ("a path", case(expect=[{"path": ".a[", "equals": 1}]), "g/x: "),
    ("a path that is a number", case(expect=[{"path": 5, "equals": 1}]), "g/x: `path` is a text, not 5"),
    ("keys that are none", case(expect=[{"path": ".a", "keys": "b"}]), "g/x: `keys` is a list, not b"),
    ("one before nothing", case(expect=[{"path": ".a", "before": ["b"]}]), "g/x: `before` is a list of two, not ['b']"),
    ("one word of a refusal", case(expect=[{"refused": "x"}]), "g/x: `refused` is a list, not x"),
    (
        "one alternative",
        case(expect=[{"any": [{"rest": "unchanged"}]}]),
        "g/x: `any` is a list of lists, not [{'rest': 'unchanged'}]",
    ),
    ("a mistake in an alternative", case(expect=[{"any": [[{"refused": 1}]]}]), "g/x: `refused` is a list, not 1"),
]


@pytest.mark.parametrize(("entry", "said"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_a_mistake_in_a_case(entry: Any, said: str, tmp_path: Path) -> None:
    """It is named with its file and its case, and it is the only thing that is said."""
    (line,) = refusal(tmp_path, yaml.safe_dump({"group": "g", "cases": [entry]}))

    assert line.startswith(f"file.yaml: {said}"), line


def test_a_date_is_no_json(tmp_path: Path) -> None:
    """As YAML makes one of a text without quotes."""
    (line,) = refusal(tmp_path, yaml.safe_dump({"group": "g", "cases": [case()]}).replace("spec: {}", "day: 2026-01-01"))

    assert "`template`.day: datetime.date(2026, 1, 1) is no JSON: put it in quotes" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no map with `group` and `cases`"),
        ("cases: []", "`group` is missing"),
        ("group: g", "`cases` is missing"),
        ("group: g\ncases: {}", "`cases` is no list"),
        ("group: g\ncases: []\ncase: []", "`case` is no field of a file of cases"),
        ("group: [", "while parsing"),
    ],
)
def test_a_mistake_in_a_file_of_cases(text: str, said: str, tmp_path: Path) -> None:
    """The file is named."""
    assert refusal(tmp_path, text)[0].startswith(f"file.yaml: {said}")


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """Also that two cases have one id."""
    entries = [case(), case(), case(id="g/y", title=None), case(id="g/z", expect=[{"rest": "x"}])]
    said = refusal(tmp_path, yaml.safe_dump({"group": "g", "cases": entries}))

    assert said == [
        "file.yaml: g/y: `title` is missing",
        "file.yaml: g/z: `rest` can only be unchanged",
        "g/x: two cases have this id",
    ]


def test_a_case_may_be_spelled_for_a_system(tmp_path: Path) -> None:
    """By its id."""
    (tmp_path / "file.yaml").write_text(yaml.safe_dump({"group": "g", "cases": [case(override={"dagster-deep": {}})]}))

    assert read_cases(tmp_path)[0].overrides == {"dagster-deep": {}}


SYSTEMS = [
    ("a field that there is not", {"command_line": "x"}, "`command_line` is no field of a system"),
    ("a field that is missing", {"docs": None}, "`docs` is missing"),
    ("a spelling that there is not", {"reads": ["maping"]}, "`reads`: 'maping' is no spelling; there are mapping, "),
    ("null without quotes", {"reads": [False]}, "`reads`: False is no spelling"),
    ("a command of one text", {"command": "python x.py"}, "`command` is no list"),
    ("no command", {"command": []}, "`command` is a list of texts"),
    ("a kind that there is not", {"kind": "sort"}, "`kind` is one of ours, system, reference, dummy, not sort"),
    ("quick as a text", {"quick": "yes"}, "`quick` is no yes or no"),
    ("another id", {"id": "two"}, "its id is two, and the file is called one"),
    ("something added without why", {"adds": [{"path": ".a"}]}, "`adds`: each has a path and a why, not {'path': '.a'}"),
    ("something added nowhere", {"adds": [{"path": "a[", "why": "w"}]}, "`adds`: "),
    (
        "something added, mistyped",
        {"adds": [{"path": ".a", "why": "w", "valeu": 1}]},
        "`adds`: `valeu` is no field of a thing that is added",
    ),
]


@pytest.mark.parametrize(("changes", "said"), [row[1:] for row in SYSTEMS], ids=[row[0] for row in SYSTEMS])
def test_a_mistake_in_a_system(changes: Any, said: str, tmp_path: Path) -> None:
    """It is named with its file, and it is the only thing that is said."""
    entry = {name: value for name, value in {**SYSTEM, **changes}.items() if value is not None}
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(entry))
    with pytest.raises(DescriptionError) as refused:
        read_systems(tmp_path)

    assert str(refused.value).startswith(f"one.yaml: {said}")
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(("text", "said"), [("", "it is no map"), ("id: [", "while parsing")])
def test_a_system_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    """The file is named."""
    (tmp_path / "one.yaml").write_text(text)
    with pytest.raises(DescriptionError, match=rf"one\.yaml: {said}"):
        read_systems(tmp_path)
