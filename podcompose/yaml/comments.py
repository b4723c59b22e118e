"""Comments: written above the lines of a manifest, and read back. PyYAML knows none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from podcompose.core.json import Json, Marks, same
from podcompose.errors import RawPath
from podcompose.yaml.reader import read, write

__all__ = ["comments_of", "write_commented"]


def write_commented(manifest: Json, comments: Mapping[RawPath, str]) -> str:
    """
    A manifest as `write` writes it, with comments above what they are about; () is the whole document, and comes first.

    Shapes: a comment is text without `#`, of one line or several; one for a path that is not there is left out.

    >>> comments = {(): "A pod.", ("spec", "containers", 0): "The task."}
    >>> print(write_commented({"spec": {"containers": [{"name": "base"}]}}, comments), end="")
    # A pod.
    <BLANKLINE>
    spec:
      containers:
      # The task.
      - name: base
    """
    text = write(manifest)
    marks = read(text).marks
    above: dict[int, list[str]] = {}
    for path, comment in comments.items():
        if path != () and path in marks:
            mark = marks[path]
            indent = " " * ((mark.key_column if type(path[-1]) is str else mark.column - 2) - 1)
            # Only the outermost of what begins in a line can have it to itself: the others' comments stand above it too.
            above.setdefault(mark.key_line, []).extend(_hashed(comment, indent))
    head = [*_hashed(comments[()], ""), ""] if () in comments else []
    lines = [line for number, written in enumerate(text[:-1].split("\n"), 1) for line in (*above.get(number, ()), written)]
    return "\n".join([*head, *lines, ""])


def _hashed(comment: str, indent: str) -> list[str]:
    return [f"{indent}# {line}".rstrip() for line in comment.splitlines()]


def comments_of(text: str) -> dict[RawPath, str]:
    """
    The comments that have lines of their own, by the path of what they stand above; those before an empty line at the top are ().

    >>> comments_of("# A pod.\\n\\nspec:\\n  # On the host's network.\\n  hostNetwork: true\\n")
    {(): 'A pod.', ('spec', 'hostNetwork'): "On the host's network."}
    """
    outermost = _outermost(read(text).marks)
    found: dict[RawPath, str] = {}
    waiting: list[str] = []
    lines = text.split("\n")
    silent = _silent(lines)
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if number in silent:
            waiting.append(stripped[1:].removeprefix(" "))
            continue
        if waiting != [] and ((stripped == "" and found == {}) or number in outermost):
            found[outermost[number] if stripped != "" else ()] = "\n".join(waiting)
        waiting = []
    return found


def _silent(lines: Sequence[str]) -> frozenset[int]:
    """The lines that are comments, and not lines of a script: without them the document is the same."""
    hashed = frozenset(number for number, line in enumerate(lines, 1) if line.lstrip()[:1] == "#")
    value = read("\n".join(lines)).value
    if same(value, _without(lines, hashed)):
        return hashed
    return frozenset(number for number in hashed if same(value, _without(lines, {number})))


def _without(lines: Sequence[str], numbers: Collection[int]) -> Json:
    return read("\n".join(line for number, line in enumerate(lines, 1) if number not in numbers)).value


def _outermost(marks: Marks) -> dict[int, RawPath]:
    """For each line the outermost of what begins in it."""
    first: dict[int, RawPath] = {}
    for path, mark in marks.items():
        if path != () and (mark.key_line not in first or len(path) < len(first[mark.key_line])):
            first[mark.key_line] = path
    return first
