"""Pods and outcomes in words: one line each, for people; and as JSON, for programs."""

from __future__ import annotations

import dataclasses
import signal
from datetime import datetime
from typing import Any

from podcompose.run import Blocker, LaunchError, Outcome, PodRecord, PodRef, Stage

__all__ = ["BLOCKED", "as_json", "blocked", "ended", "refused", "stands"]

#: What a blocker means to whoever waits.
BLOCKED = {
    "scheduling": "no node takes it",
    "gate": "a scheduling gate holds it",
    "image": "image cannot be pulled",
    "config": "container cannot be made",
    "volume": "volumes or network are not ready",
    "init-crash": "an init container keeps failing",
    "crash-loop": "container keeps ending, and is held back",
}


def blocked(blocker: Blocker, now: datetime) -> str:
    """
    What holds a pod up, and for how long.

    >>> from datetime import timedelta, timezone
    >>> now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    >>> blocked(Blocker("image", "ErrImagePull", "no such tag", "base", now - timedelta(seconds=40)), now)
    'image cannot be pulled, 40 s: ErrImagePull (container base): no such tag'
    """
    return f"{BLOCKED[blocker.kind]}, {age_s(blocker, now):.0f} s: {blocker}"


def age_s(blocker: Blocker, now: datetime) -> float:
    """For how many seconds it has been held up; the cluster's clock may be ahead of ours."""
    return 0.0 if blocker.since is None else max(0.0, (now - blocker.since).total_seconds())


def ended(outcome: Outcome) -> str:
    """
    How a pod ended, in one line.

    >>> from podcompose.run import Cause
    >>> ended(Outcome("Failed", Cause("Exit"), exit_code=3, container="base", ran="yes", restarts=1))
    'Failed: exit status 3 (container base), after 1 restart'
    >>> ended(Outcome("Failed", Cause("StartTimeout"), reason="ErrImagePull", message="no such tag, for 60 s", ran="no"))
    'Failed: StartTimeout: no such tag, for 60 s; nothing has run, so it is safe to launch again'
    """
    said = [part for part in (_cause(outcome), _exit(outcome)) if part != ""]
    text = outcome.kind + (f": {', '.join(said)}" if said != [] else "") + _extent(outcome)
    message = _message(outcome)
    return f"{text}{'' if message == '' else ': ' + message}{_advice(outcome)}"


def _cause(outcome: Outcome) -> str:
    cause = outcome.cause
    if cause is None or cause.kind == "Exit":
        return ""
    # A timeout's message names the reason already.
    extra = cause.reason not in (None, cause.kind) and cause.kind not in ("StartTimeout", "NotLaunched")
    return f"{cause.kind} ({cause.reason})" if extra else cause.kind


def _exit(outcome: Outcome) -> str:
    where = "" if outcome.container is None else f" (container {outcome.container})"
    if outcome.exit_code is None or (outcome.kind == "Succeeded" and outcome.exit_code == 0):
        return ""
    if outcome.signal is not None:
        return f"exit status {outcome.exit_code}, {_signal(outcome.signal)}{where}"
    return f"exit status {outcome.exit_code}{where}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _extent(outcome: Outcome) -> str:
    text = ""
    if outcome.restarts > 0:
        text += f", after {outcome.restarts} restart{'' if outcome.restarts == 1 else 's'}"
    if outcome.started is not None and outcome.finished is not None and outcome.ran == "yes":
        ran_s = (outcome.finished - outcome.started).total_seconds()
        # The times are whole seconds: what took a moment may seem to have taken one.
        text += f", ran {ran_s:.0f} s" if ran_s > 1 else ""
    return text


def _message(outcome: Outcome) -> str:
    """The last thing said about it: by the container, or else by Kubernetes."""
    said = outcome.message if outcome.message is not None or outcome.cause is None else outcome.cause.message
    return "" if said is None else " ".join(said.split())


def _advice(outcome: Outcome) -> str:
    if outcome.kind == "Succeeded" or outcome.kind == "Stopped":
        return ""
    if outcome.kind == "Lost":
        return "; whether it has run is not known: look before launching again"
    return "; nothing has run, so it is safe to launch again" if outcome.retry_safe else ""


def stands(record: PodRecord, now: datetime, patience_s: float = 0.0) -> str:
    """How far a pod has come, and what has held it up for longer than `patience_s`."""
    held = record.blocker
    if held is None or age_s(held, now) < patience_s or record.stage in (Stage.FINISHED, Stage.GONE):
        return str(record.stage)
    return f"{record.stage}, {blocked(held, now)}"


def refused(error: LaunchError) -> str:
    """Why a launch failed: a line for each problem."""
    lines = [str(problem) for problem in error.problems]
    lead = f"launch {error.launch_id!r}, " if error.launch_id != "" else ""
    return "\n".join([f"{error.reason}: {lead}pod {error.namespace}/{error.name} was not launched", *lines])


def as_json(launch_id: str, ref: PodRef | None, outcome: Outcome, status: int) -> dict[str, Any]:
    """An outcome for programs; times in ISO 8601."""
    pod = None if ref is None else dataclasses.asdict(ref)
    fields = {name: _plain(value) for name, value in dataclasses.asdict(outcome).items()}
    return {"launch_id": launch_id, "pod": pod, "exit_status": status, **fields, "retry_safe": outcome.retry_safe}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: _plain(inner) for name, inner in value.items()} if isinstance(value, dict) else value
