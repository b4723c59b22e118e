"""The `pod_mutation_hook` of an `airflow_local_settings.py`, as a hook of `compose`."""

from __future__ import annotations

import copy
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from podcompose.code import Code, Loaded, function_of, line_of, load_file, load_module
from podcompose.core import hints
from podcompose.errors import HookError
from podcompose.intake import file_name, model_name

__all__ = ["load_pod_mutation_hook"]

_HOOK = "pod_mutation_hook"
_SETTINGS = "airflow_local_settings"

#: The other functions that Airflow takes from the same file, and what they are about.
_OTHERS = {
    "policy": "tasks",
    "task_policy": "tasks",
    "dag_policy": "DAGs",
    "task_instance_mutation_hook": "task instances",
    "get_airflow_context_vars": "the environment of a task",
    "get_dagbag_import_timeout": "reading DAG files",
}

#: Attributes of airflow.contrib.kubernetes.pod.Pod, which hooks were given up to Airflow 1.10.11, and where a V1Pod has them.
_OLD_POD = {
    "affinity": "pod.spec.affinity",
    "annotations": "pod.metadata.annotations",
    "args": "pod.spec.containers[0].args",
    "cmds": "pod.spec.containers[0].command",
    "configmaps": "pod.spec.containers[0].env_from",
    "dnspolicy": "pod.spec.dns_policy",
    "envs": "pod.spec.containers[0].env, a list of V1EnvVar",
    "hostnetwork": "pod.spec.host_network",
    "image": "pod.spec.containers[0].image",
    "image_pull_policy": "pod.spec.containers[0].image_pull_policy",
    "image_pull_secrets": "pod.spec.image_pull_secrets, a list of V1LocalObjectReference",
    "init_containers": "pod.spec.init_containers",
    "labels": "pod.metadata.labels",
    "name": "pod.metadata.name",
    "namespace": "pod.metadata.namespace",
    "node_selectors": "pod.spec.node_selector",
    "pod_runtime_info_envs": "pod.spec.containers[0].env, with value_from.field_ref",
    "ports": "pod.spec.containers[0].ports",
    "priority_class_name": "pod.spec.priority_class_name",
    "resources": "pod.spec.containers[0].resources",
    "restart_policy": "pod.spec.restart_policy",
    "schedulername": "pod.spec.scheduler_name",
    "secrets": "pod.spec.containers[0].env, with value_from.secret_key_ref, or pod.spec.volumes",
    "security_context": "pod.spec.security_context",
    "service_account_name": "pod.spec.service_account_name",
    "tolerations": "pod.spec.tolerations",
    "volume_mounts": "pod.spec.containers[0].volume_mounts",
    "volumes": "pod.spec.volumes",
}
_AIRFLOW = (
    "it imports Airflow, which is not here: keep the hook in a file that imports kubernetes only, or import Airflow "
    "under `if TYPE_CHECKING:`"
)
_OTHER_AIRFLOW = "the Airflow that is here has no such module: a hook needs the models of `kubernetes.client` only"


def load_pod_mutation_hook(settings: str | os.PathLike[str] = _SETTINGS) -> Callable[[Any], Any]:
    """
    The `pod_mutation_hook` of Airflow's local settings, ready for `compose(..., hook=...)`.

    It is lent what Airflow lent it: maps of labels and annotations, and the first container's list of env, also where the pod has
    none. What it changes in place counts, and so does a pod that it returns; anything else that it returns is ignored, as Airflow
    ignored it, with a warning.

    Shapes: `settings` is a file (".../airflow_local_settings.py") or a module's dotted name; ":name" behind it names another
            function. A file is run anew each time and finds the modules beside it; `sys.path` and `sys.modules` stay as they were.
    Raises: HookError: it cannot be read or run, or has no such function; with its file and line. What goes wrong in the hook later
            is raised by `compose`.
    Source: airflow.settings.import_local_settings; docs/airflow-operator.md.
    """
    where, name = _parted(settings)
    try:
        loaded = load_file(where, f"{where}:{name}") if _is_path(settings, where) else load_module(where, f"{where}:{name}")
        _refuse_silence(loaded, name)
        code = function_of(loaded, name)
    except HookError as error:
        advised = [replace(problem, suggestion=problem.suggestion or _advice(error.__cause__, where)) for problem in error.problems]
        raise HookError(advised) from error.__cause__
    return Code(_as_airflow(code), code.who, code.source, code.line, _meant)


def _meant(name: str) -> str | None:
    """What to do about a name that a hook of Airflow's takes for granted, and is not there."""
    if name.partition(".")[0] == "airflow":
        return _AIRFLOW if name == "airflow" else _OTHER_AIRFLOW
    place = _OLD_POD.get(name)
    return (
        None
        if place is None
        else f"`{name}` is of the Pod class of Airflow 1.10, for which this hook was written; a V1Pod has {place}"
    )


def _parted(settings: object) -> tuple[str, str]:
    """Where the settings are, and the function's name."""
    text = file_name(settings)
    where, colon, name = text.rpartition(":")
    return (where, name) if colon != "" and where != "" and name.replace(".", "_").isidentifier() else (text, _HOOK)


def _is_path(settings: object, where: str) -> bool:
    return not isinstance(settings, str) or where.endswith(".py") or "/" in where or os.sep in where


