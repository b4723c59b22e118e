"""What each argument of a KubernetesPodOperator says of a pod: taken in, judged, and put together."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from podcompose.airflow.operator_arguments import ARGUMENTS
from podcompose.airflow.wire import wire
from podcompose.core.json import Json, JsonMap
from podcompose.core.merge import lay
from podcompose.dialect import Dialect
from podcompose.errors import Finding, Problem, a
from podcompose.intake import Origin

__all__ = ["ORIGIN", "Part", "assembled", "judged", "parts_of", "secret_parts", "sidecar"]

ORIGIN = Origin("override", "operator")

_XCOM = {"name": "xcom", "mountPath": "/airflow/xcom"}


class Part(NamedTuple):
    """What one argument says, and where in the pod; `("container", ...)` is in the main container."""

    argument: str
    place: tuple[str, ...]
    value: Json


def parts_of(given: Mapping[str, Any], problems: list[Problem]) -> list[Part]:
    """What the arguments say that have a place of their own; None says nothing, nor does an empty list or map."""
    parts: list[Part] = []
    for name, argument in ARGUMENTS.items():
        if given[name] is not None:
            value = _taken(name, given[name], _SHAPES[argument.shape], problems)
            if value != [] and value != {}:
                parts.append(Part(name, argument.place, value))
    return parts


def _taken(name: str, value: Any, shape: Callable[[Any], Any], problems: list[Problem]) -> Json:
    found: list[Finding] = []
    try:
        taken = wire(shape(_converted(value)), found)
    except Exception as error:  # a stranger's code: whatever it raises is its finding
        taken = []
        found.append(Finding("not-json", "", f"this {type(value).__name__} cannot be read: it raised {a(type(error).__name__)}"))
    problems += [_within(name, "", ORIGIN.problem(finding, {})) for finding in found]
    return [] if found != [] else taken


def _converted(value: Any) -> Any:
    """What Airflow's own classes of old say themselves that they are of the client's."""
    if isinstance(value, (list, tuple)):
        return [_converted(entry) for entry in value]
    convert = None if isinstance(value, Mapping) else getattr(value, "to_k8s_client_obj", None)
    return convert() if callable(convert) else value


def _texts(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: "" if text is None else text for name, text in value.items()}


def _env(value: Any) -> Any:
    return [{"name": name, "value": text} for name, text in value.items()] if isinstance(value, Mapping) else value


def _names(value: Any) -> Any:
    return [{"name": name.strip()} for name in value.split(",") if name.strip() != ""] if isinstance(value, str) else value


def _references(value: Any) -> Any:
    return [None if name is None else {"configMapRef": {"name": name}} for name in value] if isinstance(value, list) else value


def _name(value: Any) -> Any:
    """As the operator writes it before it creates the pod; what is yet to be rendered is no name, nor is what has no letter."""
    if not isinstance(value, str) or "{{" in value or "{%" in value:
        return value
    return re.sub("[^a-z0-9-]+", "-", value.lower()).strip("-") or value


_SHAPES: Mapping[str, Callable[[Any], Any]] = {
    "value": lambda value: value,
    "texts": _texts,
    "env": _env,
    "names": _names,
    "references": _references,
    "name": _name,
}


def secret_parts(secrets: Any, problems: list[Problem]) -> list[Part]:
    """
    What Airflow's Secrets add to a pod, as the provider attaches them; the names of volumes are made of what they hold.

    Shapes: anything with the attributes deploy_type, deploy_target, secret and key, and items if it likes.
    """
    if secrets is None:
        return []
    if not isinstance(secrets, (list, tuple)):
        problems.append(
            _problem("wrong-type", "secrets", f"expected a list of Secrets, got {a(type(secrets).__name__)}", "write a list")
        )
        return []
    parts: list[Part] = []
    for place, secret in enumerate(secrets):
        parts += _of_secret(f"secrets[{place}]", secret, problems)
    return parts


def _of_secret(name: str, secret: Any, problems: list[Problem]) -> list[Part]:
    try:
        kind, target, of, key, items = (
            getattr(secret, part, None) for part in ("deploy_type", "deploy_target", "secret", "key", "items")
        )
    except Exception:  # a stranger's object
        kind, target, of, key, items = (None,) * 5
    wrong = _wrong_secret(kind, target, of, key)
    if wrong is not None:
        problems.append(_problem("wrong-type", name, *wrong))
        return []
    if kind == "env" and key is None:
        return [Part(name, ("container", "envFrom"), [{"secretRef": {"name": of}}])]
    if kind == "env":
        reference = {"secretKeyRef": {"name": of, "key": key}}
        return [Part(name, ("container", "env"), [{"name": str(target).upper(), "valueFrom": reference}])]
    paths = [] if callable(items) or items is None else _taken(f"{name}.items", items, _SHAPES["value"], problems)
    source = {"secretName": of, **({} if paths == [] else {"items": paths})}
    volume = f"secretvol-{hashlib.sha256(json.dumps([target, source]).encode()).hexdigest()[:10]}"
    mount = {"mountPath": target, "name": volume, "readOnly": True}
    return [
        Part(name, ("spec", "volumes"), [{"name": volume, "secret": source}]),
        Part(name, ("container", "volumeMounts"), [mount]),
    ]


def _wrong_secret(kind: Any, target: Any, secret: Any, key: Any) -> tuple[str, str | None] | None:
    """What is wrong with a Secret, and how to write it."""
    if kind not in ("env", "volume") or not isinstance(secret, str):
        return (
            "a Secret has a deploy_type, `env` or `volume`, and the name of a secret",
            "Secret('env', 'TOKEN', 'my-secret', 'token')",
        )
    if key is not None and not isinstance(key, str):
        return f"the key of a secret is a string, not {a(type(key).__name__)}", None
    if not isinstance(target, str) and (kind == "volume" or key is not None):
        what = "where it is mounted" if kind == "volume" else "the variable that it is"
        return f"a Secret of deploy_type {kind} says in deploy_target {what}", None
    return None


def judged(parts: Iterable[Part], container: str, dialect: Dialect) -> list[Problem]:
    """What is wrong with each part, by the argument's name."""
    problems: list[Problem] = []
    for part in parts:
        prefix = _printed(part.place, container)
        for finding in lay({}, assembled([part], container), dialect, {}).found:
            problem = _within(part.argument, prefix, ORIGIN.problem(finding, {}))
            jinja = type(part.value) is str and "{{" in part.value
            problems.append(replace(problem, suggestion="render it first: it is taken as it is") if jinja else problem)
    return problems


