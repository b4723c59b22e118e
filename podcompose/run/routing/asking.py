"""Asking backends of whom it is not known which has a launch or a pod; one that cannot be asked is a doubt, not a no."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from podcompose.errors import Problem
from podcompose.run.protocols import Launcher
from podcompose.run.routing.part import backoff

__all__ = ["Answer", "Asking"]

Told = TypeVar("Told")


class Answer(NamedTuple):
    """Who answered what was wanted ("" if nobody), and who could not be asked."""

    name: str
    doubts: Mapping[str, Problem]


class Asking:
    """
    Asks several launchers one after the other. Thread-safe.

    One that failed is left alone for a while where that is all the same, and is the last one where it is not.
    """

    def __init__(self, launchers: Mapping[str, Launcher], clock: Callable[[], datetime]) -> None:
        self._launchers, self._clock = launchers, clock
        self._lock = threading.Lock()
        self._backoffs = {name: backoff() for name in launchers}
        self._silent: dict[str, tuple[datetime, Problem]] = {}

    def each(
        self, names: Iterable[str], question: Callable[[Launcher], Told], wanted: Callable[[Told], bool], *, spare: bool = False
    ) -> tuple[Told | None, Answer]:
        """Ask until one says what is wanted; `spare` those that failed a moment ago."""
        doubts: dict[str, Problem] = {}
        for name in sorted(names, key=self._is_silent):
            silent = self._silent.get(name)
            if spare and silent is not None and self._is_silent(name):
                doubts[name] = silent[1]
                continue
            try:
                told = question(self._launchers[name])
            except Exception as error:  # whatever one backend does, the others are asked
                doubts[name] = self._failed(name, error)
                continue
            with self._lock:
                self._silent.pop(name, None)
            if wanted(told):
                return told, Answer(name, doubts)
        return None, Answer("", doubts)

    def _is_silent(self, name: str) -> bool:
        silent = self._silent.get(name)
        return silent is not None and self._clock() < silent[0]

    def _failed(self, name: str, error: Exception) -> Problem:
        message = f"backend {name!r} could not be asked: {type(error).__name__}: {error}"
        problem = Problem("backend-silent", "", message, suggestion="ask again once it answers; until then it may have the pod")
        with self._lock:
            now = self._clock()
            self._silent[name] = (now + timedelta(seconds=self._backoffs[name].next_s(now)), problem)
        return problem
