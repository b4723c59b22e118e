"""AIRFLOW goes wherever a dialect goes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import models as k8s

from podcompose import Catalog, Override, OverrideError, Template, compose, merge
from podcompose.airflow import AIRFLOW

Pod = dict[str, Any]
TEMPLATE: Pod = {
    "spec": {"hostNetwork": True, "containers": [{"name": "base", "image": "i", "env": [{"name": "A", "value": "1"}]}]}
}
PATCH: Pod = {"spec": {"hostNetwork": False, "containers": [{"name": "worker", "env": [{"name": "A", "value": "2"}]}]}}
MERGED: Pod = {
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "worker", "image": "i", "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}],
    }
}

#: What the provider does and its documentation does not say: (original, patch, merged), each the whole pod or a part of it.
WARTS: list[tuple[str, Pod, Pod, Pod]] = [
    ("an empty struct wins", {"securityContext": {"runAsUser": 1}}, {"securityContext": {}}, {"securityContext": {}}),
    ("an empty map does not", {"nodeSelector": {"a": "b"}}, {"nodeSelector": {}}, {"nodeSelector": {"a": "b"}}),
    ("a map is replaced whole", {"nodeSelector": {"a": "b"}}, {"nodeSelector": {"c": "d"}}, {"nodeSelector": {"c": "d"}}),
    (
        "a false inside a struct counts, for the struct wins whole",
        {"securityContext": {"runAsNonRoot": True, "runAsUser": 1}},
        {"securityContext": {"runAsNonRoot": False}},
        {"securityContext": {"runAsNonRoot": False}},
    ),
    (
        "containers are merged by place, and the rest kept",
        {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]},
        {"containers": [{"name": "b", "tty": True}]},
        {"containers": [{"name": "b", "image": "1", "tty": True}, {"name": "b", "image": "2"}]},
    ),
    (
        "init containers are merged by name, in the original's order",
        {"initContainers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]},
        {"initContainers": [{"name": "c", "image": "3"}, {"name": "b", "image": "4"}]},
        {"initContainers": [{"name": "a", "image": "1"}, {"name": "b", "image": "4"}, {"name": "c", "image": "3"}]},
    ),
    (
        "of an init container that is there twice in the patch, the last counts",
        {"initContainers": [{"name": "a", "image": "1"}]},
        {"initContainers": [{"name": "a", "image": "2"}, {"name": "a", "tty": True}]},
        {"initContainers": [{"name": "a", "image": "1", "tty": True}]},
    ),
    (
        "volumes are appended, names and all",
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]},
    ),
    ("a null is not set", {"nodeName": "n"}, {"nodeName": None}, {"nodeName": "n"}),
    ("what is new and false is there", {}, {"hostPID": False, "hostAliases": []}, {"hostPID": False, "hostAliases": []}),
]


@pytest.mark.parametrize(("original", "patch", "merged"), [wart[1:] for wart in WARTS], ids=[wart[0] for wart in WARTS])
def test_warts_and_all(original: Pod, patch: Pod, merged: Pod) -> None:
    """What Airflow does, each rule by an example; the order of keys is the original's."""
    assert merge({"spec": original}, {"spec": patch}, AIRFLOW) == {"spec": merged}


def test_metadata_is_replaced_but_for_labels_and_annotations() -> None:
    """Finalizers and owner references, which the provider means to extend, are replaced."""
    original = {"labels": {"a": "1", "b": "2"}, "finalizers": ["x/a"], "name": "n", "namespace": "ns"}
    patch = {"labels": {"b": "", "c": "3"}, "finalizers": ["x/b"], "name": "", "namespace": "other"}

    assert merge({"metadata": original}, {"metadata": patch}, AIRFLOW) == {
        "metadata": {"labels": {"a": "1", "b": "", "c": "3"}, "finalizers": ["x/b"], "name": "n", "namespace": "other"}
    }


