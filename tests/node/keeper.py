"""
What stands between a node and whoever started it, so that nothing is left however he ends.

    python -m tests.node.keeper FOLDER

It starts the node's first process (inside.py) with its own input and output, waits until that has ended, and then removes the
node's cgroups and its folder. The first process ends when its input does: when the starter closes it, exits, or is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

from tests.node import cgroups
from tests.node.settings import Layout

NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
# Killed processes leave their cgroups within milliseconds; one that hangs in the kernel is waited for no longer than this.
PATIENCE_S = 20.0


def main() -> None:
    """Keep the node whose folder is given; exit with its status."""
    folder = sys.argv[1]
    layout = Layout.load(folder)
    node = subprocess.Popen([*NAMESPACES, sys.executable, "-m", "tests.node.inside", folder])
    # Whoever holds the other ends is to notice when the node ends, not when we do.
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nothing, descriptor)
    signal.signal(signal.SIGTERM, lambda *_: node.kill())
    status = node.wait()
    clean(layout)
    sys.exit(abs(status))


def clean(layout: Layout) -> None:
    """Remove what a node leaves outside of its namespaces."""
    deadline = time.monotonic() + PATIENCE_S
    while left := cgroups.remove(layout.group):
        if time.monotonic() > deadline:
            print(f"these cgroups would not go: {', '.join(map(str, left))}", file=sys.stderr)
            break
        time.sleep(0.05)
    shutil.rmtree(layout.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
