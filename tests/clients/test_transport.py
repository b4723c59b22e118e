"""The rows of the fault matrix with three generations of the client as the transport."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.clients.test_clients import ROOT, environment, release

#: The oldest that is spoken of, the last of plain classes, and the newest.
TRANSPORTS = ("31.0.0", "36.0.*", "37.0.*")
ROWS = ("test_launch.py", "test_owning.py", "test_watch_streams.py", "test_watch_changes.py", "test_watch_trouble.py")
#: L1 to L12, O1 to O3, W1 to W20.
COUNT = 35


@pytest.mark.parametrize("version", TRANSPORTS)
def test_fault_rows(version: str) -> None:
    """Every row of the matrix that the fault server can make happen holds with this client."""
    report = ran(version, *(f"tests/faults/{row}" for row in ROWS))
    rows = set(re.findall(r"::test_([LOW]\d+)_\S+ PASSED", report))

    assert len(rows) == COUNT, sorted(rows)


@pytest.mark.parametrize("version", TRANSPORTS)
def test_exec_stream(version: str) -> None:
    """A script in a container is sent and heard in the same way with this client's connections."""
    report = ran(version, "tests/warm/test_exec_stream.py")

    assert len(re.findall(r"::test_\S+ PASSED", report)) > 50, report


def ran(version: str, *tests: str) -> str:
    """What pytest reports of these tests with this client; they must pass."""
    python = environment(version)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "pytest", *tests, "-p", "no:cacheprovider", "--color=no", "-v"]
    run = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    report = run.stdout + run.stderr

    assert run.returncode == 0, report
    assert re.search(rf"^kubernetes client {release(version)}", report, re.MULTILINE) is not None, report
    return report
