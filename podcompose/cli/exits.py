"""The exit status of `podcompose run`: the container's own, else one of a few that say what came between."""

from __future__ import annotations

import signal

from podcompose.run import Outcome

__all__ = [
    "CLUSTER",
    "DELETED",
    "NOT_LAUNCHED",
    "NOT_STARTED",
    "TOO_LATE",
    "UNKNOWN",
    "exit_status",
]

#: Nobody knows how it ended, or whether it was launched.
UNKNOWN = 120
#: Somebody else deleted the pod.
DELETED = 121
#: The cluster ended it: evicted, preempted, a node lost or shut down, rejected by its node.
CLUSTER = 122
#: It did not start in time, or had a deadline; as timeout(1) has it.
TOO_LATE = 124
#: Refused, or nobody to launch it; as docker has it.
NOT_LAUNCHED = 125
#: The command of a container could not be started; as a shell has it.
NOT_STARTED = 126
_SIGNALLED = 128

_CAUSES = {
    "DeadlineExceeded": TOO_LATE,
    "StartTimeout": TOO_LATE,
    "NotLaunched": NOT_LAUNCHED,
    "StartError": NOT_STARTED,
}


def exit_status(outcome: Outcome, signalled: int | None = None) -> int:
    """
    What to end with; `signalled` is the signal by which this command was asked to stop the pod, if it was.

    >>> from podcompose.run import Cause
    >>> exit_status(Outcome("Failed", Cause("Exit"), exit_code=3))
    3
    >>> exit_status(Outcome("Failed", Cause("Evicted"), infrastructure=True))
    122
    >>> exit_status(Outcome("Stopped", exit_code=0), signal.SIGINT), exit_status(Outcome("Succeeded"), signal.SIGINT)
    (130, 0)
    """
    if outcome.kind == "Succeeded":
        return 0
    if outcome.kind == "Stopped":
        return _SIGNALLED + (signal.SIGTERM if signalled is None else signalled)
    if outcome.kind == "Deleted":
        return DELETED
    if outcome.kind == "Lost":
        return UNKNOWN
    return _failed(outcome)


def _failed(outcome: Outcome) -> int:
    known = None if outcome.cause is None else _CAUSES.get(outcome.cause.kind)
    if known is not None:
        return known
    if outcome.infrastructure:
        return CLUSTER
    code = outcome.exit_code
    return code if code is not None and 0 < code <= 255 else UNKNOWN
