"""
A real node for people.

    python -m tests.node run COMMAND ...     start a node, run the command with KUBECONFIG set, end the node
    python -m tests.node up                  start a node that stays, and say how to reach it
    python -m tests.node down                end it
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.node.node import RealNode
from tests.node.packages import CACHE, NodeMissingError

#: Who holds the node that stays: his number.
HOLDER = CACHE / "holder"


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; the exit status."""
    match arguments:
        case ["run", *command] if command:
            return run(command)
        case ["up"]:
            return up()
        case ["down"]:
            return down()
        case ["hold"]:
            return hold()
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def run(command: Sequence[str]) -> int:
    """A command beside a node of its own."""
    with RealNode() as node:
        return subprocess.run(command, env={**os.environ, "KUBECONFIG": str(node.kubeconfig)}).returncode


def up() -> int:
    """Start a holder that outlives us, and wait until his node is there."""
    if holder() is not None:
        print("a node is up already; `python -m tests.node down` ends it", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "tests.node", "hold"]
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert started.stdout is not None
    said = started.stdout.readline()
    if said == "":
        return started.wait()
    HOLDER.write_text(str(started.pid))
    print(f"export KUBECONFIG={said.strip()}")
    return 0


def down() -> int:
    """End the holder, and wait until his node is gone."""
    number = holder()
    if number is None:
        print("no node is up", file=sys.stderr)
        return 1
    waiting = os.pidfd_open(number)
    os.kill(number, signal.SIGTERM)
    select.select([waiting], [], [])
    HOLDER.unlink()
    return 0


def hold() -> int:
    """Hold a node until we are told to end."""
    with RealNode() as node:
        # Not before: children inherit what is blocked, down to the containers.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        print(node.kubeconfig, flush=True)
        signal.sigwait([signal.SIGTERM])
    return 0


def holder() -> int | None:
    """The number of who holds the node that stays, if he is still there."""
    if not HOLDER.exists():
        return None
    number = int(HOLDER.read_text())
    line = Path(f"/proc/{number}/cmdline")
    return number if line.exists() and b"tests.node" in line.read_bytes() else None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NodeMissingError as error:
        sys.exit(str(error))
