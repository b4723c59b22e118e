"""The executor's dynamic pod: valid for any ids, the same for the same ids, and the provider's where the provider's is valid."""

from __future__ import annotations

import enum
import json
import re
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose import OverrideError, compose
from podcompose.airflow import executor_pod
from podcompose.airflow.dynamic import safe_label_value
from tests import environments

#: Kubernetes' own: k8s.io/apimachinery, validation.IsValidLabelValue and IsDNS1123Subdomain.
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", re.ASCII)
POD_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
DATE = datetime(2021, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=-5)))

IDS = (
    st.text(max_size=80)
    | st.text("aZ0-_. ü日/", max_size=600)
    | st.sampled_from(["", "_", "...", "日本", "a" * 500, "a" * 63, "a."])
)


def metadata(**arguments: Any) -> dict[str, Any]:
    """What the override says of the pod's metadata."""
    said: dict[str, Any] = executor_pod(**arguments).value["metadata"]
    return said


def valid(said: dict[str, Any]) -> bool:
    """Whether Kubernetes takes the name and all labels."""
    values = said["labels"].values()
    return (
        all(LABEL_VALUE.fullmatch(value) is not None and len(value) <= 63 for value in values)
        and POD_NAME.fullmatch(said["name"]) is not None
        and len(said["name"]) <= 63
    )


def test_the_whole_pod() -> None:
    """Every argument has its place."""
    override = executor_pod(
        dag_id="etl",
        task_id="load",
        run_id="scheduled__2021-01-02T03:04:05+00:00",
        try_number=2,
        map_index=0,
        logical_date=DATE,
        args=["airflow", "tasks", "run"],
        image="airflow:3",
        namespace="workers",
        scheduler_job_id=7,
        airflow_version="3.0.1+local",
        pod_id="etl-load-1",
    )

    assert override.name == "executor"
    assert override.value == {
        "metadata": {
            "name": "etl-load-1",
            "namespace": "workers",
            "labels": {
                "dag_id": "etl",
                "task_id": "load",
                "try_number": "2",
                "kubernetes_executor": "True",
                "airflow_version": "3.0.1-local",
                "airflow-worker": "7",
                "map_index": "0",
                "logical_date": "2021-01-02T03_04_05.000678-05_00",
                "run_id": "scheduled__2021-01-02T0304050000-3fe3db1e0",
            },
            "annotations": {
                "dag_id": "etl",
                "task_id": "load",
                "try_number": "2",
                "map_index": "0",
                "logical_date": "2021-01-02T03:04:05.000678-05:00",
                "run_id": "scheduled__2021-01-02T03:04:05+00:00",
            },
        },
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "env": [{"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}],
                    "image": "airflow:3",
                    "args": ["airflow", "tasks", "run"],
                }
            ]
        },
    }


@pytest.mark.parametrize("args", [None, (), []])
def test_no_args(args: Any) -> None:
    """Nothing is said of them, and the template's stay."""
    made = executor_pod(dag_id="a", task_id="b", args=args).value

    assert "args" not in made["spec"]["containers"][0]


def test_what_is_not_given_is_not_mentioned() -> None:
    """A pod without image, args, namespace and date leaves the template's as they are."""
    override = executor_pod(dag_id="etl", task_id="load")

    assert set(override.value["metadata"]) == {"name", "labels", "annotations"}
    assert override.value["metadata"]["annotations"] == {"dag_id": "etl", "task_id": "load", "try_number": "1"}
    assert set(override.value["spec"]["containers"][0]) == {"name", "env"}


@pytest.mark.parametrize(
    ("version", "key"),
    [(None, "logical_date"), ("3.0.0", "logical_date"), ("2.10.2", "execution_date"), ("1.10.15", "execution_date")],
)
def test_the_date_s_name(version: str | None, key: str) -> None:
    """Up to Airflow 2 the date is the execution_date, as label and as annotation."""
    said = metadata(dag_id="a", task_id="b", logical_date=DATE, airflow_version=version)

    assert key in said["labels"]
    assert said["annotations"][key] == DATE.isoformat()


