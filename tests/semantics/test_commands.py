"""The commands, as they are typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.semantics.__main__ import main
from benchmarks.semantics.case import read_cases
from benchmarks.semantics.systems import read_systems


def typed(*words: str) -> Result:
    """What comes of a command."""
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--case", "nope/*"), "no case is called nope/*; there is by-name/*, delete/*"),
        (("run", "--case", "falsy/*", "--case", "nope"), "no case is called nope; "),
        (("run", "--system", "dagster-dep"), "no system is called dagster-dep; there is dagster-deep"),
        (("show", "dagster-*", "falsy/host-network"), "no system is called dagster-*; there is dagster-deep, dagster-shallow"),
        (("show", "compose", "falsy/host-netwrk"), "no case is called falsy/host-netwrk; there is falsy/host-network"),
    ],
)
def test_what_there_is_not(words: tuple[str, ...], said: str) -> None:
    """A pattern that nothing fits is a mistake, and what comes next to it is told."""
    result = typed(*words)

    assert (result.exit_code, said in result.output) == (2, True), result.output


@pytest.mark.parametrize("words", [("check",), ("page",)])
def test_without_results(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said how to get them."""
    monkeypatch.setattr("benchmarks.semantics.results.RESULTS", tmp_path / "results.json")
    result = typed(*words)

    assert (result.exit_code, result.output) == (1, "Error: there are no results yet: make semantics\n")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_results_that_are_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is broken is named."""
    monkeypatch.setattr("benchmarks.semantics.results.RESULTS", tmp_path / "results.json")
    (tmp_path / "results.json").write_text(text)
    result = typed("page")

    assert result.exit_code == 1
    assert result.output.startswith("Error: results.json is not what is written there")


def test_a_mistake_in_a_case_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run, and the mistake is told."""
    monkeypatch.setattr("benchmarks.semantics.case.read_cases.__defaults__", (tmp_path,))
    (tmp_path / "file.yaml").write_text("group: g\ncases: [{id: g/x}]")
    result = typed("run", "--system", "compose")

    assert result.exit_code == 1
    assert result.output.startswith("Error: mistakes in cases:\nfile.yaml: g/x: `title` is missing")


@pytest.mark.parametrize(("system", "code"), [("ssa", 0), ("compose", 1)])
def test_what_is_not_here_is_not_compared(system: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Go can be checked; ours are always here, or broken."""
    one = next(each for each in read_systems() if each.id == system)
    broken = replace(one, command=("python", "-c", "raise SystemExit('no Go here')"))
    case = read_cases()[0]
    cells = {case.id: {system: {"verdict": "pass", "why": []}}}
    monkeypatch.setattr("benchmarks.semantics.__main__.read_systems", lambda: [broken])
    monkeypatch.setattr("benchmarks.semantics.__main__.read_cases", lambda: [case])
    monkeypatch.setattr("benchmarks.semantics.results.read", lambda: {"systems": [{"id": system}], "cells": cells})
    result = typed("check")

    assert (result.exit_code, "no Go here" in result.output) == (code, True), result.output
    assert ("is not here, and not compared" in result.output) == (code == 0)
