"""Inputs on disk, and two ways to run a command: as a process, and in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from podcompose.cli import main

TEMPLATE = """\
metadata: {name: worker, labels: {tier: batch}}
spec:
  containers:
  - name: base
    image: busybox
    env: [{name: URL, value: plain}]
"""
OVERRIDE = """\
spec:
  containers:
  - name: base
    image: python
    env: [{name: URL, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
"""
HOOK = """\
def mutate(pod):
    pod.spec.node_name = "n1"
"""


class Ran(NamedTuple):
    """What a command did."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a template, an override and a hook; no colour, no terminal of the caller's."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PODCOMPOSE_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    (tmp_path / "o.yaml").write_text(OVERRIDE)
    (tmp_path / "hooks.py").write_text(HOOK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return tmp_path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process."""

    def run(*args: str) -> Ran:
        for name in [name for name in sys.modules if name in ("hooks", "other")]:
            monkeypatch.delitem(sys.modules, name)
        status = main(args)
        out, err = capfd.readouterr()
        return Ran(status, out, err)

    return run


def command() -> str:
    """The installed command of the environment that runs the tests."""
    path = Path(sys.executable).parent / "podcompose"
    assert path.exists(), "install the checkout first: pip install -e '.[test]'"
    return str(path)


@pytest.fixture
def process() -> Run:
    """Run a command as a process; keywords are environment variables."""

    def process(*args: str, stdin: bytes = b"", **env: str) -> Ran:
        done = subprocess.run(
            [command(), *args], input=stdin, capture_output=True, env={**os.environ, **env}, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return process