def test_over_a_template_and_below_an_override() -> None:
    """The ids win over the template; the user's override has its word on the image, as in Airflow."""
    template = {
        "metadata": {"name": "worker", "labels": {"tier": "a", "dag_id": "x"}},
        "spec": {"containers": [{"name": "base", "image": "airflow", "env": [{"name": "A", "value": "1"}]}]},
    }
    dynamic = executor_pod(dag_id="etl", task_id="load", image="airflow:3")
    override = {"spec": {"containers": [{"name": "base", "image": "mine"}]}}
    made = compose(template, dynamic, override).manifest

    assert made["metadata"]["labels"] == {"tier": "a", **dynamic.value["metadata"]["labels"]}
    assert [entry["name"] for entry in made["spec"]["containers"][0]["env"]] == ["A", "AIRFLOW_IS_K8S_EXECUTOR_POD"]
    assert made["spec"]["containers"][0]["image"] == "mine"


@given(IDS, IDS, IDS, st.integers(-1, 10**6), st.integers(-1, 10**6))
def test_any_ids_are_valid(dag_id: str, task_id: str, run_id: str, try_number: int, map_index: int) -> None:
    """Whatever the ids, Kubernetes takes the name and the labels, and the annotations hold the ids as they are."""
    arguments: dict[str, Any] = {"dag_id": dag_id, "task_id": task_id, "run_id": run_id, "try_number": abs(try_number)}
    said = metadata(**arguments, map_index=map_index, scheduler_job_id=dag_id, airflow_version=task_id)

    assert valid(said)
    assert {name: said["annotations"][name] for name in ("dag_id", "task_id", "run_id")} == {
        name: arguments[name] for name in ("dag_id", "task_id", "run_id")
    }
    assert metadata(**arguments, map_index=map_index, scheduler_job_id=dag_id, airflow_version=task_id) == said


@given(st.lists(st.tuples(IDS, IDS), min_size=2, max_size=6, unique=True))
def test_ids_that_differ_have_names_and_labels_that_differ(ids: list[tuple[str, str]]) -> None:
    """No two tasks have one name, or one pair of labels; tasks a/b_c and a_b/c of Airflow had."""
    all_said = [metadata(dag_id=dag_id, task_id=task_id) for dag_id, task_id in ids]

    assert len({said["name"] for said in all_said}) == len(ids)
    assert len({(said["labels"]["dag_id"], said["labels"]["task_id"]) for said in all_said}) == len(ids)


@pytest.mark.parametrize("between", ["_", "/", "-", "", '", "', " "])
def test_ids_do_not_run_into_each_other(between: str) -> None:
    """Where one id ends and the next begins is part of the name: Airflow made one of a and b_c, a_b and c."""
    first = metadata(dag_id="a", task_id=f"b{between}c")["name"]
    second = metadata(dag_id=f"a{between}b", task_id="c")["name"]

    assert first != second
    assert first.rpartition("-")[0] == second.rpartition("-")[0] or between == ""


def test_every_id_counts_for_the_name() -> None:
    """Other dates, runs, tries and map indexes are other pods; the image and the scheduler's number are not."""
    tries = [{}, {"run_id": "a"}, {"run_id": "b"}, {"try_number": 2}, {"map_index": 0}, {"map_index": 1}, {"logical_date": DATE}]
    names = {metadata(dag_id="a", task_id="b", **one)["name"] for one in tries}
    same = {metadata(dag_id="a", task_id="b", **one)["name"] for one in ({}, {"image": "i"}, {"scheduler_job_id": 1})}

    assert len(names) == len(tries)
    assert len(same) == 1


def test_the_container_has_the_name_that_the_template_gives_it() -> None:
    """A template's own name for the container in which the task runs is said, and meets it."""
    template = {"spec": {"containers": [{"name": "main", "image": "busybox"}]}}
    task = executor_pod(dag_id="a", task_id="b", args=["run"], base_container_name="main")
    (container,) = compose(template, task).manifest["spec"]["containers"]

    assert (container["name"], container["args"]) == ("main", ["run"])


@given(IDS)
def test_any_pod_id_is_a_name(pod_id: str) -> None:
    """A pod_id that can be a name is the name; any other is made one, with a digest."""
    name = metadata(dag_id="a", task_id="b", pod_id=pod_id)["name"]
    fits = POD_NAME.fullmatch(pod_id) is not None and len(pod_id) <= 63

    assert (name == pod_id) is fits
    assert valid({"name": name, "labels": {}})


