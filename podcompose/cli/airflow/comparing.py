"""`podcompose airflow compare`: what moving from Airflow would change, over all templates and executor_configs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from podcompose import Override, Problem, TemplateError
from podcompose.airflow import load_pod_mutation_hook
from podcompose.airflow.assessment import Observation, Pair, is_calm, observations, pairs, summary
from podcompose.airflow.compare import Viewed, viewed
from podcompose.airflow.configs import Config, read_configs
from podcompose.airflow.reasons import GROUPS
from podcompose.cli.composing import FILE, Refused
from podcompose.cli.inputs import DATA, kept, named
from podcompose.cli.screen import Line
from podcompose.cli.streams import emit, show
from podcompose.hook import Hook

__all__ = ["compare_command"]

_STYLES = {"to be looked at": "yellow", "improved": "green", "harmless": "dim"}
_WORDS = {
    "equal": "equal",
    "harmless": "with harmless differences only",
    "improved": "improved",
    "to be looked at": "to be looked at",
    "refused": "refused by podcompose or by Airflow",
}


@click.command("compare", short_help="Say what moving from Airflow would change, and why.")
@click.argument("templates", type=FILE)
@click.option("--configs", required=True, type=FILE, metavar="FILE", help="The executor_configs: a map by name, or a list.")
@click.option(
    "--hook",
    multiple=True,
    metavar="HOOK",
    help="A pod_mutation_hook: FILE.py or MODULE, or with :FUNCTION behind it; or a patch's [NAME=]FILE; repeatable.",
)
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The format.")
def compare_command(templates: str, configs: str, hook: tuple[str, ...], output: str) -> None:
    """
    Compose every pod as Airflow did and as podcompose does, and say what differs and why.

    TEMPLATES is a pod template or a folder of them. FILE holds executor_configs, {"pod_override": {...}} in wire form or the
    legacy {"KubernetesExecutor": {...}}; each is laid over each template. Where it
    holds none the templates are compared alone.

    Harmless differences (order, empty lists) are only counted; --output json has them all. Exit status: 0 if nothing is to be
    looked at, 1 if something is, or an input cannot be read, 2 for usage.

    \b
    Example:
      podcompose airflow compare templates/ --configs executor_configs.yaml --hook airflow_local_settings.py
    """
    sys.path.append("")
    with contextlib.redirect_stdout(sys.stderr):
        originals, named_configs, hooks = _read(templates, configs, hook)
        every = list(pairs(originals, named_configs, hooks))
    if output == "json":
        emit((json.dumps(_document(every), indent=2, ensure_ascii=False) + "\n").encode())
    else:
        show(lambda _: _lines(every, len(originals), len(named_configs)))
    if not is_calm(every):
        raise click.exceptions.Exit(1)


def _read(templates: str, configs: str, hooks: Sequence[str]) -> tuple[list[Viewed], tuple[Config, ...], list[Hook]]:
    """All inputs; what cannot be read at all ends the command, every such input at once."""
    problems: list[Problem] = []
    files = kept(partial(_templates, templates, configs), problems) or []
    given = kept(partial(read_configs, configs), problems) or ()
    asked = [kept(partial(_hook, hook), problems) for hook in hooks]
    if problems != []:
        raise Refused(problems)
    return [viewed(file) for file in files], given, [hook for hook in asked if hook is not None]


def _templates(asked: str, configs: str) -> list[Path]:
    """The files of a folder, or the one file; the file of configs may lie among them."""
    place = Path(asked)
    try:
        if not place.is_dir():
            place.stat()
            return [place]
        files = [file for file in sorted(place.iterdir()) if file.suffix in DATA and file.name[:1] != "." and file.is_file()]
    except (OSError, ValueError) as cause:
        message = f"cannot be read: {getattr(cause, 'strerror', None) or cause}"
        raise TemplateError([Problem("unreadable", "", message, "template", "", asked)]) from cause
    others = [file for file in files if file.resolve() != Path(configs).resolve()]
    if others == []:
        message = "there is no template in this folder: no file ending in .yaml, .yml or .json"
        raise TemplateError([Problem("unreadable", "", message, "template", "", asked)])
    return others


def _hook(argument: str) -> Hook:
    name, path = named(argument)
    if not path.endswith(DATA):
        return load_pod_mutation_hook(argument)
    return Override.from_file(path, name).at_stage("hook")


def _document(every: Sequence[Pair]) -> dict[str, object]:
    counts = {"pods": len(every), **{str(outlook): count for outlook, count in summary(every).items()}}
    return {"summary": counts, "pairs": [pair.to_dict() for pair in every]}


def _lines(every: Sequence[Pair], templates: int, configs: int) -> Iterator[Line]:
    """The summary, then each observation but the harmless once, with the pods that have it."""
    yield ((f"{_count(templates, 'template')} with {_count(configs, 'executor_config')}: {_count(len(every), 'pod')}", "bold"),)
    for outlook, count in summary(every).items():
        yield ((f"{count:>6} {_WORDS[outlook]}", "" if count > 0 else "dim"),)
    found = observations(every)
    for group in GROUPS[:-1]:
        members = [observation for observation in found if observation.group == group]
        if members != []:
            yield (("", ""),)
            yield ((group, f"bold {_STYLES[group]}"),)
        for observation in members:
            yield (("  ", ""), (observation.text, ""))
            yield ((f"    {_where(observation, every)}", "dim"),)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _where(observation: Observation, every: Sequence[Pair]) -> str:
    """The pods that have a observation, told as shortly as can be."""
    count = _count(len(observation.pods), "pod")
    if len(observation.pods) == len(every) > 1:
        return f"all {count}"
    told = []
    for template in dict.fromkeys(template for template, _ in observation.pods):
        mine = [config for name, config in observation.pods if name == template]
        whole = len(mine) > 1 and len(mine) == sum(pair.template == template for pair in every)
        told.append(f"{template} with {'all' if whole else ', '.join(mine)}")
    return f"{count}: {'; '.join(told)}"
