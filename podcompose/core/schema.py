"""
What a schema is: the fields of the structs of a Pod, as plain data.

The data itself is generated (`podcompose.schema.pod`); core knows only these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["Field", "OneOf", "Schema"]

Kind = Literal["scalar", "struct", "map", "list"]
Merge = Literal["scalar", "granular", "atomic", "keyed", "set"]


class Field(NamedTuple):
    """One field of a struct: its Go type, and how Kubernetes' two merges treat it."""

    kind: Kind
    #: The struct's name, or the scalar type (of the field, the map's values or the list's elements):
    #: string, boolean, int32, int64, IntOrString, Quantity, Time, MicroTime.
    of: str
    #: Server-side apply's rule for the field.
    merge: Merge = "scalar"
    #: Server-side apply's keys of a keyed list.
    keys: tuple[str, ...] = ()
    #: Strategic merge patch: the merge key of a merged list, "" for one merged without a key, None for every other field.
    patch_key: str | None = None
    #: True where Go holds a pointer.
    pointer: bool = False
    #: First and last Kubernetes version (of those the schema covers) that has the field.
    since: str = "1.30"
    until: str = "1.37"

    @property
    def is_struct(self) -> bool:
        """Whether the field, or each element of it, is a struct."""
        return self.of[:1].isupper() and self.of not in UNTYPED


#: Scalars that are structs in Go and may be written in more than one JSON type.
UNTYPED = frozenset({"IntOrString", "Quantity", "Time", "MicroTime"})


class OneOf(NamedTuple):
    """A group of fields of one struct of which only one may be set."""

    members: tuple[str, ...]
    #: Members that are set only if not "" and not [] (the others: if not null).
    non_empty: frozenset[str] = frozenset()
    #: The field whose value says which member belongs to it, and that value for each member.
    discriminator: str | None = None
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Schema:
    """The structs reachable from `root`."""

    root: str
    types: Mapping[str, Mapping[str, Field]]
    #: Structs that server-side apply replaces whole wherever they stand.
    atomic: frozenset[str]
    #: Structs that may hold any key.
    free: frozenset[str]
    one_ofs: Mapping[str, OneOf]
    #: Values that a missing key field of a keyed list stands for, by "Type.field".
    key_defaults: Mapping[str, str | int]
    #: First and last Kubernetes version covered.
    since: str
    until: str

    def __repr__(self) -> str:
        """Its root, its size and its versions; the rest fills pages."""
        return f"Schema({self.root}, {len(self.types)} types, Kubernetes {self.since} to {self.until})"
