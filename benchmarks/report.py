"""The results as a page: every job beside its peer of the same rounds."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from statistics import median, quantiles

from benchmarks.rows import ROWS, Row

__all__ = ["Held", "Values", "page"]

#: environment -> job -> seconds, one for each round.
Values = Mapping[str, Mapping[str, Sequence[float]]]
#: (variables, kind, meter) -> bytes of each, and of how many.
Held = Mapping[tuple[int, str, str], tuple[float, int]]

_HEAD = """# Results

Written by `make bench`; README.md says how it is measured. `ours` and `peer`: the best of all rounds. `ratio`: the median of each
round's ratio; `from - to`: the middle half of those ratios, which is the noise of this run.
"""


def page(values: Values, held: Held, versions: Mapping[str, Mapping[str, str]]) -> str:
    """The whole page, as Markdown."""
    rounds = {name: len(next(iter(jobs.values()))) for name, jobs in values.items()}
    head = "| job | ours | peer | ratio | from - to | target | reached |\n|---|---|---|---|---|---|---|"
    lines = [_line(row, values[row.environment]) for row in ROWS if row.environment in values]
    return "\n".join([_HEAD, _machine(versions, rounds), "", head, *lines, "", _checking(values), "", *_memory(held), ""])


def _line(row: Row, jobs: Mapping[str, Sequence[float]]) -> str:
    ours, peer = jobs[row.ours], jobs[row.peer]
    if row.milliseconds:
        compared = [(one - other) * 1e3 for one, other in zip(ours, peer, strict=True)]
        reached, unit = (min(ours) - min(peer)) * 1e3, " ms"
    else:
        compared = [one / other for one, other in zip(ours, peer, strict=True)]
        reached, unit = median(compared), " x"
    low, _, high = quantiles(compared, n=4)
    cells = (
        row.said,
        _seconds(min(ours)),
        f"{_seconds(min(peer))} ({row.peer})",
        f"{_short(reached)}{unit}",
        f"{_short(low)} - {_short(high)}",
        "" if row.target is None else f"<= {_short(row.target)}{unit}",
        "" if row.target is None else "yes" if reached <= row.target else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def _short(number: float) -> str:
    return f"{number:.3g}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def _checking(values: Values) -> str:
    jobs = values["37"]
    adds = median(raw - prepared for raw, prepared in zip(jobs["merge, raw"], jobs["merge, prepared"], strict=True))
    share = median(raw / prepared for raw, prepared in zip(jobs["merge, raw"], jobs["merge, prepared"], strict=True))
    return f"Checking a raw original adds {adds * 1e6:.0f} us to a merge, which then takes {share:.2f} x as long."


def _memory(held: Held) -> list[str]:
    said = {
        "compositions": "compositions whose override changes a variable and adds one",
        "apart": "compositions whose override leaves the variables alone",
        "copies": "deep copies of the pod",
    }
    head = ["| held in memory | variables of the template | how many | bytes each | by |", "|---|---|---|---|---|"]
    return head + [
        f"| {said[kind]} | {variables:,} | {count:,} | {each:,.0f} | {meter} |"
        for (variables, kind, meter), (each, count) in held.items()
    ]


def _machine(versions: Mapping[str, Mapping[str, str]], rounds: Mapping[str, int]) -> str:
    load = f"load at the end {os.getloadavg()[0]:.1f}"
    lines = [f"- {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; {load}; {_go()}"]
    for name, known in versions.items():
        installed = ", ".join(f"{package} {version}" for package, version in known.items())
        lines.append(f"- environment {name}: {installed}; {rounds[name]} rounds")
    return "\n".join(lines)


def _go() -> str:
    from tests.oracle.driver import find_go, program

    command = [find_go() or "go", "version", "-m", str(program())]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    modules = [line.split()[2] for line in lines if "\tk8s.io/apimachinery\t" in line]
    return f"{lines[0].rpartition(' ')[2]}, k8s.io/apimachinery {modules[0]}"
