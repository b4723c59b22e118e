"""
A pod in the parts that a system with settings of its own tells apart, and what got lost of one on the way through such a system.

Nothing here knows of a system: each has its table of what is called how beside it, as `prefect_variables.py`.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lines import HERE, NotSayable, Refusal

__all__ = ["Gone", "Parts", "by_name", "carried", "lost", "main_of", "parts", "pod_of", "renamed", "without_directives"]

_HEAD = ("apiVersion", "kind", "metadata", "spec")


class Gone(dict[str, Any]):
    """An element that the user wants away."""


def without_directives(pod: Any) -> Any:
    """What is said with `$patch: delete` of an element of a list, as Gone; settings have words for no other directive."""
    if isinstance(pod, list):
        return [without_directives(each) for each in pod]
    if not isinstance(pod, dict):
        return pod
    fields = {name: without_directives(value) for name, value in pod.items() if not name.startswith("$")}
    if fields.keys() == pod.keys():
        return fields
    if pod.get("$patch") == "delete" and sum(name.startswith("$") for name in pod) == 1:
        return Gone(fields)
    raise NotSayable(f"there is no setting for {', '.join(name for name in pod if name.startswith('$'))}")


class Parts(NamedTuple):
    """The metadata, the spec without its containers, the container that does the work, and those beside it."""

    metadata: dict[str, Any]
    spec: dict[str, Any]
    main: dict[str, Any]
    others: list[dict[str, Any]]

    def fields(self) -> dict[tuple[str, ...], Any]:
        """All but the other containers by where they are; of resources, each by itself."""
        levels = {"metadata": self.metadata, "spec": self.spec, "main": self.main}
        found = {(level, name): value for level, fields in levels.items() for name, value in fields.items()}
        for side, amounts in _amounts(found.pop(("main", "resources"), None)):
            found[("main", "resources", *side)] = amounts
        return found


def _amounts(resources: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if resources is None:
        return
    for side, amounts in resources.items() if isinstance(resources, dict) else [("", resources)]:
        if side in ("limits", "requests") and isinstance(amounts, dict):
            yield from (((side, name), amount) for name, amount in amounts.items())
        else:
            yield (side,), amounts


def main_of(template: Any) -> str:
    """The container that does the work: the first, as in every system that has one of its own making."""
    return str(template["spec"]["containers"][0]["name"])


def parts(pod: Any, main: str) -> Parts:
    """A pod or a part of one in its parts; what is no pod at all cannot be said in settings."""
    metadata, spec = (_map(pod, name) for name in ("metadata", "spec"))
    for name in pod.keys() - set(_HEAD):
        raise NotSayable(f"there is no setting for .{name}")
    containers = spec.get("containers") or []
    if not isinstance(containers, list) or not all(isinstance(each, dict) and "name" in each for each in containers):
        raise NotSayable("containers are told apart by their names")
    worker, *more = [each for each in containers if each["name"] == main] or [{}]
    if more != [] or isinstance(worker, Gone):
        raise NotSayable(f"there is one container {main} in settings, and always one")
    others = [each for each in containers if each["name"] != main]
    return Parts(metadata, _without(spec, "containers"), _without(worker, "name"), others)


def _map(pod: Any, name: str) -> dict[str, Any]:
    value = pod.get(name, {})
    if not isinstance(value, dict):
        raise NotSayable(f".{name} is no setting")
    return value


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in fields.items() if each != name}


def pod_of(manifest: Any, template: Any) -> dict[str, Any]:
    """The pod that comes of a pod template: with the name and the namespace that the system's own generated ones stand for."""
    given = {name: template["metadata"][name] for name in ("name", "namespace") if name in template["metadata"]}
    metadata = {**(manifest.get("metadata") or {}), **given}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": manifest["spec"]}


def renamed(pod: Any, name: str) -> Any:
    """The pod with its first container called so: systems call theirs by a name of their own."""
    first, *others = pod["spec"]["containers"]
    return {**pod, "spec": {**pod["spec"], "containers": [{**first, "name": name}, *others]}}


def by_name(elements: Any, what: str) -> dict[str, Any]:
    """Variables or labels as the map that settings have of them: values of names; what is more than that cannot be said."""
    found: dict[str, Any] = {}
    for each in elements if isinstance(elements, list) else [elements]:
        if not isinstance(each, dict) or each.keys() != {"name", "value"} or each["name"] in found:
            raise NotSayable(f"{what} is a map of names to values: {json.dumps(each)} is not of one")
        found[each["name"]] = each["value"]
    return found


def lost(template: Any, result: Any, path: str = "") -> Iterator[str]:
    """Where something of the template is not in the result, as it was and in its order; what came in addition is nothing lost."""
    if isinstance(template, dict) and isinstance(result, dict):
        for name, value in template.items():
            if value is not None:
                yield from lost(value, result.get(name), f"{path}.{name}")
    elif isinstance(template, list) and isinstance(result, list):
        left = iter(result)
        for place, element in enumerate(template):
            if not any(next(lost(element, each), None) is None for each in left):
                yield next(lost(element, _named(result, element), f"{path}[{place}]"), f"{path}[{place}], in its order,")
    elif template != result or isinstance(template, bool) != isinstance(result, bool):
        yield path


def _named(elements: list[Any], wanted: Any) -> Any:
    """The element of that name; else that very element, if it is anywhere."""
    if isinstance(wanted, dict) and "name" in wanted:
        return next((each for each in elements if isinstance(each, dict) and each.get("name") == wanted["name"]), None)
    return next((each for each in elements if each == wanted), None)


def carried(through: Callable[[Any], Any], *mistakes: type[Exception]) -> Callable[[Any], None]:
    """
    A check that a system can carry a template at all: NotSayable where not, for then the case says nothing of its merge.

    `through` gives what comes out where the user wants nothing. Asked once for each template. `mistakes` are the errors by which
    the system says that the template has one: they are its answer to the case, and no obstacle.
    """
    found: dict[str, str | None] = {}

    def check(template: Any) -> None:
        key = json.dumps(template)
        if key not in found:
            found[key] = _obstacle(template, through, mistakes)
        if found[key] is not None:
            raise NotSayable(f"this template cannot be written for it: {found[key]}")

    return check


def _obstacle(template: Any, through: Callable[[Any], Any], mistakes: tuple[type[Exception], ...]) -> str | None:
    try:
        missing = next(lost(template, through(template)), None)
    except mistakes:
        return None
    except (NotSayable, Refusal) as error:
        return str(error)
    except Exception as error:
        if Path(traceback.extract_tb(error.__traceback__)[-1].filename).parent == HERE:
            raise
        return f"{type(error).__name__}: {error}"
    return None if missing is None else f"{missing} comes out otherwise"
