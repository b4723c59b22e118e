"""
Prefect's words: a template as a base job template, an override as job variables.

The template is the default base job template of the Kubernetes work pool, as its documentation has people start from it: its
placeholders stay where they are, and what the case's template has there is the variable's default; all else is written into the
pod template of the job manifest. A secret in the environment is written there too, as the documentation shows it.
"""

from __future__ import annotations

import copy
import shlex
from collections.abc import Callable
from typing import Any

from lines import NotSayable
from parts import Parts, by_name

__all__ = ["FIXED", "VARIABLES", "base_job_template", "job_variables"]

#: What the default template has a variable for.
VARIABLES = {
    ("metadata", "name"): "name",
    ("metadata", "namespace"): "namespace",
    ("metadata", "labels"): "labels",
    ("metadata", "annotations"): "annotations",
    ("spec", "serviceAccountName"): "service_account_name",
    ("main", "image"): "image",
    ("main", "imagePullPolicy"): "image_pull_policy",
    ("main", "args"): "command",
    ("main", "env"): "env",
    ("main", "resources", "requests", "cpu"): "cpu_request",
    ("main", "resources", "requests", "memory"): "memory_request",
    ("main", "resources", "limits", "cpu"): "cpu_limit",
    ("main", "resources", "limits", "memory"): "memory_limit",
}
#: Whose values of the template stand in the manifest itself: the variable is laid over them.
FIXED = {"labels", "annotations"}


def _command(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value) or value == []:
        raise NotSayable("command is the text of a command line; without one Prefect has its own")
    return shlex.join(value)


def _environment(value: Any) -> dict[str, Any]:
    return _texts("env", by_name(value, "the job variable env"))


_FORMS: dict[str, Callable[[Any], Any]] = {"command": _command, "env": _environment}


def job_variables(wish: Parts) -> dict[str, Any]:
    """The override as job variables of a deployment or a flow run."""
    for each in wish.others:
        raise NotSayable(f"the default template has variables of one container, none of {each['name']}")
    found = {}
    for path, value in wish.fields().items():
        if path not in VARIABLES:
            raise NotSayable(f"the default template has no variable for {'.'.join(path[1:])} of the {_LEVELS[path[0]]}")
        found[VARIABLES[path]] = _said(VARIABLES[path], value)
    return found


_LEVELS = {"metadata": "metadata", "spec": "pod", "main": "container"}


def _said(variable: str, value: Any) -> Any:
    return _FORMS[variable](value) if variable in _FORMS else _texts(variable, value)


def _texts(variable: str, value: Any) -> Any:
    if isinstance(value, dict) and any(each is None for each in value.values()):
        raise NotSayable(f"{variable} is a map of texts: no entry can be taken out of it")
    return value


def base_job_template(default: Any, template: Parts) -> Any:
    """The default base job template with the case's template in it."""
    made = copy.deepcopy(default)
    manifest = made["job_configuration"]["job_manifest"]["spec"]["template"]
    own, *_ = manifest["spec"]["containers"]
    written = set(FIXED)
    if any("valueFrom" in each for each in template.main.get("env", [])):
        written, own = written | {"env"}, {**own, "env": template.main["env"]}
    for path, value in template.fields().items():
        if path in VARIABLES and VARIABLES[path] not in written:
            made["variables"]["properties"][VARIABLES[path]]["default"] = _said(VARIABLES[path], value)
    manifest["metadata"] = {name: value for name, value in template.metadata.items() if name not in ("name", "namespace")}
    manifest["spec"] |= {name: value for name, value in template.spec.items() if ("spec", name) not in VARIABLES}
    manifest["spec"]["containers"] = [_over(template.main, own), *template.others]
    return made


def _over(given: dict[str, Any], placeholders: dict[str, Any]) -> dict[str, Any]:
    """What the template has of the container, with all placeholders where the default template has them."""
    kept = {name: value for name, value in given.items() if name not in placeholders or name == "resources"}
    for side, places in placeholders["resources"].items():
        kept["resources"] = {**kept.get("resources", {}), side: {**kept.get("resources", {}).get(side, {}), **places}}
    return {**placeholders, **kept}
