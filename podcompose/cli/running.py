"""
Pods launched and followed to their ends, seen from a terminal.

One thread, the caller's, shows and decides; others launch and wait, read the logs, and stop pods; all they have to say comes by
one queue. A signal is but one more thing to say: the first has the pods stopped, the second leaves them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, NamedTuple

from podcompose.cli.overheard import Abandoned, Overheard, follower
from podcompose.cli.progress import Display
from podcompose.composition import Composition
from podcompose.errors import PodComposeError
from podcompose.run import Launched, LaunchError, Outcome, PodRecord, PodRef, Policy, run, run_many
from podcompose.run.flight import not_launched

__all__ = ["Ended", "Session", "Work"]

#: How often the display is drawn while nothing happens.
_TICK_S = 0.25
#: How long the rest of a log is waited for, once the outcome is known.
_LOG_PATIENCE_S = 5.0
#: How many pieces of a log may wait to be written: a slow reader slows the log down, not the pod.
_PIECES = 64
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be run."""

    pods: tuple[tuple[str, Composition], ...]
    many: bool = False
    max_in_flight: int = 32
    policy: Policy = field(default_factory=Policy)


class Ended(NamedTuple):
    """A launch and its outcome; `error` where it was not launched."""

    launch_id: str
    ref: PodRef | None
    outcome: Outcome
    error: LaunchError | None = None


class _Printed(NamedTuple):
    data: bytes


class _LogOver(NamedTuple):
    why: str


class _Signalled(NamedTuple):
    number: int


class _NotStopped(NamedTuple):
    error: LaunchError


class _Over(NamedTuple):
    error: BaseException | None


@dataclass(slots=True)
class _Log:
    """How far the reading of a log has come."""

    begun: bool = False
    over: bool = False
    until: float = float("inf")

    def is_out(self, now: float) -> bool:
        return not self.begun or self.over or now > self.until


