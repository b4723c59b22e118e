"""What `compare` says: each row of the table of differences, refusals on either side, hooks, and the words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kubernetes.client import models as k8s

from podcompose import COMPOSE, Override, Template
from podcompose.airflow import ABSENT, compare
from tests.docs.documents import ROOT

Pod = dict[str, Any]

#: A worker with something of everything.
WORKER: Pod = {
    "metadata": {
        "name": "worker",
        "labels": {"tier": "airflow"},
        "finalizers": ["example.com/a"],
    },
    "spec": {
        "hostNetwork": True,
        "terminationGracePeriodSeconds": 600,
        "serviceAccountName": "worker",
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "airflow", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "registry"}],
        "securityContext": {"runAsUser": 50000, "fsGroup": 0},
        "initContainers": [{"name": "sync", "image": "git-sync"}, {"name": "wait", "image": "wait"}],
        "containers": [
            {
                "name": "base",
                "image": "airflow",
                "args": ["worker"],
                "env": [
                    {"name": "MODE", "value": "batch"},
                    {"name": "FULL", "value": "$(MODE)-1"},
                    {"name": "LEVEL", "value": "INFO"},
                ],
                "envFrom": [{"configMapRef": {"name": "airflow"}}],
                "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5},
                "ports": [{"containerPort": 8793, "name": "logs"}],
                "resources": {"limits": {"cpu": "1"}},
                "volumeMounts": [{"name": "dags", "mountPath": "/dags", "readOnly": True}],
            },
            {"name": "sidecar", "image": "sidecar"},
        ],
        "volumes": [{"name": "dags", "emptyDir": {}}, {"name": "logs", "emptyDir": {}}],
    },
}


def base(**fields: Any) -> Pod:
    """An override of the container `base`."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


class Row(NamedTuple):
    """One row of the table: an override of WORKER, and the path and group of what it changes; None where the two agree."""

    override: Any
    path: str | None
    group: str


