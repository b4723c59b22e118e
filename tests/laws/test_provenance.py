"""Explanations are total and truthful; a diff explains what changed, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from podcompose import Composition, Override, compose
from podcompose.core.path import Key, Member, format_path, parse_path
from podcompose.schema.pod import POD
from podcompose.testing import patches, pods
from tests.laws.manifests import text

ABSENT = object()
Pod = dict[str, Any]
Stages = tuple[Pod, list[Pod]]


@st.composite
def stages(draw: st.DrawFn) -> Stages:
    """A pod and two patches with all that a patch may hold."""
    pod = draw(pods())
    return pod, [draw(patches(pod, nulls=True, directives=True)) for _ in range(2)]


def composed(pod: Pod, overrides: list[Pod]) -> Composition:
    """The stages composed, each with a name."""
    return compose(pod, *(Override(patch, name=f"o{place}") for place, patch in enumerate(overrides)))


def look(manifest: Any, path: str) -> Any:
    """What stands at a path, found without the library's own looking; ABSENT if nothing."""
    value, struct = manifest, POD.root
    for segment in parse_path(path):
        if isinstance(segment, str):
            field = POD.types.get(struct, {}).get(segment) if isinstance(value, dict) else None
            value = value.get(segment, ABSENT) if isinstance(value, dict) else ABSENT
            struct = field.of if field is not None else ""
        elif isinstance(segment, Key) and isinstance(value, list):
            defaults = {name: POD.key_defaults.get(f"{struct}.{name}", "") for name, _ in segment.fields}
            matches = [
                one
                for one in value
                if text([one.get(name, defaults[name]) for name in defaults]) == text([given for _, given in segment.fields])
            ]
            value = matches[0] if matches != [] else ABSENT
        elif isinstance(segment, Member) and isinstance(value, list):
            value = next((one for one in value if text(one) == text(segment.value)), ABSENT)
        else:
            value = value[segment] if isinstance(value, list) and isinstance(segment, int) and segment < len(value) else ABSENT
        if value is ABSENT:
            return ABSENT
    return value


def everywhere(manifest: Any, path: str) -> list[str]:
    """The texts of what stands at a path, at whatever places of the lists that have no keys; what is absent is left out."""
    steps = parse_path(path)
    at = next((position for position, step in enumerate(steps) if isinstance(step, int)), None)
    if at is None:
        found = look(manifest, path)
        return [] if found is ABSENT else [text(found)]
    entries = look(manifest, format_path(steps[:at]))
    places = range(len(entries)) if isinstance(entries, list) else range(0)
    # A place that is a name by now is not looked for again: what lies below it is a manifest of its own, without a schema.
    below = [look_below(entries[place], steps[at + 1 :]) for place in places]
    return [text(one) for found in below for one in found]


def look_below(value: Any, steps: Any) -> list[Any]:
    """What stands below an entry, at whatever places of the lists inside."""
    if steps == ():
        return [value]
    if isinstance(value, dict):
        return look_below(value[steps[0]], steps[1:]) if isinstance(steps[0], str) and steps[0] in value else []
    if not isinstance(value, list):
        return []
    return [one for entry in value for one in look_below(entry, steps[1:])]


def count_leaves(value: Any) -> int:
    """How many scalars and empty containers there are."""
    if isinstance(value, (dict, list)) and len(value) > 0:
        return sum(map(count_leaves, value.values() if isinstance(value, dict) else value))
    return 1


@given(given_stages=stages())
def test_provenance_is_total(given_stages: Stages) -> None:
    """Every leaf of the pod is explained, once, and by somebody."""
    composition = composed(*given_stages)
    present = [one for one in composition.explain() if one.present]

    assert len(present) == count_leaves(composition.manifest) == len({one.path for one in present})
    assert all(one.stage in ("template", "override") and one.steps != () for one in composition.explain())


@given(given_stages=stages())
def test_explained_values_are_the_values(given_stages: Stages) -> None:
    """An explanation's value is what stands in the pod; what is explained as gone is gone, and was removed by somebody."""
    composition = composed(*given_stages)
    for one in composition.explain():
        found = look(composition.manifest, one.path)
        if one.present:
            assert text(one.value) == text(found), one.path
        else:
            assert found is ABSENT, one.path
            assert one.removed_by is not None


