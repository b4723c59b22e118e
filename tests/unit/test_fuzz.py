"""Nothing but PodComposeError leaves the library for bad input, whichever way it comes in."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose import APPLY, COMPOSE, STRATEGIC, Catalog, Override, PodComposeError, Template, compose, merge
from podcompose.testing import json_values, pod_pairs


class Raises:
    """An object that raises whatever is done with it."""

    def _raise(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("odd object")

    __eq__ = __hash__ = __len__ = __iter__ = __str__ = __repr__ = __bool__ = __int__ = __float__ = _raise  # type: ignore[assignment]
    __lt__ = __contains__ = __getitem__ = __fspath__ = __index__ = __format__ = _raise


class RaisingMapping(Mapping[str, Any]):
    """A Mapping whose entries cannot be had."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("odd mapping")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("odd mapping")

    def __len__(self) -> int:
        raise RuntimeError("odd mapping")


class RaisingDict(dict[str, Any]):
    """A dict whose items() raises, and whose length too."""

    def items(self) -> Any:
        raise RuntimeError("odd dict")

    def __len__(self) -> int:
        raise RuntimeError("odd dict")


class RaisingList(list[Any]):
    """A list that cannot be walked over."""

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("odd list")


class RaisingKey(str):
    """A str whose methods raise."""

    def __str__(self) -> str:
        raise RuntimeError("odd str")

    def encode(self, *_: Any, **__: Any) -> bytes:
        raise RuntimeError("odd str")

    def isascii(self) -> bool:
        raise RuntimeError("odd str")


class RaisingInt(int):
    """An int whose methods raise."""

    def bit_length(self) -> int:
        raise RuntimeError("odd int")

    def __int__(self) -> int:
        raise RuntimeError("odd int")

    def __lt__(self, other: object) -> bool:
        raise RuntimeError("odd int")


class EndlessMapping(Mapping[str, Any]):
    """A Mapping that holds a new one of its kind under every key."""

    def __getitem__(self, key: str) -> Any:
        return EndlessMapping()

    def __iter__(self) -> Iterator[str]:
        return iter(["spec"])

    def __len__(self) -> int:
        return 1


class Moment:
    """What looks like a date, and raises."""

    def isoformat(self) -> str:
        raise RuntimeError("odd date")


class Colour(str, enum.Enum):
    """An enum whose members are strings."""

    RED = "red"


class Level(enum.IntEnum):
    """An enum whose members are integers."""

    LOW = 1


def self_containing() -> dict[str, Any]:
    """A dict that holds itself."""
    value: dict[str, Any] = {}
    value["spec"] = value
    return value


def self_containing_list() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


def deep(depth: int = 10_000) -> dict[str, Any]:
    """Maps in maps."""
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"spec": value}
    return value


