"""
The text of an airflow.cfg as ConfigParser takes it apart, with the lines of every option.

ConfigParser itself forgets where things stood, stops at the first thing that is wrong, and quotes the line, password and all:
this is its grammar again, as Airflow had it (names keep their case, `=` or `:`, no comments behind values, strict), held to it
by a test.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from podcompose.errors import Finding

__all__ = ["Entry", "Scan", "lines_of", "scan"]

_HEADER = re.compile(r"\[(?P<name>[^]]+)\]")
_OPTION = re.compile(r"(?P<name>.*?)\s*(?:(?P<delimiter>[=:])\s*(?P<value>.*))$")


class Entry(NamedTuple):
    """An option as it was written; `last` is the last of its lines."""

    section: str
    name: str
    raw: str
    line: int
    last: int

    def __repr__(self) -> str:
        """Where it stands; its value may be a secret."""
        return f"Entry([{self.section}] {self.name}, line {self.line})"


class Scan(NamedTuple):
    """A text taken apart: entries and sections in its order, and all that is wrong."""

    entries: tuple[Entry, ...]
    sections: tuple[tuple[str, int], ...]
    found: tuple[Finding, ...]


@dataclass(slots=True)
class _Option:
    section: str
    name: str
    values: list[str]
    line: int
    last: int


@dataclass(slots=True)
class _State:
    section: str | None = None
    option: _Option | None = None
    indent: int = 0
    options: dict[tuple[str, str], _Option] = field(default_factory=dict)
    sections: dict[str, int] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)


def lines_of(text: str) -> list[str]:
    """
    The lines of a text as a text file has them.

    >>> lines_of("a\\r\\nb\\n")
    ['a', 'b', '']
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def scan(text: str) -> Scan:
    """
    Take a cfg apart.

    Raises: nothing for any text.
    Source: configparser.RawConfigParser._read.

    >>> scan("[core]\\ndags_folder = /dags\\n").entries
    (Entry([core] dags_folder, line 2),)
    """
    state = _State()
    for number, line in enumerate(lines_of(text), 1):
        written = line.strip()
        if written.startswith(("#", ";")):
            continue
        if written == "":
            if state.option is not None:
                state.option.values.append("")
            continue
        _take(state, number, written, len(line) - len(line.lstrip()))
    entries = (Entry(one.section, one.name, "\n".join(one.values).rstrip(), one.line, one.last) for one in state.options.values())
    return Scan(tuple(entries), tuple(state.sections.items()), tuple(state.found))


def _take(state: _State, number: int, written: str, indent: int) -> None:
    if state.option is not None and indent > state.indent:
        state.option.values.append(written)
        state.option.last = number
        return
    state.indent = indent
    header = _HEADER.match(written)
    if header is not None:
        _enter(state, number, header["name"])
    elif state.section is None:
        state.found.append(_wrong(number, "this line stands before the first [section]"))
    else:
        _add(state, number, written, state.section)


def _enter(state: _State, number: int, name: str) -> None:
    if name in state.sections and name != "DEFAULT":
        state.found.append(_repeated(number, f"the section [{name}] is there twice; the first is in line {state.sections[name]}"))
    state.sections.setdefault(name, number)
    state.section, state.option = name, None


def _add(state: _State, number: int, written: str, section: str) -> None:
    match = _OPTION.match(written)
    if match is None or match["name"] == "":
        state.found.append(
            _wrong(number, f"this line of [{section}] is no `option = value`", "indent it if it continues the line above")
        )
        return
    name = match["name"].rstrip()
    option = _Option(section, name, [match["value"].strip()], number, number)
    first = state.options.setdefault((section, name), option)
    if first is not option:
        state.found.append(_repeated(number, f"`{name}` is there twice in [{section}]; the first is in line {first.line}"))
    state.option = option


def _wrong(line: int, message: str, suggestion: str | None = None) -> Finding:
    return Finding("bad-cfg", ".", message, suggestion, line=line)


def _repeated(line: int, message: str) -> Finding:
    return Finding("repeated-key", ".", message, "take one out: Airflow does not start with both", line=line)