BASE = '.spec.containers[name="base"]'
#: By the row's number in docs/airflow-differences.md.
ROWS: dict[str, list[Row]] = {
    "1": [
        Row({"spec": {"hostNetwork": False}}, ".spec.hostNetwork", "improved"),
        Row({"spec": {"terminationGracePeriodSeconds": 0}}, ".spec.terminationGracePeriodSeconds", "improved"),
        Row({"spec": {"serviceAccountName": ""}}, ".spec.serviceAccountName", "improved"),
    ],
    "2": [
        Row({"spec": {"tolerations": []}}, ".spec.tolerations", "to be looked at"),
        Row(base(args=[]), f"{BASE}.args", "to be looked at"),
        Row(base(image=""), f"{BASE}.image", "to be looked at"),
    ],
    "3": [
        Row(base(env=[{"name": "LEVEL", "value": "DEBUG"}]), f'{BASE}.env[name="LEVEL"]', "improved"),
        # Another refers to it, and sees the same value as before.
        Row(base(env=[{"name": "MODE", "value": "batch"}]), f'{BASE}.env[name="MODE"]', "improved"),
    ],
    "4": [Row(base(env=[{"name": "MODE", "value": "live"}]), f'{BASE}.env[name="MODE"]', "to be looked at")],
    "5": [
        Row({"spec": {"volumes": [{"name": "dags", "hostPath": {"path": "/d"}}]}}, '.spec.volumes[name="dags"]', "improved"),
        Row(base(volumeMounts=[{"name": "dags", "mountPath": "/dags"}]), f'{BASE}.volumeMounts[mountPath="/dags"]', "improved"),
        Row(base(ports=[{"containerPort": 8793}]), f'{BASE}.ports[containerPort=8793,protocol="TCP"]', "improved"),
    ],
    "6": [
        Row({"spec": {"containers": [{"name": "sidecar", "tty": True}, {"name": "base"}]}}, f"{BASE}.image", "improved"),
        Row({"spec": {"containers": [{"name": "sidecar", "tty": True}]}}, '.spec.containers[name="sidecar"]', "improved"),
    ],
    "7": [Row({"spec": {"containers": [{"name": "worker", "tty": True}]}}, BASE, "to be looked at")],
    "8": [Row(base(envFrom=[{"secretRef": {"name": "s"}}]), f"{BASE}.envFrom", "to be looked at")],
    "9": [Row({"spec": {"nodeSelector": {"gpu": "yes"}}}, ".spec.nodeSelector.disk", "to be looked at")],
    "10": [
        Row({"spec": {"securityContext": {"runAsUser": 1}}}, ".spec.securityContext.fsGroup", "to be looked at"),
        Row({"spec": {"securityContext": {}}}, ".spec.securityContext.runAsUser", "to be looked at"),
        Row(base(resources={"limits": {"memory": "1Gi"}}), f"{BASE}.resources.limits.cpu", "to be looked at"),
        Row(base(livenessProbe={"exec": {"command": ["true"]}}), f"{BASE}.livenessProbe.periodSeconds", "to be looked at"),
    ],
    "11": [Row({"spec": {"imagePullSecrets": [{"name": "mine"}]}}, '.spec.imagePullSecrets[name="registry"]', "to be looked at")],
    "12": [Row({"metadata": {"finalizers": ["example.com/b"]}}, ".metadata.finalizers", "to be looked at")],
    "13": [
        Row({"spec": {"nodeSelector": None}}, ".spec.nodeSelector", "to be looked at"),
        Row({"metadata": {"labels": {"tier": None}}}, ".metadata.labels.tier", "to be looked at"),
    ],
    "14": [
        Row(
            {"spec": {"volumes": [{"name": "logs", "emptyDir": {}}, {"name": "dags", "emptyDir": {}}]}}, ".spec.volumes", "harmless"
        ),
    ],
    "15": [Row({"spec": {"initContainers": [{"name": "wait"}, {"name": "sync"}]}}, ".spec.initContainers", "to be looked at")],
    "16": [
        Row({"metadata": {"name": "other", "namespace": "n", "labels": {"a": "b"}, "annotations": {"c": "d"}}}, None, ""),
        Row(base(args=["x"], command=["y"], image="z"), None, ""),
        Row({"spec": {"tolerations": [{"key": "gpu"}], "hostPID": True}}, None, ""),
        Row({"spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}}, None, ""),
        Row({"spec": {"initContainers": [{"name": "sync", "image": "other"}, {"name": "more", "image": "m"}]}}, None, ""),
        Row({"spec": {"containers": [{"name": "base"}, {"name": "sidecar", "tty": True}, {"name": "c", "image": "c"}]}}, None, ""),
    ],
}


#: What is said of a row's differences.
REASONS = {
    "1": "now wins",
    "2": "the template's entries are gone|a container without an image, which the API server refuses",
    "3": "Kubernetes takes the last of two",
    "4": "which others that refer to it with $(NAME) see",
    "5": "appended the override's to the template's (a port named twice is a warning, or refused)"
    "|appended the override's to the template's (the API server refuses two)",
    "6": "now containers are matched by name",
    "7": "a container of its own, without the image that the API server asks for (is 'base' meant?)",
    "8": "Airflow appended the override's entries to the template's; now they replace them",
    "9": "Airflow replaced .spec.nodeSelector whole",
    "10": "whole; now what the override does not mention stays",
    "11": "Airflow replaced .spec.imagePullSecrets whole",
    "12": "Airflow replaced .metadata.finalizers whole",
    "13": "the override's null now deletes",
    "14": "only the order is another",
    "15": "init containers run in their order",
}


def table() -> dict[str, list[str]]:
    """The rows of the table in the docs, by number."""
    text = (ROOT / "docs" / "airflow-differences.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| \d+ \|.*$", text, re.MULTILINE)]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize(("number", "row"), [(number, row) for number, rows in ROWS.items() for row in rows])
def test_every_row_of_the_table_is_so(number: str, row: Row) -> None:
    """An override as the row describes differs there, in that group; or nowhere, where the row says so."""
    comparison = compare(WORKER, row.override)
    there = [difference for difference in comparison.differences if difference.path == row.path]

    assert [difference.group for difference in there] == ([row.group] if row.path is not None else [])
    assert all(any(reason in one.why for reason in REASONS[number].split("|")) for one in there), str(comparison)
    assert row.path is not None or comparison.outlook == "equal", str(comparison)
    assert table()[number][-1] == (row.group if row.path is not None else "equal")


def test_the_table_has_no_other_rows() -> None:
    """Each row of the docs is run, but for those about what one of the two refuses, which have tests of their own."""
    assert set(table()) - set(ROWS) == {"17", "18", "19", "20"}


def test_the_issue_s_own_sentence(tmp_path: Path) -> None:
    """A false that wins is told as path, before, after and why."""
    file = tmp_path / "worker.yaml"
    file.write_text("spec: {hostNetwork: true, containers: [{name: base, image: i}]}\n")
    pod = k8s.V1Pod(spec=k8s.V1PodSpec(host_network=False, containers=[k8s.V1Container(name="base")]))
    said = ".spec.hostNetwork true -> false: the override's false now wins"

    for template in (str(file), file, Template.from_file(file), WORKER | {}, {"spec": {"hostNetwork": True}}):
        for override in (pod, {"pod_override": pod}, Override(pod, name="team-a"), {"spec": {"hostNetwork": False}}, [pod, None]):
            comparison = compare(template, override)
            assert [str(one) for one in comparison.improved] == [said]
            assert str(comparison) == f"1 difference: 1 improved\nimproved\n  {said}"
            assert comparison.outlook == "improved"


def test_absent_is_not_null() -> None:
    """What stands nowhere is ABSENT, left out of JSON, and told as a word."""
    difference = compare(WORKER, {"spec": {"nodeSelector": {"gpu": "yes"}}}).differences[0]

    assert difference.before is ABSENT
    assert "before" not in difference.to_dict()
    assert difference.change == '.spec.nodeSelector.disk absent -> "ssd"'


def test_what_is_repeated_stands_on_either_side_as_a_list() -> None:
    """Two of one key and the one that they became are lists of elements."""
    difference = compare(WORKER, base(env=[{"name": "LEVEL", "value": "DEBUG"}])).differences[0]

    assert (difference.kind, len(difference.before), difference.after) == ("repeated", 2, [{"name": "LEVEL", "value": "DEBUG"}])


def test_several_overrides_are_laid_in_their_order() -> None:
    """A sequence of overrides is one fold; a reason is the last that says something."""
    comparison = compare(WORKER, [{"spec": {"hostNetwork": False}}, Override({"spec": {"hostNetwork": True}})])
    added = compare(
        WORKER,
        [
            {"spec": {"containers": [{"name": "base"}, {"name": "sidecar"}, {"name": "c", "image": "c"}]}},
            {"spec": {"containers": [{"name": "c", "tty": True}]}},
        ],
    )

    assert comparison.outlook == "equal"
    assert {difference.group for difference in added.differences if '"c"' in difference.path} == {"improved"}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ({"spec": {"hostNetwrk": False}}, "did you mean `hostNetwork`?"),
        ({"spec": {"hostNetwork": "no"}}, "expected a boolean, got a string"),
        (base(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]), "name each once"),
        ({"pod_overide": {}}, "did you mean `pod_override`?"),
        ({"KubernetesExecutor": {"securityContext": {}}}, "securityContext"),
        ({"pod_override": {}, "KubernetesExecutor": {"image": "i"}}, "at once"),
        ({"spec": {"containers": [{"name": "bsae", "tty": True}]}}, "did you mean 'base'?"),
        (7, "not an int"),
        ("spec: {}", "from_yaml"),
        ([{"spec": {}}, 7], "not an int"),
    ],
)  # fmt: skip
def test_what_podcompose_refuses_of_an_override_is_told(override: Any, said: str) -> None:
    """Nothing is raised: the problem is to be looked at, with its fix."""
    comparison = compare(WORKER, override)

    assert (comparison.compose, comparison.outlook) == (None, "refused")
    assert said in str(comparison.to_be_looked_at[0])
    assert str(comparison).startswith("refused by podcompose: ")


