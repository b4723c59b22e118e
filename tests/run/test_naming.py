"""Names made of launch ids: valid for any id, the same for the same, never cut into a collision."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.run import Refused, from_label_value, label_value, pod_name
from podcompose.run.naming import launch_label

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)


@given(TEXTS)
def test_a_name_is_a_dns_label_whatever_the_id(launch_id: str) -> None:
    """Any id that is a text gives a valid name and a valid label."""
    assert DNS_LABEL.fullmatch(pod_name(launch_id))
    assert LABEL_VALUE.fullmatch(launch_label(launch_id))


@given(TEXTS, TEXTS)
def test_different_ids_have_different_names(one: str, other: str) -> None:
    """No two ids meet at one name, however alike they read."""
    assert (pod_name(one) == pod_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("launch_id", "readable"),
    [
        ("dag/run/task/1", "dag-run-task-1"),
        ("///", "pod"),
        ("Übung №7", "ubung-no7"),
        ("日本", "pod"),
        ("A_b.C", "a-b-c"),
        ("x" * 300, "x" * 52),
        (" ", "pod"),
        ("1", "1"),
        ("-" * 60 + "end", "end"),
    ],
)
def test_a_name_reads_like_its_id(launch_id: str, readable: str) -> None:
    """As much of the id as a name can hold stands before its 10 characters of hash."""
    assert pod_name(launch_id)[:-11] == readable


def test_near_ids_are_told_apart() -> None:
    """Ids that read the same, or begin the same, differ in their hash."""
    ids = ["a b", "a-b", "A-b", "a/b", "x" * 300, "x" * 301, "\u00e9", "e\u0301"]

    assert len({pod_name(one) for one in ids}) == len(ids)


@pytest.mark.parametrize("launch_id", ["", "\ud800", "x" * 70_000, None, 3, b"x"])
def test_what_is_no_id_is_refused(launch_id: object) -> None:
    """Empty, no Unicode text, too long for an annotation, or no text at all."""
    with pytest.raises(Refused, match="launch id"):
        pod_name(launch_id)  # type: ignore[arg-type]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_label_value_gives_its_text_back_or_is_refused(text: str) -> None:
    """Any text is a valid label value that can be read back, or an error; never cut."""
    try:
        value = label_value(text)
    except Refused:
        assert len(text.encode()) > 37
        return

    assert LABEL_VALUE.fullmatch(value)
    assert from_label_value(value) == text


@given(st.text(st.sampled_from("x-abz019 _."), max_size=20), st.text(st.sampled_from("x-abz019 _."), max_size=20))
def test_label_values_do_not_meet(one: str, other: str) -> None:
    """Two texts have two values, also where one looks like the other's escape."""
    assert (label_value(one) == label_value(other)) == (one == other)
