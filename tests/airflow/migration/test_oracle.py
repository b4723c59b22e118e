"""Airflow 1.10.15 itself, on every configuration: its pod, without its known defects, is the expected one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.migration.matching import differences
from tests.airflow.migration.mending import RULES, mended
from tests.airflow.migration.table import CASES, Case
from tests.environments import python_of, run_in

#: Airflow as it was, on a Python it never knew: only what its Kubernetes modules import, without what else it asks for.
AIRFLOW_1_10 = (
    "apache-airflow==1.10.15",
    "kubernetes==11.0.0",
    "configparser==3.5.3",
    "certifi",
    "future",
    "python-dateutil",
    "PyYAML",
    "six",
    "urllib3<2",
    "zope.deprecation",
    "zope.interface",
)

ORACLE = Path(__file__).with_name("oracle.py")


def asked(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What Airflow answers to each."""
    python = python_of("airflow-1.10.15", AIRFLOW_1_10, "--no-deps")
    return list(json.loads(run_in(python, str(ORACLE), text=json.dumps([case.question() for case in cases]))))


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What Airflow says to every case, by its name."""
    return {case.name: answer for case, answer in zip(CASES, asked(CASES), strict=True)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_real_pod_without_its_defects_is_the_expected_one(case: Case, answers: dict[str, dict[str, Any]]) -> None:
    """What Airflow 1.10.15 made of a configuration is what the table says, but for the named defects; or both refuse it."""
    answer = answers[case.name]
    said = answer.get("error", "").partition(":")[0] or None

    assert said == case.refused
    assert case.expected is None or mended(answer["pod"], case._asdict()) == case.expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_defect_is_in_the_table(rule: Any, answers: dict[str, dict[str, Any]]) -> None:
    """No rule mends what no configuration shows: each changes some pod of Airflow's."""
    pods = [(answers[case.name]["pod"], case) for case in CASES if case.expected is not None]

    assert any(rule.mend(deepcopy(pod), case._asdict()) != pod for pod, case in pods)


def test_the_real_pod_is_not_taken_for_right(answers: dict[str, dict[str, Any]]) -> None:
    """The matcher sees the defects: no pod of Airflow's passes as it is."""
    taken = [case.name for case in CASES if case.expected is not None and not differences(case.expected, answers[case.name]["pod"])]

    assert taken == []
