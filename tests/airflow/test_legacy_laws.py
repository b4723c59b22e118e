"""Whatever stands in an executor_config: an override or an OverrideError, and the config as it was."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podcompose import Override, OverrideError, compose
from podcompose.airflow import from_executor_config
from podcompose.airflow.legacy_keys import KEYS, LATEST, VERSIONS
from podcompose.core.json import same
from podcompose.testing import json_values
from tests.airflow.legacy_cases import CASES

#: A legacy dict of keys that exist, or nearly, with values that were right for some key, or are anything.
RIGHT = st.sampled_from([case.given[name] for name, cases in CASES.items() for case in cases if name in case.given])
NAMES = st.sampled_from([*KEYS, "securityContext", "env", "x"])
LEGACY = st.dictionaries(NAMES, st.one_of(RIGHT, json_values()), max_size=4)
CONFIGS = st.one_of(
    st.fixed_dictionaries({"KubernetesExecutor": st.one_of(LEGACY, json_values())}),
    st.dictionaries(st.sampled_from(["KubernetesExecutor", "pod_override", "pod_template_file", "x"]), json_values(), max_size=3),
    json_values(),
)


@given(CONFIGS, st.sampled_from([*VERSIONS, LATEST]))
def test_an_override_or_an_override_error(config: Any, version: str) -> None:
    """Nothing else leaves it, and it leaves the config alone."""
    before = copy.deepcopy(config)
    answer = converted(config, version)

    assert isinstance(answer, (Override, str)) or answer is None
    assert repr_of(config) == repr_of(before)


def converted(config: Any, version: str) -> Override | str | None:
    """The override, or what is wrong with the config."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return from_executor_config(config, version=version)
        except OverrideError as error:
            return str(error)


def repr_of(value: Any) -> str:
    """A value as text, without where its objects are kept."""
    if isinstance(value, dict):
        return str([(name, repr_of(entry)) for name, entry in value.items()])
    if isinstance(value, list):
        return str([repr_of(entry) for entry in value])
    return repr(value) if type(value).__repr__ is not object.__repr__ else type(value).__name__


@given(st.dictionaries(NAMES, RIGHT, max_size=4), st.sampled_from([*VERSIONS, LATEST]))
def test_what_is_converted_can_be_composed(legacy: Any, version: str) -> None:
    """An override that comes of a dict fits a template with a container `base`; no later stage finds something wrong with it."""
    template = {"spec": {"containers": [{"name": "base", "image": "i"}, {"name": "main", "image": "i"}]}}
    override = converted({"KubernetesExecutor": legacy}, version)

    assert not isinstance(override, Override) or compose(template, override).manifest["spec"]["containers"][0]["name"] == "base"


@given(LEGACY, st.sampled_from([*VERSIONS, LATEST]))
def test_none_is_not_given(legacy: Any, version: str) -> None:
    """A key whose value is None changes nothing of what is said."""
    known = {name: value for name, value in legacy.items() if name in KEYS}
    without = {name: value for name, value in known.items() if value is not None}
    more = {**without, "image": without.get("image"), "annotations": without.get("annotations")}
    plain, padded = (converted({"KubernetesExecutor": given}, version) for given in (without or {"image": None}, more))

    assert same(value_of(plain), value_of(padded))


def value_of(answer: Override | str | None) -> Any:
    """What an answer says, for comparison."""
    return answer.value if isinstance(answer, Override) else answer
