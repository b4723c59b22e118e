"""Scalars: which JSON values a field takes, as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, Literal

from podcompose.core.json import Json, snapshot, well_formed
from podcompose.core.walk import At, Walk
from podcompose.errors import Finding

__all__ = ["VERBATIM", "Scalar", "Strictness", "Verbatim", "scalar_node"]

#: decoder: what Kubernetes' decoder takes; apply: what server-side apply's own check takes, which looks at less.
Strictness = Literal["decoder", "apply"]


def _text(value: Json) -> bool:
    return type(value) is str and well_formed(value)


def _integer(bits: int) -> Callable[[Json], bool]:
    top = 2 ** (bits - 1)
    return lambda value: type(value) is int and -top <= value < top


def _finite(value: Json) -> bool:
    return type(value) is float and value - value == 0


def _boolean(value: Json) -> bool:
    return type(value) is bool


def _number(value: Json) -> bool:
    return (type(value) is int and -(2**63) <= value < 2**63) or _finite(value)


def _text_or_int32(value: Json) -> bool:
    return _text(value) or _INT32(value)


def _text_or_number(value: Json) -> bool:
    return _text(value) or _number(value)


def _any_scalar(value: Json) -> bool:
    return _text(value) or _boolean(value) or _number(value)


_INT32 = _integer(32)

#: What each scalar type is called and takes, by strictness.
_TYPES: Mapping[Strictness, Mapping[str, tuple[str, Callable[[Json], bool]]]] = {
    "decoder": {
        "string": ("a string", _text),
        "boolean": ("a boolean", _boolean),
        "int32": ("a 32-bit integer", _INT32),
        "int64": ("a 64-bit integer", _integer(64)),
        "IntOrString": ("an integer or a string", _text_or_int32),
        "Quantity": ('a quantity such as "500m" or 2', _text_or_number),
        "Time": ('a time such as "2026-01-01T00:00:00Z"', _text),
        "MicroTime": ('a time such as "2026-01-01T00:00:00.000000Z"', _text),
    },
    "apply": {
        "string": ("a string", _text),
        "boolean": ("a boolean", _boolean),
        "int32": ("a number", _number),
        "int64": ("a number", _number),
        "IntOrString": ("a scalar", _any_scalar),
        "Quantity": ("a scalar", _any_scalar),
        "Time": ("a scalar", _any_scalar),
        "MicroTime": ("a scalar", _any_scalar),
    },
}


class Scalar:
    """A scalar: the patch's value wins."""

    __slots__ = ("accepts", "expected", "is_text", "whole")
    empty: Final[Json] = None

    def __init__(self, of: str, strictness: Strictness) -> None:
        self.expected, self.accepts = _TYPES[strictness][of]
        #: Every plain str that is ASCII fits, so callers need not ask.
        self.is_text = self.accepts in (_text, _any_scalar, _text_or_number, _text_or_int32)
        #: A whole float is the integer it means.
        self.whole = strictness == "decoder" and of in ("int32", "int64", "IntOrString")

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """Return `value`, noting it if it is not of this type."""
        if type(value) is bool and self.accepts is _boolean:
            return value
        if self.whole and type(value) is float and value.is_integer():
            value = int(value)
            walk.changed = True
        if not self.accepts(value):
            self._refuse(value, at, walk)
        elif type(value) is float and "e" in repr(value):
            walk.exponents = True
        return value

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """The patch's value."""
        return self.check(patch, at, walk)

    def _refuse(self, value: Json, at: At, walk: Walk) -> None:
        kind = type(value)
        if kind is str and self.is_text:
            walk.note(at, "bad-text", f"{value!a:.80} holds a lone surrogate, which is no Unicode text")
        elif kind is int and self.expected.endswith("integer"):
            bits = 64 if "64" in self.expected else 32
            limits = f"from -2**{bits - 1} to 2**{bits - 1} - 1" if bits == 64 else f"from {-(2**31)} to {2**31 - 1}"
            walk.note(at, "out-of-range", f"expected {self.expected}, {limits}; this one has {value.bit_length()} bits")
        elif kind is float and not _finite(value):
            walk.note(at, "not-json", f"JSON has no number for {value!r}")
        else:
            walk.wrong_type(at, self.expected, value, self._remedy(value))

    def _remedy(self, value: Json) -> str | None:
        if self.is_text and type(value) in (bool, int, float):
            return f'quote it: "{json.dumps(value)}"'
        if type(value) is str and value.strip('"') != "" and self.accepts(_plain(value)):
            return f"write it without quotes: {value}"
        if self.accepts is _boolean and type(value) is str and value.lower() in _TRUTHS:
            return f"a boolean is true or false: write {_TRUTHS[value.lower()]}"
        return None


#: What people write for true and false where neither YAML nor JSON takes it for one.
_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}


def _plain(text: str) -> Json:
    try:
        return json.loads(text.lower())
    except ValueError:
        return None


class Verbatim:
    """A value the schema knows nothing of, taken as it is."""

    __slots__ = ()
    empty: Final[Json] = None

    def check(self, value: Json, at: At, walk: Walk) -> Json:
        """A copy of `value`, which must be JSON."""
        found: list[Finding] = []
        value = snapshot(value, found)
        for finding in found:
            walk.note(at, finding.code, finding.message, finding.suggestion)
        walk.exponents = True
        return value

    def merge(self, original: Json, patch: Json, at: At, walk: Walk) -> Json:
        """The patch's value."""
        return self.check(patch, at, walk)


VERBATIM = Verbatim()

_NODES = {(of, strictness): Scalar(of, strictness) for strictness, types in _TYPES.items() for of in types}


def scalar_node(of: str, strictness: Strictness) -> Scalar:
    """
    The one node of a scalar type.

    >>> scalar_node("int32", "decoder").accepts(True)
    False
    """
    return _NODES[of, strictness]
