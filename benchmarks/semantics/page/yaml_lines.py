"""Manifests as lines of YAML, the same lines wherever the same is said, so that a diff shows what differs and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

__all__ = ["yaml_lines"]

#: What stands at the front of a map; all other names follow by the alphabet.
_FIRST = ("apiVersion", "kind", "metadata", "name", "op", "path")
_PLAIN = re.compile(r"[A-Za-z_/][\w./@-]*(?::[\w./@-]+)*(?: [\w./@-]+)*", re.ASCII)
_WORDS_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_UNPRINTABLE = re.compile("[^ -~\xa1-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def yaml_lines(value: Any) -> list[str]:
    """
    A JSON value as lines of YAML.

    >>> yaml_lines({"spec": {"containers": [{"image": "a:1", "name": "main", "args": []}]}})
    ['spec:', '  containers:', '  - name: main', '    args: []', '    image: a:1']
    """
    return list(_lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name in sorted(value, key=_place):
            yield from _entry(f"{_scalar(name)}:", value[name])
    elif isinstance(value, list) and value:
        for each in value:
            first, *others = _lines(each)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
    else:
        yield _scalar(value)


def _entry(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        yield name
        indent = "  " if isinstance(value, dict) else ""
        yield from (f"{indent}{line}" for line in _lines(value))
    else:
        yield f"{name} {_scalar(value)}"


def _place(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) is not None and value.lower() not in _WORDS_OF_YAML:
        return value
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
