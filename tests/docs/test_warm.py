"""docs/warm.md says of warm pods what the code goes by."""

from __future__ import annotations

import inspect
import re

import pytest
import yaml

from podcompose.backends.kubernetes.hosting import FOLDER
from podcompose.run import WarmPool
from podcompose.run.warm import marks
from podcompose.run.warm.claims import LARGEST, label_of
from podcompose.run.warm.fitting import FRESH
from podcompose.run.warm.life import STEPS, State
from podcompose.run.warm.reasons import NOT_WARM
from tests.docs.documents import ROOT

PAGE = (ROOT / "docs" / "warm.md").read_text()
#: What the Kubernetes backend does for a pool, as the API server judges it.
NEEDED = {
    "pods": {"create", "get", "list", "watch", "patch", "delete"},
    "pods/exec": {"create", "get"},
    "pods/log": {"get"},
}


def test_the_table_of_a_pod_s_life_is_the_data() -> None:
    """Each step between states stands on the page, in its order, and no other."""
    rows = [f"| {before or ''} | {after or ''} | {why} |" for before, after, why in STEPS]

    assert "|---|---|---|\n" + "\n".join(rows) + "\n\n" in PAGE.partition("## A pod's life")[2]


def test_every_state_is_reached_and_left() -> None:
    """A pod can come to each state by the steps, and go on from it."""
    into, out_of = ({step[place] for step in STEPS} for place in (1, 0))

    assert into == out_of == {None, *State}


def test_the_role_has_what_is_needed_and_nothing_else() -> None:
    """The Role of the page can be read, and its verbs are those of the requests that are made."""
    text = re.search(r"<!-- file: warm-role.yaml -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    role = yaml.safe_load(text[1] if text is not None else "")
    found = {resource: set(rule["verbs"]) for rule in role["rules"] for resource in rule["resources"]}

    assert (role["kind"], found) == ("Role", NEEDED)
    assert all(rule["apiGroups"] == [""] for rule in role["rules"])


def test_the_role_has_all_that_any_scheduler_s_has() -> None:
    """It is the Role of docs/operating.md and pods/exec, so who moves to warm pods adds one rule."""
    rule = re.compile(r"^- \{apiGroups: .*\}$", re.MULTILINE)
    operating = set(rule.findall((ROOT / "docs" / "operating.md").read_text()))

    assert {line for line in rule.findall(PAGE) if "pods/exec" not in line} == operating


def test_every_argument_that_is_a_number_is_in_the_table_of_tuning() -> None:
    """Each number that a pool is given stands there with its default."""
    numbers = {
        name: one.default
        for name, one in inspect.signature(WarmPool).parameters.items()
        if isinstance(one.default, (int, float)) and not isinstance(one.default, bool)
    }
    table = PAGE.partition("## Tuning")[2].partition("\n\nA kind")[0]
    rows = re.findall(r"^\| `(\w+)`: [^|]* \| (\d+) \|", table, re.MULTILINE)

    assert {name: float(default) for name, default in rows} == numbers


@pytest.mark.parametrize(
    "word",
    [
        marks.SPENT,
        FRESH,
        NOT_WARM,
        label_of("KEY"),
        FOLDER,
        f"{LARGEST // 1024} KiB",
        *(f"-{name.rpartition('warm-')[2]}" for name in (marks.KIND, marks.CONTAINER, marks.SINCE, marks.TASKS)),
    ],
)
def test_what_the_code_calls_something_the_page_calls_it(word: str) -> None:
    """Labels, annotations, folders and limits stand there as they are in the code."""
    assert f"`{word}`" in PAGE or word in PAGE