def test_every_door_takes_it(tmp_path: Path) -> None:
    """compose, merge, templates and catalogs give one and the same pod; nothing is written to."""
    file = tmp_path / "worker.yaml"
    file.write_text(json.dumps(TEMPLATE))
    texts = json.dumps(TEMPLATE), json.dumps(PATCH)
    templates = [
        TEMPLATE,
        Template.from_file(file, dialect=AIRFLOW),
        Template.from_yaml(file.read_text(), dialect=AIRFLOW),
        Template.from_pod(TEMPLATE, dialect=AIRFLOW),
        Catalog.from_folder(tmp_path, dialect=AIRFLOW)["worker"],
    ]

    assert [compose(template, PATCH, dialect=AIRFLOW).manifest for template in templates] == [MERGED] * 5
    assert merge(TEMPLATE, PATCH, AIRFLOW) == merge(templates[1], PATCH, AIRFLOW) == MERGED
    assert (json.dumps(TEMPLATE), json.dumps(PATCH)) == texts


def test_a_template_may_name_a_variable_twice() -> None:
    """What Airflow keeps, the dialect keeps, through hooks, too."""
    composition = compose(MERGED, hook=lambda pod: None, dialect=AIRFLOW)

    assert composition.manifest == MERGED


def test_pods_of_the_client_are_merged_as_such() -> None:
    """V1Pod in, V1Pod out: None is not set, false does not win."""
    original = k8s.V1Pod(spec=k8s.V1PodSpec(host_network=True, containers=[k8s.V1Container(name="base", image="i")]))
    patch = k8s.V1Pod(spec=k8s.V1PodSpec(host_network=False, containers=[k8s.V1Container(name="worker")]))
    merged = merge(original, patch, AIRFLOW)

    assert (merged.spec.host_network, merged.spec.containers[0].name, merged.spec.containers[0].image) == (True, "worker", "i")


def test_what_is_unknown_is_refused_or_kept() -> None:
    """An unknown field is a finding with its line; kept, it follows Airflow's rules."""
    override = Override.from_yaml("spec:\n  containers:\n  - name: base\n    env:\n    - {name: B, valu: x}\n", source="o.yaml")
    with pytest.raises(OverrideError) as raised:
        compose(TEMPLATE, override, dialect=AIRFLOW)

    assert str(raised.value).startswith('o.yaml:5:17: .spec.containers[name="base"].env[name="B"].valu: ')
    assert merge({"spec": {"new": 1}}, {"spec": {"new": 0, "other": 0}}, AIRFLOW, unknown="keep") == {
        "spec": {"new": 1, "other": 0}
    }


@pytest.mark.parametrize(
    "patch",
    [{"spec": {"containers": 7}}, {"spec": {"containers": [7]}}, {"spec": 7}, {"spec": {"volumes": {}, "containers": [None]}}],
)
def test_what_is_of_another_type_is_a_finding(patch: Pod) -> None:
    """The engine goes over anything; what comes of it is judged."""
    with pytest.raises(OverrideError) as raised:
        compose(TEMPLATE, patch, dialect=AIRFLOW)

    assert {problem.code for problem in raised.value.problems} == {"wrong-type"}


def test_it_pickles_and_is_itself() -> None:
    """The dialect, a template judged by it and a composition made with it are equal to themselves after a journey."""
    composition = compose(Template.from_pod(TEMPLATE, dialect=AIRFLOW), PATCH, dialect=AIRFLOW)
    again = pickle.loads(pickle.dumps(composition))

    assert pickle.loads(pickle.dumps(AIRFLOW)) == AIRFLOW
    assert again == composition
    assert again.explain() == composition.explain()


def test_explanations_say_who_and_what_did_not_win() -> None:
    """Blame, history and diff of a pod composed as Airflow did."""
    composition = compose(TEMPLATE, Override(PATCH, name="team-a"), dialect=AIRFLOW)

    assert str(composition.explain("spec.hostNetwork")).splitlines()[1:] == [
        "  template set it to true",
        "  override team-a did not change it: it says false",
    ]
    assert "# override team-a" in str(composition.explain())
    assert 'name="worker"' in str(composition.diff()[0])
