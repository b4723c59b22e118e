"""
AIRFLOW: the dialect that composes as Airflow's KubernetesExecutor did, warts and all.

What Airflow calls false never wins: false, 0, "", an empty list and an empty map leave what was there; an empty struct is an
object, and wins. Containers are matched by their places, init containers by their names; five lists of a container and the volumes
are appended to, labels and annotations are updated, and everything else is replaced whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from podcompose.core.json import Json, JsonMap, without_nulls
from podcompose.core.schema import Field
from podcompose.dialect import COMPOSE
from podcompose.schema.pod import POD

__all__ = ["AIRFLOW", "EXTENDED", "Reconciler", "counts"]

#: The lists to which a patch appends, by struct; all others, those of the metadata among them, it replaces whole.
EXTENDED: Mapping[str, tuple[str, ...]] = {
    "PodSpec": ("volumes",),
    "Container": ("volumeMounts", "env", "envFrom", "ports", "volumeDevices"),
}

#: The maps of a pod's metadata whose entries are merged; all other maps are replaced whole.
_UPDATED = ("labels", "annotations")


@dataclass(frozen=True, slots=True)
class Reconciler:
    """The merge of AIRFLOW, on wire JSON."""

    def merge(self, original: JsonMap, patch: JsonMap) -> JsonMap:
        """
        What Airflow makes of a pod and the pod laid over it; a null in a map is "not set", as in the client's models.

        Source: PodGenerator.reconcile_pods of apache-airflow-providers-cncf-kubernetes 10.25.

        >>> AIRFLOW.engine.merge({"spec": {"hostNetwork": True}}, {"spec": {"hostNetwork": False, "nodeName": "n1"}})
        {'spec': {'hostNetwork': True, 'nodeName': 'n1'}}
        """
        return _pod(original, without_nulls(patch))


def counts(value: Json, field: Field | None) -> bool:
    """
    Whether Airflow takes a value for one: what is there and, unless it is an object of the client's, not empty, zero or false.

    >>> fields = POD.types["PodSpec"]
    >>> counts({}, fields["securityContext"]), counts({}, fields["nodeSelector"]), counts(False, fields["hostNetwork"])
    (True, False, False)
    """
    if type(value) is dict and field is not None and field.kind == "struct":
        return True
    return bool(value)


def _pod(original: JsonMap, patch: JsonMap) -> JsonMap:
    merged = {name: merge(original[name], patch[name]) for name, merge in _PARTS.items() if _both(name, original, patch)}
    return _filled(original, {**patch, **merged}, "Pod")


def _both(name: str, original: JsonMap, patch: JsonMap) -> bool:
    return type(original.get(name)) is dict and type(patch.get(name)) is dict


def _metadata(original: JsonMap, patch: JsonMap) -> JsonMap:
    updated = {name: {**original[name], **patch[name]} for name in _UPDATED if _both(name, original, patch)}
    return _filled(original, {**patch, **updated}, "ObjectMeta")


def _spec(original: JsonMap, patch: JsonMap) -> JsonMap:
    lists = {"containers": _by_place, "initContainers": _by_name}
    merged = {name: merge(original[name], patch[name]) for name, merge in lists.items() if _both_list(name, original, patch)}
    return _filled(original, {**patch, **merged, **_extended(original, patch, "PodSpec")}, "PodSpec")


_PARTS = {"metadata": _metadata, "spec": _spec}


def _both_list(name: str, original: JsonMap, patch: JsonMap) -> bool:
    left, right = original.get(name), patch.get(name)
    return type(left) is list and type(right) is list and left != [] and right != []


def _extended(original: JsonMap, patch: JsonMap, struct: str) -> JsonMap:
    return {name: [*original[name], *patch[name]] for name in EXTENDED[struct] if _both_list(name, original, patch)}


def _by_place(original: list[Json], patch: list[Json]) -> list[Json]:
    """The first is merged into the first, whatever their names are."""
    return [_container(left, right) for left, right in zip_longest(original, patch)]


def _by_name(original: list[Json], patch: list[Json]) -> list[Json]:
    """Each that both name is merged, of a name that the patch repeats the last; then what only the patch has."""
    named = {_name(one): one for one in patch}
    merged = [_container(one, named.get(_name(one))) for one in original]
    known = {_name(one) for one in original}
    return [*merged, *(one for one in patch if _name(one) not in known)]


def _name(container: Json) -> str:
    """A container's name; what is none is told apart by how it looks, and is a finding when the pod is judged."""
    name = container.get("name") if type(container) is dict else container
    return name if type(name) is str else repr(name)


def _container(original: Json, patch: Json) -> Json:
    if type(original) is not dict or type(patch) is not dict:
        return original if patch is None else patch
    return _filled(original, {**patch, **_extended(original, patch, "Container")}, "Container")


def _filled(original: JsonMap, patch: JsonMap, struct: str) -> JsonMap:
    """The patch, and of the original what does not count in the patch."""
    fields = POD.types[struct]
    return {
        name: patch[name] if name not in original or counts(patch.get(name), fields.get(name)) else original[name]
        for name in {**original, **patch}
    }


#: Airflow's own way to merge, for comparison and for whoever must not move yet.
AIRFLOW = replace(COMPOSE, name="AIRFLOW", engine=Reconciler(), one_ofs="never", repeated="keep")
