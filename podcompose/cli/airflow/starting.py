"""`podcompose airflow starters`: a template to begin with, made by parameters, written where it is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from podcompose import PodComposeError
from podcompose.airflow.starters import STARTERS, Parameter, starter, starter_parameters
from podcompose.cli.composing import Refused
from podcompose.cli.screen import Line
from podcompose.cli.streams import emit, show

__all__ = ["starters_command"]


@click.command("starters", short_help="Write a template to begin with.")
@click.argument("name", required=False)
@click.option("--list", "is_list", is_flag=True, help="List the starters; with NAME, its parameters.")
@click.option(
    "-o", "--output", type=click.Path(allow_dash=True), default="-", metavar="FILE", help="Write to this file.  [default: -]"
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a parameter; repeatable.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def starters_command(name: str | None, is_list: bool, output: str, settings: tuple[str, ...], force: bool) -> None:
    """
    Write a template for the pods of Airflow's KubernetesExecutor, with comments that say what is what and why.

    A parameter that is not set has its default; a wrong one is refused, and so is a file that is there already.

    \b
    Examples:
      podcompose airflow starters --list
      podcompose airflow starters --list git_sync
      podcompose airflow starters git_sync --set release=prod --set repo=https://host/dags.git -o pod_template.yaml
    """
    given = _given(settings)
    try:
        if is_list:
            lines = list(_parameters(name)) if name is not None else list(_names())
            show(lambda _: lines)
            return
        if name is None:
            raise click.UsageError("NAME of a starter is missing; --list shows what there is.")
        text = starter(name, **given).text
    except PodComposeError as error:
        raise Refused(error.problems) from error
    if output == "-":
        emit(text.encode())
    else:
        _write(output, text, force)


def _given(settings: Sequence[str]) -> dict[str, str]:
    """The values by name; what is no NAME=VALUE, or said twice, is wrong usage."""
    given: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        known = name.strip().replace("-", "_")
        if equals == "" or known == "":
            raise click.UsageError(f"'--set {setting}': write it as NAME=VALUE.")
        if known in given:
            raise click.UsageError(f"'--set {setting}': {name} is set twice.")
        given[known] = value
    return given


def _names() -> Iterator[Line]:
    width = max(map(len, STARTERS))
    for name, description in STARTERS.items():
        yield ((f"{name:{width}}  {description}", ""),)


def _parameters(name: str) -> Iterator[Line]:
    parameters = starter_parameters(name)
    rows = [(one.name.replace("_", "-"), one.kind.name, _default(one), one.meaning) for one in parameters]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *columns, meaning in rows:
        padded = (f"{text:{width}}" for text, width in zip(columns, widths, strict=True))
        yield (("  ".join([*padded, meaning]), ""),)


def _default(parameter: Parameter) -> str:
    value = parameter.default
    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _write(path: str, text: str, force: bool) -> None:
    """To a file of this name; over another one only if that was asked for."""
    try:
        with open(path, "w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as cause:
        raise click.ClickException(f"{path} is there already; --force writes over it") from cause
    except (OSError, ValueError) as cause:
        raise click.ClickException(f"{path} cannot be written: {getattr(cause, 'strerror', None) or cause}") from cause
