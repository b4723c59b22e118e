"""`podcompose airflow migrate`: an old airflow.cfg as a template, a report, and what is left of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from podcompose import PodComposeError, TemplateError
from podcompose.airflow.migration import Item, Migration, migrate_config
from podcompose.airflow.migration.report import STATUSES
from podcompose.airflow.migration.writing import counted
from podcompose.cli.airflow.writing import File, write_files
from podcompose.cli.composing import FILE, Refused
from podcompose.cli.inputs import read_file
from podcompose.cli.screen import plain
from podcompose.cli.streams import emit

__all__ = ["migrate_command"]

#: What somebody should look at, and does not find in the template.
_TOLD = STATUSES[:3]


@click.command("migrate", short_help="Make a template of an old airflow.cfg.")
@click.argument("cfg", type=FILE, metavar="AIRFLOW.CFG")
@click.option("-o", "--output", "folder", required=True, type=click.Path(file_okay=False), metavar="DIR", help="Where to write.")
@click.option("--airflow-home", metavar="PATH", help="AIRFLOW_HOME of the workers.  [default: that of the cfg, else /opt/airflow]")
@click.option("--environ", is_flag=True, help="Read AIRFLOW__KUBERNETES__... of this environment too, which win over the file.")
@click.option("--secret-name", default="airflow-migrated", show_default=True, metavar="NAME", help="The Secret to refer to.")
@click.option("--with-secrets", is_flag=True, help="Write the values of the secrets too, for your eyes only (mode 0600).")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def migrate_command(
    cfg: str, folder: str, airflow_home: str | None, environ: bool, secret_name: str, with_secrets: bool, force: bool
) -> None:
    """
    Make a pod template of what an airflow.cfg of Airflow 1.10 says about the KubernetesExecutor's pods.

    Writes pod_template.yaml; report.md, what has become of each option; secret.yaml, a skeleton of the Secrets that the template
    refers to; and leftover.cfg, the rest of the cfg. Runs no command of the cfg, and shows no secret.

    \b
    Example:
      podcompose airflow migrate airflow.cfg -o migrated
    """
    migration = _migrated(cfg, airflow_home, os.environ if environ else {}, secret_name)
    files = [
        File("pod_template.yaml", migration.text),
        File("report.md", migration.page),
        File("leftover.cfg", migration.leftover),
        *_secret(migration, with_secrets),
    ]
    paths = write_files(Path(folder), files, force=force, keep=Path(cfg))
    emit("".join(f"{line}\n" for line in _summary(migration, paths)).encode("utf-8"))


def _migrated(cfg: str, home: str | None, environ: Mapping[str, str], secret_name: str) -> Migration:
    try:
        text, source = read_file(cfg, "template", "", TemplateError)
        return migrate_config(text, airflow_home=home, environ=environ, source=source, secret_name=secret_name)
    except PodComposeError as error:
        raise Refused(error.problems) from error


def _secret(migration: Migration, with_values: bool) -> list[File]:
    text = migration.secrets.text(with_values=with_values)
    return [File("secret.yaml", text, private=True)] if text != "" else []


def _summary(migration: Migration, paths: list[Path]) -> list[str]:
    """A count, what somebody should look at, and where it all is."""
    told = [item for status in _TOLD for item in migration.report if item.status == status]
    return [
        f"{counted(migration.report)}.",
        *(plain(f"{_location(migration, item)}{item.status}: {item}") for item in told),
        *(f"wrote {plain(str(path))}" for path in paths),
    ]


def _location(migration: Migration, item: Item) -> str:
    if item.variable is not None:
        return f"{item.variable}: "
    return f"{migration.source}:{item.line}: " if item.line is not None else f"{migration.source}: "
