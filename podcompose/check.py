"""Problems of a pod that only show when it is finished: what an override added by a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap
from podcompose.core.path import Key, Path, format_path
from podcompose.core.select import locate
from podcompose.dialect import Dialect
from podcompose.errors import Finding, Problem
from podcompose.hook import Ran
from podcompose.override import Override

__all__ = ["mentioned", "names_taken", "without_image"]

_FIELDS = ("containers", "initContainers")
_OTHER = {"containers": "initContainers", "initContainers": "containers"}


def without_image(manifest: JsonMap, original: JsonMap, patches: Sequence[Override | Ran], dialect: Dialect) -> list[Problem]:
    """
    The containers that a patch added without an image, where a name that it may have meant exists.

    >>> from podcompose import COMPOSE
    >>> template = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
    >>> slip = {"spec": {"containers": [{"name": "bsae"}]}}
    >>> [problem.suggestion for problem in without_image(slip, template, [Override(slip)], COMPOSE)]
    ["did you mean 'base'?"]
    """
    problems: list[Problem] = []
    spec = manifest.get("spec")
    for field in _FIELDS:
        for container in _maps_in(spec, field):
            if container.get("image", "") == "":
                problems += _stray(container.get("name"), field, original, patches, dialect)
    return problems


def names_taken(manifest: JsonMap, patches: Sequence[Override | Ran], dialect: Dialect) -> list[Problem]:
    """
    The containers and ports that a patch added under a name that another one has: the API server refuses both.

    The lists are merged by other keys than this name, so what was meant as a change became a second one. Engines that are held to
    another program say what that program says.

    >>> from podcompose import COMPOSE
    >>> pod = {"spec": {"containers": [{"name": "a"}, {"name": "b"}], "initContainers": [{"name": "b"}]}}
    >>> patch = {"spec": {"initContainers": [{"name": "b"}]}}
    >>> [problem.message for problem in names_taken(pod, [Override(patch)], COMPOSE)]
    ["'b' is the name of one of the containers, too; in a pod, each name is there once"]
    """
    spec = manifest.get("spec")
    if dialect.engine != "structural" or not _suspicious(spec):
        return []
    return [
        patch.origin.problem(Finding("name-in-use", format_path(path), message, remedy, raw), patch.document.marks)
        for path, message, remedy in (*_in_both_lists(spec), *_port_names(spec))
        for patch in patches
        if isinstance(patch, Override) and (raw := locate(patch.document.value, path, dialect.schema)) is not None
    ]


def _suspicious(spec: Json) -> bool:
    """Whether it is worth a second look: cheap, for every pod is asked."""
    names, many = list[Json](), 0
    for field in _FIELDS:
        for one in _maps_in(spec, field):
            names.append(one.get("name"))
            if "ports" in one and type(one["ports"]) is list and len(one["ports"]) > 1:
                many += 1
    return many > 0 or len(set(names)) < len(names)


def _in_both_lists(spec: Json) -> Iterator[tuple[Path, str, str]]:
    """Every container whose name is in both lists, once from each: a patch has added one of them."""
    names = {field: {one["name"] for one in _maps_in(spec, field) if type(one.get("name")) is str} for field in _FIELDS}
    for name in sorted(names["containers"] & names["initContainers"]):
        for field in _FIELDS:
            other = _OTHER[field]
            message = f"{name!r} is the name of one of the {other}, too; in a pod, each name is there once"
            remedy = f"write it under `{other}` to change that one, or delete that one: {{name: {name}, $patch: delete}}"
            yield ("spec", field, Key((("name", name),))), message, remedy


def _port_names(spec: Json) -> Iterator[tuple[Path, str, str]]:
    """Every port of a container whose name another one has."""
    for field in _FIELDS:
        for container in _maps_in(spec, field):
            for one, other in _of_one_name(_maps_in(container, "ports")):
                path = ("spec", field, Key((("name", container.get("name")),)), "ports", _port(one))
                old = ", ".join(f"{name}: {value}" for name, value in _port(other).fields)
                message = f"{one['name']!r} is the name of the port {other.get('containerPort')}, too; ports go by their number"
                yield path, message, f"to give it another number, delete the old one as well: {{{old}, $patch: delete}}"


def _of_one_name(ports: list[JsonMap]) -> list[tuple[JsonMap, JsonMap]]:
    """All pairs, both ways round."""
    named = [port for port in ports if type(port.get("name")) is str and port["name"] != ""]
    if len({port["name"] for port in named}) == len(named):
        return []
    return [(one, other) for one, other in permutations(named, 2) if one["name"] == other["name"]]


def _port(port: JsonMap) -> Key:
    return Key((("containerPort", port.get("containerPort")), ("protocol", port.get("protocol", "TCP"))))


def mentioned(patches: Iterable[Override]) -> JsonMap:
    """
    The containers that patches name, each with its image if one of them gives it: what can be said of patches that do not fit.

    >>> mentioned([Override({"spec": {"containers": [{"name": "a", "tty": True}]}})])["spec"]["containers"]
    [{'name': 'a'}]
    """
    found: dict[str, dict[Json, JsonMap]] = {field: {} for field in _FIELDS}
    for patch in patches:
        value = patch.document.value
        for field in _FIELDS:
            for container in _maps_in(value.get("spec") if type(value) is dict else None, field):
                if type(container.get("name")) is str and "$patch" not in container:
                    known = found[field].setdefault(container["name"], {"name": container["name"]})
                    known.update({"image": container["image"]} if "image" in container else {})
    return {"spec": {field: list(containers.values()) for field, containers in found.items()}}


def _maps_in(spec: Json, field: str) -> list[JsonMap]:
    containers = spec.get(field, []) if type(spec) is dict else []
    return [one for one in containers if type(one) is dict] if type(containers) is list else []


def _stray(name: Json, field: str, original: JsonMap, patches: Sequence[Override | Ran], dialect: Dialect) -> list[Problem]:
    names = {kind: [one.get("name") for one in _maps_in(original.get("spec"), kind)] for kind in _FIELDS}
    if type(name) is not str or name in names[field]:
        return []
    known = [one for one in [*names[field], *names[_OTHER[field]]] if type(one) is str]
    guess = hints.close(name, known)
    path = ("spec", field, Key((("name", name),)))
    for patch in patches if guess is not None else ():
        raw = locate(patch.document.value, path, dialect.schema) if isinstance(patch, Override) else None
        if raw is not None and isinstance(patch, Override):
            there = hints.listed(dict.fromkeys(known))
            message = f"container {name!r} is not in the template (it has {there}), and the one added has no image"
            remedy = f"did you mean {guess!r}?" if guess in names[field] else f"{guess!r} is one of the {_OTHER[field]}"
            finding = Finding("no-image", format_path(path), message, remedy, raw)
            return [patch.origin.problem(finding, patch.document.marks)]
    return []
