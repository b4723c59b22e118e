"""What a backend is with async def; the words are those of `podcompose.run.protocols`."""

from __future__ import annotations

from typing import Protocol

from podcompose.run.protocols import Adopted, Batch, Health, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef

__all__ = ["Backend", "Launcher", "Subscription", "Watcher"]


class Subscription(Protocol):
    """Changes, pulled in batches."""

    async def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait `timeout` seconds (None: for ever) for changes; an empty batch when there are none, or when closed."""
        ...

    async def status(self) -> Health:
        """How it is doing."""
        ...

    async def close(self) -> None:
        """End it; a poll that waits returns at once."""
        ...


class Launcher(Protocol):
    """Launches pods, each launch id once."""

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        ...

    async def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod, or find the one this launch id already has.

        A call that is cancelled may have made the pod: `settle` tells.
        Raises: LaunchError.
        """
        ...

    async def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there; after Unsettled, a cancellation or a crash."""
        ...

    async def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end; absent is done."""
        ...

    async def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it."""
        ...

    async def close(self) -> None:
        """Give up what the backend holds."""
        ...


class Watcher(Protocol):
    """Watches pods."""

    async def subscribe(self, where: Selection, *, cursor: str | None = None) -> Subscription:
        """What happens to the selected pods, from now or from a cursor on."""
        ...


class Backend(Launcher, Watcher, Protocol):
    """A launcher and a watcher in one."""
