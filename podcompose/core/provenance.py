"""
Who set each field: computed when asked, from the stages a composition kept.

Every stage is seen the same way: the manifest before it, the manifest after it, and the document it was written in, if any.
What differs at a path is what the stage did there; the document says where that is written and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from podcompose.core.diff import moved, shown
from podcompose.core.directives import REPLACE
from podcompose.core.json import Json, JsonMap, Marks, copy, same
from podcompose.core.path import Key, Path, format_path
from podcompose.core.schema import Schema
from podcompose.core.select import locate, reach
from podcompose.errors import RawPath

__all__ = ["Explanation", "Stage", "Step", "explain"]

Action = Literal["set", "repeated", "moved", "removed"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a composition: who, where, what it said and what came of it."""

    stage: str
    who: str
    source: str | None
    after: JsonMap = field(repr=False)
    #: The patch as written, or the template itself; None for a hook that is code.
    document: Json = field(default=None, repr=False)
    marks: Marks = field(default_factory=dict, repr=False)
    deletes: tuple[Path, ...] = ()
    line: int | None = None


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
    value: Json = None
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


def explain(path: Path, stages: Sequence[Stage], schema: Schema) -> Explanation:
    """The history of a resolved path through the stages."""
    steps: list[Step] = []
    before: JsonMap = {}
    for stage in stages:
        step = _step(path, before, stage, schema)
        if step is not None:
            steps.append(step)
        before = stage.after
    return Explanation(format_path(path), tuple(steps), locate(before, path, schema) is not None)


def _step(path: Path, before: JsonMap, stage: Stage, schema: Schema) -> Step | None:
    old, new = locate(before, path, schema), locate(stage.after, path, schema)
    if old is None and new is None:
        return None
    if new is None:
        line, column = _written(path, stage, schema)
        return Step("removed", stage.stage, stage.who, stage.source, line, column, None, _why_gone(path, stage, schema))
    value = _at(stage.after, new)
    line, column = _written(path, stage, schema)
    if old is not None and same(_at(before, old), value):
        if path != () and isinstance(path[-1], Key) and _has_moved(old, new, before, stage.after, path[-1]):
            reason = f"from place {old[-1]} to {new[-1]}"
            return Step("moved", stage.stage, stage.who, stage.source, line, column, copy(value), reason)
        if not _mentions(path, stage, schema):
            return None
        return Step("repeated", stage.stage, stage.who, stage.source, line, column, copy(value))
    return Step("set", stage.stage, stage.who, stage.source, line, column, copy(value), _why_set(path, stage, schema))


def _has_moved(old: RawPath, new: RawPath, before: JsonMap, after: JsonMap, key: Key) -> bool:
    """Whether an element stands elsewhere among those that both lists have."""
    names = [name for name, _ in key.fields]
    left, right = (
        [tuple([element.get(name) for name in names]) for element in _at(*side)] for side in ((before, old[:-1]), (after, new[:-1]))
    )
    return left[int(old[-1])] in moved(left, right)


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


def _mentions(path: Path, stage: Stage, schema: Schema) -> bool:
    return stage.document is not None and locate(stage.document, path, schema) is not None


def _why_set(path: Path, stage: Stage, schema: Schema) -> str | None:
    if stage.document is None or stage.stage == "template":
        return None
    said, name = reach(stage.document, path, schema), path[-1] if path != () else None
    if type(_at(stage.document, said)) is list and len(said) == len(path) and type(name) is str:
        field = schema.types.get(_struct_at(path[:-1], schema) or "", {}).get(name)
        return "the list is replaced whole" if field is not None and field.merge == "atomic" else None
    return None


def _why_gone(path: Path, stage: Stage, schema: Schema) -> str | None:
    """What in the document took a path out of the pod."""
    for gone in stage.deletes:
        if path[: len(gone)] == gone:
            return f"deleted by delete={format_path(gone)}"
    if stage.document is None:
        return None
    said = reach(stage.document, path, schema)
    for length in range(len(said) + 1):
        reason = _removes(_at(stage.document, said[:length]), path[length:])
        if reason is not None:
            return reason
    return _switched(_at(stage.document, said), path[len(said) :], path[: len(said)], schema)


def _removes(value: Json, rest: Path) -> str | None:
    if value is None:
        return "deleted by null"
    directive = value.get("$patch") if type(value) is dict else None
    if directive == "delete":
        return "deleted by `$patch: delete`"
    if directive == "replace" and rest != ():
        return "all around it was replaced by `$patch: replace`"
    if type(value) is list and rest != ():
        return "the whole list was replaced by `$patch: replace`" if REPLACE in value else None
    if type(value) is dict and rest != () and "$retainKeys" in value and rest[0] not in value["$retainKeys"]:
        return "not among `$retainKeys`"
    return None


def _switched(value: Json, rest: Path, path: Path, schema: Schema) -> str | None:
    if type(value) is list:
        return "the list was replaced whole"
    struct = _struct_at(path, schema)
    one_of = schema.one_ofs.get(struct) if struct is not None else None
    if one_of is None or type(value) is not dict or rest == ():
        return None
    members = (*one_of.members, *([one_of.discriminator] if one_of.discriminator is not None else []))
    winner = next((name for name in value if name in members and name != rest[0]), None)
    return f"`{winner}` took its place" if winner is not None and rest[0] in one_of.members else None


def _struct_at(path: Path, schema: Schema) -> str | None:
    struct: str | None = schema.root
    for segment in path:
        if type(segment) is str:
            field = schema.types.get(struct or "", {}).get(segment)
            struct = field.of if field is not None and field.is_struct else None
    return struct
