"""An airflow.cfg read as ConfigParser read it for Airflow 1.10: held to ConfigParser itself."""

from __future__ import annotations

import configparser
import os
from itertools import pairwise
from unittest import mock

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from podcompose.airflow.migration.expanding import Unexpandable, expand, interpolate
from podcompose.airflow.migration.scanning import scan

#: Lines of every kind, and pieces that make odd ones.
LINES = st.sampled_from(
    [
        "[core]",
        "[kubernetes]",
        "  [indented]",
        "[DEFAULT]",
        "[a] behind",
        "a = 1",
        "a=2",
        "A: 3",
        "b : x = y",
        "  continued",
        "\tcontinued = too",
        " c = 4",
        "d",
        "= e",
        "f =",
        "g",
        "# comment = 1",
        "  ; comment",
        "",
        "   ",
        "h = # no comment",
        "i = %(a)s",
        "[broken",
        "é = ü",
    ]
)
TEXTS = st.lists(LINES | st.text(" \t[]=:#;%()ab", max_size=8), max_size=12).map("\n".join)


def stock() -> configparser.RawConfigParser:
    """ConfigParser as Airflow had it."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the way its documentation does it
    return parser


@given(TEXTS)
@example("[a]\nb = 1\n\n  2\n # no\n\n3 = 4")
@example("[a]\n  b = 1\n  c = 2\nd = 3\n  e")
def test_a_cfg_is_taken_apart_as_by_configparser(text: str) -> None:
    """The same sections, options and values; and what it refuses has findings here."""
    # Python's own has changed since Airflow's: the name of a section now ends at the last bracket, and ended at the first.
    assume(not any(line.strip().startswith("[") and line.count("]") > 1 for line in text.split("\n")))
    mine, parser = scan(text), stock()
    try:
        parser.read_string(text)
    except configparser.Error:
        assert mine.found != ()
        return
    values = {(name, option): value for name, section in parser._sections.items() for option, value in section.items()}  # type: ignore[attr-defined]
    defaults = {("DEFAULT", option): value for option, value in parser.defaults().items()}

    assert mine.found == ()
    assert {(one.section, one.name): one.raw for one in mine.entries} == values | defaults
    assert {name for name, _ in mine.sections} - {"DEFAULT"} == set(parser.sections())


@given(st.dictionaries(st.sampled_from("abcd"), st.text("ab%()s$d", max_size=9), min_size=1))
@example({"a": "%(b)s", "b": "%(a)s"})
@example({"a": "%(b)s%%", "b": "%%(c)s"})
@example({**{letter: f"%({further})s" for letter, further in pairwise("abcdefghijklmn")}, "n": "end"})
def test_values_are_interpolated_as_by_configparser(options: dict[str, str]) -> None:
    """The same text, or no text where ConfigParser raises."""
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # as above
    parser.read_dict({"x": {name: value.replace("%", "%%") for name, value in options.items()}})
    section = parser._sections["x"]  # type: ignore[attr-defined]
    section.update(options)
    for name, value in options.items():
        mine = interpolate(value, options)
        try:
            expected = parser.get("x", name)
        except configparser.Error:
            assert isinstance(mine, Unexpandable)
        else:
            assert mine == expected


@given(
    st.text("$~{}/_abAB1 ", max_size=12), st.dictionaries(st.sampled_from(["a", "A", "ab", "HOME"]), st.text("/x$b", max_size=4))
)
def test_variables_are_expanded_as_by_the_shell_s_rules(text: str, environ: dict[str, str]) -> None:
    """The same as os.path.expandvars and expanduser, over and over; where those never end, a finding."""
    mine = expand(text, environ)
    with mock.patch.dict(os.environ, {"HOME": "~", **environ}, clear=True):
        expected = text
        for _ in range(20):
            further = os.path.expandvars(expected)
            further = os.path.expanduser(further) if further == "~" or further.startswith("~/") else further
            if further == expected or len(further) > 200_000:
                break
            expected = further
        else:
            further = ""
    if further == expected:
        assert mine == expected


def test_a_billion_laughs_are_cut_short() -> None:
    """Options that name each other, or variables that do, end in a finding and not in the memory's end."""
    laughs = {str(number): f"%({number + 1})s" * 100 for number in range(9)} | {"9": "ha"}

    assert isinstance(interpolate("%(0)s", laughs), Unexpandable)
    assert isinstance(expand("$A", {"A": "$A$A"}), Unexpandable)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = 1", ("bad-cfg", 1, "before the first [section]")),
        ("[x]\nhunter2", ("bad-cfg", 2, "no `option = value`")),
        ("[x]\n[y]\n[x]", ("repeated-key", 3, "the first is in line 1")),
        ("[x]\na = hunter2\na = 2", ("repeated-key", 3, "the first is in line 2")),
    ],
)
def test_what_configparser_refuses_is_said_without_the_line_s_text(text: str, found: tuple[str, int, str]) -> None:
    """A code, a line and a reason; what stands in the line may be a password."""
    [finding] = scan(text).found

    assert (finding.code, finding.line, found[2] in finding.message, "hunter2" in finding.message) == (*found[:2], True, False)


def test_the_name_of_a_section_ends_at_the_first_bracket() -> None:
    """As in the ConfigParser that Airflow 1.10 brought along."""
    assert scan("[a]b]\nc = 1\n").sections == (("a", 1),)


def test_an_option_has_all_its_lines() -> None:
    """From its name to the last line that continues it; comments between count, empty lines behind do not."""
    [entry] = scan("[x]\na = 1\n  2\n# c\n  3\n\n# d\n").entries

    assert (entry.line, entry.last, entry.raw) == (2, 5, "1\n2\n3")


def test_line_ends_of_other_systems_are_line_ends() -> None:
    """A cfg saved elsewhere reads the same."""
    assert scan("[x]\r\na = 1\r\n").entries == scan("[x]\na = 1\n").entries == scan("\ufeff[x]\ra = 1\r").entries
