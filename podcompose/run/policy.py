"""How long a pod may be held up before its launch is given up: the caller's policy, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from podcompose.run.outcome import Cause, Outcome
from podcompose.run.records import PodRecord

__all__ = ["PATIENT", "Policy", "overdue"]

#: Nothing that is waited for heals these.
_HOPELESS = frozenset(["InvalidImageName", "ErrImageNeverPull"])


@dataclass(frozen=True, slots=True)
class Policy:
    """
    When to give a pod up that does not start. None: never.

    Units:  `_s` seconds since the blocker was first seen. A pod with a scheduling gate does not run the clock.
            `config_grace_s` holds for missing secrets and config maps; attaching a volume may take minutes, and has a time of its
            own. `sidecar_grace_s`: where a pod goes on after its outcome is known, because of a sidecar, stop it with this grace.
    """

    image_grace_s: float | None = 60.0
    config_grace_s: float | None = 60.0
    volume_timeout_s: float | None = None
    schedule_timeout_s: float | None = None
    sidecar_grace_s: float | None = None


#: A minute for images and secrets; as long as it takes for a node and its volumes.
PATIENT = Policy()


def overdue(record: PodRecord, policy: Policy, now: datetime) -> Outcome | None:
    """
    The outcome of a pod that has been held up for too long: Failed(StartTimeout), or None while it may go on waiting.

    Whether it ran is unknown: it may have started after it was last seen, until it is stopped.

    >>> from datetime import timedelta, timezone
    >>> from podcompose.run.records import Blocker, PodRef, Stage
    >>> now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> blocker = Blocker("image", "ImagePullBackOff", "no such tag", "base", since=now - timedelta(seconds=61))
    >>> record = PodRecord(PodRef("ns", "a", "u"), "id", Stage.STARTING, blocker)
    >>> overdue(record, Policy(), now).reason, overdue(record, Policy(image_grace_s=None), now)
    ('ImagePullBackOff', None)
    """
    blocker = record.blocker
    if blocker is None or record.outcome is not None or record.started is not None:
        return None
    graces = {
        "image": policy.image_grace_s,
        "config": policy.config_grace_s,
        "volume": policy.volume_timeout_s,
        "scheduling": policy.schedule_timeout_s,
    }
    grace = graces.get(blocker.kind)
    if grace is None:
        return None
    waited = 0.0 if blocker.since is None else (now - blocker.since).total_seconds()
    if waited < grace and blocker.reason not in _HOPELESS:
        return None
    cause = Cause("StartTimeout", blocker.reason, f"{blocker}, for {waited:.0f} s")
    return Outcome(
        "Failed",
        cause,
        reason=blocker.reason,
        message=cause.message,
        container=blocker.container,
        restarts=record.restarts,
    )
