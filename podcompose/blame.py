"""The whole pod with who set it beside every line: valid YAML, whose comments are the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from podcompose.core.json import Json, JsonMap
from podcompose.core.leaves import leaves
from podcompose.core.provenance import Explanation
from podcompose.core.schema import Schema
from podcompose.errors import RawPath

__all__ = ["Blame", "Line"]

#: Words a YAML 1.1 reader takes as they are.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*", re.ASCII)
_ODD = re.compile(r"[^\x20-\x7e]")
_NOT_TEXT = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the view; the explanation of the field that stands on it, if one does."""

    text: str
    explanation: Explanation | None


@dataclass(frozen=True, slots=True)
class Blame:
    """Every field of a composed pod explained, and the fields that were removed on the way."""

    manifest: JsonMap = field(repr=False, hash=False)
    schema: Schema = field(repr=False)
    explanations: tuple[Explanation, ...]

    @property
    def removed(self) -> tuple[Explanation, ...]:
        """The fields that some stage set and a later one took away."""
        return tuple(one for one in self.explanations if not one.present)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The pod as YAML, line by line."""
        by_place = dict(zip((raw for _, raw in leaves(self.manifest, self.schema)), self.explanations, strict=False))
        return tuple(Line(text, by_place.get(raw) if raw is not None else None) for text, raw in _lines(self.manifest, (), ""))

    def __iter__(self) -> Iterator[Explanation]:
        """Every explanation, in the order of the pod, then what was removed."""
        return iter(self.explanations)

    def __len__(self) -> int:
        """How many fields are explained."""
        return len(self.explanations)

    def __str__(self) -> str:
        """
        The pod, with who and where beside each line.

        >>> from podcompose import Override, compose
        >>> print(compose({"spec": {"hostNetwork": True}}, Override({"spec": {"nodeName": "node-1"}}, name="team-a")).explain())
        spec:
          hostNetwork: true  # template
          nodeName: node-1   # override team-a
        """
        width = min(max((len(line.text) for line in self.lines if line.explanation is not None), default=0), 72)
        text = [line.text if line.explanation is None else f"{line.text:<{width}}  # {by(line.explanation)}" for line in self.lines]
        return "\n".join([*text, *(f"# removed: {one.path}: {one.steps[-1]}" for one in self.removed)])


def by(explanation: Explanation) -> str:
    """Who had the last word on a field, and where."""
    return " ".join(part for part in (explanation.stage, explanation.who, explanation.location) if part not in (None, ""))


def _lines(value: Json, raw: RawPath, indent: str) -> Iterator[tuple[str, RawPath | None]]:
    """YAML in block style: each line with the place of the scalar or empty container on it, if there is one."""
    if type(value) is dict and value != {}:
        for name, entry in value.items():
            yield from _entry(f"{indent}{_scalar(name)}:", entry, (*raw, name), indent)
    elif type(value) is list and value != []:
        for place, entry in enumerate(value):
            yield from _item(entry, (*raw, place), indent)
    else:
        yield f"{indent}{_scalar(value)}", raw


def _entry(head: str, value: Json, raw: RawPath, indent: str) -> Iterator[tuple[str, RawPath | None]]:
    if type(value) in (dict, list) and value not in ({}, []):
        yield head, None
        yield from _lines(value, raw, indent + ("  " if type(value) is dict else ""))
    else:
        yield f"{head} {_scalar(value)}", raw


def _item(value: Json, raw: RawPath, indent: str) -> Iterator[tuple[str, RawPath | None]]:
    first = True
    for text, place in _lines(value, raw, indent + "  "):
        yield (f"{indent}- {text[len(indent) + 2 :]}" if first else text), place
        first = False


def _scalar(value: Json) -> str:
    if type(value) is str and _PLAIN.fullmatch(value) is not None and value.lower() not in _NOT_TEXT:
        return value
    return _ODD.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(match: re.Match[str]) -> str:
    """A character that a YAML reader refuses, folds or hides; YAML knows no surrogate pairs, so beyond U+FFFF it is `\\U`."""
    character = match[0]
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"