def test_members_of_enumerations_are_text() -> None:
    """An id that is a str of another class is what it says, on every Python."""

    class Dag(str, enum.Enum):
        ETL = "etl"

    assert metadata(dag_id=Dag.ETL, task_id="b") == metadata(dag_id="etl", task_id="b")


def test_arguments_of_other_types() -> None:
    """Everything that is wrong is told at once, by the argument's name."""
    with pytest.raises(OverrideError) as caught:
        executor_pod(
            dag_id=None,  # type: ignore[arg-type] # a mistake
            task_id=chr(0xD800),
            try_number=True,
            map_index=2**80,
            logical_date="2021-01-01",  # type: ignore[arg-type] # a mistake
            args=["a", 1],  # type: ignore[list-item] # a mistake
        )
    with pytest.raises(OverrideError, match="write a list"):
        executor_pod(dag_id="a", task_id="b", args="airflow version")

    assert [(problem.path, problem.code) for problem in caught.value.problems] == [
        ("args[1]", "wrong-type"),
        ("dag_id", "wrong-type"),
        ("task_id", "bad-text"),
        ("try_number", "wrong-type"),
        ("map_index", "out-of-range"),
        ("logical_date", "wrong-type"),
    ]


def asked(questions: list[dict[str, Any]]) -> list[Any]:
    """The provider's answers, in its own environment."""
    python = environments.python_of("airflow", environments.AIRFLOW)
    text = "".join(json.dumps(question) + "\n" for question in questions)
    return [
        json.loads(line) for line in environments.run_in(python, "-m", "tests.airflow.provider.dynamic", text=text).splitlines()
    ]


def texts() -> list[str]:
    """Ids of every length, with what Kubernetes takes and what not, at the ends and between."""
    parts = ["", "a", "Z9", "_", ".", "-", " ", "/", "ü", "日", "\n", "+", "a" * 52, "a" * 63, "._-" * 30]
    return sorted({first + second + third for first, second, third in product(parts, repeat=3)})


def test_labels_are_the_provider_s(record_property: Any) -> None:
    """Where the provider's value of a label is one that Kubernetes takes, ours is the same."""
    ids = texts()
    theirs = asked([{"label": text} for text in ids])
    sound = [(text, value) for text, value in zip(ids, theirs, strict=True) if LABEL_VALUE.fullmatch(value) and len(value) <= 63]
    record_property("tally", f"labels: {len(ids):,} ids, {len(sound):,} valid of the provider's, all of them ours")

    assert len(ids) > len(sound) > 1500
    assert [(text, value) for text, value in sound if safe_label_value(text) != value] == []


@pytest.mark.parametrize("date", [None, DATE, DATE.replace(tzinfo=timezone.utc), DATE.replace(tzinfo=None)])
def test_the_pod_is_the_provider_s(date: datetime | None) -> None:
    """Over the same template, the pod is what construct_pod makes: names are given, the version is the provider's own."""
    alike: dict[str, Any] = {"namespace": "n", "pod_id": "p-1", "args": ["airflow", "tasks", "run"], "scheduler_job_id": "7"}
    tries: list[dict[str, Any]] = [
        {"dag_id": dag_id, "task_id": "load", "run_id": run_id, "try_number": try_number, "map_index": map_index, **alike}
        for dag_id, run_id, try_number, map_index in product(
            ["etl", "my dag", "d" * 70], [None, "manual__1", "a+b:c"], [1, 12], [-1, 0, 3]
        )
    ]
    iso = None if date is None else date.isoformat()
    theirs = asked([{**one, "logical_date": iso, "kube_image": "airflow:3"} for one in tries])
    version = theirs[0]["metadata"]["labels"]["airflow_version"]
    template = {"metadata": {"name": "template"}, "spec": {"containers": [{"name": "base", "image": "template"}]}}
    ours = [
        compose(template, executor_pod(**one, logical_date=date, image="airflow:3", airflow_version=version)).manifest
        for one in tries
    ]

    assert ours == theirs
