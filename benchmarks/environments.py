"""The environments that are measured in: made once with uv, under .venv/bench."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["BUILD", "ENVIRONMENTS", "ROOT", "python_of", "run"]

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench"

_OURS = ("deepmerge>=2", "PyYAML>=6", "pyperf>=2.6")

#: What is installed in each. "36" has no orjson: there, podcompose encodes with the standard library.
ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "37": ("kubernetes==37.0.*", "orjson>=3.9", *_OURS),
    "36": ("kubernetes==36.0.*", *_OURS),
    "airflow": ("apache-airflow-providers-cncf-kubernetes", *_OURS),
}


def python_of(environment: str) -> Path:
    """The Python of an environment; made anew where its requirements have changed."""
    folder, wanted = ROOT / ".venv" / "bench" / environment, ENVIRONMENTS[environment]
    python, made_for = folder / "bin" / "python", folder / "made-for"
    stamp = "\n".join([sys.version, *wanted])
    if not made_for.exists() or made_for.read_text() != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--compile-bytecode", "--python", str(python), *wanted)
        made_for.write_text(stamp)
    return python


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)


def run(environment: str, module: str, *arguments: str) -> str:
    """What a module of this folder prints, run in an environment."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # As an installed package has it: compiled once, but outside of the checkout. Airflow writes a home wherever it is imported.
    surroundings |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(BUILD / "bytecode")}
    surroundings["AIRFLOW_HOME"] = str(BUILD / "airflow")
    command = [str(python_of(environment)), "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=surroundings, check=True, stdout=subprocess.PIPE, text=True).stdout
