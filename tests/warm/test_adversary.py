"""Warm pools, asked what users may ask by mistake or in good faith."""

from __future__ import annotations

from typing import Any

from podcompose import compose
from podcompose.backends import MemoryBackend
from podcompose.run import Seen, Selection, run
from podcompose.run.warm.pool import WarmPool

SPEC: dict[str, Any] = {"restartPolicy": "Never", "containers": [{"name": "base", "image": "i", "command": ["true"]}]}
TEMPLATE: dict[str, Any] = {"metadata": {"labels": {"team": "x"}, "annotations": {"bill.to/whom": "them"}}, "spec": SPEC}


def test_a_task_is_selected_by_the_labels_of_its_template() -> None:
    """What a template puts on the pod is of each task in it, as if the pod were its own; what marks the warm pod is not."""
    with WarmPool(MemoryBackend(), keep=0) as pool:
        told = pool.subscribe(Selection(labels={"team": "x"}))
        run(pool, compose(TEMPLATE, {"metadata": {"labels": {"mine": "1"}}}), launch_id="task/1")
        (record,) = [change.record for change in told.poll(0).changes if isinstance(change, Seen) and change.outcome is not None]

    labels, annotations = dict(record.labels or {}), dict(record.annotations or {})
    assert (labels["team"], labels["mine"], annotations["bill.to/whom"]) == ("x", "1", "them")
    assert not any("warm-pool" in name or name.startswith("task.") for name in (*labels, *annotations))
