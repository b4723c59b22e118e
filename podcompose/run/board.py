"""Pods of a backend that has them itself, versioned and watchable; such a backend writes truthful statuses, the rest is here."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from time import monotonic
from typing import Any, Protocol

from podcompose.core.json import JsonMap, same
from podcompose.run.cursor import format_cursor, parse_cursor, scope_of
from podcompose.run.ledger import Ledger
from podcompose.run.observe import Observation, observe
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Batch, Health, Selection, Synced
from podcompose.run.records import PodRef

__all__ = ["Board", "Wait", "selects", "steady_clock"]

#: How many removed pods are remembered for cursors of before their removal.
_REMEMBERED = 10_000


class Wait(Protocol):
    """Waits until the condition, which is held, is notified, or the time is up; a virtual clock waits in its own time."""

    def __call__(self, condition: threading.Condition, timeout: float | None) -> bool:
        """False once there is nothing more to wait for."""
        ...


def _real_wait(condition: threading.Condition, timeout: float | None) -> bool:
    return condition.wait(timeout) or timeout is not None


def steady_clock() -> Callable[[], datetime]:
    """The time of day, going on evenly whatever is done to the machine's clock."""
    start, since = datetime.now(timezone.utc), monotonic()
    return lambda: start + timedelta(seconds=monotonic() - since)


def selects(where: Selection, manifest: Mapping[str, Any]) -> bool:
    """
    Whether a selection takes a pod.

    >>> selects(Selection(("ns",), {"a": "1"}), {"metadata": {"namespace": "ns", "labels": {"a": "1", "b": "2"}}})
    True
    """
    metadata = manifest["metadata"]
    labels = metadata.get("labels")
    labels = labels if isinstance(labels, Mapping) else {}
    inside = where.namespaces == () or metadata.get("namespace") in where.namespaces
    return inside and all(labels.get(name) == value for name, value in where.labels.items())


