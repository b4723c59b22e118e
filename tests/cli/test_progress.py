"""What is told while pods run, by a clock of the test's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import StringIO

import pytest

from podcompose.cli.exits import exit_status
from podcompose.cli.progress import Many, One, Screen
from podcompose.cli.words import ended
from podcompose.run import Blocker, Cause, Outcome, PodRecord, PodRef, Stage

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
REF = PodRef("ns", "a", "u")
IMAGE = Blocker("image", "ErrImagePull", "no such tag", "base", START)


class Terminal(StringIO):
    """A terminal, as far as it is asked."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty columns, no colour."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


def at(seconds: float) -> datetime:
    """So long after the start."""
    return START + timedelta(seconds=seconds)


def test_what_holds_a_pod_up_is_told_at_ever_longer_intervals() -> None:
    """In a pipe a pod that hangs is told with the age of its blocker, but not every second."""
    told = StringIO()
    one = One(Screen(told))
    one.seen("id", PodRecord(REF, "id", Stage.STARTING, IMAGE))
    for second in range(41):
        one.tick(at(second))
    one.seen("id", PodRecord(REF, "id", Stage.RUNNING))
    one.tick(at(100))

    assert told.getvalue().splitlines() == [
        "podcompose: Starting",
        *(f"podcompose: image cannot be pulled, {age} s: ErrImagePull (container base): no such tag" for age in (3, 6, 12, 24)),
        "podcompose: Running",
    ]


def test_a_terminal_has_one_line_that_lives() -> None:
    """On a terminal stage, blocker and age are one line, drawn anew when it changes, cut to the width, taken away at the end."""
    told = Terminal()
    one = One(Screen(told))
    one.seen("id", PodRecord(REF, "id", Stage.STARTING, IMAGE))
    for second in (1.0, 1.2, 40.0):
        one.tick(at(second))
    one.close()

    assert told.getvalue().split("\r\x1b[2K") == [
        "",
        "ns/a: Starting",
        "ns/a: Starting, image cannot be pulled, 40 s: ErrImagePull (container base): no"[:79],
        "",
    ]


def test_many_pods_are_counted_and_the_first_failures_named() -> None:
    """Of many pods the counts by stage, the longest held up, five failures by name, and the sum at the end."""
    told = StringIO()
    many = Many(Screen(told), 10)
    many.seen("held", PodRecord(REF, "held", Stage.STARTING, IMAGE))
    many.tick(at(31))
    for number in range(9):
        many.ended(str(number), REF, Outcome("Failed", Cause("Exit"), exit_code=number) if number > 1 else Outcome("Succeeded"))
    many.close()
    lines = [line.removeprefix("podcompose: ") for line in told.getvalue().splitlines()]

    assert lines[0].startswith("0 of 10: 1 Starting, 1 held up, the longest: image cannot be pulled, 31 s: ")
    assert lines[1:6] == [f"{number} (ns/a): Failed: exit status {number}" for number in range(2, 7)]
    assert lines[6] == "more fail; they are only counted (--json tells each)"
    assert lines[7] == "10 pods: 2 Succeeded, 7 Failed, 1 without an outcome"


@pytest.mark.parametrize(
    ("outcome", "status", "line"),
    [
        (Outcome("Succeeded", exit_code=0, ran="yes"), 0, "Succeeded"),
        (
            Outcome("Failed", Cause("OOMKilled"), exit_code=137, signal=9, ran="yes"),
            137,
            "Failed: OOMKilled, exit status 137, SIGKILL",
        ),
        (
            Outcome("Failed", Cause("InitFailed", "Error"), exit_code=2, ran="no"),
            2,
            "Failed: InitFailed (Error), exit status 2; nothing",
        ),
        (Outcome("Failed", Cause("StartError"), exit_code=128, ran="no"), 126, "Failed: StartError, exit status 128; nothing"),
        (Outcome("Failed", Cause("DeadlineExceeded"), exit_code=143, ran="yes"), 124, "Failed: DeadlineExceeded, exit status 143"),
        (Outcome("Failed", Cause("Evicted"), exit_code=137, ran="yes", infrastructure=True), 122, "Failed: Evicted, exit"),
        (Outcome("Failed", Cause("NotLaunched"), ran="no"), 125, "Failed: NotLaunched; nothing"),
        (Outcome("Failed", Cause("Unknown"), ran="unknown"), 120, "Failed: Unknown"),
        (Outcome("Lost", ran="unknown"), 120, "Lost; whether it has run is not known"),
        (Outcome("Deleted", ran="yes"), 121, "Deleted"),
        (Outcome("Stopped", exit_code=0, ran="yes"), 143, "Stopped: exit status 0"),
    ],
    ids=lambda value: value.kind if isinstance(value, Outcome) else "",
)
def test_every_end_has_a_line_and_a_status(outcome: Outcome, status: int, line: str) -> None:
    """The container's own status where it has one, else one that says what came between."""
    assert exit_status(outcome) == status
    assert ended(outcome).startswith(line)


def test_nothing_that_a_container_says_of_itself_writes_to_the_terminal() -> None:
    """A message with control characters is shown, not obeyed."""
    told = StringIO()
    One(Screen(told)).ended("id", REF, Outcome("Failed", Cause("Exit"), exit_code=1, message="\x1b[2J\nover", ran="yes"))

    assert told.getvalue() == "podcompose: Failed: exit status 1: \\u001b[2J over\n"