def _within(argument: str, prefix: str, problem: Problem) -> Problem:
    """A problem with the argument in place of the path that leads to it."""
    path = "" if problem.path == "." else problem.path
    return replace(problem, path=f"{argument}{path[len(prefix) :]}") if path.startswith(prefix) else problem


def _printed(place: Sequence[str], container: str) -> str:
    if place[0] == "container":
        return f".spec.containers[name={json.dumps(container, ensure_ascii=False)}].{place[1]}"
    return f".{'.'.join(place)}"


def assembled(parts: Iterable[Part], container: str) -> JsonMap:
    """The pod that all parts say together: lists of one place are one list, in the order of the parts."""
    main: JsonMap = {"name": container}
    pod: JsonMap = {}
    for part in parts:
        owner = main if part.place[0] == "container" else pod.setdefault(part.place[0], {})
        field = part.place[1]
        there = owner.get(field)
        owner[field] = [*there, *part.value] if type(there) is list and type(part.value) is list else part.value
    if len(main) > 1:
        pod.setdefault("spec", {})["containers"] = [main]
    return pod


def sidecar(container: str, security_context: Json) -> JsonMap:
    """The container beside the task that keeps its result until it is read, as the provider adds it."""
    beside: JsonMap = {
        "name": "airflow-xcom-sidecar",
        "image": "alpine:3.24.2",
        "command": ["sh", "-c", 'trap "exit 0" INT; while true; do sleep 1; done;'],
        "volumeMounts": [dict(_XCOM)],
        "resources": {"requests": {"cpu": "1m", "memory": "10Mi"}},
    }
    if security_context is not None:
        beside["securityContext"] = security_context
    containers = [{"name": container, "volumeMounts": [dict(_XCOM)]}, beside]
    return {"spec": {"volumes": [{"name": "xcom", "emptyDir": {}}], "containers": containers}}


def _problem(code: str, path: str, message: str, suggestion: str | None = None) -> Problem:
    return Problem(code, path, message, ORIGIN.stage, ORIGIN.who, suggestion=suggestion)
