"""Airflow's `executor_config` as an override: the pod_override of today, and the dict for the KubernetesExecutor of old."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from podcompose.airflow.legacy import Converted, convert
from podcompose.airflow.legacy_keys import KEYS, LATEST, VERSIONS, meaning_of
from podcompose.airflow.serialized import unserialized
from podcompose.core.hints import close, listed
from podcompose.errors import Finding, OverrideError, Problem, RawPath, a
from podcompose.intake import Origin, file_name, label, model_name
from podcompose.override import Override

__all__ = ["CONFIG_KEYS", "Read", "from_executor_config", "read_executor_config", "template_file_of"]

_LEGACY, _POD, _FILE = "KubernetesExecutor", "pod_override", "pod_template_file"

#: What stands in an executor_config.
CONFIG_KEYS = (_LEGACY, _POD, _FILE)

#: What other executors find in the same dict; one ending in `Executor` that is not meant for ours is another's, too.
_OTHERS = ("CeleryKubernetesExecutor", "LocalKubernetesExecutor")

#: What people write for a key, where its letters do not say which.
_MEANT = {
    "pod_template_override": f"did you mean `{_FILE}`? (2.0.0 read it by this name)",
    "pod": f"did you mean `{_POD}`?",
}
_POD_FIELDS = ("apiVersion", "kind", "metadata", "spec")


def from_executor_config(
    config: Mapping[str, Any] | None, *, version: str = LATEST, name: str = "", source: str | None = None
) -> Override | None:
    """
    What an executor_config changes of the pod; None where it says nothing of it.

    Shapes: config: `{"pod_override": V1Pod, mapping in wire form, or Override}`; or the legacy `{"KubernetesExecutor": {...}}`,
            read as the Airflow of `version` did ("1.10.3", "1.10.15", "2.0" ...), or every key as the newest that knew it did.
            What Airflow's serialization makes of either is taken, too. A `pod_template_file` beside it is no override:
            `template_file_of` has it. What is there for another executor is left to it.
    Raises: OverrideError: everything that is wrong, each with its path in the config.
    Warns:  DeprecationWarning: a legacy dict, with the pod_override that says the same, as Python and as YAML.
    Source: docs/airflow-executor-config.md.

    >>> from_executor_config({"pod_override": {"spec": {"nodeSelector": {"gpu": "yes"}}}}).value
    {'spec': {'nodeSelector': {'gpu': 'yes'}}}
    """
    read = read_executor_config(config, version=version, name=name, source=source)
    if read.converted is not None:
        warnings.warn(_deprecated(read.converted), DeprecationWarning, stacklevel=2)
    return read.override


class Read(NamedTuple):
    """What an executor_config says."""

    override: Override | None
    #: What a legacy dict comes to; None where there is none.
    converted: Converted | None
    template_file: str | None


def read_executor_config(config: object, *, version: str = LATEST, name: str = "", source: str | None = None) -> Read:
    """
    An executor_config, read without a warning: for those who know what they read.

    Raises: OverrideError.
    """
    origin = Origin("override", label(name) or "", label(source))
    meaning = meaning_of(version) if isinstance(version, str) else None
    given = _entries(config, origin)
    problems = origin.problems([*_misread(version, meaning), *_strays(given), *_no_path(given.get(_FILE))], {})
    override = _override(given.get(_POD), origin, problems)
    legacy = _legacy(given.get(_LEGACY), origin, problems)
    if legacy != {} and given.get(_POD) is not None:
        message = f"this and `{_POD}` at once: nothing says which is meant"
        problems.append(_problem("both-keys", origin, (_LEGACY,), message, f"take `{_LEGACY}` out"))
    converted = convert(legacy, meaning or LATEST)
    problems += [_problem(one.code, origin, (_LEGACY, *one.raw), one.message, one.suggestion) for one in converted.found]
    if problems != []:
        raise OverrideError(problems)
    file = _file(given)
    if legacy == {}:
        return Read(override, None, file)
    return Read(Override(converted.manifest, name, source), converted, file)


def template_file_of(config: Mapping[str, Any] | None) -> str | None:
    """
    The file of the template that a task wants instead of the admin's; None where it wants no other.

    Shapes: "" is none, as it was to Airflow.
    Raises: OverrideError: it is no path.

    >>> template_file_of({"pod_template_file": "gpu.yaml", "pod_override": {}})
    'gpu.yaml'
    """
    given = _entries(config, Origin("override"))
    found = list(_no_path(given.get(_FILE)))
    if found != []:
        raise OverrideError(Origin("override").problems(found, {}))
    return _file(given)


def _file(given: Mapping[Any, Any]) -> str | None:
    path = given.get(_FILE)
    return None if path is None or path == "" else file_name(path)


def _no_path(path: object) -> Iterator[Finding]:
    if path is not None and not isinstance(path, (str, os.PathLike)):
        yield Finding("wrong-type", _path((_FILE,)), f"expected a file's path, got {a(type(path).__name__)}")


def _entries(config: object, origin: Origin) -> dict[Any, Any]:
    """The config's keys and values, out of Airflow's envelopes."""
    given = unserialized(config)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        hint = f'write {{"{_POD}": ...}}' if model_name(given) is not None or isinstance(given, Override) else None
        message = f"an executor_config is a mapping, not {a(type(given).__name__)}"
        raise OverrideError([_problem("bad-kind", origin, (), message, hint)])
    return {key: unserialized(value) for key, value in _items(given, (), origin).items()}


def _items(given: Mapping[Any, Any], steps: RawPath, origin: Origin) -> dict[Any, Any]:
    """A mapping of anyone's as a plain one."""
    try:
        return dict(given.items())
    except Exception as error:  # a stranger's code
        message = f"{a(type(given).__name__)} that cannot be read: it raised {a(type(error).__name__)}"
        raise OverrideError([_problem("not-json", origin, steps, message)]) from error


