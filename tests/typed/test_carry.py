"""What a typed hook changed, applied to the manifest: as plain JSON, and through the installed client."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from podcompose.core.carry import carry
from podcompose.core.json import same
from podcompose.models import from_model, lend
from podcompose.schema.pod import POD
from tests.typed.pods import TIME, WORKER, pods, without

HIDDEN = frozenset({"hidden"})


def spec(**fields: Any) -> dict[str, Any]:
    """A pod with this in its spec."""
    return {"spec": fields}


def carried(manifest: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Carry from the manifest without its hidden fields to `after`; see that nothing is written to."""
    before = without(manifest, HIDDEN)
    saved = copy.deepcopy((manifest, before, after))
    result = carry(manifest, before, after, POD)

    assert same(list(saved), [manifest, before, after])
    return result


CASES = {
    "nothing": (spec(hidden=1, hostPID=True), spec(hostPID=True), spec(hidden=1, hostPID=True)),
    "value changed": (spec(hidden=1, hostPID=True), spec(hostPID=False), spec(hidden=1, hostPID=False)),
    "one for True": (spec(hidden=1, priority=True), spec(priority=1), spec(hidden=1, priority=1)),
    "field removed": (spec(hidden=1, hostPID=True), spec(), spec(hidden=1)),
    "field added": (spec(hidden=1), spec(hostPID=False), spec(hidden=1, hostPID=False)),
    "struct removed": ({"metadata": {}, "spec": {"hidden": 1}}, {"metadata": {}}, {"metadata": {}}),
    "labels changed": (
        {"metadata": {"hidden": 1, "labels": {"a": "1", "b": "2"}}},
        {"metadata": {"labels": {"b": "3", "c": ""}}},
        {"metadata": {"hidden": 1, "labels": {"b": "3", "c": ""}}},
    ),
    "element changed": (
        spec(containers=[{"name": "a", "hidden": 1}, {"name": "b", "hidden": 2}]),
        spec(containers=[{"name": "a"}, {"name": "b", "image": "x"}]),
        spec(containers=[{"name": "a", "hidden": 1}, {"name": "b", "hidden": 2, "image": "x"}]),
    ),
    "elements reordered, removed and added": (
        spec(containers=[{"name": "a", "hidden": 1}, {"name": "b", "hidden": 2}, {"name": "c", "hidden": 3}]),
        spec(containers=[{"name": "c"}, {"name": "d"}, {"name": "a"}]),
        spec(containers=[{"name": "c", "hidden": 3}, {"name": "d"}, {"name": "a", "hidden": 1}]),
    ),
    "key of two fields, one by default": (
        spec(
            containers=[
                {"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP", "hidden": 1}, {"containerPort": 53, "hidden": 2}]}
            ]
        ),
        spec(
            containers=[
                {"name": "a", "ports": [{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]}
            ]
        ),
        spec(
            containers=[
                {
                    "name": "a",
                    "ports": [
                        {"containerPort": 53, "protocol": "TCP", "hidden": 2},
                        {"containerPort": 53, "protocol": "UDP", "hidden": 1},
                    ],
                }
            ]
        ),
    ),
    "repeated keys": (
        spec(containers=[{"name": "a", "hidden": 1}, {"name": "a", "hidden": 2}]),
        spec(containers=[{"name": "a"}, {"name": "a", "image": "x"}, {"name": "a"}]),
        spec(containers=[{"name": "a", "hidden": 1}, {"name": "a", "image": "x", "hidden": 2}, {"name": "a"}]),
    ),
    "atomic list changed": (
        spec(tolerations=[{"key": "a", "hidden": 1}, {"key": "b", "hidden": 2}]),
        spec(tolerations=[{"key": "c"}, {"key": "b"}, {"key": "a", "value": "x"}]),
        spec(tolerations=[{"key": "c"}, {"key": "b", "hidden": 2}, {"key": "a", "value": "x"}]),
    ),
    "list of scalars": (
        spec(hidden=1, containers=[{"name": "a", "args": ["x", "y"]}]),
        spec(containers=[{"name": "a", "args": ["y", "y", "z"]}]),
        spec(hidden=1, containers=[{"name": "a", "args": ["y", "y", "z"]}]),
    ),
    "elements that are none": (
        spec(hidden=1, containers=[{"name": "a", "hidden": 1}, None, {"name": {}}]),
        spec(containers=[None, {"name": "a"}, {"name": []}]),
        spec(hidden=1, containers=[None, {"name": "a", "hidden": 1}, {"name": []}]),
    ),
    "type changed": (
        spec(hidden=1, containers=[{"name": "a"}], securityContext={"runAsUser": 1}),
        spec(containers={"name": "a"}, securityContext="x"),
        spec(hidden=1, containers={"name": "a"}, securityContext="x"),
    ),
    "field that no schema knows": (
        spec(newest={"hidden": 1, "list": [{"a": 1, "hidden": 1}]}),
        spec(newest={"list": [{"a": 2}, {"a": 1}]}),
        spec(newest={"hidden": 1, "list": [{"a": 2}, {"a": 1, "hidden": 1}]}),
    ),
}


