"""
ZenML's words: a template as the configuration of an orchestrator, an override as that of a pipeline or a step.

The image and what runs in it ZenML makes itself. Plain variables are configured as the environment of a component of the
stack and of a pipeline, references are in the pod settings, and so is what a user says of one. What a pod has that
KubernetesPodSettings have no field for is given in their additional_pod_spec_args, in the names of the Python client. Lists in
settings are replaced by the user's.
"""

from __future__ import annotations

import re
from typing import Any

from lines import NotSayable
from parts import Parts, by_name

__all__ = ["BUILT", "ORCHESTRATOR", "POD", "environment", "settings"]

#: Fields of the pod settings.
POD = {
    ("metadata", "labels"): "labels",
    ("metadata", "annotations"): "annotations",
    ("spec", "nodeSelector"): "node_selectors",
    ("spec", "affinity"): "affinity",
    ("spec", "tolerations"): "tolerations",
    ("spec", "volumes"): "volumes",
    ("spec", "hostIPC"): "host_ipc",
    ("spec", "schedulerName"): "scheduler_name",
    ("spec", "imagePullSecrets"): "image_pull_secrets",
    ("main", "volumeMounts"): "volume_mounts",
    ("main", "envFrom"): "env_from",
    ("main", "securityContext"): "container_security_context",
}
TEXTS = {"labels", "annotations", "nodeSelector"}
#: Settings of the orchestrator itself.
ORCHESTRATOR = {
    ("spec", "serviceAccountName"): "step_pod_service_account_name",
    ("spec", "terminationGracePeriodSeconds"): "pod_stop_grace_period",
}
#: What ZenML gives the container itself.
BUILT = {("main", "image"), ("main", "command"), ("main", "args")}
#: What is the pod's alone, and generated.
GENERATED = {("metadata", "name"), ("metadata", "namespace")}


def environment(pod: Parts, template: Parts | None = None) -> dict[str, Any]:
    """The plain variables, by name."""
    references = _references(pod, template)
    return by_name([each for each in _variables(pod) if each not in references], "environment")


def settings(pod: Parts, template: Parts | None = None) -> dict[str, Any]:
    """
    Settings for an orchestrator that say this pod or part of one; with `template`, those of a user over it.

    A container beside ZenML's own stands in a list, which is replaced: of one that the template has, no part can be said.
    """
    found: dict[str, Any] = {}
    for path, value in pod.fields().items():
        if path in ORCHESTRATOR:
            found[ORCHESTRATOR[path]] = value
        elif path == ("main", "env"):
            if _references(pod, template) != []:
                found.setdefault("pod_settings", {})["env"] = _references(pod, template)
        elif path not in GENERATED | BUILT:
            _put(found.setdefault("pod_settings", {}), path, value)
        elif template is not None:
            raise NotSayable(f"{path[1]} is not in the settings: ZenML makes it")
    if pod.others:
        found.setdefault("pod_settings", {}).setdefault("additional_pod_spec_args", {})["containers"] = pod.others
    if template is not None:
        _refuse_part(found.get("pod_settings", {}).get("additional_pod_spec_args", {}), template)
    return found


def _refuse_part(arguments: dict[str, Any], template: Parts) -> None:
    known = {each["name"] for each in (*template.others, *template.spec.get("initContainers", []))}
    for each in (*(arguments.get("containers") or ()), *(arguments.get("init_containers") or ())):
        if isinstance(each, dict) and (each.get("name") in known or "image" not in each):
            raise NotSayable(f"{each.get('name')} is in a list of additional_pod_spec_args, whose containers are said whole")


def _variables(pod: Parts) -> list[Any]:
    value = pod.main.get("env")
    return value if isinstance(value, list) else [value] if value is not None else []


def _references(pod: Parts, template: Parts | None) -> list[Any]:
    """The variables of the pod settings: references, and those that are one in the template."""
    there = [] if template is None else [each["name"] for each in _variables(template) if "valueFrom" in each]
    return [each for each in _variables(pod) if isinstance(each, dict) and ("valueFrom" in each or each.get("name") in there)]


def _put(fields: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if path[1] == "resources":
        _put_amount(fields, path, value)
    elif path in POD:
        if isinstance(value, dict) and path[1] in TEXTS and None in value.values():
            raise NotSayable(f"{POD[path]} is a map of texts: no entry can be taken out of it")
        fields[POD[path]] = _secrets(value) if path[1] == "imagePullSecrets" else value
    elif path[0] == "spec":
        fields.setdefault("additional_pod_spec_args", {})[_snake(path[1])] = value
    else:
        raise NotSayable(f"there is no setting for {path[1]} of the {'container' if path[0] == 'main' else path[0]}")


def _put_amount(fields: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if len(path) != 4:
        raise NotSayable(f"there is no setting for {path[2] or value} of a container's resources")
    fields.setdefault("resources", {}).setdefault(path[2], {})[path[3]] = value


def _secrets(value: Any) -> Any:
    if not isinstance(value, list) or not all(isinstance(each, dict) and each.keys() == {"name"} for each in value):
        raise NotSayable("image_pull_secrets is a list of names")
    return [each["name"] for each in value]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
