"""What the watch machine asks for, and the times it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from podcompose.run.protocols import Selection
from podcompose.run.watch.table import State

__all__ = ["Closed", "Request", "Rest", "WatchSettings", "Where", "query_of"]


class Request(NamedTuple):
    """A GET. `stream`: give each chunk as it comes. No byte for `timeout_s` seconds: give up."""

    path: str
    query: tuple[tuple[str, str], ...]
    stream: bool
    timeout_s: float


class Rest(NamedTuple):
    """Wait so many seconds, then ask again what is due."""

    seconds: float


class Closed(NamedTuple):
    """Nothing more to do."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """
    The times a watch goes by; client-go's where it has one.

    Units:  `_s` seconds. `watch_s`: the server ends a watch after a time drawn between these. `silence_s`: after so much longer
            without a byte the connection is taken for dead. `calm_s`: so long without a failure, and back-off begins anew.
    """

    request_s: float = 30.0
    watch_s: tuple[float, float] = (240.0, 480.0)
    silence_s: float = 10.0
    backoff_s: tuple[float, float] = (0.8, 30.0)
    calm_s: float = 120.0
    spacing_s: float = 0.25
    page: int = 500
    #: Begin with a watch that sends all there is, where the server can; else with a LIST.
    watch_list: bool = False


class Where(NamedTuple):
    """One namespace, or all of them (None), and a label selector."""

    namespace: str | None
    selector: str

    @classmethod
    def each(cls, selection: Selection) -> tuple[Where, ...]:
        """
        A selection as what can be asked of the API server: one namespace at a time.

        >>> Where.each(Selection(("a", "b"), {"app": "x"}))
        (Where(namespace='a', selector='app=x'), Where(namespace='b', selector='app=x'))
        """
        selector = ",".join(f"{name}={value}" for name, value in sorted(selection.labels.items()))
        if selection.namespaces == ():
            return (cls(None, selector),)
        return tuple(cls(namespace, selector) for namespace in sorted(set(selection.namespaces)))

    def path(self) -> str:
        """The path of these pods."""
        return "/api/v1/pods" if self.namespace is None else f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods"

    def path_of(self, metadata: Mapping[str, Any]) -> str:
        """The path of one of them."""
        namespace, name = (quote(str(metadata.get(key, "")), safe="") for key in ("namespace", "name"))
        return f"/api/v1/namespaces/{namespace}/pods/{name}"


def query_of(state: State, selector: str, mark: str, page: str, timeout_s: float, limit: int) -> tuple[tuple[str, str], ...]:
    """
    The query of a state's request; `page` is the token of the next page, "" for the first.

    >>> query_of(State.WATCHING, "app=x", "42", "", 300, 500)[:3]
    (('labelSelector', 'app=x'), ('watch', 'true'), ('allowWatchBookmarks', 'true'))
    """
    asked: dict[str, str] = {} if selector == "" else {"labelSelector": selector}
    if state in (State.WATCHING, State.CATCHING_UP, State.STREAMING):
        asked |= {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(max(1, round(timeout_s)))}
    if state is State.CONFIRMING:
        return ()
    if state is State.STREAMING:
        asked |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    if state in (State.WATCHING, State.CATCHING_UP):
        asked |= {"resourceVersion": mark}
    if state in (State.RECALLING, State.LISTING):
        asked |= {"limit": str(limit)}
    if page != "":
        return tuple({**asked, "continue": page}.items())
    if state is State.RECALLING:
        asked |= {"resourceVersion": mark, "resourceVersionMatch": "Exact"}
    if state is State.PROVING:
        asked |= {"limit": "1", "resourceVersion": mark, "resourceVersionMatch": "NotOlderThan"}
    return tuple(asked.items())