class Board:
    """
    Pods and who watches them.

    Thread-safe. Manifests are taken and given as they are: whoever puts one does not change it afterwards.
    `identity` tells this board's cursors from another's; a random one if not given.
    `lock` is one that is shared with what calls it and is called by it; one of its own if not given. `read` as in a Ledger.

    >>> board = Board(steady_clock())
    >>> subscription = board.subscribe(Selection())
    >>> _ = board.put({"metadata": {"namespace": "ns", "name": "a", "uid": "u1"}, "status": {"phase": "Pending"}})
    >>> [type(change).__name__ for change in subscription.poll(0).changes]
    ['Synced', 'Seen']
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        wait: Wait = _real_wait,
        *,
        identity: str | None = None,
        lock: threading.RLock | None = None,
        read: Callable[..., Observation] = observe,
    ) -> None:
        self.clock = clock
        self.wait = wait
        self.read = read
        self.identity = uuid.uuid4().hex[:12] if identity is None else identity
        self.changed = threading.Condition(threading.RLock() if lock is None else lock)
        self._pods: dict[str, JsonMap] = {}
        self._uids: dict[tuple[str, str], str] = {}
        self._ended: dict[str, tuple[int, Outcome]] = {}
        self._removed: OrderedDict[str, JsonMap] = OrderedDict()
        self._stops: dict[str, datetime] = {}
        self._subscriptions: list[BoardSubscription] = []
        self._version = 1
        self._forgotten = 0

    def put(self, manifest: JsonMap) -> JsonMap:
        """A new or changed pod; returns it with the next resource version. A namesake with another uid is removed first."""
        with self.changed:
            metadata = manifest["metadata"]
            place = (metadata["namespace"], metadata["name"])
            before = self._uids.get(place)
            if before is not None and before != metadata["uid"]:
                self.remove(before)
            there = self._pods.get(metadata["uid"])
            if there is not None and _as_it_is(there, manifest):
                return there  # as with the API server, what changes nothing is no new version
            stored = self._versioned(manifest)
            self._pods[metadata["uid"]] = stored
            self._uids[place] = metadata["uid"]
            self._mark_end(stored)
            for subscription in self._subscriptions:
                subscription.told(stored)
            self.changed.notify_all()
            return stored

    def remove(self, uid: str) -> None:
        """A pod is no more."""
        with self.changed:
            found = self._pods.pop(uid, None)
            if found is None:
                return
            last = self._versioned(found)
            metadata = last["metadata"]
            self._uids.pop((metadata["namespace"], metadata["name"]), None)
            self._removed[uid] = last
            if len(self._removed) > _REMEMBERED:
                self._forget_oldest()
            for subscription in self._subscriptions:
                subscription.lost(last)
            self.changed.notify_all()

    def stopped(self, uid: str, at: datetime) -> None:
        """Our own stop of a pod began."""
        with self.changed:
            self._stops.setdefault(uid, at)

    def get(self, namespace: str, name: str) -> JsonMap | None:
        """The pod of a name; None if there is none."""
        with self.changed:
            uid = self._uids.get((namespace, name))
            return None if uid is None else self._pods[uid]

    def by_uid(self, uid: str) -> JsonMap | None:
        """The pod of a uid; None if it is not there."""
        with self.changed:
            return self._pods.get(uid)

    @property
    def pods(self) -> tuple[JsonMap, ...]:
        """Every pod that is there, oldest first."""
        with self.changed:
            return tuple(self._pods.values())

    def subscribe(self, where: Selection, cursor: str | None = None) -> BoardSubscription:
        """What happens to the selected pods, from now or from a cursor on."""
        with self.changed:
            subscription = BoardSubscription(self, where)
            known = parse_cursor(cursor, self.identity, subscription.scope)
            reason = known.reason
            mark = int(known.mark) if known.mark is not None and known.mark.isdecimal() and known.mark != "0" else None
            if mark is None and known.mark is not None:
                reason = "the cursor cannot be read"
            if mark is not None and mark < self._forgotten:
                mark, reason = None, "the cursor is too old"
            if mark is not None and mark > self._version:
                mark, reason = None, "the cursor is of a time to come"
            if reason != "":
                subscription.ledger.begin_afresh(reason)
            self._fill(subscription, 0 if mark is None else mark)
            subscription.ledger.note(Synced())
            self._subscriptions.append(subscription)
            return subscription

    def close(self) -> None:
        """End every subscription."""
        with self.changed:
            for subscription in tuple(self._subscriptions):
                subscription.close()

    def dismiss(self, subscription: BoardSubscription) -> None:
        """A subscription that has ended."""
        with self.changed:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)
            self.changed.notify_all()

    @property
    def stops(self) -> Mapping[str, datetime]:
        """When our own stop of a pod began, by uid."""
        return self._stops

    def _versioned(self, manifest: JsonMap) -> JsonMap:
        self._version += 1
        return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self._version)}}

    def _mark_end(self, manifest: JsonMap) -> None:
        uid = manifest["metadata"]["uid"]
        if uid not in self._ended:
            outcome = self.read(manifest, stopped_at=self._stops.get(uid), now=self.clock()).record.outcome
            if outcome is not None:
                self._ended[uid] = (self._version, outcome)

    def _forget_oldest(self) -> None:
        uid, manifest = self._removed.popitem(last=False)
        self._forgotten = int(manifest["metadata"]["resourceVersion"])
        self._ended.pop(uid, None)
        self._stops.pop(uid, None)

    def _fill(self, subscription: BoardSubscription, mark: int) -> None:
        """What was there at a mark is known; what has changed since is told."""
        ledger, now = subscription.ledger, self.clock()
        ledger.mark = "" if mark == 0 else str(mark)
        there = [pod for pod in self._pods.values() if selects(subscription.where, pod)]
        gone = [pod for pod in self._removed.values() if mark > 0 and selects(subscription.where, pod)]
        changed: list[tuple[int, bool, JsonMap]] = []
        for pod, is_gone in [*((pod, False) for pod in there), *((pod, True) for pod in gone)]:
            version = int(pod["metadata"]["resourceVersion"])
            if version > mark:
                ended = self._ended.get(pod["metadata"]["uid"])
                subscription.recall_end(ended, mark, pod)
                # An outcome nobody was told of comes before the cursor passes the moment of it.
                untold = version if ended is None or ended[0] <= mark else min(version, ended[0])
                changed.append((untold, is_gone, pod))
            elif not is_gone:
                ledger.recall(pod, now)
        for version, is_gone, pod in sorted(changed, key=lambda one: one[0]):
            if is_gone:
                ledger.removed(pod, now)
            else:
                ledger.see(pod, now)
            ledger.mark = str(version) if mark > 0 else ""
        ledger.mark = str(self._version)


def _as_it_is(there: JsonMap, manifest: JsonMap) -> bool:
    """Whether a manifest says nothing new."""
    version = there["metadata"]["resourceVersion"]
    return same(there, {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}})


class BoardSubscription:
    """The changes of a board's pods, pulled in batches."""

    def __init__(self, board: Board, where: Selection) -> None:
        self.where = where
        self.scope = scope_of(where)
        self.ledger = Ledger(board.stops, board.read)
        self._board = board
        self._closed = False

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """Wait for changes; an empty batch when there are none in time, or when closed."""
        board, ledger = self._board, self.ledger
        with board.changed:
            end = None if timeout is None else board.clock() + timedelta(seconds=timeout)
            ledger.tick(board.clock())
            while ledger.lag == 0 and not self._closed:
                due = min((time for time in (end, ledger.until) if time is not None), default=None)
                left = None if due is None else (due - board.clock()).total_seconds()
                if end is not None and board.clock() >= end:
                    break
                if not board.wait(board.changed, left if left is None else max(left, 0)):
                    break
                ledger.tick(board.clock())
            changes, mark = ledger.take(0 if self._closed else max_items)
            return Batch(changes, format_cursor(board.identity, self.scope, mark))

    def status(self) -> Health:
        """How it is doing: it hears everything at once, as long as it is open."""
        now = self._board.clock()
        return Health("Closed" if self._closed else "Live", last_heard=now, lag=self.ledger.lag, skipped=self.ledger.skipped)

    def close(self) -> None:
        """End it; a poll that waits returns at once."""
        self._closed = True
        self._board.dismiss(self)

    def told(self, manifest: JsonMap) -> None:
        """A pod was put."""
        uid = manifest["metadata"]["uid"]
        if selects(self.where, manifest):
            self.ledger.see(manifest, self._board.clock())
        elif self.ledger.knows(uid):
            self.ledger.leave(uid)
        self.ledger.mark = manifest["metadata"]["resourceVersion"]

    def lost(self, manifest: JsonMap) -> None:
        """A pod was removed."""
        if selects(self.where, manifest):
            self.ledger.removed(manifest, self._board.clock())
        self.ledger.mark = manifest["metadata"]["resourceVersion"]

    def recall_end(self, ended: tuple[int, Outcome] | None, mark: int, pod: JsonMap) -> None:
        """An outcome that was there at the mark has been acknowledged."""
        if ended is not None and ended[0] <= mark:
            metadata = pod["metadata"]
            self.ledger.recall_told(PodRef(metadata["namespace"], metadata["name"], metadata["uid"]), ended[1])
