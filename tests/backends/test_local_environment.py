"""The variables of a container, and what is expanded: as the kubelet does it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.backends.local.environment import MissingError, Sources, environment
from podcompose.backends.local.expansion import expand

SOURCES = Sources({"keys": {"token": "s3"}}, {"settings": {"A": "1", "B=": "2"}})
POD: dict[str, Any] = {
    "metadata": {"name": "n", "namespace": "ns", "uid": "u", "labels": {"l": "L"}, "annotations": {"a/b": "A"}},
    "spec": {
        "nodeName": "here",
        "containers": [{"name": "base"}, {"name": "big", "resources": {"limits": {"memory": "1Gi"}}}],
    },
    "status": {"podIP": "127.0.0.1", "hostIPs": [{"ip": "127.0.0.1"}]},
}


def _made(*env: dict[str, Any], **container: Any) -> dict[str, str]:
    return environment(POD, {"name": "base", "env": list(env), **container}, SOURCES)


def _ref(kind: str, **reference: Any) -> dict[str, Any]:
    return {"name": "V", "valueFrom": {kind: reference}}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(NO)", "$(NO)"),
        ("$(B)", "$(A)"),
        ("$A $ $", "$A $ $"),
        ("$(A", "$(A"),
        ("$($(A))", "$($(A))"),
        ("a$(A)b$(A)", "a1b1"),
        ("$(A)$", "1$"),
        ("$é$(A)", "$é1"),
        ("$()", "$()"),
        ("$\n$(A)", "$\n1"),
    ],
)
def test_references_are_expanded(text: str, expanded: str) -> None:
    """Once, from what is known; the rest stays as it is written."""
    assert expand(text, {"A": "1", "B": "$(A)"}) == expanded


@given(st.text(alphabet="$()AB é\n", max_size=12))
def test_expansion_is_that_of_kubernetes(text: str) -> None:
    """For any text: against a transcription of the rules, one character at a time."""
    assert expand(text, {"A": "$(B)", "B": ""}) == _slowly(text, {"A": "$(B)", "B": ""})


def _slowly(text: str, known: dict[str, str]) -> str:
    done, at = "", 0
    while at < len(text):
        following = text[at + 1 : at + 2]
        if text[at] != "$" or following == "":
            done, at = done + text[at], at + 1
        elif following == "(" and ")" in text[at:]:
            end = text.index(")", at)
            name = text[at + 2 : end]
            done, at = done + known.get(name, f"$({name})"), end + 1
        else:
            done, at = done + ("$" if following == "$" else "$" + following), at + 2
    return done


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "n"),
        ("metadata.namespace", "ns"),
        ("metadata.uid", "u"),
        ("metadata.labels['l']", "L"),
        ("metadata.labels['no']", ""),
        ("metadata.annotations['a/b']", "A"),
        ("spec.nodeName", "here"),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "127.0.0.1"),
        ("status.hostIPs", "127.0.0.1"),
    ],
)
def test_fields_of_the_pod(path: str, value: str) -> None:
    """Every field a variable can have."""
    assert _made(_ref("fieldRef", fieldPath=path)) == {"V": value}


def test_later_variables_see_earlier_ones() -> None:
    """In their order; envFrom comes before them, with its prefix, and what is no name is left out."""
    source = {"configMapRef": {"name": "settings"}, "prefix": "P_"}
    env = [{"name": "C", "value": "$(P_A)$(D)"}, {"name": "D", "value": "$(C)"}, {"name": "E", "value": ""}]

    assert _made(*env, envFrom=[source]) == {"P_A": "1", "C": "1$(D)", "D": "1$(D)", "E": ""}


def test_keys_of_secrets_and_config_maps() -> None:
    """Given; left out where it is optional; missing in the kubelet's words."""
    assert _made(_ref("secretKeyRef", name="keys", key="token")) == {"V": "s3"}
    assert _made(_ref("secretKeyRef", name="no", key="token", optional=True)) == {}
    assert _made(_ref("configMapKeyRef", name="settings", key="no", optional=True)) == {}
    with pytest.raises(MissingError, match='configmap "no" not found'):
        _made(_ref("configMapKeyRef", name="no", key="k"))
    with pytest.raises(MissingError, match="couldn't find key no in Secret ns/keys"):
        _made(_ref("secretKeyRef", name="keys", key="no"))
    with pytest.raises(MissingError, match='secret "no" not found'):
        _made(envFrom=[{"secretRef": {"name": "no"}}])
    assert _made(envFrom=[{"secretRef": {"name": "no", "optional": True}}]) == {}


@pytest.mark.parametrize(
    ("resource", "divisor", "resources", "value"),
    [
        ("limits.cpu", None, {"limits": {"cpu": "1500m"}}, "2"),
        ("limits.cpu", "1m", {"limits": {"cpu": "1500m"}}, "1500"),
        ("requests.memory", "1Mi", {"requests": {"memory": "64Mi"}}, "64"),
        ("requests.cpu", None, {"limits": {"cpu": 3}}, "3"),
        ("requests.cpu", None, {}, "0"),
        ("limits.memory", "1", {"limits": {"memory": "1e3"}}, "1000"),
    ],
)
def test_declared_resources(resource: str, divisor: str | None, resources: dict[str, Any], value: str) -> None:
    """In units of the divisor, rounded up; a request that is not declared is the limit."""
    assert _made(_ref("resourceFieldRef", resource=resource, divisor=divisor), resources=resources) == {"V": value}


def test_resources_of_another_container() -> None:
    """Named by the reference."""
    assert _made(_ref("resourceFieldRef", resource="limits.memory", containerName="big")) == {"V": str(1 << 30)}
