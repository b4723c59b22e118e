"""
KubeSpawner's words: a template as the configuration of a hub, an override as extra configuration or as what a profile overrides.

Whatever has a setting of its own is written there, in the form that can be merged where there is one: lists of named things as
dictionaries with a number in the key, as the documentation writes them. The rest goes into extra_pod_config and
extra_container_config, which are for what no other setting covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lines import NotSayable
from parts import Gone, Parts

__all__ = ["TRAITS", "configuration", "extra", "override_of_profile"]

#: What has a setting of its own.
TRAITS = {
    ("metadata", "name"): "pod_name_template",
    ("metadata", "namespace"): "namespace",
    ("metadata", "labels"): "extra_labels",
    ("metadata", "annotations"): "extra_annotations",
    ("spec", "nodeSelector"): "node_selector",
    ("spec", "tolerations"): "tolerations",
    ("spec", "imagePullSecrets"): "image_pull_secrets",
    ("spec", "schedulerName"): "scheduler_name",
    ("spec", "serviceAccountName"): "service_account",
    ("spec", "automountServiceAccountToken"): "automount_service_account_token",
    ("spec", "priorityClassName"): "priority_class_name",
    ("spec", "initContainers"): "init_containers",
    ("spec", "volumes"): "volumes",
    ("spec", "securityContext"): "pod_security_context",
    ("main", "image"): "image",
    ("main", "imagePullPolicy"): "image_pull_policy",
    ("main", "workingDir"): "working_dir",
    ("main", "args"): "cmd",
    ("main", "env"): "environment",
    ("main", "volumeMounts"): "volume_mounts",
    ("main", "lifecycle"): "lifecycle_hooks",
    ("main", "securityContext"): "container_security_context",
}
#: The six settings of an affinity: its parts, and how they bind.
AFFINITY = {"nodeAffinity": "node_affinity", "podAffinity": "pod_affinity", "podAntiAffinity": "pod_anti_affinity"}
BINDING = {
    "requiredDuringSchedulingIgnoredDuringExecution": "required",
    "preferredDuringSchedulingIgnoredDuringExecution": "preferred",
}
#: Amounts of any resource, by the side they are on.
RESOURCES = {"limits": "extra_resource_limits", "requests": "extra_resource_guarantees"}
#: Lists that may be dictionaries, and what their elements go by.
KEYED = {"volumes": "name", "volume_mounts": "mountPath", "init_containers": "name", "extra_containers": "name"}
#: Texts in these are format strings: {username} and the like.
EXPANDED = {
    *("pod_name_template", "namespace", "extra_labels", "extra_annotations", "environment", "volumes", "volume_mounts"),
    *("init_containers", "service_account", "extra_pod_config", "extra_containers"),
}
#: Where a field goes that has no setting of its own.
EXTRA = {"spec": "extra_pod_config", "main": "extra_container_config"}
WORDS = {"metadata": "metadata", "spec": "pod", "main": "container"}


def configuration(template: Parts) -> dict[str, Any]:
    """The admin's configuration: `c.KubeSpawner.NAME = value`; without the labels that a hub would put over the template's."""
    return _escaped({"common_labels": {}, **_written(template, {})})


def override_of_profile(wish: Parts, configured: dict[str, Any]) -> dict[str, Any]:
    """
    The user's profile: `kubespawner_override`; an element that the configuration has is said by the key it has there.

    None takes a key out of a dictionary, as the documentation has it; of a whole dictionary, all its keys.
    """
    for each in wish.others:
        if "image" not in each and each["name"] not in _keys("extra_containers", configured) and not isinstance(each, Gone):
            raise NotSayable(f"settings do not name the notebook's container, and {each['name']} without an image is no other one")
    said = _written(wish, configured)
    emptied = {
        name: dict.fromkeys(configured[name]) for name in said if said[name] is None and isinstance(configured.get(name), dict)
    }
    _refuse_gone(said)
    return _escaped({**said, **emptied})


def _refuse_gone(value: Any) -> None:
    if isinstance(value, Gone):
        raise NotSayable("an element inside of a list that is no dictionary cannot be taken out of it")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_gone(each)


def _keys(trait: str, configured: dict[str, Any]) -> dict[Any, str]:
    return {element[KEYED[trait]]: key for key, element in configured.get(trait, {}).items()}


def extra(wish: Parts) -> dict[str, Any]:
    """The user's extra configuration, of what has no setting of its own: that is what it is for."""
    for each in wish.others:
        raise NotSayable(f"extra_container_config is of the notebook's container, not of {each['name']}")
    found: dict[str, Any] = {"extra_pod_config": {}, "extra_container_config": {}}
    for path, value in wish.fields().items():
        setting = _setting(path)
        if setting is not None:
            raise NotSayable(f"extra configuration is for what no other setting covers, and {setting} does")
        _set_extra(found, path, value)
    return _escaped(found)


