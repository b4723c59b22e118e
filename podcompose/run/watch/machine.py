"""
The watch machine: keeps a ledger true to what the API server says of some pods, whatever happens to connections and servers.

Its owner asks what is `due`, does it, and says what came of it: `answered` with a status, `received` bytes, `ended` or `failed`.
The time is an argument. Where it stands and what happened decide what comes next, by one table (table.py) and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from podcompose.run.cursor import Cursor
from podcompose.run.ledger import Ledger
from podcompose.run.objects import metadata_of, shows_deletion, uid_of, version_of
from podcompose.run.protocols import Health, Resynced, Synced
from podcompose.run.watch.backoff import Backoff
from podcompose.run.watch.requests import Closed, Request, Rest, WatchSettings, Where, query_of
from podcompose.run.watch.table import TABLE, Happening, State
from podcompose.run.watch.wire import Lines, Reason, drained, judge, read

__all__ = ["WatchMachine"]

_STREAMS = frozenset([State.WATCHING, State.CATCHING_UP, State.STREAMING])
#: How often paging is begun anew because its token expired, before the whole is asked for in one piece.
_PAGINGS = 2
_CATCH_UP_S = 1.0
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class WatchMachine:
    """
    One namespace (or all), one label selector, one ledger. Not thread-safe; `random` gives numbers from 0 to 1.

    >>> from datetime import timezone
    >>> now, where = datetime(2026, 1, 1, tzinfo=timezone.utc), Where("ns", "")
    >>> machine = WatchMachine(where, Ledger(), Cursor(None), WatchSettings(), lambda: 0.5)
    >>> machine.due(now)
    Request(path='/api/v1/namespaces/ns/pods', query=(('limit', '500'),), stream=False, timeout_s=30.0)
    >>> machine.answered(200, {}, now)
    >>> machine.received(b'{"metadata":{"resourceVersion":"42"},"items":[]}', now)
    >>> machine.ended(now)
    >>> machine.state, machine.ledger.mark
    (<State.WATCHING: 'Watching'>, '42')
    """

    def __init__(self, where: Where, ledger: Ledger, cursor: Cursor, settings: WatchSettings, random: Callable[[], float]) -> None:
        self.ledger, self._where, self._settings, self._random = ledger, where, settings, random
        self._backoff = Backoff(*settings.backoff_s, settings.calm_s, random)
        self._rest_s, self._synced, self._pagings = 0.0, False, 0
        self._start = State.STREAMING if settings.watch_list else State.LISTING
        self.state = self._start if cursor.mark is None else State.RECALLING
        ledger.mark = "" if cursor.mark is None else cursor.mark
        if cursor.reason != "":
            ledger.begin_afresh(cursor.reason)
        self._begin_anew()
        self._doubt: dict[str, Any] | None = None
        self._garbled_at: str | None = None
        self._degraded: tuple[str, datetime] | None = None
        self._last_heard: datetime | None = None
        self._forget_answer()

    def due(self, now: datetime) -> Request | Rest | Closed:
        """What to do now. A rest is over when this is asked again."""
        if self.state is State.CLOSED:
            return Closed()
        if self._rest_s > 0:
            rest, self._rest_s = Rest(self._rest_s), 0.0
            return rest
        self._forget_answer()
        self._asked_at = now
        stream = self.state in _STREAMS
        low, high = (_CATCH_UP_S, _CATCH_UP_S) if self.state is State.CATCHING_UP else self._settings.watch_s
        watch_s = low + (high - low) * self._random()
        query = query_of(self.state, self._where.selector, self.ledger.mark, self._page, watch_s, self._settings.page)
        path = self._where.path() if self._doubt is None else self._where.path_of(metadata_of(self._doubt))
        return Request(path, query, stream, watch_s + self._settings.silence_s if stream else self._settings.request_s)

    @property
    def streaming(self) -> bool:
        """Whether more of the answer is wanted; where not, its owner drops the connection."""
        return self._wanted and self.state is not State.CLOSED

    def health(self, closed: bool = False) -> Health:
        """How the watch is doing."""
        reason, since = ("", None) if self._degraded is None else self._degraded
        state: Any = "Closed" if closed or self.state is State.CLOSED else "Live" if self._degraded is None else "Degraded"
        return Health(state, reason, since, self._last_heard, self.ledger.lag, self.ledger.skipped)

    def answered(self, status: int, headers: Mapping[str, str], now: datetime) -> None:
        """The head of an answer; `headers` in lower case."""
        self._status, self._headers = status, headers
        self._last_heard = now
        if status == 200 and self.state in _STREAMS:
            self._degraded = None

    def received(self, data: bytes, now: datetime) -> None:
        """Some of its body, cut anywhere."""
        self._last_heard = now
        if self.state not in _STREAMS or self._status != 200:
            self._body.append(data)
            return
        for line in self._lines.fed(data):
            self._line(line, now)
            if not self._wanted:
                return

    def ended(self, now: datetime) -> None:
        """The answer is complete."""
        if not self.streaming:
            return
        body = b"".join(self._body)
        if self.state in _STREAMS and self._status == 200:
            self._stream_ended(now)
        elif self._status == 200:
            self._body_ended(body, now)
        elif self.state is State.CONFIRMING and self._status in (401, 403, 404, 405):
            self._happened(Reason(Happening.ANSWERED), now)
        else:
            self._happened(judge(self._status, self._headers, read(body)), now)

    def failed(self, reason: str, now: datetime) -> None:
        """There was no answer, or it broke off; what of it was no whole line is void."""
        if self.streaming:
            self._happened(Reason(Happening.FAILED, reason), now)

    def broke(self, reason: str, now: datetime) -> None:
        """What never should has failed, even after all was heard: a rest follows, never the same at once."""
        if self.state is not State.CLOSED:
            self._happened(Reason(Happening.FAILED, reason), now)

    def close(self) -> None:
        """Nobody wants to know any more."""
        self.state = State.CLOSED

    def _stream_ended(self, now: datetime) -> None:
        """A stream ends in good order, in the middle of a line, or as soon as it began."""
        if self._lines.rest != b"":
            self._happened(Reason(Happening.FAILED, "the stream was cut in the middle of a line"), now)
        elif not self._eventful and (now - self._asked_at).total_seconds() < 0.9:
            self._happened(Reason(Happening.CUT_SHORT, "the server ended the watch at once"), now)
        else:
            self._happened(Reason(Happening.ENDED), now)

    def _body_ended(self, body: bytes, now: datetime) -> None:
        answer = read(body)
        if not isinstance(answer, dict):
            self._happened(Reason(Happening.FAILED, "the answer is no JSON object"), now)
        elif self.state is State.CONFIRMING:
            self._alive = uid_of(answer) == uid_of(self._doubt)
            self._happened(Reason(Happening.ANSWERED), now)
        elif self.state is State.PROVING:
            self._happened(Reason(Happening.LAST if self._synced else Happening.BEHIND), now)
        else:
            self._page_read(answer, now)

    def _page_read(self, page: dict[str, Any], now: datetime) -> None:
        metadata = metadata_of(page)
        items, version = page.get("items"), metadata.get("resourceVersion")
        items = [] if items is None else items
        if type(version) is not str or version == "" or not isinstance(items, list):
            self._happened(Reason(Happening.FAILED, "the answer is no list with a resourceVersion"), now)
            return
        for item in drained(items):
            self._item(item, now)
        token = metadata.get("continue")
        self._page, self._version = token if type(token) is str else "", version
        self._happened(Reason(Happening.LAST if self._page == "" else Happening.PAGE), now)

    def _item(self, item: Any, now: datetime) -> None:
        if not isinstance(item, dict):
            self.ledger.skipped += 1
        elif self.state is State.RECALLING:
            self.ledger.recall(item, now)
        else:
            self._present.add(uid_of(item))
            self.ledger.see(item, now, trusted=True)

    # Events

    def _line(self, line: bytes, now: datetime) -> None:
        event = read(line)
        kind, thing = (event.get("type"), event.get("object")) if isinstance(event, dict) else (None, None)
        if not isinstance(thing, dict):
            return self._garbled(now)
        self._eventful = True
        if kind == "ERROR":
            code = thing.get("code")
            self._happened(judge(code if type(code) is int else 500, {}, thing), now)
        elif kind == "BOOKMARK":
            self._bookmark(thing, now)
        elif kind == "DELETED" and self.state is not State.STREAMING and version_of(thing) != "" and not shows_deletion(thing):
            self._doubt = thing
            self._happened(Reason(Happening.DOUBT), now)
        else:
            self._event(kind, thing, now)

    def _event(self, kind: Any, pod: dict[str, Any], now: datetime) -> None:
        version = version_of(pod)
        if self.state is State.STREAMING:
            self._present.add(uid_of(pod))
        elif version.isdecimal() and self.ledger.mark.isdecimal() and int(version) <= int(self.ledger.mark):
            return  # said again
        if kind == "DELETED":
            self._present.discard(uid_of(pod))
            self.ledger.removed(pod, now)
        else:
            self.ledger.see(pod, now)
        if self.state is not State.STREAMING and version != "":
            self.ledger.mark = version

    def _bookmark(self, thing: dict[str, Any], now: datetime) -> None:
        notes, version = metadata_of(thing).get("annotations"), version_of(thing)
        if version == "":
            return
        if self.state is not State.STREAMING:
            self.ledger.mark = version
        elif not isinstance(notes, dict) or notes.get(_INITIAL_EVENTS_END) != "true":
            return
        self._version = version
        if (self.state, Happening.BOOKMARK) in TABLE:
            self._happened(Reason(Happening.BOOKMARK), now)

    def _garbled(self, now: datetime) -> None:
        """A line that cannot be read is asked for once more; if it comes again at the same place, it is passed over."""
        if self._garbled_at == self.ledger.mark:
            self.ledger.skipped += 1
            return
        self._garbled_at = self.ledger.mark
        self._happened(Reason(Happening.FAILED, "a line of the watch is no event"), now)

    def _happened(self, what: Reason, now: datetime) -> None:
        """Go where the table says."""
        happening = what.happening
        if happening is Happening.EXPIRED and self.state is State.LISTING and self._pagings >= _PAGINGS:
            happening = Happening.EXPIRED_AGAIN
        # What makes a difference in no table entry is a failure.
        move = TABLE.get((self.state, happening), TABLE[self.state, Happening.FAILED])
        # The answer goes on only where its own bookmark made the move.
        self._wanted = happening is Happening.BOOKMARK
        if move.pause == "backoff":
            self._rest_s = max(self._backoff.next_s(now), what.retry_after_s)
            self._degraded = (what.text, now if self._degraded is None else self._degraded[1])
        elif move.pause == "spacing":
            self._rest_s = self._settings.spacing_s * self._random()
        getattr(self, f"_do_{move.deed}")(what, now)  # first, for a deed that fails is done again
        self.state = move.state

    def _do_none(self, what: Reason, now: datetime) -> None:
        """Nothing but to go there."""

    def _do_recalled(self, what: Reason, now: datetime) -> None:
        self._page = ""

    def _do_synced(self, what: Reason, now: datetime) -> None:
        if not self._synced:
            self._synced = True
            self.ledger.note(Synced())

    def _do_listed(self, what: Reason, now: datetime) -> None:
        """All that is there has been seen: the rest is gone, and the mark may move."""
        self.ledger.only(self._present)
        self._do_synced(what, now)
        self.ledger.mark = self._version
        self._pagings = 0
        self._begin_anew()
        self._degraded = None

    def _do_resync(self, what: Reason, now: datetime) -> None:
        self.ledger.note(Resynced(what.text))
        self._begin_anew()

    def _do_afresh(self, what: Reason, now: datetime) -> None:
        """What the cursor acknowledges cannot be learned any more."""
        self.ledger.begin_afresh(what.text)
        self._begin_anew()

    def _do_anew(self, what: Reason, now: datetime) -> None:
        self._pagings += 1
        self._begin_anew()

    def _do_confirm(self, what: Reason, now: datetime) -> None:
        """The pod in doubt has left the selection, or is gone; only now may the mark pass its event."""
        pod = self._doubt or {}
        if self._alive or self._status in (401, 403, 405):
            self.ledger.leave(uid_of(pod))
        else:
            self.ledger.removed(pod, now)
        self.ledger.mark, self._doubt = version_of(pod), None

    def _begin_anew(self) -> None:
        self._page, self._version = "", ""
        self._present: set[str] = set()

    def _forget_answer(self) -> None:
        self._status, self._headers = 0, dict[str, str]()
        self._body: list[bytes] = []
        self._lines = Lines()
        self._wanted, self._eventful, self._alive = True, False, False
