"""How a pod ended, from one object alone: the earliest end wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from podcompose.run.ends import End, Stop, deleting, ends
from podcompose.run.moments import Moment, instant
from podcompose.run.naming import STOPPED_AT
from podcompose.run.outcome import Outcome
from podcompose.run.reading import Pod, mapping, read
from podcompose.run.verdict import unseen, verdict

__all__ = ["Moment", "classify", "conclude", "own_stop"]


def classify(
    manifest: Mapping[str, Any],
    main: str | tuple[str, ...] | None = None,
    stopped_at: Moment = None,
    gone: Literal["certain", "uncertain"] | None = None,
    *,
    patient: bool = True,
) -> Outcome | None:
    """
    How the pod ended; None as long as it has not, or cannot be known to have.

    Shapes: `manifest` is the pod as the API server gave it; nothing in it is too odd to be read for the rest.
            `main` names the containers that decide: else the annotation `kubectl.kubernetes.io/default-container`, else all.
            `stopped_at` is when our own stop began, by the server's clock: the `deletionTimestamp` in the answer to our DELETE,
            minus its grace; else the annotation `podcompose.io/stopped-at`. Without either, a deletion is someone else's.
            `gone`: the object is no more; "certain" where this is how it was deleted, "uncertain" where that was not seen.
            `patient` waits for the last phase where it is about to come, for it tells the reason; how long is the caller's to say.
    Laws:   every object of a pod's life gives None or the same outcome (tests/run/test_classify_histories.py), but for `ran`: of
            a container that never started the kubelet says in the end only that it cannot be found.
    Source: histories of a real kubelet; docs/outcomes.md.

    >>> ended = {"terminated": {"exitCode": 3, "finishedAt": "2026-11-22T13:51:34Z"}}
    >>> outcome = classify({"status": {"phase": "Failed", "containerStatuses": [{"name": "base", "state": ended}]}})
    >>> outcome.kind, outcome.cause.kind, outcome.exit_code
    ('Failed', 'Exit', 3)
    """
    pod = read(manifest, main)
    return conclude(pod, own_stop(pod, stopped_at), gone, patient=patient)


def own_stop(pod: Pod, stopped_at: Moment) -> Stop | None:
    """Our own stop, as the caller knows of it, or as it was noted at the pod; None where the pod was not stopped by us."""
    if stopped_at is not None:
        return Stop(instant(stopped_at))
    noted = mapping(pod.metadata.get("annotations")).get(STOPPED_AT)
    return None if noted is None else Stop(instant(noted), sure=False)


def conclude(
    pod: Pod, stop: Stop | None, gone: Literal["certain", "uncertain"] | None = None, *, patient: bool = True
) -> Outcome | None:
    """`classify` of a pod that has been read."""
    if gone == "certain":
        return verdict(pod, ends(pod, stop, gone=True))
    if _over(pod, patient):
        found = ends(pod, stop, gone=False)
        if pod.phase is not None or not patient or not _disputed(found):
            return verdict(pod, found)
    return None if gone is None else unseen(pod.started, pod.restarts, stopped=stop is not None, deleting=deleting(pod))


def _over(pod: Pod, patient: bool) -> bool:
    """
    Whether the pod can go no further.

    The last phase follows an exit of the last container within seconds, and may bring a reason: only where something outside
    the main set still runs is nothing gained by waiting for it.
    """
    if pod.phase is not None:
        return True
    ended = (pod.complete or pod.failed_init is not None) and not pod.entangled
    return ended and (not patient or any(container.running for container in pod.beside))


def _disputed(found: list[End]) -> bool:
    """Whether something had begun to end the pod by the second in which it ended."""
    return found[0].kind not in ("Completion", "InitFailed") or (len(found) > 1 and found[1].at == found[0].at)
