"""
Where a strategic merge stands: in the patch, in the pod, and among the structs that merge keys are looked up in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from podcompose.core.hints import close
from podcompose.core.json import Json
from podcompose.core.path import Key, Path, Segment, format_path
from podcompose.core.schema import UNTYPED, Field, Schema
from podcompose.core.strategic.order import WHOLE, Identity
from podcompose.errors import Finding, RawPath

__all__ = ["Place", "RefusedError", "go_text"]

#: What a map over a scalar of more than one JSON type is to Go: a struct with these fields, none of them a struct or a list.
_FIELDS_IN_GO: Mapping[str, Mapping[str, Field]] = {
    "IntOrString": {name: Field("scalar", "string") for name in ("Type", "IntVal", "StrVal")},
    "Quantity": {"Format": Field("scalar", "string")},
}


class RefusedError(Exception):
    """A field of the patch cannot be merged. Never leaves the engine: the map that holds the field notes the findings."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__(findings)


@dataclass(frozen=True, slots=True)
class Place:
    """A map or list that stands in both documents, or an entry of such a list."""

    schema: Schema
    found: list[Finding]
    #: The struct whose fields a map's keys are, or the Go kind of what is no struct.
    struct: str
    #: Its fields; None if it is no struct.
    fields: Mapping[str, Field] | None
    path: Path = ()
    #: Keys and list indexes in the patch.
    raw: RawPath = ()
    #: Of a list: what tells its entries apart.
    identity: Identity = WHOLE
    #: Of a list: whether the patch's replaces the original's.
    is_atomic: bool = False

    def map_at(self, name: str, raw_key: str) -> Place:
        """The map that both documents hold at `name`; the patch has it at `raw_key`."""
        field = self._field(name, raw_key)
        fields = self.schema.types.get(field.of, {}) if field.is_struct else _FIELDS_IN_GO.get(field.of, {})
        is_struct = field.kind == "struct" or (field.kind == "scalar" and field.of in UNTYPED)
        struct, members = (field.of, fields) if is_struct else (field.kind, None)
        return Place(self.schema, self.found, struct, members, (*self.path, name), (*self.raw, raw_key))

    def list_at(self, name: str, raw_key: str) -> Place:
        """The list that the patch holds for `name` at `raw_key`, with its merge key."""
        field = self._field(name, raw_key)
        if field.kind != "list" and not field.pointer:
            raise self.inside(name, raw_key).refused("wrong-type", f"expected slice or array type: {name} is no list of a Pod")
        struct, fields = (field.of, self.schema.types.get(field.of, {})) if field.is_struct else (field.kind, None)
        path, raw, key = (*self.path, name), (*self.raw, raw_key), field.patch_key
        return Place(self.schema, self.found, struct, fields, path, raw, Identity(key) if key is not None else WHOLE, key is None)

    def inside(self, segment: Segment, raw_key: str | int) -> Place:
        """What stands at `segment`, whatever it is: a place to report."""
        return replace(self, path=(*self.path, segment), raw=(*self.raw, raw_key))

    def entry(self, index: int, entry: Json) -> Place:
        """An entry of the patch's list, called by its merge key if it has one."""
        key = self.identity.key
        name = entry.get(key) if type(entry) is dict else None
        return self.inside(index if name is None or type(name) in (dict, list) else Key(((key, name),)), index)

    def refused(self, code: str, message: str, suggestion: str | None = None) -> RefusedError:
        """The error to raise where this place cannot be merged."""
        return RefusedError([self.finding(code, message, suggestion)])

    def finding(self, code: str, message: str, suggestion: str | None = None, *, at_key: bool = False) -> Finding:
        """What is wrong with this place."""
        return Finding(code, format_path(self.path), message, suggestion, self.raw, at_key)

    def _field(self, name: str, raw_key: str) -> Field:
        if self.fields is None:
            message = f"merging an object in json but data type is not struct, instead is: {self.struct}"
            raise self.inside(name, raw_key).refused("wrong-type", message, f"only scalars merge inside this {self.struct}")
        exact, newest = self.fields.get(name), self.schema.until
        if exact is not None and exact.until == newest:
            return exact
        # strategicpatch finds a field as Go's JSON does: else by ASCII letters of either case, and U+017F and U+212A are s and k.
        folded = name.replace("\u017f", "s").lower()
        fields = {known: field for known, field in self.fields.items() if field.until == newest}
        for known, field in fields.items():
            if known.lower() == folded:
                return field
        raise RefusedError([self._unknown(name, raw_key, fields)])

    def _unknown(self, name: str, raw_key: str, fields: Mapping[str, Field]) -> Finding:
        message = f"unable to find api field in struct {self.struct} for the json field {json.dumps(name, ensure_ascii=False)}"
        near = close(name, fields)
        suggestion = None if near is None else f"did you mean `{near}`?"
        return self.inside(name, raw_key).finding("unknown-field", message, suggestion, at_key=True)


def go_text(value: Json) -> str:
    """
    Print a value as Go's errors do (`%v`), cut where it gets long.

    >>> go_text({"name": None, "args": ["x", True]})
    'map[args:[x true] name:<nil>]'
    """
    text = _go_text(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _go_text(value: Json) -> str:
    if type(value) is dict:
        return "map[" + " ".join(f"{key}:{_go_text(entry)}" for key, entry in sorted(value.items())) + "]"
    if type(value) is list:
        return "[" + " ".join(map(_go_text, value)) + "]"
    if value is None or type(value) is bool:
        return "<nil>" if value is None else str(value).lower()
    return str(value)
