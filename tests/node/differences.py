"""
Where a pod does not end on this machine as it does on a real node: all of it, and why. A difference that is not here is a bug.

`always` names what differs every time, `sometimes` what depends on who is faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DIFFERENCES", "Difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, and why."""

    why: str
    always: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()


_PID_1 = (
    "a container's first process is PID 1 of its namespace, and gets no signal it has no handler for: it goes on until KILL; "
    "a process of this machine ends by it"
)
_GROUP = "a node sends TERM to a container's first process only; here the whole process group gets it"
_RUNTIME = "the message of a command that cannot be started is the container runtime's, here ours"
_BACK_OFF = (
    "a container that is held back has no exit in its status on a node (`waiting: CrashLoopBackOff`) until it is started again; "
    "here the status of an ended pod tells how each container last ended"
)
_AGAIN = (
    "a stop of a container that starts again and again finds it held back, or in the middle of its next run: "
    "the machine's pace says which"
)
_DRAINED = (
    "a node's runtime takes for some two seconds what is left in the pipe of a container that has ended; on a busy machine the "
    "rest is lost, here nothing is"
)

_END = frozenset({"exit code", "signal", "exits"})
#: How it ended when the stop came: by its own exit, or by TERM.
_EITHER = frozenset({"exit code", "signal", "reason", "exits"})

DIFFERENCES: Mapping[str, Difference] = {
    "signals-itself": Difference(_PID_1, _END),
    "deadline": Difference(_PID_1, _END),
    "deadline-in-init": Difference(_PID_1, frozenset({"exits"})),
    "sidecar-before-init": Difference(_PID_1, frozenset({"exits"})),
    "init-fails-beside-sidecar": Difference(_PID_1, frozenset({"exits"})),
    "two-sidecars": Difference(_PID_1, frozenset({"exits"})),
    "stop-reaches-children": Difference(_GROUP, frozenset({"exit code", "signal"})),
    "bad-command-in-init": Difference(_RUNTIME, frozenset({"message"})),
    "much-output": Difference(_DRAINED, sometimes=frozenset({"logs"})),
    "sidecar-crashes": Difference(_BACK_OFF, sometimes=frozenset({"exits", "logs"})),
    "on-failure-fails": Difference(_AGAIN, sometimes=_EITHER),
    "always-after-success": Difference(_AGAIN, sometimes=_EITHER),
    "container-restarts-in-never": Difference(_AGAIN, sometimes=_EITHER),
    "rule-restarts": Difference(_AGAIN, sometimes=_EITHER),
    "deadline-of-a-crash-loop": Difference(
        _BACK_OFF, sometimes=frozenset({"exit code", "reason", "container", "message", "exits", "logs", "restarts"})
    ),
}
