"""
Who set each field: computed when asked, from the stages a composition kept.

Every stage is seen the same way: the manifest before it, the manifest after it, and the document it was written in, if any.
What differs at a path is what the stage did there; the document says where that is written and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from podcompose.core.counterpart import carried
from podcompose.core.diff import keyed, moved, shown
from podcompose.core.json import Json, JsonMap, copy, same
from podcompose.core.lists import KeyedList
from podcompose.core.maps import Node
from podcompose.core.path import Key, Path, format_path
from podcompose.core.reasons import Stage, node_at, why_gone, why_set
from podcompose.core.schema import Schema
from podcompose.core.select import locate, reach
from podcompose.errors import RawPath

__all__ = ["Explanation", "Stage", "Step", "explain"]

Action = Literal["set", "repeated", "ignored", "moved", "removed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did to one field."""

    action: Action
    stage: str
    who: str
    source: str | None = None
    line: int | None = None
    column: int | None = None
    #: The value after this stage; None if it is gone.
    value: Json = field(default=None, hash=False)
    #: Why, where it is not plain: "`valueFrom` took its place", "deleted by null", "moved from place 0 to 1".
    reason: str | None = None

    @property
    def location(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        """
        One readable line.

        >>> print(Step("set", "override", "team-a", "o.yaml", 4, 9, "img:2"))
        override team-a (o.yaml:4:9) set it to "img:2"
        """
        by = " ".join(part for part in (self.stage, self.who) if part != "")
        where = f" ({self.location})" if self.location != "" else ""
        done = {
            "set": f"set it to {shown(self.value)}",
            "repeated": "says the same",
            "ignored": "did not change it",
            "moved": "moved it",
            "removed": "removed it",
        }[self.action]
        return f"{by}{where} {done}" + (f": {self.reason}" if self.reason is not None else "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The history of one field, oldest step first; the text is one line a step."""

    path: str
    steps: tuple[Step, ...]
    #: Whether the composed pod has the field.
    present: bool

    @property
    def _decisive(self) -> Step | None:
        deeds = [step for step in self.steps if step.action in ("set", "removed")]
        return deeds[-1] if deeds != [] else None

    @property
    def value(self) -> Json:
        """The value in the composed pod, a copy; None if it is not there."""
        return copy(self._decisive.value) if self._decisive is not None else None

    @property
    def stage(self) -> str | None:
        """The stage that had the last word: template, override or hook."""
        return self._decisive.stage if self._decisive is not None else None

    @property
    def who(self) -> str | None:
        """The name of that stage."""
        return self._decisive.who if self._decisive is not None else None

    @property
    def source(self) -> str | None:
        """The file that stage was written in."""
        return self._decisive.source if self._decisive is not None else None

    @property
    def line(self) -> int | None:
        """The line there, from 1."""
        return self._decisive.line if self._decisive is not None else None

    @property
    def column(self) -> int | None:
        """The column there, from 1."""
        return self._decisive.column if self._decisive is not None else None

    @property
    def location(self) -> str:
        """`file:line:column`, as far as it is known."""
        return self._decisive.location if self._decisive is not None else ""

    @property
    def earlier(self) -> tuple[Step, ...]:
        """The steps whose values were overwritten, oldest first."""
        return tuple(step for step in self.steps if step.action == "set" and step is not self._decisive)

    @property
    def removed_by(self) -> Step | None:
        """The step that removed it, if it is gone."""
        return None if self.present else self._decisive

    def __str__(self) -> str:
        """The path and its value, then a line for every step."""
        head = shown(self.value) if self.present else "not in the pod"
        return "\n".join([f"{self.path}: {head}", *(f"  {step}" for step in self.steps)])


def explain(path: Path, stages: Sequence[Stage], schema: Schema, plan: Node) -> Explanation:
    """
    The history of a resolved path through the stages.

    It is followed back from the last stage: an entry of a list without keys may have stood elsewhere before.
    """
    steps: list[Step] = []
    here = path
    for before, stage in zip([{}, *(stage.after for stage in stages)][-2::-1], reversed(stages), strict=True):
        was = carried(here, stage.after, before, schema)
        step = _step(was, here, before, stage, schema, plan)
        if step is not None:
            steps.append(step)
        here = was
    present = locate(stages[-1].after, path, schema) is not None
    return Explanation(format_path(path), tuple(reversed(steps)), present)


def _step(was: Path, path: Path, before: JsonMap, stage: Stage, schema: Schema, plan: Node) -> Step | None:
    old, new = locate(before, was, schema), locate(stage.after, path, schema)
    if old is None and new is None:
        return None
    said = carried(path, stage.after, stage.document, schema)
    line, column = _written(said, stage, schema)
    if new is None:
        reason = why_gone(path, before, stage, schema, plan)
        return Step("removed", stage.stage, stage.who, stage.source, line, column, None, reason)
    value = copy(_at(stage.after, new))
    if old is None or not same(_at(before, old), value):
        reason = why_set(path, said, stage, schema, plan) if old is not None else None
        return Step("set", stage.stage, stage.who, stage.source, line, column, value, reason)
    if path != () and isinstance(path[-1], Key) and _has_moved(old, new, before, stage.after, node_at(path[:-1], plan)):
        reason = f"from place {old[-1]} to {new[-1]}"
        return Step("moved", stage.stage, stage.who, stage.source, line, column, value, reason)
    mentioned = locate(stage.document, said, schema) if stage.document is not None else None
    if mentioned is None:
        return None
    # Only an engine of one's own leaves what stands there although the document says something else.
    word = _at(stage.document, mentioned)
    if stage.rules == "other" and type(value) not in (dict, list) and not same(word, value):
        return Step("ignored", stage.stage, stage.who, stage.source, line, column, value, f"it says {shown(word)}")
    return Step("repeated", stage.stage, stage.who, stage.source, line, column, value)


def _has_moved(old: RawPath, new: RawPath, before: JsonMap, after: JsonMap, node: Node | None) -> bool:
    """Whether an element stands elsewhere among those that both lists have, as a diff sees it."""
    if not isinstance(node, KeyedList):
        return False
    left, right = keyed(node, _at(before, old[:-1])), keyed(node, _at(after, new[:-1]))
    return left is not None and right is not None and node.key(_at(before, old)) in moved(list(left), list(right))


def _at(value: Json, raw: RawPath) -> Json:
    for step in raw:
        value = value[step]
    return value


def _written(path: Path, stage: Stage, schema: Schema) -> tuple[int | None, int | None]:
    """Line and column of what the stage's document says of a path, or of the nearest thing above it."""
    if stage.document is None:
        return stage.line, None
    raw = reach(stage.document, path, schema)
    mark = stage.marks.get(raw)
    if mark is None or raw == () != path:
        return None, None
    return mark.line, mark.column
