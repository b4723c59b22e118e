"""
Measure how pods are launched and watched, and write that part of results.md: `python -m benchmarks.running`.

Each part is a fresh process: `watching` in the environments with orjson and without, `launching` and `locally` in this one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.environments import BUILD, ROOT, python_of, run

__all__ = ["HEADING", "Found", "main", "measured", "section", "written"]

#: What was found, by part.
Found = Mapping[str, Mapping[str, float]]

RESULTS = Path(__file__).with_name("results.md")
HEADING = "## Launched and watched"
_JSON = {"37": "orjson", "36": "standard library"}
_HEAD = f"""{HEADING}

Written by `python -m benchmarks.running`. Of what takes CPU, CPU is measured; `ratio` is ours to the peer of the same process, the
median of the rounds; the times are the best of them. A watch event is 9.4 kB, the mean of the ten events of a recorded life.

| what | ours | peer | ratio | target | reached |
|---|---|---|---|---|---|"""


def measured() -> Found:
    """All parts, one after the other; written to build/bench too."""
    BUILD.mkdir(parents=True, exist_ok=True)
    found: dict[str, Mapping[str, float]] = {}
    for environment in _JSON:
        python_of(environment)
        for what in ("events", "pages", "listed"):
            found[f"{environment} {what}"] = json.loads(run(environment, "benchmarks.watching", what))
    found["37 flat"] = json.loads(run("37", "benchmarks.watching", "flat"))
    for part in ("launching", "locally"):
        found[part] = json.loads(_here(f"benchmarks.{part}"))
    (BUILD / "running.json").write_text(json.dumps(found, indent=1))
    return found


def _here(module: str) -> str:
    return subprocess.run([sys.executable, "-m", module], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def section(found: Found) -> str:
    """The part of the page, as Markdown; what was not measured is left out."""
    lines = [line for environment in _JSON for line in _watched(found, environment)]
    for part, said in (("37 flat", _flat), ("launching", _launched), ("locally", _locally)):
        lines += said(found[part]) if part in found else []
    return "\n".join([_HEAD, *lines, "", f"Load at the end {os.getloadavg()[0]:.1f}.", ""])


def _watched(found: Found, environment: str) -> list[str]:
    """The rows of an environment."""
    name, lines = f"{_JSON[environment]}, client {environment}", []
    limit = 100.0 if environment == "37" else 200.0
    if f"{environment} events" in found:
        one = found[f"{environment} events"]
        typed, alone = f"{one['peer']:.0f} us (client's Watch, typed)", f"{one['json']:.0f} us (reading the JSON alone)"
        lines.append(
            _row(f"watch event, {name}", f"{one['ours']:.0f} us", typed, one["ratio"], f"<= {limit:.0f} us", one["ours"] <= limit)
        )
        lines.append(_row("the same", f"{one['ours']:.0f} us", alone, one["ours"] / one["json"]))
    if f"{environment} pages" in found:
        one = found[f"{environment} pages"]
        typed = f"{one['peer']:.0f} us (client's LIST, typed)"
        lines.append(
            _row(
                f"a pod of a LIST of 50,000, {name}", f"{one['ours']:.0f} us", typed, one["ratio"], "<= 200 us", one["ours"] <= 200
            )
        )
    if f"{environment} listed" in found:
        one = found[f"{environment} listed"]
        grown = f"{one['highest'] / 1e3:.1f} kB, {one['kept'] / 1e3:.1f} kB kept"
        lines.append(
            _row(f"the same in memory, at the highest, {name}", grown, target="<= 10 kB", reached=one["highest"] <= 10_000)
        )
    return lines


def _flat(one: Mapping[str, float]) -> list[str]:
    late, early = (f"{one[f'resident {when}'] / 1e6:.1f} MB, {one[f'blocks {when}']:,.0f} blocks" for when in ("late", "early"))
    ratio = one["blocks late"] / one["blocks early"]
    return [
        _row("memory after 100,000 pods came and went", late, f"{early} (after 10,000)", ratio, "flat: <= 1.02 x", ratio <= 1.02)
    ]


def _launched(one: Mapping[str, float]) -> list[str]:
    """Throughput: the ratio is how many ours launches while the peer launches one."""
    lines = []
    for name, said in (("ours", "launching 1,000 pods, 32 at once"), ("aio", "the same with async def")):
        peer = f"{1e6 / one['peer']:.0f} pods/s, {one['peer cpu']:.0f} us CPU (bare POSTs of the same bytes)"
        ours = f"{1e6 / one[name]:.0f} pods/s, {one[f'{name} cpu']:.0f} us CPU"
        lines.append(_row(said, ours, peer, one[f"{name} ratio"], ">= 0.9 x", one[f"{name} ratio"] >= 0.9))
    idle, asleep = (f"{one[name] / 10:.4f} % of a core" for name in ("idle", "asleep"))
    idle_said = f"an idle subscription to {one['idle pods']:,.0f} pods"
    return [*lines, _row(idle_said, idle, f"{asleep} (asleep)", None, "<= 0.01 %", one["idle"] <= 0.1)]


def _locally(one: Mapping[str, float]) -> list[str]:
    ours, peer = (f"{one[name] / 1e3:.2f} ms, {one[f'{name} cpu'] / 1e3:.2f} ms CPU" for name in ("ours", "peer"))
    said, bare = "local backend, 1,000 pods that run `true`, 32 at once", f"{peer} (Popen and wait)"
    return [
        _row(said, ours, bare, one["ratio"], "<= 1.5 x", one["ratio"] <= 1.5),
        _row("the same in CPU, children included", ours, bare, one["ratio cpu"]),
    ]


def _row(said: str, ours: str, peer: str = "", ratio: float | None = None, target: str = "", reached: bool | None = None) -> str:
    cells = (
        said,
        ours,
        peer,
        "" if ratio is None else f"{ratio:.3g} x",
        target,
        "" if reached is None else "yes" if reached else "**no**",
    )
    return f"| {' | '.join(cells)} |"


def written(page: str, part: str) -> str:
    """The page with this part at its end, in the place of an older one."""
    return f"{page.partition(HEADING)[0].rstrip()}\n\n{part}"


def main() -> None:
    """Measure, print and write."""
    part = section(measured())
    RESULTS.write_text(written(RESULTS.read_text(), part))
    print(part)


if __name__ == "__main__":
    main()
