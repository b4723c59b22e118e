"""What the server remembers: every pod, every change in order, and who waits for the next one."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from podcompose.core.json import JsonMap
from podcompose.testing.faults.objects import with_version

__all__ = ["Change", "Key", "Store"]

#: Namespace and name.
Key: TypeAlias = tuple[str, str]


class Change(NamedTuple):
    """One write. Without a key nothing was written: a bookmark is due."""

    version: int
    key: Key | None = None
    before: JsonMap | None = None
    after: JsonMap | None = None
    #: Happened, but no watch hears of it.
    quiet: bool = False


class Store:
    """
    Pods and their history. Objects are never changed in place, so whoever got one may keep it.

    `changed` is the lock of everything here, and what a watch waits on.

    >>> store = Store()
    >>> with store.changed:
    ...     _ = store.write(("default", "a"), {"metadata": {}})
    ...     _ = store.write(("default", "a"), None)
    >>> store.at(2), store.at(3)
    ({('default', 'a'): {'metadata': {'resourceVersion': '2'}}}, {})
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.pods: dict[Key, JsonMap] = {}
        self.log: list[Change] = []
        #: No real server is at 0: as a resourceVersion, "0" means something else.
        self.version = 1
        #: Versions before this one are forgotten.
        self.oldest = 0
        #: Counts how often all watches were ended; a watch ends where it differs from what it began with.
        self.age = 0
        self.closed = False
        #: How far each open watch has come in the log, by a number of its own.
        self.reached: dict[int, int] = {}

    def write(self, key: Key, pod: JsonMap | None, *, quiet: bool = False) -> JsonMap | None:
        """Write a pod, or remove it (None), at the next resourceVersion. The lock must be held."""
        self.version += 1
        before = self.pods.get(key)
        after = None if pod is None else with_version(pod, self.version)
        self._keep(key, after)
        self._append(Change(self.version, key, before, after, quiet))
        return after

    def _keep(self, key: Key, pod: JsonMap | None) -> None:
        if pod is None:
            self.pods.pop(key, None)
        else:
            self.pods[key] = pod

    def _append(self, change: Change) -> None:
        self.log.append(change)
        self.changed.notify_all()

    def bookmark(self) -> None:
        """Have every watch that takes bookmarks send one."""
        with self.changed:
            self._append(Change(self.version))

    def skip(self, versions: int) -> None:
        """Let other resources of the cluster be written: only the number moves."""
        with self.changed:
            self.version += versions

    def compact(self) -> None:
        """Forget the history: only what is now can be read."""
        with self.changed:
            self.oldest = self.version

    def end_watches(self) -> None:
        """End every open watch cleanly."""
        with self.changed:
            self.age += 1
            self.changed.notify_all()

    def jump_back(self, version: int) -> None:
        """Be what it was at `version`, and count on from there, as after a restore of etcd."""
        with self.changed:
            self.pods = self.at(version)
            del self.log[self.position(version) :]
            self.version = version
            self.oldest = min(self.oldest, version)
            self.end_watches()

    def close(self) -> None:
        """End everything that waits here."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def at(self, version: int) -> dict[Key, JsonMap]:
        """All pods as of a resourceVersion that is still remembered."""
        with self.changed:
            pods = dict(self.pods)
            for change in reversed(self.log[self.position(version) :]):
                if change.key is not None and change.before is None:
                    pods.pop(change.key, None)
                elif change.key is not None and change.before is not None:
                    pods[change.key] = change.before
            return pods

    def position(self, version: int) -> int:
        """Where in the log the changes after `version` begin."""
        return bisect_right(self.log, version, key=lambda change: change.version)

    def wait(self, until: Callable[[], bool], timeout: float) -> bool:
        """Wait for something that changes under the lock; False where it did not within `timeout` seconds."""
        with self.changed:
            return self.changed.wait_for(until, timeout)
