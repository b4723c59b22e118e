"""The pods that a pool starts: what is sent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from podcompose.compose import compose
from podcompose.composition import Composition
from podcompose.core.json import JsonMap
from podcompose.override import Override
from podcompose.run.naming import WARM_POOL, label_value
from podcompose.run.protocols import Launched
from podcompose.run.records import PodRecord, Stage
from podcompose.run.warm import marks
from podcompose.run.warm.claims import Claim, label_of, written
from podcompose.run.warm.kinds import Kind
from podcompose.run.warm.records import UID

__all__ = ["idle_pod", "own_pod", "pod_id", "provisional"]


def pod_id(pool: str, kind: Kind) -> str:
    """A launch id for a pod of the pool, as no other has it."""
    return f"warm/{pool}/{kind.digest[7:15]}/{uuid.uuid4().hex[:12]}"


def idle_pod(manifest: JsonMap, kind: Kind, pool: str, now: datetime, claim: Claim | None, spent: str | None) -> Composition:
    """A pod of a kind, idle (`manifest`, as the backend has it), with the marks of the pool; and with a claim it begins with."""
    annotations = {
        WARM_POOL: pool,
        marks.KIND: kind.digest,
        marks.CONTAINER: kind.container,
        marks.SINCE: f"{now:%Y-%m-%dT%H:%M:%SZ}",
        marks.TASKS: "0" if claim is None else "1",
    }
    labels = {WARM_POOL: label_value(pool)}
    if spent is not None:
        annotations[marks.SPENT] = spent
    if claim is not None:
        labels[label_of(claim.key)], annotations[label_of(claim.key)] = "", written(claim)
    return compose(manifest, unknown="keep").with_stage("warm", _metadata(labels, annotations))


def own_pod(composition: Composition, key: str, uid: str) -> Composition:
    """A pod of its own for a task that was to go to a warm one: it keeps the task's uid, and can be found by the task's label."""
    return composition.with_stage("warm", _metadata({label_of(key): ""}, {UID: uid}))


def provisional(launched: Launched, launch_id: str, composition: Composition) -> PodRecord:
    """The record of a pod that was just started, until it is seen."""
    metadata: dict[str, Any] = composition.manifest["metadata"]
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    return PodRecord(launched.ref, launch_id, Stage.ACCEPTED, labels=labels, annotations=annotations)


def _metadata(labels: dict[str, str], annotations: dict[str, str]) -> Override:
    return Override({"metadata": {"labels": labels, "annotations": annotations}})