class Session:
    """
    The run of some pods.

    Shapes: `write` is given the output of the main container (of one pod), `tell` lines for people, `result` each outcome as it
            is known. `signalled` is the first signal that came, `left` the launches that a second one has left.
    """

    def __init__(
        self,
        backend: Any,
        work: Work,
        display: Display,
        *,
        write: Callable[[bytes], object],
        tell: Callable[[str], object],
        result: Callable[[Ended], object],
    ) -> None:
        self.signalled: int | None = None
        self.left: dict[str, PodRef | None] = {}
        self._work, self._display = work, display
        self._write, self._tell, self._result = write, tell, result
        self._events: SimpleQueue[object] = SimpleQueue()
        self._overheard = Overheard(backend, self._events.put)
        self._to_stop: SimpleQueue[PodRef | None] = SimpleQueue()
        self._room = threading.Semaphore(_PIECES)
        self._threads: list[threading.Thread] = []
        self._refs: dict[str, PodRef] = {}
        self._awaited = {launch_id for launch_id, _ in work.pods}
        self._over = False
        self._leaving = False
        self._log = _Log()
        self._kept: Ended | None = None

    def run(self) -> None:
        """To the end of all, or until a second signal; then the backend is closed."""
        try:
            with _signals(self._events.put):
                self._start(self._launch_and_wait)
                while not self._is_over():
                    self._take_next()
        finally:
            self._close()
        if self._kept is not None and not self._leaving:
            self._tell_of(self._kept)

    def interrupt(self, number: int) -> None:
        """What a signal means: stop the pods; the second time, leave them."""
        if self.signalled is not None:
            known = [launch_id for launch_id, _ in self._work.pods] if not self._work.many else list(self._refs)
            self.left = {launch_id: self._refs.get(launch_id) for launch_id in known}
            self._leaving = True
            return
        self.signalled = number
        self._start(self._stop_all)
        for ref in self._refs.values():
            self._to_stop.put(ref)
        pods = "the pods" if self._work.many else "the pod"
        unknown = "" if len(self._refs) > 0 or self._over else ", as soon as it is known whether there is one"
        self._tell(f"stopping {pods}{unknown}; Ctrl-C once more leaves without waiting")

    def _is_over(self) -> bool:
        return self._leaving or (self._over and self._log.is_out(monotonic()) and self._events.empty())

    def _close(self) -> None:
        self._overheard.abandoned.set()
        self._to_stop.put(None)
        self._overheard.close()
        for thread in self._threads:
            thread.join(_JOIN_S)
        self._display.close()

    def _take_next(self) -> None:
        with suppress(Empty):
            self._take(self._events.get(timeout=_TICK_S))
        if self._events.empty():
            self._display.tick(self._overheard.clock())

    def _take(self, event: object) -> None:
        match event:
            case (str() as launch_id, Launched() as launched):
                self._launched(launch_id, launched)
            case PodRecord():
                self._seen(event)
            case _Printed(data):
                self._room.release()
                self._write(data)
            case Ended():
                self._ended(event)
            case _Signalled(number):
                self.interrupt(number)
            case _LogOver(why):
                self._log.over = True
                if why != "":
                    self._tell(f"the log cannot be read: {why}")
            case _NotStopped(error):
                self._tell(f"it was not stopped: {error}")
            case _Over(error):
                self._worked(error)

    def _launched(self, launch_id: str, launched: Launched) -> None:
        self._refs[launch_id] = launched.ref
        self._display.launched(launch_id, launched)
        if self.signalled is not None:
            self._to_stop.put(launched.ref)

    def _seen(self, record: PodRecord) -> None:
        launch_id = record.launch_id
        if launch_id is None or launch_id not in self._awaited:
            return
        self._display.seen(launch_id, record)
        ran = record.started is not None or (record.outcome is not None and record.outcome.ran == "yes")
        follow = follower(self._overheard.backend)
        if ran and not self._work.many and not self._log.begun and follow is not None:
            self._log.begun = True
            self._start(lambda: self._read_log(follow(record.ref)))

    def _ended(self, ended: Ended) -> None:
        ended = ended._replace(ref=self._refs.pop(ended.launch_id, None))
        if self._work.many:
            self._awaited.discard(ended.launch_id)
            self._tell_of(ended)
        else:
            self._kept, self._log.until = ended, monotonic() + _LOG_PATIENCE_S

    def _tell_of(self, ended: Ended) -> None:
        if ended.error is None:
            self._display.ended(ended.launch_id, ended.ref, ended.outcome)
        self._result(ended)

    def _worked(self, error: BaseException | None) -> None:
        if error is not None:
            raise error
        self._over = True

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name="podcompose-run", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _launch_and_wait(self) -> None:
        error: BaseException | None = None
        try:
            for ended in self._outcomes():
                self._events.put(ended)
            self._overheard.drain()
        except Abandoned:
            pass
        except BaseException as caught:  # it is the other thread's to say
            error = caught
        self._events.put(_Over(error))

    def _outcomes(self) -> Iterator[Ended]:
        work, backend = self._work, self._overheard
        if work.many:
            pods = self._unless_stopping()
            for launch_id, outcome in run_many(backend, pods, max_in_flight=work.max_in_flight, policy=work.policy):
                yield Ended(launch_id, None, outcome)
            return
        ((launch_id, pod),) = work.pods
        try:
            outcome = run(backend, pod, launch_id=launch_id, policy=work.policy)
            yield Ended(launch_id, None, outcome)
        except LaunchError as error:
            yield Ended(launch_id, None, not_launched(error), error)

    def _unless_stopping(self) -> Iterator[tuple[str, Composition]]:
        for pair in self._work.pods:
            if self.signalled is not None:
                return
            yield pair

    def _stop_all(self) -> None:
        while (ref := self._to_stop.get()) is not None:
            try:
                self._overheard.stop(ref)
            except LaunchError as error:
                self._events.put(_NotStopped(error))

    def _read_log(self, pieces: Iterator[bytes]) -> None:
        why = ""
        try:
            for data in pieces:
                while not self._room.acquire(timeout=_TICK_S):
                    self._overheard.check()
                self._events.put(_Printed(data))
        except Abandoned:
            pass
        except PodComposeError as error:
            why = "; ".join(map(str, error.problems))
        self._events.put(_LogOver(why))


@contextmanager
def _signals(put: Callable[[object], object]) -> Iterator[None]:
    """SIGINT and SIGTERM are told, where this is the thread that hears them; SimpleQueue may be put to from a handler."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda number, _: put(_Signalled(number))) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
