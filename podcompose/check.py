"""Problems of a pod that only show when it is finished: containers that an override added by a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap
from podcompose.core.path import Key, format_path
from podcompose.core.select import locate
from podcompose.dialect import Dialect
from podcompose.errors import Finding, Problem
from podcompose.hook import Ran
from podcompose.override import Override

__all__ = ["mentioned", "without_image"]

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
