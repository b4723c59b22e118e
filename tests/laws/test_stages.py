"""The laws of several stages: a fold, typed or not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import ApiClient

from podcompose import Override, Template, compose, merge, models
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing import patches, pod_pairs, pods
from tests.laws.manifests import is_atomic, sort_lists, text

Pod = dict[str, Any]
Pair = tuple[Pod, Pod]

CLIENT = ApiClient()
ROOT = Field("struct", POD.root, "granular")
#: The client says so of a quantity that is a number.
OWN_WORDS = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


@st.composite
def stages(draw: st.DrawFn, nulls: bool = True, directives: bool = True) -> tuple[Pod, Pod, Pod]:
    """A pod and two patches that collide with it and with each other."""
    pod = draw(pods())
    return pod, *(draw(patches(pod, nulls=nulls, directives=directives)) for _ in range(2))


@OWN_WORDS
@given(pair=pod_pairs())
def test_typed_override_equals_mapping(pair: Pair) -> None:
    """A V1Pod as override is the mapping that the client would send, byte for byte."""
    pod, patch = pair
    typed = models.to_model(patch, drop=True)
    sent = CLIENT.sanitize_for_serialization(typed)

    assert compose(pod, typed).json == compose(pod, sent).json


@OWN_WORDS
@given(pair=pod_pairs())
def test_typed_template_equals_mapping(pair: Pair) -> None:
    """A V1Pod as template is the mapping that the client would send, byte for byte."""
    pod, patch = pair
    typed = models.to_model(pod, drop=True)
    sent = CLIENT.sanitize_for_serialization(typed)

    assert compose(typed, patch).json == compose(sent, patch).json
    assert Template.from_pod(typed) == Template.from_pod(sent)


@given(pair=pod_pairs(nulls=True, directives=True))
def test_a_typed_hook_that_changes_nothing_changes_nothing(pair: Pair) -> None:
    """A pod comes back from a hook as it was, to the byte."""
    pod, patch = pair

    assert compose(pod, patch, hook=lambda _: None).json == compose(pod, patch).json
    assert compose(pod, patch, hook=lambda same: same).json == compose(pod, patch).json


@given(pair=pod_pairs(nulls=True, directives=True))
def test_hook_as_data_equals_override(pair: Pair) -> None:
    """A patch as hook gives the pod that the patch gives as last override."""
    pod, patch = pair

    assert compose(pod, hook=patch).json == compose(pod, patch).json


@given(pods_and_patches=stages())
def test_fold_order_is_stage_order(pods_and_patches: tuple[Pod, Pod, Pod]) -> None:
    """Composing is merging stage by stage, overrides first, then hooks, each in the order given."""
    pod, one, two = pods_and_patches
    merged = merge(merge(merge(merge(pod, one), two), two), one)
    composition = compose(pod, Override(one, name="one"), Override(two, name="two"), hook=[two, Override(one, name="four")])

    assert text(composition.manifest) == text(merged)
    assert [(stage.stage, stage.who) for stage in composition.diff()] == [
        ("override", "one"),
        ("override", "two"),
        ("hook", "#1"),
        ("hook", "four"),
    ]


@given(pods_and_patches=stages(nulls=False, directives=False))
def test_a_composition_is_a_template(pods_and_patches: tuple[Pod, Pod, Pod]) -> None:
    """Composing in two steps, with a pod between them, is composing in one."""
    pod, one, two = pods_and_patches

    assert compose(compose(pod, one).manifest, two) == compose(pod, one, two)


@given(pods_and_patches=stages(nulls=False, directives=False))
def test_associativity_without_deletions_and_one_ofs(pods_and_patches: tuple[Pod, Pod, Pod]) -> None:
    """Patches that delete nothing and mention no one-of may be merged with each other first, but for the order of lists."""
    pod, *both = pods_and_patches
    one, two = (_without_one_ofs(patch) for patch in both)

    left, right = merge(merge(pod, one), two), merge(pod, merge(one, two))
    assert text(sort_lists(left)) == text(sort_lists(right))


def _without_one_ofs(patch: Any, field: Field = ROOT) -> Any:
    """A patch without the members of one-ofs, outside of what is replaced whole."""
    if is_atomic(field, False) or not isinstance(patch, (dict, list)):
        return patch
    element = field._replace(kind="struct")
    if isinstance(patch, list):
        return [_without_one_ofs(entry, element) for entry in patch]
    union = POD.one_ofs.get(field.of) if field.is_struct else None
    members = () if union is None else (*union.members, union.discriminator)
    fields = POD.types.get(field.of, {}) if field.kind == "struct" else {}
    return {
        name: _without_one_ofs(entry, fields.get(name, Field("scalar", ""))) for name, entry in patch.items() if name not in members
    }


def label_patches() -> st.SearchStrategy[Pod]:
    """Patches of labels, deletions among them."""
    return st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", None])).map(
        lambda labels: {"metadata": {"labels": labels}}
    )


@given(pod=pods(), one=label_patches(), two=label_patches())
def test_maps_alone_commute_where_they_do_not_meet(pod: Pod, one: Pod, two: Pod) -> None:
    """Two patches that mention different labels may come in either order."""
    meet = one["metadata"]["labels"].keys() & two["metadata"]["labels"].keys()
    two["metadata"]["labels"] = {name: value for name, value in two["metadata"]["labels"].items() if name not in meet}

    assert compose(pod, one, two) == compose(pod, two, one)
