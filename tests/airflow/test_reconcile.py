"""AIRFLOW is Airflow's own merge, held to the newest provider in an environment of its own."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from podcompose import merge
from podcompose.airflow import AIRFLOW
from podcompose.airflow.client import REQUIRED
from podcompose.models import from_model, to_model
from podcompose.schema.pod import POD
from tests import environments
from tests.airflow.pods import pairs

Pod = dict[str, Any]

#: How many pairs: of PODCOMPOSE_CASES (20,000, a night's million) a quarter, for Airflow takes milliseconds for one.
COUNT = int(os.environ.get("PODCOMPOSE_CASES", "20000")) // 4
SEED = os.environ.get("PODCOMPOSE_SEED", "0")
#: What part of them is merged as V1Pods, too.
TYPED = 0.2

#: What a pod loses, or gains, on its way through the client of the provider, as (what, in the pod, in the client's words).
LOSSES = [
    (
        "a field newer than the client is left out",
        {"spec": {"volumes": [{"name": "v", "emptyDir": {"mode": 0}}]}},
        [{"name": "v", "emptyDir": {}}],
    ),
    (
        "a number for a quantity is text",
        {"spec": {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": 0}}]}},
        [{"name": "v", "emptyDir": {"sizeLimit": "0"}}],
    ),
]


def asked(questions: list[list[Pod]]) -> list[dict[str, Any]]:
    """Airflow's answers, in its own environment."""
    python = environments.python_of("airflow", environments.AIRFLOW)
    said = environments.run_in(
        python, "-m", "tests.airflow.provider.reconcile", text="".join(json.dumps(question) + "\n" for question in questions)
    )
    return [json.loads(line) for line in said.splitlines()]


def timeless(value: Any) -> Any:
    """A value with all its points in time spelt alike: each client has its own way."""
    if isinstance(value, dict):
        return {name: timeless(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [timeless(entry) for entry in value]
    return value.replace("+00:00", "Z").replace(".000000Z", "Z") if isinstance(value, str) else value


def text(value: Any) -> str:
    """One spelling for each value: true, 1 and 1.0 are three."""
    return json.dumps(timeless(value), sort_keys=True)


def typed(original: Pod, patch: Pod) -> Pod:
    """The merge of two V1Pods, as wire JSON."""
    return from_model(merge(to_model(original), to_model(patch), AIRFLOW), [])


def ours(number: int, case: tuple[Pod, Pod]) -> list[str]:
    """The library's answers to a pair: of mappings, and of some as V1Pods."""
    return [text(merge(*case, AIRFLOW)), *([text(typed(*case))] if number < TYPED * COUNT else [])]


def test_airflow_is_the_provider_s_merge(record_property: Any) -> None:
    """Over generated pods, AIRFLOW gives what reconcile_pods gives; of mappings and of V1Pods."""
    cases = list(pairs(COUNT, SEED))
    with ThreadPoolExecutor(1) as beside:
        asking = beside.submit(asked, [list(case) for case in cases])
        said = [ours(number, case) for number, case in enumerate(cases)]
    wrong: list[Any] = []
    for case, mine, answer in zip(cases, said, asking.result(), strict=True):
        if "ok" not in answer or set(mine) != {text(answer["ok"])}:
            wrong.append((case, answer, mine))
        elif text(list(case)) != text(answer["read"]):
            wrong.append(("the client reads otherwise", case, answer))
    record_property("tally", f"AIRFLOW, the provider: {COUNT:,} pairs, {TYPED:.0%} also as V1Pods: {COUNT - len(wrong):,} equal")

    assert wrong == [], json.dumps(wrong[:3], indent=1)


def test_what_the_client_loses_is_known_by_name() -> None:
    """What cannot be equal, since the client of the provider does not hold it, is a list; nothing else is kept from the pairs."""
    answers = asked([[{"spec": {"containers": [], **pod["spec"]}}] for _, pod, _ in LOSSES])

    assert [answer["read"][0]["spec"]["volumes"] for answer in answers] == [volumes for _, _, volumes in LOSSES]


def test_the_fields_that_the_client_insists_on_are_known() -> None:
    """The table of required fields is the client's."""
    python = environments.python_of("airflow", environments.AIRFLOW)
    required = json.loads(environments.run_in(python, "-m", "tests.airflow.provider.required"))

    assert {name: sorted(fields) for name, fields in REQUIRED.items()} == {
        name: fields for name, fields in required.items() if fields != [] and name in POD.types
    }
