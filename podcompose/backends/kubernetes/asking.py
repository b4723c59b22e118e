"""One call, with its deadline: asking, resting between attempts, giving up in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from podcompose.backends.kubernetes.effects import Ambiguous, Answer, Closed, Effects, NotSent, Rest
from podcompose.backends.kubernetes.pods import Asking
from podcompose.backends.kubernetes.refusals import Verdict
from podcompose.errors import Problem
from podcompose.run.records import PodRef

__all__ = ["Call", "Terms"]

_LONGEST_WAIT_S = 30.0
#: A request that is given less than this brings no answer, only doubt.
_LEAST_S = 0.1
#: How much too early a rest may end.
_CLOCK_S = 0.001
_FIRST_WAIT_S = {"soon": 0.1, "slowly": 5.0}


@dataclass(frozen=True, slots=True)
class Terms:
    """
    How a call is made.

    Units:  `deadline_s` from its beginning; `request_s` bounds one request. `jitter` gives numbers from 0 to 1.
    """

    jitter: Callable[[], float]
    deadline_s: float = 300.0
    request_s: float = 30.0


class Call:
    """What one call has left of its time, and how often it has asked."""

    def __init__(self, terms: Terms, now: float) -> None:
        self.began = self.now = now
        self.requests = 0
        self.closed = False
        self._terms = terms
        self._waits = 0

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.began + self._terms.deadline_s - self.now

    @property
    def over(self) -> bool:
        """Whether nothing more can be asked."""
        return self.closed or self.left <= _CLOCK_S

    @property
    def end(self) -> Problem:
        """Why nothing more was asked."""
        spent = f"{self.requests} request{'' if self.requests == 1 else 's'} in {self.now - self.began:.1f} s"
        if self.closed:
            return Problem("closed", "", f"the backend was closed after {spent}")
        return Problem("deadline", "", f"given up after {spent}", suggestion="ask again: it makes no second pod")

    def ask(self, asking: Asking) -> Effects[Answer | NotSent | Ambiguous]:
        """Ask once; not at all when the time is over."""
        if self.over:
            return NotSent("the deadline was over", self.now)
        result = yield asking(min(self._terms.request_s, self.left))
        self.now = result.at
        if isinstance(result, (Answer, NotSent, Ambiguous)):
            self.requests += 1
            return result
        self.closed = True
        return NotSent("the backend was closed", self.now)

    def rest(self, verdict: Verdict) -> Effects[None]:
        """Wait before the next attempt: as long as the server asks for, else with full jitter, and not beyond the deadline."""
        first = _FIRST_WAIT_S["slowly" if verdict.again == "slowly" else "soon"]
        wait = self._terms.jitter() * min(_LONGEST_WAIT_S, first * 2 ** min(self._waits, 16))
        self._waits += 1
        if self.over:
            return
        wait = max(wait, verdict.retry_after)
        rested = yield Rest(self.left if self.left - wait < _LEAST_S else wait)
        self.now = rested.at
        self.closed = isinstance(rested, Closed)

    def again(self, verdict: Verdict, ref: PodRef) -> Effects[None]:
        """Rest before the next attempt; raise, where there is none."""
        if verdict.again != "never":
            yield from self.rest(verdict)
        if self.over or verdict.again == "never":
            problems = (*verdict.problems, self.end) if self.over else verdict.problems
            raise verdict.kind(problems, namespace=ref.namespace, name=ref.name, attempts=self.requests)
