"""
The scoreboard: run it, look into one cell of it, or see whether anything changed.

python -m benchmarks.semantics run                             everything, and write the results and the page
python -m benchmarks.semantics run --system 'dagster-*' --case 'falsy/*'
python -m benchmarks.semantics show dagster-deep falsy/host-network
python -m benchmarks.semantics check                           the quick systems against the committed results
python -m benchmarks.semantics page                            write the page of the results that lie there
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from benchmarks.semantics import results as documents
from benchmarks.semantics.case import Case, CaseError, chosen, read_cases
from benchmarks.semantics.running import everything, some
from benchmarks.semantics.showing import cell_text, changes_text, sums_text, verdicts_text
from benchmarks.semantics.systems import System, read_systems

__all__ = ["main"]


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
    all_systems, all_cases = read_systems(), _cases()
    if systems == () and cases == ():
        found = everything(all_systems, all_cases, times=times, server=server, anew=anew)
        _write(found)
        click.echo(sums_text(found))
        click.echo(changes_text(found["changes"]))
        return
    picked = (
        _picked(all_systems, systems),
        [case for case in all_cases if case.id in chosen((case.id for case in all_cases), cases)],
    )
    click.echo(verdicts_text(some(*picked, anew=anew)))


@main.command("show")
@click.argument("system")
@click.argument("case")
def show(system: str, case: str) -> None:
    """Run one case on one system, and show what was wanted and what came out."""
    cases = [each for each in _cases() if each.id == case]
    if cases == []:
        raise click.UsageError(f"there is no case {case}")
    ran = some(_picked(read_systems(), [system]), cases, anew=True)
    click.echo(cell_text(ran[0], cases[0]))


@main.command("check")
def check() -> None:
    """Run the quick systems on all cases; fail where a verdict is not that of the committed results, and say which."""
    cases, systems, before = _cases(), [system for system in read_systems() if system.quick], documents.read()
    if before is None:
        raise click.UsageError("there are no results to compare with: make semantics")
    changed = documents.changes(before, documents.assembled(some(systems, cases, anew=False), cases, {}, None, None))
    click.echo(changes_text(changed))
    if changed != []:
        click.echo("If that is meant: make semantics, look at the page, and commit the results.")
        sys.exit(1)


@main.command("page")
def page() -> None:
    """Write the page anew, of the results that lie there."""
    found = documents.read()
    if found is None:
        raise click.UsageError("there are no results yet: make semantics")
    _write(found)


def _write(found: Mapping[str, Any]) -> None:
    from benchmarks.semantics.writing import write  # the page is not for a single cell

    write(found)


def _cases() -> list[Case]:
    try:
        return read_cases()
    except CaseError as error:
        raise click.ClickException(f"mistakes in cases:\n{error}") from None


def _picked(systems: Sequence[System], patterns: Sequence[str]) -> list[System]:
    ids = chosen((system.id for system in systems), patterns)
    if ids == []:
        raise click.UsageError(
            f"no system is called {' or '.join(patterns)}; there are {', '.join(system.id for system in systems)}"
        )
    return [system for system in systems if system.id in ids]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be told to end is to be broken off: nothing is left running
    main()
