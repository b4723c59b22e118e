"""The table of differences in docs/merge.md is whole: what its rows do not name is the same in COMPOSE and in STRATEGIC."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given

from podcompose import COMPOSE, STRATEGIC, MergeError, merge
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing import pod_pairs

#: COMPOSE without rows 2 and 3: no one-of switches, and lists have the keys that strategic merge patch knows.
WITHOUT_ROWS = replace(
    COMPOSE,
    name="COMPOSE without the rows",
    one_ofs="never",
    keys={
        "Container.ports": ("containerPort",),
        "EphemeralContainer.ports": ("containerPort",),
        "PodSpec.topologySpreadConstraints": ("topologyKey",),
        "ResourceRequirements.claims": (),
        "VolumeMount.bindMountOptions": (),
    },
)


@given(pod_pairs())
def test_what_no_row_of_the_table_names_is_as_in_kubectl(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Up to order (rows 1 and 7), without nulls and directives (row 4) and repeated keys (row 6), the two dialects agree."""
    original, patch = ({name: part for name, part in pod.items() if name != "status"} for pod in pair)
    try:
        composed = merge(original, patch, WITHOUT_ROWS)
    except MergeError as error:
        refused = error.problems
        composed = {}
    else:
        refused = ()

    assert {problem.code for problem in refused} <= {"repeated-key"}
    assert refused != () or _unordered(composed) == _unordered(merge(original, patch, STRATEGIC))


def test_every_list_with_other_keys_is_in_the_table() -> None:
    """The lists that the two dialects know by different keys, but for a pod's status, are those of row 3."""
    other = {
        f"{struct}.{name}"
        for struct in _merged({"ObjectMeta", "PodSpec"})
        for name, field in POD.types[struct].items()
        if field.kind == "list" and _keys(field) != (None if field.patch_key is None else field.patch_key.split())
    }

    assert other == set(WITHOUT_ROWS.keys)


def _merged(structs: set[str]) -> set[str]:
    """The structs in which a merge goes on: none inside a list that is replaced whole."""
    inner = {
        field.of
        for struct in structs
        for field in POD.types[struct].values()
        if field.is_struct and (field.kind != "list" or field.merge != "atomic")
    }
    return structs if inner <= structs else _merged(structs | inner)


def _keys(field: Field) -> list[str] | None:
    """Server-side apply's keys; none of a set, and None of a list that is replaced whole."""
    return None if field.merge == "atomic" else list(field.keys)


def _unordered(value: Any) -> str:
    """The value as text in which neither the order of keys nor that of entries counts."""
    if isinstance(value, dict):
        return json.dumps(sorted((name, _unordered(one)) for name, one in value.items()))
    return json.dumps(sorted(map(_unordered, value))) if isinstance(value, list) else json.dumps(value)
