"""
Make podcompose/schema/pod.py from facts.

Run `python tests/schema/generate.py` after changing a file of tests/schema/facts/ or tests/schema/go_types.json; with `--dump`
it first writes go_types.json anew, by asking the Go program of tests/oracle (`{"op": "schema"}`).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TARGET = HERE.parent.parent / "podcompose" / "schema" / "pod.py"
FIRST, LAST = "1.30", "1.37"

HEADER = '''"""
The fields of a Pod, Kubernetes {first} to {last}. Generated: do not edit.

Made by tests/schema/generate.py from tests/schema/facts/ (server-side apply's schema, merge keys and one-ofs of {first} to {last})
and tests/schema/go_types.json ({modules}).
"""
# fmt: off
# ruff: noqa: E501

from __future__ import annotations

from podcompose.core.schema import Field, OneOf, Schema

__all__ = ["POD"]

F = Field
'''

#: (kind, of, pointer) of fields that only versions before the last had; their Go types are no longer there to ask.
RETIRED = {
    "ClaimSource.resourceClaimName": ("scalar", "string", True),
    "ClaimSource.resourceClaimTemplateName": ("scalar", "string", True),
    "NodeAllocatableResourceClaimStatus.resources": ("map", "Quantity", False),
    "PodResourceClaim.source": ("struct", "ClaimSource", False),
    "PodSpec.workloadRef": ("struct", "WorkloadReference", True),
    "WorkloadReference.name": ("scalar", "string", False),
    "WorkloadReference.podGroup": ("scalar", "string", False),
    "WorkloadReference.podGroupReplicaKey": ("scalar", "string", False),
}


def read(name: str) -> Any:
    """One file of facts."""
    return json.loads((HERE / name).read_text())


def go_kind(go: Mapping[str, Any]) -> tuple[str, str, bool]:
    """The kind, the type and the pointer of a field, as podcompose.core.schema.Field has them."""
    kind = go["kind"] if go["kind"] in ("list", "map", "struct") else "scalar"
    return kind, go["of"], go["pointer"]


def literal(full: str, fact: Mapping[str, Any], go: Mapping[str, Any] | None, patch_keys: Mapping[str, str | None]) -> str:
    """The field of this full name (Container.image), as Python."""
    kind, of, pointer = RETIRED[full] if go is None else go_kind(go)
    parts = [repr(kind), repr(of)]
    if fact["merge"] != "scalar":
        parts.append(repr(fact["merge"]))
    if "keys" in fact:
        parts.append(repr(tuple(fact["keys"])))
    if full in patch_keys:
        key = patch_keys[full] or ""
        parts.append(repr(key) if "keys" in fact else f"patch_key={key!r}")
    parts += ["pointer=True"] if pointer else []
    parts += [f"{word}={fact[source]!r}" for word, source in (("since", "from"), ("until", "to")) if source in fact]
    return f"F({', '.join(parts)})".replace("'", '"')


def struct_literals() -> dict[str, dict[str, str]]:
    """Every field of every struct, as Python."""
    facts, go_types = read("facts/pod_apply_fields.json")["types"], read("go_types.json")["types"]
    patch_keys = read("facts/pod_merge_keys.json")["smp_merge_lists"]
    return {
        owner: {
            name: literal(f"{owner}.{name}", fact, go_types.get(owner, {"fields": {}})["fields"].get(name), patch_keys)
            for name, fact in sorted(facts[owner]["fields"].items())
        }
        for owner in sorted(facts)
    }


def alias(field: str) -> str:
    """The short name of a field that occurs often: STRING, STRING_POINTER."""
    words = [word.strip('"') for word in field[2:-1].split(", ")]
    kind, of = words[0], words[1]
    parts = [of] if kind == "scalar" else [of, kind]
    return "_".join([*parts, *(["pointer"] if "pointer=True" in words else [])]).upper()


def aliases(structs: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Short names for the plain scalars that occur at least three times."""
    counts = Counter(field for fields in structs.values() for field in fields.values())
    often = sorted(field for field, count in counts.items() if count >= 3)
    return {field: alias(field) for field in often if field.startswith('F("scalar"') and "since" not in field}


def one_of(union: Mapping[str, Any]) -> str:
    """One one-of, as Python."""
    members = tuple(union["members"])
    sets = union["set_when"]
    non_empty = [member for member in members if sets.get(member, sets.get("*")) == "non-empty"]
    parts = [repr(members)]
    if non_empty:
        parts.append(f"non_empty=frozenset({non_empty!r})")
    if union["kind"] == "discriminated":
        parts += [f"discriminator={union['discriminator']!r}", f"values={tuple(sorted(union['members'].items()))!r}"]
    return f"OneOf({', '.join(parts)})".replace("'", '"')


def key_defaults() -> dict[str, str | int]:
    """What a missing key field counts as, where that is not the empty string."""
    found: dict[str, str | int] = {}
    for fields in (entry["fields"] for entry in read("go_types.json")["types"].values()):
        for field in fields.values():
            defaults = field["apply"].get("defaults", {})
            found |= {f"{field['of']}.{key}": value for key, value in defaults.items() if value != ""}
    return dict(sorted(found.items()))


def lines() -> Iterator[str]:
    """The module, without its header."""
    structs, types = struct_literals(), read("facts/pod_apply_fields.json")["types"]
    short = aliases(structs)
    yield from (f"{name} = {field}" for field, name in short.items())
    yield '\nPOD = Schema(\n    root="Pod",\n    types={'
    for owner, fields in structs.items():
        entries = ", ".join(f'"{name}": {short.get(field, field)}' for name, field in fields.items())
        yield f'        "{owner}": {{{entries}}},'
    yield "    },"
    for word in ("atomic", "free"):
        names = ", ".join(f'"{name}"' for name in sorted(types) if types[name].get(word, False))
        yield f"    {word}=frozenset({{{names}}}),"
    yield "    one_ofs={"
    yield from (f'        "{union["type"]}": {one_of(union)},' for union in read("facts/pod_unions.json")["unions"])
    yield "    },"
    yield f"    key_defaults={json.dumps(key_defaults())},"
    yield f'    since="{FIRST}",\n    until="{LAST}",\n)'


def module() -> str:
    """The text of podcompose/schema/pod.py."""
    modules = ", ".join(f"{name} {version}" for name, version in sorted(read("go_types.json")["modules"].items()))
    return HEADER.format(first=FIRST, last=LAST, modules=modules) + "\n" + "\n".join(lines()) + "\n"


def write_dump(dump: Mapping[str, Any]) -> None:
    """Keep a dump of the Go types, one struct a line."""
    body = ",\n".join(f" {json.dumps(name)}: {json.dumps(entry, sort_keys=True)}" for name, entry in sorted(dump["types"].items()))
    modules = json.dumps(dump["modules"], sort_keys=True)
    (HERE / "go_types.json").write_text(f'{{"modules": {modules},\n"types": {{\n{body}\n}}}}\n')


if __name__ == "__main__":
    if "--dump" in sys.argv[1:]:
        sys.path.insert(0, str(HERE.parent.parent))
        from tests.oracle.driver import Oracle

        with Oracle() as oracle:
            write_dump(oracle.ask({"op": "schema"})["ok"])
    TARGET.write_text(module())
