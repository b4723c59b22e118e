"""podcompose itself, by one of its dialects: the template prepared once, the override a mapping."""

from __future__ import annotations

import sys
from typing import Any

from lines import Driver, serve

import podcompose
from podcompose import Override, Template, compose

DIALECT = getattr(podcompose, sys.argv[1])


def read(template: Any, override: Any, spelling: str) -> tuple[Any, Any]:
    """A template of the admin, and the user's mapping; a JSON patch says of itself what it is."""
    if spelling == "json-patch":
        return Template.from_pod(template, dialect=DIALECT), Override.json_patch(override)
    return Template.from_pod(template, dialect=DIALECT), override


def merge(template: Any, override: Any) -> Any:
    """As the README does it."""
    return compose(template, override, dialect=DIALECT)


def write(result: Any) -> Any:
    """What is sent."""
    return result.manifest


serve(Driver(["podcompose"], read, merge, write, ["podcompose"]))
