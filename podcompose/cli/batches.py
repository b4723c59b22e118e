"""Many pods of one template: N alike that know their number, or one for each entry of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from podcompose import Override, OverrideError, PodComposeError, Problem
from podcompose.cli.composing import Composer, Refused
from podcompose.composition import Composition
from podcompose.intake import Origin, read_text
from podcompose.template import main_container

__all__ = ["INDEX", "many_pods"]

#: The variable of the main container that says which of N it is: 1 to N.
INDEX = "PODCOMPOSE_INDEX"
_MOST = 100_000


class _Entry(NamedTuple):
    launch_id: str
    override: Override


def many_pods(composer: Composer, many: str, launch_id: str, prefixed: bool) -> tuple[tuple[str, Composition], ...]:
    """
    Launch ids and their pods: `launch_id`/1 to /N, or those of a file, below `launch_id` if it was asked for (`prefixed`).

    Raises: Refused: every problem of every pod, before any is launched.
    """
    try:
        if many.isascii() and many.isdigit() and not Path(many).exists():
            entries = list(_numbered(composer, int(many), launch_id))
        else:
            entries = list(_listed(many, f"{launch_id}/" if prefixed else ""))
    except PodComposeError as error:
        raise Refused(error.problems) from error
    return tuple((entry.launch_id, composer.composed(entry.override)) for entry in entries)


def _numbered(composer: Composer, count: int, launch_id: str) -> Iterator[_Entry]:
    if not 0 < count <= _MOST:
        raise OverrideError([Problem("out-of-range", "", f"--many takes 1 to {_MOST} pods, not {count}")])
    container = main_container(composer.composed().manifest)
    for number in range(1, count + 1):
        env = [{"name": INDEX, "value": str(number)}]
        pod = {} if container is None else {"spec": {"containers": [{"name": container, "env": env}]}}
        yield _Entry(f"{launch_id}/{number}", Override(pod, "--many"))


def _listed(path: str, prefix: str) -> Iterator[_Entry]:
    """The entries of a file, each `{id: TEXT, override: {...}}`; no id twice."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for place, value in _values(path):
        try:
            entry = _entry(path, place, value)
        except PodComposeError as error:
            problems += error.problems
            continue
        if entry.launch_id in seen:
            problems.append(
                Problem("repeated-key", "", f"{place}: the id {entry.launch_id!r} is there twice", "override", "", path)
            )
        seen.add(entry.launch_id)
        yield entry._replace(launch_id=prefix + entry.launch_id)
    if problems != []:
        raise OverrideError(problems)


def _entry(path: str, place: str, value: Any) -> _Entry:
    if type(value) is not dict or not {"id"} <= set(value) <= {"id", "override"}:
        raise OverrideError([_wrong(path, place, "it is to be a map of `id` and `override`")])
    launch_id = value["id"]
    if type(launch_id) is not str or launch_id == "":
        raise OverrideError([_wrong(path, place, "`id` is to be a text that is not empty")])
    return _Entry(launch_id, Override(value.get("override"), launch_id, path))


def _values(path: str) -> Iterator[tuple[str, Any]]:
    """The values of a YAML or JSON list, or of lines of JSON, and what to call each."""
    from podcompose.yaml.reader import read

    text = read_text(path, Origin("override", "", path), OverrideError)
    if text.lstrip().startswith(b"{"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() != b"":
                yield f"line {number}", _line(path, number, line)
        return
    document = read(text)
    if document.found != [] or type(document.value) is not list:
        raise OverrideError([_wrong(path, "the file", "it is to be a list, or lines of JSON, of maps of `id` and `override`")])
    for place, value in enumerate(document.value, 1):
        yield f"entry {place}", value


def _line(path: str, number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as cause:
        raise OverrideError([Problem("not-json", "", f"no JSON: {cause}", "override", "", path, number)]) from cause


def _wrong(path: str, place: str, message: str) -> Problem:
    return Problem("wrong-type", "", f"{place}: {message}", "override", "", path)
