"""The tests of the typed edge, run against every generation of the client by tests/clients; says which one it is."""

from __future__ import annotations

from podcompose.models import client_version


def pytest_report_header() -> str:
    """The version that tests/clients looks for."""
    return f"kubernetes client {client_version()}"
