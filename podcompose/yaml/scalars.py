"""
What a YAML scalar means to kubectl (sigs.k8s.io/yaml: YAML 1.1 as Go's yaml.v2 has it), as tables and small regular expressions.

=====================================================  ==================================================
written plain                                          means
=====================================================  ==================================================
(nothing) ``~ null Null NULL``                         null
``y Y yes Yes YES on On ON true True TRUE``            true; ``n no off false`` likewise; ``tRUE`` is a string
``5 1_000 0x1F 0b11 0o17 017``                         integers, each prefix in either case; ``_`` may stand anywhere
``08 1. 1.0 1e3 -.5``                                  JSON numbers; a whole one is an integer
``.nan .inf -.inf``                                    an error: JSON has no such number
an integer beyond int64                                an error; written in hex, octal or binary and beyond uint64: a string
``1e400 22:22 2026-01-01 = <<``                        strings, as is all else
=====================================================  ==================================================

A tag (``!!int``) turns the table on for quoted text too, and what does not fit it is an error; so is a tag nobody knows.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Wrong", "resolve", "short_tag"]

_CORE = "tag:yaml.org,2002:"
_INT64, _UINT64 = 2**63, 2**64

#: All words kubectl does not take for strings.
_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(["~", "null", "Null", "NULL"]),
    "": None,
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"], False),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
}
#: What the first character of anything but a string can be.
_STARTS = frozenset("+-.0123456789yYnNtTfFoO~")
_RADIX = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[bB]([01]+)|[oO]?([0-7]+))", re.ASCII)
#: An accident of Go's reader, which kubectl inherits: `0b-11` is -3.
_SIGN_INSIDE = re.compile("0b[-+][01]+")
_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
#: A number that starts with a dot goes through another door in Go, which minds where `_` stands.
_DOTTED = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?", re.ASCII)
_TIMESTAMP = re.compile(
    r"\d{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])"
    r"(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| +\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?",
    re.ASCII,
)


class Wrong(NamedTuple):
    """Why a scalar is no value."""

    code: str
    message: str
    suggestion: str | None = None


def resolve(text: str, tag: str | None = None, plain: bool = True) -> Any:
    """
    What `text` means: a JSON scalar, or what is Wrong with it.

    >>> [resolve(text) for text in ("yes", "0644", "1.0", "22:22", "1e400")]
    [True, 420, 1, '22:22', '1e400']
    >>> resolve("5", plain=False), resolve("5", "tag:yaml.org,2002:int", plain=False)
    ('5', 5)
    """
    if tag is None:
        return _checked(text) if plain else text
    if tag == "!" or tag == _CORE + "str":
        return text
    if tag == _CORE + "binary":
        return _binary(text)
    fits = _FITS.get(tag)
    if fits is None:
        return Wrong(
            "unknown-tag", f"the tag `{short_tag(tag)}` means nothing to Kubernetes", "leave the tag out, or quote the whole"
        )
    if tag == _CORE + "timestamp":
        return text if _TIMESTAMP.fullmatch(text) is not None else _misfit(text, tag)
    value = _checked(text)
    if isinstance(value, Wrong):
        return value
    # Go asks how the number was written, not what it comes to: `!!int 1.0` is refused.
    written = float if type(value) is int and _integer(text.replace("_", "")) is None else type(value)
    return value if written in fits else _misfit(text, tag)


_FITS: Mapping[str, tuple[type, ...]] = {
    _CORE + "bool": (bool,),
    _CORE + "int": (int,),
    _CORE + "float": (int, float),
    _CORE + "null": (type(None),),
    _CORE + "timestamp": (str,),
}


def short_tag(tag: str) -> str:
    """
    A tag as people write it.

    >>> short_tag("tag:yaml.org,2002:int")
    '!!int'
    """
    return "!!" + tag[len(_CORE) :] if tag.startswith(_CORE) else tag


def _misfit(text: str, tag: str) -> Wrong:
    return Wrong("unknown-tag", f"{text!r:.80} is no {short_tag(tag)}", "leave the tag out")


def _checked(text: str) -> Any:
    """The value of a plain scalar, or what is wrong with it."""
    if text != "" and text[0] not in _STARTS:
        return text
    value = _WORDS[text] if text in _WORDS else _number(text)
    if type(value) is float and not math.isfinite(value):
        return Wrong("not-json", f"JSON has no number for {text}", f'if it is text, quote it: "{text}"')
    if type(value) is int and not -_INT64 <= value < _INT64:
        return Wrong(
            "out-of-range",
            f"{text:.80} is beyond 64 bits; Kubernetes has 64-bit integers",
            f'if it is text, quote it: "{text:.80}"',
        )
    return value


def _number(text: str) -> Any:
    if text[0] == ".":
        return _decimal(text, text.replace("_", "")) if _DOTTED.fullmatch(text) is not None else text
    if text[0] not in "+-0123456789":
        return text
    digits = text.replace("_", "")
    value = _integer(digits)
    if value is not None:
        return value
    return _decimal(text, digits) if _DECIMAL.fullmatch(digits) is not None else text


def _integer(digits: str) -> int | None:
    """The integer that is written so, if one is; one beyond 64 bits is an integer only if it is decimal."""
    if _SIGN_INSIDE.fullmatch(digits) is not None and len(digits) < 60:
        return int(digits[2:], 2)
    match = _RADIX.fullmatch(digits)
    if match is None:
        return int(digits) if len(digits) < 30 and _PLAIN.fullmatch(digits) is not None else None
    sign, hexadecimal, binary, octal = match.groups()
    value = int(hexadecimal, 16) if hexadecimal is not None else int(binary, 2) if binary is not None else int(octal, 8)
    value = -value if sign == "-" else value
    return value if -_INT64 <= value < _INT64 or (0 <= value < _UINT64 and sign == "") else None


def _decimal(text: str, digits: str) -> int | float | str:
    """The number nearest to a decimal: an int where it is whole; text where it is beyond all floats, as in Go."""
    value = float(digits)
    if math.isinf(value):
        return text
    if value.is_integer() and (abs(value) < _INT64 or _WHOLE.fullmatch(digits) is not None):
        return int(value)
    return value


def _binary(text: str) -> str | Wrong:
    packed = text.replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(packed.encode("ascii"), validate=True).decode("utf-8")
    except UnicodeDecodeError:
        return Wrong("bad-text", "!!binary holds bytes that are not UTF-8, and a Pod has no field for bytes")
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return Wrong("bad-text", "!!binary does not hold base64")
