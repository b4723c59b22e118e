"""What is named on the command line, read: templates, overrides of every kind, hooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from podcompose import Dialect, HookError, Override, OverrideError, PodComposeError, Problem, Template, TemplateError
from podcompose.code import function_of, load_file
from podcompose.intake import Origin, read_text

__all__ = ["DATA", "Given", "Inputs", "kept", "named", "read_file", "read_inputs", "uses_stdin"]

Kind = Literal["override", "json_patch", "merge_patch", "delete"]
_STDIN = "-"

#: How the name of a file with a manifest in it ends.
DATA = (".yaml", ".yml", ".json")

T = TypeVar("T")


class Given(NamedTuple):
    """The inputs as they were named, overrides in the order of the command line."""

    template: str
    overrides: tuple[tuple[Kind, str], ...]
    hooks: tuple[str, ...]


class Inputs(NamedTuple):
    """The inputs as they were read; those that could not be are problems instead."""

    template: Template | None
    overrides: tuple[Override, ...]
    hooks: tuple[Callable[[Any], Any] | str | Override, ...]
    problems: tuple[Problem, ...]


def named(argument: str) -> tuple[str, str]:
    """
    NAME=FILE taken apart; a file whose own name holds a `=` is written with a `/` before it.

    >>> named("team-a=gpu.yaml"), named("gpu.yaml"), named("./a=b.yaml")
    (('team-a', 'gpu.yaml'), ('', 'gpu.yaml'), ('', './a=b.yaml'))
    """
    name, equals, path = argument.partition("=")
    return (name, path) if equals != "" and "/" not in name else ("", argument)


def uses_stdin(given: Given) -> int:
    """How many of the inputs are to be read from standard input."""
    files = [given.template, *(named(argument)[1] for kind, argument in given.overrides if kind != "delete")]
    return [*files, *(named(hook)[1] for hook in given.hooks)].count(_STDIN)


def read_inputs(given: Given, dialect: Dialect, unknown: Literal["error", "keep"] | None) -> Inputs:
    """Read everything there is to read, and note everything that cannot be."""
    problems: list[Problem] = []
    template = kept(partial(_template, given.template, dialect, unknown), problems)
    overrides = [kept(partial(_override, kind, argument), problems) for kind, argument in given.overrides]
    hooks = [kept(partial(_hook, hook), problems) for hook in given.hooks]
    return Inputs(template, tuple(_there(overrides)), tuple(_there(hooks)), tuple(problems))


def kept(read: Callable[[], T], problems: list[Problem]) -> T | None:
    """What was read; None where it could not be, and then the problems say why."""
    try:
        return read()
    except PodComposeError as error:
        problems += error.problems
        return None


def _there(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _template(argument: str, dialect: Dialect, unknown: Literal["error", "keep"] | None) -> Template:
    name, path = named(argument)
    text, source = read_file(path, "template", name, TemplateError)
    return Template.from_yaml(text, source, name=name, dialect=dialect, unknown=unknown)


def _override(kind: Kind, argument: str) -> Override:
    if kind == "delete":
        return Override(name="--delete", delete=[argument])
    name, path = named(argument)
    text, source = read_file(path, "override", name, OverrideError)
    if kind == "merge_patch":
        return Override.merge_patch(text, name, source)
    if kind == "json_patch" or _has_operations(text):
        return Override.json_patch(text, name, source)
    return Override.from_yaml(text, name, source)


def _has_operations(text: bytes) -> bool:
    """Whether this is a JSON patch: a list of operations. Any other list is a mistake that the reader of overrides explains."""
    from podcompose.yaml.reader import read

    value = read(text).value
    return type(value) is list and (value == [] or any(type(entry) is dict and "op" in entry for entry in value))


def read_file(path: str, stage: str, who: str, error: type[PodComposeError]) -> tuple[bytes, str]:
    """The bytes of a file, or of standard input, and what errors call it."""
    if path != _STDIN:
        return read_text(path, Origin(stage, who, path), error), path
    source = "<stdin>"
    try:
        if sys.stdin is None:
            raise OSError(9, "it is closed")
        return sys.stdin.buffer.read(), source
    except OSError as cause:
        raise error([Problem("unreadable", "", f"cannot be read: {cause.strerror}", stage, who, source)]) from cause


def _hook(argument: str) -> Callable[[Any], Any] | str | Override:
    """A function of a file, a function of a package (imported by the library), or a patch."""
    if not _is_data(argument):
        path, _, function = argument.rpartition(":")
        return function_of(load_file(path, argument), function) if path.endswith(".py") else argument
    try:
        return _override("override", argument)
    except OverrideError as error:
        raise HookError([replace(problem, stage="hook") for problem in error.problems]) from error


def _is_data(argument: str) -> bool:
    path = named(argument)[1]
    return path == _STDIN or path.endswith(DATA) or (":" not in path and ("/" in path or Path(path).exists()))
