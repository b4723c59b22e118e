"""
deepmerge: the merger that is named, called as the guide does it: `always_merger.merge(template, override)`.

It has no pod and no command of its own: its users call `Merger.merge` (deepmerge/merger.py) on what they have read from YAML.
"""

from __future__ import annotations

import sys
from typing import Any

import deepmerge
from lines import Driver, serve
from typed import served

MERGER = getattr(deepmerge, sys.argv[1])
#: Whether the override says null.
SAID = {"null": False}


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """As they are: plain dicts."""
    SAID["null"] = spelling == "null"
    return template, override


def merge(template: Any, override: Any) -> Any:
    """The guide says that this writes into the template, and offers a deepcopy to who minds."""
    return MERGER.merge(template, override)


def write(result: Any) -> Any:
    """As it is; as a server reads it, where the user wrote nulls."""
    return served(result) if SAID["null"] else result


serve(Driver(["deepmerge"], read, merge, write, ["deepmerge"]))
