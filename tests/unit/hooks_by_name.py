"""Hooks that a test names."""

from __future__ import annotations

from typing import Any


def hook(pod: Any) -> None:
    """A function of a module."""
    pod.spec.node_name = "by-name"


class Hooks:
    """A class that holds hooks."""

    @staticmethod
    def inner(pod: Any) -> None:
        """A function of a class."""
        pod.spec.node_name = "inner"
