"""How far a pod has come, and what holds it up there."""

from __future__ import annotations

from datetime import datetime

from podcompose.run.ends import deleting
from podcompose.run.moments import instant
from podcompose.run.reading import Container, Pod, condition, entries, text
from podcompose.run.records import Blocker, BlockerKind, Stage

__all__ = ["blocker_of", "stage_of"]


def stage_of(pod: Pod, *, ended: bool) -> Stage:
    """The stage of life; `ended` if its outcome is known already. The first rule that fits is right."""
    if pod.phase is not None:
        return Stage.FINISHED
    if ended or deleting(pod) or pod.complete:
        return Stage.DRAINING
    if any(container.ran or container.restarts > 0 for container in pod.main):
        return Stage.RUNNING
    if _initializing(pod):
        return Stage.INITIALIZING
    if not _scheduled(pod):
        return Stage.ACCEPTED
    return Stage.STARTING if any(container.seen for container in (*pod.main, *pod.beside)) else Stage.SCHEDULED


def _initializing(pod: Pod) -> bool:
    if any(init.seen and (init.exit is None or init.exit.code != 0) for init in pod.inits):
        return True
    return condition(pod.status, "Initialized").get("status") not in (None, "True")


def _scheduled(pod: Pod) -> bool:
    return text(pod.spec.get("nodeName")) is not None or condition(pod.status, "PodScheduled").get("status") == "True"


def blocker_of(pod: Pod, stage: Stage, previous: Blocker | None, now: datetime | None) -> Blocker | None:
    """What holds the pod up, since its own times or, where they do not tell, since it was first seen."""
    found = _found(pod, stage)
    if found is None or found.since is not None:
        return found
    since = previous.since if previous is not None and _same(previous, found) else now
    return Blocker(found.kind, found.reason, found.message, found.container, since)


def _found(pod: Pod, stage: Stage) -> Blocker | None:
    if stage is Stage.ACCEPTED:
        return _unscheduled(pod)
    if stage is Stage.RUNNING or stage is Stage.STARTING:
        held = [_held(container, "crash-loop") for container in pod.main]
    elif stage is Stage.INITIALIZING:
        held = [_held(container, "init-crash") for container in (*pod.inits, *pod.sidecars)]
    else:
        return None
    first = next((blocker for blocker in held if blocker is not None), None)
    return first if first is not None or stage is Stage.RUNNING else _unprepared(pod)


def _unscheduled(pod: Pod) -> Blocker | None:
    scheduled = condition(pod.status, "PodScheduled")
    if scheduled.get("status") != "False":
        return None
    reason, message = text(scheduled.get("reason")) or "Unschedulable", text(scheduled.get("message")) or ""
    gated = reason == "SchedulingGated" or entries(pod.spec.get("schedulingGates")) != []
    return Blocker("gate" if gated else "scheduling", reason, message, since=instant(scheduled.get("lastTransitionTime")))


def _unprepared(pod: Pod) -> Blocker | None:
    """Volumes (or the network) that are not there: no container says so, only that there is no sandbox to start it in."""
    ready = condition(pod.status, "PodReadyToStartContainers")
    if ready.get("status") != "False":
        return None
    reason, message = text(ready.get("reason")) or "PodSandboxNotReady", text(ready.get("message")) or ""
    return Blocker("volume", reason, message, since=instant(ready.get("lastTransitionTime")))


#: A container waits so where nothing is wrong.
_CALM = frozenset({"", "ContainerCreating", "PodInitializing"})
_IMAGE = frozenset(
    {
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)


def _held(container: Container, crash: BlockerKind) -> Blocker | None:
    """What keeps one container from running; a kubelet shows the time between two runs as either of two states."""
    run = container.exit if container.exit is not None else container.last
    starts = run is None or not run.start_error
    if container.exit is not None and not container.final and container.restarts > 0:
        since = container.exit.finished if starts else None
        reason, message = container.exit.reason or "Error", container.exit.message or ""
        return Blocker(crash if starts else "config", reason, message, container.name, since)
    if container.waiting is None or container.waiting.reason in _CALM:
        return None
    reason, message = container.waiting
    if reason == "CrashLoopBackOff" and starts:
        return Blocker(crash, reason, message, container.name, None if run is None else run.finished)
    return Blocker("image" if reason in _IMAGE else "config", reason, message, container.name)


#: Reasons that take turns while one thing is wrong: a pull, and a command that cannot be started.
_TURNS = (frozenset({"ErrImagePull", "ImagePullBackOff"}), frozenset({"RunContainerError", "CrashLoopBackOff", "StartError"}))


def _same(before: Blocker, now: Blocker) -> bool:
    reasons = {before.reason, now.reason}
    alike = (
        len(reasons) == 1 or before.kind == "crash-loop" or before.kind == "init-crash" or any(reasons <= turn for turn in _TURNS)
    )
    return alike and before.kind == now.kind and before.container == now.container