def written(tmp_path: Path, *lines: str) -> str:
    """A template's file with these lines below `spec:`."""
    file = tmp_path / "t.yaml"
    file.write_text("\n".join(["spec:", *(f"  {line}" for line in lines), ""]))
    return str(file)


def test_a_field_that_airflow_dropped_in_silence_is_a_problem_with_its_line(tmp_path: Path) -> None:
    """Row 17: of an unknown field of a template, Airflow's pod has nothing; podcompose names file, line and the fix."""
    file = written(tmp_path, "hostNetwrk: true", "containers: [{name: base, image: i}]")
    comparison = compare(file, {"spec": {"nodeName": "n"}})

    assert comparison.airflow is not None
    assert comparison.airflow.manifest == {"spec": {"containers": [{"name": "base", "image": "i"}], "nodeName": "n"}}
    assert [str(one) for one in comparison.to_be_looked_at] == [
        f"{file}:2:3: .spec.hostNetwrk: a PodSpec has no field `hostNetwrk` (template); did you mean `hostNetwork`?"
    ]


def test_a_value_that_airflow_converted_in_silence_is_a_problem_with_its_line(tmp_path: Path) -> None:
    """Row 18: `value: yes` was the text "True" to Airflow's client; podcompose says to quote it."""
    file = written(tmp_path, "containers:", "- {name: base, image: i, env: [{name: A, value: yes}], tty: 'false'}")
    comparison = compare(file)

    assert comparison.airflow is not None
    assert comparison.airflow.manifest["spec"]["containers"] == [
        {"name": "base", "image": "i", "env": [{"name": "A", "value": "True"}], "tty": True}
    ]
    assert [(one.line, one.code) for one in comparison.problems] == [(3, "wrong-type"), (3, "wrong-type")]


