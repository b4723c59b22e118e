"""
Text before any parser sees it: bytes to characters, what may not stand in it, where a character stands, and JSON's own events.

Kubectl reads as JSON what is JSON, and all else as YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from podcompose.yaml.document import Event

__all__ = ["SURROGATE", "broken", "is_json", "json_events", "place", "prepare", "unprintable"]

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
#: What YAML 1.1 does not take as text; a byte order mark only counts as such at the very start.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_JSON = re.compile(r'[ \t\r\n,:]*(?:([{\[])|([}\]])|("(?:[^"\\]|\\.)*")|([^\s{}\[\],:"]+))')
SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = "invalid Unicode character"
#: What the parsers say, in words for people: (part of their message, ours, what to do).
_SAID = (
    (
        _HALF,
        "an escape that is no Unicode character (half of a surrogate pair?)",
        "write the character itself",
    ),
    ("tab", "a tab stands where YAML takes only spaces", "indent with spaces"),
    ("\\t", "a tab stands where YAML takes only spaces", "indent with spaces"),
    ("cannot start any token", "no value can begin with this character", "quote the value"),
    ("mapping values are not allowed", "a `:` is one too many here", "quote the value, or mend the indentation"),
    (
        "sequence entries are not allowed",
        "a `- ` cannot stand behind a key on its line",
        "begin a new line before it, or quote the value",
    ),
    ("',' or ']'", "a `[` is not closed, or a comma is missing", "close it with `]`, or quote the value"),
    ("',' or '}'", "a `{` is not closed, or a comma is missing", "close it with `}`, or quote the value"),
    ("unexpected end of stream", "a quote is never closed", "close it"),
    (
        "could not find expected ':'",
        "this is neither a key with its `: ` nor part of the text before",
        "add `: `, or mend the indentation",
    ),
    ("block end", "this does not line up with what stands before", "mend the indentation"),
    ("did not find expected key", "this does not line up with what stands before", "mend the indentation"),
    ("did not find expected '-' indicator", "this does not line up with what stands before", "mend the indentation"),
    (
        "unknown escape character",
        "a backslash and this character mean nothing in double quotes",
        "use single quotes, or two backslashes",
    ),
    ("escape sequence of", "an escape has too few hexadecimal digits", "use single quotes, or two backslashes"),
    ("document separator", "a `---` or `...` stands inside of quotes or brackets", "close them before"),
    ("tag handle", "a tag with a handle that nobody has defined", "leave the tag out, or quote the value"),
    ("unexpected ':'", "a `:` without a space behind it", "put a space behind it, or quote the value"),
    ("alphabetic or numeric", "a `*` or `&` needs a name behind it", "quote the value"),
)


def prepare(text: str | bytes) -> str | Event:
    """
    The characters of a text, or what is wrong with them.

    >>> prepare(b"\\xef\\xbb\\xbfa: 1")
    'a: 1'
    >>> prepare(b"a: \\xff").text
    'this is no utf-8 text: invalid start byte'
    """
    try:
        decoded = text if isinstance(text, str) else _decoded(text)
    except UnicodeDecodeError as error:
        before = bytes(error.object[: error.start]).decode(error.encoding, "ignore").removeprefix("\ufeff")
        return _bad_text(*place(before), f"this is no {error.encoding} text: {error.reason}", "save it as UTF-8")
    return decoded[1:] if decoded[:1] == "\ufeff" else decoded


def unprintable(text: str) -> Event | None:
    """
    The first character that may not stand in YAML, if there is one.

    >>> unprintable("a: \\x00").text
    'the character U+0000 may not stand in YAML'
    """
    odd = _UNPRINTABLE.search(text)
    if odd is None:
        return None
    message = f"the character U+{ord(odd[0]):04X} may not stand in YAML"
    return _bad_text(*place(text[: odd.start()]), message, "take it out, or write it as an escape in double quotes")


def _bad_text(line: int, column: int, message: str, suggestion: str) -> Event:
    return Event("broken", line, column, message, code="bad-text", suggestion=suggestion)


def _decoded(data: bytes) -> str:
    """YAML is UTF-8, or UTF-16 if a byte order mark says so."""
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")


def place(before: str) -> tuple[int, int]:
    """Line and column of what comes after `before`."""
    breaks = list(_BREAK.finditer(before))
    return len(breaks) + 1, len(before) - (breaks[-1].end() if breaks else 0) + 1


def is_json(text: str) -> bool:
    """Kubectl reads what is JSON as JSON: it may hold characters and escapes that YAML does not take."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def json_events(text: str) -> Iterator[Event]:
    """The events of a text that is known to be JSON."""
    line, start, seen = 1, 0, 0
    yield Event("document", 1, 1)
    for match in _JSON.finditer(text):
        begin = match.start(match.lastindex or 0)
        for found in _BREAK.finditer(text, seen, begin):
            line, start = line + 1, found.end()
        seen, column = begin, begin - start + 1
        opening, closing, quoted, bare = match.groups()
        if quoted is not None:
            yield _text_event(json.loads(quoted), line, column)
        elif bare is not None:
            yield Event("scalar", line, column, bare, plain=True)
        else:
            yield Event("end" if closing is not None else "map" if opening == "{" else "list", line, column)


def _text_event(text: str, line: int, column: int) -> Event:
    return Event("scalar", line, column, text) if SURROGATE.search(text) is None else broken(_HALF, line, column)


def broken(problem: str, line: int, column: int, began: int | None = None) -> Event:
    """
    What a parser says is wrong, in words for people; `began` is the line where the thing began that it was reading.

    >>> broken("mapping values are not allowed here", 2, 7).text
    'a `:` is one too many here'
    """
    code = "bad-text" if "invalid Unicode character" in problem else "bad-yaml"
    known = ((said, remedy) for part, said, remedy in _SAID if part in problem)
    message, suggestion = next(known, (f"this is no YAML: {problem}", None))
    if began is not None and began < line:
        message += f" (what it stands in began in line {began})"
    return Event("broken", line, column, message, code=code, suggestion=suggestion)
