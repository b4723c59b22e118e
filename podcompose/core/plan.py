"""A dialect compiled: the schema and the dialect's choices as one graph of nodes that a merge walks beside the patch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeAlias

from podcompose.core import hints
from podcompose.core.lists import AtomicList, KeyedList, SetList, Strategic, Strategy
from podcompose.core.maps import FreeMap, Node, Struct, Whole
from podcompose.core.one_of import Switch
from podcompose.core.path import format_path, parse_path
from podcompose.core.scalars import VERBATIM, Scalar, Strictness, scalar_node
from podcompose.core.schema import Field, Schema
from podcompose.errors import DialectError, PathError, Problem

__all__ = ["Plan", "compile_plan"]

Plan: TypeAlias = Struct
Fields: TypeAlias = tuple[str, ...]


class Strategies(Protocol):
    """Where list strategies come from."""

    @property
    def names(self) -> Collection[str]: ...
    def named(self, name: str) -> Strategy:
        """The strategy of that name."""

    def merger(self) -> Any:
        """What a strategy is given as its first argument."""


class Choices(Protocol):
    """The part of a dialect that shapes its plan."""

    @property
    def schema(self) -> Schema: ...
    @property
    def atomic(self) -> frozenset[str]: ...
    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def lists(self) -> Mapping[str, str | Strategy]: ...
    @property
    def one_ofs(self) -> Switch: ...
    @property
    def scalars(self) -> Strictness: ...


def compile_plan(choices: Choices, strategies: Strategies) -> Plan:
    """
    Compile a dialect's choices; `strategies` knows list strategies by name.

    Raises: DialectError: every name among the choices that does not exist.
    """
    compiler = _Compiler(choices, strategies)
    schema = choices.schema
    plan = compiler.struct(schema.root, (), compiler.by_path)
    if compiler.problems != []:
        raise DialectError(compiler.problems)
    return plan


class _Compiler:
    """One compilation: the structs made so far, shared by all fields of their type."""

    def __init__(self, choices: Choices, strategies: Strategies) -> None:
        self.schema = schema = choices.schema
        self.choices = choices
        self.strategies = strategies
        self.problems: list[Problem] = []
        self.made: dict[str, Struct] = {}
        self.owners: dict[str, list[str]] = defaultdict(list)
        for struct, fields in schema.types.items():
            for name in fields:
                self.owners[name].append(struct)
        self.by_path = {
            path: self._strategy(strategy) for name, strategy in choices.lists.items() if (path := self._path(name)) is not None
        }
        self.by_field = {name: self._strategy(strategy) for name, strategy in choices.lists.items() if name[:1] != "."}
        for name in [*choices.atomic, *choices.keys, *self.by_field]:
            self._must_exist(name, types_too=name in choices.atomic)
        for name, keys in choices.keys.items():
            self._must_have(name, keys)

    def struct(self, name: str, at: Fields, below: Mapping[Fields, Strategy]) -> Struct:
        """The node of a struct; one of its own where a strategy is set for a path through it."""
        if below == {} and name in self.made:
            return self.made[name]
        struct = Struct(name, self.schema.one_ofs.get(name), self.choices.one_ofs, is_open=name in self.schema.free)
        struct.owners = self.owners
        if below == {}:
            self.made[name] = struct
        fields: dict[str, Node] = {}
        for field_name, field in self.schema.types[name].items():
            inner = {path[1:]: strategy for path, strategy in below.items() if path[0] == field_name}
            fields[field_name] = self._node(f"{name}.{field_name}", field, (*at, field_name), inner)
        struct.furnish(fields)
        return struct

    def _node(self, name: str, field: Field, at: Fields, below: Mapping[Fields, Strategy]) -> Node:
        if field.kind == "scalar":
            return scalar_node(field.of, self.choices.scalars)
        if field.kind == "map":
            free = FreeMap(name.partition(".")[2], scalar_node(field.of, self.choices.scalars))
            return self._whole(free, name)
        strategy = below.get((), self.by_field.get(name))
        inner = {path: chosen for path, chosen in below.items() if path != ()}
        element = self.struct(field.of, at, inner) if field.is_struct else scalar_node(field.of, self.choices.scalars)
        if field.kind == "struct":
            return self._whole(element, name, field.of) if isinstance(element, Struct) else VERBATIM
        return self._list(name, field, element, at, strategy)

    def _whole(self, struct: Struct, *names: str) -> Struct | Whole:
        return struct if self.choices.atomic.isdisjoint(names) else Whole(struct)

    def _list(self, name: str, field: Field, element: Struct | Scalar, at: Fields, strategy: Strategy | None) -> Node:
        if strategy is not None:
            return Strategic(AtomicList(element), at, strategy, self.strategies.merger)
        keys = self.choices.keys.get(name, field.keys)
        if isinstance(element, Scalar):
            return SetList(element) if field.merge == "set" and name not in self.choices.keys else AtomicList(element)
        if keys == ():
            return AtomicList(element)
        defaults = tuple([self.schema.key_defaults.get(f"{field.of}.{key}", "") for key in keys])
        return KeyedList(self._whole(element, field.of), keys, defaults)

    def _strategy(self, strategy: Any) -> Strategy:
        if callable(strategy):
            chosen: Strategy = strategy
            return chosen
        if not isinstance(strategy, str) or strategy not in self.strategies.names:
            names = hints.listed(self.strategies.names)
            guess = _meant(str(strategy), self.strategies.names)
            self._problem(
                "unknown-strategy", "", f"there is no list strategy {strategy!r:.60} (there are {names}, or a callable)", guess
            )
            return self.strategies.named("override")
        return self.strategies.named(strategy)

    def _path(self, name: str) -> Fields | None:
        if name[:1] != ".":
            return None
        fields: list[str] = []
        try:
            steps = parse_path(name.replace("[*]", ""))
        except PathError as error:
            self.problems += error.problems
            return None
        for step in steps:
            if type(step) is not str:
                self._problem(
                    "bad-path", name, f"{format_path((step,))} names one element; a strategy holds for all of them", "write [*]"
                )
            else:
                fields.append(step)
        return tuple(fields) if self._leads_to_list(name, fields) else None

    def _leads_to_list(self, name: str, fields: list[str]) -> bool:
        field, struct = None, self.schema.root
        for step in fields:
            known = self.schema.types.get(struct, {})
            if step not in known:
                self._problem("unknown-field", name, f"{struct} has no field `{step}`", _meant(step, known))
                return False
            field, struct = known[step], known[step].of
        if field is None or field.kind != "list":
            self._problem("wrong-type", name, "this is no list")
        return field is not None and field.kind == "list"

    def _must_exist(self, name: str, *, types_too: bool) -> None:
        struct, dot, field = name.partition(".")
        if struct not in self.schema.types:
            self._problem("unknown-type", name, f"a Pod has no type `{struct}`", _meant(struct, self.schema.types))
        elif field not in self.schema.types[struct] and not (types_too and dot == ""):
            self._problem("unknown-field", name, f"{struct} has no field `{field}`", _meant(field, self.schema.types[struct]))

    def _must_have(self, name: str, keys: tuple[str, ...]) -> None:
        struct, _, field_name = name.partition(".")
        field = self.schema.types.get(struct, {}).get(field_name)
        fields = self.schema.types.get(field.of, {}) if field is not None else {}
        for key in keys:
            if field is not None and key not in fields:
                self._problem("unknown-field", name, f"its elements have no field `{key}`", _meant(key, fields))
            elif field is not None and fields[key].kind != "scalar":
                self._problem("wrong-type", name, f"`{key}` is no scalar, so it is no key")

    def _problem(self, code: str, path: str, message: str, suggestion: str | None = None) -> None:
        self.problems.append(Problem(code, path, message, stage="dialect", suggestion=suggestion))


def _meant(name: str, known: Collection[str]) -> str | None:
    guess = hints.close(name, known)
    return None if guess is None else f"did you mean `{guess}`?"