@given(given_stages=stages())
def test_one_path_is_explained_as_in_the_whole(given_stages: Stages) -> None:
    """Asking for a path gives what the whole view says of it."""
    composition = composed(*given_stages)
    for one in list(composition.explain())[::3]:
        assert composition.explain(one.path) == one


@given(given_stages=stages())
def test_every_step_is_true(given_stages: Stages) -> None:
    """After the stage of a step the field is what the step says: it has the value, or it is gone."""
    pod, overrides = given_stages
    after = {"template": compose(pod).manifest}
    for place in range(len(overrides)):
        after[f"o{place}"] = compose(pod, *overrides[: place + 1]).manifest
    for one in composed(pod, overrides).explain():
        for step in one.steps:
            manifest = after[step.who or "template"]
            is_gone = look(manifest, one.path) is ABSENT

            assert is_gone if step.action == "removed" else text(step.value) in everywhere(manifest, one.path), str(one)


@given(given_stages=stages())
def test_the_last_setter_is_the_one(given_stages: Stages) -> None:
    """Before the stage that is said to have set a value it was not there, or was another; after it nobody changed it."""
    pod, overrides = given_stages
    before: list[Pod] = [{}, *(compose(pod, *overrides[:place]).manifest for place in range(len(overrides) + 1))]
    for one in composed(pod, overrides).explain():
        place = 0 if one.stage == "template" else int(str(one.who)[1:]) + 1
        by_keys = not any(isinstance(step, int) for step in parse_path(one.path))

        if one.present:
            assert not by_keys or text(one.value) not in everywhere(before[place], one.path), one.path
            assert all(text(one.value) in everywhere(manifest, one.path) for manifest in before[place + 1 :]), one.path


@given(given_stages=stages())
def test_a_diff_without_changes_means_equal(given_stages: Stages) -> None:
    """A stage reports no change exactly when it left the pod as it was."""
    pod, overrides = given_stages
    for place, stage in enumerate(composed(pod, overrides).diff()):
        before, after = compose(pod, *overrides[:place]).manifest, compose(pod, *overrides[: place + 1]).manifest

        assert (stage.changes == ()) is (text(before) == text(after))


@given(given_stages=stages())
def test_a_diff_covers_every_changed_leaf(given_stages: Stages) -> None:
    """Whatever was set or removed by a stage lies at, below or around a path that its diff names."""
    composition = composed(*given_stages)
    named = {
        stage.who: [parse_path(change.path) for change in stage.changes if change.action != "moved"] for stage in composition.diff()
    }
    for one in composition.explain():
        path = parse_path(one.path)
        for step in one.steps:
            if step.stage == "override" and step.action in ("set", "removed"):
                assert any(path[: len(change)] == change[: len(path)] for change in named[step.who]), (one.path, str(step))


@given(given_stages=stages())
def test_every_change_of_a_diff_is_true(given_stages: Stages) -> None:
    """What a diff says was there before was, and what it says is there now is."""
    pod, overrides = given_stages
    for place, stage in enumerate(composed(pod, overrides).diff()):
        before, after = compose(pod, *overrides[:place]).manifest, compose(pod, *overrides[: place + 1]).manifest
        for change in stage.changes:
            old, new = look(before, change.path), look(after, change.path)
            if change.action == "moved":
                assert ABSENT not in (old, new)
                continue
            assert (old is ABSENT) is (change.action == "added")
            assert (new is ABSENT) is (change.action == "removed")
            assert old is ABSENT or text(old) == text(change.before)
            assert new is ABSENT or text(new) == text(change.after)


@given(given_stages=stages())
def test_hooks_are_attributed_by_what_they_changed(given_stages: Stages) -> None:
    """What a hook that is code sets is explained by the hook, and nothing else is."""
    pod, overrides = given_stages

    def hook(lent: Any) -> None:
        lent.spec.host_network = True
        lent.metadata.labels = {**(lent.metadata.labels or {}), "hooked": "yes"}

    assume(not composed(pod, overrides).manifest["spec"].get("hostNetwork"))
    composition = compose(pod, *overrides, hook=hook)
    by_hook = [one.path for one in composition.explain() if one.stage == "hook" and one.present]

    assert sorted(by_hook) == [".metadata.labels.hooked", ".spec.hostNetwork"]
