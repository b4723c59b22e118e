"""The lines that the page shows are YAML, and say what the manifest says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.semantics.page.yaml_lines import yaml_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.text("aAb:/.- 1e_@~#'", max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_lines_are_yaml(value: Any) -> None:
    """Read as YAML, the lines are the value again."""
    assert value == yaml.safe_load("\n".join(yaml_lines(value)))


@pytest.mark.parametrize(
    "text", ["yes", "Null", "2020-01-01", "1:2", "a: b", ".1", "~", "a:1", "=", "<<", "", "1e3", "0x1", "a #b", "a\nb"]
)
def test_text_stays_text(text: str) -> None:
    """A string that YAML would take for something else is quoted."""
    assert {text: text} == yaml.safe_load("\n".join(yaml_lines({text: text})))


def test_same_manifest_has_same_lines() -> None:
    """The order of a map's entries makes no difference to what is shown."""
    assert yaml_lines({"name": "a", "b": [], "image": 1}) == yaml_lines({"image": 1, "b": [], "name": "a"})
