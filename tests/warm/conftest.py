"""Which client the tests of this folder ran with."""

from __future__ import annotations

from podcompose.models import client_version


def pytest_report_header() -> str:
    """Say which client this is."""
    return f"kubernetes client {client_version()}"
