"""
A scheduler that can be killed: it launches tasks in warm pods, and prints their exit codes.

    python -m tests.node.scheduler KUBECONFIG NAMESPACE FOLDER EPOCH TASKS LIMIT

Task number n is launched as `work/n`, waits for the file `go` in the folder, and exits with n.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from podcompose.run import Owner
from tests.node.warm import Place, Work

__all__ = ["POOL", "launch"]

POOL = "killed"


def launch(work: Work, place: Place, tasks: int) -> dict[int, int | None]:
    """Launch all of them; the exit code of each."""
    text = "until test -e /ran/go; do sleep 0.1; done; exit "
    refs = {number: work.launch(f"work/{number}", place.pod(f"{text}{number}")) for number in range(tasks)}
    return {number: work.outcome(ref).exit_code for number, ref in refs.items()}


def main() -> None:
    """Do as the command line says."""
    kubeconfig, namespace, folder, epoch, tasks, limit = sys.argv[1:]
    place = Place(Path(kubeconfig), namespace, Path(folder))
    with Work(place.pool(name=POOL, limit=int(limit), owner=Owner(POOL, int(epoch)))) as work:
        print(json.dumps(launch(work, place, int(tasks))))


if __name__ == "__main__":
    main()
