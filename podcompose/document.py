"""
From the events of a YAML or JSON text to one document: its value, the mark of every part of it, and all that is wrong with it.

Pure: knows no parser. Two passes without recursion: `compose` builds nodes (aliases share them, merge keys are melted in), and
`_expand` makes of them plain values that share nothing, with the work that aliases cause bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from podcompose.core.json import DEPTH, Json, Mark, Marks
from podcompose.errors import Finding, RawPath
from podcompose.scalars import Wrong, resolve, short_tag

__all__ = ["Document", "Event", "compose"]

#: How much aliases and merge keys may add to what is written out: values, and a value more for every 64 characters of text.
ALIASED = 50_000

_MAPS = frozenset({None, "!", "tag:yaml.org,2002:map"})
_LISTS = frozenset({None, "!", "tag:yaml.org,2002:seq"})


class Document(NamedTuple):
    """One document; where `found` is not empty, `value` is only good for finding more that is wrong."""

    value: Json
    marks: Marks
    found: list[Finding]


class Event(NamedTuple):
    """One step of a parser; lines and columns count from 1. `text` is a scalar's value, an alias's name, a broken text's message."""

    kind: Literal["document", "scalar", "map", "list", "end", "alias", "broken"]
    line: int
    column: int
    text: str = ""
    tag: str | None = None
    plain: bool = False
    anchor: str | None = None
    #: Of a broken text: the code and the suggestion of the finding.
    code: str = "bad-yaml"
    suggestion: str | None = None


class _Node:
    """A value as written; `entries` of a map: its keys' and values' nodes by key, of a list: the elements."""

    __slots__ = (
        "column",
        "elements",
        "entries",
        "explicit",
        "is_broken",
        "is_open",
        "key",
        "kind",
        "line",
        "merges",
        "text",
        "value",
    )

    def __init__(self, event: Event, kind: Literal["scalar", "map", "list"], value: Json = None, text: str | None = None) -> None:
        self.kind, self.line, self.column, self.value, self.text = kind, event.line, event.column, value, text
        self.is_open = kind != "scalar"
        self.merges = self.is_broken = False
        if kind == "map":
            self.entries: dict[str, tuple[_Node, _Node]] = {}
            self.explicit: dict[str, _Node] = {}
            self.key: _Node | None = None
        elif kind == "list":
            self.elements: list[_Node] = []


def compose(events: Iterable[Event]) -> Document:
    """
    The one document that the events tell of.

    >>> compose([Event("document", 1, 1), Event("map", 1, 1), Event("scalar", 1, 1, "a"), Event("scalar", 1, 4, "b"), Event("end", 1, 5)]).value
    {'a': 'b'}
    """
    composer = _Composer()
    for event in events:
        if event.kind == "broken":
            return Document(None, {}, [Finding(event.code, "", event.text, event.suggestion, (), False, event.line, event.column)])
        composer.steps[event.kind](event)
        if composer.is_done:
            break
    if composer.root is None:
        composer.note_empty()
        return Document(None, {}, _in_order(composer.found))
    return _expand(composer.root, composer.size + ALIASED, composer.found)