def deep_list(depth: int = 10_000) -> list[Any]:
    """Lists in lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


#: Odd values, each made anew.
ODD: dict[str, Callable[[], Any]] = {
    "a set": lambda: {1},
    "a frozenset": lambda: frozenset({"a"}),
    "bytes": lambda: b"x",
    "a bytearray": lambda: bytearray(b"x"),
    "a memoryview": lambda: memoryview(b"x"),
    "a datetime": lambda: datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    "a date": lambda: datetime.date(2026, 1, 1),
    "a timedelta": lambda: datetime.timedelta(1),
    "a decimal": lambda: decimal.Decimal(1),
    "a complex": lambda: 1j,
    "a generator": lambda: (value for value in ()),
    "a lambda": lambda: lambda: None,
    "a class": lambda: dict,
    "a module": lambda: enum,
    "an object": object,
    "Ellipsis": lambda: ...,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("-inf"),
    "a huge int": lambda: 10**5000,
    "a bigger int": lambda: 2**63,
    "a small int": lambda: -(2**63) - 1,
    "a lone surrogate": lambda: "\ud800",
    "a surrogate key": lambda: {"\udfff": "x"},
    "an int key": lambda: {1: "x"},
    "a None key": lambda: {None: "x"},
    "a bool key": lambda: {True: "x"},
    "a float key": lambda: {float("nan"): "x"},
    "a tuple key": lambda: {("a", "b"): "x"},
    "a bytes key": lambda: {b"a": "x"},
    "a huge int key": lambda: {10**5000: "x"},
    "an enum key": lambda: {Colour.RED: "x"},
    "a str subclass that raises": lambda: RaisingKey("x"),
    "a key that raises": lambda: {RaisingKey("x"): "x"},
    "an int subclass that raises": lambda: RaisingInt(1),
    "a str enum": lambda: Colour.RED,
    "an int enum": lambda: Level.LOW,
    "an enum class": lambda: Colour,
    "a named tuple": lambda: collections.namedtuple("Pair", "a b")(1, 2),  # its fields are not the point
    "an ordered dict": lambda: collections.OrderedDict(a=1),
    "a default dict": lambda: collections.defaultdict(list, a=1),
    "a user dict": lambda: collections.UserDict(a=1),
    "a proxy": lambda: types.MappingProxyType({"a": {1}}),
    "a deque": lambda: collections.deque([1]),
    "a range": lambda: range(3),
    "an object that raises": Raises,
    "a mapping that raises": RaisingMapping,
    "a dict that raises": lambda: RaisingDict(a=1),
    "a list that raises": lambda: RaisingList([1]),
    "a mapping without end": EndlessMapping,
    "a date that raises": Moment,
    "a dict that holds itself": self_containing,
    "a list that holds itself": self_containing_list,
    "maps 10,000 deep": deep,
    "lists 10,000 deep": deep_list,
    "an exception": lambda: ValueError("x"),
    "a path": lambda: Path("x"),
}

#: Where an odd value may stand.
PLACES: dict[str, Callable[[Any], Any]] = {
    "the pod": lambda odd: odd,
    "apiVersion": lambda odd: {"apiVersion": odd},
    "kind": lambda odd: {"kind": odd},
    "metadata": lambda odd: {"metadata": odd},
    "metadata.name": lambda odd: {"metadata": {"name": odd}},
    "labels": lambda odd: {"metadata": {"labels": odd}},
    "a label": lambda odd: {"metadata": {"labels": {"a": odd}}},
    "the default container": lambda odd: {"metadata": {"annotations": {"kubectl.kubernetes.io/default-container": odd}}},
    "finalizers": lambda odd: {"metadata": {"finalizers": odd}},
    "a finalizer": lambda odd: {"metadata": {"finalizers": ["a", odd]}},
    "managed fields": lambda odd: {"metadata": {"managedFields": [{"fieldsV1": {"a": odd}}]}},
    "spec": lambda odd: {"spec": odd},
    "a boolean": lambda odd: {"spec": {"hostNetwork": odd}},
    "an int64": lambda odd: {"spec": {"activeDeadlineSeconds": odd}},
    "containers": lambda odd: {"spec": {"containers": odd}},
    "a container": lambda odd: {"spec": {"containers": [{"name": "a"}, odd]}},
    "a container's name": lambda odd: {"spec": {"containers": [{"name": odd}]}},
    "an image": lambda odd: {"spec": {"containers": [{"name": "a", "image": odd}]}},
    "a port": lambda odd: {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": odd, "protocol": odd}]}]}},
    "a limit": lambda odd: {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": odd}}}]}},
    "a probe's port": lambda odd: {"spec": {"containers": [{"name": "a", "livenessProbe": {"httpGet": {"port": odd}}}]}},
    "a toleration": lambda odd: {"spec": {"tolerations": [odd]}},
    "an unknown field": lambda odd: {"spec": {"unknown": odd}},
    "a top field": lambda odd: {"unknown": odd},
    "$patch": lambda odd: {"spec": {"$patch": odd}},
    "$retainKeys": lambda odd: {"spec": {"$retainKeys": odd}},
    "a retained key": lambda odd: {"spec": {"$retainKeys": [odd]}},
    "$deleteFromPrimitiveList": lambda odd: {"metadata": {"$deleteFromPrimitiveList/finalizers": odd}},
    "$setElementOrder": lambda odd: {"spec": {"$setElementOrder/containers": odd}},
    "an element's $patch": lambda odd: {"spec": {"containers": [{"name": "a", "$patch": odd}]}},
    "a deleted element's name": lambda odd: {"spec": {"containers": [{"name": odd, "$patch": "delete"}]}},
    "a pod template": lambda odd: {"kind": "PodTemplate", "template": odd},
}

POD: dict[str, Any] = {
    "metadata": {"finalizers": ["a"]},
    "spec": {"containers": [{"name": "a", "image": "i", "ports": [{"containerPort": 80}]}]},
}

odd_names = pytest.mark.parametrize("odd", ODD.values(), ids=[name.replace(" ", "-") for name in ODD])


def survives(call: Callable[[], Any]) -> Any:
    """What a call returns, or None where it refuses, in words that can be printed."""
    try:
        return call()
    except PodComposeError as error:
        assert error.problems != ()  # noqa: PT017 # a refusal is as good as a result here
        assert str(error) != ""  # noqa: PT017
        return None


def survey(composition: Any) -> None:
    """Ask a composition everything."""
    if composition is not None:
        survives(lambda: composition.json)
        survives(lambda: composition.pod)
        survives(lambda: str(composition.explain()))
        survives(lambda: [str(stage) for stage in composition.diff()])
        survives(lambda: (composition.digest, composition.manifest, composition.main_container, repr(composition)))


@odd_names
@pytest.mark.parametrize("place", PLACES.values(), ids=[name.replace(" ", "-") for name in PLACES])
def test_odd_values_in_pods(odd: Callable[[], Any], place: Callable[[Any], Any]) -> None:
    """Odd Python objects anywhere in a template, an override or a hook are taken or refused."""
    made = lambda: place(odd())  # noqa: E731 # a new one each time
    survives(lambda: Template.from_pod(made()))
    survives(lambda: Template.from_pod(made(), unknown="keep"))
    survives(lambda: Catalog({"a": made()}))
    survives(lambda: Override(made()))
    survives(lambda: Override.merge_patch(made()))
    for dialect in (COMPOSE, APPLY, STRATEGIC):
        survives(lambda: merge(made(), POD, dialect))  # noqa: B023 # called at once
        survives(lambda: merge(POD, made(), dialect))  # noqa: B023
        survey(survives(lambda: compose(made(), POD, dialect=dialect)))  # noqa: B023
        survey(survives(lambda: compose(POD, made(), dialect=dialect)))  # noqa: B023
        survey(survives(lambda: compose(POD, made(), dialect=dialect, unknown="keep")))  # noqa: B023
    survey(survives(lambda: compose(POD, hook=lambda _: made())))
    survey(survives(lambda: compose(POD, Override.merge_patch(made()))))


@odd_names
def test_odd_arguments(odd: Callable[[], Any]) -> None:
    """Odd objects as any argument whose value may come from a user are refused."""
    survives(lambda: Template.from_yaml(odd()))
    survives(lambda: Template.from_file(odd()))
    survives(lambda: Override.from_yaml(odd()))
    survives(lambda: Override.from_file(odd()))
    survives(lambda: Override.from_dict(odd()))
    survives(lambda: Override.json_patch(odd()))
    survives(lambda: Override({}, delete=odd()))
    survives(lambda: Override({}, delete=[odd()]))
    survives(lambda: Catalog(odd()))
    survives(lambda: Catalog({"a": POD})[odd()])
    survives(lambda: Catalog({"a": odd()}))
    survives(lambda: compose(POD).explain(odd()))
    survives(lambda: compose(POD, hook=odd()))
    survives(lambda: compose(POD, hook=[odd()]))


@odd_names
def test_odd_stored_overrides(odd: Callable[[], Any]) -> None:
    """A stored override with an odd value in any of its fields is refused, or composes, or refuses to."""
    for kind in ("patch", "json-patch", "merge-patch"):
        for field in ("kind", "name", "source", "value", "delete", "marks"):
            stored = {"kind": kind, "name": "a", "value": [] if kind == "json-patch" else {}, field: odd()}
            override = survives(lambda: Override.from_dict(stored))  # noqa: B023
            if override is not None:
                survey(survives(lambda: compose(POD, override)))  # noqa: B023
                survives(override.to_dict)


@odd_names
def test_odd_json_patches(odd: Callable[[], Any]) -> None:
    """Operations with odd parts are refused when they are read or when they are applied."""
    for operation in ({"op": odd()}, {"op": "add", "path": odd()}, {"op": "add", "path": "/spec/hostNetwork", "value": odd()}):
        full = {"op": "add", "path": "/spec", "value": {}, **operation}
        override = survives(lambda: Override.json_patch([full]))  # noqa: B023
        if override is not None:
            survey(survives(lambda: compose(POD, override)))  # noqa: B023


@odd_names
def test_odd_things_left_in_a_typed_pod(odd: Callable[[], Any]) -> None:
    """A hook may leave anything anywhere in the pod it was lent."""
    for path in (
        "spec",
        "metadata",
        "spec.containers",
        "spec.host_network",
        "metadata.labels",
        "spec.invented",
        "spec.node_selector",
    ):

        def hook(pod: Any, path: str = path) -> None:
            *way, last = path.split(".")
            for step in way:
                pod = getattr(pod, step)
            try:
                setattr(pod, last, odd())
            except Exception:  # the client itself refuses it
                pod.__dict__[last] = odd()

        survey(survives(lambda: compose({"metadata": {}, **POD}, hook=hook)))


@given(value=json_values())
def test_any_json_as_anything(value: Any) -> None:
    """Any JSON as template, override, operations or stored override is taken or refused."""
    for dialect in (COMPOSE, APPLY, STRATEGIC):
        survey(survives(lambda: compose(value, dialect=dialect)))  # noqa: B023
        survey(survives(lambda: compose(POD, value, dialect=dialect)))  # noqa: B023
        survives(lambda: merge(value, value, dialect))  # noqa: B023
    for make in (Override.json_patch, Override.merge_patch, Override.from_dict, Override):
        override = survives(lambda: make(value))  # noqa: B023
        if override is not None:
            survey(survives(lambda: compose(POD, override)))  # noqa: B023


@given(pair=pod_pairs(nulls=True, directives=True), value=json_values(), data=st.data())
def test_any_json_anywhere(pair: Any, value: Any, data: st.DataObject) -> None:
    """A pod and a patch with any JSON put at any place are taken or refused, by every dialect."""
    for whole in pair:
        spoil(whole, value, data)
    pod, patch = pair
    for dialect in (COMPOSE, APPLY, STRATEGIC):
        survey(survives(lambda: compose(pod, patch, dialect=dialect, unknown="keep")))  # noqa: B023
        survey(survives(lambda: compose(pod, patch, dialect=dialect)))  # noqa: B023
        survey(survives(lambda: compose(pod, hook=patch, dialect=dialect)))  # noqa: B023


def spoil(value: Any, odd: Any, data: st.DataObject) -> None:
    """Put an odd value somewhere."""
    while True:
        place = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        inner = value[place]
        if inner in ({}, []) or not isinstance(inner, (dict, list)) or data.draw(st.integers(0, 3)) == 3:
            value[place] = odd
            return
        value = inner


@given(text=st.binary(max_size=60) | st.text(max_size=60) | st.text(" \n\t:-{}[]?&*!|>'\"%#@`,abc0.~<=", max_size=40))
def test_any_text(text: Any) -> None:
    """Any bytes and any text are taken or refused as template and as override."""
    survey(survives(lambda: compose(Template.from_yaml(text))))
    for make in (Override.from_yaml, Override.json_patch, Override.merge_patch):
        override = survives(lambda: make(text))  # noqa: B023
        if override is not None:
            survey(survives(lambda: compose(POD, override)))  # noqa: B023


STEPS = [
    "a",
    "spec",
    "containers",
    "metadata",
    "labels",
    "status",
    ".",
    "..",
    "[",
    "]",
    "[0]",
    "[99]",
    "[name=a]",
    '[="x"]',
    '["a"]',
    "[name=",
    '"',
    "=",
    ",",
    "\ud800",
    "[-1]",
    "[name=1]",
    "[containerPort=80]",
    "ports",
    "$patch",
    "env",
    "[*]",
]


@given(
    path=st.lists(st.sampled_from(STEPS), max_size=6).map("".join)
    | st.lists(st.sampled_from(STEPS), max_size=6).map(".".join)
    | st.text(max_size=20)
)
def test_any_path(path: str) -> None:
    """Any text as a path is explained or refused, and deletes or is refused."""
    survives(lambda: str(compose(POD, POD).explain(path)))
    override = survives(lambda: Override({}, delete=[path]))
    if override is not None:
        survey(survives(lambda: compose(POD, override)))


POINTERS = [
    "",
    "/",
    "/spec",
    "/spec/containers",
    "/spec/containers/0",
    "/spec/containers/-",
    "/spec/containers/9",
    "/spec/containers/-1",
    "/spec/containers/x",
    "/spec/containers/0/name",
    "/metadata/x/y",
    "spec",
    "/~2",
    "/spec/containers/0/name/a",
    "\ud800",
]


@given(
    operations=st.lists(
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "bogus", ""]),
                "path": st.sampled_from(POINTERS),
            },
            optional={"value": json_values(), "from": st.sampled_from([*POINTERS, None, 1]), "more": json_values()},
        ),
        max_size=3,
    )
)
def test_any_json_patch(operations: Any) -> None:
    """Any operations are applied or refused."""
    override = survives(lambda: Override.json_patch(operations))
    if override is not None:
        survey(survives(lambda: compose(POD, override)))


def test_hooks_that_raise_what_is_no_exception() -> None:
    """A hook that would end the program is refused; a person who interrupts it is obeyed."""

    def leave(_: Any) -> None:
        raise SystemExit(3)

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(PodComposeError):
        compose(POD, hook=leave)
    with pytest.raises(KeyboardInterrupt):
        compose(POD, hook=interrupt)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ":",
        "a",
        "a:",
        ":b",
        "nowhere:f",
        "json:nothing",
        "json:dumps.x",
        "os:sep",
        "..:a",
        "json:",
        "a b:c",
        "\ud800:x",
        "x" * 5000,
        "json:__doc__",
    ],
)
def test_odd_hook_names(name: str) -> None:
    """A name that names no function is refused."""
    survives(lambda: compose(POD, hook=name))


def test_a_text_as_deep_as_can_be() -> None:
    """Text with 10,000 brackets is refused."""
    for text in (
        "[" * 10_000,
        "{a: " * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        "- " * 10_000,
        "a:\n" + " " * 3 + "- " * 5000,
    ):
        survives(lambda: Template.from_yaml(text))  # noqa: B023
        survives(lambda: Override.from_yaml(text))  # noqa: B023
