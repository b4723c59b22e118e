"""The whole suite."""

from __future__ import annotations

import warnings

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import HypothesisDeprecationWarning
from hypothesis.stateful import run_state_machine_as_test

from podcompose.testing.conformance.cursors import Cursors
from podcompose.testing.conformance.launching import Adopting, Launching
from podcompose.testing.conformance.machine import history_of
from podcompose.testing.conformance.stopping import Ending, Stopping
from podcompose.testing.conformance.watching import Closing, Watching

__all__ = ["BackendSuite"]


class BackendSuite(Launching, Adopting, Stopping, Ending, Watching, Cursors, Closing):
    """
    Proves a backend: subclass it in a test module, fill in `Doors`, and let pytest collect it.

    No test of it is to be overridden; what a backend cannot do it declares, and the tests that need it are skipped by that name.

        class TestMyBackend(BackendSuite):
            supports_adopt = False

            def make(self):
                return MyBackend(self.folder)

            def pods(self):
                return [json.loads(path.read_text()) for path in self.folder.glob("*/pod.json")]
            ...
    """

    def test_any_history(self) -> None:
        """Whatever is launched, ends, is stopped, removed, polled and resumed in whatever order: all invariants hold."""
        with warnings.catch_warnings():
            # A backend may have threads that draw random numbers at any time; none of the suite's choices come from them.
            warnings.simplefilter("ignore", HypothesisDeprecationWarning)
            run_state_machine_as_test(history_of(self), settings=self.history_settings())

    def history_settings(self) -> settings:
        """How Hypothesis tries histories: `histories` of them, 30 steps each, shrunk when one fails."""
        return settings(
            max_examples=self.histories,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
            report_multiple_bugs=False,
        )
