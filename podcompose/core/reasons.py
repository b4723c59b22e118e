"""Why a stage did what it did to a field: what in its document, and which rule of the merge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from podcompose.core.directives import PRIMITIVES, REPLACE
from podcompose.core.json import Json, JsonMap, Marks, same
from podcompose.core.lists import AtomicList, KeyedList, SetList, Strategic
from podcompose.core.maps import Node, Struct, Whole
from podcompose.core.path import Key, Member, Path, Segment, format_path
from podcompose.core.schema import Field, Schema
from podcompose.core.select import has_key, locate, reach

__all__ = ["Rules", "Stage", "node_at", "why_gone", "why_set"]

#: How a stage's document is laid over what was there; "other" is a stranger's code, of which nothing is known.
Rules: TypeAlias = Literal["structural", "strategic", "merge-patch", "other"]


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
    rules: Rules = "structural"


def node_at(path: Path, plan: Node) -> Node | None:
    """The plan's node for a path; None where the plan has none."""
    node: Node | None = plan
    for segment in path:
        node = node.inner if isinstance(node, (Whole, Strategic)) else node
        if type(segment) is str:
            node = node.fields.get(segment) if isinstance(node, Struct) else None
        else:
            node = node.element if isinstance(node, (AtomicList, KeyedList, SetList)) else None
    return node


def why_set(path: Path, said: Path, stage: Stage, schema: Schema, plan: Node) -> str | None:
    """Why a stage changed what was there; `said` is the path in its document."""
    if stage.document is None or stage.stage == "template":
        return None
    raw = locate(stage.document, said, schema)
    if raw is None or type(_at(stage.document, raw)) is not list:
        return None
    if _is_strategic(path, stage, plan):
        return "merged by the dialect's list strategy"
    return "the list is replaced whole" if _is_replaced(path, stage, schema, plan) else None


def _is_strategic(path: Path, stage: Stage, plan: Node) -> bool:
    return stage.rules == "structural" and isinstance(node_at(path, plan), Strategic)


def _is_replaced(path: Path, stage: Stage, schema: Schema, plan: Node) -> bool:
    """Whether a list in the stage's document takes the place of the one that was there."""
    if stage.rules == "structural":
        whole = any(isinstance(node_at(path[:length], plan), Whole) for length in range(len(path)))
        return whole or not isinstance(node_at(path, plan), (KeyedList, SetList, Strategic))
    known = _field_at(path, schema)
    return stage.rules == "merge-patch" or (stage.rules == "strategic" and (known is None or known.patch_key is None))


def why_gone(path: Path, before: JsonMap, stage: Stage, schema: Schema, plan: Node) -> str | None:
    """What in the document took a path out of the pod."""
    for gone in stage.deletes:
        if _covers(gone, path, before, schema):
            return f"deleted by delete={format_path(gone)}"
    if stage.document is None:
        return None
    said, value = reach(stage.document, path, schema), stage.document
    for length in range(len(said) + 1):
        above, rest = path[:length], path[length:]
        reason = _removes(value, rest, _struct_at(above, schema), schema) if stage.rules != "merge-patch" else _nulled(value)
        if reason is None and type(value) is list:
            reason = _left_out(above, stage, schema, plan) if rest != () else None
        if reason is not None:
            return reason
        value = value[said[length]] if length < len(said) else value
    return _switched(value, path[len(said) :], path[: len(said)], schema) if stage.rules == "structural" else None


def _covers(gone: Path, path: Path, before: JsonMap, schema: Schema) -> bool:
    """Whether a path of `delete=`, which may name a part of a key, leads to this path or above it."""
    raw = locate(before, path, schema)
    if raw is None or len(gone) > len(path):
        return False
    return all(_names(segment, path[:at], raw[at], before, schema) for at, segment in enumerate(gone))


def _names(segment: Segment, above: Path, step: str | int, before: JsonMap, schema: Schema) -> bool:
    if isinstance(segment, (Key, Member)):
        raw = locate(before, above, schema)
        element = _at(before, raw)[step] if raw is not None else None
        if isinstance(segment, Member):
            return same(element, segment.value)
        return type(element) is dict and has_key(element, segment, _struct_at(above, schema), schema)
    return segment == step


def _left_out(path: Path, stage: Stage, schema: Schema, plan: Node) -> str | None:
    """Why a list that the document has is without an entry, or an entry without a field."""
    if _is_strategic(path, stage, plan):
        return "left out by the dialect's list strategy"
    return "the list was replaced whole" if _is_replaced(path, stage, schema, plan) else None


def _nulled(value: Json) -> str | None:
    return "deleted by null" if value is None else None


def _removes(value: Json, rest: Path, struct: str | None, schema: Schema) -> str | None:
    if type(value) is list:
        return _removes_element(value, rest, struct, schema) if rest != () else None
    if type(value) is not dict:
        return _nulled(value)
    directive = value.get("$patch")
    if directive == "delete":
        return "deleted by `$patch: delete`"
    if rest == ():
        return None
    if directive == "replace":
        return "all around it was replaced by `$patch: replace`"
    if "$retainKeys" in value and rest[0] not in value["$retainKeys"]:
        return "not among `$retainKeys`"
    if isinstance(rest[-1], (Member, int)) and len(rest) == 2 and f"{PRIMITIVES}{rest[0]}" in value:
        return "deleted by `$deleteFromPrimitiveList`"
    return None


def _removes_element(entries: list[Json], rest: Path, struct: str | None, schema: Schema) -> str | None:
    if REPLACE in entries:
        return "the whole list was replaced by `$patch: replace`"
    key = rest[0]
    if isinstance(key, Key) and any(
        type(entry) is dict and entry.get("$patch") == "delete" and has_key(entry, key, struct, schema) for entry in entries
    ):
        return "deleted by `$patch: delete`"
    return None


def _switched(value: Json, rest: Path, path: Path, schema: Schema) -> str | None:
    struct = _struct_at(path, schema)
    one_of = schema.one_ofs.get(struct) if struct is not None else None
    if one_of is None or type(value) is not dict or rest == ():
        return None
    members = (*one_of.members, *([one_of.discriminator] if one_of.discriminator is not None else []))
    winner = next((name for name, entry in value.items() if name in members and name != rest[0] and not _is_gone(entry)), None)
    return f"`{winner}` took its place" if winner is not None and rest[0] in one_of.members else None


def _is_gone(value: Json) -> bool:
    return value is None or (type(value) is dict and value.get("$patch") == "delete")


def _at(value: Json, raw: tuple[str | int, ...]) -> Json:
    for step in raw:
        value = value[step]
    return value


def _field_at(path: Path, schema: Schema) -> Field | None:
    if path == () or type(path[-1]) is not str:
        return None
    return schema.types.get(_struct_at(path[:-1], schema) or "", {}).get(path[-1])


def _struct_at(path: Path, schema: Schema) -> str | None:
    """The struct a path leads to, or the one its elements are where it leads to a list."""
    struct: str | None = schema.root
    for segment in path:
        if type(segment) is str:
            field = schema.types.get(struct or "", {}).get(segment)
            struct = field.of if field is not None and field.is_struct else None
    return struct
