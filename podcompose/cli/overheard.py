"""A backend that tells what goes through it: so a display shows what `run` and `run_many` see, and they know nothing of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from podcompose.run import Adopted, Backend, Batch, Gone, Health, Launched, NotFound, Owner, PodRef, Seen, Selection, Superseded
from podcompose.run.flight import clock_of
from podcompose.run.protocols import Pod, Subscription

__all__ = ["Abandoned", "Overheard", "Tell", "follower"]

#: How long the pods of a pool may take to end, once all tasks have; and how often it is asked whether anybody waits.
_DRAIN_S = 60.0
_SLICE_S = 0.25

Tell = Callable[[object], object]
"""Is given each `(launch_id, Launched)` and each PodRecord; from any thread."""


class Abandoned(Exception):  # noqa: N818 - an answer, not an accident
    """Nobody waits for an outcome any more."""


class Overheard:
    """A backend whose launches and records are told, and whose waiting can be given up."""

    def __init__(self, backend: Backend, tell: Tell) -> None:
        self.backend = backend
        self.clock = clock_of(backend)
        self.abandoned = threading.Event()
        self._tell = tell

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self.backend.namespace

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """Launch a pod, and tell it."""
        self.check()
        launched = self.backend.launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        self._tell((launch_id, launched))
        return launched

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there."""
        return self.backend.settle(launch_id, namespace)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Ask the pod of this uid to end."""
        self.backend.stop(ref, grace=grace)

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over."""
        return self.backend.adopt(ref, owner)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Subscription:
        """What happens to the selected pods, told as well."""
        return _OverheardSubscription(self.backend.subscribe(where, cursor=cursor), self, self._tell)

    def close(self) -> None:
        """Give up what the backend holds."""
        self.backend.close()

    def drain(self) -> None:
        """
        Have the pods of a pool end, if it is one.

        Raises: Abandoned.
        """
        drain = getattr(self.backend, "drain", None)
        end = monotonic() + _DRAIN_S
        while callable(drain) and not drain(_SLICE_S) and monotonic() < end:
            self.check()

    def check(self) -> None:
        """
        Go on only if somebody waits.

        Raises: Abandoned.
        """
        if self.abandoned.is_set():
            raise Abandoned


class _OverheardSubscription:
    def __init__(self, subscription: Subscription, overheard: Overheard, tell: Tell) -> None:
        self._subscription = subscription
        self._overheard = overheard
        self._tell = tell

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes, and tell them."""
        self._overheard.check()
        batch = self._subscription.poll(timeout, max_items)
        self._overheard.check()
        for change in batch.changes:
            if isinstance(change, (Seen, Gone)):
                self._tell(change.record)
        return batch

    def status(self) -> Health:
        """How it is doing."""
        return self._subscription.status()

    def close(self) -> None:
        """End it."""
        self._subscription.close()


def follower(backend: Any) -> Callable[[PodRef], Any] | None:
    """How the logs of a backend's pods are followed; None if it keeps none."""
    found = getattr(backend, "follow_logs", None)
    return found if callable(found) else None
