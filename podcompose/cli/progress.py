"""What is shown on standard error while pods run: one pod's stage of life, or how far many have come."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol, TextIO

from podcompose.cli.screen import look, plain, printed
from podcompose.cli.words import age_s, blocked, ended, stands
from podcompose.run import Blocker, Launched, Outcome, PodRecord, PodRef, Stage

__all__ = ["Display", "Many", "One", "Screen"]

#: What holds a pod up for less is not worth a word.
_PATIENCE_S = 3.0
_FIRST_FAILURES = 5
_STYLES = {"Succeeded": "green", "Failed": "red", "Lost": "red", "Stopped": "yellow", "Deleted": "yellow"}


class Screen:
    """Standard error: lines that stay and, on a terminal, a last one that is drawn anew; standard output may share it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        seen = (False, None) if stream is None else look(stream)
        self._colour = seen[0]
        self.live = seen[1] is not None and stream is not None
        self._drawn = ""
        self._at_start = True

    def line(self, text: str, style: str = "") -> None:
        """A line that stays."""
        self.clear()
        lead = "" if self._at_start else "\n"
        self._at_start = True
        said = [(("podcompose: ", "dim"), (part, style)) for part in text.split("\n")]
        self._write(lead + printed(said, self._colour))

    def draw(self, text: str) -> None:
        """The last line, as it is now; only on a terminal."""
        shown = plain(text)[: max(shutil.get_terminal_size().columns - 1, 10)]
        if self.live and self._at_start and shown != self._drawn:
            self._write("\r\x1b[2K" + shown)
            self._drawn = shown

    def clear(self) -> None:
        """Take the last line away."""
        if self._drawn != "":
            self._write("\r\x1b[2K")
            self._drawn = ""

    def passed(self, data: bytes) -> None:
        """Standard output was written to; where both are one terminal, that is where its last line may be."""
        if self.live and sys.stdout is not None and sys.stdout.isatty():
            self._at_start = data.endswith(b"\n")

    def _write(self, text: str) -> None:
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()


class Display(Protocol):
    """What is told of the pods of one command; `now` is the backend's clock."""

    def launched(self, launch_id: str, launched: Launched) -> None:
        """A launch has its pod."""
        ...

    def seen(self, launch_id: str, record: PodRecord) -> None:
        """A pod has changed."""
        ...

    def tick(self, now: datetime) -> None:
        """Some time has passed."""
        ...

    def ended(self, launch_id: str, ref: PodRef | None, outcome: Outcome) -> None:
        """A launch has its outcome."""
        ...

    def close(self) -> None:
        """Nothing more is shown."""
        ...


