"""
What APPLY and COMPOSE add to Kubernetes' own merge, once more and plainly, to be held against the library:

    merge(original, patch) = prune(M(original - D, patch - nulls and directives))

M is left to Kubernetes' Go code; this module makes its two arguments, and says what is refused before M is asked. It is written
from the rules, not from the library, and knows nothing of the library but the schema's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from tests.differential.judge import same
from tests.differential.places import Table

__all__ = ["Formula", "RefusedError", "prune"]

Pod = dict[str, Any]
DELETE = {"$patch": "delete"}
REPLACE = {"$patch": "replace"}
ABSENT: Any = object()
RANGES = {"int32": 2**31, "int64": 2**63, "IntOrString": 2**31}


class RefusedError(Exception):
    """The rules refuse the pair."""


def prune(value: Any) -> Any:
    """The value without map entries that are null; null list entries stay."""
    if isinstance(value, dict):
        return {key: prune(entry) for key, entry in value.items() if entry is not None}
    return [prune(entry) for entry in value] if isinstance(value, list) else value


def refuse(unless: bool, why: str) -> None:
    """Refuse the pair."""
    if not unless:
        raise RefusedError(why)


@dataclass(frozen=True, slots=True)
class Formula:
    """The rules of one dialect."""

    table: Table

    def request(self, original: Pod, patch: Pod) -> dict[str, Any]:
        """
        The question to the Go program whose pruned answer the merge must give.

        Raises: RefusedError.
        """
        if self.table == "compose":
            original, patch = whole(original, POD.root), whole(patch, POD.root)
        self.check_original(original, POD.root)
        raw = prune(original)
        refuse("$patch" not in patch or patch["$patch"] == "replace", "a whole pod cannot be deleted")
        cleaned = self.clean_map(patch, POD.root, None, False, "field")
        reduced = {} if patch.get("$patch") == "replace" else self.reduce_struct(raw, patch, POD.root)
        if self.table == "compose":
            check_scalars(raw)
            check_scalars(cleaned)
        return {"op": "apply", "table": self.table, "raw": raw, "original": reduced, "patch": cleaned}

    def is_atomic(self, field: Field) -> bool:
        """Whether the value of a field is replaced whole."""
        return field.merge == "atomic" and (self.table == "apply" or field.kind == "list")

    def check_original(self, value: Any, name: str | None) -> None:
        """No directives, no unknown fields, also where they are null."""
        if isinstance(value, list):
            for entry in value:
                self.check_original(entry, name)
        if isinstance(value, dict):
            for key, entry in value.items():
                refuse(not key.startswith("$"), f"{key} in the original")
                field = POD.types.get(name or "", {}).get(key)
                refuse(name is None or field is not None, f"unknown {key} in the original")
                self.check_original(entry, field.of if field is not None and field.is_struct else None)

    # patch - nulls and directives

    def clean_map(self, patch: Pod, name: str | None, field: Field | None, inside: bool, part: str) -> Pod:
        """A struct (`name`) or a free map of the patch, without nulls and directives. `inside`: in a value replaced whole."""
        atomic = part == "field" and field is not None and self.is_atomic(field)
        atomic = atomic or (self.table == "apply" and name in POD.atomic)
        cleaned = {}
        for key, value in patch.items():
            if key.startswith("$"):
                self.check_directive(patch, key, name, inside, atomic, part)
                continue
            known = field if name is None else POD.types[name].get(key)
            refuse(known is not None, f"unknown {key}")
            if value is None:
                continue
            if isinstance(value, dict) and value.get("$patch") == "delete":
                refuse(same(value, DELETE), "$patch: delete with more beside it")
                refuse(not inside and not atomic, "$patch: delete inside an atomic value")
                continue
            assert known is not None, "refused above"
            cleaned[key] = value if name is None else self.clean(value, known, inside or atomic)
        return cleaned

    def clean(self, value: Any, field: Field, inside: bool) -> Any:
        """The value of a field of the patch; what is of another type than the field is left for Go to refuse."""
        if isinstance(value, dict) and field.kind in ("struct", "map"):
            return self.clean_map(value, field.of if field.kind == "struct" else None, field, inside, "field")
        if isinstance(value, list) and field.kind == "list":
            return [entry for entry in self.clean_entries(value, field, inside) if entry is not ABSENT]
        return value

    def clean_entries(self, values: list[Any], field: Field, inside: bool) -> Iterator[Any]:
        """The entries of a list of the patch, ABSENT for directives."""
        for entry in values:
            if isinstance(entry, dict) and "$patch" in entry:
                self.check_entry(entry, field, inside)
                yield ABSENT
            elif isinstance(entry, dict) and field.is_struct:
                cleaned = self.clean_map(entry, field.of, field, inside or field.merge == "atomic", "element")
                check_key(cleaned, field)
                yield cleaned
            else:
                yield entry

    def check_entry(self, entry: Pod, field: Field, inside: bool) -> None:
        """A list entry that is a directive: `replace` for the list, or `delete` for one element of a keyed list."""
        refuse(not inside, "a directive inside an atomic value")
        if same(entry, REPLACE):
            return
        refuse(entry["$patch"] == "delete" and field.merge == "keyed", "a directive that no list entry may be")
        key = {name: value for name, value in entry.items() if name != "$patch" and value is not None}
        refuse(entry.keys() - {"$patch"} <= set(field.keys), "$patch: delete with more than the key")
        refuse(all(name in key or name == "protocol" for name in field.keys), "$patch: delete without its key")
        check_key(key, field)
        refuse(all(_fits(value, POD.types[field.of][name].of) for name, value in key.items()), "a key of the wrong type")

    def check_directive(self, patch: Pod, key: str, name: str | None, inside: bool, atomic: bool, part: str) -> None:
        """A directive in a map of the patch."""
        value, (word, _, target) = patch[key], key.partition("/")
        refuse(not inside, f"{key} inside an atomic value")
        if key == "$patch":
            refuse(value == "replace" and part == "field", f"$patch: {value}")
        elif key == "$retainKeys":
            refuse(isinstance(value, list) and all(isinstance(one, str) for one in value), "$retainKeys is no list of names")
            given = {one for one, entry in patch.items() if entry is not None and not one.startswith("$")}
            refuse(atomic or given <= set(value), "a field that $retainKeys does not name")
        else:
            field = POD.types.get(name or "", {}).get(target)
            refuse(word == "$deleteFromPrimitiveList" and not atomic, f"{key} is no directive here")
            refuse(field is not None and field.kind == "list" and not field.is_struct, f"{target} is no list of scalars")
            refuse(isinstance(value, list), f"{key} is no list")

    # original - D

    def reduce_struct(self, original: Pod, patch: Pod, name: str) -> Pod:
        """A struct of the original, less what the patch deletes, replaces or switches away."""
        reduced = self.reduce_named(original, patch, POD.types[name])
        for member in self.switched(reduced, patch, name):
            del reduced[member]
        for key, values in patch.items():
            word, _, target = key.partition("/")
            if word == "$deleteFromPrimitiveList" and isinstance(reduced.get(target), list):
                reduced[target] = [entry for entry in reduced[target] if not any(same(entry, value) for value in values)]
        return reduced

    def reduce_named(self, original: Pod, patch: Pod, fields: Mapping[str, Field]) -> Pod:
        """A map of the original, less the names that the patch deletes, field by field."""
        kept = patch.get("$retainKeys", list(original))
        reduced = {}
        for key, value in original.items():
            given = patch.get(key, ABSENT)
            if key not in kept or given is None or (given is not ABSENT and same(given, DELETE)):
                continue
            rest = self.reduce(value, given, fields[key]) if key in fields and given is not ABSENT else value
            if rest is not ABSENT:
                reduced[key] = rest
        return reduced

    def reduce(self, original: Any, patch: Any, field: Field) -> Any:
        """The value of a field of the original; ABSENT where the patch replaces it."""
        if isinstance(patch, dict) and patch.get("$patch") == "replace":
            return ABSENT
        if isinstance(patch, list) and any(same(entry, REPLACE) for entry in patch):
            return ABSENT
        if type(original) is not type(patch) or self.is_atomic(field):
            return original
        if field.kind == "struct" and isinstance(patch, dict):
            return self.reduce_struct(original, patch, field.of)
        if field.kind == "map" and isinstance(patch, dict):
            return self.reduce_named(original, patch, {})
        return self.reduce_keyed(original, patch, field) if field.merge == "keyed" and isinstance(patch, list) else original

    def reduce_keyed(self, original: list[Any], patch: list[Any], field: Field) -> list[Any]:
        """A keyed list of the original: deleted elements go; those that are given anew as well leave their key, in their place."""
        named = [entry for entry in patch if isinstance(entry, dict)]
        deleted = [key_of(entry, field) for entry in named if "$patch" in entry]
        given = {key_of(entry, field): entry for entry in named if "$patch" not in entry}
        reduced, replaced = [], set()
        for element in original:
            key = key_of(element, field) if isinstance(element, dict) else None
            if key in deleted:
                if key in given and key not in replaced:
                    replaced.add(key)
                    reduced.append({name: element[name] for name in field.keys if name in element})
            elif key in given and key is not None and not (self.table == "apply" and field.of in POD.atomic):
                reduced.append(self.reduce_struct(element, given[key], field.of))
            else:
                reduced.append(element)
        return reduced

    def switched(self, original: Pod, patch: Pod, name: str) -> list[str]:
        """The members of a one-of that the patch takes out of the original."""
        one_of = POD.one_ofs.get(name)
        if one_of is None:
            return []
        if one_of.discriminator is not None:
            chosen = patch.get(one_of.discriminator)
            stated = chosen is not None and not same(chosen, DELETE)
            belongs = [member for member, value in one_of.values if stated and value != chosen]
            return [member for member in belongs if member in original and member not in patch]
        empty = [member for member in one_of.members if member in one_of.non_empty]
        if not any(self.sets(patch.get(member), member in empty) for member in one_of.members):
            return []
        others = [member for member in one_of.members if member in original and member not in patch]
        return [member for member in others if self.sets(original[member], member in empty)]

    def sets(self, value: Any, non_empty: bool) -> bool:
        """Whether a value of a member says that this member is the one."""
        if value is None or same(value, DELETE):
            return False
        left = [entry for entry in value if not same(entry, REPLACE)] if isinstance(value, list) else value
        return self.table == "compose" or not non_empty or (left != "" and left != [])


def key_of(element: Pod, field: Field) -> tuple[Any, ...]:
    """The key of an element; a field that is missing counts as its default."""
    values = (element.get(name) for name in field.keys)
    filled = (
        POD.key_defaults.get(f"{field.of}.{name}", "") if one is None else one for name, one in zip(field.keys, values, strict=True)
    )
    plain = (value if isinstance(value, (int, float, str)) else str(value) for value in filled)
    return tuple((isinstance(value, (int, float)), isinstance(value, bool), value) for value in plain)


def check_key(element: Pod, field: Field) -> None:
    """An element of a keyed list of the patch names itself."""
    for name in field.keys if field.merge == "keyed" and field.of != "LocalObjectReference" else ():
        value = element.get(name)
        missing = value is None or same(value, "") or same(value, 0)
        refuse(not missing or (name == "protocol" and value is None), f"no {name}")


def whole(value: Any, name: str) -> Any:
    """A struct whose whole floats are the integers they mean, where an integer is wanted: kubectl's reader does it for YAML."""
    if not isinstance(value, dict):
        return value
    return {key: _whole(entry, POD.types[name][key]) if key in POD.types[name] else entry for key, entry in value.items()}


