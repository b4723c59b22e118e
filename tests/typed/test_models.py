"""Typed pods to wire JSON and back, on whichever client is installed; tests/clients runs this on each generation."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import given
from kubernetes import client

from podcompose import models
from podcompose.core.json import same
from podcompose.errors import Finding, ModelError
from tests.typed.pods import TIME, WORKER, full, pods, without

PYDANTIC = hasattr(client.V1Pod, "model_fields")
API = client.ApiClient()


def theirs(manifest: dict[str, Any]) -> Any:
    """The pod that the client itself makes of wire JSON."""
    return API._ApiClient__deserialize(manifest, "V1Pod")


def read(model: Any) -> Any:
    """What a model says, where nothing is wrong with it."""
    found: list[Finding] = []
    wire = models.from_model(model, found)

    assert found == []
    return wire


def findings(model: Any) -> list[Finding]:
    """What is wrong with a model."""
    found: list[Finding] = []
    models.from_model(model, found)
    return found


class TestIsModel:
    """What counts as a model."""

    def test_models_of_the_client(self) -> None:
        """Every object of the client's models is one, complete or not."""
        assert models.is_model(client.V1Pod())
        assert models.is_model(client.V1PodTemplateSpec())

    @pytest.mark.parametrize("value", [{}, None, 1, "V1Pod", [], client.V1Pod, client, object()])
    def test_anything_else(self, value: object) -> None:
        """Mappings, scalars and the classes themselves are none."""
        assert not models.is_model(value)

    def test_lookalike(self) -> None:
        """A class generated alike, as kubernetes_asyncio has them, is one, and is read by its attributes."""

        class Metadata:
            openapi_types: ClassVar[Mapping[str, str]] = {"generate_name": "str"}
            attribute_map: ClassVar[Mapping[str, str]] = {"generate_name": "generateName"}

            @property
            def generate_name(self) -> str:
                return "a-"

        assert models.is_model(Metadata())
        assert read(Metadata()) == {"generateName": "a-"}


