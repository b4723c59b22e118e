"""
The scoreboard: run it, look into one cell of it, or see whether anything changed.

python -m benchmarks.semantics run                             everything, and write the results and the page
python -m benchmarks.semantics run --system 'dagster-*' --case 'falsy/*'
python -m benchmarks.semantics show dagster-deep falsy/host-network
python -m benchmarks.semantics check                           the quick systems against the last results
python -m benchmarks.semantics page                            write the page of the results that lie there
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import click

from benchmarks.semantics import results as documents
from benchmarks.semantics.case import Case, CaseError, chosen, read_cases
from benchmarks.semantics.running import everything, some
from benchmarks.semantics.showing import cell_text, changes_text, sums_text, verdicts_text
from benchmarks.semantics.systems import DescriptionError, System, read_systems

__all__ = ["main"]

_Named = TypeVar("_Named", Case, System)


@click.group(help=__doc__.splitlines()[1])
def main() -> None:
    """Everything is a command of its own."""


@main.command("run")
@click.option("--system", "systems", multiple=True, metavar="PATTERN", help="Only systems whose id fits; again for more.")
@click.option("--case", "cases", multiple=True, metavar="PATTERN", help="Only cases whose id fits; again for more.")
@click.option("--times/--no-times", default=True, help="Measure times too; without, those of the last results stay.")
@click.option("--server/--no-server", default=True, help="Offer every result to a real kube-apiserver.")
@click.option("--anew", is_flag=True, help="Ask again what was answered before.")
def run(systems: tuple[str, ...], cases: tuple[str, ...], times: bool, server: bool, anew: bool) -> None:
    """Run cases on systems. All of both: the results and the page are written. A choice: the verdicts are printed."""
    all_systems, all_cases = _systems(), _cases()
    if systems == () and cases == ():
        last = None if times else _read()
        found = everything(all_systems, all_cases, times=times, server=server, anew=anew, last=last)
        _write(found)
        click.echo(sums_text(found))
        click.echo(changes_text(found["changes"]))
        return
    click.echo(verdicts_text(some(_picked(all_systems, systems, "system"), _picked(all_cases, cases, "case"), anew=anew)))


@main.command("show")
@click.argument("system")
@click.argument("case")
def show(system: str, case: str) -> None:
    """Run one case on one system, and show what was wanted and what came out."""
    one, wish = _called(_systems(), system, "system"), _called(_cases(), case, "case")
    click.echo(cell_text(some([one], [wish], anew=True)[0], wish))


@main.command("check")
def check() -> None:
    """Run the quick systems on all cases; fail where a verdict is not that of the last results, and say which."""
    cases, systems, before = _cases(), [system for system in _systems() if system.quick], _results()
    ran = some(systems, cases, anew=False)
    away = [each for each in ran if each.problem is not None and each.system.kind != "ours"]
    for each in away:
        click.echo(f"{each.system.id} is not here, and not compared: {each.problem}")
    there = [each for each in ran if each not in away]
    changed = documents.changes(before, documents.assembled(there, cases, {}, None, None))
    click.echo(changes_text(changed))
    if changed != []:
        click.echo("If that is meant: make semantics, look at the page, and commit the results.")
        sys.exit(1)


@main.command("page")
def page() -> None:
    """Write the page anew, of the results that lie there."""
    _write(_results())


def _write(found: Mapping[str, Any]) -> None:
    from benchmarks.semantics.writing import write  # the page is not for a single cell

    write(found)


def _results() -> Mapping[str, Any]:
    found = _read()
    if found is None:
        raise click.ClickException("there are no results yet: make semantics")
    return found


def _read() -> Mapping[str, Any] | None:
    try:
        return documents.read()
    except documents.ResultsError as error:
        raise click.ClickException(f"{error}; make semantics") from None


def _cases() -> list[Case]:
    try:
        return read_cases()
    except CaseError as error:
        raise click.ClickException(f"mistakes in cases:\n{error}") from None


def _systems() -> list[System]:
    try:
        return read_systems()
    except DescriptionError as error:
        raise click.ClickException(f"mistakes in systems:\n{error}") from None


def _picked(there: Sequence[_Named], patterns: Sequence[str], what: str) -> list[_Named]:
    """Those that a pattern fits; all, where there is no pattern. A pattern that fits none is a mistake."""
    ids = [each.id for each in there]
    for pattern in patterns:
        if chosen(ids, [pattern]) == []:
            raise _unknown(pattern, ids, what)
    wanted = set(chosen(ids, patterns))
    return [each for each in there if each.id in wanted]


def _called(there: Sequence[_Named], name: str, what: str) -> _Named:
    for each in there:
        if each.id == name:
            return each
    raise _unknown(name, [each.id for each in there], what)


def _unknown(name: str, ids: Sequence[str], what: str) -> click.UsageError:
    close = get_close_matches(name, ids, 3) or sorted({f"{each.partition('/')[0]}/*" if "/" in each else each for each in ids})
    return click.UsageError(f"no {what} is called {name}; there is {', '.join(close)}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be told to end is to be broken off: nothing is left running
    main()
