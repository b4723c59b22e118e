"""The watch as a table: where it stands, what happens, where it goes then, after which pause, and what it does on the way."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

__all__ = ["TABLE", "Deed", "Happening", "Move", "Pause", "State", "diagram"]


class State(str, Enum):
    """What the watch is busy with; each but `CLOSED` is one kind of request."""

    RECALLING = "Recalling"  # LIST as it was at the cursor, to know what has been acknowledged
    CATCHING_UP = "CatchingUp"  # WATCH from the cursor, for a second
    LISTING = "Listing"  # LIST as it is, in pages
    WHOLE = "Whole"  # LIST as it is, in one piece
    STREAMING = "Streaming"  # WATCH that begins with all there is (WatchList)
    PROVING = "Proving"  # LIST of one pod, not older than the mark: is there such a mark?
    WATCHING = "Watching"  # WATCH from the mark
    CONFIRMING = "Confirming"  # GET of a pod that was deselected, or deleted: which?
    CLOSED = "Closed"


class Happening(str, Enum):
    """What came of a request."""

    PAGE = "Page"  # a page, and there are more
    LAST = "Last"  # the last page
    BEHIND = "Behind"  # proven, but what has come since the cursor has not all been told
    BOOKMARK = "Bookmark"  # all up to here has been sent
    ENDED = "Ended"  # the stream ended in good order
    CUT_SHORT = "CutShort"  # the stream ended at once, with nothing in it
    EXPIRED = "Expired"  # 410: the server no longer has that version, or that page
    EXPIRED_AGAIN = "ExpiredAgain"  # and paging was begun anew before
    AHEAD = "Ahead"  # the server does not have that version yet: it is of another time, or another server
    UNSUPPORTED = "Unsupported"  # the server cannot do this kind of request
    DOUBT = "Doubt"  # DELETED, and no sign of a deletion
    ANSWERED = "Answered"  # the pod in doubt is there, or not
    FAILED = "Failed"  # anything else: no answer, a refusal, a failure, a cut
    CLOSE = "Close"  # nobody wants to know any more


Pause = Literal["none", "spacing", "backoff"]
Deed = Literal["none", "recalled", "listed", "synced", "resync", "afresh", "anew", "confirm"]


class Move(NamedTuple):
    """Where to go, after which pause, and what to do on the way."""

    state: State
    pause: Pause = "none"
    deed: Deed = "none"


_S, _H = State, Happening

TABLE: dict[tuple[State, Happening], Move] = {
    # A cursor was given: learn what it acknowledges, then what has come since.
    (_S.RECALLING, _H.PAGE): Move(_S.RECALLING),
    (_S.RECALLING, _H.LAST): Move(_S.CATCHING_UP, deed="recalled"),
    (_S.RECALLING, _H.EXPIRED): Move(_S.LISTING, deed="afresh"),
    (_S.RECALLING, _H.AHEAD): Move(_S.LISTING, deed="afresh"),
    (_S.RECALLING, _H.UNSUPPORTED): Move(_S.LISTING, deed="afresh"),  # the server makes no sense of it
    (_S.RECALLING, _H.FAILED): Move(_S.RECALLING, "backoff"),
    (_S.CATCHING_UP, _H.BOOKMARK): Move(_S.WATCHING, deed="synced"),
    (_S.CATCHING_UP, _H.ENDED): Move(_S.PROVING, "spacing", "synced"),
    (_S.CATCHING_UP, _H.CUT_SHORT): Move(_S.CATCHING_UP, "backoff"),
    (_S.CATCHING_UP, _H.EXPIRED): Move(_S.LISTING, deed="resync"),
    (_S.CATCHING_UP, _H.AHEAD): Move(_S.LISTING, deed="resync"),
    (_S.CATCHING_UP, _H.DOUBT): Move(_S.CONFIRMING),
    (_S.CATCHING_UP, _H.FAILED): Move(_S.CATCHING_UP, "backoff"),
    # No cursor, or none of use: all there is, in pages of one version. Absence counts only once all pages are there.
    (_S.LISTING, _H.PAGE): Move(_S.LISTING),
    (_S.LISTING, _H.LAST): Move(_S.WATCHING, deed="listed"),
    (_S.LISTING, _H.EXPIRED): Move(_S.LISTING, deed="anew"),
    (_S.LISTING, _H.EXPIRED_AGAIN): Move(_S.WHOLE, deed="anew"),
    (_S.LISTING, _H.AHEAD): Move(_S.LISTING, "backoff", "anew"),
    (_S.LISTING, _H.FAILED): Move(_S.LISTING, "backoff"),
    (_S.WHOLE, _H.LAST): Move(_S.WATCHING, deed="listed"),
    (_S.WHOLE, _H.EXPIRED): Move(_S.LISTING, "backoff", "anew"),
    (_S.WHOLE, _H.AHEAD): Move(_S.LISTING, "backoff", "anew"),
    (_S.WHOLE, _H.FAILED): Move(_S.WHOLE, "backoff"),
    (_S.STREAMING, _H.BOOKMARK): Move(_S.WATCHING, deed="listed"),
    (_S.STREAMING, _H.ENDED): Move(_S.STREAMING, "backoff", "anew"),
    (_S.STREAMING, _H.CUT_SHORT): Move(_S.STREAMING, "backoff", "anew"),
    (_S.STREAMING, _H.EXPIRED): Move(_S.LISTING, "backoff", "anew"),
    (_S.STREAMING, _H.UNSUPPORTED): Move(_S.LISTING, deed="anew"),
    (_S.STREAMING, _H.FAILED): Move(_S.STREAMING, "backoff", "anew"),
    # All is known: follow it. A version is proven before it is watched, for a watch from the future is silent.
    (_S.WATCHING, _H.ENDED): Move(_S.PROVING, "spacing"),
    (_S.WATCHING, _H.CUT_SHORT): Move(_S.PROVING, "backoff"),
    (_S.WATCHING, _H.FAILED): Move(_S.PROVING, "backoff"),
    (_S.WATCHING, _H.EXPIRED): Move(_S.LISTING, deed="resync"),
    (_S.WATCHING, _H.AHEAD): Move(_S.LISTING, deed="resync"),
    (_S.WATCHING, _H.DOUBT): Move(_S.CONFIRMING),
    (_S.PROVING, _H.LAST): Move(_S.WATCHING),
    (_S.PROVING, _H.BEHIND): Move(_S.CATCHING_UP),
    (_S.PROVING, _H.EXPIRED): Move(_S.LISTING, deed="resync"),
    (_S.PROVING, _H.AHEAD): Move(_S.LISTING, deed="resync"),
    (_S.PROVING, _H.FAILED): Move(_S.PROVING, "backoff"),
    (_S.CONFIRMING, _H.ANSWERED): Move(_S.PROVING, deed="confirm"),
    (_S.CONFIRMING, _H.FAILED): Move(_S.CONFIRMING, "backoff"),
    **{(state, _H.CLOSE): Move(_S.CLOSED) for state in State},
}


def diagram() -> str:
    """
    The table as a Mermaid state diagram, for the documentation.

    >>> diagram().splitlines()[:3]
    ['stateDiagram-v2', '    Recalling --> Recalling: Page', '    Recalling --> CatchingUp: Last']
    """
    pauses = {"none": "", "spacing": " (spacing)", "backoff": " (back-off)"}
    lines = [
        f"    {state.value} --> {move.state.value}: {happening.value}{pauses[move.pause]}"
        for (state, happening), move in TABLE.items()
        if happening is not _H.CLOSE
    ]
    return "\n".join(["stateDiagram-v2", *lines])
