"""What of a pod the local backend cannot do: said before it is launched, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from podcompose.backends.local.environment import FIELD_PATHS, field_of
from podcompose.backends.local.fields import FIELDS
from podcompose.backends.local.plan import field, plan_of
from podcompose.core.quantity import quantity
from podcompose.errors import Problem

__all__ = ["judge"]


def judge(manifest: Mapping[str, Any]) -> tuple[list[Problem], list[str]]:
    """
    What makes a pod impossible here, and warnings about what is done otherwise than the pod says.

    >>> spec = {"containers": [{"name": "a", "command": ["true"], "tty": True}], "volumes": [], "schedulingGates": [{"name": "g"}]}
    >>> problems, warnings = judge({"spec": spec})
    >>> print(*problems, *warnings, sep="\\n")
    .spec.schedulingGates: not done here: nobody here lifts a gate
    .spec.containers[name="a"].tty: not done here: standard input is empty, and there is no terminal
    """
    try:
        problems, warnings = _judged(manifest)
        if problems == []:
            plan_of(field(manifest, "spec", {}))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [_unreadable(error)], []
    return problems, warnings


def _judged(manifest: Mapping[str, Any]) -> tuple[list[Problem], list[str]]:
    problems: list[Problem] = []
    warnings: list[str] = []
    for kind, path, name, value in _fields(manifest):
        rule = FIELDS.get(f"{kind}.{name}")
        if rule is None:
            warnings.append(f"{path}.{name}: no field that podcompose knows; nothing is done with it")
        elif value in rule.unless or rule.verdict in ("honoured", "ignored"):
            continue
        elif rule.verdict == "refused":
            problems.append(Problem("not-local", f"{path}.{name}", f"not done here: {rule.why}"))
        else:
            warnings.append(f"{path}.{name}: not done here: {rule.why}")
    return [*problems, *_wrong(field(manifest, "spec", {}))], warnings


def _fields(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Struct, path, name and value of every field the table tells of, but for those that say nothing."""
    spec = field(manifest, "spec", {})
    yield from _said("Pod", "", manifest)
    yield from _said("PodSpec", ".spec", spec)
    for path, container in _containers(spec):
        yield from _said("Container", path, {name: value for name, value in container.items() if name != "lifecycle"})
        yield from _said("Container", path, _flat("lifecycle", field(container, "lifecycle", {})))
        for variable in field(container, "env", []):
            where = f'{path}.env[name="{variable.get("name", "")}"]'
            yield from _said("EnvVarSource", f"{where}.valueFrom", field(variable, "valueFrom", {}))


def _said(kind: str, path: str, struct: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    return ((kind, path, name, value) for name, value in struct.items() if value is not None and value != [] and value != {})


def _flat(name: str, struct: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{name}.{inner}": value for inner, value in struct.items()}


def _containers(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind in ("initContainers", "containers"):
        for container in field(spec, kind, []):
            yield f'.spec.{kind}[name="{container.get("name", "")}"]', container


def _wrong(spec: Mapping[str, Any]) -> Iterator[Problem]:
    """What the API server would refuse, or what cannot be run at all."""
    names = [container.get("name", "") for _, container in _containers(spec)]
    if field(spec, "containers", []) == []:
        yield Problem("no-containers", ".spec.containers", "a pod has at least one container")
    for path, container in _containers(spec):
        name = container.get("name", "")
        if name == "" or names.count(name) > 1 or "/" in name:
            yield Problem("container-name", path, "containers have names, each another one")
        if field(container, "command", []) == []:
            fix = "say the command; what the image would run is not known here"
            yield Problem("no-command", f"{path}.command", "there is no command", suggestion=fix)
        yield from _wrong_rules(path, container)
        yield from _wrong_references(path, container)


def _wrong_rules(path: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    for rule in field(container, "restartPolicyRules", []):
        if rule.get("action") != "Restart":
            yield Problem("not-local", f"{path}.restartPolicyRules", f"the action {rule.get('action')!r} is not done here")


def _wrong_references(path: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    for place, variable in enumerate(field(container, "env", [])):
        name = variable.get("name")
        if type(name) is not str or name == "":
            yield Problem("env-name", f"{path}.env[{place}]", "a variable has a name", suggestion="give it one, or leave it out")
            continue
        where, origin = f'{path}.env[name="{name}"].valueFrom', field(variable, "valueFrom", {})
        asked = field_of(variable)
        if asked is not None and FIELD_PATHS.fullmatch(asked) is None:
            yield Problem("field-path", f"{where}.fieldRef.fieldPath", f"{asked!r} is no field that a variable can have")
        yield from _wrong_origin(where, origin)
    for kind in ("limits", "requests"):
        for name, amount in field(field(container, "resources", {}), kind, {}).items():
            yield from _wrong_quantity(f"{path}.resources.{kind}.{name}", amount)


def _wrong_origin(where: str, origin: Mapping[str, Any]) -> Iterator[Problem]:
    """What a reference does not say, and has to."""
    for kind, needed in (("secretKeyRef", "key"), ("configMapKeyRef", "key"), ("resourceFieldRef", "resource")):
        reference = field(origin, kind, None)
        said = None if reference is None else reference.get(needed)
        if reference is not None and (type(said) is not str or said == ""):
            yield Problem("env-reference", f"{where}.{kind}.{needed}", f"a {kind} names a {needed}, and this one none")
    divisor = field(field(origin, "resourceFieldRef", {}), "divisor", 1)
    yield from _wrong_quantity(f"{where}.resourceFieldRef.divisor", divisor)


def _wrong_quantity(where: str, amount: Any) -> Iterator[Problem]:
    try:
        quantity(amount)
    except ValueError as error:
        yield Problem("quantity", where, str(error), suggestion="write it as 500m, 1.5 or 2Gi")


def _unreadable(error: Exception) -> Problem:
    what = f"a field has not the shape that it has in a pod: {type(error).__name__}: {error}"
    return Problem("malformed", ".spec", what, suggestion="compare the pod with the API reference")
