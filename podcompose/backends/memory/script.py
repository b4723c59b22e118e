"""A fate as a script: what happens to the pod, and when."""

from __future__ import annotations

from typing import NamedTuple

from podcompose.backends.memory.fates import (
    STARTUP_S,
    BadCommand,
    ByHand,
    DeadlineExceeded,
    Deleted,
    Evicted,
    Fails,
    Fate,
    ImageError,
    InitFails,
    NeverScheduled,
    NodeLost,
    OOMs,
    Preempted,
    Rejected,
    Restarts,
    Runs,
    Succeeds,
)
from podcompose.backends.memory.happenings import (
    Acknowledged,
    BackingOff,
    Bound,
    Broken,
    Disrupted,
    Ended,
    Exited,
    Happening,
    InitExited,
    Marked,
    Prepared,
    Refused,
    Silent,
    Started,
    Unbound,
)
from podcompose.backends.memory.kubelet import is_bound, is_done, is_sidecar
from podcompose.core.json import JsonMap

__all__ = ["Step", "ending", "from_start", "life"]

#: From the last exit to the terminal phase; a real kubelet takes 0.2 to 5.1 s.
_PHASE_S = 1.0
#: Until the garbage collector gives a node up.
_NODE_GRACE_S = 40.0
_UNKNOWN = "The container could not be located when the pod was terminated"
_LATE = "Pod was active on the node longer than the specified deadline"


class Step(NamedTuple):
    """What happens so many seconds after the step before; None: the pod is removed."""

    after_s: float
    what: Happening | None


def life(fate: Fate, pod: JsonMap) -> tuple[Step, ...]:
    """
    What happens to a pod of this fate, if nobody stops it.

    Raises: ValueError: the pod cannot have this fate.

    >>> [type(step.what).__name__ for step in life(Succeeds(), {"spec": {"containers": [{"name": "base"}]}})]
    ['Bound', 'Prepared', 'Started', 'Exited', 'Ended']
    """
    match fate:
        case ByHand():
            return ()
        case NeverScheduled(message):
            return (Step(0.1, Unbound(message)),)
        case Rejected(reason, message):
            return Step(0.1, Bound()), Step(0.1, Refused(reason, message))
        case InitFails(code):
            return _init_fails(pod, code)
        case BadCommand(message):
            exited = Exited(128, "StartError", message, started=False)
            return *_until_start(pod), Step(_rest(), exited), Step(_PHASE_S, Ended("Failed"))
        case ImageError():
            return *_until_start(pod), Step(_rest(), Broken(fate.reason, fate.message)), *_after_image(fate)
        case _:
            return *_until_start(pod), Step(_rest(), Started()), *from_start(fate)


def _rest() -> float:
    return STARTUP_S - 0.2


def _until_start(pod: JsonMap) -> tuple[Step, ...]:
    plain = [one for one in _inits(pod) if not is_sidecar(one)]
    # Sidecars start with the next plain init container, or, if none is left, once more before the containers.
    last = len(_inits(pod)) > 0 and is_sidecar(_inits(pod)[-1])
    steps = [Step(1.0, InitExited()) for _ in plain] + ([Step(0.0, InitExited())] if last else [])
    return Step(0.1, Bound()), Step(0.1, Prepared()), *steps


def _inits(pod: JsonMap) -> list[JsonMap]:
    return pod["spec"].get("initContainers") or []


def _init_fails(pod: JsonMap, code: int) -> tuple[Step, ...]:
    steps = _until_start(pod)
    places = [place for place, step in enumerate(steps) if step.after_s == 1.0]
    if len(places) == 0:
        raise ValueError("the fate InitFails needs a pod with an init container that is no sidecar")
    return *steps[: places[-1]], Step(1.0, InitExited(code)), Step(_PHASE_S, Ended("Failed"))


def _after_image(fate: ImageError) -> tuple[Step, ...]:
    backing_off = Step(10.0, Broken("ImagePullBackOff", f"Back-off pulling image: {fate.reason}: {fate.message}"))
    if fate.heals_after_s is None:
        return (backing_off,)
    return Step(fate.heals_after_s, Started()), *from_start(Succeeds())


