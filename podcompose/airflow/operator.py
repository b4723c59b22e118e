"""A KubernetesPodOperator's arguments, as a template and overrides in the provider's own order of precedence."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NoReturn, TypeAlias

from podcompose.airflow.operator_arguments import ARGUMENTS, GONE, LAYERS, elsewhere
from podcompose.airflow.operator_parts import ORIGIN, Part, assembled, judged, parts_of, secret_parts, sidecar
from podcompose.airflow.wire import wire
from podcompose.core import hints
from podcompose.core.json import Json, JsonMap, same
from podcompose.core.merge import lay
from podcompose.dialect import COMPOSE, Dialect, keeping
from podcompose.errors import Finding, OverrideError, Problem, TemplateError, a
from podcompose.override import Override, as_override
from podcompose.template import Template

__all__ = ["OperatorPod", "from_operator"]

#: A model of the kubernetes client, or wire JSON.
Model: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class OperatorPod:
    """
    The pod that an operator asks for: `compose(asked.template or template, *asked.overrides, hook=hook)`.

    >>> asked = from_operator(image="busybox", cmds=["date"], hostnetwork=False)
    >>> asked.template is None, [override.name for override in asked.overrides]
    (True, ['operator'])
    """

    #: What `pod_template_file` or `pod_template_dict` says; None where the operator names none.
    template: Template | None
    #: `full_pod_spec`, `operator` for all other arguments, `xcom`; those there are.
    overrides: tuple[Override, ...]
    #: The arguments given that shape no pod, and where what they say is said here.
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def from_operator(
    *,
    pod_template_file: str | os.PathLike[str] | None = None,
    pod_template_dict: Mapping[str, Any] | None = None,
    full_pod_spec: Model | None = None,
    base_container_name: str | None = None,
    name: str | None = None,
    namespace: str | None = None,
    labels: Mapping[str, str | None] | None = None,
    annotations: Mapping[str, str | None] | None = None,
    image: str | None = None,
    cmds: Sequence[str] | None = None,
    arguments: Sequence[str] | None = None,
    ports: Sequence[Model] | None = None,
    image_pull_policy: str | None = None,
    container_resources: Model | None = None,
    volume_mounts: Sequence[Model] | None = None,
    volumes: Sequence[Model] | None = None,
    env_vars: Mapping[str, str | None] | Sequence[Model] | None = None,
    pod_runtime_info_envs: Sequence[Model] | None = None,
    env_from: Sequence[Model] | None = None,
    configmaps: Sequence[str] | None = None,
    secrets: Sequence[Any] | None = None,
    security_context: Model | None = None,
    container_security_context: Model | None = None,
    termination_message_policy: str | None = None,
    runtime_class_name: str | None = None,
    node_selector: Mapping[str, str | None] | None = None,
    affinity: Model | None = None,
    tolerations: Sequence[Model] | None = None,
    init_containers: Sequence[Model] | None = None,
    host_aliases: Sequence[Model] | None = None,
    image_pull_secrets: Sequence[Model] | str | None = None,
    service_account_name: str | None = None,
    automount_service_account_token: bool | None = None,
    hostnetwork: bool | None = None,
    hostname: str | None = None,
    subdomain: str | None = None,
    dnspolicy: str | None = None,
    dns_config: Model | None = None,
    schedulername: str | None = None,
    priority_class_name: str | None = None,
    active_deadline_seconds: int | None = None,
    termination_grace_period: int | None = None,
    do_xcom_push: bool | None = False,
    xcom_sidecar_container_security_context: Model | None = None,
    dialect: Dialect = COMPOSE,
    unknown: Literal["error", "keep"] | None = None,
    **others: NoReturn,
) -> OperatorPod:
    """
    What the arguments of a KubernetesPodOperator say of its pod.

    The provider's order: `pod_template_file`, or else `pod_template_dict`, is the template; `full_pod_spec` is laid over it, all
    other arguments over both. An argument that is not given, None, or an empty list or map, says nothing; false, 0 and "" do.

    Shapes: models of the client, wire JSON, Airflow's own classes. `dialect` and `unknown` are those that it is composed with.
    Raises: TemplateError, OverrideError: everything that is wrong, by the argument's name.
    Source: KubernetesPodOperator.build_pod_request_obj of apache-airflow-providers-cncf-kubernetes 10.25; docs/airflow-operator.md
            has every argument, and where the pod differs.

    >>> from podcompose import compose
    >>> asked = from_operator(image="busybox", cmds=["date"], env_vars={"A": "1"})
    >>> compose(asked.template or {}, *asked.overrides).manifest["spec"]["containers"]
    [{'name': 'base', 'image': 'busybox', 'command': ['date'], 'env': [{'name': 'A', 'value': '1'}]}]
    """
    given = dict(locals())
    dialect = keeping(dialect, unknown)
    problems: list[Problem] = []
    template = _template(given, dialect, problems)
    wrong_template = problems != []
    full = _full(full_pod_spec, dialect, problems)
    container = _container(base_container_name, template, full, problems)
    parts = [
        *parts_of(given, problems),
        *secret_parts(secrets, problems),
        Part("restart_policy", ("spec", "restartPolicy"), "Never"),
    ]
    problems += [*judged(parts, container, dialect), *_unknown(others)]
    beside = _beside(do_xcom_push, xcom_sidecar_container_security_context, container, dialect, problems)
    if problems == []:
        own = assembled(_whole(parts, template, full, container, dialect), container)
        problems += ORIGIN.problems(lay({}, own, dialect, {}).found, {})
    if problems != []:
        raise (TemplateError if wrong_template else OverrideError)(problems)
    layers = [full, Override(own, name=ORIGIN.who), beside]
    told = {argument: where for argument in others if (where := elsewhere(argument)) is not None}
    return OperatorPod(template, tuple(layer for layer in layers if layer is not None), told)


def _template(given: Mapping[str, Any], dialect: Dialect, problems: list[Problem]) -> Template | None:
    path, pod = given["pod_template_file"], given["pod_template_dict"]
    try:
        if path is not None:
            return Template.from_file(path, name="pod_template_file", dialect=dialect)
        return None if pod is None else Template.from_pod(pod, name="pod_template_dict", dialect=dialect)
    except TemplateError as error:
        problems += error.problems
        return None


def _full(pod: Any, dialect: Dialect, problems: list[Problem]) -> Override | None:
    if pod is None:
        return None
    try:
        full = as_override(pod, "full_pod_spec")
    except OverrideError as error:
        problems += [replace(one, path=f"full_pod_spec{one.path.removesuffix('.')}") for one in error.problems]
        return None
    found = lay({}, full.document.value, dialect, {}).found if full.kind == "patch" else []
    problems += [replace(one, path=f"full_pod_spec{one.path}") for one in full.origin.problems(found, full.document.marks)]
    return full


def _container(name: Any, template: Template | None, full: Override | None, problems: list[Problem]) -> str:
    """The container that the arguments are about: of the pod below it, the one of that name, or by default the first."""
    below = [*_containers(None if template is None else template.document.value), *_containers(_manifest(full))]
    names = [one["name"] for one in below if type(one.get("name")) is str]
    if name is None:
        return "base" if "base" in names or names == [] else names[0]
    if not isinstance(name, str) or name == "":
        message = f"expected the name of a container, got {a(type(name).__name__) if name != '' else 'an empty string'}"
        problems.append(Problem("wrong-type", "base_container_name", message, ORIGIN.stage, ORIGIN.who))
        return "base"
    if names != [] and name not in names:
        message = f"the pod has no container {name!r} (it has {hints.listed(map(repr, names))})"
        guess = hints.close(name, names) or names[0]
        remedy = f"the operator would rename the first: write {guess!r}"
        problems.append(Problem("unknown-container", "base_container_name", message, ORIGIN.stage, ORIGIN.who, suggestion=remedy))
    return str.__str__(name)


def _manifest(full: Override | None) -> Json:
    return None if full is None or full.kind != "patch" else full.document.value


def _containers(manifest: Json) -> list[JsonMap]:
    spec = manifest.get("spec") if type(manifest) is dict else None
    containers = spec.get("containers") if type(spec) is dict else None
    return [one for one in containers if type(one) is dict] if type(containers) is list else []


def _whole(parts: list[Part], template: Template | None, full: Override | None, container: str, dialect: Dialect) -> list[Part]:
    """
    The parts, with what stands below in a list that the provider extends, and the dialect replaces: `envFrom`, and nothing else.
    """
    place = ("container", "envFrom")
    before = [_env_from(None if template is None else template.document.value, container), _env_from(_manifest(full), container)]
    said = [entry for part in parts if part.place == place for entry in part.value]
    if [*before, said].count([]) > 1 or _extends(dialect):
        return parts
    entries: list[Json] = []
    for entry in [*before[0], *before[1], *said]:
        entries += [] if any(same(entry, other) for other in entries) else [entry]
    return [*(part for part in parts if part.place != place), Part("env_from", place, entries)]


def _env_from(manifest: Json, container: str) -> list[Json]:
    sources = [one.get("envFrom") for one in _containers(manifest) if one.get("name") == container]
    return [entry for source in sources if type(source) is list for entry in source]


def _extends(dialect: Dialect) -> bool:
    """Whether this dialect keeps what a template says in `envFrom`."""
    first, second = ({"spec": {"containers": [{"name": "a", "envFrom": [{"prefix": prefix}]}]}} for prefix in "ab")
    laid = lay(first, second, dialect, {}).manifest
    return len(_env_from(laid, "a")) > 1


def _beside(push: Any, context: Any, container: str, dialect: Dialect, problems: list[Problem]) -> Override | None:
    """The sidecar that keeps the result of a task, where it is wanted."""
    found: list[Finding] = []
    security = wire(context, found)
    if context is not None:
        part = Part("xcom_sidecar_container_security_context", ("container", "securityContext"), security)
        problems += [replace(one, path=part.argument) for one in ORIGIN.problems(found, {})]
        problems += judged([part], container, dialect) if found == [] else []
    if push is not None and not isinstance(push, bool):
        message = f"expected true or false, got {a(type(push).__name__)}"
        problems.append(Problem("wrong-type", "do_xcom_push", message, ORIGIN.stage, ORIGIN.who))
    return Override(sidecar(container, security), name="xcom") if push is True else None


def _unknown(others: Mapping[str, Any]) -> list[Problem]:
    """What to say of arguments that no operator has."""
    problems: list[Problem] = []
    for name in others:
        if elsewhere(name) is not None:
            continue
        if name in GONE:
            message, remedy = "the operator has no such argument", f"it is called `{GONE[name]}`"
        else:
            guess = hints.close(name, [*ARGUMENTS, *LAYERS])
            message = "the operator has no such argument"
            remedy = "leave it out, or say it in full_pod_spec" if guess is None else f"did you mean `{guess}`?"
        problems.append(Problem("unknown-argument", name, message, ORIGIN.stage, ORIGIN.who, suggestion=remedy))
    return problems
