"""What the matcher of pods lets pass, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.airflow.migration.matching import differences

REFERENCE = {"secretKeyRef": {"name": "airflow", "key": "connection"}}

RIGHT = [
    ({"name": "<any name>"}, {"name": "airflow-worker.a"}),
    ({"env": [{"name": "A", "valueFrom": "<any secretKeyRef>"}]}, {"env": [{"name": "A", "valueFrom": REFERENCE}]}),
    ({"env": [{"name": "A", "value": "<either> me"}]}, {"env": [{"name": "A", "value": "me"}]}),
    ({"env": [{"name": "A", "value": "<either> me"}]}, {"env": [{"name": "A", "valueFrom": REFERENCE}]}),
    ({"env": [{"name": "A", "value": "<anything, or nothing>"}]}, {"env": []}),
    ({"env": [{"name": "A", "value": ""}]}, {"env": [{"name": "A"}]}),
    (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
    ),
    ({"volumeMounts": [{"mountPath": "/a", "readOnly": False}]}, {"volumeMounts": [{"mountPath": "/a"}]}),
    ({"image": "<any image>"}, {"image": "apache/airflow"}),
]

WRONG = [
    ({"name": "<any name>"}, {"name": "Airflow_Worker"}),
    ({"name": "<any name>"}, {}),
    ({"a": "1"}, {"a": 1}),
    ({"a": False}, {"a": 0}),
    ({"a": 1}, {"a": 1, "b": []}),
    ({"emptyDir": {}}, {}),
    ({"env": [{"name": "A", "valueFrom": "<any secretKeyRef>"}]}, {"env": [{"name": "A", "value": "clear"}]}),
    (
        {"env": [{"name": "A", "valueFrom": REFERENCE}]},
        {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "b", "key": "c"}}}]},
    ),
    ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "0"}, {"name": "A", "value": "1"}]}),
    ({"env": [{"name": "A", "value": "<either> me"}]}, {"env": [{"name": "A", "value": "you"}]}),
    ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "A", "value": "1", "valueFrom": REFERENCE}]}),
    (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}]},
        {"env": [{"name": "B", "value": "$(A)"}, {"name": "A", "value": "1"}]},
    ),
    ({"image": "<any image>"}, {"image": ":"}),
    ({"image": "<any image>"}, {"image": "apache/airflow:"}),
    ({"envFrom": [{"secretRef": {"name": "a"}}]}, {"envFrom": [{"secretRef": {"name": "a"}}] * 2}),
]


@pytest.mark.parametrize(("expected", "actual"), RIGHT)
def test_what_is_right_passes(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    """A choice made well, an order that says nothing and a default written out are no differences."""
    assert differences(expected, actual) == []


@pytest.mark.parametrize(("expected", "actual"), WRONG)
def test_what_is_wrong_does_not(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    """Anything else is one."""
    assert differences(expected, actual) != []
