"""The Go program, how many pairs are tried, and the counts, which tests/conftest.py prints at the end of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.differential.judge import Tally
from tests.oracle.driver import GoMissingError, Oracle


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The running Go program."""
    try:
        with Oracle() as running:
            yield running
    except GoMissingError as reason:
        pytest.skip(f"Kubernetes' Go code was not asked, only its recorded answers were compared: {reason}")


@pytest.fixture(scope="session")
def count() -> int:
    """How many pairs to try for each dialect: PODCOMPOSE_CASES (a nightly run: 1000000)."""
    return int(os.environ.get("PODCOMPOSE_CASES", "20000"))


@pytest.fixture(scope="session")
def seed() -> str:
    """Which pairs: PODCOMPOSE_SEED; another one tries others."""
    return os.environ.get("PODCOMPOSE_SEED", "0")


@pytest.fixture
def tallies(record_property: Callable[[str, object], None]) -> Iterator[list[Tally]]:
    """Where a test leaves its counts, to be printed at the end: with its report they reach the terminal from any worker."""
    left: list[Tally] = []
    yield left
    for tally in left:
        record_property("tally", str(tally))
