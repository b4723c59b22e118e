"""A comparison is complete: what it names turns the one pod into the other, nothing is named twice, and equal pods have nothing."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podcompose import compose
from podcompose.airflow import ABSENT, AIRFLOW, compare
from podcompose.airflow.client import as_read
from podcompose.airflow.differences import Gap, gaps
from podcompose.airflow.reasons import GROUPS
from podcompose.core.path import Key
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing import patches, pod_pairs, pods

Pod = dict[str, Any]


def has_key(element: Pod, key: Key, field: Field) -> bool:
    """Whether an element is the one that a key names."""
    return all(element.get(name, POD.key_defaults.get(f"{field.of}.{name}", "")) == value for name, value in key.fields)


def mended(value: Any, gap: Gap, path: Any, field: Field) -> Any:
    """A value in which one gap is closed, whatever order lists are in."""
    if path == ():
        return gap.after
    step, *rest = path
    if isinstance(step, Key):
        others = [one for one in value if not has_key(one, step, field)]
        mine = [one for one in value if has_key(one, step, field)]
        if rest == []:
            fresh = gap.after if gap.kind == "repeated" else [] if gap.after is ABSENT else [gap.after]
        else:
            fresh = [mended(mine[0], gap, tuple(rest), Field("struct", field.of))]
        return [*others, *fresh]
    inner = (
        POD.types.get(field.of, {}).get(step, Field("scalar", "string")) if field.kind == "struct" else Field("scalar", "string")
    )
    fresh = mended(value.get(step), gap, tuple(rest), inner)
    kept = {name: entry for name, entry in value.items() if name != step}
    return kept if fresh is ABSENT else {**kept, step: fresh}


def unordered(value: Any, field: Field | None) -> Any:
    """A value in which the order of keyed lists does not count."""
    if isinstance(value, dict):
        fields = POD.types.get(field.of, {}) if field is not None and field.kind != "map" else {}
        return {name: unordered(entry, fields.get(name)) for name, entry in sorted(value.items())}
    if isinstance(value, list):
        entries = [unordered(one, Field("struct", field.of) if field is not None and field.is_struct else None) for one in value]
        return sorted(entries, key=json.dumps) if field is not None and field.merge == "keyed" else entries
    return value


def text(value: Any, *, ordered: bool = False) -> str:
    """One spelling for each pod."""
    return json.dumps(value if ordered else unordered(value, Field("struct", POD.root)), sort_keys=True)


@st.composite
def several(draw: st.DrawFn) -> tuple[Pod, list[Pod]]:
    """A pod and one or two patches."""
    pod = draw(pods())
    return pod, [draw(patches(pod, nulls=draw(st.booleans()))) for _ in range(draw(st.integers(1, 2)))]


@given(several())
def test_what_is_named_turns_one_pod_into_the_other(case: tuple[Pod, list[Pod]]) -> None:
    """The gaps closed, one by one, give the other pod up to order; equal pods have none, and no two touch the same leaf."""
    comparison = compare(case[0], case[1])
    if comparison.airflow is None or comparison.compose is None:
        assert comparison.to_be_looked_at != ()
        return
    before, after = comparison.airflow.manifest, comparison.compose.manifest
    found = gaps(before, after)
    mend = deepcopy(before)
    for gap in found:
        mend = mended(mend, gap, gap.path, Field("struct", POD.root)) if gap.kind != "order" else mend
    paths = [gap.path for gap in found if gap.kind != "order"]

    assert text(mend) == text(after)
    assert (found == ()) == (text(before, ordered=True) == text(after, ordered=True))
    assert [(one, other) for one in paths for other in paths if one is not other and other[: len(one)] == one] == []


@given(several())
def test_a_comparison_says_every_gap_once_with_a_group_and_a_reason(case: tuple[Pod, list[Pod]]) -> None:
    """There is one difference for each gap, in one of three groups, with a sentence; it is a value that can be stored."""
    comparison = compare(case[0], case[1])
    again = pickle.loads(pickle.dumps(comparison))
    if comparison.airflow is None or comparison.compose is None:
        return
    found = gaps(comparison.airflow.manifest, comparison.compose.manifest)
    grouped = [one for group in GROUPS for one in comparison.among(group)]

    assert len(comparison.differences) == len(found) == len(grouped)
    assert all(difference.why not in ("", "the two merges differ here") for difference in comparison.differences), str(comparison)
    assert again == comparison
    assert json.loads(json.dumps(comparison.to_dict()))["outlook"] == comparison.outlook


@given(pod_pairs())
def test_both_pods_are_what_the_two_dialects_compose(pair: tuple[Pod, Pod]) -> None:
    """A comparison's pods are those of COMPOSE, and of AIRFLOW over what its client reads; neither input is changed."""
    texts = json.dumps(pair)
    comparison = compare(*pair)

    assert comparison.compose == compose(*pair)
    assert comparison.airflow == compose(as_read(pair[0], []), pair[1], dialect=AIRFLOW)
    assert json.dumps(pair) == texts
