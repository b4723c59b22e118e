"""The commands that ask for a launch's pod later, and stop it."""

from __future__ import annotations

from typing import Any

import click

from podcompose.cli.exits import UNKNOWN
from podcompose.cli.streams import emit, fail
from podcompose.cli.targets import KUBERNETES_OPTIONS, Failed, Target, optioned

__all__ = ["settle_command", "stop_command"]


@click.command("settle", short_help="Tell whether a launch has its pod, and how that is.")
@click.argument("launch_id", metavar="ID")
@optioned(KUBERNETES_OPTIONS)
def settle_command(launch_id: str, namespace: str | None, context: str | None, kubeconfig: str | None) -> int:
    """
    Tell whether the launch ID has its pod in the cluster, how far it has come, and how it ended. Exit status 0; 1 if there is none.

    \b
    Example:
      podcompose settle dag/run/task/1 --namespace jobs
    """
    from podcompose.cli.words import ended, stands
    from podcompose.run import Selection, reconcile
    from podcompose.run.flight import clock_of
    from podcompose.run.naming import LAUNCH, launch_label

    with Target("kubernetes", namespace, context, kubeconfig).open() as backend:
        ref = _found(backend, launch_id)
        if ref is None:
            return 1
        here = reconcile(backend, [launch_id], Selection((ref.namespace,), {LAUNCH: launch_label(launch_id)}))
        record = here.owned.get(launch_id)
        if record is None:
            told = "gone since"
        else:
            told = stands(record, clock_of(backend)()) if record.outcome is None else ended(record.outcome)
    emit(f"pod {ref}: {told}\n".encode())
    return 0


@click.command("stop", short_help="Stop the pod of a launch.")
@click.argument("launch_id", metavar="ID")
@click.option("--grace", type=click.FloatRange(0), metavar="S", help="Seconds to end in.  [default: the pod's own]")
@optioned(KUBERNETES_OPTIONS)
def stop_command(launch_id: str, grace: float | None, namespace: str | None, context: str | None, kubeconfig: str | None) -> int:
    """
    Ask the pod of the launch ID to end. Exit status 0; 1 if there is none.

    \b
    Example:
      podcompose stop dag/run/task/1 --namespace jobs --grace 5
    """
    from podcompose.cli.words import refused
    from podcompose.run import LaunchError

    with Target("kubernetes", namespace, context, kubeconfig).open() as backend:
        ref = _found(backend, launch_id)
        if ref is None:
            return 1
        try:
            backend.stop(ref, grace=grace)
        except LaunchError as error:
            fail(Failed(refused(error)), 1)
    emit(f"pod {ref}: stopping\n".encode())
    return 0


def _found(backend: Any, launch_id: str) -> Any:
    """The pod of a launch; None, and a word about it, if there is none."""
    from podcompose.cli.words import refused
    from podcompose.run import LaunchError, NotFound

    try:
        found = backend.settle(launch_id)
    except LaunchError as error:
        fail(Failed(refused(error)), UNKNOWN)
    if isinstance(found, NotFound):
        click.echo(f"podcompose: there is no pod {found.namespace}/{found.name} of the launch {launch_id!r}", err=True)
        return None
    return found.ref
