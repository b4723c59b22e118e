"""Purity: no input is changed, no output shares a mutable node with anything."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose import APPLY, COMPOSE, STRATEGIC, Composition, Override, PodComposeError, Template, compose, merge, models
from podcompose.testing import json_values, patches, pod_pairs, pods
from tests.laws.manifests import nodes, text

Pod = dict[str, Any]
Pair = tuple[Pod, Pod]

DIALECTS = {"COMPOSE": COMPOSE, "APPLY": APPLY, "STRATEGIC": STRATEGIC}
ALL = pytest.mark.parametrize("name", DIALECTS)


def scribble(value: Any) -> None:
    """Spoil every map and list in a value."""
    for node in list(nodes(value)):
        if isinstance(node, dict):
            node.clear()
            node["scribbled"] = True
        else:
            node[:] = ["scribbled"]


def results(composition: Composition) -> dict[str, Any]:
    """Everything mutable that can be had of a composition."""
    found = {
        "manifest": composition.manifest,
        "again": composition.manifest,
        "pod_template": composition.pod_template,
        "blame": composition.explain().manifest,
        "template": composition.template.manifest,
    }
    for number, explanation in enumerate(composition.explain()):
        found[f"explain {number}"] = explanation.value
        found.update({f"explain {number} step {place}": step.value for place, step in enumerate(explanation.steps)})
    for place, stage in enumerate(composition.diff()):
        for number, change in enumerate(stage.changes):
            found[f"diff {place} {number} before"], found[f"diff {place} {number} after"] = change.before, change.after
    for place, override in enumerate(composition.overrides):
        found[f"override {place}"], found[f"stored {place}"] = override.value, override.to_dict()
    return found


@ALL
@given(pair=pod_pairs(nulls=True, directives=True))
def test_inputs_are_unchanged(name: str, pair: Pair) -> None:
    """Merging and composing leave their inputs as they were, also when they refuse them."""
    dialect = DIALECTS[name]
    pod, patch = pair
    before = text([pod, patch])
    for call in (merge, compose):
        try:
            result = call(pod, patch, dialect=dialect)
            if isinstance(result, Composition):
                results(result)
        except PodComposeError:
            assert dialect is not COMPOSE

    assert text([pod, patch]) == before


@ALL
@given(value=json_values(), pair=pod_pairs(nulls=True, directives=True), data=st.data())
def test_inputs_are_unchanged_when_they_are_refused(name: str, value: Any, pair: Pair, data: st.DataObject) -> None:
    """A patch and a pod that hold any JSON anywhere are as before, whether they were refused or not."""
    dialect = DIALECTS[name]
    pod, patch = pair
    for whole in (pod, patch):
        place = data.draw(st.sampled_from([node for node in nodes(whole) if node not in ([], {})]))
        place[data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))] = deepcopy(value)
    before = text([pod, patch])
    for call in (merge, compose):
        try:
            call(pod, patch, dialect=dialect)
        except PodComposeError as error:
            assert error.problems != ()  # noqa: PT017 # a refusal is as good as a result here

    assert text([pod, patch]) == before


@given(pair=pod_pairs())
def test_typed_inputs_are_unchanged(pair: Pair) -> None:
    """A V1Pod given as template or override is as before."""
    pod, patch = (models.to_model(one, drop=True) for one in pair)
    before = text([models.from_model(pod, []), models.from_model(patch, [])])
    compose(pod, patch, hook=lambda lent: setattr(lent.spec, "containers", []))
    merge(pod, patch)

    assert text([models.from_model(pod, []), models.from_model(patch, [])]) == before


@ALL
@given(pair=pod_pairs(nulls=True))
def test_a_merge_shares_nothing(name: str, pair: Pair) -> None:
    """No map and no list of a merged pod is one of an input, or stands in it twice."""
    dialect = DIALECTS[name]
    pod, patch = pair
    template = Template.from_pod(pod, dialect=dialect)
    found = [merge(pod, patch, dialect), merge(template, patch, dialect), merge(template, patch, dialect)]
    mine = [id(node) for node in nodes([pod, patch, template.document.value])]
    theirs = [id(node) for result in found for node in nodes(result)]

    assert len(set(theirs)) == len(theirs)
    assert set(theirs).isdisjoint(mine)


@given(pair=pod_pairs(nulls=True, directives=True))
def test_scribbling_over_a_result_changes_nothing_else(pair: Pair) -> None:
    """Whatever is done to a result, every input and every other result stays what it was."""
    pod, patch = pair
    template = Template.from_pod(pod)
    override = Override(patch, name="o")
    one, two = compose(template, override, hook=patch), compose(template, override)
    expected = (text([pod, patch]), one.json, two.json, text(results(one)), text(results(two)), text(template.manifest))
    found = results(one)
    for name, value in found.items():
        others = text([other for key, other in found.items() if key != name])
        scribble(value)

        assert text([other for key, other in found.items() if key != name]) == others, name
    assert (text([pod, patch]), one.json, two.json, text(results(one)), text(results(two)), text(template.manifest)) == expected
    assert compose(template, override).json == two.json


@given(pair=pod_pairs())
def test_scribbling_over_an_input_changes_no_result(pair: Pair) -> None:
    """A composition keeps what it was given, whatever is done to it afterwards."""
    pod, patch = pair
    template, override = Template.from_pod(pod), Override(patch)
    composition, merged = compose(template, override), merge(pod, patch)
    raw = compose(pod, patch, hook=patch)
    expected = text(results(composition)), composition.json, text(merged), raw.json, text(results(raw))
    scribble(pod)
    scribble(patch)

    assert (text(results(composition)), composition.json, text(merged), raw.json, text(results(raw))) == expected


@given(pair=pod_pairs())
def test_a_hook_cannot_reach_what_is_kept(pair: Pair) -> None:
    """A hook that keeps its pod, and returns a mapping that it keeps too, can change nothing afterwards."""
    pod, patch = pair
    kept: list[Any] = []

    def hook(lent: Any) -> Any:
        kept.extend([lent, models.from_model(lent, [])])
        return kept[1]

    composition = compose(pod, patch, hook=hook)
    expected = composition.json
    kept[0].spec.containers[0].name = "scribbled"
    kept[0].metadata.labels = {"scribbled": "yes"}
    scribble(kept[1])

    assert composition.json == expected == compose(pod, patch, hook=lambda lent: models.from_model(lent, [])).json


@given(pair=pod_pairs())
def test_pods_are_fresh(pair: Pair) -> None:
    """Every V1Pod of a composition is a new one, whose every part is its own."""
    composition = compose(*pair)
    try:
        one, two = composition.pod, composition.pod
    except PodComposeError:
        one, two = composition.to_pod(drop=True), composition.to_pod(drop=True)
    expected = text(models.from_model(two, []))
    for container in one.spec.containers:
        container.name = "scribbled"
        for inner in (container.env, container.args, container.command, container.volume_mounts):
            if inner is not None:
                inner.clear()
    one.metadata.labels = {}

    assert text(models.from_model(two, [])) == expected
    assert composition.digest == compose(*pair).digest


@given(pod=pods(), patch=patches(nulls=True))
def test_a_storable_override_keeps_its_own(pod: Pod, patch: Pod) -> None:
    """What an override gives out, or was stored as, is not what it holds."""
    override = Override(patch)
    stored = override.to_dict()
    restored = Override.from_dict(stored)
    expected = compose(pod, override).json
    scribble(override.value)
    scribble(stored)

    assert compose(pod, override).json == expected == compose(pod, restored).json
