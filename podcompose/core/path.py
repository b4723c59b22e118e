"""
Paths into a pod, printed as Kubernetes prints them: `.spec.containers[name="base"].env[name="A"].value`.

A path is a tuple of segments: a field's name (str), the key of a list element (Key), a member of a set (Member), or a place in
a list (int). A name that is no plain word is printed in brackets: `.metadata.labels["app.kubernetes.io/name"]`.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple, TypeAlias

from podcompose.errors import PathError, Problem, RawPath

__all__ = ["Key", "Member", "Path", "format_path", "format_raw", "parse_path"]

Scalar: TypeAlias = "str | int | float | bool | None"


class Key(NamedTuple):
    """The element of a keyed list whose key fields have these values."""

    fields: tuple[tuple[str, Scalar], ...]


class Member(NamedTuple):
    """An entry of a list of scalars that is a set."""

    value: Scalar


Segment: TypeAlias = "str | int | Key | Member"
Path: TypeAlias = tuple[Segment, ...]

_PLAIN = re.compile(r"[A-Za-z_$][\w$/-]*", re.ASCII)
_FIELD = re.compile(r"\.?([^.\[\]\s\"=]+)")
_SELECTOR = re.compile(
    r"""\[\s*(?:
        (?P<index>\d+)
      | (?P<name>"(?:[^"\\]|\\.)*")
      | (?P<bare>[^\[\]"=,\s]+)
      | =\s*(?P<member>"(?:[^"\\]|\\.)*"|[^\],"]*)
      | (?P<pairs>[^=\[\]"]+=\s*(?:"(?:[^"\\]|\\.)*"|[^,\]"]*)(?:,[^=\[\]"]+=\s*(?:"(?:[^"\\]|\\.)*"|[^,\]"]*))*)
    )\s*\]""",
    re.VERBOSE,
)
_PAIR = re.compile(r"""\s*([^=,\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^,]*?)\s*(?:,|$)""")


def parse_path(text: str) -> Path:
    """
    Read a path, with or without its leading dot and the quotes of its keys.

    Raises: PathError.

    >>> parse_path("spec.containers[name=base].image")
    ('spec', 'containers', Key(fields=(('name', 'base'),)), 'image')
    """
    if not isinstance(text, str):
        raise _bad(f"<{type(text).__name__}>", 0, "a path is a string")
    place, path = 0, list[Segment]()
    if text == "." or text == "":
        return ()
    while place < len(text):
        match = _SELECTOR.match(text, place)
        if match is not None:
            path.append(_segment(match, text, place))
        else:
            match = _FIELD.match(text, place)
            if match is None or (path and text[place] != "."):
                raise _bad(text, place, "expected `.field` or `[key=value]`")
            path.append(match[1])
        place = match.end()
    return tuple(path)


def _segment(match: re.Match[str], text: str, place: int) -> Segment:
    try:
        if match["index"] is not None:
            return int(match["index"])
        if match["name"] is not None:
            return str(json.loads(match["name"]))
        if match["bare"] is not None:
            return match["bare"]
        if match["member"] is not None:
            return Member(_value(match["member"].strip()))
        return Key(tuple((name, _value(value)) for name, value in _PAIR.findall(match["pairs"])))
    except ValueError:
        raise _bad(text, place, "a quoted value is written as in JSON") from None


def _value(text: str) -> Scalar:
    if text[:1] == '"':
        return str(json.loads(text))
    if re.fullmatch(r"-?\d{1,18}", text) is not None:
        return int(text)
    return {"true": True, "false": False, "null": None}.get(text, text)


def _bad(text: str, place: int, message: str) -> PathError:
    where = f"{message} at character {place + 1}: {text[place : place + 30]!r}"
    return PathError([Problem("bad-path", text, where, suggestion='write it as `.spec.containers[name="base"].image`')])


def format_path(path: Path) -> str:
    """
    Print a path as Kubernetes does; `parse_path(format_path(path)) == path`.

    >>> format_path(("spec", "containers", Key((("name", "base"),)), "image"))
    '.spec.containers[name="base"].image'
    """
    return "".join(map(_format, path)) or "."


def _format(segment: Segment) -> str:
    if type(segment) is str:
        return f".{segment}" if _PLAIN.fullmatch(segment) is not None else f"[{_quote(segment)}]"
    if isinstance(segment, Key):
        return "[" + ",".join(f"{name}={_quote(value)}" for name, value in segment.fields) + "]"
    return f"[={_quote(segment.value)}]" if isinstance(segment, Member) else f"[{segment}]"


def _quote(value: Scalar) -> str:
    return json.dumps(value, ensure_ascii=False)


def format_raw(path: RawPath) -> str:
    """
    Print a path of keys and places.

    >>> format_raw(("spec", "containers", 0))
    '.spec.containers[0]'
    """
    return format_path(tuple(segment if type(segment) in (str, int) else repr(segment) for segment in path))
