"""
What a watch costs: `python -m benchmarks.watching WHAT`, in a fresh process each, which prints what it found as JSON.

WHAT: `events` (CPU of a watch event, beside the client's own Watch and beside reading the JSON alone), `pages` (CPU of a pod in a
LIST of 50,000, beside the client's typed reading), `listed` (memory of the same), or `flat` (memory while 100,000 pods come and
go). CPU is that of the thread: what else the machine does is not in it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from time import thread_time
from types import SimpleNamespace
from typing import Any

from benchmarks.lives import Lives, item, page
from podcompose.run.cursor import Cursor
from podcompose.run.ledger import Ledger
from podcompose.run.protocols import Gone, Seen
from podcompose.run.watch import WatchMachine, WatchSettings
from podcompose.run.watch.requests import Where
from podcompose.run.watch.table import State

__all__ = ["WHATS", "events", "flat", "listed", "main", "pages"]

Found = Mapping[str, float]

NOW = datetime(2026, 11, 22, 13, 51, 40, tzinfo=timezone.utc)
#: How many pods live side by side, and come in one page.
_WAVE, _PAGE = 200, 500
#: A life in four events: accepted, running, finished, removed.
_SHORT = (0, 4, 6, 9)


def watching() -> WatchMachine:
    """A machine that has listed a namespace in which nothing was, and watches it."""
    machine = WatchMachine(Where("jobs", ""), Ledger(), Cursor(None), WatchSettings(), lambda: 0.5)
    _answer(machine, [b'{"metadata":{"resourceVersion":"1"},"items":[]}'])
    machine.due(NOW)
    machine.answered(200, {}, NOW)
    return machine


def _answer(machine: WatchMachine, body: list[bytes]) -> None:
    machine.due(NOW)
    machine.answered(200, {}, NOW)
    for piece in body:
        machine.received(piece, NOW)
    machine.ended(NOW)


def _taken(machine: WatchMachine) -> list[Any]:
    changes: list[Any] = []
    while machine.ledger.lag > 0:
        changes += machine.ledger.take(1000)[0]
    return changes


def _ours(chunks: list[bytes]) -> int:
    """The whole of it: lines, JSON, the pod read, its outcome, the ledger, and each chunk's changes taken."""
    machine, outcomes = watching(), 0
    for chunk in chunks:
        machine.received(chunk, NOW)
        outcomes += sum(isinstance(one, (Seen, Gone)) and one.outcome is not None for one in _taken(machine))
    return outcomes


def _clients(chunks: list[bytes]) -> int:
    """The client's own Watch over the same bytes, typed, as its documentation shows it."""
    from kubernetes.watch import Watch

    answer = SimpleNamespace(stream=lambda **_: iter(chunks), close=lambda: None, release_conn=lambda: None, status=200)
    client: Any = Watch
    events = client("V1Pod").stream(lambda **_: answer, timeout_seconds=1)
    return sum(event["type"] == "DELETED" and event["object"].metadata.uid is not None for event in events)


def _json_alone(chunks: list[bytes]) -> int:
    from podcompose.run.watch.wire import loads

    return sum(loads(line)["type"] == "DELETED" for line in b"".join(chunks).splitlines())


def _timed(work: Callable[[], int], expected: int) -> float:
    """CPU seconds of this thread; what the work gives is looked at each time."""
    gc.collect()
    start = thread_time()
    given = work()
    seconds = thread_time() - start
    if given != expected:
        raise AssertionError(f"{given} pods have ended, not {expected}")
    return seconds


def events(rounds: int = 9, count: int = _WAVE) -> Found:
    """CPU us of an event, ours and its peers' in turn; the ratio is the median of the rounds'."""
    works = {"ours": _ours, "peer": _clients, "json": _json_alone}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for place in range(rounds):
        lives = Lives()
        chunks = list(lives.wave(place * count, count))
        number, size = len(lives) * count, sum(map(len, chunks))
        for name, work in works.items():
            taken[name].append(_timed(partial(work, chunks), count) / number * 1e6)
    return {**_compared(taken), "json": min(taken["json"]), "bytes": size / number}


def _compared(taken: Mapping[str, list[float]]) -> Found:
    ratio = median(ours / peer for ours, peer in zip(taken["ours"], taken["peer"], strict=True))
    return {"ours": min(taken["ours"]), "median": median(taken["ours"]), "peer": min(taken["peer"]), "ratio": ratio}


def _pages(count: int) -> Iterator[bytes]:
    template = item()
    for first in range(0, count, _PAGE):
        yield page(template, first, _PAGE, first + _PAGE < count)


def pages(count: int = 50_000, beside: int = 25) -> Found:
    """CPU us of a pod in a LIST; beside every so many pages, the client's typed reading of the same."""
    machine, spent = WatchMachine(Where("jobs", ""), Ledger(), Cursor(None), WatchSettings(), lambda: 0.5), 0.0
    peer = []
    for place, body in enumerate(_pages(count)):
        start = thread_time()
        _answer(machine, [body])
        spent += thread_time() - start
        if place % beside == 0:
            peer.append(_timed(partial(_typed, body), _PAGE) / _PAGE * 1e6)
    start = thread_time()
    seen = len(_taken(machine))
    spent += thread_time() - start
    _must(machine.state is State.WATCHING and seen == count + 1, f"{seen} changes, in {machine.state}")
    ours = spent / count * 1e6
    return {"ours": ours, "peer": min(peer), "ratio": ours / median(peer)}


def _typed(body: bytes) -> int:
    """The client's own reading of a page."""
    from benchmarks.clients import read_pods

    return len(read_pods(body))


def listed(count: int = 50_000) -> Found:
    """What the process grows by, a pod, until a LIST is read: at its highest, and once its changes were taken."""
    machine = WatchMachine(Where("jobs", ""), Ledger(), Cursor(None), WatchSettings(), lambda: 0.5)
    source = _pages(count)
    first = next(source)
    gc.collect()
    before, highest = _resident(), 0
    for body in chain([first], source):
        _answer(machine, [body])
        highest = max(highest, _resident())
    seen = len(_taken(machine))
    gc.collect()
    _must(seen == count + 1, f"{seen} changes")
    return {"highest": (highest - before) / count, "kept": (_resident() - before) / count}


def flat(count: int = 100_000, early: int = 10_000) -> Found:
    """Python's allocated blocks, and bytes resident, after `early` pods have come and gone, and after `count`."""
    lives, machine = Lives(_SHORT), watching()
    found: dict[str, float] = {}
    for first in range(0, count, _WAVE):
        ends = 0
        for chunk in lives.wave(first, _WAVE):
            machine.received(chunk, NOW)
            ends += sum(isinstance(one, (Seen, Gone)) and one.outcome is not None for one in _taken(machine))
        _must(ends == _WAVE, f"{ends} pods have ended, not {_WAVE}")
        if first + _WAVE in (early, count):
            gc.collect()
            when = "early" if first + _WAVE == early else "late"
            found |= {f"blocks {when}": sys.getallocatedblocks(), f"resident {when}": _resident()}
    return found


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


WHATS: Mapping[str, Callable[[], Found]] = {"events": events, "pages": pages, "listed": listed, "flat": flat}


def main(what: str) -> None:
    """Print what was found."""
    print(json.dumps(WHATS[what]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
