"""The tests of the typed edge on every generation of the client, each in an environment of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.environments import ROOT, python_of

#: The release of each generation, and what it needs beside its own requirements. None does today on Python 3.11: 28.1 asks for
#: `urllib3 < 2` itself, and none imports pkg_resources. `.*` is the newest patch release.
CLIENTS = {"28.1.0": [], "31.0.0": [], "35.0.0": [], "36.0.*": [], "37.0.*": []}
NEEDED = ["deepmerge>=2", "PyYAML>=6", "pytest>=8", "hypothesis>=6.100"]


@pytest.mark.parametrize("version", CLIENTS)
def test_typed_edge(version: str) -> None:
    """All tests of tests/typed pass with this client."""
    python = environment(version)
    # The modules come from this checkout; what the outer pytest was told is not meant for the inner one.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "pytest", "tests/typed", "-p", "no:cacheprovider", "--color=no"]
    run = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    report = run.stdout + run.stderr

    assert run.returncode == 0, report
    assert re.search(rf"^kubernetes client {release(version)}", report, re.MULTILINE) is not None, report
    passed = re.search(r"(\d+) passed", report)
    assert passed is not None, report
    assert int(passed[1]) > 50, report


def environment(version: str) -> Path:
    """The Python of an environment with this client."""
    return python_of(f"clients/{version.removesuffix('.*')}", [f"kubernetes=={version}", *CLIENTS[version], *NEEDED])


def release(version: str) -> str:
    """A pattern for the version as the client says it."""
    return re.escape(version.removesuffix("*")) + (r"\d+$" if version.endswith("*") else "$")
