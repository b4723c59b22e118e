"""The inputs of every command, as options; and the pod that they become."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click

from podcompose import APPLY, COMPOSE, STRATEGIC, Composition, Dialect, HookError, Override, PodComposeError, Problem, compose
from podcompose.cli.inputs import Given, Inputs, read_inputs, uses_stdin
from podcompose.cli.screen import plain

__all__ = ["FILE", "Composer", "Ordered", "Refused", "composing", "reading"]

_DIALECTS = ("compose", "apply", "strategic", "airflow")
_KINDS = ("override", "json_patch", "merge_patch", "delete")


def _dialect(word: str) -> Dialect:
    """The dialect that a word of the command line means."""
    if word == "airflow":
        from podcompose.airflow import AIRFLOW

        return AIRFLOW
    return {"compose": COMPOSE, "apply": APPLY, "strategic": STRATEGIC}[word]


class Refused(click.ClickException):
    """An input is refused: every problem, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = (str(problem).replace('`unknown="keep"`', "`--unknown keep`") for problem in problems)
        super().__init__("\n".join(map(plain, lines)))

    def show(self, file: Any = None) -> None:
        """Print the problems as they are, for editors to find file, line and column in front."""
        click.echo(self.format_message(), file=file, err=file is None)


class Ordered(click.Command):
    """A command that remembers the order of its options, which click sorts by kind."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse twice: once for the order, once for everything else."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["order"] = [param.name for param in order if param.name in _KINDS]
        return super().parse_args(ctx, args)


FILE = click.Path(readable=False, allow_dash=True)
_INPUTS = (
    click.argument("template", type=FILE),
    click.option(
        "-o",
        "--override",
        multiple=True,
        type=FILE,
        metavar="[NAME=]FILE",
        help="Lay this over the template; repeatable. NAME says who, e.g. team-a=gpu.yaml.",
    ),
    click.option("--json-patch", multiple=True, type=FILE, metavar="[NAME=]FILE", help="The same, as an RFC 6902 JSON patch."),
    click.option("--merge-patch", multiple=True, type=FILE, metavar="[NAME=]FILE", help="The same, as an RFC 7396 merge patch."),
    click.option("--delete", multiple=True, metavar="PATH", help="Delete this field, e.g. .metadata.labels.tier; repeatable."),
    click.option(
        "--hook",
        multiple=True,
        metavar="HOOK",
        help="The last word: FILE.py:FUNCTION, PACKAGE.MODULE:FUNCTION, or a patch's [NAME=]FILE; repeatable.",
    ),
    click.option("--dialect", type=click.Choice(_DIALECTS), default="compose", show_default=True, help="How to merge."),
    click.option("--unknown", type=click.Choice(["error", "keep"]), help="Fields that no Pod has.  [default: as the dialect does]"),
)


class Composer(NamedTuple):
    """Inputs that are read, ready to become pods."""

    inputs: Inputs
    dialect: str
    unknown: Any

    def composed(self, *more: Override) -> Composition:
        """
        The composed pod, with some overrides more; what hooks print goes to standard error, for standard output is the answer's.

        Raises: Refused.
        """
        inputs, dialect, unknown = self
        with contextlib.redirect_stdout(sys.stderr):
            try:
                if inputs.problems != ():
                    raise PodComposeError([*inputs.problems, *_further(inputs, dialect, unknown)])
                overrides = (*inputs.overrides, *more)
                return compose(inputs.template, *overrides, hook=inputs.hooks, dialect=_dialect(dialect), unknown=unknown)
            except PodComposeError as error:
                raise Refused(error.problems) from error
            except SystemExit as exit:
                raise Refused(HookError([Problem("hook-raised", "", f"it raised SystemExit: {exit}", "hook")]).problems) from exit


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that is given a Composer in place of the inputs' names."""

    @functools.wraps(command)
    def composed(**params: Any) -> Any:
        given = _given(click.get_current_context(), params)
        dialect, unknown = params.pop("dialect"), params.pop("unknown")
        sys.path.append("")
        with contextlib.redirect_stdout(sys.stderr):
            inputs = read_inputs(given, _dialect(dialect), unknown)
        return command(Composer(inputs, dialect, unknown), **params)

    for option in reversed(_INPUTS):
        composed = option(composed)
    return composed


def composing(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that is given the composed pod in place of the inputs' names."""

    @functools.wraps(command)
    def composed(composer: Composer, **params: Any) -> Any:
        return command(composer.composed(), **params)

    return reading(composed)


def _given(ctx: click.Context, params: dict[str, Any]) -> Given:
    """The inputs, taken out of the parameters."""
    values = {kind: iter(params.pop(kind)) for kind in _KINDS}
    overrides = tuple((kind, next(values[kind])) for kind in ctx.meta["order"])
    given = Given(params.pop("template"), overrides, params.pop("hook"))
    if uses_stdin(given) > 1:
        raise click.UsageError("standard input ('-') can be read only once.", ctx)
    for kind, argument in overrides:
        if kind == "override" and argument in ("yaml", "json") and not os.path.exists(argument):
            raise click.UsageError(f"'-o {argument}': -o names an override; the format is --output {argument}.", ctx)
    return given


def _further(inputs: Inputs, dialect: str, unknown: Any) -> tuple[Problem, ...]:
    """What else is wrong, as far as that can be said with inputs missing: overrides laid over what could be read."""
    patches = [override for override in inputs.overrides if inputs.template is not None or override.kind == "patch"]
    try:
        compose(inputs.template or {}, *patches, dialect=_dialect(dialect), unknown=unknown)
    except PodComposeError as error:
        # An image may be in the part that is missing.
        return tuple(problem for problem in error.problems if problem.code not in ("no-image", "failed-operation"))
    return ()
