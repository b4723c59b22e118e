"""Where launches and pods have been met: a help to memory that may forget, for a backend can always be asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from podcompose.run.records import PodRef

__all__ = ["Places", "Turns"]

#: As many launches and pods as are remembered.
_REMEMBERED = 100_000
K = TypeVar("K")
V = TypeVar("V")


class Places:
    """
    Which backend has which launch id and which uid, as far as it was seen. Thread-safe.

    >>> places = Places()
    >>> places.saw("local", PodRef("default", "a", "u1"), "dag/1")
    >>> places.of_launch("default", "dag/1"), places.of_pod("u1"), places.of_pod("u2")
    ('local', 'local', None)
    >>> places.lost(PodRef("default", "a", "u1"), "dag/1")
    >>> places.of_launch("default", "dag/1"), places.of_pod("u1")
    (None, None)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._launches: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()
        self._pods: OrderedDict[str, str] = OrderedDict()

    def of_launch(self, namespace: str, launch_id: str) -> str | None:
        """The backend that had the pod of this launch id when it was last seen, or that may have made it."""
        with self._lock:
            found = self._launches.get((namespace, launch_id))
            return None if found is None else found[0]

    def of_pod(self, uid: str) -> str | None:
        """The backend of a pod that was seen."""
        with self._lock:
            return self._pods.get(uid)

    def saw(self, name: str, ref: PodRef, launch_id: str | None) -> None:
        """A pod is there."""
        with self._lock:
            _put(self._pods, ref.uid, name)
        if launch_id is not None:
            self.meant(name, ref.namespace, launch_id, ref.uid)

    def meant(self, name: str, namespace: str, launch_id: str, uid: str = "") -> None:
        """A pod of this launch id may be there."""
        with self._lock:
            _put(self._launches, (namespace, launch_id), (name, uid))

    def lost(self, ref: PodRef, launch_id: str | None) -> None:
        """A pod is no more."""
        with self._lock:
            self._pods.pop(ref.uid, None)
            if launch_id is not None and self._launches.get((ref.namespace, launch_id), ("", ""))[1] == ref.uid:
                del self._launches[ref.namespace, launch_id]


class Turns:
    """
    One at a time for one key, all at once for different ones.

    >>> turns = Turns()
    >>> with turns.of("a"), turns.of("b"):
    ...     len(turns)
    2
    >>> len(turns)
    0
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[object, tuple[threading.Lock, int]] = {}

    def __len__(self) -> int:
        """How many keys are in use."""
        return len(self._locks)

    @contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        """Have the turn of a key."""
        with self._lock:
            lock, users = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._locks.pop(key)
                if users > 1:
                    self._locks[key] = (lock, users - 1)


def _put(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)
