"""Sums count what is there, and set side by side only what may be compared."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.semantics.markdown import markdown
from benchmarks.semantics.sums import differing, equally_judged, pairs, reported, sums, word_of
from benchmarks.semantics.words import VERDICTS, expectation, mark, number, source_link
from tests.semantics.made_up import HOSTILE, results


def made(words: dict[str, dict[str, str]], *, unjudged: tuple[str, ...] = (), missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """Results of which only the words matter: case -> system -> word."""
    names = list(dict.fromkeys(name for cells in words.values() for name in cells))
    kinds = {"compose": "ours", "dummy": "dummy"}
    return {
        "groups": ["a", "b"],
        "systems": [
            {"id": name, "kind": kinds.get(name, "system"), "problem": "gone" if name in missing else None} for name in names
        ],
        "cases": [
            {"id": case, "group": case[0], "judged": case not in unjudged, "reports": {"one": [], "two": []}} for case in words
        ],
        "cells": {case: {name: {"verdict": word} for name, word in cells.items()} for case, cells in words.items()},
    }


WORDS = {
    "a/1": {"compose": "pass", "other": "fail", "dummy": "fail"},
    "a/2": {"compose": "pass", "other": "n.a.", "dummy": "pass"},
    "b/1": {"compose": "unclear", "other": "pass", "dummy": "crashed"},
    "b/2": {"compose": "pass", "other": "refused", "dummy": "fail"},
    "b/3": {"compose": "two", "other": "one", "dummy": "other"},
}


def test_sums_count_every_word_of_the_judged_cases() -> None:
    """Reported cases are in no sum; each word is counted, in all and by group."""
    ours, other, dummy = sums(made(WORDS, unjudged=("b/3",)))

    assert (ours.judged, ours.passed, ours.words["unclear"]) == (4, 3, 1)
    assert (ours.groups["a"]["pass"], ours.groups["a"]["unclear"]) == (2, 0)
    assert (other.judged, *(other.words[word] for word in ("pass", "fail", "refused", "n.a."))) == (3, 1, 1, 1, 1)
    assert (dummy.judged, dummy.words["crashed"]) == (3, 1)


def test_nobody_is_judged_on_what_he_was_not_asked() -> None:
    """n.a., a crash and a system that is not installed count as not judged."""
    (one,) = sums(made({"a/1": {"one": "n.a."}, "a/2": {"one": "crashed"}, "a/3": {"one": "pass"}}))
    (gone,) = sums(made({"a/1": {"gone": "n.a."}}, missing=("gone",)))

    assert one.judged == 1
    assert (gone.judged, gone.words["not run"]) == (0, 1)


def test_missing_cells_are_not_run() -> None:
    """Results of a part of the systems are results."""
    given = made(WORDS)
    del given["cells"]["a/1"]["other"]

    assert word_of(given, "a/1", "other") == "not run"
    assert word_of(given, "a/9", "other") == "not run"


def test_equally_judged_stand_together() -> None:
    """Systems are grouped by how many cases they are judged on, most first, and most passes first among them."""
    groups = equally_judged(sums(made(WORDS, unjudged=("b/3",))))

    assert [[one.system for one in group] for group in groups] == [["compose"], ["other", "dummy"]]


def test_pairs_are_of_the_same_cases() -> None:
    """Each system stands beside COMPOSE on just the cases that both are judged on."""
    other, dummy = pairs(made(WORDS, unjudged=("b/3",)))

    assert (other.system, other.both, other.passed, other.other_passed) == ("other", 3, 1, 2)
    assert (dummy.system, dummy.both, dummy.passed, dummy.other_passed) == ("dummy", 3, 1, 3)


def test_reported_words_name_who_gives_them() -> None:
    """A reported case lists its own words first, as it has them, and whoever gives them."""
    assert reported(made(WORDS, unjudged=("b/3",))) == {"b/3": {"one": ["other"], "two": ["compose"], "other": ["dummy"]}}


@pytest.mark.parametrize(("case", "differs"), [("a/1", True), ("a/2", False), ("b/2", True)])
def test_systems_differ_where_two_words_are_given(case: str, differs: bool) -> None:
    """Dummies make no difference, nor does who cannot say it."""
    assert differs == differing(made(WORDS), case)


def test_server_answers_are_apart_from_verdicts() -> None:
    """What the API server refuses is counted by itself, of what was offered."""
    given = made({"a/1": {"one": "pass"}, "a/2": {"one": "pass"}, "a/3": {"one": "refused"}})
    for case, status in (("a/1", "accepted"), ("a/2", "refused"), ("a/3", "not offered")):
        given["cells"][case]["one"]["server"] = {"status": status, "text": ""}
    (one,) = sums(given)

    assert (one.passed, one.offered, one.rejected) == (2, 2, 1)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"path": ".spec.a", "equals": False}, ".spec.a is false"),
        ({"path": ".spec.a", "absent": True}, ".spec.a is absent"),
        ({"path": ".spec.a", "keys": ["x", "y"], "order": "any"}, ".spec.a has just x, y, in any order"),
        ({"path": ".spec.a", "keys": [80], "by": "containerPort"}, ".spec.a has just 80 (by containerPort), in this order"),
        ({"path": ".spec.a", "keys": []}, ".spec.a is empty"),
        ({"path": ".spec.a", "before": ["x", "y"]}, "in .spec.a, x is before y"),
        ({"rest": "unchanged"}, "all else is as in the template"),
        ({"result": "template"}, "the result is the template"),
        ({"refused": []}, "it is refused"),
        ({"refused": ["a", ["b", "c"]]}, "it is refused, and the error names a, and b or c"),
        ({"any": [[{"refused": []}], [{"result": "template"}, {"rest": "unchanged"}]]},
         "either it is refused; or the result is the template, and all else is as in the template"),
    ],
)  # fmt: skip
def test_expectations_are_said_in_words(check: Any, said: str) -> None:
    """Every form of a check has its sentence."""
    assert said == expectation(check)


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("airflow#42040", "https://github.com/apache/airflow/issues/42040"),
        ("owner/some.repo#7", "https://github.com/owner/some.repo/issues/7"),
        ("gitlab-runner#8", "https://gitlab.com/gitlab-org/gitlab-runner/-/issues/8"),
        ("https://example.org/a", "https://example.org/a"),
        ("unheard-of#1", None),
        ("javascript:alert(1)#1", None),
        ('https://example.org/"onmouseover=', None),
        ("hearsay", None),
    ],
)
def test_sources_lead_where_they_are_known(source: str, link: str | None) -> None:
    """A thread of a known project, or an address, is a link; all else is text."""
    assert link == source_link(source)


def test_every_mark_is_its_own() -> None:
    """No two verdicts have one sign, and a word of a reported case is told from its fellows."""
    words = ["replaced", "reversed", "refused", "other"]

    assert len(VERDICTS) == len({mark(word).sign for word in VERDICTS})
    assert [mark(word, words).sign for word in words] == ["rep", "rev", "⊘", "…"]


@pytest.mark.parametrize(("value", "text"), [(0.00123, "0.00123"), (1, "1"), (99.96, "100"), (1234.5, "1,230"), (None, "")])
def test_numbers_have_three_figures(value: float | None, text: str) -> None:
    """No number pretends to be more exact than it was measured."""
    assert text == number(value)


def test_document_is_the_same_for_the_same_results() -> None:
    """The document depends on the results alone, and has a row for every case and system."""
    given = results(cases=24)
    text = markdown(given)

    assert text == markdown(results(cases=24))
    assert all(f"`{case['id']}`" in text for case in given["cases"])
    assert all(f"`{system['id']}`" in text for system in given["systems"])


def test_document_takes_text_for_text() -> None:
    """Neither a bar nor a tag in a name makes anything but text."""
    given = results(cases=3, systems=3)
    given["systems"][1]["name"] = f"a | b {HOSTILE}"
    given["cases"][0]["title"] = HOSTILE
    text = markdown(given)

    assert "<" not in text
    assert r"a \| b" in text


def test_document_does_without_times_and_server() -> None:
    """Results of a machine without a server, or without times, make a document too."""
    given = results(cases=3, systems=3)
    given["times"], given["made"]["server"] = None, None

    assert "Times were not measured" in markdown(given)