def _whole(value: Any, field: Field) -> Any:
    if isinstance(value, list) and field.kind == "list":
        return [_whole(entry, field._replace(kind="struct" if field.is_struct else "scalar")) for entry in value]
    if field.kind == "struct":
        return whole(value, field.of)
    is_whole = field.kind == "scalar" and field.of in RANGES and type(value) is float and value.is_integer()
    return int(value) if is_whole else value


def check_scalars(pod: Pod) -> None:
    """Every scalar is of the JSON type that Kubernetes' decoder takes."""
    _check_struct(pod, POD.root)


def _check_struct(value: Any, name: str) -> None:
    for key, entry in value.items() if isinstance(value, dict) else ():
        field = POD.types[name].get(key)
        if field is not None:
            for one in _ones(entry, field):
                if field.is_struct:
                    _check_struct(one, field.of)
                else:
                    refuse(one is None or _fits(one, field.of), f"{one!r} is no {field.of}")


def _ones(value: Any, field: Field) -> list[Any]:
    if field.kind == "list":
        return value if isinstance(value, list) else []
    if field.kind == "map":
        return list(value.values()) if isinstance(value, dict) else []
    return [value]


def _fits(value: Any, of: str) -> bool:
    kind = type(value)
    if of in RANGES and kind is int:
        return value in range(-RANGES[of], RANGES[of])
    allowed = {"boolean": (bool,), "Quantity": (str, int, float), "int32": (), "int64": ()}
    return kind in allowed.get(of, (str,))
