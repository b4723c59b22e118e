"""What is wrong, by the short name of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podcompose.run.protocols import Selection

__all__ = ["ContractError", "require", "selected"]


class ContractError(AssertionError):
    """What a backend did and must not do; `rule` is its short name."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule


def selected(where: Selection, manifest: Mapping[str, Any]) -> bool:
    """Whether a selection takes a pod."""
    metadata = manifest["metadata"]
    inside = len(where.namespaces) == 0 or metadata["namespace"] in where.namespaces
    labels = metadata.get("labels") or {}
    return inside and all(name in labels and labels[name] == value for name, value in where.labels.items())


def require(true: bool, rule: str, message: str) -> None:
    """Raise a ContractError that names a rule unless something is true."""
    if true is not True:
        raise ContractError(rule, message)
