"""The starters in Airflow's own hands: its executor reads them, its worker runs with what they set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcompose.airflow import STARTERS, starter
from tests.airflow.starters import choices
from tests.airflow.test_starters import at, env
from tests.environments import AIRFLOW, python_of, run_in


def answers(questions: list[dict[str, Any]]) -> list[Any]:
    """What Airflow answers."""
    text = "".join(f"{json.dumps(question)}\n" for question in questions)
    lines = run_in(python_of("airflow", AIRFLOW), "-m", "tests.airflow.provider.templates", text=text).splitlines()
    return [json.loads(line) for line in lines if line[:1] in "[{"]


@pytest.fixture(scope="module")
def shapes() -> list[tuple[str, dict[str, Any]]]:
    """Every starter, for Airflow 2 and 3, git-sync 3 and 4."""
    return [(name, chosen) for name in STARTERS for chosen in choices(name)]


def test_airflow_s_executor_makes_the_task_s_pod_of_every_starter(shapes: list[tuple[str, dict[str, Any]]]) -> None:
    """It keeps the template's image, volumes and variables, and puts the command into `base`."""
    made = [starter(name, **chosen) for name, chosen in shapes]
    pods = answers([{"template": one.text} for one in made])

    assert len(pods) == len(made)
    for pod, one in zip(pods, made, strict=True):
        base = at(one.template.manifest, ".spec.containers[name=base]")
        (container,) = pod["spec"]["containers"]
        assert (container["name"], container["args"], container["image"]) == ("base", ["run"], base["image"])
        assert [entry["name"] for entry in container["env"]] == [
            *(entry["name"] for entry in base["env"]),
            "AIRFLOW_IS_K8S_EXECUTOR_POD",
        ]
        assert pod["spec"]["volumes"] == one.template.manifest["spec"]["volumes"]
        assert (pod["metadata"]["name"], pod["metadata"]["labels"]["release"]) == ("dag-task-1", "airflow")


def test_a_worker_of_airflow_3_needs_no_more_than_the_starter_sets() -> None:
    """With its two variables alone, no database and no key, the worker reports to the execution API with the task's token."""
    found = env(starter("dags_in_image", api_server="http://SERVER/execution/").template.manifest)
    (asked,) = answers([{"env": found}])

    assert asked[0] == ["PATCH", "/execution/task-instances/00000000-0000-0000-0000-000000000007/run", "Bearer a-token"]