class One:
    """One pod: a line for each stage, or one line that lives; what holds it up, for how long, at ever longer intervals."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._record: PodRecord | None = None
        self._told_s = 0.0

    def launched(self, launch_id: str, launched: Launched) -> None:
        """Which pod it is."""
        done = "launched" if launched.created else "found, launched before:"
        self._screen.line(f"{done} pod {launched.ref}, launch id {launch_id}")
        for warning in launched.warnings:
            self._screen.line(f"warning: {warning}", "yellow")

    def seen(self, launch_id: str, record: PodRecord) -> None:
        """How far it has come."""
        before, self._record = self._record, record
        if before is None or not _alike(before.blocker, record.blocker):
            self._told_s = 0.0
        if not self._screen.live and (before is None or before.stage is not record.stage):
            self._screen.line(str(record.stage))

    def tick(self, now: datetime) -> None:
        """What holds it up, and for how long by now."""
        record = self._record
        if record is None:
            return
        if self._screen.live:
            self._screen.draw(f"{record.ref}: {stands(record, now, _PATIENCE_S)}")
            return
        held = None if record.stage is Stage.GONE else record.blocker
        if held is not None and age_s(held, now) >= max(_PATIENCE_S, 2 * self._told_s):
            self._told_s = age_s(held, now)
            self._screen.line(blocked(held, now))

    def ended(self, launch_id: str, ref: PodRef | None, outcome: Outcome) -> None:
        """How it ended."""
        self._screen.line(ended(outcome), _STYLES[outcome.kind])

    def close(self) -> None:
        """Take what lives off the terminal."""
        self._screen.clear()


def _alike(before: Blocker | None, now: Blocker | None) -> bool:
    if before is None or now is None:
        return before is now
    return (before.kind, before.container, before.since) == (now.kind, now.container, now.since)


class Many:
    """
    Many pods: how many are at which stage, the longest held up, the first that failed by name; a bar on a terminal.

    Shapes: `noun` is what they are, `more` what else is to be told of them all.
    """

    def __init__(self, screen: Screen, total: int, noun: str = "pods", more: Callable[[], str] = str) -> None:
        self._screen, self._noun, self._more = screen, noun, more
        self._total = total
        self._records: dict[str, PodRecord] = {}
        self._outcomes: Counter[str] = Counter()
        self._failed = 0
        self._said = (0, 0)
        self._bar = _bar(total) if screen.live else None

    def launched(self, launch_id: str, launched: Launched) -> None:
        """A warning is told once for all that have it first."""

    def seen(self, launch_id: str, record: PodRecord) -> None:
        """Where this one is."""
        self._records[launch_id] = record

    def tick(self, now: datetime) -> None:
        """The counts, and who is held up the longest."""
        if self._bar is not None:
            self._bar.update(0, completed=self._outcomes.total(), counts=self._counts(now), refresh=True)
            return
        tenth = 10 * self._outcomes.total() // max(self._total, 1)
        if tenth > self._said[0] or (len(self._records) > 0 and self._held(now) // 30 > self._said[1]):
            self._said = (tenth, int(self._held(now) // 30))
            self._screen.line(f"{self._outcomes.total()} of {self._total}: {self._counts(now)}")

    def ended(self, launch_id: str, ref: PodRef | None, outcome: Outcome) -> None:
        """Count it; the first ones that fail are named."""
        self._records.pop(launch_id, None)
        self._outcomes[outcome.kind] += 1
        if outcome.kind == "Succeeded":
            return
        self._failed += 1
        if self._failed <= _FIRST_FAILURES:
            self._tell(f"{launch_id}{'' if ref is None else f' ({ref})'}: {ended(outcome)}")
        elif self._failed == _FIRST_FAILURES + 1:
            self._tell("more fail; they are only counted (--json tells each)")

    def close(self) -> None:
        """The counts, once more, to stay."""
        if self._bar is not None:
            self._bar.stop()
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(self._outcomes.items(), reverse=True))
        left = self._total - self._outcomes.total()
        rest = f", {left} without an outcome" if left > 0 else ""
        self._screen.line(
            f"{self._total} {self._noun}: {counts if counts != '' else 'none ended'}{rest}", "red" if self._failed else "green"
        )

    def _tell(self, text: str) -> None:
        if self._bar is None:
            self._screen.line(text, "red")
        else:
            from rich.text import Text

            self._bar.console.print(Text(f"podcompose: {plain(text)}", "red"), soft_wrap=True)

    def _counts(self, now: datetime) -> str:
        stages = Counter(str(record.stage) for record in self._records.values())
        said = [f"{count} {name}" for name, count in [*self._outcomes.items(), *stages.items()]]
        held = [record.blocker for record in self._records.values() if record.blocker is not None]
        longest = max(held, key=lambda blocker: age_s(blocker, now), default=None)
        if longest is not None and age_s(longest, now) >= _PATIENCE_S:
            said.append(f"{len(held)} held up, the longest: {blocked(longest, now)}")
        return "; ".join(part for part in (", ".join(said), self._more()) if part != "")

    def _held(self, now: datetime) -> float:
        return max((age_s(record.blocker, now) for record in self._records.values() if record.blocker is not None), default=0.0)


def _bar(total: int) -> Any:
    """A bar, drawn when it is told to: no thread of its own writes between the lines of others."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[counts]}", markup=False))
    bar = Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=False)
    bar.add_task("", total=total, counts="")
    bar.start()
    return bar