def test_what_airflow_itself_cannot_read_is_said(tmp_path: Path) -> None:
    """A template that Airflow's client raises on: the failure is Airflow's, with its line."""
    file = written(tmp_path, "containers:", "- {name: base, image: i}", "volumes:", "- emptyDir: {}")
    comparison = compare(file)

    assert [one.code for one in comparison.failures] == ["airflow-refuses"]
    assert "Airflow's client takes no Volume without `name`" in str(comparison)


def test_a_template_that_names_a_variable_twice_is_refused_here_only(tmp_path: Path) -> None:
    """Airflow keeps both; podcompose says which."""
    file = written(tmp_path, "containers:", "- {name: base, image: i, env: [{name: A, value: a}, {name: A, value: b}]}")
    comparison = compare(file)

    assert comparison.airflow is not None
    assert [one.code for one in comparison.problems] == ["repeated-key"]


@pytest.mark.parametrize("template", ["absent.yaml", Path("absent.yaml"), 7, {"kind": "Job"}])
def test_a_template_that_is_none_is_told(template: Any) -> None:
    """What is no template at all is a problem, and so is what is wrong with the override beside it."""
    comparison = compare(template, {"spec": {"hostNetwrk": True}})

    assert [problem.stage for problem in comparison.problems] == ["template", "override"]


def test_text_in_the_place_of_a_path_is_told() -> None:
    """A template's text is no path; the problem says what reads it."""
    assert "read text with Template.from_yaml" in str(compare("spec:\n  containers: []\n"))


def test_text_that_is_no_yaml_is_a_problem_of_both(tmp_path: Path) -> None:
    """Neither reads it, so neither gives a pod."""
    comparison = compare(written(tmp_path, "containers: ["))

    assert (comparison.airflow, comparison.compose, len(comparison.problems)) == (None, None, 1)