class TestFromModel:
    """What a typed pod says."""

    def test_none_is_not_set(self) -> None:
        """An attribute that is None is left out, whether it was passed or not."""
        assert read(client.V1PodSpec(containers=[], node_name=None)) == {"containers": []}

    def test_falsy_values_are_mentions(self) -> None:
        """False, 0, "", [] and {} stay."""
        spec = client.V1PodSpec(
            host_network=False, termination_grace_period_seconds=0, hostname="", containers=[], node_selector={}
        )

        assert same(
            read(spec),
            {"containers": [], "hostNetwork": False, "hostname": "", "nodeSelector": {}, "terminationGracePeriodSeconds": 0},
        )

    def test_nested_models(self) -> None:
        """Models inside lists and plain maps are read."""
        container = client.V1Container(name="base", liveness_probe=client.V1Probe(_exec=client.V1ExecAction(command=["true"])))

        assert read({"a": {"b": [container]}}) == {"a": {"b": [{"name": "base", "livenessProbe": {"exec": {"command": ["true"]}}}]}}

    def test_as_the_client_sends_it(self) -> None:
        """A pod that the client made says what the client would send."""
        pod = theirs(WORKER)

        assert same(read(pod), API.sanitize_for_serialization(pod))

    def test_result_is_fresh(self) -> None:
        """Nothing of the result is shared with the model."""
        pod = models.to_model(WORKER)
        scribble(read(pod))

        assert same(read(pod), WORKER)

    def test_none_in_a_map_is_left_out(self) -> None:
        """A key of a map whose value is None is not set, on every client."""
        pod = client.V1Pod(metadata=client.V1ObjectMeta(labels={"a": "1"}))
        pod.metadata.labels["b"] = None

        assert read(pod) == {"metadata": {"labels": {"a": "1"}}}

    def test_none_in_a_list_stays(self) -> None:
        """None in a list is null, as every client sends it."""
        pod = client.V1Pod(spec=client.V1PodSpec(containers=[]))
        pod.spec.containers.append(None)

        assert read(pod) == {"spec": {"containers": [None]}} == API.sanitize_for_serialization(pod)

    @pytest.mark.parametrize("key", ["image_pull_policy", "imagePullPolicy"])
    def test_half_filled_with_maps(self, key: str) -> None:
        """A plain map in a model's place may be written in either spelling."""
        container = {"name": "base", key: "Always", "env": [{"name": "A", "value_from": {"field_ref": {"field_path": "x"}}}]}
        wire = {"name": "base", "imagePullPolicy": "Always", "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}

        assert read(client.V1Pod(spec={"containers": [container]})) == {"spec": {"containers": [wire]}}

    def test_map_appended_to_models(self) -> None:
        """A plain map put in later, with a null and a directive, is read like one that was there from the start."""
        spec = client.V1PodSpec(containers=[client.V1Container(name="base")])
        spec.containers.append({"name": "side", "working_dir": "/", "image": None, "$patch": "replace"})

        assert read(spec) == {"containers": [{"name": "base"}, {"name": "side", "workingDir": "/", "$patch": "replace"}]}

    def test_free_maps_keep_their_keys(self) -> None:
        """A label that is spelled like an attribute stays as it is."""
        assert read(client.V1ObjectMeta(labels={"image_pull_policy": "x"})) == {"labels": {"image_pull_policy": "x"}}

    def test_both_spellings(self) -> None:
        """A field set in both spellings is found."""
        spec = client.V1PodSpec(containers=[])
        spec.containers.append({"name": "a", "workingDir": "/", "working_dir": "/tmp"})

        assert [(finding.code, finding.raw) for finding in findings(spec)] == [("repeated-key", ("containers", 0, "workingDir"))]

    def test_times(self) -> None:
        """A datetime in a field for times is spelled as the client spells it."""
        pod = theirs({"metadata": {"creationTimestamp": TIME}})

        assert read(pod) == {"metadata": {"creationTimestamp": "2026-01-02T03:04:05+00:00"}} == API.sanitize_for_serialization(pod)

    def test_wrong_values_are_found(self) -> None:
        """What JSON cannot say is found with its place, not raised; a class in a model's place too."""
        pod = client.V1Pod(metadata=client.V1ObjectMeta(labels={}), spec=client.V1PodSpec(containers=[]))
        pod.metadata.labels.update({"a": b"x", "b": object(), "c": float("nan"), "d": "\ud800", "e": 2**64})
        pod.spec.containers.append(client.V1Container)

        places = {finding.raw: finding.code for finding in findings(pod)}

        labels = {("metadata", "labels", key): "not-json" for key in "abc"}
        more = {
            ("metadata", "labels", "d"): "bad-text",
            ("metadata", "labels", "e"): "out-of-range",
            ("spec", "containers", 0): "not-json",
        }
        assert places == labels | more

    def test_wrong_keys_are_found(self) -> None:
        """A key that is no text is found."""
        meta = client.V1ObjectMeta(labels={})
        meta.labels[1] = "x"

        assert [(finding.code, finding.raw) for finding in findings(meta)] == [("bad-key", ("labels",))]

    def test_holds_itself(self) -> None:
        """A pod that holds itself is found, as is a list that does."""
        pod, ring = client.V1Pod(metadata=client.V1ObjectMeta(labels={})), list[Any]()
        ring.append(ring)
        pod.metadata.labels.update({"a": pod, "b": ring})

        assert {finding.code for finding in findings(pod)} == {"too-deep"}

    @pytest.mark.parametrize("name", ["node_selektor", "nodeSelector"])
    def test_attribute_that_is_none(self, name: str) -> None:
        """An attribute that the class does not have is found, with the one that was meant; the client would drop it in silence."""
        spec = client.V1PodSpec(containers=[])
        object.__setattr__(spec, name, {"a": "b"}) if not PYDANTIC else spec.__dict__.update({name: {"a": "b"}})

        [finding] = findings(spec)

        assert (finding.code, finding.raw) == ("unknown-field", (name,))
        assert finding.suggestion == "did you mean `node_selector`?"

    @pytest.mark.skipif(PYDANTIC, reason="this client refuses values of the wrong type itself")
    def test_wrong_types_pass(self) -> None:
        """A value of the wrong JSON type is said as it is, for the schema to judge."""
        assert read(client.V1Container(name=5, env="A=1", args=("a",))) == {"name": 5, "env": "A=1", "args": ["a"]}

    def test_subclass(self) -> None:
        """A subclass with state of its own says what its class would, and its state is nobody's finding."""

        class Mine(client.V1Probe):  # type: ignore[misc]  # the client has no types on some versions
            pass

        assert read(Mine(period_seconds=1, _exec=client.V1ExecAction(command=[]))) == {"periodSeconds": 1, "exec": {"command": []}}


class TestToModel:
    """Wire JSON as a typed pod."""

    def test_equals_the_clients_own(self) -> None:
        """The pod is the one that the client itself makes: equal, of the same classes, and sent alike."""
        manifest = models.lend(full())[1]
        ours, own = models.to_model(manifest), theirs(manifest)

        assert ours == own
        assert ours.to_dict() == own.to_dict()
        assert same(API.sanitize_for_serialization(ours), API.sanitize_for_serialization(own))
        assert shape(ours) == shape(own)

    @given(pods())
    def test_round_trip(self, manifest: dict[str, Any]) -> None:
        """Reading a made pod gives the manifest, less what the client cannot hold; reading and making once more changes nothing."""
        pod, seen = models.lend(manifest)

        assert same(read(pod), seen)
        assert same(read(models.to_model(seen)), seen)
        assert same(without(seen, TIMES), without(kept(manifest, client.V1Pod), TIMES))

    @given(pods())
    def test_inputs_stay(self, manifest: dict[str, Any]) -> None:
        """The manifest is not written to, and scribbling over the pod does not reach it or another pod made of it."""
        saved = copy.deepcopy(manifest)
        first, second = models.to_model(manifest, drop=True), models.to_model(manifest, drop=True)
        seen = read(second)
        scribble(first)

        assert same(manifest, saved)
        assert same(read(second), seen)

    @pytest.mark.parametrize(
        "manifest",
        [
            {},
            {"spec": {}},
            {"spec": {"containers": None}},
            {"spec": {"containers": [{}, {"env": [{"value": "x"}]}]}},
            {"metadata": None},
        ],
    )
    def test_partial_pods(self, manifest: dict[str, Any]) -> None:
        """Required fields that are missing or null are no error; they read as None."""
        pod = models.to_model(manifest)

        assert pod.to_dict() is not None
        assert repr(pod) == pod.to_str()
        if pod.spec is not None and "containers" not in read(pod)["spec"]:
            assert pod.spec.containers is None

    def test_setters_work(self) -> None:
        """A made pod can be changed like one that the client made, and judges like one."""
        pod = models.to_model({"spec": {"containers": [{"name": "a"}]}})
        pod.spec.node_name = "n"
        pod.spec.containers[0].liveness_probe = client.V1Probe(_exec=client.V1ExecAction(command=["x"]))
        pod.spec.containers = [*pod.spec.containers, client.V1Container(name="b")]

        probe = {"exec": {"command": ["x"]}}
        assert read(pod) == {"spec": {"nodeName": "n", "containers": [{"name": "a", "livenessProbe": probe}, {"name": "b"}]}}
        with pytest.raises(ValueError, match="name"):
            pod.spec.containers[0].name = None

    @pytest.mark.skipif(PYDANTIC, reason="the models of this client carry no settings")
    def test_settings_are_the_pods_own(self) -> None:
        """What somebody does to the settings of one pod does not reach another."""
        first, second = models.to_model(WORKER), models.to_model(WORKER)
        first.local_vars_configuration.client_side_validation = False

        with pytest.raises(ValueError, match="containers"):
            second.spec.containers = None

    def test_pickles_and_copies(self) -> None:
        """A made pod can be pickled and copied."""
        pod = models.to_model(WORKER)

        assert pickle.loads(pickle.dumps(pod)) == pod
        assert copy.deepcopy(pod) == pod
        assert same(read(copy.deepcopy(pod)), WORKER)

    def test_pickles_where_the_settings_do_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Settings that hold a closure, as a scheduler has them in a cluster, do not get into a made pod."""
        if not hasattr(client.Configuration, "set_default"):
            pytest.skip("this client has no default settings")
        loaded = client.Configuration()
        loaded.client_side_validation = False
        loaded.refresh_api_key_hook = lambda settings: None
        monkeypatch.setattr(client.Configuration, "_default", loaded)
        pod = models.to_model(WORKER)

        assert pickle.loads(pickle.dumps(pod)) == pod
        if not PYDANTIC:
            pod.spec.containers = None

    @pytest.mark.parametrize("text", [TIME, "2026-01-02t03:04:05.123456789+05:30", "10", "soon", "", "0000-00-00T00:00:00Z"])
    def test_times(self, text: str) -> None:
        """A timestamp becomes the datetime that the client makes; what is none stays text."""
        stamp = models.to_model({"metadata": {"creationTimestamp": text}}).metadata.creation_timestamp

        if text[:4] == "2026":
            assert stamp == theirs({"metadata": {"creationTimestamp": text}}).metadata.creation_timestamp
        else:
            assert stamp == text

    def test_unknown_fields(self) -> None:
        """Fields that the client does not have are all named, by key, with its version; a null one is no loss."""
        manifest = copy.deepcopy(WORKER)
        manifest["spec"]["containers"][0]["quantumLimits"] = {"a": 1}
        manifest["spec"]["containers"][0]["ports"][1]["lane"] = 2
        manifest["spec"]["tolerations"][1]["mood"] = "x"
        manifest["spec"]["nothing"] = None
        manifest["newest"] = []

        with pytest.raises(ModelError) as caught:
            models.to_model(manifest)

        assert {problem.path for problem in caught.value.problems} == {
            '.spec.containers[name="base"].quantumLimits',
            '.spec.containers[name="base"].ports[containerPort=53,protocol="UDP"].lane',
            ".spec.tolerations[1].mood",
            ".newest",
        }
        assert all(models.client_version() in problem.message for problem in caught.value.problems)
        assert same(read(models.to_model(manifest, drop=True)), WORKER)

    def test_unknown_nulls(self) -> None:
        """A field that is null and that the client does not have is no loss."""
        assert read(models.to_model({"newest": None})) == {}

    @pytest.mark.parametrize(
        ("owner", "name", "manifest"),
        [
            (client.V1Volume, "image", {"spec": {"volumes": [{"name": "v", "image": {"reference": "x"}}]}}),
            (client.V1Container, "restartPolicyRules", {"spec": {"containers": [{"restartPolicyRules": [{"action": "Restart"}]}]}}),
            (client.V1PodSpec, "hostnameOverride", {"spec": {"hostnameOverride": "a"}}),
        ],
    )
    def test_fields_that_not_every_client_has(self, owner: Any, name: str, manifest: dict[str, Any]) -> None:
        """A field of a newer Kubernetes is held by the clients that have it, and by no other."""
        has = name in owner.attribute_map.values()

        assert same(models.lend(manifest)[1], manifest) == has
        assert has or models.client_version() < "36"


class TestLend:
    """A pod for a hook, and what it shows."""

    def test_all_of_it(self) -> None:
        """What the client holds without loss is shown as it is, without a second reading."""
        assert models.lend(WORKER)[1] is WORKER

    @pytest.mark.parametrize(
        "odd",
        [
            {"newest": 1},
            {"newest": None},
            {"spec": None},
            {"spec": {"nodeName": None}},
            {"spec": {"containers": [None]}},
            {"metadata": {"creationTimestamp": None}},
            {"metadata": {"creationTimestamp": TIME}},
            {"metadata": {"labels": {"a": None}}},
        ],
    )
    def test_part_of_it(self, odd: dict[str, Any]) -> None:
        """What the client drops, or spells in its own way, is shown as it will be read."""
        pod, seen = models.lend(odd)

        assert seen is not odd
        assert same(seen, read(pod))


def test_importing_podcompose_imports_no_client() -> None:
    """Neither the library nor the module that knows the models imports the client."""
    text = "import sys, podcompose, podcompose.models as m; m.is_model(1); sys.exit('kubernetes' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0


TIMES = frozenset(
    {"creationTimestamp", "deletionTimestamp", "startTime", "startedAt", "finishedAt", "timeAdded", "time"}
) | frozenset({"lastProbeTime", "lastTransitionTime"})


def kept(value: Any, model: Any) -> Any:
    """What a class of models has attributes for, by the client's own tables; an oracle that knows nothing of layouts."""
    result = {}
    for attribute, wire in model.attribute_map.items():
        if wire in value:
            kind = model.openapi_types[attribute]
            inner = getattr(client, kind.split("[")[-1].rstrip("]"), None)
            entry = value[wire]
            if inner is not None:
                entry = [kept(each, inner) for each in entry] if isinstance(entry, list) else kept(entry, inner)
            result[wire] = entry
    return result


def shape(value: Any) -> Any:
    """The classes of a value and of all it holds, and which of its fields count as set."""
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    if not models.is_model(value):
        return type(value)
    inner = {name: shape(entry) for name, entry in vars(value).items() if name != "local_vars_configuration"}
    return type(value), inner, getattr(value, "model_fields_set", None), getattr(value, "__pydantic_private__", None)


def scribble(value: Any) -> None:
    """Write over every map, list and model of a value."""
    if isinstance(value, list):
        for entry in value:
            scribble(entry)
        value.append("scribble")
    elif isinstance(value, dict):
        for entry in value.values():
            scribble(entry)
        value["scribble"] = "scribble"
    elif models.is_model(value):
        for name, entry in vars(value).items():
            if name == "local_vars_configuration":
                entry.client_side_validation = "scribble"
            scribble(entry)
        vars(value).update(dict.fromkeys(vars(value)))
