"""The commands, and their contract with the shell: exit status, standard streams."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

import click

from podcompose import APPLY, COMPOSE, STRATEGIC, Composition, Explanation, HookError, PodComposeError, Problem, compose
from podcompose.cli.inputs import Given, Inputs, read_inputs, uses_stdin
from podcompose.cli.screen import blame, changes, history, plain
from podcompose.cli.streams import BROKEN_PIPE, abandon, emit, show

__all__ = ["podcompose", "run"]

_DIALECTS = {"compose": COMPOSE, "apply": APPLY, "strategic": STRATEGIC}
_KINDS = ("override", "json_patch", "merge_patch", "delete")
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
        _tell(error)
        return error.exit_code
    except click.Abort:
        return _INTERRUPTED
    except SystemExit:
        # This is how click ends where the help is written to a pipe that nobody reads.
        return BROKEN_PIPE
    except OSError as error:
        abandon(sys.stdout)
        _tell(click.ClickException(f"standard output cannot be written: {error.strerror}"))
        return 1


def _tell(error: click.ClickException) -> None:
    if sys.stderr is None:
        return
    try:
        error.show()
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)


class Refused(click.ClickException):
    """An input is refused: every problem, one a line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        lines = (str(problem).replace('`unknown="keep"`', "`--unknown keep`") for problem in problems)
        super().__init__("\n".join(map(plain, lines)))

    def show(self, file: Any = None) -> None:
        """Print the problems as they are, for editors to find file, line and column in front."""
        click.echo(self.format_message(), file=file, err=file is None)


class _Ordered(click.Command):
    """A command that remembers the order of its options, which click sorts by kind."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse twice: once for the order, once for everything else."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["order"] = [param.name for param in order if param.name in _KINDS]
        return super().parse_args(ctx, args)


_FILE = click.Path(readable=False, allow_dash=True)
_INPUTS = (
    click.argument("template", type=_FILE),
    click.option(
        "-o",
        "--override",
        multiple=True,
        type=_FILE,
        metavar="[NAME=]FILE",
        help="Lay this over the template; repeatable. NAME says who, e.g. team-a=gpu.yaml.",
    ),
    click.option("--json-patch", multiple=True, type=_FILE, metavar="[NAME=]FILE", help="The same, as an RFC 6902 JSON patch."),
    click.option("--merge-patch", multiple=True, type=_FILE, metavar="[NAME=]FILE", help="The same, as an RFC 7396 merge patch."),
    click.option("--delete", multiple=True, metavar="PATH", help="Delete this field, e.g. .metadata.labels.tier; repeatable."),
    click.option(
        "--hook",
        multiple=True,
        metavar="HOOK",
        help="The last word: FILE.py:FUNCTION, PACKAGE.MODULE:FUNCTION, or a patch's [NAME=]FILE; repeatable.",
    ),
    click.option("--dialect", type=click.Choice(list(_DIALECTS)), default="compose", show_default=True, help="How to merge."),
    click.option("--unknown", type=click.Choice(["error", "keep"]), help="Fields that no Pod has.  [default: as the dialect does]"),
)


def _composing(command: Callable[..., None]) -> Callable[..., None]:
    """A command that is given the composed pod in place of the inputs' names."""

    @functools.wraps(command)
    def composed(**params: Any) -> None:
        given = _given(click.get_current_context(), params)
        command(_compose(given, params.pop("dialect"), params.pop("unknown")), **params)

    for option in reversed(_INPUTS):
        composed = option(composed)
    return composed


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


def _compose(given: Given, dialect: str, unknown: Any) -> Composition:
    """The composed pod; what hooks print goes to standard error, for standard output is the answer's."""
    sys.path.append("")
    with contextlib.redirect_stdout(sys.stderr):
        inputs = read_inputs(given, _DIALECTS[dialect], unknown)
        try:
            if inputs.problems != ():
                raise PodComposeError([*inputs.problems, *_further(inputs, dialect, unknown)])
            return compose(inputs.template, *inputs.overrides, hook=inputs.hooks, dialect=_DIALECTS[dialect], unknown=unknown)
        except PodComposeError as error:
            raise Refused(error.problems) from error
        except SystemExit as exit:
            raise Refused(HookError([Problem("hook-raised", "", f"it raised SystemExit: {exit}", "hook")]).problems) from exit


def _further(inputs: Inputs, dialect: str, unknown: Any) -> tuple[Problem, ...]:
    """What else is wrong, as far as that can be said with inputs missing: overrides laid over what could be read."""
    patches = [override for override in inputs.overrides if inputs.template is not None or override.kind == "patch"]
    try:
        compose(inputs.template or {}, *patches, dialect=_DIALECTS[dialect], unknown=unknown)
    except PodComposeError as error:
        # An image may be in the part that is missing.
        return tuple(problem for problem in error.problems if problem.code not in ("no-image", "failed-operation"))
    return ()


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


@podcompose.command("compose", cls=_Ordered, short_help="Write the composed pod.")
@_composing
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


@podcompose.command("explain", cls=_Ordered, short_help="Show who set each field, and where.")
@_composing
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


@podcompose.command("diff", cls=_Ordered, short_help="Show what each stage changed.")
@_composing
def _diff(composition: Composition) -> None:
    """
    Show what each override and each hook changed: + added, - removed, ~ changed, > moved.

    \b
    Example:
      podcompose diff worker.yaml -o team-a.yaml --hook policy.py:harden
    """
    show(lambda _: changes(composition.diff()))