def test_directives_are_nothing_to_airflow() -> None:
    """Row 20: what no V1Pod can say, Airflow cannot do; podcompose does."""
    comparison = compare(WORKER, {"spec": {"nodeSelector": {"$patch": "delete"}}})

    assert comparison.compose is not None
    assert "nodeSelector" not in comparison.compose.manifest["spec"]
    assert (comparison.airflow, len(comparison.failures), comparison.outlook) == (None, 1, "refused")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (Override(delete=[".spec.nodeSelector"]), "deletes"),
        (Override.json_patch([{"op": "remove", "path": "/spec/nodeSelector"}]), "json patch"),
        (Override.merge_patch({"spec": {"nodeSelector": None}}), "merge patch"),
    ],
)
def test_what_no_v1pod_can_say_is_nothing_to_airflow(override: Override, said: str) -> None:
    """Row 20: deletes and patches of other kinds are podcompose's alone."""
    comparison = compare(WORKER, override)

    assert comparison.compose is not None
    assert "nodeSelector" not in comparison.compose.manifest["spec"]
    assert comparison.airflow is None
    assert [one.message for one in comparison.failures] == [f"Airflow has no {said}: a V1Pod cannot say this"]


def test_a_hook_that_never_leaves_the_same_is_no_difference_of_the_two() -> None:
    """A number that the hook draws anew has nothing to do with the merge."""
    numbers = iter(range(9))

    def hook(pod: Any) -> None:
        pod.metadata.labels["number"] = str(next(numbers))

    assert [(one.path, one.group) for one in compare(WORKER, None, hook).differences] == [(".metadata.labels.number", "harmless")]


def test_the_hook_runs_on_both() -> None:
    """What a hook sets is set in both pods; the third argument is the hook."""

    def hook(pod: Any) -> None:
        pod.spec.node_name = "n"

    comparison = compare(WORKER, {"spec": {"hostNetwork": False}}, hook)

    assert comparison.airflow is not None
    assert comparison.compose is not None
    assert comparison.airflow.manifest["spec"]["nodeName"] == comparison.compose.manifest["spec"]["nodeName"] == "n"
    assert comparison == compare(WORKER, {"spec": {"hostNetwork": False}}, hook=[hook])


def test_what_only_the_hook_makes_differ_is_said() -> None:
    """Row 19: a hook that meets another pod leaves another pod."""

    def hook(pod: Any) -> None:
        pod.metadata.labels["host"] = str(pod.spec.host_network)

    comparison = compare(WORKER, {"spec": {"hostNetwork": False}}, hook)

    assert [(one.path, one.group) for one in comparison.differences] == [
        (".metadata.labels.host", "to be looked at"),
        (".spec.hostNetwork", "improved"),
    ]
    assert comparison.differences[0].why.startswith("both are the same before the hook")


@pytest.mark.parametrize(("network", "side"), [(False, "problems"), (True, "failures")])
def test_a_hook_that_raises_on_one_side_is_told(network: bool, side: str) -> None:
    """The pod that the hook did not like is missing, and the hook's line is there."""

    def hook(pod: Any) -> None:
        if pod.spec.host_network is network:
            raise RuntimeError("no")

    comparison = compare(WORKER, {"spec": {"hostNetwork": False}}, hook)
    told = getattr(comparison, side)

    assert [problem.code for problem in told] == ["hook-raised"]
    assert told[0].source == __file__
    assert len(comparison.problems) + len(comparison.failures) == 1


def test_a_hook_that_cannot_be_found_is_told() -> None:
    """A hook by a name that leads nowhere is a problem."""
    assert [one.code for one in compare(WORKER, None, "nowhere:hook").problems] == ["hook-not-found"]


def test_a_legacy_dict_is_converted_without_a_warning() -> None:
    """The legacy executor_config of a task is compared as what it means; that it is deprecated is no news here."""
    comparison = compare(WORKER, {"KubernetesExecutor": {"request_memory": "1Gi", "node_selectors": {"gpu": "yes"}}})

    assert {one.path for one in comparison.differences} == {".spec.nodeSelector.disk", f"{BASE}.resources.limits"}