def _refuse_silence(loaded: Loaded, name: str) -> None:
    """Refuse what Airflow would have passed over in silence."""
    names = vars(loaded.module)
    shown = names.get("__all__")
    if name in names and name == _HOOK and isinstance(shown, (list, tuple, set, frozenset)) and name not in shown:
        message = f"its `__all__` leaves {name!r} out, so Airflow never ran it"
        raise loaded.error(message, "name it there, or ask for it with a colon", line_of(loaded, "__all__"))
    if name in names or "." in name:
        return
    guess = hints.close(name, [one for one in names if one not in _OTHERS and not one.startswith("__")])
    others = [f"{one!r} is about {_OTHERS[one]}" for one in names if one in _OTHERS]
    remedy = f"did you mean {guess!r}?" if guess is not None else hints.listed(others) or None
    raise loaded.error(
        f"{loaded.named} has no {name!r}; Airflow says nothing then, and runs no hook", remedy, line_of(loaded, guess)
    )


def _advice(cause: BaseException | None, where: str) -> str | None:
    """What to do about a failure to load."""
    missing = cause.name if isinstance(cause, ModuleNotFoundError) and cause.name is not None else ""
    module, dot, last = where.rpartition(".")
    if dot != "" and missing == where and hasattr(sys.modules.get(module), last):
        return f"did you mean '{module}:{last}'?"
    if missing.partition(".")[0] == "airflow":
        return _meant(missing)
    if missing != "" and missing == where.partition(".")[0]:
        return f"name its file: Airflow finds it in $AIRFLOW_HOME/config, Python on sys.path only ({where} is not there)"
    if isinstance(cause, IsADirectoryError):
        return f"name the file in it: {os.path.join(where, _SETTINGS)}.py"
    if isinstance(cause, FileNotFoundError):
        return _beside(where)
    return None


def _beside(path: str) -> str | None:
    """The file of that folder that was probably meant."""
    folder, name = os.path.split(path)
    try:
        guess = hints.close(name, [entry for entry in os.listdir(folder or ".") if entry.endswith(".py") and entry != name])
    except OSError:
        return None
    return None if guess is None else f"did you mean {os.path.join(folder, guess)!r}?"


def _as_airflow(code: Code) -> Callable[[Any], Any]:
    """The function, called as Airflow calls it."""
    said: dict[str | tuple[str, type[Warning], int], int] = {}

    def call(pod: Any) -> Any:
        lent = _lend(pod)
        returned = code.function(pod)
        if _has_not_run(returned):
            return returned
        if returned is not None and not _is_pod(returned):
            message = f"a pod_mutation_hook returned a {type(returned).__name__}, which is no pod: ignored, as Airflow ignored it"
            # At the hook's own line, and there once.
            warnings.warn_explicit(message, UserWarning, code.source or "<hook>", code.line or 1, registry=said)
        return _taken_back(returned if _is_pod(returned) else pod, lent)

    return call


def _is_pod(returned: object) -> bool:
    """Whether this is a pod as a hook may return one; other maps (of labels, say) are not."""
    if isinstance(returned, Mapping):
        return "spec" in returned and all(key in ("apiVersion", "kind", "metadata", "spec", "status") for key in returned)
    return model_name(returned) == "V1Pod"


def _has_not_run(returned: object) -> bool:
    """Whether calling the function did nothing yet: `compose` refuses that."""
    return inspect.isawaitable(returned) or inspect.isgenerator(returned) or inspect.isasyncgen(returned)


class _Lent(NamedTuple):
    """What a pod was given that it did not have."""

    #: `metadata`, `labels`, `annotations`, `env`.
    names: tuple[str, ...]
    #: The containers that have a list of env of their own, though an empty one.
    own: tuple[Any, ...]


def _lend(pod: Any) -> _Lent:
    """Give a pod the maps and the list that every pod of Airflow's has."""
    names: list[str] = []
    if pod.metadata is None:
        from kubernetes.client import V1ObjectMeta

        pod.metadata = V1ObjectMeta()
        names.append("metadata")
    listed = getattr(pod.spec, "containers", None)
    containers = listed if isinstance(listed, list) else []
    wanted: list[tuple[Any, str, Any]] = [(pod.metadata, "labels", {}), (pod.metadata, "annotations", {})]
    wanted += [(container, "env", []) for container in containers[:1]]
    own = tuple(_part(container, "name") for container in containers if _part(container, "env") == [])
    for holder, name, empty in wanted:
        if getattr(holder, name, empty) is None:
            setattr(holder, name, empty)
            names.append(name)
    return _Lent(tuple(names), own)


def _taken_back(pod: Any, lent: _Lent) -> Any:
    """The pod that a hook left or returned, a model or a map, without what was lent and is still empty."""
    metadata = kept = _part(pod, "metadata")
    for name in ("labels", "annotations"):
        if name in lent.names and _part(kept, name) == {}:
            kept = _with(kept, name, None)
    if "metadata" in lent.names and kept is not None and _says_nothing(kept):
        kept = None
    pod = pod if kept is metadata else _with(pod, "metadata", kept)
    spec = _part(pod, "spec")
    containers = _part(spec, "containers")
    if "env" not in lent.names or not isinstance(containers, list):
        return pod
    empty = [_part(one, "env") == [] and _part(one, "name") not in lent.own for one in containers]
    swept = [_with(one, "env", None) if bare else one for one, bare in zip(containers, empty, strict=True)]
    return _with(pod, "spec", _with(spec, "containers", swept)) if any(empty) else pod


def _says_nothing(metadata: Any) -> bool:
    from podcompose.models import from_model

    return metadata == {} if isinstance(metadata, Mapping) else from_model(metadata, []) == {}


def _part(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


def _with(holder: Any, name: str, value: Any) -> Any:
    """A copy with another value there; None is none. What a hook returned may be its own, and is wanted again."""
    if isinstance(holder, Mapping):
        rest = {key: entry for key, entry in holder.items() if key != name or value is not None}
        return rest if value is None else {**rest, name: value}
    twin = copy.copy(holder)
    setattr(twin, name, value)
    return twin
