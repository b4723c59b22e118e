"""
The backends of this library; each is imported when it is first asked for, and with it what it needs.

>>> from podcompose.backends import MemoryBackend
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podcompose.backends.kubernetes import KubernetesBackend
    from podcompose.backends.local import LocalBackend
    from podcompose.backends.memory import MemoryBackend

__all__ = ["KubernetesBackend", "LocalBackend", "MemoryBackend"]


def __getattr__(name: str) -> Any:
    """Import one backend without the others: only one of them needs the kubernetes client."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = name.removesuffix("Backend").lower()
    return getattr(import_module(f"{__name__}.{room}"), name)
