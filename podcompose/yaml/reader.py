"""
YAML (or JSON) text as kubectl reads it, with line and column of every value; and the way back.

The only importer of PyYAML, of which only the parser and the emitter serve: what scalars mean is `podcompose.yaml.scalars`, what
maps, aliases and documents mean `podcompose.yaml.document`. libyaml's parser is taken where it is there; PyYAML's own, tuned to
take what libyaml takes (`_Parser` below), gives the same documents, findings and marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from podcompose.core.json import Json
from podcompose.yaml.document import Document, Event, compose
from podcompose.yaml.scalars import resolve
from podcompose.yaml.text import SURROGATE, broken, is_json, json_events, place, prepare, unprintable

__all__ = ["Document", "read", "write"]

_BREAKS = frozenset("\r\n\x85\u2028\u2029")
_BLANK_OR_END = _BREAKS | frozenset("\0 \t")
_INDICATORS = re.compile("([-+])([1-9])?|([1-9])([-+])?")
#: Text longer than this is not parsed a second time only to say better what is wrong with it.
_SHORT = 200_000


def read(text: str | bytes) -> Document:
    """
    Read one document.

    Shapes: `marks` knows every value by its keys and places from the top; `found` all that is wrong, in the text's order.
    Raises: nothing for any text.

    >>> value, marks, found = read("spec:\\n  hostNetwork: yes\\n")
    >>> value, marks["spec", "hostNetwork"], found
    ({'spec': {'hostNetwork': True}}, Mark(line=2, column=16, key_line=2, key_column=3, text='yes'), [])
    """
    ready = prepare(text)
    return compose([ready] if isinstance(ready, Event) else _events(ready))


def _events(text: str) -> Iterable[Event]:
    if text.lstrip()[:1] == "{" and is_json(text):
        return json_events(text)
    odd = unprintable(text)
    # Kubectl's reader ends every line, which shows in a block scalar at the end.
    return [odd] if odd is not None else _yaml_events(text if text[-1:] in ("", "\n", "\r") else text + "\n")


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
    events = _pure_events(text) if len(text) < _SHORT else ()
    return next((event for event in events if event.kind == "broken"), None)


def _pure_events(text: str) -> Iterator[Event]:
    parser = _Parser(text)
    try:
        yield from _translated(parser)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        yield _broken(error, text, parser.get_mark())


class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's parser, but for what libyaml takes: tabs between tokens; and refusing what it refuses: halves of characters."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        self._mask = next((mask for mask in map(chr, range(0xE000, 0xF8FF)) if mask not in text), "?")
        self._masked = self.buffer.replace("?", self._mask)

    def scan_to_next_token(self) -> None:
        """Pass over what stands between tokens; a tab may, but where it would indent."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level > 0 or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()

    def scan_plain(self) -> Any:
        """Read a plain scalar; in brackets too a `?` in it is a letter, for which one that is not in the text stands in."""
        begin, written = self.pointer, self.buffer
        self.buffer = self._masked
        token = super().scan_plain()
        self.buffer = written
        token.value = token.value.replace(self._mask, "?")
        ends_badly = self.peek() == ":" and self.peek(1) in (",", "?", "[", "]", "{", "}")
        if self.flow_level > 0 and (ends_badly or ":?" in written[begin : self.pointer]):
            raise yaml.scanner.ScannerError(None, None, "found unexpected ':'", self.get_mark())
        return token

    def parse_flow_mapping_value(self) -> Any:
        """Read the value behind a key in braces."""
        untyped: Any = super()
        return self._placed(untyped.parse_flow_mapping_value())

    def parse_flow_sequence_entry_mapping_key(self) -> Any:
        """Read the key behind a `?` in brackets; libyaml insists on one."""
        untyped: Any = super()
        event = untyped.parse_flow_sequence_entry_mapping_key()
        if _is_nothing(event):
            raise yaml.parser.ParserError(None, None, "did not find expected ',' or ']'", event.start_mark)
        return event

    def parse_flow_sequence_entry_mapping_value(self) -> Any:
        """Read the value behind a key in brackets."""
        untyped: Any = super()
        return self._placed(untyped.parse_flow_sequence_entry_mapping_value())

    def _placed(self: Any, event: Any) -> Any:
        """A value that is not there stands where the next token does."""
        if (
            type(event) is yaml.ScalarEvent
            and event.value == ""
            and event.implicit[0]
            and event.tag is None
            and event.anchor is None
        ):
            event.start_mark = self.peek_token().start_mark
        return event

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str]:
        """Read what stands between the words of a plain scalar: blanks, or line breaks, which fold."""
        untyped: Any = self
        blanks = self._blanks(0, start_mark)
        if self.peek() not in _BREAKS:
            return [blanks] if blanks != "" else []
        breaks = []
        self.allow_simple_key = True
        while self.peek() in _BREAKS:
            breaks.append(untyped.scan_line_break())
            if self.prefix(3) in ("---", "...") and self.peek(3) in _BLANK_OR_END:
                return []
            self._blanks(indent, start_mark)
        first, *others = breaks
        return others if first == "\n" and others else [" " if first == "\n" else first, *others]

    def _blanks(self, indent: int, start_mark: Any) -> str:
        begin = self.pointer
        while self.peek() in (" ", "\t"):
            self._refuse_tab(self.column < indent, start_mark)
            self.forward()
        return str(self.buffer[begin : self.pointer])

    def _refuse_tab(self, is_bad: bool, start_mark: Any) -> None:
        if is_bad and self.peek() == "\t":
            raise yaml.scanner.ScannerError(None, start_mark, "found a tab that violates indentation", self.get_mark())

    def scan_block_scalar_indicators(self, start_mark: Any) -> tuple[bool | None, int | None]:
        """Read what follows `|` or `>`: whether last line breaks are kept, and the indentation."""
        match = _INDICATORS.match(self.buffer, self.pointer)
        signs, digit = (match[1] or match[4], match[2] or match[3]) if match is not None else (None, None)
        self.forward(0 if match is None else match.end() - match.start())
        return None if signs is None else signs == "+", None if digit is None else int(digit)

    def scan_block_scalar_ignored_line(self, start_mark: Any) -> None:
        """Pass over the rest of the line that begins a block scalar."""
        self._blanks(0, start_mark)
        super().scan_block_scalar_ignored_line(start_mark)

    def scan_block_scalar_indentation(self) -> Any:
        """Find out how far a block scalar is indented."""
        found = super().scan_block_scalar_indentation()
        self._refuse_tab(True, None)
        return found

    def scan_block_scalar_breaks(self, indent: int) -> Any:
        """Read the empty lines of a block scalar."""
        found = super().scan_block_scalar_breaks(indent)
        self._refuse_tab(self.column < indent, None)
        return found

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Read a stretch of quoted text."""
        begin = self.get_mark()
        chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        if SURROGATE.search("".join(chunks)) is not None:
            raise yaml.scanner.ScannerError(None, None, "found invalid Unicode character escape code", begin)
        return chunks


def _is_nothing(event: Any) -> bool:
    """Whether an event is of a value that is not there."""
    return type(event) is yaml.ScalarEvent and event.value == "" and event.implicit[0] and (event.tag, event.anchor) == (None, None)


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
    """Where and why a parser gave up."""
    mark, began = getattr(error, "problem_mark", None) or here, getattr(error, "context_mark", None)
    # Parsers differ about where the end of the text is.
    line, column = (1, 1) if mark is None else min((mark.line + 1, mark.column + 1), place(text))
    return broken(
        getattr(error, "problem", None) or "invalid Unicode character", line, column, None if began is None else began.line + 1
    )


def write(manifest: Json) -> str:
    """
    A manifest as YAML for people and for kubectl: keys in order, text quoted where any reader might take it for something else.

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
    text: str = yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**31)
    # PyYAML ends a document that is one scalar with a line of its own.
    return text[:-4] if text.endswith("\n...\n") else text


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
#: Line breaks that only YAML 1.1 knows.
_FOLDS = re.compile("[\r\x85\u2028\u2029]")
#: The first line of a block shows how far the block is indented.
_BLOCK = re.compile(r"[^\s\ufeff].*", re.DOTALL)


def _written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if _FOLDS.search(text) is not None:
        style = '"'
    elif "\n" in text and _BLOCK.fullmatch(text) is not None:
        style = "|"
    elif _SUSPECT.fullmatch(text) is not None or type(resolve(text)) is not str:
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _written)
