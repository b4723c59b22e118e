"""What is shown: lines with styles, and how they become text for a terminal or for a pipe. Nothing is ever cut off."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import NamedTuple, TextIO

from podcompose.blame import Blame, by
from podcompose.core.diff import Change
from podcompose.core.json import Json
from podcompose.core.provenance import Explanation, Step
from podcompose.history import StageChanges

__all__ = ["Line", "Look", "blame", "changes", "history", "look", "plain", "printed"]

_GAP = "  # "
#: Beyond this column comments do not line up: one long value must not push them all away.
_FARTHEST = 72
_OVERRIDES = ("green", "cyan", "yellow", "blue")
_MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "moved": (">", "cyan")}

Part = tuple[str, str]
#: One line: pieces of text, each with its style.
Line = tuple[Part, ...]


class Look(NamedTuple):
    """How a stream wants its text: with colour or without, and how wide; None for a pipe, which has no width."""

    colour: bool
    width: int | None


def look(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Look:
    """
    How to write to a stream: NO_COLOR, then FORCE_COLOR, then what it is.

    >>> look(StringIO(), {"FORCE_COLOR": "1"})
    Look(colour=True, width=None)
    """
    terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    if environ.get("NO_COLOR", "") != "":
        return Look(False, width)
    if environ.get("FORCE_COLOR", "") != "":
        return Look(environ["FORCE_COLOR"] != "0", width)
    return Look(terminal and environ.get("TERM") != "dumb", width)


def printed(lines: Iterable[Line], colour: bool) -> str:
    """
    Lines as one text; without colour, without any control sequence.

    >>> printed([(("spec:", "bold"), (" {}", ""))], colour=False)
    'spec: {}\\n'
    """
    if not colour:
        return "".join("".join(plain(text) for text, _ in line) + "\n" for line in lines)
    from rich.console import Console
    from rich.text import Text

    console = Console(file=StringIO(), force_terminal=True, color_system="standard", no_color=False, legacy_windows=False)
    for line in lines:
        styled = Text.assemble(*((plain(text), style) for text, style in line), end="\n")
        console.print(styled, soft_wrap=True, highlight=False)
    return str(console.file.getvalue()) if isinstance(console.file, StringIO) else ""


def plain(text: str) -> str:
    """
    Text that cannot do anything to a terminal: what is not printable is written as in JSON.

    >>> plain("a\\x1b[2Jb\\n")
    'a\\\\u001b[2Jb\\\\n'
    """
    return text if text.isprintable() else "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def blame(view: Blame, width: int | None) -> Iterator[Line]:
    """The pod as YAML, who and where beside each line; below the line where a terminal is too narrow for both."""
    styles = _styles(view)
    column = _column([(line.text, by(line.explanation)) for line in view.lines if line.explanation is not None], width)
    for line in view.lines:
        if line.explanation is None:
            yield ((line.text, ""),)
        else:
            yield from _row(line.text, by(line.explanation), styles[_stage(line.explanation)], column, width)
    for one in view.removed:
        yield (f"# removed: {one.path}: ", "red"), *_step(one.steps[-1], "red")


def _cells(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _stage(explanation: Explanation) -> tuple[str, str]:
    return explanation.stage or "", explanation.who or ""


def _styles(view: Blame) -> dict[tuple[str, str], str]:
    """A colour for each stage: the template has none, overrides take turns, hooks are magenta."""
    stages = list(dict.fromkeys((step.stage, step.who) for one in view for step in one.steps))
    overrides = [stage for stage in stages if stage[0] == "override"]
    colours = {stage: _OVERRIDES[place % len(_OVERRIDES)] for place, stage in enumerate(overrides)}
    return {stage: colours.get(stage, "magenta" if stage[0] == "hook" else "") for stage in [*stages, ("", "")]}


def _column(rows: list[tuple[str, str]], width: int | None) -> int:
    """Where the comments begin."""
    longest = min(max((_cells(text) for text, _ in rows), default=0), _FARTHEST)
    if width is None:
        return longest
    return max(min(longest, width - len(_GAP) - max((_cells(note) for _, note in rows), default=0)), 0)


def _row(text: str, note: str, style: str, column: int, width: int | None) -> Iterator[Line]:
    pad = " " * max(column - _cells(text), 0)
    if width is None or max(_cells(text), column) + len(_GAP) + _cells(note) <= width:
        yield (text, style), (f"{pad}{_GAP}{note}", f"dim {style}")
    else:
        yield ((text, style),)
        indent = " " * (len(text) - len(text.lstrip(" ")))
        yield ((f"{indent}# ^ {note}", f"dim {style}"),)


def history(explanation: Explanation) -> Iterator[Line]:
    """One field: its value, then what every stage did to it."""
    value = _json(explanation.value) if explanation.present else "not in the pod"
    yield (f"{explanation.path}: ", "bold"), (value, "bold")
    last = [step for step in explanation.steps if step.action in ("set", "removed")][-1:]
    for step in explanation.steps:
        yield ("  ", ""), *_step(step, "" if step in last else "dim")


def _step(step: Step, style: str) -> Line:
    who = " ".join(part for part in (step.stage, step.who) if part != "")
    where = f" ({step.location})" if step.location != "" else ""
    done = {
        "set": f"set it to {_json(step.value)}",
        "repeated": "says the same",
        "ignored": "did not change it",
        "moved": "moved it",
        "removed": "removed it",
    }[step.action]
    reason = f": {step.reason}" if step.reason is not None else ""
    return ((f"{who}{where} {done}{reason}", style),)


def changes(stages: Iterable[StageChanges]) -> Iterator[Line]:
    """What each stage changed, a line for each change."""
    for stage in stages:
        who = " ".join(part for part in (stage.stage, stage.who) if part != "")
        where = f" ({stage.source})" if stage.source is not None else ""
        count = len(stage.changes)
        counted = "no changes" if count == 0 else f"{count} change{'s' if count > 1 else ''}"
        yield (f"{who}{where}: ", "bold"), (counted, "")
        for change in stage.changes:
            yield _change(change)


def _change(change: Change) -> Line:
    mark, style = _MARKS[change.action]
    done = {
        "moved": f"moved from place {change.before} to {change.after}",
        "changed": f"{_json(change.before)} -> {_json(change.after)}",
        "added": _json(change.after),
        "removed": _json(change.before),
    }[change.action]
    return (f"  {mark} {change.path}: ", style), (done, "")


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
