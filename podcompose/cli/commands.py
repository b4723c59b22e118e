"""The commands, and their contract with the shell: exit status, standard streams."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib import metadata

import click

from podcompose import Composition, Explanation, PodComposeError, Problem
from podcompose.cli.airflow import airflow_command
from podcompose.cli.composing import Ordered, Refused, composing
from podcompose.cli.launching import run_command
from podcompose.cli.screen import blame, changes, history
from podcompose.cli.settling import settle_command, stop_command
from podcompose.cli.streams import BROKEN_PIPE, abandon, complain, emit, show

__all__ = ["podcompose", "run"]

_HEAD = {"apiVersion": "v1", "kind": "Pod"}
_INTERRUPTED = 130


def run(args: Sequence[str] | None) -> int:
    """
    Run one command.

    Returns: its exit status.
    """
    try:
        status = podcompose.main(args=args, prog_name="podcompose", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        complain(error)
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except SystemExit:
        # This is how click ends where the help is written to a pipe that nobody reads.
        return BROKEN_PIPE
    except OSError as error:
        abandon(sys.stdout)
        complain(click.ClickException(f"standard output cannot be written: {error.strerror}"))
        return 1


def _version() -> str:
    try:
        return metadata.version("podcompose")
    except metadata.PackageNotFoundError:
        return "(not installed)"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(_version(), prog_name="podcompose", message="%(prog)s %(version)s")
def podcompose() -> None:
    """
    Compose Kubernetes pods: template, overrides and hooks become one pod, by Kubernetes' own merge.

    A FILE is YAML or JSON; '-' is standard input. Exit status: 0, 1 if an input is refused, 2 for usage.

    \b
    Example:
      podcompose compose worker.yaml -o team-a.yaml | kubectl apply -f -
    """


@podcompose.command("compose", cls=Ordered, short_help="Write the composed pod.")
@composing
@click.option("--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="The format.")
def _write(composition: Composition, output: str) -> None:
    """
    Write the composed pod, ready for kubectl.

    Overrides are laid over TEMPLATE in the order given, whatever their kind; hooks come last. An OVERRIDE that is a list of
    operations is a JSON patch.

    \b
    Example:
      podcompose compose worker.yaml -o team-a.yaml -o gpu.yaml --hook policy.py:harden | kubectl apply -f -
    """
    manifest = {**_HEAD, **composition.manifest}
    if output == "json":
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    else:
        from podcompose.yaml.reader import write

        text = write(manifest)
    emit(text.encode())


@podcompose.command("explain", cls=Ordered, short_help="Show who set each field, and where.")
@composing
@click.argument("path", nargs=-1)
def _explain(composition: Composition, path: tuple[str, ...]) -> None:
    """
    Show the composed pod with who set each field, and where; or for each PATH its whole history.

    \b
    Examples:
      podcompose explain worker.yaml -o team-a.yaml
      podcompose explain worker.yaml -o team-a.yaml '.spec.containers[name=base].image'
    """
    for one in path:
        if one.endswith((".yaml", ".yml", ".json")) and os.path.exists(one):
            raise click.UsageError(f"'{one}' is a file, not a path into the pod; overrides are given with -o.")
    if path == ():
        show(lambda width: blame(composition.explain(), width))
        return
    explanations: list[Explanation] = []
    problems: list[Problem] = []
    for one in path:
        try:
            explanations.append(composition.explain(one))
        except PodComposeError as error:
            problems += error.problems
    if problems != []:
        raise Refused(problems)
    show(lambda _: [line for explanation in explanations for line in history(explanation)])


@podcompose.command("diff", cls=Ordered, short_help="Show what each stage changed.")
@composing
def _diff(composition: Composition) -> None:
    """
    Show what each override and each hook changed: + added, - removed, ~ changed, > moved.

    \b
    Example:
      podcompose diff worker.yaml -o team-a.yaml --hook policy.py:harden
    """
    show(lambda _: changes(composition.diff()))


for _command in (run_command, settle_command, stop_command, airflow_command):
    podcompose.add_command(_command)
