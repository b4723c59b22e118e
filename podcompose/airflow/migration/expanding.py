"""What `%(name)s`, `$NAME` and `~` in a value stand for: ConfigParser's interpolation, then the shell's words, as in Airflow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["Unexpandable", "expand", "interpolate"]

_REFERENCE = re.compile(r"%\(([^)]+)\)s")
_VARIABLE = re.compile(r"\$(\w+|\{[^}]*\})", re.ASCII)
#: ConfigParser's own limit.
_DEPTH = 10
#: Airflow expands until nothing changes, which may be never.
_ROUNDS, _LONG = 20, 200_000


class Unexpandable(NamedTuple):
    """Why a value means nothing, without quoting it, and what to do."""

    message: str
    suggestion: str | None = None


def interpolate(raw: str, options: Mapping[str, str]) -> str | Unexpandable:
    """
    A value with `%(name)s` and `%%` replaced; `options` are the raw ones of its section and of [DEFAULT].

    Source: configparser.BasicInterpolation.

    >>> interpolate("%(home)s/dags at 100%%", {"home": "/opt"})
    '/opt/dags at 100%'
    >>> interpolate("50%", {}).message
    'a `%` stands alone'
    """
    parts: list[str] = []
    length = 0
    for part in _parts(raw, options, 1):
        if isinstance(part, Unexpandable):
            return part
        parts.append(part)
        length += len(part)
        if length > _LONG + len(raw):
            return Unexpandable("its `%(...)s` never come to an end")
    return "".join(parts)


def _parts(rest: str, options: Mapping[str, str], depth: int) -> Iterator[str | Unexpandable]:
    if depth > _DEPTH and "%" in rest:
        yield Unexpandable("its `%(...)s` lead in a circle, or are more than 10 deep")
        return
    while rest != "":
        plain, percent, rest = rest.partition("%")
        yield plain
        if percent == "":
            return
        reference = _REFERENCE.match("%" + rest)
        if rest[:1] == "%":
            yield "%"
            rest = rest[1:]
        elif reference is None:
            yield Unexpandable("a `%` stands alone", "write `%%`, as ConfigParser wants it")
            return
        elif reference[1] not in options:
            # Its name is not quoted: it may be a piece of a password.
            yield Unexpandable("a `%(...)s` in it names no option of its section", "write `%%(` if no option is meant")
            return
        else:
            yield from _parts(options[reference[1]], options, depth + 1)
            rest = rest[reference.end() - 1 :]


def expand(text: str, environ: Mapping[str, str]) -> str | Unexpandable:
    """
    A value with `$NAME`, `${NAME}` and a leading `~` replaced, over and over; what `environ` does not have stays as it is.

    >>> expand("~/$TEAM/${UNKNOWN}", {"HOME": "/home/me", "TEAM": "data"})
    '/home/me/data/${UNKNOWN}'
    """
    for _ in range(_ROUNDS):
        further = _home(_VARIABLE.sub(lambda match: environ.get(match[1].strip("{}"), match[0]), text), environ)
        if further == text:
            return text
        if len(further) > _LONG:
            break
        text = further
    return Unexpandable("its variables stand for each other and never come to an end")


def _home(text: str, environ: Mapping[str, str]) -> str:
    if (text == "~" or text.startswith("~/")) and "HOME" in environ:
        return (environ["HOME"].rstrip("/") + text[1:]) or "/"
    return text