def test_a_null_above_what_a_later_override_says_is_the_reason() -> None:
    """What one override deletes and the next says anew lacks what Airflow kept."""
    comparison = compare(WORKER, [{"spec": {"securityContext": None}}, {"spec": {"securityContext": {"runAsUser": 1}}}])
    containers = compare(WORKER, [{"spec": {"containers": None}}, base(image="i")])

    assert comparison.outlook == "equal"
    assert {one.why for one in containers.differences if one.path == f"{BASE}.args"} == {
        "an override's null deletes what is around it; to Airflow it was not set"
    }


def test_a_request_above_the_template_s_limit_is_told() -> None:
    """What stays of the template may not go with what the override says; nobody has to wait for the API server to say so."""
    over = compare(WORKER, base(resources={"requests": {"cpu": "1500m", "memory": "1Gi"}}))
    under = compare(WORKER, base(resources={"requests": {"cpu": "500m"}}))

    assert "the request of cpu is above its limit, which the API server refuses" in str(over)
    assert "above its limit" not in str(under)


@pytest.mark.parametrize(
    "config", [{}, {"pod_override": None}, {"CeleryExecutor": {"queue": "q"}}, {"pod_template_file": "t.yaml"}]
)
def test_a_config_that_says_nothing_of_the_pod_changes_nothing(config: Pod) -> None:
    """What is there for others is no override."""
    assert compare(WORKER, config).outlook == "equal"


class Strange(dict[Any, Any]):
    """A mapping whose own code raises."""

    def __iter__(self) -> Any:
        """Nothing to walk over."""
        raise RuntimeError("no")

    def items(self) -> Any:
        """Nothing to read."""
        raise RuntimeError("no")


@pytest.mark.parametrize("odd", [Strange(a=1), {1, 2}, b"x", object(), k8s.V1PodSpec(containers=[]), [[]], float("nan"), {1: 2}])
def test_nothing_is_raised_for_what_is_no_override(odd: Any) -> None:
    """Anything at all in the place of an override, a template or a hook is a problem."""
    assert [compare(WORKER, odd).outlook, compare(odd, {}).outlook] == ["refused", "refused"]
    assert compare(WORKER, {}, odd).problems != ()


def test_nothing_is_changed_by_looking() -> None:
    """Neither the inputs nor the pods of a comparison share anything with what it tells."""
    override = base(env=[{"name": "LEVEL", "value": "DEBUG"}])
    comparison = compare(WORKER, override)
    comparison.differences[0].before.clear()

    assert compare(WORKER, override).differences[0].before != []
    assert comparison.compose is not None
    assert comparison.compose.dialect is COMPOSE


def test_an_empty_list_is_harmless_and_an_empty_source_is_not() -> None:
    """An empty list, and no list: the same, whoever left it; an empty emptyDir, and none: not the same."""

    def hook(pod: Any) -> None:
        if pod.spec.host_network is False:
            pod.spec.host_aliases = []
            pod.spec.security_context = k8s.V1PodSecurityContext()
            pod.spec.volumes[1].empty_dir = None

    template = {"spec": {name: entry for name, entry in WORKER["spec"].items() if name != "securityContext"}}
    comparison = compare(template, {"spec": {"hostNetwork": False}}, hook)

    assert {one.path: one.group for one in comparison.differences} == {
        ".spec.hostAliases": "harmless",
        ".spec.hostNetwork": "improved",
        ".spec.securityContext": "harmless",
        '.spec.volumes[name="logs"].emptyDir': "to be looked at",
    }


def test_a_quantity_written_as_a_number_is_harmless() -> None:
    """Airflow's client makes text of a number."""
    template = {"spec": {"containers": [{"name": "base", "image": "i", "resources": {"limits": {"cpu": 1}}}]}}

    assert [(one.before, one.after, one.group) for one in compare(template).differences] == [("1", 1, "harmless")]
