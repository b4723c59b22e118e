"""
Every possible end of a pod of which one object tells, each with its moment; the earliest is the outcome.

Where a moment is not told, the latest it can have been stands for it: what the kubelet did to the containers, it did before the
last of them ended. A container outside the main set that outlived it so proves that the main set ended by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from podcompose.run.moments import DAWN, instant, later
from podcompose.run.outcome import DisruptionKind
from podcompose.run.reading import Fields, Pod, condition, number, text

__all__ = ["LAST", "End", "Stop", "deleting", "ends"]

#: After everything: what is gone has ended by now.
LAST = datetime.max.replace(tzinfo=DAWN.tzinfo, microsecond=0)

#: Which of two ends in one second came first. What the kubelet says of the pod it says knowing of the exit.
_TOLD, _COMPLETION, _STOP, _DISRUPTION, _DELETION, _DUE = range(6)


class End(NamedTuple):
    """A possible end: ordered by its moment, then by its rank."""

    at: datetime
    rank: int
    kind: Literal["Completion", "InitFailed", "Rejected"] | DisruptionKind
    reason: str | None = None
    message: str | None = None
    #: Whether `at` is told by the object, or only the latest it can have been.
    exact: bool = True


class Stop(NamedTuple):
    """Our own stop, and when it began (None: cannot be read); one that is not `sure` was only meant to be, before the DELETE."""

    at: datetime | None
    sure: bool = True


def ends(pod: Pod, stop: Stop | None, gone: bool) -> list[End]:
    """All possible ends, the earliest first."""
    by_kubelet = [end for end in (_completion(pod), _init_failure(pod), _word(pod)) if end is not None]
    disruption = _disruption(pod)
    found = [*by_kubelet, *(end for end in (disruption, _due(pod)) if end is not None)]
    begun = gone or deleting(pod) or (stop is not None and stop.sure)
    if begun and not (by_kubelet != [] and _told_before_deletion(pod)):
        found.append(_deletion(pod, disruption) if stop is None else _stop(pod, stop))
    return sorted(found, key=lambda end: end[:2])


def _completion(pod: Pod) -> End | None:
    finished = [run.exit.finished for run in pod.main if run.exit is not None]
    return End(_latest(finished), _COMPLETION, "Completion") if pod.complete else None


def _init_failure(pod: Pod) -> End | None:
    failed = pod.failed_init
    return None if failed is None or failed.exit is None else End(failed.exit.finished or DAWN, _COMPLETION, "InitFailed")


def _latest(moments: list[datetime | None]) -> datetime:
    """The latest of those that are known; an exit without a moment is there, so it is taken for early."""
    return max((moment for moment in moments if moment is not None), default=DAWN)


def _last_exit(pod: Pod) -> datetime:
    return _latest([run.exit.finished for run in (*pod.main, *pod.beside) if run.exit is not None])


_WORDS: Mapping[str, DisruptionKind] = {
    "DeadlineExceeded": "DeadlineExceeded",
    "Evicted": "Evicted",
    "NodeLost": "NodeLost",
    "Preempting": "Preempted",
    "Shutdown": "NodeShutdown",
    "Terminated": "NodeShutdown",
}
_REJECTIONS = frozenset(
    {"NodeAffinity", "NodeName", "NodePorts", "NodeShutdown", "TopologyAffinityError", "UnexpectedAdmissionError"}
)


def _word(pod: Pod) -> End | None:
    """What the kubelet says of the pod itself; an eviction by a volume's limit, or a rejection, has no other trace."""
    reason, message = text(pod.status.get("reason")), text(pod.status.get("message"))
    if pod.phase != "Failed" or reason is None:
        return None
    kind = _WORDS.get(reason)
    if kind is not None:
        due = _deadline(pod) if kind == "DeadlineExceeded" else None
        return End(due or _last_exit(pod), _TOLD, kind, reason, message, exact=due is not None)
    unused = not any(container.ran or container.lost for container in (*pod.inits, *pod.main, *pod.beside))
    if unused or reason.startswith("OutOf") or reason in _REJECTIONS:  # with later versions come other reasons to reject a pod
        return End(_last_exit(pod), _TOLD, "Rejected", reason, message)
    return None


def _deadline(pod: Pod) -> datetime | None:
    return later(instant(pod.status.get("startTime")), pod.spec.get("activeDeadlineSeconds"))


def _due(pod: Pod) -> End | None:
    """The deadline before the kubelet has said anything of it: an exit later than that is not believed yet."""
    due = _deadline(pod) if pod.phase is None and pod.complete else None
    return None if due is None else End(due, _DUE, "DeadlineExceeded")


_TARGETS: Mapping[str, DisruptionKind] = {
    "EvictionByEvictionAPI": "Evicted",
    "PreemptionByScheduler": "Preempted",
    "PreemptionByKubeScheduler": "Preempted",
    "DeletionByTaintManager": "NodeLost",
    "DeletionByPodGC": "NodeLost",
}


def _disruption(pod: Pod) -> End | None:
    """The condition DisruptionTarget; its writers other than the kubelet set it before they delete the pod."""
    target = condition(pod.status, "DisruptionTarget")
    if target.get("status") != "True":
        return None
    reason, message = text(target.get("reason")), text(target.get("message"))
    kind = _TARGETS.get(reason or "") or _by_kubelet(pod, message or "")
    at = instant(target.get("lastTransitionTime"))
    return End(at or _last_exit(pod), _DISRUPTION, kind, reason, message, exact=at is not None)


def _by_kubelet(pod: Pod, message: str) -> DisruptionKind:
    """Which of its three: said by the pod's reason once the pod has ended, before that by the condition's message."""
    word = _WORDS.get(text(pod.status.get("reason")) or "")
    if word is not None and word != "DeadlineExceeded":
        return word
    return "NodeShutdown" if "shutdown" in message else "Preempted" if "reempt" in message else "Evicted"


def deleting(pod: Pod) -> bool:
    """Whether someone has asked for the pod's deletion."""
    return pod.metadata.get("deletionTimestamp") is not None


def _seen(pod: Pod, where: Fields) -> bool | None:
    """Whether what is told here was told under the deletion, which raises the generation; None on servers before 1.34."""
    observed, generation = number(where.get("observedGeneration")), number(pod.metadata.get("generation"))
    return None if observed is None or generation is None else observed >= generation


def _told_before_deletion(pod: Pod) -> bool:
    return pod.phase is not None and _seen(pod, pod.status) is False


def _stop(pod: Pod, stop: Stop) -> End:
    began = stop.at or _began(pod)
    return End(began or _last_exit(pod), _STOP, "Stop", exact=began is not None)


def _deletion(pod: Pod, disruption: End | None) -> End:
    """A deletion by someone else; it is a consequence where a disruption was not told under it."""
    if disruption is not None and deleting(pod):
        under = _seen(pod, condition(pod.status, "DisruptionTarget"))
        return End(disruption.at, _TOLD if under else _DELETION, "Deletion", exact=False)
    if pod.phase is not None and deleting(pod) and _seen(pod, pod.status):
        return End(_last_exit(pod), _TOLD, "Deletion", exact=False)
    return End(_began(pod) or LAST, _DELETION, "Deletion", exact=_grace(pod) > 0)


def _began(pod: Pod) -> datetime | None:
    """When the deletion began; the kubelet's last word has grace 0 and a timestamp of its own, so it is no later than this."""
    return later(instant(pod.metadata.get("deletionTimestamp")), -_grace(pod))


def _grace(pod: Pod) -> int:
    return number(pod.metadata.get("deletionGracePeriodSeconds")) or 0
