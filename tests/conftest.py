"""
How much Hypothesis tries, and what runs beside what.

HYPOTHESIS_PROFILE is dev (quick), ci (the default) or deep (for a night).
"""

from __future__ import annotations

import gc
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    "print_blob": True,
}
settings.register_profile("dev", max_examples=15, **_COMMON)
settings.register_profile("ci", max_examples=150, **_COMMON)
settings.register_profile("deep", max_examples=5000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which the environments of tests/clients have not
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What runs beside what, unless `--dist` says it."""
    if config.getoption("dist") != "load":
        return None
    from tests.workers import Together

    return Together(config, log)


def pytest_collection_finish() -> None:
    """The collector of garbage need not look again and again at what was imported and collected: it stays till the end."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many pairs agreed with Kubernetes, and the exceptions by name."""
    # Here and not beside its tests: where workers run the tests, the process that prints reads no other conftest than this one.
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    ends = [report for report in reports if getattr(report, "when", "") == "teardown"]
    lines = [str(text) for report in ends for name, text in report.user_properties if name == "tally"]
    if lines != []:
        terminalreporter.section("differential")
    for line in sorted(lines):
        terminalreporter.line(line)
