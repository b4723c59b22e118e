"""What is stored comes back: overrides as JSON, everything else by pickle."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose import APPLY, COMPOSE, STRATEGIC, Dialect, Override, PodComposeError, Template, compose
from podcompose.testing import json_values, patches, pod_pairs
from podcompose.yaml.reader import write
from tests.laws.manifests import text

Pod = dict[str, Any]
Pair = tuple[Pod, Pod]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
DELETES = st.lists(
    st.sampled_from([".metadata.labels.a", "spec.hostNetwork", ".spec.containers[name=a].env", ".spec.volumes[name=b]"]), max_size=3
)


@given(patch=patches(nulls=True, directives=True), name=NAMES, source=st.none() | NAMES, delete=DELETES)
def test_an_override_comes_back_from_json_text(patch: Pod, name: str, source: str | None, delete: list[str]) -> None:
    """A stored override is the override: name, source, value, deletes."""
    override = Override(patch, name=name, source=source, delete=delete)
    stored = json.dumps(override.to_dict())
    restored = Override.from_dict(json.loads(stored))

    assert restored == override
    assert json.dumps(restored.to_dict()) == stored
    assert text(restored.value) == text(patch)


@given(patch=patches(nulls=True, directives=True), name=NAMES)
def test_an_override_of_text_keeps_lines_and_columns(patch: Pod, name: str) -> None:
    """A stored override that was text still knows where everything was written."""
    override = Override.from_yaml(json.dumps(patch, indent=1), name=name, source="o.yaml")
    restored = Override.from_dict(json.loads(json.dumps(override.to_dict())))

    assert restored == override
    assert restored.document.marks == override.document.marks
    assert override.document.marks != {}


@given(
    value=st.dictionaries(NAMES, json_values(), max_size=3),
    operations=st.lists(st.fixed_dictionaries({"op": st.just("add"), "path": NAMES, "value": json_values()}), max_size=3),
)
def test_other_kinds_come_back_from_json_text(value: Pod, operations: list[Pod]) -> None:
    """A merge patch and a JSON patch are stored as what they are."""
    for override in (Override.merge_patch(value, name="m"), Override.json_patch(operations, source="s")):
        restored = Override.from_dict(json.loads(json.dumps(override.to_dict())))

        assert restored == override
        assert (restored.kind, text(restored.value)) == (override.kind, text(override.value))


@given(pair=pod_pairs(nulls=True, directives=True))
def test_templates_overrides_and_compositions_pickle(pair: Pair) -> None:
    """A pickled template, override or composition is equal to itself, and says the same."""
    pod, patch = pair
    template = Template.from_yaml(json.dumps(pod), source="t.yaml", name="t")
    override = Override(patch, name="o", delete=[".metadata.labels.a"])
    composition = compose(template, override, hook=[patch, _nothing])
    for value in (template, override, composition):
        assert pickle.loads(pickle.dumps(value)) == value
    again = pickle.loads(pickle.dumps(composition))

    assert again.json == composition.json
    assert str(again.explain()) == str(composition.explain())
    assert [str(stage) for stage in again.diff()] == [str(stage) for stage in composition.diff()]
    assert compose(pickle.loads(pickle.dumps(template)), override) == compose(template, override)


def _nothing(_: Any) -> None:
    """A hook that changes nothing."""


@pytest.mark.parametrize("name", ["COMPOSE", "APPLY", "STRATEGIC", "own"])
def test_dialects_pickle(name: str) -> None:
    """A pickled dialect, used before or not, is equal to itself and merges alike."""
    own = replace(COMPOSE, name="own", lists={".spec.tolerations": "append"}, keys={"PodSpec.tolerations": ("key",)})
    dialect: Dialect = {"COMPOSE": COMPOSE, "APPLY": APPLY, "STRATEGIC": STRATEGIC, "own": own}[name]
    fresh = pickle.loads(pickle.dumps(replace(dialect)))
    compose({"spec": {}}, {"spec": {"tolerations": []}}, dialect=dialect)
    used = pickle.loads(pickle.dumps(dialect))

    assert fresh == dialect == used
    assert compose({"spec": {}}, {"spec": {"hostNetwork": False}}, dialect=used).json == b'{"spec":{"hostNetwork":false}}'


@pytest.mark.parametrize("wrong", [{"spec": {"a": 1}}, {"spec": 1}, 1])
def test_errors_pickle(wrong: Any) -> None:
    """A pickled error is of its class, and has its problems and its words."""
    with pytest.raises(PodComposeError) as caught:
        compose({}, wrong)
    again = pickle.loads(pickle.dumps(caught.value))

    assert (type(again), again.problems, str(again)) == (type(caught.value), caught.value.problems, str(caught.value))


@given(pair=pod_pairs())
def test_a_manifest_comes_back_from_yaml(pair: Pair) -> None:
    """A composed pod, written as YAML and read, is the composed pod."""
    manifest = compose(*pair).manifest

    assert text(Template.from_yaml(write(manifest)).manifest) == text(manifest)
