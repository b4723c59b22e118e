"""A legacy `executor_config["KubernetesExecutor"]` as what it changes of a pod: only what it says, without Airflow's noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from podcompose.airflow.legacy_keys import KEYS, MOUNT_FIELDS, WITH_POD, LegacyKey, known_in, knows, meant
from podcompose.airflow.wire import spelled, wire
from podcompose.core.json import Json, JsonMap, kind_of, snapshot
from podcompose.core.merge import check, lay
from podcompose.dialect import COMPOSE
from podcompose.errors import Finding, RawPath, a
from podcompose.intake import from_value

__all__ = ["Converted", "convert"]

#: The Airflows that kept four fields of a volume mount, and lost the others.
_NARROW = ("1.10.12", "1.10.13", "1.10.14", "1.10.15")

#: The key that 2.0 had for two of 1.10.12; no Airflow knew it and them.
_BOTH_SIDES = "ephemeral-storage"
_ONE_SIDE = ("request_ephemeral_storage", "limit_ephemeral_storage")

#: What a dict of keys holds that stands for a pod's own fields.
_POD_WORDS = frozenset({"apiVersion", "containers", "kind", "metadata", "pod_override", "spec"})


class Converted(NamedTuple):
    """What a dict says of a pod, what is wrong with it (by keys and places in the dict), and what a person should know."""

    manifest: JsonMap
    found: list[Finding]
    notes: list[str]


def convert(legacy: Mapping[Any, Any], version: str) -> Converted:
    """
    The dict as `version` meant it; the manifest counts only where nothing was found.

    >>> convert({"request_cpu": 1, "hostnetwork": None}, "2.0").manifest
    {'spec': {'containers': [{'name': 'base', 'resources': {'requests': {'cpu': '1'}}}]}}
    """
    given = {name: value for name, value in legacy.items() if value is not None}
    found = [*_unknown(legacy, version), *_excluded(given)]
    notes: list[str] = []
    manifest: JsonMap = {}
    for key in KEYS.values():
        if key.name not in given or not knows(version, key):
            continue
        read = list[Finding]()
        value = _READ[key.kind](given[key.name], read)
        read += _judged(key, value) if read == [] else []
        if key.kind == "mounts" and version in _NARROW and read == []:
            value = _narrowed(value, version, notes)
        found += [finding._replace(path="", raw=(key.name, *_where(key, finding.raw, given[key.name]))) for finding in read]
        if found == []:
            _say(manifest, key, value, notes)
    return Converted(spelled(manifest) if found == [] else {}, found, notes)


def _unknown(legacy: Mapping[Any, Any], version: str) -> Iterator[Finding]:
    for name in legacy:
        key = KEYS.get(name) if type(name) is str else None
        if type(name) is not str:
            yield Finding("bad-key", "", f"the key {name!r:.60} is {a(type(name).__name__)}, not a string")
        elif key is None:
            yield Finding("unknown-key", "", f"the dict of the KubernetesExecutor has no key `{name:.60}`", _instead(name), (name,))
        elif not knows(version, key):
            message = f"Airflow {version} did not know `{name}`; it was known {known_in(key)}"
            yield Finding("unknown-key", "", message, "leave `version` out to have every key", (name,))


def _instead(name: str) -> str | None:
    if name in _POD_WORDS:
        return 'a pod stands beside it: {"pod_override": {"spec": ...}}'
    guess = meant(name)
    return None if guess is None else f"did you mean `{guess}`?"


def _excluded(given: Mapping[str, Any]) -> Iterator[Finding]:
    """Keys beside another that took their place in Airflow, or made it fail."""
    for name in given:
        key = KEYS.get(name)
        if key is None:
            continue
        if "pod" in given and name not in WITH_POD:
            yield Finding("both-keys", "", f"`{name}` beside `pod`, which was all that counted", "say it in the pod", (name,))
        elif "resources" in given and key.kind == "quantity":
            yield Finding("both-keys", "", f"`{name}` beside `resources`", "say it in `resources`", (name,))
        elif _BOTH_SIDES in given and name in _ONE_SIDE:
            yield Finding(
                "both-keys", "", f"`{name}` beside `{_BOTH_SIDES}`, which says it too", f"take `{_BOTH_SIDES}` out", (name,)
            )


def _envs(value: Any, found: list[Finding]) -> Json:
    plain = wire(value, found)
    if not isinstance(value, Mapping) or type(plain) is not dict or found != []:
        return plain
    # A variable without a value is an empty one: its name is given although its None is not.
    return [{"name": name} | ({"value": plain[name]} if name in plain else {}) for name in snapshot(dict.fromkeys(value), [])]


def _secrets(value: Any, found: list[Finding]) -> Json:
    if not isinstance(value, str):
        plain = wire(value, [])
        hint = f'write "{",".join(plain)}"' if type(plain) is list and all(type(name) is str for name in plain) else None
        found.append(Finding("wrong-type", "", f"expected names with commas between them, got {kind_of(plain)}", hint))
        return []
    return [{"name": name} for name in _names(value)]


def _configmaps(value: Any, found: list[Finding]) -> Json:
    plain = wire(_names(value) if isinstance(value, str) else value, found)
    if type(plain) is not list:
        return plain
    return [{"configMapRef": {"name": name}} for name in plain]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip() != ""]


def _pod(value: Any, found: list[Finding]) -> Json:
    document = from_value(value)
    found.extend(document.found)
    return wire(document.value, found)


def _file(value: Any, found: list[Finding]) -> Json:
    message = "the file's pod was laid over the worker's; a file is not read here"
    found.append(Finding("not-converted", "", message, f"read it with Override.from_file({value!r:.80})"))
    return None


def _flag(value: Any, found: list[Finding]) -> Json:
    if type(value) is not bool:
        found.append(Finding("wrong-type", "", f"expected a boolean, got {kind_of(value)}"))
    return value


_READ: Mapping[str, Callable[[Any, list[Finding]], Json]] = {
    "value": wire,
    "quantity": wire,
    "mounts": wire,
    "envs": _envs,
    "secrets": _secrets,
    "configmaps": _configmaps,
    "pod": _pod,
    "file": _file,
    "sidecar": _flag,
}


def _judged(key: LegacyKey, value: Json) -> list[Finding]:
    """What is wrong with the value at its place in a pod; paths begin there."""
    if key.kind == "sidecar":
        return []
    path = key.paths[0]
    manifest = _put({}, path, value)
    # As a pod no directive counts; as an override each element needs its key.
    found = check(manifest, COMPOSE).found or lay({}, manifest, COMPOSE, {}).found
    return [finding._replace(raw=finding.raw[len(path) :]) for finding in found]


def _where(key: LegacyKey, raw: RawPath, given: Any) -> RawPath:
    """Where in what was given a place of what was made of it is."""
    if key.kind == "envs" and isinstance(given, Mapping):
        return tuple(list(given)[place] for place in raw[:1] if isinstance(place, int))
    return raw[: {"secrets": 0, "configmaps": 1}.get(key.kind, len(raw))]


def _narrowed(mounts: Json, version: str, notes: list[str]) -> Json:
    lost = [(place, name) for place, mount in enumerate(mounts) for name in mount if name not in MOUNT_FIELDS]
    notes += [f"`volume_mounts[{place}].{name}` is left out, as Airflow {version} did" for place, name in lost]
    return [{name: entry for name, entry in mount.items() if name in MOUNT_FIELDS} for mount in mounts]


def _say(manifest: JsonMap, key: LegacyKey, value: Json, notes: list[str]) -> None:
    """Write what a key says into a manifest that is ours."""
    if key.kind != "sidecar":
        for path in key.paths:
            _put(manifest, path, value)
    elif value:
        _add_sidecar(manifest)
        notes.append(
            "`extract_xcom` adds a sidecar that never ends by itself: the KubernetesPodOperator stops it, nobody does here"
        )


def _put(manifest: JsonMap, path: RawPath, value: Json) -> JsonMap:
    """Write a value at its path; what lies on the way is made."""
    if path == ():
        manifest.update(value)
        return manifest
    place: Any = manifest
    for step, after in pairwise(path):
        place = place[step] if isinstance(step, int) else place.setdefault(step, [{"name": "base"}] if after == 0 else {})
    place[path[-1]] = value
    return manifest


def _add_sidecar(manifest: JsonMap) -> None:
    """The container that keeps the result of an operator's task, as Airflow added it."""
    mount = {"name": "xcom", "mountPath": "/airflow/xcom"}
    spec = manifest.setdefault("spec", {})
    spec["volumes"] = [{"name": "xcom", "emptyDir": {}}, *spec.get("volumes", [])]
    containers = spec["containers"] = spec.get("containers") or [{"name": "base"}]
    containers[0]["volumeMounts"] = [mount, *containers[0].get("volumeMounts", [])]
    containers.append(
        {
            "name": "airflow-xcom-sidecar",
            "image": "alpine",
            "command": ["sh", "-c", 'trap "exit 0" INT; while true; do sleep 30; done;'],
            "resources": {"requests": {"cpu": "1m"}},
            "volumeMounts": [dict(mount)],
        }
    )
