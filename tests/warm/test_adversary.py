"""Warm pools, asked what users may ask by mistake or in good faith."""

from __future__ import annotations

import math
from typing import Any

import pytest

from podcompose import compose
from podcompose.backends import MemoryBackend
from podcompose.run import Seen, Selection, run
from podcompose.run.errors import OtherPod
from podcompose.run.warm.pool import WarmPool

SPEC: dict[str, Any] = {"restartPolicy": "Never", "containers": [{"name": "base", "image": "i", "command": ["true"]}]}
TEMPLATE: dict[str, Any] = {"metadata": {"labels": {"team": "x"}, "annotations": {"bill.to/whom": "them"}}, "spec": SPEC}


@pytest.mark.parametrize("seconds", [math.inf, 1e12])
def test_pods_may_be_kept_for_ever(seconds: float) -> None:
    """Times that are over after all dates, or never, are just that."""
    with WarmPool(MemoryBackend(), keep=1, idle_timeout_s=seconds, max_age_s=seconds) as pool:
        assert run(pool, {"spec": SPEC}, launch_id="task/1").kind == "Succeeded"


@pytest.mark.parametrize("name", ["idle_timeout_s", "max_age_s"])
def test_a_time_that_is_no_number_is_refused(name: str) -> None:
    """NaN is neither more than nothing nor less."""
    times: dict[str, Any] = {name: math.nan}
    with pytest.raises(ValueError, match="more than 0"):
        WarmPool(MemoryBackend(), **times)


def test_a_task_is_selected_by_the_labels_of_its_template() -> None:
    """What a template puts on the pod is of each task in it, as if the pod were its own; what marks the warm pod is not."""
    with WarmPool(MemoryBackend(), keep=0) as pool:
        told = pool.subscribe(Selection(labels={"team": "x"}))
        run(pool, compose(TEMPLATE, {"metadata": {"labels": {"mine": "1"}}}), launch_id="task/1")
        (record,) = [change.record for change in told.poll(0).changes if isinstance(change, Seen) and change.outcome is not None]

    labels, annotations = dict(record.labels or {}), dict(record.annotations or {})
    assert (labels["team"], labels["mine"], annotations["bill.to/whom"]) == ("x", "1", "them")
    assert not any("warm-pool" in name or name.startswith("task.") for name in (*labels, *annotations))


def test_a_task_of_another_pool_is_no_task_of_this() -> None:
    """It is refused, and where the task is, is said: nobody here would ever tell how it ends."""
    backend = MemoryBackend()
    with WarmPool(backend, keep=0, name="a") as one:
        one.launch({"spec": SPEC}, launch_id="dag/1")
        other = WarmPool(backend, keep=0, name="b")
        with pytest.raises(OtherPod, match="pool 'a'"):
            other.launch({"spec": SPEC}, launch_id="dag/1")


def test_less_is_kept_than_there_may_be() -> None:
    """The default of `keep` is no mistake of who says a small `limit`."""
    with WarmPool(MemoryBackend(), limit=1) as pool:
        assert run(pool, {"spec": SPEC}, launch_id="dag/1").kind == "Succeeded"
        assert pool.stats().pods == 1
