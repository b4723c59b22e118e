"""A backend that is wrong in one way is caught, by the check that is there for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from podcompose.testing.conformance import BackendSuite, ContractError
from tests.conformance.mutants import MUTANTS, Good, Mutant
from tests.conformance.test_memory import MemoryDoors


class _Suite(MemoryDoors, BackendSuite):
    """The suite of one mutant; not collected, for its name."""

    __test__ = False
    patience_s = 2.0
    hangs_after_s = 1.0
    histories = 60
    made: type[Good] = Good

    def history_settings(self) -> settings:
        return settings(super().history_settings(), phases=[Phase.generate], derandomize=True)

    def make(self) -> Any:
        self.hidden = self.made()
        return self.hidden


def _checks() -> dict[str, Callable[[BackendSuite], None]]:
    return {name: getattr(BackendSuite, name) for name in dir(BackendSuite) if name.startswith("test_")}


def _failure(made: type[Good], check: str, folder: Path) -> Exception | None:
    """How one check of the suite fails on a backend; None if it passes."""
    suite = _Suite()
    suite.made = made
    suite.begin(folder)
    try:
        getattr(suite, check)()
    except (AssertionError, KeyError) as error:
        return error
    finally:
        suite.hidden._board.close()
        suite.finish()
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught_by_its_check(mutant: Mutant, tmp_path: Path) -> None:
    """The check that is there for it fails, and names the rule."""
    failure = _failure(mutant.made, mutant.check, tmp_path)

    assert failure is not None, f"{mutant.name} ({mutant.what}) passes {mutant.check}"
    if mutant.rule != "":
        assert isinstance(failure, ContractError)
        assert failure.rule == mutant.rule


@pytest.mark.parametrize("check", sorted(_checks()))
def test_every_check_is_needed_and_passes_without_mutation(check: str, tmp_path: Path) -> None:
    """The good backend that the mutants are made of passes each check."""
    if check == "test_cursors_outlive_the_backend":
        pytest.skip("needs a backend that keeps its pods outside of itself: tests/conformance/test_example.py")
    assert _failure(Good, check, tmp_path) is None
