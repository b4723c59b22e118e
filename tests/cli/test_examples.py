"""The examples that README and `make demo` show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Run

_EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_demonstration_shows_inputs_pod_problems_and_time() -> None:
    """`make demo` shows who set what, one success, one failure, one launch that was one already, three slips, and a time."""
    done = subprocess.run([sys.executable, _EXAMPLES / "demo.py"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()

    assert 35 <= len(lines) <= 55
    assert [line.split()[1] for line in lines if line.startswith("  load/")] == ["Succeeded", "Failed:", "launched"]
    assert any("Exit 3 of container base: no table orders" in line for line in lines)
    assert any("there is one already, default/load-customers-" in line for line in lines)
    assert sum("team-b.yaml:" in line for line in lines) == 3
    assert any("# override team-a team-a.yaml:9" in line for line in lines)
    assert any("# hook admin_hook:harden admin_hook.py:" in line for line in lines)
    assert "microseconds" in lines[-1]
    assert "\x1b" not in done.stdout


def test_the_example_composes(run: Run) -> None:
    """The example's template, override and hook make a pod with the secret, without the value and the label."""
    template, override, hook = (str(_EXAMPLES / name) for name in ("worker.yaml", "team-a.yaml", "admin_hook.py:harden"))
    status, out, err = run("diff", template, "-o", f"team-a={override}", "--hook", hook)

    assert (status, err) == (0, "")
    assert '- .metadata.labels.tier: "batch"' in out
    assert '- .spec.containers[name="base"].env[name="DATABASE_URL"].value: ' in out
    assert '+ .spec.runtimeClassName: "nvidia"' in out