class TestCases:
    """Changes, by what was changed."""

    @pytest.mark.parametrize(("manifest", "after", "expected"), CASES.values(), ids=CASES)
    def test_case(self, manifest: dict[str, Any], after: dict[str, Any], expected: dict[str, Any]) -> None:
        """Exactly what changed is applied, and what the client did not show stays."""
        assert same(carried(manifest, after), expected)

    def test_unchanged_parts_are_shared(self) -> None:
        """What did not change is the manifest's own."""
        manifest = spec(containers=[{"name": "a", "hidden": 1}, {"name": "b"}], volumes=[])
        result = carried(manifest, spec(containers=[{"name": "a"}, {"name": "b", "image": "x"}], volumes=[]))

        assert result["spec"]["containers"][0] is manifest["spec"]["containers"][0]
        assert result["spec"]["volumes"] is manifest["spec"]["volumes"]

    def test_all_shown(self) -> None:
        """Where the client showed all there is, the result is what the hook left."""
        after = spec(hostPID=False)

        assert carry(WORKER, WORKER, after, POD) == after

    def test_order(self) -> None:
        """Fields stay in the manifest's order, though the client has one of its own."""
        manifest = {"spec": {"hostPID": True, "hostIPC": True}}
        after = {"spec": {"dnsPolicy": "None", "hostIPC": False, "hostPID": True}}

        assert list(carry(manifest, manifest, after, POD)["spec"]) == ["hostPID", "hostIPC", "dnsPolicy"]


class TestLaws:
    """Laws of `carry`, one a test."""

    @given(pods())
    def test_identity(self, manifest: dict[str, Any]) -> None:
        """No change gives the manifest itself."""
        before = without(manifest, frozenset({"name", "image"}))

        assert carry(manifest, before, copy.deepcopy(before), POD) is manifest

    @given(pods(), pods())
    def test_shows_what_the_hook_left(self, manifest: dict[str, Any], after: dict[str, Any]) -> None:
        """Without the hidden fields, the result is exactly what the hook left."""
        hidden = frozenset({"image", "readOnly", "labels", "limits"})
        before, after = without(manifest, hidden), without(after, hidden)

        assert same(without(carry(manifest, before, after, POD), hidden), after)


class TestThroughTheClient:
    """A hook that sees the installed client's pod."""

    def test_newer_fields_survive(self) -> None:
        """Fields that the client does not have survive a hook that changes others; times keep their spelling, nulls stay."""
        manifest = copy.deepcopy(WORKER)
        manifest["metadata"].update(creationTimestamp=None, deletionTimestamp=TIME)
        manifest["spec"]["containers"][0].update(newest={"a": None})
        manifest["spec"]["tolerations"][1].update(newest=1)
        expected = copy.deepcopy(manifest)
        expected["spec"]["containers"][0].update(image="worker:2")
        expected["metadata"]["labels"]["by"] = "hook"
        expected["spec"]["tolerations"].insert(0, {"key": "new"})
        pod, before = lend(manifest)

        pod.spec.containers[0].image = "worker:2"
        pod.metadata.labels["by"] = "hook"
        pod.spec.tolerations.insert(0, {"key": "new"})

        assert same(carry(manifest, before, from_model(pod, []), POD), expected)

    @given(pods())
    def test_hook_that_changes_nothing(self, manifest: dict[str, Any]) -> None:
        """A hook that leaves the pod alone leaves the manifest alone."""
        pod, before = lend(manifest)

        assert same(carry(manifest, before, from_model(pod, []), POD), manifest)
