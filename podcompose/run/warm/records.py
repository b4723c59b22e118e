"""A task of a warm pod as a record and an outcome, in the words of a pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from podcompose.run.naming import (
    DIGEST,
    LAUNCH,
    LAUNCH_ID,
    MANAGED_BY,
    MANAGER,
    OWNER,
    OWNER_EPOCH,
    STOPPED_AT,
    TASK_PREFIX,
    pod_name,
)
from podcompose.run.outcome import Cause, Disruption, Outcome, Ran
from podcompose.run.prepare import Prepared
from podcompose.run.records import PodRecord, PodRef, Stage
from podcompose.run.warm.claims import Claim
from podcompose.run.warm.hosting import Report, Task
from podcompose.run.warm.marks import CONTAINER
from podcompose.run.warm.references import settled_argv, settled_env
from podcompose.run.warm.shell.reports import message_result

__all__ = ["POD", "UID", "Known", "existing", "outcome_of_end", "outcome_of_report", "record_of", "ref_of"]

#: Annotations: of a task's record, the pod it is in; of a pod of its own, the task's uid.
POD = "podcompose.io/warm-pod"
UID = "podcompose.io/task-uid"
#: How names begin that podcompose writes on a warm pod.
_OURS = ("podcompose.io/", TASK_PREFIX)


@dataclass(frozen=True, slots=True)
class Known:
    """
    What somebody here knows of a task that no annotation says.

    `sent`: whether it may have been ordered; None: who held it before may have done so. `began`: a report said so. `prepared`: the
    pod it was launched with, as long as it may have to go elsewhere.
    """

    sent: bool | None = None
    began: bool = False
    started: datetime | None = None
    prepared: Prepared | None = None
    #: Its last word, where that came while its pod was being ended.
    report: Report | None = None


def ref_of(claim: Claim, namespace: str) -> PodRef:
    """A task's reference: the name that its launch id gives, and a uid of its own."""
    return PodRef(namespace, pod_name(claim.launch_id), claim.uid)


def record_of(claim: Claim, pod: PodRecord, known: Known) -> PodRecord:
    """
    A task as it is.

    Before its pod runs its stage is the pod's, and so is what holds it up; then it starts, runs, is stopped, has ended.
    What is not podcompose's of the pod's labels and annotations is of every task in it, for they were composed with it.
    """
    outcome = claim.outcome
    stage = _stage(claim, pod, known)
    annotations = {**_shared(pod.annotations), **claim.annotations, LAUNCH_ID: claim.launch_id, DIGEST: claim.digest}
    annotations[POD] = pod.ref.name
    if claim.owner is not None:
        annotations |= {OWNER: claim.owner.name, OWNER_EPOCH: str(claim.owner.epoch)}
    if claim.stopped_at is not None:
        annotations[STOPPED_AT] = f"{claim.stopped_at:%Y-%m-%dT%H:%M:%SZ}"
    return PodRecord(
        ref_of(claim, pod.ref.namespace),
        claim.launch_id,
        stage,
        blocker=pod.blocker if outcome is None and pod.stage is stage else None,
        outcome=outcome,
        owner=claim.owner,
        labels={**_shared(pod.labels), **claim.labels, MANAGED_BY: MANAGER, LAUNCH: claim.key},
        annotations=annotations,
        started=known.started if outcome is None else outcome.started,
        deleting=claim.stopped_at is not None and outcome is None,
        resource_version=pod.resource_version,
    )


def _shared(words: Mapping[str, str] | None) -> dict[str, str]:
    return {name: text for name, text in (words or {}).items() if not name.startswith(_OURS)}


def _stage(claim: Claim, pod: PodRecord, known: Known) -> Stage:
    if claim.outcome is not None:
        return Stage.FINISHED
    if claim.stopped_at is not None:
        return Stage.DRAINING
    if pod.stage in (Stage.RUNNING, Stage.DRAINING, Stage.FINISHED):
        return Stage.RUNNING if known.began else Stage.STARTING
    return pod.stage


def outcome_of_report(report: Report, claim: Claim, container: str) -> Outcome:
    """
    The outcome of a task whose last word is "ended" or "void".

    >>> from podcompose.run.records import Owner
    >>> claim = Claim("k", "dag/1", "u1", "sha256:0", Owner("one", 1))
    >>> outcome = outcome_of_report(Report("ended", code=3), claim, "base")
    >>> outcome.kind, outcome.cause.kind, outcome.exit_code, outcome.ran
    ('Failed', 'Exit', 3, 'yes')
    """
    if report.state == "void":
        if claim.stopped_at is None:  # another pod was to have it
            return Outcome("Deleted", ran="no")
        return Outcome("Stopped", ran="no", disruption=Disruption("Stop", at=claim.stopped_at))
    code = report.code
    stopped = report.stopped or (claim.stopped_at is not None and report.finished is None)
    cause = None if stopped else _cause(report)
    return Outcome(
        "Stopped" if stopped else "Succeeded" if cause is None else "Failed",
        cause,
        exit_code=code,
        signal=code - 128 if code is not None and 128 < code <= 128 + 64 and not report.start_error else None,
        reason=_reason(report) if cause is None else cause.reason,
        message=report.message or None,
        container=container,
        started=report.started,
        finished=report.finished,
        ran="no" if report.start_error else "yes",
        disruption=_disruption(report, stopped, claim.stopped_at),
    )


