"""What a type checker makes of the public names: never run, only checked (`make check`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import assert_type

from podcompose import COMPOSE, Composition, Explanation, Override, Template, compose, merge


class Pod:
    """Stands for a V1Pod: clients before 37 have no types."""

    metadata: Any
    spec: Any


def mappings(original: Mapping[str, Any], patch: dict[str, Any]) -> None:
    """Mappings merge into a dict."""
    assert_type(merge(original, patch), dict[str, Any])
    assert_type(merge(Template.from_pod(original), patch, COMPOSE), dict[str, Any])


def typed(original: Pod, patch: Pod) -> None:
    """Typed pods merge into a typed pod."""
    assert_type(merge(original, patch), Pod)


def composing(template: Template, override: Override) -> None:
    """A composition's members have the types that are promised."""
    composition = compose(template, override, {"spec": {}}, hook=["package.module:function", {"spec": {}}, lambda pod: None])
    assert_type(composition, Composition)
    assert_type(composition.json, bytes)
    assert_type(composition.digest, str)
    assert_type(composition.manifest, dict[str, Any])
    assert_type(composition.explain("spec.hostNetwork"), Explanation)
