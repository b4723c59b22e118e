"""What a pool has seen: its views of the backend, and who waits until they have told all there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from podcompose.errors import Problem
from podcompose.run.errors import Unreachable
from podcompose.run.prepare import Prepared
from podcompose.run.protocols import Change, Resynced, Seen, Selection, Watcher
from podcompose.run.warm.crew import Pump
from podcompose.run.warm.records import UID
from podcompose.run.warm.views import Place, View, places_of
from podcompose.run.warm.yard import Yard

__all__ = ["Lookout"]

#: How long what is there is waited for, before a launch is given up.
_SYNC_S = 30.0


class Lookout:
    """Looks at the places that launches and subscriptions name; `look` is called when something has changed."""

    def __init__(
        self, watcher: Watcher, yard: Yard, clock: Callable[[], datetime], pump: Pump | None, look: Callable[[], None]
    ) -> None:
        self._watcher, self._yard, self._clock, self._pump, self._look = watcher, yard, clock, pump, look
        self._views: dict[Place, View] = {}
        self._told_anew: dict[View, set[str]] = {}
        self._closed = False

    def views(self, where: Selection) -> tuple[View, ...]:
        """The views that a selection needs."""
        return tuple(self._view(place) for place in places_of(where))

    def see(self, namespace: str, prepared: Prepared | None = None) -> None:
        """
        Wait until what is there is known: only so no launch id is taken for new that is not.

        Raises: Unreachable.
        """
        view = self._view(Place(namespace))
        self.pump()
        end = self._clock() + timedelta(seconds=_SYNC_S)
        with self._yard.lock:
            while not view.synced and not self._closed and (left := (end - self._clock()).total_seconds()) > 0:
                self._yard.board.wait(self._yard.stirred, left)
        if view.synced and not self._closed:
            return
        named: dict[str, Any] = {"namespace": namespace}
        if prepared is not None:
            named |= {"launch_id": prepared.launch_id, "name": prepared.name}
        said = "the pool was closed" if self._closed else "the pods that are there could not be listed"
        raise Unreachable([Problem("not-synced", "", said, suggestion="ask again, of a pool that is open")], **named)

    def pump(self) -> bool:
        """By a virtual clock: see and do what there is; whether there was anything."""
        if self._pump is None or self._closed:
            return False
        any_done = False
        while any([*(view.read() for view in tuple(self._views.values())), self._pump.pump()]):
            any_done = True
        return any_done

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        for view in tuple(self._views.values()):
            view.close()

    def _view(self, place: Place) -> View:
        with self._yard.lock:
            view = self._views.get(place)
            if view is None:
                view = self._views[place] = View(self._watcher, place, self._take)
                if self._pump is None:
                    view.start()
        return view

    def _take(self, view: View, changes: tuple[Change, ...]) -> None:
        """What a view tells, in its thread."""
        now = self._clock()
        with self._yard.lock:
            # Of changes that were taken together, that a task has left a pod may come before that it has one of its own.
            self._yard.moving |= set(filter(None, map(_moved, changes)))
            for change in changes:
                if isinstance(change, Resynced) and change.afresh:
                    self._told_anew[view] = set()
                elif isinstance(change, Seen) and view in self._told_anew:
                    self._told_anew[view].add(change.record.ref.uid)
                self._yard.take(change, now)
            uids = self._told_anew.pop(view, None) if changes == () else None
            if uids is not None:
                where = view.place.namespace
                self._yard.begin_anew(uids, lambda ref: where in ("", ref.namespace), now)
            if changes == ():  # it has told all there is
                self._yard.lock.notify_all()
                self._yard.stirred.notify_all()
        self._look()


def _moved(change: Change) -> str | None:
    """The uid of a task that is seen to have a pod of its own now."""
    return (change.record.annotations or {}).get(UID) if isinstance(change, Seen) else None
