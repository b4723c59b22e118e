"""
How much Hypothesis tries, and what runs beside what.

HYPOTHESIS_PROFILE is dev (quick), ci (the default) or deep (for a night).
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

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

HERE = Path(__file__).parent
#: Folders whose tests share something dear to start: where several workers run the tests, one worker runs all of a folder.
TOGETHER = frozenset({"cluster", "node"})


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks at the same moment
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a server stay together; all others go wherever there is time."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        if folder in TOGETHER and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(folder))


def pytest_collection_finish() -> None:
    """The collector of garbage need not look again and again at what was imported and collected: it stays till the end."""
    gc.collect()
    gc.freeze()
