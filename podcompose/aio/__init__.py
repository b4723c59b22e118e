"""
The same names with async def: the backends, and `run`, `run_many`, `launch_many`, `reconcile` over them; values are the same.

>>> import asyncio
>>> from podcompose import aio
>>> pod = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
>>> async def main() -> str:
...     async with aio.MemoryBackend() as backend:
...         return (await aio.run(backend, pod, launch_id="dag/1")).kind
>>> asyncio.run(main())
'Succeeded'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from podcompose.aio.protocols import Backend, Launcher, Subscription, Watcher
from podcompose.aio.running import launch_many, reconcile, run, run_many
from podcompose.run import (
    AdmissionDenied,
    AdmissionUnavailable,
    Adopted,
    Batch,
    Blocker,
    Cause,
    Disruption,
    Forbidden,
    Gone,
    Health,
    Invalid,
    Launched,
    LaunchError,
    Left,
    NamespaceTerminating,
    NameTaken,
    NotFound,
    OtherPod,
    Outcome,
    Owner,
    PodRecord,
    PodRef,
    Policy,
    Prepared,
    QuotaExceeded,
    Reconciled,
    Refused,
    Resynced,
    Seen,
    Selection,
    Stage,
    Superseded,
    Synced,
    Throttled,
    Unauthenticated,
    Unreachable,
    Unsettled,
    classify,
    for_launch,
    from_label_value,
    label_value,
    pod_name,
)

if TYPE_CHECKING:
    from podcompose.aio.bridged import Bridged, LocalBackend, MemoryBackend
    from podcompose.aio.kubernetes import KubernetesBackend

__all__ = [
    "AdmissionDenied",
    "AdmissionUnavailable",
    "Adopted",
    "Backend",
    "Batch",
    "Blocker",
    "Bridged",
    "Cause",
    "Disruption",
    "Forbidden",
    "Gone",
    "Health",
    "Invalid",
    "KubernetesBackend",
    "LaunchError",
    "Launched",
    "Launcher",
    "Left",
    "LocalBackend",
    "MemoryBackend",
    "NameTaken",
    "NamespaceTerminating",
    "NotFound",
    "OtherPod",
    "Outcome",
    "Owner",
    "PodRecord",
    "PodRef",
    "Policy",
    "Prepared",
    "QuotaExceeded",
    "Reconciled",
    "Refused",
    "Resynced",
    "Seen",
    "Selection",
    "Stage",
    "Subscription",
    "Superseded",
    "Synced",
    "Throttled",
    "Unauthenticated",
    "Unreachable",
    "Unsettled",
    "Watcher",
    "classify",
    "for_launch",
    "from_label_value",
    "label_value",
    "launch_many",
    "pod_name",
    "reconcile",
    "run",
    "run_many",
]

_ROOMS = {"Bridged": "bridged", "KubernetesBackend": "kubernetes", "LocalBackend": "bridged", "MemoryBackend": "bridged"}


def __getattr__(name: str) -> Any:
    """Import a backend when it is first asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