def _misread(version: object, meaning: str | None) -> Iterator[Finding]:
    if meaning is None:
        message = f"{version!r:.60} is no Airflow whose dict is known here: {listed([*VERSIONS, LATEST])}"
        yield Finding("unknown-word", "version", message, "leave it out to have every key")


def _strays(given: Mapping[Any, Any]) -> Iterator[Finding]:
    """The keys that nobody reads."""
    for key in given:
        if not isinstance(key, str):
            message = f"the key {key!r:.60} is {a(type(key).__name__)}, not a string"
            yield Finding("bad-key", _path(()), message)
        elif key not in CONFIG_KEYS and not _of_another(key):
            yield Finding("unknown-key", _path((key,)), f"an executor_config has no key `{key:.60}`", _instead(key))


def _of_another(key: str) -> bool:
    return key in _OTHERS or (key.endswith("Executor") and close(key, [_LEGACY]) is None)


def _instead(key: str) -> str | None:
    if key in _MEANT:
        return _MEANT[key]
    if key in _POD_FIELDS:
        return f'write {{"{_POD}": {{"{key}": ...}}}}'
    guess = close(key, CONFIG_KEYS)
    if guess is not None:
        return f"did you mean `{guess}`?"
    return f'it belongs into {{"{_LEGACY}": ...}}' if key in KEYS else None


def _override(pod: Any, origin: Origin, problems: list[Problem]) -> Override | None:
    if pod is None:
        return None
    try:
        return pod if isinstance(pod, Override) else Override(pod, origin.who, origin.source)
    except OverrideError as error:
        problems += [replace(one, path=_path((_POD,))) if one.path in ("", ".") else one for one in error.problems]
        return None


def _legacy(legacy: Any, origin: Origin, problems: list[Problem]) -> dict[Any, Any]:
    """The dict for the KubernetesExecutor; an empty one where there is none, which says as much."""
    if legacy is None or isinstance(legacy, Mapping):
        return {} if legacy is None else _items(legacy, (_LEGACY,), origin)
    hint = f'write {{"{_POD}": ...}}' if model_name(legacy) is not None else None
    problems.append(_problem("wrong-type", origin, (_LEGACY,), f"expected a mapping, got {a(type(legacy).__name__)}", hint))
    return {}


def _problem(code: str, origin: Origin, steps: RawPath, message: str, suggestion: str | None = None) -> Problem:
    return origin.problem(Finding(code, _path(steps), message, suggestion), {})


def _path(steps: RawPath) -> str:
    """A place in the config, as Python finds it."""
    written = (json.dumps(step, ensure_ascii=False) if isinstance(step, str) else step for step in steps)
    return "executor_config" + "".join(f"[{step}]" for step in written)


def _deprecated(converted: Converted) -> str:
    """What the warning says: the same as a pod_override, ready to paste."""
    from podcompose.airflow.python_source import override_source
    from podcompose.yaml.reader import write

    notes = "".join(f"{note}.\n" for note in converted.notes)
    return (
        f"{_path((_LEGACY,))} is deprecated: Airflow's provider no longer reads it since 10.0.0.\n{notes}"
        f"The same as a `{_POD}`, in Python:\n\n{override_source(converted.manifest)}\n"
        f"and as YAML, for `Override.from_yaml`:\n\n{write(converted.manifest)}"
    )
