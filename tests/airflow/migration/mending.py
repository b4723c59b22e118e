"""
The known defects of Airflow 1.10.15, each as a rule that mends the pod it made.

A rule is a name, what was wrong, and a function from the pod and its case to the pod without the defect. Nothing else of the real
pod is touched: what is left of it is what a migration has to give.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from tests.airflow.migration.matching import ANY_IMAGE, ANY_NAME, ANY_SECRET, EITHER, FREE

__all__ = ["RULES", "Rule", "mended"]

Pod = dict[str, Any]

#: Fields that a person wrote as JSON: an empty object inside may say something there (`labelSelector: {}` is every pod).
WRITTEN = ("affinity", "tolerations")


class Rule(NamedTuple):
    """One defect, and the pod without it."""

    name: str
    defect: str
    mend: Callable[[Pod, dict[str, Any]], Pod]


def mended(pod: Pod, case: dict[str, Any]) -> Pod:
    """The pod without the known defects."""
    for rule in RULES:
        pod = rule.mend(deepcopy(pod), case)
    return pod


def _named(pod: Pod, case: dict[str, Any]) -> Pod:
    return pod | {"metadata": {"name": ANY_NAME} | pod["metadata"]}


def _bare(pod: Pod, case: dict[str, Any]) -> Pod:
    return dict(_without_noise(pod))


def _without_noise(node: Any) -> Any:
    """Without empty lists and objects and `hostNetwork: false`; what a person wrote as JSON, and `emptyDir: {}`, as it is."""
    if isinstance(node, list):
        return [_without_noise(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value if name in WRITTEN else _without_noise(value) for name, value in node.items()}
    return {name: value for name, value in kept.items() if name == "emptyDir" or not _is_noise(name, value)}


def _is_noise(name: str, value: Any) -> bool:
    return value in ([], {}) or (name == "hostNetwork" and value is False)


def _untyped(pod: Pod, case: dict[str, Any]) -> Pod:
    for volume in pod["spec"].get("volumes", []):
        if volume.get("hostPath", {}).get("type") == "":
            del volume["hostPath"]["type"]
    return pod


def _once(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        sources = container.get("envFrom", [])
        container["envFrom"] = [source for number, source in enumerate(sources) if source not in sources[:number]]
    return pod


def _trimmed(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        container["envFrom"] = [_trimmed_source(source) for source in container.get("envFrom", [])]
        container["env"] = [_trimmed_variable(variable) for variable in container.get("env", [])]
    pod["spec"]["imagePullSecrets"] = [{"name": one["name"].strip()} for one in pod["spec"].get("imagePullSecrets", [])]
    return pod


def _trimmed_source(source: dict[str, Any]) -> dict[str, Any]:
    [(kind, reference)] = source.items()
    return {kind: {"name": reference["name"].strip()}}


def _trimmed_variable(variable: dict[str, Any]) -> dict[str, Any]:
    reference = variable.get("valueFrom", {}).get("secretKeyRef")
    return (
        variable if reference is None else variable | {"valueFrom": {"secretKeyRef": {k: v.strip() for k, v in reference.items()}}}
    )


def _without_blanks(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        container["envFrom"] = [source for source in container.get("envFrom", []) if next(iter(source.values()))["name"] != ""]
    pod["spec"]["imagePullSecrets"] = [one for one in pod["spec"].get("imagePullSecrets", []) if one["name"] != ""]
    return pod


def _last(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        container["env"] = list({variable["name"]: variable for variable in container.get("env", [])}.values())
    return pod


def _hidden(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        container["env"] = [_hidden_variable(variable, case["secrets"]) for variable in container.get("env", [])]
    return pod


def _hidden_variable(variable: dict[str, Any], secrets: list[str]) -> dict[str, Any]:
    value = variable.get("value", "")
    if any(secret in value for secret in secrets):
        return {"name": variable["name"], "valueFrom": ANY_SECRET}
    if variable["name"] == "GIT_SYNC_USERNAME" and value != "":
        return variable | {"value": f"{EITHER}{value}"}
    return variable


def _no_sqlite(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        for variable in container.get("env", []):
            if variable["name"] == "AIRFLOW__CORE__SQL_ALCHEMY_CONN" and variable.get("value", "").startswith("sqlite:"):
                variable["value"] = FREE
    return pod


def _valued(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        for variable in container.get("env", []):
            if "value" not in variable and "valueFrom" not in variable:
                variable["value"] = FREE
    return pod


def _pullable(pod: Pod, case: dict[str, Any]) -> Pod:
    for container in _containers(pod):
        if container["image"].startswith(":") or container["image"].endswith(":"):
            container["image"] = ANY_IMAGE
    return pod


def _containers(pod: Pod) -> list[dict[str, Any]]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


#: In this order; noise last, for the other rules leave empty lists.
RULES = (
    Rule("name", "the pod had no name", _named),
    Rule("trimmed", "a name after `, ` or beside ` = ` kept its space", _trimmed),
    Rule("blank", "a comma at the end was a reference to nothing", _without_blanks),
    Rule("once", "env_from_secret_ref came out twice", _once),
    Rule("last", "a variable set by two sections came out twice; the later one was the one in force", _last),
    Rule("valued", "a variable of the environment with a lower-case name lost its value", _valued),
    Rule("hidden", "passwords stood in clear", _hidden),
    Rule("sqlite", "a connection nobody set was the scheduler's own SQLite file, which is on no worker", _no_sqlite),
    Rule("image", "an image nobody set, or half of one, came out with a lone colon", _pullable),
    Rule("type", "a hostPath had the type ''", _untyped),
    Rule("noise", "empty lists and objects, and hostNetwork: false", _bare),
)
