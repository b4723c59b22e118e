"""Times as Kubernetes writes them: in UTC and whole seconds. What cannot be read is None."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone

__all__ = ["DAWN", "Moment", "instant", "later", "really_started"]

Moment = datetime | str | float | None
"""A datetime, RFC 3339 text, or seconds since 1970."""

#: Before anything.
DAWN = datetime.min.replace(tzinfo=timezone.utc)

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(?:[Zz]|([+-]\d\d:\d\d))", re.ASCII)


def instant(value: object) -> datetime | None:
    """
    A moment to the second, in UTC; a datetime without a zone is taken for UTC.

    >>> str(instant("2026-11-22T13:51:32.9+01:00")), instant("yesterday")
    ('2026-11-22 12:51:32+00:00', None)
    """
    try:
        if isinstance(value, str):
            return _parsed(value)
        if isinstance(value, datetime):
            return _in_utc(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(math.floor(value), timezone.utc)
    except (ValueError, OverflowError, OSError):  # no such day, before the year 1 or after 9999
        pass
    return None


def _parsed(text: str) -> datetime | None:
    if len(text) == 20 and text[10] == "T" and text[19] == "Z":  # what Kubernetes writes
        return datetime.fromisoformat(text[:19] + "+00:00")
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    day, time, zone = match.groups()
    return _in_utc(datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone is None else zone}"))


def _in_utc(moment: datetime) -> datetime:
    aware = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    return aware.replace(microsecond=0)


def later(moment: datetime | None, seconds: object) -> datetime | None:
    """`seconds` later (earlier where negative); None where either cannot be read, or no calendar has the day."""
    if moment is None or not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def really_started(value: object) -> datetime | None:
    """When a container started; a container that could not be started has 1970 there, or nothing."""
    moment = instant(value)
    return None if moment is None or moment.year <= 1970 else moment
