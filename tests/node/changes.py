"""What a subscription tells, kept by uid."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

from podcompose.run import Batch, Gone, Outcome, PodRecord, Seen, Stage, Subscription
from podcompose.run.table import legal
from tests.node.watching import PATIENCE_S

__all__ = ["Changes", "steps"]


class Changes:
    """One thread that polls a subscription until it is closed, and keeps everything; a context manager."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._news = threading.Condition()
        self._records: dict[str, list[PodRecord]] = defaultdict(list)
        self._outcomes: dict[str, list[Outcome]] = defaultdict(list)

    def __enter__(self) -> Changes:
        """Begin to poll."""
        self._thread = threading.Thread(target=self._read, name="changes of the tests")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the subscription, and wait for the thread."""
        self._subscription.close()
        self._thread.join()

    def until(self, uid: str, stage: Stage) -> tuple[list[PodRecord], list[Outcome]]:
        """Wait until the pod is so far, or gone: its records, and every outcome that was told of it."""
        with self._news:
            if not self._news.wait_for(lambda: self._has_come(uid, stage), PATIENCE_S):
                raise TimeoutError(f"not {stage} after {PATIENCE_S:g} s, but {self._records[uid][-1:]}")
            return list(self._records[uid]), list(self._outcomes[uid])

    def _has_come(self, uid: str, stage: Stage) -> bool:
        return len(self._records[uid]) > 0 and self._records[uid][-1].stage in (stage, Stage.GONE)

    def _read(self) -> None:
        while self._subscription.status().state != "Closed":
            self._keep(self._subscription.poll(1.0))

    def _keep(self, batch: Batch) -> None:
        with self._news:
            for change in batch.changes:
                if isinstance(change, (Seen, Gone)):
                    self._records[change.record.ref.uid].append(change.record)
                    if change.outcome is not None:
                        self._outcomes[change.record.ref.uid].append(change.outcome)
            self._news.notify_all()


def steps(records: Iterable[PodRecord]) -> list[Stage]:
    """The stages of a pod's records, each run of one stage as one; every step must be in the table."""
    found: list[Stage] = []
    for record in records:
        before = found[-1] if found else None
        assert legal(before, record.stage), f"{record.ref}: from {before} to {record.stage}"
        if record.stage is not before:
            found.append(record.stage)
    return found
