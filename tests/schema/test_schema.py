"""The schema is what the facts say, and what Kubernetes' Go code says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from podcompose.schema.pod import POD
from tests.oracle.driver import GoMissingError, Oracle
from tests.schema import generate

RECORDED = json.loads((Path(__file__).parent / "go_types.json").read_text())
RELATIONS = {("list", "associative", True): "keyed", ("list", "associative", False): "set"}


def expected(go: dict[str, Any]) -> tuple[Any, ...]:
    """What a field of Go's dump is in our words: kind, type, merge, keys, patch key, pointer."""
    kind, of, pointer = generate.go_kind(go)
    apply = go["apply"]
    if apply["kind"] == "scalar":
        merge = "scalar"
    else:
        relation = apply["relationship"].replace("separable", "") or "granular"
        merge = RELATIONS.get((apply["kind"], relation, apply.get("keys", []) != []), relation)
    patch_key = go["patchMergeKey"] if "merge" in go["patchStrategy"].split(",") else None
    return kind, of, merge, tuple(apply.get("keys", [])), patch_key, pointer


def disagreements(types: dict[str, Any]) -> list[str]:
    """Every field of which the schema of the last version and Go's dump say different things."""
    found = []
    for name in sorted(types.keys() | POD.types.keys()):
        ours = {field: entry[:6] for field, entry in POD.types.get(name, {}).items() if entry.until == POD.until}
        theirs = {field: expected(go) for field, go in types.get(name, {"fields": {}})["fields"].items()}
        found += [f"{name}.{field}" for field in sorted(ours.keys() | theirs.keys()) if ours.get(field) != theirs.get(field)]
    return found


def test_the_committed_module_is_what_the_facts_generate() -> None:
    """Generating the schema again gives the committed file, byte for byte."""
    assert generate.module() == generate.TARGET.read_text()


def test_the_schema_agrees_with_the_recorded_go_types() -> None:
    """Every field of the last version has the kind, type, pointer and merge rules that Go's types had when recorded."""
    assert disagreements(RECORDED["types"]) == []


def test_the_schema_agrees_with_live_go_types() -> None:
    """Every field of the last version has the kind, type, pointer and merge rules that Go's types have."""
    try:
        with Oracle() as oracle:
            dump = oracle.ask({"op": "schema"})["ok"]
    except GoMissingError as reason:
        pytest.skip(f"only the recorded Go types were compared: {reason}")

    assert disagreements(dump["types"]) == []
    assert dump == RECORDED


def test_atomic_and_free_structs_are_gos() -> None:
    """The structs replaced whole, and those that may hold any key, are those of Go's schema."""
    atomic = {name for name, entry in RECORDED["types"].items() if entry["apply"]["relationship"] == "atomic"}
    free = {name for name, entry in RECORDED["types"].items() if entry["apply"]["free"]}

    assert POD.atomic == atomic
    assert POD.free == free


def test_every_struct_named_by_a_field_is_there() -> None:
    """A field's struct, a one-of's members and a list's keys all exist."""
    fields = [field for entries in POD.types.values() for field in entries.values()]

    assert {field.of for field in fields if field.is_struct} <= POD.types.keys()
    assert all(set(field.keys) <= POD.types[field.of].keys() for field in fields if field.keys != ())
    assert all(set(one_of.members) <= POD.types[name].keys() for name, one_of in POD.one_ofs.items())


def test_fields_of_older_versions_are_there() -> None:
    """A field that a later Kubernetes dropped is in the schema, with the versions that had it."""
    source = POD.types["PodResourceClaim"]["source"]

    assert (source.of, source.since, source.until) == ("ClaimSource", "1.30", "1.30")
    assert POD.types["PodSpec"]["workloadRef"].until == "1.35"
