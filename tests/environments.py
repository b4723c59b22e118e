"""Environments of their own, for what must not be installed beside podcompose: made once with uv, under .venv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.locks import locked

__all__ = ["AIRFLOW", "ROOT", "python_of", "run_in"]

ROOT = Path(__file__).parents[1]

#: The newest release of the provider that installs, with the Airflow that it asks for.
AIRFLOW = ("apache-airflow-providers-cncf-kubernetes", "deepmerge>=2", "PyYAML>=6")


def python_of(folder: str, wanted: Sequence[str], *options: str) -> Path:
    """The Python of an environment with these requirements; made once, and anew where they have changed."""
    place = ROOT / ".venv" / folder
    python, made_for = place / "bin" / "python", place / "made-for"
    stamp = "\n".join([sys.version, *wanted, *options])
    with locked(place.with_name(f"{place.name}.lock")):
        if not made_for.exists() or made_for.read_text() != stamp:
            shutil.rmtree(place, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(place))
            _uv("pip", "install", "--python", str(python), *options, *wanted)
            made_for.write_text(stamp)
    return python


def run_in(python: Path, *arguments: str, text: str = "") -> str:
    """What a command of this checkout prints there, given `text`; Airflow writes its home into a folder of its own."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON", "AIRFLOW"))}
    surroundings |= {"PYTHONPATH": str(ROOT), "AIRFLOW_HOME": str(ROOT / "build" / "airflow")}
    command = [str(python), *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=surroundings, input=text, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _uv(*arguments: str) -> None:
    """Run uv; a version that cannot be installed is a failure."""
    run = subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], capture_output=True, text=True, check=False)

    assert run.returncode == 0, f"uv {' '.join(arguments)}: {run.stderr}"
