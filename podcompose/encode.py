"""A manifest as bytes: one spelling, whichever encoder is installed."""

from __future__ import annotations

import json
from typing import Any

from podcompose.core.json import JsonMap

__all__ = ["encode"]

try:
    import orjson
except ImportError:
    _orjson: Any = None
else:
    _orjson = orjson


def encode(manifest: JsonMap, *, exponents: bool = True) -> bytes:
    """
    Canonical JSON: keys sorted, no white space, UTF-8.

    orjson writes the same bytes faster but for floats with exponents (1e-07, 1e-7): where there may be one, json writes it all.

    >>> encode({"b": 1, "a": "\u00e9"})
    b'{"a":"\\xc3\\xa9","b":1}'
    """
    if _orjson is not None and not exponents:
        encoded: bytes = _orjson.dumps(manifest, option=_orjson.OPT_SORT_KEYS)
        return encoded
    return json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
