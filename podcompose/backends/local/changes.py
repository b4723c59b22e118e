"""What a pod's life is once something was done, or has happened: pure functions from a life to the next one."""

from __future__ import annotations

from dataclasses import replace

from podcompose.backends.local.lifecycle import Container, Decision, Deletion, Life, Phase, Run, passed

__all__ = ["delete", "ended", "failed", "lost", "marked", "over", "signalled", "started", "starting", "unready", "unstartable"]


def starting(life: Life, name: str, run_id: str, now: float) -> Life:
    """A container's start was ordered; if it is not the first, it counts as a restart and the next one is held back longer."""
    before = life.containers[name]
    if before.run is None:
        return life.with_container(name, replace(before, at="starting", run=Run(run_id, now), told=""))
    longest, first = life.backoff.longest, life.backoff.first
    fresh = before.delay == 0 or before.run.finished - before.delayed_at > 2 * longest
    delay = min(first if fresh else before.delay * 2, longest)
    again = replace(before, at="starting", run=Run(run_id, now), last=before.run, restarts=before.restarts + 1, told="")
    return life.with_container(name, replace(again, delay=delay, delayed_at=now))


def started(life: Life, name: str, now: float) -> Life:
    """A container's program runs."""
    before = life.containers[name]
    run = None if before.run is None else before.run._replace(started=now)
    return _phased(life.with_container(name, replace(before, at="running", reason="", message="", run=run)))


def ended(life: Life, name: str, code: int, message: str, now: float) -> Life:
    """A container's program has ended."""
    before = life.containers[name]
    run = Run("", now) if before.run is None else before.run
    run = run._replace(finished=now, code=code, reason="Completed" if code == 0 else "Error", message=message)
    return _phased(life.with_container(name, replace(before, at="ended", run=run)))


def failed(life: Life, name: str, message: str, now: float) -> Life:
    """A container's program could not be started; Kubernetes writes 128, and 1970 as its start."""
    before = life.containers[name]
    run_id = "" if before.run is None else before.run.id
    run = Run(run_id, 0.0, now, 128, "StartError", message)
    return _phased(life.with_container(name, replace(before, at="ended", run=run)))


def unstartable(life: Life, name: str, message: str, now: float, held_back: float) -> Life:
    """A container's start could not even be ordered; the next one is held back, for it would fail at once, too."""
    after = failed(life if life.containers[name].alive else starting(life, name, "", now), name, message, now)
    container = after.containers[name]
    return after.with_container(name, replace(container, delay=max(container.delay, held_back), delayed_at=now))


def lost(life: Life, name: str, now: float) -> Life:
    """A container was there, and nobody knows how it ended."""
    before = life.containers[name]
    message = "The container could not be located when the pod was terminated"
    run = (Run("", 0.0) if before.run is None else before.run)._replace(finished=now, code=137, reason=_UNKNOWN, message=message)
    return life.with_container(name, replace(before, at="ended", run=run))


_UNKNOWN = "ContainerStatusUnknown"


def unready(life: Life, name: str, message: str, retry_at: float) -> Life:
    """What a container needs in its environment is not there (yet)."""
    before = life.containers[name]
    return life.with_container(name, replace(before, reason="CreateContainerConfigError", message=message, retry_at=retry_at))


def signalled(life: Life, decision: Decision) -> Life:
    """Containers were sent TERM or KILL."""
    containers = dict(life.containers)
    for name in decision.term:
        containers[name] = replace(containers[name], told="TERM")
    for name in decision.kill:
        containers[name] = replace(containers[name], told="KILL")
    return replace(life, containers=containers)


def marked(life: Life, decision: Decision, now: float) -> Life:
    """The end of the pod has begun."""
    kill_at = now + life.plan.grace
    return replace(life, overdue=life.overdue or decision.overdue, kill_at=kill_at if life.kill_at is None else life.kill_at)


def delete(life: Life, grace: float | None, now: float) -> Life:
    """Someone asks the pod to end; asked again, it may only be made sooner."""
    wanted = life.plan.grace if grace is None else max(grace, 0.0)
    kill_at = now + wanted if life.kill_at is None else min(life.kill_at, now + wanted)
    deletion = Deletion(now, wanted) if life.deletion is None else life.deletion
    if life.deletion is not None:
        deletion = deletion._replace(grace=min(deletion.grace, kill_at - deletion.at))
    return replace(life, deletion=deletion, kill_at=kill_at)


def over(life: Life, now: float) -> Life:
    """Nothing of the pod runs any more."""
    if life.deletion is not None or life.overdue:
        life = _located(life, now)
    good = not life.overdue and all(_succeeded(life.containers[name]) for name in life.plan.mains)
    return replace(life, phase="Succeeded" if good else "Failed")


def _located(life: Life, now: float) -> Life:
    """Main containers that never ran are written off as the kubelet does it, unless it was an init container's turn."""
    initialized = all(passed(life.plan.containers[name], life.containers[name]) for name in life.plan.inits)
    for name in life.plan.mains:
        if initialized and life.containers[name].run is None:
            life = lost(life, name, now)
    return life


def _succeeded(container: Container) -> bool:
    return container.at == "ended" and container.run is not None and container.run.code == 0


def _phased(life: Life) -> Life:
    """Pending until every main container has run, then Running until all is over."""
    ran = all(life.containers[name].at == "running" or _has_ended(life.containers[name]) for name in life.plan.mains)
    phase: Phase = "Running" if ran else "Pending"
    return life if life.over or life.phase == phase or life.phase == "Running" else replace(life, phase=phase)


def _has_ended(container: Container) -> bool:
    return container.last is not None or (container.at == "ended" and container.run is not None)
