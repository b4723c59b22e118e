"""
How the kubernetes client's classes of models keep their values; nothing here imports the client.

Each class says itself which attributes it has (`openapi_types`, `attribute_map`), in every client from 28 on. It is read once into
a layout, along which `podcompose.models` reads and makes models: no getters, setters or validation on the way. The two generations
differ only in where a model keeps its values: up to 36 in private attributes, from 37 on in a pydantic model's `__dict__`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

__all__ = ["DISCRIMINATOR", "LAYOUTS", "SETTINGS", "Layout", "Shape", "layout_of"]

#: What the clients up to 36 keep in a model beside its fields.
SETTINGS, DISCRIMINATOR = "local_vars_configuration", "discriminator"


class Shape(NamedTuple):
    """What stands in an attribute, where that is more than a scalar, or a list or map of scalars."""

    kind: Literal["model", "list", "map", "time"]
    #: The shape of what a list or map holds.
    of: Shape | None = None
    #: The layout of a model; asked for late, since models hold each other.
    layout: Callable[[], Layout] = NotImplemented


class Layout(NamedTuple):
    """How one class of models keeps its values."""

    model: type
    pydantic: bool
    #: Whether `fields` are keys of the model's `__dict__`; somebody else's subclass may keep its values as it likes.
    stored: bool
    #: By the name a value is kept under: its wire name and shape.
    fields: Mapping[str, tuple[str, Shape | None]]
    #: By the wire name: the name its value is kept under, and its shape.
    wires: Mapping[str, tuple[str, Shape | None]]
    #: The wire names, by attribute name.
    attributes: Mapping[str, str]
    #: The `__dict__` of a model with nothing set.
    blank: dict[str, Any]


#: The layouts made so far. Two threads that make the same one do no harm.
LAYOUTS: dict[type, Layout] = {}


def layout_of(model: type) -> Layout | None:
    """
    The layout of a class of models; None for any other class.

    >>> layout_of(dict) is None
    True
    """
    layout = LAYOUTS.get(model)
    if layout is None:
        types, names = getattr(model, "openapi_types", None), getattr(model, "attribute_map", None)
        if isinstance(types, Mapping) and isinstance(names, Mapping):
            layout = LAYOUTS[model] = _layout(model, types, names)
    return layout


def _layout(model: type, types: Mapping[str, str], names: Mapping[str, str]) -> Layout:
    owner = next(each for each in model.__mro__ if "openapi_types" in vars(each))
    pydantic, stored = hasattr(model, "__pydantic_fields__"), ".client.models." in model.__module__
    kept = _kept(owner, names) if stored else {attribute: attribute for attribute in names}
    package = owner.__module__.rpartition(".")[0]
    shapes = {attribute: _shape(types[attribute], package) for attribute in names}
    fields = {kept[attribute]: (wire, shapes[attribute]) for attribute, wire in names.items()}
    wires = {wire: (kept[attribute], shapes[attribute]) for attribute, wire in names.items()}
    blank: dict[str, Any] = dict.fromkeys(fields)
    if not pydantic:
        blank[DISCRIMINATOR] = None
    return Layout(model, pydantic, stored, fields, wires, dict(names), blank)


def _kept(owner: Any, names: Mapping[str, str]) -> dict[str, str]:
    """The names in `__dict__`, by attribute name; `_exec` is an attribute that either generation renames."""
    if hasattr(owner, "__pydantic_fields__"):
        by_wire = {field.serialization_alias or name: name for name, field in owner.model_fields.items()}
        return {attribute: by_wire[wire] for attribute, wire in names.items()}
    mangled = f"_{owner.__name__}__"
    return {attribute: mangled + attribute[1:] if attribute[:1] == "_" else f"_{attribute}" for attribute in names}


#: list[X], List[X], dict(str, X), dict[str, X], Dict[str, X]
_NESTED = re.compile(r"(list|dict)[\[(](?:str, )?(.*)[\])]", re.IGNORECASE)


def _shape(text: str, package: str) -> Shape | None:
    nested = _NESTED.fullmatch(text)
    if nested is not None:
        inner = _shape(nested[2], package)
        return None if inner is None else Shape("list" if nested[1].lower() == "list" else "map", inner)
    if text[:1].islower():
        return Shape("time") if text == "datetime" else None
    return Shape("model", None, cache(lambda: _named(text, package)))


def _named(name: str, package: str) -> Layout:
    layout = layout_of(getattr(sys.modules[package], name))
    assert layout is not None, name
    return layout
