"""
YAML (or JSON) text as kubectl reads it, with line and column of every value; and the way back.

The only importer of PyYAML, of which only the parser and the emitter serve: what scalars mean is `podcompose.scalars`, what
maps, aliases and documents mean `podcompose.document`. libyaml's parser is taken where it is there; PyYAML's own, tuned below to
take what libyaml takes, gives the same documents, findings and marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from podcompose.core.json import Json
from podcompose.document import Document, Event, compose
from podcompose.scalars import resolve

__all__ = ["Document", "read", "write"]

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
#: What YAML 1.1 does not take as text; a byte order mark only counts as such at the very start.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_JSON = re.compile(r'[ \t\r\n,:]*(?:([{\[])|([}\]])|("(?:[^"\\]|\\.)*")|([^\s{}\[\],:"]+))')
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Text longer than this is not parsed a second time only to say better what is wrong with it.
_SHORT = 200_000
#: Stands for a `?` that is none of YAML's; one of Unicode's code points for private use, and not in the text.
_QUESTION = re.compile(r"\?(?=[^\s,\[\]{}])")

#: What the parsers say, in words for people: (part of their message, ours, what to do).
_WORDS = (
    (
        "invalid Unicode character",
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
    ("alphabetic or numeric", "a `*` or `&` needs a name behind it", "quote the value"),
)


def read(text: str | bytes) -> Document:
    """
    Read one document.

    Shapes: `marks` knows every value by its keys and places from the top; `found` all that is wrong, in the text's order.
    Raises: nothing for any text.

    >>> value, marks, found = read("spec:\\n  hostNetwork: yes\\n")
    >>> value, marks["spec", "hostNetwork"], found
    ({'spec': {'hostNetwork': True}}, Mark(line=2, column=16, key_line=2, key_column=3, text='yes'), [])
    """
    return compose(_events(text))


def _events(text: str | bytes) -> Iterator[Event]:
    try:
        plain = text if isinstance(text, str) else _decoded(text)
    except UnicodeDecodeError as error:
        line, column = _place(text[: error.start].decode("utf-8", "replace") if isinstance(text, bytes) else "")
        return iter([Event("broken", line, column, f"this is no {error.encoding} text: {error.reason}", None, code="bad-text")])
    plain = plain[1:] if plain[:1] == "\ufeff" else plain
    if plain.lstrip()[:1] == "{" and _is_json(plain):
        return _json_events(plain)
    odd = _UNPRINTABLE.search(plain)
    if odd is not None:
        line, column = _place(plain[: odd.start()])
        message = f"the character U+{ord(odd[0]):04X} may not stand in YAML"
        return iter(
            [
                Event(
                    "broken",
                    line,
                    column,
                    message,
                    code="bad-text",
                    suggestion="take it out, or write it as an escape in double quotes",
                )
            ]
        )
    return _yaml_events(plain if plain[-1:] in ("", "\n", "\r") else plain + "\n")


def _decoded(data: bytes) -> str:
    """YAML is UTF-8, or UTF-16 if a byte order mark says so."""
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")


def _place(before: str) -> tuple[int, int]:
    """Line and column of what comes after `before`."""
    breaks = list(_BREAK.finditer(before))
    return len(breaks) + 1, len(before) - (breaks[-1].end() if breaks else 0) + 1


def _is_json(text: str) -> bool:
    """Kubectl reads what is JSON as JSON: it may hold characters and escapes that YAML does not take."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _json_events(text: str) -> Iterator[Event]:
    """The events of a text that is known to be JSON."""
    line, start, seen = 1, 0, 0
    yield Event("document", 1, 1)
    for match in _JSON.finditer(text):
        place = match.start(match.lastindex or 0)
        for found in _BREAK.finditer(text, seen, place):
            line, start = line + 1, found.end()
        seen, column = place, place - start + 1
        opening, closing, quoted, bare = match.groups()
        if quoted is not None:
            yield _text_event(json.loads(quoted), line, column)
        elif bare is not None:
            yield Event("scalar", line, column, bare, plain=True)
        else:
            yield Event("end" if closing is not None else "map" if opening == "{" else "list", line, column)


def _text_event(text: str, line: int, column: int) -> Event:
    return Event("scalar", line, column, text) if _SURROGATE.search(text) is None else _lone(line, column)


def _lone(line: int, column: int) -> Event:
    message = "an escape that is no Unicode character (half of a surrogate pair?)"
    return Event("broken", line, column, message, code="bad-text", suggestion="write the character itself")


def _yaml_events(text: str) -> Iterator[Event]:
    if not yaml.__with_libyaml__:
        yield from _pure_events(text)
        return
    try:
        yield from _translated(yaml.CSafeLoader(text))
    except (yaml.YAMLError, ValueError) as error:
        yield _reparsed(text) or _broken(error, text)


