"""Compare and swap on a pod's labels and annotations, and who has a label, as effects: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.effects import Ambiguous, Answer, Effects, NotSent
from podcompose.backends.kubernetes.pods import get, listing, patch, pod_of
from podcompose.backends.kubernetes.refusals import Verdict, about_uid, judge
from podcompose.core.json import JsonMap
from podcompose.run.errors import Unreachable, Unsettled
from podcompose.run.observe import Unreadable, observe
from podcompose.run.records import PodRecord, PodRef
from podcompose.run.warm.hosting import Changed, Swapped

__all__ = ["Entries", "Stopped", "holders", "swap"]

Entries: TypeAlias = Mapping[str, str | None]
Stopped: TypeAlias = Callable[[str], datetime | None]
"""When our own stop of the pod of this uid began."""


def swap(
    record: PodRecord, labels: Entries, annotations: Entries, stopped: Stopped, terms: Terms, now: float
) -> Effects[Swapped | Changed]:
    """
    Write labels and annotations (None: take away) on this very pod, if it is as it was in the record.

    What was sent and not answered is sent again: the server takes one of them, for the other the pod is not as it was any more.

    Raises: LaunchError; Unsettled where it may have been written.
    """
    call, maybe = Call(terms, now), False
    if record.resource_version == "":
        # With none to go by the server would write, whatever the pod is like by now.
        seen = yield from _look(call, record.ref, _UNASKED, maybe)
        return Changed(None if seen is None else _record(seen, record, stopped))
    written = {"resourceVersion": record.resource_version, "labels": dict(labels), "annotations": dict(annotations)}
    while True:
        asked = yield from call.ask(patch(record.ref, written))
        pod = pod_of(asked)
        if pod is not None:
            return Swapped(_record(pod, record, stopped))
        if _is_gone(asked):
            return Changed(None)
        verdict = judge(asked)
        maybe = maybe or verdict.maybe
        if isinstance(asked, Answer) and asked.status == 409:
            seen = yield from _look(call, record.ref, verdict, maybe)
            if seen is None:
                return Changed(None)
            if maybe and _holds(seen, "labels", labels) and _holds(seen, "annotations", annotations):
                return Swapped(_record(seen, record, stopped))
            if seen["metadata"].get("resourceVersion") != record.resource_version:
                return Changed(_record(seen, record, stopped))
        yield from call.again(_unsettling(verdict, maybe), record.ref)


_UNASKED = Verdict(Unreachable, ())


def _look(call: Call, ref: PodRef, verdict: Verdict, maybe: bool) -> Effects[JsonMap | None]:
    """The pod as it is now; None if it is gone. The verdict is on what went before."""
    while True:
        looked = yield from call.ask(get(ref.namespace, ref.name))
        pod = pod_of(looked)
        if pod is not None:
            return pod if pod["metadata"].get("uid") == ref.uid else None
        if isinstance(looked, Answer) and looked.status == 404:
            return None
        yield from call.again(_unsettling(verdict if call.over else judge(looked), maybe), ref)


def _unsettling(verdict: Verdict, maybe: bool) -> Verdict:
    return replace(verdict, kind=Unsettled) if maybe else verdict


def _is_gone(result: Answer | NotSent | Ambiguous) -> bool:
    return isinstance(result, Answer) and (result.status == 404 or about_uid(result))


def _holds(pod: JsonMap, field: str, entries: Entries) -> bool:
    found = pod["metadata"].get(field)
    there: Mapping[str, Any] = found if type(found) is dict else {}
    return all(there.get(name) == value for name, value in entries.items())


def _record(pod: JsonMap, previous: PodRecord | None, stopped: Stopped) -> PodRecord:
    return observe(pod, previous=previous, stopped_at=stopped(pod["metadata"].get("uid"))).record


def holders(
    namespace: str, label: str, stopped: Stopped, terms: Terms, now: float, since: str = ""
) -> Effects[tuple[PodRecord, ...]]:
    """
    The pods of the namespace that have a label of this name, as they all were at one moment after the call began, or after `since`.

    Raises: LaunchError.
    """
    call, found, token = Call(terms, now), list[PodRecord](), ""
    while True:
        asked = yield from call.ask(listing(namespace, label, token, since))
        page = _page(asked)
        if page is not None:
            items, token = page
            found += _records(items, stopped)
            if token == "":
                return tuple(found)
        elif isinstance(asked, Answer) and asked.status == 410 and token != "":
            # The rest of that moment is forgotten: begin with a later one.
            found, token = [], ""
        else:
            yield from call.again(judge(asked), PodRef(namespace, "", ""))


def _page(result: Answer | NotSent | Ambiguous) -> tuple[list[Any], str] | None:
    """The pods that were answered and where to go on ("" at the end); None if it was something else."""
    if not isinstance(result, Answer) or result.status != 200:
        return None
    value = result.json
    items, metadata = value.get("items"), value.get("metadata")
    if value.get("kind") != "PodList":
        return None
    token = metadata.get("continue") if type(metadata) is dict else None
    return items if type(items) is list else [], token if type(token) is str else ""


def _records(items: list[Any], stopped: Stopped) -> list[PodRecord]:
    """Those that can be read: of another nothing can be said."""
    found = list[PodRecord]()
    for item in items:
        try:
            found.append(_record(item, None, stopped))
        except (Unreadable, TypeError, KeyError, AttributeError):
            continue
    return found
