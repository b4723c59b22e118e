"""
The errors of podcompose: one tree, every error a tuple of problems.

::

    PodComposeError
    |-- TemplateError        the admin's template cannot be read, or is wrong
    |   `-- UnknownTemplateError  a catalog has no template of that name (also a KeyError)
    |-- OverrideError        an override is wrong, or does not fit the template
    |-- HookError            a hook cannot be found, raised, or returned something else than a pod
    |-- MergeError           the arguments of `merge` are wrong
    |-- ModelError           the installed kubernetes client cannot hold the pod
    |-- DialectError         a dialect contradicts itself
    `-- PathError            a path cannot be read, or no Pod has it

The class says whose turn it is to mend something; `problems` say what. Where several stages have problems, the class is that
of the earliest one and `problems` holds them all. Codes are listed in docs/errors.md and are stable; message wording is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "DialectError",
    "Finding",
    "HookError",
    "MergeError",
    "ModelError",
    "OverrideError",
    "PathError",
    "PodComposeError",
    "Problem",
    "TemplateError",
    "UnknownTemplateError",
]

RawPath = tuple[str | int, ...]


def a(word: str) -> str:
    """
    A word with its article, for messages.

    >>> a("int"), a("Pod")
    ('an int', 'a Pod')
    """
    return f"an {word}" if word[:1] in "aeioAEIO" else f"a {word}"


class Finding(NamedTuple):
    """What a pure function found wrong: a problem that does not know yet whose document it was found in."""

    code: str
    path: str
    message: str
    suggestion: str | None = None
    #: Keys and list indexes from the top of the document, to look up its line.
    raw: RawPath = ()
    #: True where the key itself is at fault (an unknown field), not its value.
    at_key: bool = False
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One finding: what is wrong, where, by whom, and the likely fix.

    Units:  `line` and `column` count from 1; None where the input was no text.

    >>> print(Problem("unknown-field", ".spec.hostNetwrk", "a PodSpec has no such field", stage="override", who="team-a",
    ...               source="o.yaml", line=4, column=3, suggestion="did you mean `hostNetwork`?"))
    o.yaml:4:3: .spec.hostNetwrk: a PodSpec has no such field (override team-a); did you mean `hostNetwork`?
    """

    code: str
    path: str
    message: str
    stage: str = ""
    who: str = ""
    source: str | None = None
    line: int | None = None
    column: int | None = None
    suggestion: str | None = None

    @property
    def location(self) -> str:
        """`file:line:column`, as far as it is known."""
        parts = (self.source, self.line, self.column)
        return ":".join(str.__str__(part) if isinstance(part, str) else str(part) for part in parts if part is not None)

    def __str__(self) -> str:
        """One line a person can act on."""
        lead = [part for part in (self.location, "" if self.path == "." else self.path) if part != ""]
        by = " ".join(part for part in (self.stage, self.who) if part != "")
        text = ": ".join([*lead, self.message])
        if by != "":
            text += f" ({by})"
        return text if self.suggestion is None else f"{text}; {self.suggestion}"


class PodComposeError(Exception):
    """
    Base of all errors of this library: everything that was found wrong, at once.

    >>> str(MergeError([Problem("wrong-type", ".spec", "expected a map, got a string")]))
    '.spec: expected a map, got a string'
    """

    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """All problems, one a line."""
        if len(self.problems) == 1:
            return str(self.problems[0])
        return "\n".join([f"{len(self.problems)} problems:", *(f"  {problem}" for problem in self.problems)])


class TemplateError(PodComposeError):
    """The admin's template cannot be read, or is no pod."""


class UnknownTemplateError(TemplateError, KeyError):
    """A catalog has no template of that name."""


class OverrideError(PodComposeError):
    """An override is wrong, or does not fit what it is laid over."""


class HookError(PodComposeError):
    """A hook cannot be found, raised, or returned something else than a pod."""


class MergeError(PodComposeError):
    """An argument of `merge` is wrong."""


class ModelError(PodComposeError):
    """The installed kubernetes client cannot hold a field of the pod."""


class DialectError(PodComposeError):
    """A dialect names a type, a field or a strategy that does not exist."""


class PathError(PodComposeError):
    """A path cannot be read, or leads to where no Pod has a field."""