def _reparsed(text: str) -> Event | None:
    """What PyYAML's own parser, whose words are better, says is wrong."""
    last = None
    for last in _pure_events(text) if len(text) < _SHORT else ():
        pass
    return last if last is not None and last.kind == "broken" else None


def _pure_events(text: str) -> Iterator[Event]:
    mask = next((mask for mask in map(chr, range(0xE000, 0xF8FF)) if mask not in text), "?")
    parser = _Parser(_QUESTION.sub(mask, text))
    try:
        for event in _translated(parser):
            yield event._replace(text=event.text.replace(mask, "?"), anchor=event.anchor and event.anchor.replace(mask, "?"))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        yield _broken(error, text, parser.get_mark())


class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser, but for what libyaml takes: tabs between tokens; and refusing what it refuses: halves of characters."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        """Pass over what stands between tokens; a tab may, but where it would indent."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level > 0 or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Read a stretch of quoted text."""
        begin = self.get_mark()
        chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        if _SURROGATE.search("".join(chunks)) is not None:
            raise yaml.scanner.ScannerError(None, None, "found invalid Unicode character escape code", begin)
        return chunks


def _translated(parser: Any) -> Iterator[Event]:
    """A parser's events as ours."""
    while parser.check_event():
        event = parser.get_event()
        kind = type(event)
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if kind is yaml.ScalarEvent:
            yield Event("scalar", line, column, event.value, event.tag, event.implicit[0], event.anchor)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            yield Event("map" if kind is yaml.MappingStartEvent else "list", line, column, "", event.tag, False, event.anchor)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            yield Event("end", line, column)
        elif kind is yaml.AliasEvent:
            yield Event("alias", line, column, event.anchor)
        elif kind is yaml.DocumentStartEvent:
            yield _document(event, line, column)


def _document(event: Any, line: int, column: int) -> Event:
    if event.version is not None and tuple(event.version) != (1, 1):
        return Event("broken", line, column, "kubectl reads YAML 1.1 only", suggestion="leave the %YAML line out")
    return Event("document", line, column)


def _broken(error: Exception, text: str, here: Any = None) -> Event:
    """Where and why a parser gave up, in one sentence."""
    mark = getattr(error, "problem_mark", None) or here
    line, column = _clamped(mark.line + 1, mark.column + 1, text) if mark is not None else (1, 1)
    problem = getattr(error, "problem", None) or "invalid Unicode character"
    code = "bad-text" if "invalid Unicode character" in problem else "bad-yaml"
    message, remedy = next(
        ((said, remedy) for part, said, remedy in _WORDS if part in problem), (f"this is no YAML: {problem}", None)
    )
    began = getattr(error, "context_mark", None)
    if began is not None and began.line + 1 < line:
        message += f" (what it stands in began in line {began.line + 1})"
    return Event("broken", line, column, message, code=code, suggestion=remedy)


def _clamped(line: int, column: int, text: str) -> tuple[int, int]:
    """The place, or the end of the text if that comes first: parsers differ about what lies beyond."""
    return min((line, column), _place(text))


def write(manifest: Json) -> str:
    """
    A manifest as YAML for people and for kubectl: keys in their order, and text quoted where any reader might take it for something else.

    Laws: `read(write(manifest)).value == manifest`.

    >>> print(write({"a": ["yes", "x: y", "plain"], "script": "set -e\\nrun\\n"}), end="")
    a:
    - "yes"
    - 'x: y'
    - plain
    script: |
      set -e
      run
    """
    text = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**31)
    return str(text).removesuffix("...\n")


class _Dumper(yaml.SafeDumper):
    """PyYAML's dumper without anchors, and with our opinion of which text needs quotes."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out, however often it is used."""
        return True


#: Text that some reader of YAML 1.1 or 1.2 may take for a number, a date or a word of its own.
_SUSPECT = re.compile(
    r"[-+.]?[0-9][0-9_.,:]*(?:[eE][-+]?[0-9_]*)?|[-+]?0[xXoObB][0-9a-fA-F_]*|\d{4}-\d\d?-\d\d?.*"
    r"|(?i:y|n|yes|no|on|off|true|false|null|~|[-+]?\.(?:inf|nan)|=|<<|)",
    re.DOTALL,
)
_BLOCK = re.compile(r"[^\s\ufeff][^\r\x85\u2028\u2029]*", re.DOTALL)


def _written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if "\n" in text and _BLOCK.fullmatch(text) is not None:
        style = "|"
    elif _SUSPECT.fullmatch(text) is not None or type(resolve(text)) is not str:
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _written)
