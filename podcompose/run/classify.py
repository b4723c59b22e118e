"""How a pod ended, from one object alone: the earliest end wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from podcompose.run.outcome import Outcome

__all__ = ["Moment", "classify"]

Moment = datetime | str | float | None
"""A datetime, RFC 3339 text, or seconds since 1970."""


def classify(
    manifest: Mapping[str, Any],
    main: str | tuple[str, ...] | None = None,
    stopped_at: Moment = None,
    gone: Literal["certain", "uncertain"] | None = None,
    *,
    patient: bool = True,
) -> Outcome | None:
    """How the pod ended; None as long as it has not."""
    raise NotImplementedError
