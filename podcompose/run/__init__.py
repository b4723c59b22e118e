"""
Launch pods exactly once, and learn their outcome for sure.

Two small protocols (`Launcher`, `Watcher`) are all that a backend is; everything else here works over any of them.
`podcompose.backends` has three; `podcompose.testing.conformance` proves a fourth.
"""

from podcompose.run.classify import classify
from podcompose.run.errors import (
    AdmissionDenied,
    AdmissionUnavailable,
    Forbidden,
    Invalid,
    LaunchError,
    NamespaceTerminating,
    NameTaken,
    OtherPod,
    QuotaExceeded,
    Refused,
    Throttled,
    Unauthenticated,
    Unreachable,
    Unsettled,
)
from podcompose.run.flight import Reconciled
from podcompose.run.naming import from_label_value, label_value, pod_name
from podcompose.run.outcome import Cause, Disruption, Outcome
from podcompose.run.policy import Policy
from podcompose.run.prepare import Prepared, for_launch
from podcompose.run.protocols import (
    Adopted,
    Backend,
    Batch,
    Gone,
    Health,
    Launched,
    Launcher,
    Left,
    NotFound,
    Resynced,
    Seen,
    Selection,
    Subscription,
    Superseded,
    Synced,
    Watcher,
)
from podcompose.run.records import Blocker, Owner, PodRecord, PodRef, Stage
from podcompose.run.router import Router
from podcompose.run.running import launch_many, reconcile, run, run_many
from podcompose.run.warm.pool import WarmPool

__all__ = [
    "AdmissionDenied",
    "AdmissionUnavailable",
    "Adopted",
    "Backend",
    "Batch",
    "Blocker",
    "Cause",
    "Disruption",
    "Forbidden",
    "Gone",
    "Health",
    "Invalid",
    "LaunchError",
    "Launched",
    "Launcher",
    "Left",
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
    "Router",
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
    "WarmPool",
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