def from_start(fate: Fate) -> tuple[Step, ...]:
    """What happens to a pod of this fate once its containers run."""
    match fate:
        case Succeeds(wait):
            return Step(wait, Exited(0)), Step(_PHASE_S, Ended("Succeeded"))
        case Fails(code, wait, message):
            return Step(wait, Exited(code, message=message)), Step(_PHASE_S, Ended("Failed"))
        case OOMs(wait, code):
            return Step(wait, Exited(code, "OOMKilled")), Step(_PHASE_S, Ended("Failed"))
        case Restarts(times, code, wait):
            return *_restarts(times, code, wait), Step(wait, Exited(0)), Step(_PHASE_S, Ended("Succeeded"))
        case DeadlineExceeded(wait):
            return Step(wait, Exited(143)), Step(0.0, Ended("Failed", "DeadlineExceeded", _LATE))
        case Evicted(wait, message):
            disrupted = Disrupted("TerminationByKubelet", message)
            return Step(wait, disrupted), Step(1.0, Exited(137)), Step(0.0, Ended("Failed", "Evicted", message))
        case _:
            return _from_outside(fate)


def _from_outside(fate: Fate) -> tuple[Step, ...]:
    """What the control plane does; a deletion that is marked with a grace ends as `ending` says."""
    match fate:
        case Preempted(wait):
            reason = Disrupted("PreemptionByScheduler", "memory: preempting to accommodate a higher priority pod")
            return Step(wait, reason), Step(0.0, Marked(30))
        case NodeLost(wait):
            lost = Disrupted("DeletionByPodGC", "PodGC: node no longer exists")
            collected = Step(_NODE_GRACE_S, lost), Step(0.0, Ended("Failed")), Step(0.0, Marked(0)), Step(0.0, None)
            return Step(wait, Silent()), *collected
        case Deleted(wait, force):
            return (Step(wait, Marked(0)), Step(0.0, None)) if force else (Step(wait, Marked(30)),)
        case _:
            return ()


def _restarts(times: int, code: int, wait: float) -> list[Step]:
    steps: list[Step] = []
    for again in range(times):
        back_off = min(10.0 * 2**again, 300.0)
        steps += [Step(wait, Exited(code, others=False)), Step(0.0, BackingOff()), Step(back_off, Started())]
    return steps


def ending(fate: Fate, pod: JsonMap, grace: float) -> tuple[Step, ...]:
    """
    What happens to a pod whose deletion has begun with this grace; nothing, if only hands move it.

    >>> bound = {"spec": {"nodeName": "n", "containers": []}, "status": {"phase": "Running", "containerStatuses": []}}
    >>> [type(step.what).__name__ for step in ending(Succeeds(), bound, 30)]
    ['Acknowledged', 'Exited', 'Ended', 'Marked', 'NoneType']
    """
    removal = Step(0.0, None)
    if not is_bound(pod) or is_done(pod) or grace == 0:
        return (removal,)
    if isinstance(fate, ByHand):
        return ()
    exited, wait = _answer(fate, pod, grace)
    phase = Ended("Succeeded" if exited.code == 0 else "Failed")
    return Step(0.0, Acknowledged()), Step(wait, exited), Step(0.0, phase), Step(1.0, Marked(0)), removal


def _answer(fate: Fate, pod: JsonMap, grace: float) -> tuple[Exited, float]:
    """How the main container answers TERM, and after how long."""
    states = [one["state"] for one in pod["status"].get("containerStatuses", [])]
    codes = [state["terminated"]["exitCode"] for state in states if "terminated" in state]
    if len(states) > 0 and len(codes) == len(states):
        return Exited(max(codes)), 0.0
    if pod["status"]["phase"] != "Running":
        return Exited(137, "ContainerStatusUnknown", _UNKNOWN, started=False), 1.0
    runs = fate if isinstance(fate, Runs) else Runs()
    return (Exited(137), grace) if runs.stops_after_s > grace else (Exited(runs.exit_code), runs.stops_after_s)
