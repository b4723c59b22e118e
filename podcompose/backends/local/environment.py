"""The environment of a container, as the kubelet makes it: envFrom first, then env in its order."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING
from typing import Any

from podcompose.backends.local.expansion import expand
from podcompose.backends.local.plan import field
from podcompose.core.quantity import quantity

__all__ = ["FIELD_PATHS", "MissingError", "Sources", "environment", "field_of"]

#: What `fieldRef` may name in an environment variable.
FIELD_PATHS = re.compile(
    r"metadata\.(?:name|namespace|uid)|metadata\.(?:labels|annotations)\['[^']+'\]"
    r"|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIP|hostIPs|podIP|podIPs)"
)
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")
#: What a variable from a config map or secret may be called: printable ASCII but for "=".
_NAME = re.compile(r"[ -<>-~]+")


class MissingError(LookupError):
    """Something a container's environment needs is not there; the message is the kubelet's."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Secrets and config maps, by name: for pods of any namespace."""

    secrets: Mapping[str, Mapping[str, str]]
    config_maps: Mapping[str, Mapping[str, str]]

    def map_of(self, kind: str, name: str, optional: bool) -> Mapping[str, str] | None:
        """A secret or config map; None if it is optional and not there."""
        found = (self.secrets if kind == "secret" else self.config_maps).get(name)
        if found is None and not optional:
            raise MissingError(f'{kind} "{name}" not found')
        return found


def environment(pod: Mapping[str, Any], container: Mapping[str, Any], sources: Sources) -> dict[str, str]:
    """
    The variables of a container.

    Raises: MissingError.

    >>> environment({}, {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}]}, Sources({}, {}))
    {'A': '1', 'B': '1$(C)'}
    """
    variables: dict[str, str] = {}
    for source in field(container, "envFrom", []):
        variables.update(_all_of(source, sources))
    for variable in field(container, "env", []):
        value = _value(variable, variables, pod, container, sources)
        if value is not None:
            variables[variable["name"]] = value
    return variables


def field_of(variable: Mapping[str, Any]) -> str | None:
    """The field path a variable asks for, if it asks for one."""
    reference = field(field(variable, "valueFrom", {}), "fieldRef", None)
    return None if reference is None else str(reference.get("fieldPath"))


def _all_of(source: Mapping[str, Any], sources: Sources) -> Mapping[str, str]:
    prefix = field(source, "prefix", "")
    for kind, member in (("configmap", "configMapRef"), ("secret", "secretRef")):
        reference = field(source, member, None)
        if reference is not None:
            found = sources.map_of(kind, field(reference, "name", ""), field(reference, "optional", False))
            named = {f"{prefix}{key}": value for key, value in ({} if found is None else found).items()}
            return {name: value for name, value in named.items() if _NAME.fullmatch(name)}
    return {}


def _value(
    variable: Mapping[str, Any], known: Mapping[str, str], pod: Mapping[str, Any], container: Mapping[str, Any], sources: Sources
) -> str | None:
    """The value of one variable; None where it is optional and not there."""
    value = field(variable, "value", "")
    origin = field(variable, "valueFrom", None)
    if value != "" or origin is None:
        return expand(value, known)
    asked = field_of(variable)
    if asked is not None:
        return _field(pod, asked)
    if field(origin, "resourceFieldRef", None) is not None:
        return _resource(origin["resourceFieldRef"], pod, container)
    return _key_of(origin, pod, sources)


def _key_of(origin: Mapping[str, Any], pod: Mapping[str, Any], sources: Sources) -> str | None:
    for kind, word, member in (("configmap", "ConfigMap", "configMapKeyRef"), ("secret", "Secret", "secretKeyRef")):
        reference = field(origin, member, None)
        if reference is not None:
            name, key, optional = field(reference, "name", ""), reference["key"], field(reference, "optional", False)
            found = sources.map_of(kind, name, optional)
            if found is not None and key not in found and not optional:
                raise MissingError(f"couldn't find key {key} in {word} {pod['metadata']['namespace']}/{name}")
            return None if found is None else found.get(key)
    return ""


def _field(pod: Mapping[str, Any], path: str) -> str:
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript is not None:
        return str(field(field(pod["metadata"], subscript[1], {}), subscript[2], ""))
    if path == "spec.serviceAccountName":
        return str(field(pod["spec"], "serviceAccountName", "default"))
    if path in ("status.hostIPs", "status.podIPs"):
        return ",".join(one["ip"] for one in field(pod.get("status", {}), path[len("status.") :], []))
    part, name = path.split(".")
    return str(field(pod.get(part, {}), name, ""))


def _resource(reference: Mapping[str, Any], pod: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    """A declared limit or request in units of the divisor, rounded up."""
    named = field(reference, "containerName", "")
    everyone = [*field(pod["spec"], "containers", []), *field(pod["spec"], "initContainers", [])]
    owner = next((one for one in everyone if one["name"] == named), container)
    kind, _, resource = reference["resource"].partition(".")
    declared = field(owner, "resources", {})
    limits, requests = field(declared, "limits", {}), field(declared, "requests", {})
    amount = (requests if kind == "requests" else limits).get(resource)
    if amount is None:
        amount = limits.get(resource, 0) if kind == "requests" else _of_this_machine(resource)
    try:
        divisor, whole = quantity(field(reference, "divisor", 1)), quantity(amount)
    except ValueError as error:
        raise MissingError(str(error)) from None
    return str(int((whole / (1 if divisor == 0 else divisor)).to_integral_value(ROUND_CEILING)))


def _of_this_machine(resource: str) -> int:
    if resource == "cpu":
        return os.cpu_count() or 1
    if resource == "memory":
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0
