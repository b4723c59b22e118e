"""`podcompose airflow`: what a user of the KubernetesExecutor types. Each command is read when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

__all__ = ["airflow_command"]

#: The room of each command, and the name of the command in it.
_COMMANDS = {
    "compare": ("comparing", "compare_command"),
    "migrate": ("migrating", "migrate_command"),
    "starters": ("starting", "starters_command"),
}


class _Lazy(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        room, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"{__name__}.{room}"), name)
        return command


@click.command("airflow", cls=_Lazy, short_help="Move from Airflow's KubernetesExecutor.")
def airflow_command() -> None:
    """Move from Airflow's KubernetesExecutor: what would change, starter templates, an old airflow.cfg as a template."""
