"""From the server's words for a field to the pod that was sent: its path, and who set it."""

from __future__ import annotations

import re

from podcompose.composition import Composition
from podcompose.core.path import Path, format_path, parse_path
from podcompose.core.provenance import Explanation, Step
from podcompose.errors import PathError, Problem

__all__ = ["blamed", "decoding"]

_UNKNOWN = re.compile(r'(unknown|duplicate) field "([^"]+)"')
_GO_FIELD = re.compile(r"Go struct field \w+\.([\w.]+) of type")


def blamed(composition: Composition | None, field: str, message: str, code: str = "invalid-field") -> Problem:
    """
    What the server says of a field, with the field's path as podcompose writes it, and who set it.

    Shapes: `field` as the server writes it: a list's entry by its place, a map's key in brackets without quotes.

    >>> from podcompose import Override, compose
    >>> image = Override({"spec": {"containers": [{"name": "base", "image": ""}]}}, name="team-a", source="o.yaml")
    >>> print(blamed(compose({"spec": {"containers": [{"name": "base"}]}}, image), "spec.containers[0].image", "Required value"))
    o.yaml: .spec.containers[name="base"].image: Required value (override team-a)
    """
    # Go's word for a cause without a field.
    field = "" if field == "<nil>" else field
    path = _read(field)
    if path is None or composition is None:
        return Problem(code, field if path is None else format_path(path), message)
    shown, step = _found(composition, path)
    if step is None:
        return Problem(code, shown, message)
    return Problem(code, shown, message, step.stage, step.who, step.source, step.line, step.column)


def decoding(composition: Composition | None, said: str) -> tuple[Problem, ...]:
    """The fields that the server could not decode; it names them in its text alone."""
    unknown = [
        blamed(composition, field, "the API server knows no such field" if kind == "unknown" else "there twice", f"{kind}-field")
        for kind, field in _UNKNOWN.findall(said)
    ]
    if unknown != []:
        return tuple(unknown)
    # Go leaves out the places in lists: the path is one to look at, not one that has a history.
    return tuple(Problem("wrong-type", f".{field}", said) for field in _GO_FIELD.findall(said))


def _read(field: str) -> Path | None:
    try:
        path = parse_path(field)
    except PathError:
        return None
    return None if path == () else path


def _found(composition: Composition, path: Path) -> tuple[str, Step | None]:
    """The path by keys, and what decided it; of a field that nobody set, who made what should have it."""
    for length in range(len(path), 0, -1):
        explanation = _explained(composition, format_path(path[:length]))
        if explanation is None or explanation.steps == ():
            continue
        shown = explanation.path + format_path(path[length:]) if length < len(path) else explanation.path
        exact = _explained(composition, shown)
        decisive = [] if exact is None else [step for step in exact.steps if step.action in ("set", "removed")]
        return shown, decisive[-1] if decisive != [] else explanation.steps[0]
    return format_path(path), None


def _explained(composition: Composition, path: str) -> Explanation | None:
    try:
        return composition.explain(path)
    except PathError:
        return None
