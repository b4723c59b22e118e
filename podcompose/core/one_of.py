"""One-ofs: what a patch takes out of the original by naming another member."""

from __future__ import annotations

from typing import Literal, TypeAlias

from podcompose.core.directives import REPLACE
from podcompose.core.json import Json, JsonMap, same
from podcompose.core.schema import OneOf

__all__ = ["Switch", "switch_away"]

#: When a one-of's member takes the others out: whenever the patch mentions it, or when the API server would call it set.
Switch: TypeAlias = Literal["mentioned", "set", "never"]


def switch_away(one_of: OneOf, switch: Switch, original: JsonMap, patch: JsonMap) -> JsonMap:
    """Take the members that the patch switches away from out of the original."""
    if one_of.discriminator is not None:
        value = patch.get(one_of.discriminator)
        gone = [name for name, belongs in one_of.values if value is not None and not same(value, belongs)]
    elif any(name in patch and _is_set(name, patch[name], one_of, switch) for name in one_of.members):
        gone = list(one_of.members)
    else:
        return original
    gone = [name for name in gone if name in original and name not in patch and _is_set(name, original[name], one_of, switch)]
    return original if gone == [] else {name: entry for name, entry in original.items() if name not in gone}


def _is_set(name: str, value: Json, one_of: OneOf, switch: Switch) -> bool:
    if value is None or (type(value) is dict and value.get("$patch") == "delete"):
        return False
    if switch == "mentioned" or name not in one_of.non_empty:
        return True
    entries = [entry for entry in value if not same(entry, REPLACE)] if type(value) is list else [value]
    return entries not in ([], [""])