def _cause(report: Report) -> Cause | None:
    if report.timed_out:
        return Cause("DeadlineExceeded", "DeadlineExceeded", "the task was active for longer than its deadline")
    if report.start_error:
        return Cause("StartError", "StartError", report.message or None)
    if report.code == 0:
        return None
    return Cause("OOMKilled" if report.oom else "Exit", _reason(report), report.message or None)


def _reason(report: Report) -> str:
    return "OOMKilled" if report.oom else "Completed" if report.code == 0 else "Error"


def _disruption(report: Report, stopped: bool, at: datetime | None) -> Disruption | None:
    if stopped:
        return Disruption("Stop", at=at)
    return Disruption("DeadlineExceeded", "DeadlineExceeded") if report.timed_out else None


def outcome_of_end(claim: Claim, pod: PodRecord, known: Known) -> Outcome:
    """
    The outcome of a task without a result, whose pod has ended or is gone: the pod's own end is the task's.

    The exit code of the pod is that of its idle program, so it says nothing, but for a container killed for its memory.
    """
    end = pod.outcome or Outcome("Lost")
    left = message_result(end.message or "")
    report = left[1] if left is not None and left[0] == claim.inner else known.report
    if report is None:
        return _ended_with(claim, pod, end, known)
    ended = outcome_of_report(report, claim, (pod.annotations or {}).get(CONTAINER, ""))
    if not report.ending or ended.kind == "Stopped" or report.timed_out:
        return ended  # by itself, before the pod's end
    if ended.exit_code == 0:
        return replace(ended, disruption=end.disruption)  # as a pod that is ended, and answers TERM with 0
    because = _ended_with(claim, pod, replace(end, message=None), known)
    if because.kind == "Deleted" or (because.cause is not None and because.cause.kind == "Unknown"):
        return replace(ended, disruption=end.disruption)  # the code that was recorded is the task's own
    return replace(
        because,
        exit_code=ended.exit_code,
        signal=ended.signal,
        container=ended.container,
        started=ended.started,
        finished=ended.finished,
        ran="yes",
    )


def _ended_with(claim: Claim, pod: PodRecord, end: Outcome, known: Known) -> Outcome:
    """The outcome of a task of which nothing is known but its pod's end."""
    ran = _ran(pod, end, known)
    told = replace(end, container=None, started=known.started, restarts=0, ran=ran, signal=None, exit_code=None)
    if claim.stopped_at is not None:
        return replace(told, kind="Stopped", cause=None, disruption=Disruption("Stop", at=claim.stopped_at))
    cause = end.cause
    if end.kind == "Failed" and cause is not None and cause.kind not in ("Exit", "Unknown"):
        own = cause.kind == "OOMKilled"
        return replace(told, exit_code=end.exit_code if own else None, signal=end.signal if own else None)
    if end.kind in ("Deleted", "Lost"):
        return told
    if end.disruption is not None and end.disruption.kind == "Deletion":
        return replace(told, kind="Deleted", cause=None)
    return replace(told, kind="Failed", cause=Cause("Unknown", end.reason, _NO_RESULT), message=_NO_RESULT, disruption=None)


_NO_RESULT = "the warm pod ended, and no result of the task was left"


def _ran(pod: PodRecord, end: Outcome, known: Known) -> Ran:
    """ "no" only if it is sure: the container never ran, or nobody ever ordered the task; who saw no end may have missed more."""
    if known.began:
        return "yes"
    if end.ran == "no" or (known.sent is False and end.kind != "Lost"):
        return "no"
    return "unknown"


def existing(claim: Claim, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What is there of an earlier launch, to be compared: as the pod that is launched now, with what is known of that one."""
    metadata = manifest.get("metadata")
    labels = {**claim.labels, MANAGED_BY: MANAGER, LAUNCH: claim.key}
    annotations = {**claim.annotations, LAUNCH_ID: claim.launch_id, DIGEST: claim.digest}
    found = {**manifest, "metadata": {**(metadata or {}), "labels": labels, "annotations": annotations}}
    spec = manifest.get("spec")
    if claim.task is not None and isinstance(spec, dict) and len(spec.get("containers") or []) == 1:
        found["spec"] = {**spec, "containers": [_existing(spec["containers"][0], claim.task)]}
    return found


def _existing(container: dict[str, Any], task: Task) -> dict[str, Any]:
    """A container with the words and literal variables of a task, as they are written here where they mean the same."""
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    env = container.get("env") or []
    env_from = container.get("envFrom") not in (None, [])
    argv = settled_argv(words, [entry["name"] for entry in env], env_from=env_from)
    literal = [(entry["name"], None if "valueFrom" in entry else str(entry.get("value") or "")) for entry in env]
    found = dict(container)
    if argv != task.argv:
        found = {**{name: value for name, value in found.items() if name != "args"}, "command": list(task.argv)}
    if settled_env(literal, env_from=env_from) != task.env:
        ours = [{"name": name, "value": value} for name, value in task.env]
        found["env"] = [*(entry for entry in env if "valueFrom" in entry), *ours]
    return found