def _setting(path: tuple[str, ...]) -> str | None:
    """The setting that covers a field, if one does."""
    if path[1] == "resources":
        return "extra_resource_limits" if len(path) < 4 else RESOURCES.get(path[2])
    return "node_affinity_required" if path[1] == "affinity" else TRAITS.get(path)


def _set_extra(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if path[0] not in EXTRA:
        raise NotSayable(f"there is no setting for {'.'.join(path[1:])} of the {WORDS[path[0]]}")
    found.setdefault(EXTRA[path[0]], {})[path[1]] = value


def _written(pod: Parts, configured: dict[str, Any]) -> dict[str, Any]:
    """All settings that say this pod or part of one."""
    found: dict[str, Any] = {}
    for path, value in pod.fields().items():
        if path[1] == "resources":
            _set_amount(found, path, value)
        elif path == ("spec", "affinity"):
            found.update(_terms(value))
        elif path in TRAITS:
            found[TRAITS[path]] = _in_form(TRAITS[path], value, configured)
        else:
            _set_extra(found, path, value)
    if pod.others:
        found["extra_containers"] = _in_form("extra_containers", pod.others, configured)
    return found


def _set_amount(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if len(path) != 4 or path[2] not in RESOURCES:
        raise NotSayable(f"there is no setting for {path[2] or value} of a container's resources")
    found.setdefault(RESOURCES[path[2]], {})[path[3]] = value


def _terms(affinity: Any) -> Iterator[tuple[str, Any]]:
    """The lists of terms that an affinity is made of; of a part that is null, both are empty."""
    for part, value in (dict.fromkeys(AFFINITY) if affinity is None else _map(affinity)).items():
        for binding, terms in ({key: [] for key in BINDING} if value is None else _map(value)).items():
            if part not in AFFINITY or binding not in BINDING:
                raise NotSayable(f"there is no setting for {part} {binding} of an affinity")
            selected = isinstance(terms, dict) and terms.keys() == {"nodeSelectorTerms"}
            yield f"{AFFINITY[part]}_{BINDING[binding]}", terms["nodeSelectorTerms"] if selected else terms


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotSayable(f"an affinity is no {type(value).__name__}")
    return value


def _in_form(trait: str, value: Any, configured: dict[str, Any]) -> Any:
    if trait == "environment" and value is not None:
        return dict(_variables(value))
    if trait in KEYED and isinstance(value, list) and value != []:
        return _keyed(trait, value, _keys(trait, configured))
    return value


def _keyed(trait: str, elements: list[Any], keys: dict[Any, str]) -> dict[str, Any]:
    """A list as a dictionary: elements come out in the order of its keys, so what is said between two goes between their keys."""
    names = [element.get(KEYED[trait]) if isinstance(element, dict) else None for element in elements]
    found: dict[str, Any] = {}
    behind, last = "00", max((place for place, name in enumerate(names) if name in keys), default=-1)
    for place, (name, element) in enumerate(zip(names, elements, strict=True)):
        label = str(name).strip("/").replace("/", "-")
        new = f"{behind}.{place:02}-{label}" if place < last else f"{len(keys) + place - last:02}-{label}"
        key = behind = keys.get(name, new)
        if name is None or key in found:
            raise NotSayable(f"the elements of {trait} go by {KEYED[trait]}")
        found[key] = None if isinstance(element, Gone) else element
    return found


def _variables(value: Any) -> Iterator[tuple[str, Any]]:
    """The environment as a dictionary: texts, or what a reference is."""
    names: set[str] = set()
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict) or "name" not in each or each["name"] in names:
            raise NotSayable("environment is a dictionary of variables by name")
        names.add(each["name"])
        rest = {name: inner for name, inner in each.items() if name != "name"}
        yield each["name"], None if isinstance(each, Gone) else rest["value"] if rest.keys() == {"value"} else rest


def _escaped(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: _texts(value, _braces) if name in EXPANDED else value for name, value in settings.items()}


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _texts(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
