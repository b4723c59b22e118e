"""Somebody who follows a subscription in a thread of its own and writes down every outcome, and every one that comes twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from functools import partial
from types import TracebackType

from podcompose.run import Gone, Outcome, PodRef, Resynced, Seen, Selection, Synced, Watcher
from tests.cluster.child import wait_for

__all__ = ["Outcomes"]


class Outcomes:
    """
    The outcomes of a selection, as a scheduler would store them with its cursor.

    `restart` ends the subscription where it is and begins a new one at the stored cursor. An outcome that comes a second time is
    `doubled`, with one exception: a subscription that says it begins afresh may tell once more what it told, in the same words.
    """

    def __init__(self, watcher: Watcher, where: Selection, *, max_items: int = 1000) -> None:
        self._watcher, self._where, self._max_items = watcher, where, max_items
        self._changed = threading.Condition()
        self._outcomes: dict[str, Outcome] = {}
        self._may_repeat: set[str] = set()
        self._stages: dict[str, set[str]] = {}
        self._closing = False
        self._synced = False
        self.cursor: str | None = None
        self.doubled: list[PodRef] = []
        self.resynced: list[str] = []
        self.restarts = 0

    def __enter__(self) -> Outcomes:
        """Subscribe, and wait until all that is there was told: a pod that comes and goes before the first look was never seen."""
        self._open()
        try:
            self._await(lambda: self._synced, "the subscription is in sync")
        except TimeoutError:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End it."""
        self._close()

    def _open(self) -> None:
        self._closing = False
        self._subscription = self._watcher.subscribe(self._where, cursor=self.cursor)
        self._thread = threading.Thread(target=self._follow, name="outcomes")
        self._thread.start()

    def _close(self) -> None:
        self._closing = True
        self._subscription.close()
        self._thread.join()

    def restart(self) -> None:
        """As if the scheduler had been started anew."""
        self._close()
        self.restarts += 1
        self._open()

    def _follow(self) -> None:
        while not self._closing:
            batch = self._subscription.poll(1.0, self._max_items)
            with self._changed:
                for change in batch.changes:
                    if isinstance(change, (Seen, Gone)):
                        self._note(change)
                    elif isinstance(change, Synced):
                        self._synced = True
                    elif isinstance(change, Resynced):
                        self.resynced.append(change.reason)
                        self._may_repeat |= set(self._outcomes) if change.afresh else set()
                if batch.cursor != "":
                    self.cursor = batch.cursor
                self._changed.notify_all()

    def _note(self, change: Seen | Gone) -> None:
        ref = change.record.ref
        self._stages.setdefault(ref.uid, set()).add(str(change.record.stage))
        if change.outcome is None:
            return
        told = self._outcomes.setdefault(ref.uid, change.outcome)
        if told is not change.outcome and not (ref.uid in self._may_repeat and told.kind == change.outcome.kind):
            self.doubled.append(ref)
        self._may_repeat.discard(ref.uid)

    @property
    def count(self) -> int:
        """How many pods have an outcome."""
        return len(self._outcomes)

    def of(self, ref: PodRef) -> Outcome:
        """The outcome of one pod."""
        return self._outcomes[ref.uid]

    def missing(self, refs: Iterable[PodRef]) -> list[PodRef]:
        """Those that have no outcome."""
        with self._changed:
            return [ref for ref in refs if ref.uid not in self._outcomes]

    def await_stage(self, ref: PodRef, stage: str) -> None:
        """Wait until a pod was seen in this stage."""
        self._await(lambda: stage in self._stages.get(ref.uid, ()), f"{ref} is {stage}")

    def await_all(self, refs: Collection[PodRef], timeout: float = 120.0) -> None:
        """Wait until each has its outcome; the timeout is for each new one."""
        while (left := len(self.missing(refs))) > 0:
            self._await(partial(self._fewer, refs, left), f"{left} outcomes are missing", timeout)

    def _fewer(self, refs: Collection[PodRef], than: int) -> bool:
        return len(self.missing(refs)) < than

    def _await(self, condition: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
        try:
            wait_for(condition, what, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; {self._subscription.status()}") from None
