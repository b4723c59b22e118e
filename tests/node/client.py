"""
What every generation of the client must do: a task in a warm pod, one that fails, one whose streams are cut.

    python -m tests.node.client KUBECONFIG NAMESPACE FOLDER NAME

It prints the client's version and, of each task, the outcome's kind, the exit code and what was written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import kubernetes

from tests.cluster.proxy import Proxy
from tests.node.warm import Place, Ran, Through, Work


def told(ran: Ran) -> list[object]:
    """What is compared."""
    return [ran.outcome.kind, ran.outcome.exit_code, ran.output.decode()]


def cut(work: Work, place: Place, proxy: Proxy, launch_id: str) -> Ran:
    """A task that waits until its streams were cut."""
    ref = work.begun(work.launch(launch_id, place.pod("until test -e /ran/cut; do sleep 0.1; done; echo whole; exit 5")))
    place.until_ran(launch_id)
    proxy.cut()
    (place.folder / "cut").touch()
    return work.ended(ref)


def main() -> None:
    """Do as the command line says."""
    kubeconfig, namespace, folder, name = sys.argv[1:]
    place = Place(Path(kubeconfig), namespace, Path(folder))
    with (
        Proxy(Through(place.kubeconfig, place.folder)) as proxy,  # type: ignore[arg-type]  # as much of a plane as it asks for
        Work(place.pool(proxy.kubeconfig(), name="clients", limit=1)) as work,
    ):
        said = [
            told(work.run(f"{name}/ok", place.pod("echo fine"))),
            told(work.run(f"{name}/fails", place.pod("exit 3"))),
            told(cut(work, place, proxy, f"{name}/cut")),
        ]
    print(json.dumps([kubernetes.__version__, said]))


if __name__ == "__main__":
    main()
