"""A file of executor_configs, read: each with its name, its override, and what is wrong with it, by line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any, NamedTuple

from podcompose.airflow.executor_config import CONFIG_KEYS, read_executor_config
from podcompose.core.json import Json, Marks, kind_of
from podcompose.errors import Finding, OverrideError, Problem, RawPath
from podcompose.intake import Origin, file_name, read_text
from podcompose.override import Override

__all__ = ["Config", "read_configs"]

_POD = "pod_override"
#: A step of a path such as executor_config["KubernetesExecutor"]["volumes"][0].
_STEP = re.compile(r'\[("(?:[^"\\]|\\.)*"|\d+)\]')


class Config(NamedTuple):
    """One executor_config of a file."""

    name: str
    #: None where it changes nothing of the pod, or is wrong.
    override: Override | None
    problems: tuple[Problem, ...]
    #: The template that it asks for instead of the admin's.
    template_file: str | None


def read_configs(path: str | os.PathLike[str]) -> tuple[Config, ...]:
    """
    The executor_configs of a YAML or JSON file: a map of them by name, a list of them, or one alone.

    Raises: OverrideError: the file cannot be read, or is none of the three. What is wrong with one config stands in it.
    """
    from podcompose.yaml.reader import read

    source = file_name(path)
    origin = Origin("override", "", source)
    document = read(read_text(source, origin, OverrideError))
    if document.found != []:
        raise OverrideError(origin.problems(document.found, document.marks))
    named = _named(document.value, source)
    if named is None:
        message = f"a file of executor_configs is a map of them by name, or a list, not {kind_of(document.value)}"
        finding = Finding("bad-kind", ".", message, f'write "NAME": {{"{_POD}": ...}} for each')
        raise OverrideError([origin.problem(finding, document.marks)])
    return tuple(_config(name, given, raw, source, document.marks) for name, given, raw in named)


def _named(value: Json, source: str) -> list[tuple[str, Json, RawPath]] | None:
    """Each config with its name and its place in the file."""
    if type(value) is list:
        return [(f"#{place}", given, (place - 1,)) for place, given in enumerate(value, 1)]
    if type(value) is not dict:
        return None
    if any(name in value for name in CONFIG_KEYS):
        return [(PurePath(source).stem, value, ())]
    return [(name, given, (name,)) for name, given in value.items()]


def _config(name: str, given: Json, raw: RawPath, source: str, marks: Marks) -> Config:
    origin = Origin("override", name, source)
    try:
        read = read_executor_config(_marked(given, raw, origin, marks), name=name, source=source)
        return Config(name, read.override, (), read.template_file)
    except OverrideError as error:
        return Config(name, None, tuple(_placed(problem, raw, marks) for problem in error.problems), None)


def _marked(given: Json, raw: RawPath, origin: Origin, marks: Marks) -> Json:
    """The config with its pod as an Override that knows its lines; as it is where its pod is wrapped as Airflow stores it."""
    pod = given.get(_POD) if type(given) is dict else None
    if type(pod) is not dict or "__type" in pod:
        return given
    above = (*raw, _POD)
    below = [[list(at[len(above) :]), *mark] for at, mark in marks.items() if at[: len(above)] == above]
    stored = {"kind": "patch", "name": origin.who, "source": origin.source, "value": pod, "marks": below}
    return {**given, _POD: Override.from_dict(stored)}


def _placed(problem: Problem, raw: RawPath, marks: Marks) -> Problem:
    """A problem of a config, at its line."""
    if problem.line is not None:
        return problem
    steps = (*raw, *_steps(problem.path))
    mark: Any = next((marks[steps[:length]] for length in range(len(steps), -1, -1) if steps[:length] in marks), None)
    return problem if mark is None else replace(problem, line=mark.key_line, column=mark.key_column)


def _steps(path: str) -> Iterator[str | int]:
    for match in _STEP.finditer(path):
        yield json.loads(match[1])
