"""The outcome of which a pod's earliest end is the reason, and everything that is to be said beside it."""

from __future__ import annotations

from datetime import datetime

from podcompose.run.ends import LAST, End
from podcompose.run.outcome import Cause, CauseKind, Disruption, DisruptionKind, Kind, Outcome, Ran
from podcompose.run.reading import Container, Exit, Pod, entries, text

__all__ = ["unseen", "verdict"]


def unseen(started: datetime | None, restarts: int, *, stopped: bool, deleting: bool) -> Outcome:
    """What is to be said of a pod that vanished, nobody saw how: it may have started after it was last seen."""
    begun: DisruptionKind | None = "Stop" if stopped else "Deletion" if deleting else None
    return Outcome(
        "Stopped" if stopped else "Lost",
        started=started,
        restarts=restarts,
        ran="unknown" if started is None else "yes",
        disruption=None if begun is None else Disruption(begun),
    )


def verdict(pod: Pod, found: list[End]) -> Outcome:
    """The outcome, `found` being the possible ends, the earliest first."""
    first = found[0] if found != [] else None
    deciding = _deciding(pod, first)
    run = None if deciding is None else deciding.exit
    kind, cause = _judged(pod, found, deciding)
    told = cause if run is None else run
    return Outcome(
        kind,
        cause,
        exit_code=None if run is None else run.code,
        signal=None if run is None else _signal(run),
        reason=None if told is None else told.reason,
        message=None if told is None else told.message,
        container=None if deciding is None else deciding.name,
        started=None if deciding is None else deciding.started,
        finished=None if run is None else run.finished,
        restarts=pod.restarts,
        ran=_ran(pod, found),
        infrastructure=cause is not None and cause.kind in _INFRASTRUCTURE,
        disruption=None if first is None else _disruption(first),
    )


_INFRASTRUCTURE = frozenset({"Evicted", "Preempted", "NodeLost", "NodeShutdown", "Rejected"})


def _judged(pod: Pod, found: list[End], deciding: Container | None) -> tuple[Kind, Cause | None]:
    first = found[0] if found != [] else None
    if first is None or first.kind in ("Completion", "InitFailed"):
        return ("Succeeded", None) if _succeeded(pod) else ("Failed", _cause(pod, deciding))
    if first.kind == "Stop":
        return "Stopped", None
    if first.kind != "DeadlineExceeded" and pod.phase != "Failed" and _succeeded(pod):
        return "Succeeded", None  # Kubernetes' word stands; that it was being killed is the outcome's `disruption`
    infrastructure = [end for end in found if end.kind in _INFRASTRUCTURE]
    if first.kind == "Deletion":
        return "Deleted", _told(infrastructure) if infrastructure != [] else None
    cause = _told([end for end in found if end.kind == first.kind])
    return "Deleted" if pod.phase is None and not pod.complete else "Failed", cause


def _told(named: list[End]) -> Cause:
    """Of several that say the same, the pod's own reason says most."""
    end = min(named, key=lambda end: end.rank)
    kind: CauseKind = end.kind  # type: ignore[assignment]
    return Cause(kind, end.reason, end.message)


def _succeeded(pod: Pod) -> bool:
    """By the main set's exits, where it is complete (what failed beside it does not matter); else by the phase."""
    if pod.complete:
        return all(container.exit is not None and container.exit.code == 0 for container in pod.main)
    return pod.phase == "Succeeded"


def _deciding(pod: Pod, first: End | None) -> Container | None:
    """The main container that failed first, or ended last, or at least started; an init container where it is the end."""
    if first is not None and first.kind == "InitFailed":
        return pod.failed_init
    exited = [container for container in pod.main if container.exit is not None]
    failed = [container for container in exited if container.exit is not None and container.exit.code != 0]
    if failed != []:
        return min(failed, key=_finish)
    if exited != []:
        return max(exited, key=_finish)
    broken = [init for init in pod.inits if init.exit is not None and init.exit.code != 0] if first is None else []
    return next((container for container in (*broken, *pod.main) if container.exit or container.started), None)


def _finish(container: Container) -> tuple[datetime, str]:
    """Of one second, in the order in which the kubelet lists them: by name."""
    finished = None if container.exit is None else container.exit.finished
    return LAST if finished is None else finished, container.name


def _cause(pod: Pod, deciding: Container | None) -> Cause:
    """Why it failed, where nothing but its containers tells."""
    run = None if deciding is None else deciding.exit
    if run is not None and run.code != 0:
        return Cause("InitFailed" if deciding in pod.inits else _exit_kind(run), run.reason, run.message)
    if any(container.lost for container in (*pod.main, *pod.inits)):
        return Cause("NodeLost", "ContainerStatusUnknown")
    return Cause("Unknown", text(pod.status.get("reason")), text(pod.status.get("message")))


def _exit_kind(run: Exit) -> CauseKind:
    """By the kubelet's reason, never by the code: 137 may be anyone's SIGKILL, and a killed child leaves any code."""
    return "OOMKilled" if run.reason == "OOMKilled" else "StartError" if run.start_error else "Exit"


def _signal(run: Exit) -> int | None:
    """Which signal ended it: 128 + n, as shells and container runtimes say it."""
    return run.code - 128 if 128 < run.code <= 128 + 64 and not run.start_error else None


def _disruption(first: End) -> Disruption | None:
    if first.kind in ("Completion", "InitFailed", "Rejected"):
        return None
    kind: DisruptionKind = first.kind  # type: ignore[assignment]
    return Disruption(kind, first.reason, first.at if first.exact else None)


def _ran(pod: Pod, found: list[End]) -> Ran:
    """Whether a main container ever started; "no" only if the node said so, or there was none."""
    if pod.phase == "Succeeded" or any(container.ran for container in pod.main):
        return "yes"
    lost = any(container.lost for container in pod.main) or any(end.kind == "NodeLost" for end in found)
    if lost or pod.restarts > 0 or pod.main == ():
        return "unknown"
    if text(pod.spec.get("nodeName")) is None and pod.phase is None:
        return "no"
    if any(end.kind == "Rejected" for end in found) and entries(pod.status.get("containerStatuses")) == []:
        return "no"
    last_word = pod.phase is not None or pod.complete or pod.failed_init is not None
    return "no" if last_word and all(container.seen and not container.odd for container in pod.main) else "unknown"
