"""
Compose Kubernetes pods: the admin's template, the user's override, the admin's hook, by Kubernetes' own merge.

>>> from podcompose import Override, Template, compose
>>> template = Template.from_yaml("spec: {containers: [{name: base, image: busybox}]}", source="worker.yaml")
>>> composition = compose(template, Override({"spec": {"containers": [{"name": "base", "image": "python"}]}}, name="team-a"))
>>> composition.explain("spec.containers[name=base].image").who
'team-a'
"""

from typing import TYPE_CHECKING, Any

from podcompose.compose import compose, merge
from podcompose.composition import Composition
from podcompose.dialect import APPLY, COMPOSE, STRATEGIC, Dialect
from podcompose.errors import (
    DialectError,
    HookError,
    MergeError,
    ModelError,
    OverrideError,
    PathError,
    PodComposeError,
    Problem,
    TemplateError,
    UnknownTemplateError,
)
from podcompose.override import Override
from podcompose.shorthand import by_key
from podcompose.template import Catalog, Template

if TYPE_CHECKING:
    from podcompose.core.provenance import Explanation

__all__ = [
    "APPLY",
    "COMPOSE",
    "STRATEGIC",
    "Catalog",
    "Composition",
    "Dialect",
    "DialectError",
    "Explanation",
    "HookError",
    "MergeError",
    "ModelError",
    "Override",
    "OverrideError",
    "PathError",
    "PodComposeError",
    "Problem",
    "Template",
    "TemplateError",
    "UnknownTemplateError",
    "by_key",
    "compose",
    "merge",
]


def __getattr__(name: str) -> Any:
    """`Explanation` is needed by nobody until a pod is explained."""
    if name == "Explanation":
        from podcompose.core.provenance import Explanation

        return Explanation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
