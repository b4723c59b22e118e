"""What a backend is: a launcher, a watcher, and the subscription they share. Values go in, values come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from podcompose.composition import Composition
from podcompose.run.outcome import Outcome
from podcompose.run.records import Owner, PodRecord, PodRef

__all__ = [
    "Adopted",
    "Backend",
    "Batch",
    "Change",
    "Gone",
    "Health",
    "Launched",
    "Launcher",
    "Left",
    "NotFound",
    "Pod",
    "Resynced",
    "Seen",
    "Selection",
    "Subscription",
    "Superseded",
    "Synced",
    "Watcher",
]

Pod: TypeAlias = "Composition | Mapping[str, Any] | Any"
"""What can be launched: a Composition, a V1Pod, or wire JSON."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A pod that is there: made by this call (`created`) or by an earlier one with the same launch id."""

    ref: PodRef
    created: bool
    warnings: tuple[str, ...] = ()
    attempts: int = 1
    #: On the way the server said slow down, or failed: `launch_many` then has fewer launches under way.
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class NotFound:
    """No pod of this launch id (or of this uid) is there."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Adopted:
    """The pod is the owner's now."""

    ref: PodRef
    owner: Owner


@dataclass(frozen=True, slots=True)
class Superseded:
    """The pod belongs to another owner, of a higher epoch (or an equal one, who was first): leave it to him."""

    ref: PodRef
    owner: Owner


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Which pods to watch: by namespaces (none named: all of them) and labels (all must be equal).

    Only labels that do not change are of use: a pod that is relabelled out of a selection has `Left` it.
    """

    namespaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would select something else than was meant."""
        namespaces: Any = self.namespaces
        if isinstance(namespaces, str):
            raise TypeError(f"namespaces are several: ({namespaces!r},), not {namespaces!r}")
        if not all(isinstance(word, str) for word in (*namespaces, *self.labels, *self.labels.values())):
            raise TypeError("namespaces, and the names and values of labels, are texts")


@dataclass(frozen=True, slots=True)
class Seen:
    """A pod is new or has changed; several changes since the last batch are one. `outcome` is set in one change per uid."""

    record: PodRecord
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A pod lives on, but is selected no more."""

    record: PodRecord


@dataclass(frozen=True, slots=True)
class Gone:
    """A pod is no more; `certain` where its removal was seen, with the last of it. `outcome` as in `Seen`."""

    record: PodRecord
    certain: bool
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was there when the subscription began has been delivered."""


@dataclass(frozen=True, slots=True)
class Resynced:
    """
    The watch could not go on from where it was; what changed meanwhile follows as net changes.

    `afresh`: a cursor was of no use, so nothing of before is known. All that is there is told anew, up to `Synced`; a pod that is
    not told is gone, and outcomes that were acknowledged before are told once more.
    """

    reason: str
    afresh: bool = False


Change: TypeAlias = Seen | Left | Gone | Synced | Resynced


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Changes, and the cursor that acknowledges them.

    Store `cursor` once the changes are dealt with: a subscription that starts at it delivers what came later, and again what
    was not acknowledged. It is opaque; an old or foreign one gives `Resynced`, never silence. "" acknowledges nothing. It may
    acknowledge less than was delivered, before `Synced` and after a batch that is full; never more.
    """

    changes: tuple[Change, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Health:
    """
    How a subscription is doing.

    Units:  `lag` counts changes that wait for `poll`; `skipped` objects that could not be read at all; times are UTC.
    """

    state: Literal["Live", "Degraded", "Closed"]
    reason: str = ""
    since: datetime | None = None
    last_heard: datetime | None = None
    lag: int = 0
    skipped: int = 0


class Subscription(Protocol):
    """Changes, pulled in batches. A consumer that is slow or fails loses nothing."""

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait `timeout` seconds (None: for ever) for changes; an empty batch when there are none, or when closed."""
        ...

    def status(self) -> Health:
        """How it is doing."""
        ...

    def close(self) -> None:
        """End it: from any thread, more than once, within a second; a poll that waits returns at once."""
        ...


@runtime_checkable
class Launcher(Protocol):
    """Launches pods, each launch id once."""

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        ...

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod, or find the one this launch id already has.

        Units:  `deadline` is in seconds from now.
        Raises: LaunchError: Refused, Throttled, Unreachable; Unsettled where a pod may be there, `settle` tells.
        """
        ...

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there; after Unsettled or a crash."""
        ...

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end; absent is done."""
        ...

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it."""
        ...

    def close(self) -> None:
        """Give up what the backend holds."""
        ...


@runtime_checkable
class Watcher(Protocol):
    """Watches pods."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Subscription:
        """What happens to the selected pods, from now or from a cursor on."""
        ...


class Backend(Launcher, Watcher, Protocol):
    """A launcher and a watcher in one."""
