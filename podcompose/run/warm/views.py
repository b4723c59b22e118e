"""What a pool sees of its backend: one subscription for each place it looks at, read as long as the pool is open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

from podcompose.run.naming import LAUNCH, MANAGED_BY, MANAGER
from podcompose.run.protocols import Change, Health, Selection, Subscription, Synced, Watcher

__all__ = ["Place", "View", "places_of"]

_LOG = logging.getLogger("podcompose.warm")
_REST_S = 1.0


class Place(NamedTuple):
    """What is looked at: a namespace ("" for all of them), and whether pods that are not podcompose's are wanted too."""

    namespace: str
    wide: bool = False

    @property
    def selection(self) -> Selection:
        """As a selection."""
        return Selection(() if self.namespace == "" else (self.namespace,), {} if self.wide else {MANAGED_BY: MANAGER})


def places_of(where: Selection) -> tuple[Place, ...]:
    """
    The places that a selection needs.

    >>> places_of(Selection(("a",), {MANAGED_BY: MANAGER})), places_of(Selection())
    ((Place(namespace='a', wide=False),), (Place(namespace='', wide=True),))
    """
    wide = where.labels.get(MANAGED_BY) != MANAGER and LAUNCH not in where.labels
    return tuple(Place(namespace, wide) for namespace in (where.namespaces or ("",)))


class View:
    """One subscription, and whether it has told all there is. `take` is given its changes, in one thread at a time."""

    def __init__(self, watcher: Watcher, place: Place, take: Callable[[View, tuple[Change, ...]], None]) -> None:
        self.place = place
        self.synced = False
        self._take = take
        self._subscription: Subscription = watcher.subscribe(place.selection)
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        """Read it in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="podcompose-warm-view", daemon=True)
        self._thread.start()

    def read(self) -> bool:
        """Take what is there now; whether there was anything."""
        changes = self._subscription.poll(0.0).changes
        if changes != ():
            self._told(changes)
        return changes != ()

    def health(self) -> Health:
        """How it is doing."""
        return self._subscription.status()

    def close(self) -> None:
        """End it."""
        self._closing.set()
        self._subscription.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                changes = self._subscription.poll(None).changes
                if changes != ():
                    self._told(changes)
                elif self._subscription.status().state == "Closed":
                    return
            except Exception:
                _LOG.exception("a warm pool could not read its backend")
                self._closing.wait(_REST_S)

    def _told(self, changes: tuple[Change, ...]) -> None:
        self._take(self, changes)
        if any(isinstance(change, Synced) for change in changes):
            self.synced = True
            self._take(self, ())
