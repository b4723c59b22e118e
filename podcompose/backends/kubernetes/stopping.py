"""
Stopping a pod as effects: no I/O, no clock.

Look, note on the pod that it is our stop and since when, delete. Each step names the uid: a pod that has come under the same name
is never touched. The note is for whoever watches later, in another process; the DELETE's answer is for this one.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, Effects, NotSent
from podcompose.backends.kubernetes.pods import annotations_of, delete, get, patch, pod_of
from podcompose.backends.kubernetes.refusals import Verdict, about_uid, judge
from podcompose.core.json import JsonMap
from podcompose.run import naming
from podcompose.run.moments import instant, later
from podcompose.run.records import PodRef

__all__ = ["stop"]

_Result = Answer | NotSent | Ambiguous


def stop(ref: PodRef, grace: float | None, terms: Terms, now: float) -> Effects[datetime | None]:
    """
    Have this very pod end; when our stop of it began, by the server's clock. None: it was not there any more, or nobody could tell.

    Units:  `grace` in seconds, made whole upwards; None: what the pod names itself.
    Raises: LaunchError.
    """
    call, grace_s = Call(terms, now), None if grace is None else max(0, math.ceil(grace))
    while True:
        looked = yield from call.ask(get(ref.namespace, ref.name))
        if _is_gone(looked, ref):
            return None
        noted = yield from _note(call, ref, looked)
        if noted is None or noted.again == "never":  # without the permission to note it, it is stopped all the same
            asked = yield from call.ask(delete(ref, grace_s))
            if _is_gone(asked, ref):
                return None
            if isinstance(asked, Answer) and 200 <= asked.status < 300:
                return _began(looked, asked)
            noted = judge(asked)
        yield from call.again(noted, ref)


def _note(call: Call, ref: PodRef, looked: _Result) -> Effects[Verdict | None]:
    """Write our stop onto the pod, unless it is there; None: it is now, or nobody knows the time."""
    pod = pod_of(looked)
    server = _before_any_exit(pod, looked.server_time if isinstance(looked, Answer) else None)
    if server is None or (pod is not None and naming.STOPPED_AT in annotations_of(pod)):
        return None if isinstance(looked, Answer) and looked.status < 500 else judge(looked)
    noted = yield from call.ask(patch(ref, {"annotations": {naming.STOPPED_AT: f"{server:%Y-%m-%dT%H:%M:%SZ}"}}))
    return None if pod_of(noted) is not None or _is_gone(noted, ref) else judge(noted)


def _is_gone(result: _Result, ref: PodRef) -> bool:
    """Whether the pod of this uid is not there, be there another of its name."""
    pod = pod_of(result)
    if pod is not None:
        return bool(pod["metadata"].get("uid") != ref.uid)
    return isinstance(result, Answer) and (result.status == 404 or about_uid(result))


def _began(looked: _Result, asked: Answer) -> datetime | None:
    """When our stop began: as noted before, else when the deletion began, unless it had begun without us."""
    pod = pod_of(looked)
    if pod is not None and naming.STOPPED_AT in annotations_of(pod):
        return instant(annotations_of(pod)[naming.STOPPED_AT])
    foreign = pod is not None and pod["metadata"].get("deletionTimestamp") is not None
    answered = pod_of(asked)
    began = None if foreign or answered is None else _deletion_began(answered)
    return _before_any_exit(pod, asked.server_time if began is None else began)


def _before_any_exit(pod: JsonMap | None, moment: datetime | None) -> datetime | None:
    """
    The moment of a stop, a second earlier if no container had exited when we looked.

    Moments are whole seconds, and in one second completion counts as first; but a program that dies of TERM at once does so in
    the second of its stop.
    """
    status = None if pod is None else pod.get("status")
    found = status.get("containerStatuses") if isinstance(status, dict) else None
    states = [one.get("state") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    exited = any(isinstance(state, dict) and "terminated" in state for state in states)
    return moment if moment is None or exited else moment - timedelta(seconds=1)


def _deletion_began(pod: JsonMap) -> datetime | None:
    grace = pod["metadata"].get("deletionGracePeriodSeconds")
    return later(instant(pod["metadata"].get("deletionTimestamp")), -grace if type(grace) is int else 0)