class _Composer:
    """Takes events, builds nodes."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.found: list[Finding] = []
        self.size = 0
        self.is_done = False
        self._stack: list[_Node] = []
        self._anchors: dict[str, _Node] = {}
        self._merged = 0
        self._line = 1
        self.steps: Mapping[str, Callable[[Event], None]] = {
            "document": self._document,
            "scalar": self._scalar,
            "map": self._open,
            "list": self._open,
            "end": self._close,
            "alias": self._alias,
        }

    def note(self, event: Event | _Node, code: str, message: str, suggestion: str | None = None, at_key: bool = False) -> None:
        self.found.append(Finding(code, "", message, suggestion, (), at_key, event.line, event.column))

    def note_empty(self) -> None:
        if not self.found:
            self.found.append(Finding("empty", "", "there is no document in it, at most comments", None, (), False, 1, 1))

    def _document(self, event: Event) -> None:
        self._line = event.line
        self._anchors = {}

    def _scalar(self, event: Event) -> None:
        text, tag, plain = event.text, event.tag, event.plain
        self.size += 1 + (len(text) >> 6)
        value = resolve(text, tag, plain)
        if isinstance(value, Wrong):
            self.note(event, *value)
        node = _Node(event, "scalar", None if isinstance(value, Wrong) else value, None if type(value) is str else text)
        node.is_broken = isinstance(value, Wrong)
        node.merges = plain and tag is None and text == "<<"
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._attach(node)

    def _open(self, event: Event) -> None:
        kind: Literal["map", "list"] = "map" if event.kind == "map" else "list"
        if not self._stack and self._is_second():
            return
        if len(self._stack) >= DEPTH:
            self.note(event, "too-deep", f"more than {DEPTH} maps and lists inside each other")
            self.is_done = True
            return
        if event.tag not in (_MAPS if kind == "map" else _LISTS):
            message = f"the tag `{short_tag(event.tag or '')}` means nothing to Kubernetes on a {kind}"
            self.note(event, "unknown-tag", message, "leave the tag out")
        self.size += 1
        node = _Node(event, kind)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._stack.append(node)

    def _close(self, event: Event) -> None:
        node = self._stack.pop()
        node.is_open = False
        self._attach(node)

    def _alias(self, event: Event) -> None:
        node = self._anchors.get(event.text)
        if node is None:
            self.note(
                event, "bad-alias", f"no anchor `&{event.text:.80}` stands before this alias", "define it above, or quote the value"
            )
        elif node.is_open:
            self.note(event, "alias-loop", f"`*{event.text:.80}` stands inside of what it means: a document cannot contain itself")
        if node is None or node.is_open:
            node = _Node(event, "scalar", None, event.text)
            node.is_broken = True
        self._attach(node)

    def _is_second(self) -> bool:
        """Whether a document that is not null stands before; then all has been said."""
        if self.root is None:
            return False
        message = f"more than one document: the second begins in line {self._line}"
        self.found.append(Finding("several-documents", "", message, "keep one document a file", (), False, self._line, 1))
        self.is_done = True
        return True

    def _attach(self, node: _Node) -> None:
        """Give a finished node to the one it stands in."""
        if not self._stack:
            self._take_root(node)
            return
        above = self._stack[-1]
        if above.kind == "list":
            above.elements.append(node)
        elif above.key is None:
            above.key = node
        else:
            key, above.key = above.key, None
            self._put(above, key, node)

    def _take_root(self, node: _Node) -> None:
        """Kubectl passes over documents that are null."""
        is_null = node.kind == "scalar" and node.value is None
        if not is_null and not (node.kind == "scalar" and self._is_second()):
            self.root = node

    def _put(self, above: _Node, key: _Node, child: _Node) -> None:
        if key.merges:
            self._merge(above, key, child)
            return
        name = self._name(key)
        if name is None:
            return
        if name in above.explicit:
            first = above.explicit[name]
            message = f"the key `{name:.80}` is here and in line {first.line}, column {first.column}"
            self.note(key, "repeated-key", message, "keep one of the two", at_key=True)
        above.explicit.setdefault(name, key)
        above.entries[name] = (key, child)

    def _name(self, key: _Node) -> str | None:
        """The key as text; None where it has none."""
        if type(key.value) is str or key.is_broken:
            return key.text if key.is_broken else key.value
        if key.kind != "scalar":
            message, remedy = f"a {key.kind} stands where a key should", "quote it; or is this an unrendered template, `{{ ... }}`?"
        else:
            message = f"the key `{key.text}` is no string: Kubernetes' tools take it for {_spelled(key.value)}"
            remedy = f'quote it: "{key.text}"'
        self.note(key, "bad-key", message, remedy, at_key=True)
        return key.text

    def _merge(self, above: _Node, key: _Node, child: _Node) -> None:
        """
        `<<`: Kubernetes' reader does it in its place, so keys above it yield to it, and keys below it win.

        Of several maps in a list the first wins.
        """
        sources = child.elements[::-1] if child.kind == "list" else [child]
        for source in sources:
            if source.kind != "map":
                self.note(source, "bad-merge", "`<<` takes a map, or a list of maps", 'if the key is meant, quote it: "<<"')
                continue
            self._merged += len(source.entries)
            if self._merged > ALIASED:
                self.note(key, "too-large", f"merge keys bring in more than {ALIASED:,} entries", "write out what is meant")
                self.is_done = True
                return
            above.entries.update(source.entries)


def _spelled(value: Any) -> str:
    return {None: "null", True: "true", False: "false"}[value] if value is None or type(value) is bool else f"the number {value}"


def _expand(root: _Node, allowed: int, found: list[Finding]) -> Document:
    """Plain values of their own for a node and all under it; `allowed` bounds how many."""
    marks: dict[RawPath, Mark] = {}
    work: list[tuple[_Node, RawPath, Any]] = []
    spent = 0

    def place(node: _Node, key: _Node, path: RawPath) -> Json:
        nonlocal spent
        marks[path] = Mark(node.line, node.column, key.line, key.column, node.text)
        value = node.value
        if node.kind == "scalar":
            spent += 1 + (len(value) >> 6) if type(value) is str else 1
            return value
        spent += 1
        value = {} if node.kind == "map" else []
        work.append((node, path, value))
        return value

    value = place(root, root, ())
    while work:
        node, path, target = work.pop()
        excess = _excess(node, path, spent > allowed)
        if excess is not None:
            return Document(None, marks, _in_order([*_with_paths(found, marks), excess]))
        if node.kind == "map":
            for name, (key, child) in node.entries.items():
                target[name] = place(child, key, (*path, name))
        else:
            target.extend([place(child, child, (*path, index)) for index, child in enumerate(node.elements)])
    return Document(value, marks, _in_order(_with_paths(found, marks)))


def _excess(node: _Node, path: RawPath, is_large: bool) -> Finding | None:
    if is_large:
        message = f"aliases blow this document up by more than {ALIASED:,} values"
        return Finding("too-large", "", message, "write out what is meant", path[:4], False, node.line, node.column)
    if len(path) >= DEPTH:
        message = f"more than {DEPTH} maps and lists inside each other"
        return Finding("too-deep", "", message, None, path[:4], False, node.line, node.column)
    return None


def _with_paths(found: list[Finding], marks: Marks) -> list[Finding]:
    """The findings, each with the path that its place has in the document, if it has one."""
    if not found:
        return found
    values: dict[tuple[int | None, int | None], RawPath] = {}
    keys: dict[tuple[int | None, int | None], RawPath] = {}
    for path, mark in marks.items():
        values.setdefault((mark.line, mark.column), path)
        keys.setdefault((mark.key_line, mark.key_column), path)
    return [
        finding
        if finding.code == "several-documents"
        else finding._replace(raw=(keys if finding.at_key else values).get((finding.line, finding.column), ()))
        for finding in found
    ]


def _in_order(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (finding.line or 0, finding.column or 0))
