"""Whole pods, from the schema."""

from __future__ import annotations

from typing import Any, TypeAlias

from hypothesis import strategies as st

from podcompose.core.json import Json, JsonMap
from podcompose.core.schema import Field
from podcompose.schema.pod import POD
from podcompose.testing.alphabet import FEW, NAMES, Draw, fields_of, key_pool, one_of, scalars, targets

__all__ = ["draw_value", "focuses", "json_values", "pods", "told_apart", "v1pods"]

#: Field names on the way to the places a pod shall reach, as nested dicts.
Focus: TypeAlias = "dict[str, Focus]"

_TARGETS = st.sampled_from(targets())
_COUNT = st.sampled_from((1, 2, 3, 0))
_MEMBER = st.sampled_from((True, True, True, False))
_STATUS = st.integers(0, 30)


@st.composite
def pods(draw: Draw) -> JsonMap:
    """
    Whole pods in wire form: valid by the schema, each key once, one member of a one-of.

    Every pod reaches one to three places, drawn from all lists, free maps and one-ofs of a Pod; the status is seldom there.

    >>> from hypothesis import given, settings
    >>> from podcompose import compose
    >>> @settings(max_examples=5, database=None)
    ... @given(pods())
    ... def test_a_pod_alone_is_itself(pod):
    ...     assert compose(pod).manifest == pod
    >>> test_a_pod_alone_is_itself()
    """
    focus = draw(focuses())
    spec, metadata = focus.setdefault("spec", {}), focus.get("metadata", {})
    spec.setdefault("containers", {})
    pod: JsonMap = {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] = {"name": "pod", **_struct(draw, "ObjectMeta", metadata, 1)}
    pod["spec"] = _struct(draw, "PodSpec", spec, 1)
    for containers in ("containers", "initContainers"):
        if containers in pod["spec"]:
            pod["spec"][containers] = [{"image": "image:1", **one} for one in pod["spec"][containers]]
    pod["spec"]["containers"] = pod["spec"]["containers"] or [{"name": "a", "image": "image:1"}]
    if draw(_STATUS) == 30:
        pod["status"] = _struct(draw, "PodStatus", {}, 1)
    return told_apart(pod)


def told_apart(pod: JsonMap) -> JsonMap:
    """
    A drawn pod or patch, changed in place, with names that are no keys of their lists but have to be different: init containers are
    called otherwise than containers, and a port by its key. Once more changes nothing.
    """
    spec: Json = pod.get("spec")
    known = {one.get("name") for one in _maps(spec, "initContainers")}
    for one in _maps(spec, "initContainers"):
        name = one.get("name")
        if type(name) is str and not name.startswith("init-"):
            if f"init-{name}" in known:
                spec["initContainers"] = [other for other in spec["initContainers"] if other is not one]
            one["name"] = f"init-{name}"
    for field in ("containers", "initContainers"):
        for container in _maps(spec, field):
            for port in _maps(container, "ports"):
                if port.get("name") not in (None, ""):
                    port["name"] = f"{port.get('containerPort')}-{port.get('protocol', 'TCP')}".lower()
    return pod


def _maps(value: Json, field: str) -> list[JsonMap]:
    entries = value.get(field) if type(value) is dict else None
    return [entry for entry in entries if type(entry) is dict] if type(entries) is list else []


@st.composite
def focuses(draw: Draw) -> Focus:
    """One to three places of a Pod, as nested field names."""
    focus: Focus = {}
    for _ in range(1 + draw(FEW)):
        inner = focus
        for name in draw(_TARGETS):
            inner = inner.setdefault(name, {})
    return focus


def draw_value(draw: Draw, field: Field, focus: Focus, depth: int) -> Json:
    """A value of a field that reaches the places of the focus."""
    if field.kind == "scalar":
        return draw(scalars(field.of))
    if field.kind == "struct":
        return _struct(draw, field.of, focus, depth)
    count = draw(_COUNT)
    if field.kind == "map":
        return {name: draw(scalars(field.of)) for name in _some(draw, NAMES, count)}
    if field.keys != ():
        return [{**key, **_struct(draw, field.of, focus, depth, field.keys)} for key in draw_keys(draw, field, count)]
    if field.is_struct:
        return [_struct(draw, field.of, focus, depth) for _ in range(count if depth < 6 or focus != {} else min(count, 1))]
    return list(dict.fromkeys(draw(scalars(field.of)) for _ in range(count)))


def _struct(draw: Draw, name: str, focus: Focus, depth: int, given: tuple[str, ...] = ()) -> JsonMap:
    fields = fields_of(name)
    chosen = _chosen(draw, name, focus, depth)
    return {field: draw_value(draw, fields[field], focus.get(field, {}), depth + 1) for field in chosen if field not in given}


def _chosen(draw: Draw, name: str, focus: Focus, depth: int) -> list[str]:
    """Which fields a struct has: those of the focus, a member of its one-of, a few more."""
    fields = fields_of(name)
    chosen = dict.fromkeys(focus)
    union = POD.one_ofs.get(name)
    members = [] if union is None else [member for member in union.members if member in fields]
    taken = [member for member in members if member in focus]
    if members != [] and taken == [] and draw(_MEMBER):
        taken = [draw(one_of(tuple(members)))]
    chosen.update(dict.fromkeys(taken[:1]))
    others = [field for field in fields if field not in members and field not in chosen]
    chosen.update(dict.fromkeys(_some(draw, others, draw(FEW) if depth < 5 else 0)))
    return [field for field in chosen if field not in taken[1:]]


def draw_keys(draw: Draw, field: Field, count: int) -> list[JsonMap]:
    """Different keys for so many elements; a protocol that is TCP may be left out."""
    keys: dict[tuple[Any, ...], JsonMap] = {}
    for _ in range(count):
        key = {name: draw(one_of(key_pool(name))) for name in field.keys}
        shown = {name: value for name, value in key.items() if value != "TCP" or draw(_MEMBER)}
        keys.setdefault(tuple(key.values()), shown)
    return list(keys.values())


def _some(draw: Draw, names: Any, count: int) -> list[str]:
    """So many different names, or fewer."""
    pool = tuple(names)
    return list(dict.fromkeys(draw(one_of(pool)) for _ in range(count))) if pool != () else []


def v1pods() -> st.SearchStrategy[Any]:
    """
    Pods as `V1Pod`s of the installed client, without what that client cannot hold. Needs the kubernetes client.

    >>> v1pods().filter(lambda pod: pod.spec.containers[0].image == "image:1") is not None
    True
    """
    from podcompose import models

    return pods().map(lambda pod: models.to_model(pod, drop=True))


def json_values() -> st.SearchStrategy[Json]:
    """
    Any wire JSON: finite numbers, integers of 64 bits, text without lone surrogates.

    >>> from hypothesis import given, settings
    >>> import json
    >>> @settings(max_examples=5, database=None)
    ... @given(json_values())
    ... def test_json_comes_back(value):
    ...     assert json.loads(json.dumps(value)) == value
    >>> test_json_comes_back()
    """
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    plain = (
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from(("", "a", "m\u00e4\u2603"))
        | text
    )
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12)
