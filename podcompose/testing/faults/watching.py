"""WATCH: the lines of a stream, one change after the other, for as long as somebody reads them."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from podcompose.core.json import Json, JsonMap
from podcompose.testing.faults import statuses
from podcompose.testing.faults.listing import selected, version_of
from podcompose.testing.faults.objects import with_version
from podcompose.testing.faults.script import Cause
from podcompose.testing.faults.selecting import Selects
from podcompose.testing.faults.statuses import Refusal
from podcompose.testing.faults.store import Change, Store

__all__ = ["Watch", "begin", "line"]

_NUMBERS = itertools.count()
_TRUE = ("true", "1")
_NOTICE_S = 2.0


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch that was accepted: what it is about, and where it starts."""

    selects: Selects
    #: Changes up to here are known to the client.
    after: int
    initial: tuple[JsonMap, ...]
    #: Whether a bookmark says where the initial ones end.
    announced: bool
    bookmarks: bool
    #: Seconds until the server ends it; None: never.
    timeout: float | None
    position: int
    age: int
    #: Too old: the oldest version that is still remembered.
    expired: int | None = None


def begin(store: Store, query: Mapping[str, str], namespace: str | None) -> Watch:
    """
    Accept a watch as of now.

    Raises: Refusal: 400, 422 or 504, as the server would; a version that is too old is said inside the stream.
    """
    selects, announced = selected(query, namespace), query.get("sendInitialEvents") in _TRUE
    asked = query.get("resourceVersion", "")
    _check(query)
    with store.changed:
        version = version_of(asked)
        synthetic = announced or asked in ("", "0")
        if announced and version > store.version:
            raise Refusal(statuses.too_large(version, store.version))
        initial = (
            tuple(pod for _, pod in sorted(store.pods.items(), key=lambda item: "/".join(item[0])) if selects(pod))
            if synthetic
            else ()
        )
        after = store.version if synthetic else version
        return Watch(
            selects=selects,
            after=after,
            initial=initial,
            announced=announced,
            bookmarks=query.get("allowWatchBookmarks") in _TRUE,
            timeout=float(query["timeoutSeconds"]) if query.get("timeoutSeconds", "").isdecimal() else None,
            position=len(store.log) if synthetic else store.position(version),
            age=store.age,
            expired=store.oldest if not synthetic and version < store.oldest else None,
        )


def _check(query: Mapping[str, str]) -> None:
    match, asked = query.get("resourceVersionMatch", ""), "sendInitialEvents" in query
    if asked and match != "NotOlderThan":
        why = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    elif match != "" and not asked:
        why = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    else:
        return
    raise Refusal(statuses.invalid("", (Cause("resourceVersionMatch", why, "FieldValueForbidden"),), "ListOptions"))


def line(kind: str, value: Json) -> bytes:
    r"""
    One event as a line.

    >>> line("ADDED", {})
    b'{"type":"ADDED","object":{}}\n'
    """
    return json.dumps({"type": kind, "object": value}, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def lines(store: Store, watch: Watch, gone: Callable[[], bool]) -> Iterator[bytes]:
    """The stream, line by line; waits for changes, and ends as the server would, or where the client is `gone`."""
    number = next(_NUMBERS)
    until = None if watch.timeout is None else time.monotonic() + watch.timeout
    with store.changed:
        store.reached[number] = -1
    try:
        yield from _opening(watch)
        if watch.expired is None:
            yield from _following(store, watch, number, until, gone)
    finally:
        with store.changed:
            del store.reached[number]
            store.changed.notify_all()


def _opening(watch: Watch) -> Iterator[bytes]:
    if watch.expired is not None:
        yield line("ERROR", statuses.expired(watch.after, watch.expired))
        return
    yield from (line("ADDED", pod) for pod in watch.initial)
    if watch.announced and watch.bookmarks:
        yield _bookmark(watch.after, {"annotations": {"k8s.io/initial-events-end": "true"}})


def _following(store: Store, watch: Watch, number: int, until: float | None, gone: Callable[[], bool]) -> Iterator[bytes]:
    position = watch.position
    while True:
        with store.changed:
            store.reached[number] = position
            store.changed.notify_all()
            over = _wait(store, watch, position, until, gone)
            fresh = [] if over else store.log[position:]
        if over:
            break
        position += len(fresh)
        yield from (said for change in fresh for said in _said(change, watch))
    # The real server says how far it came two seconds before a timed end, where there is so much time.
    if watch.bookmarks and until is not None and (watch.timeout or 0) > _NOTICE_S and not gone() and time.monotonic() >= until:
        yield _bookmark(max(store.version, watch.after))


def _wait(store: Store, watch: Watch, position: int, until: float | None, gone: Callable[[], bool]) -> bool:
    """Wait for a change; True where the watch is over instead."""
    while True:
        if store.closed or store.age != watch.age or gone():
            return True
        if position < len(store.log):
            return False
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            return True
        store.changed.wait(left)


def _said(change: Change, watch: Watch) -> Iterator[bytes]:
    if change.quiet or (change.key is not None and change.version <= watch.after):
        return
    if change.key is None:
        if watch.bookmarks and change.version >= watch.after:
            yield _bookmark(change.version)
        return
    was = change.before is not None and watch.selects(change.before)
    if change.after is not None and watch.selects(change.after):
        yield line("MODIFIED" if was else "ADDED", change.after)
    elif was and change.before is not None:
        # Removed, or no longer selected: in both cases the object as it was before, at the version of the change.
        yield line("DELETED", with_version(change.before, change.version))


def _bookmark(version: int, metadata: Mapping[str, Json] | None = None) -> bytes:
    said = {"resourceVersion": str(version), **({} if metadata is None else metadata)}
    return line("BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": said, "spec": {"containers": None}, "status": {}})
