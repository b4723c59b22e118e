"""
What `podcompose.yaml.document` builds of a text: nodes, in which aliases are shared, and the plain values they stand for.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from podcompose.core.json import DEPTH, Json, Mark, Marks
from podcompose.errors import Finding, RawPath

__all__ = ["ALIASED", "Document", "Event", "Node", "expand", "in_order"]

#: How much aliases and merge keys may add to what is written out: values, and a value more for every 64 characters of text.
ALIASED = 50_000


class Document(NamedTuple):
    """One document; where `found` is not empty, `value` is only good for finding more that is wrong."""

    value: Json
    marks: Marks
    found: list[Finding]


class Event(NamedTuple):
    """One step of a parser, in lines and columns from 1; `text`: a scalar's value, an alias's name, why a text is broken."""

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


class Node:
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
            self.entries: dict[str, tuple[Node, Node]] = {}
            self.explicit: dict[str, Node] = {}
            self.key: Node | None = None
        elif kind == "list":
            self.elements: list[Node] = []


def expand(root: Node, allowed: int, found: list[Finding]) -> Document:
    """Plain values of their own for a node and all under it; `allowed` bounds how many."""
    marks: dict[RawPath, Mark] = {}
    work: list[tuple[Node, RawPath, Any]] = []
    spent = 0

    def place(node: Node, key: Node, path: RawPath) -> Json:
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
    excess = None
    while work and excess is None:
        node, path, target = work.pop()
        if node.kind == "map":
            for name, (key, child) in node.entries.items():
                target[name] = place(child, key, (*path, name))
        else:
            target.extend([place(child, child, (*path, index)) for index, child in enumerate(node.elements)])
        excess = _excess(node, path, spent > allowed)
    if excess is not None:
        return Document(None, marks, in_order([*_with_paths(found, marks), excess]))
    return Document(value, marks, in_order(_with_paths(found, marks)))


def _excess(node: Node, path: RawPath, is_large: bool) -> Finding | None:
    if is_large:
        code, suggestion = "too-large", "write out what is meant"
        message = f"aliases blow this document up by more than {ALIASED:,} values"
    elif len(path) >= DEPTH:
        code, suggestion = "too-deep", None
        message = f"more than {DEPTH} maps and lists inside each other"
    else:
        return None
    return Finding(code, "", message, suggestion, path[:4], False, node.line, node.column)


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


def in_order(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (finding.line or 0, finding.column or 0))
