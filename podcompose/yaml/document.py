"""
From the events of a YAML or JSON text to one document: its value, the mark of every part of it, and all that is wrong with it.

Pure: knows no parser. Two passes without recursion: `compose` builds nodes (aliases share them, merge keys are melted in), and
`expand` makes of them plain values that share nothing, with the work that aliases cause bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from podcompose.core.json import DEPTH
from podcompose.errors import Finding
from podcompose.yaml.nodes import ALIASED, Document, Event, Node, expand, in_order
from podcompose.yaml.scalars import Wrong, resolve, short_tag

__all__ = ["Document", "Event", "compose"]

_MAPS = frozenset({None, "!", "tag:yaml.org,2002:map"})
_LISTS = frozenset({None, "!", "tag:yaml.org,2002:seq"})


def compose(events: Iterable[Event]) -> Document:
    """
    The one document that the events tell of.

    >>> compose([Event("document", 1, 1), Event("list", 1, 1), Event("scalar", 1, 3, "a"), Event("end", 1, 4)]).value
    ['a']
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
        return Document(None, {}, in_order(composer.found))
    return expand(composer.root, composer.size + ALIASED, composer.found)


class _Composer:
    """Takes events, builds nodes."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.found: list[Finding] = []
        self.size = 0
        self.is_done = False
        self._stack: list[Node] = []
        self._anchors: dict[str, Node] = {}
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

    def note(self, event: Event | Node, code: str, message: str, suggestion: str | None = None, at_key: bool = False) -> None:
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
        node = Node(event, "scalar", None if isinstance(value, Wrong) else value, None if type(value) is str else text)
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
        node = Node(event, kind)
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
            node = Node(event, "scalar", None, event.text)
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

    def _attach(self, node: Node) -> None:
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

    def _take_root(self, node: Node) -> None:
        """Kubectl passes over documents that are null."""
        is_null = node.kind == "scalar" and node.value is None
        if not is_null and not (node.kind == "scalar" and self._is_second()):
            self.root = node

    def _put(self, above: Node, key: Node, child: Node) -> None:
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

    def _name(self, key: Node) -> str | None:
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

    def _merge(self, above: Node, key: Node, child: Node) -> None:
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
