"""Times, memory and imports: tables with bars, and the curves with a table of the same numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.semantics.page.drawings import curves, ratio_bar
from benchmarks.semantics.page.tables import escaped, sentences, table
from benchmarks.semantics.words import number

__all__ = ["curve_rows", "times"]

_HOW = (
    "In process: a merge of inputs that were built beforehand, as the system takes them.",
    "JSON to JSON: reading both texts, merging, and writing the result.",
    "Medians, in microseconds; a ratio is to podcompose COMPOSE in the same run.",
    "Its bar is logarithmic, and podcompose is at the line.",
    "A system that is a command line is timed inside of its own process where it can be, and otherwise not.",
)
#: A ratio that was rounded to nothing is drawn as this.
_LEAST = 0.005


def times(results: Mapping[str, Any]) -> str:
    """The whole section; a sentence where nothing was measured."""
    found = results["times"]
    if found is None:
        return "<p>Times were not measured in this run.</p>"
    names = {system["id"]: system["name"] for system in results["systems"]}
    noise = escaped(found["noise"]["text"])
    pods = "".join(_pod(pod, said, found["rows"], names) for pod, said in found["pods"].items())
    how = f"{sentences(_HOW)}<p>Noise of this machine: {noise}.</p>"
    return f"{how}{pods}{_imports(found['imports'], names)}{_curves(found['curves'], names)}"


def _pod(pod: str, said: str, rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    of_pod = [row for row in rows if row["pod"] == pod]
    if of_pod == []:
        return ""
    ratios = [max(row["ratio_in_process"], _LEAST) for row in of_pod]
    heads = [
        "System",
        "Ratio, in process",
        "in process, \u00b5s",
        "ratio",
        "JSON to JSON, \u00b5s",
        "ratio",
        "memory a result, bytes",
    ]
    lines = [_row(row, names, ratios) for row in sorted(of_pod, key=lambda row: row["in_process_us"]["median"])]
    return table(f"The {escaped(pod)} pod: {escaped(said)}, and a small override", heads, lines, 5)


def _row(row: Mapping[str, Any], names: Mapping[str, str], ratios: Sequence[float]) -> list[str]:
    note = f"<br><small>{escaped(row['note'])}</small>" if row.get("note") else ""
    return [
        f"{escaped(names.get(row['system'], row['system']))}{note}",
        ratio_bar(max(row["ratio_in_process"], _LEAST), ratios),
        number(row["in_process_us"]["median"]),
        number(row["ratio_in_process"]),
        number(row["json_us"]["median"]),
        number(row["ratio_json"]),
        number(row["result_bytes"]),
    ]


def _imports(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    if len(found) == 0:
        return ""
    rows = [
        [escaped(names.get(each["system"], each["system"])), number(each["ms"]), number(each["ratio"])]
        for each in sorted(found, key=lambda each: each["ms"])
    ]
    return table("What importing it takes, in a fresh process", ["System", "ms", "ratio"], rows, 2)


def _curves(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    if len(found) == 0:
        return ""
    tables = "".join(
        table(f"Microseconds by {escaped(axis)}", ["System", *sizes], [[escaped(row[0]), *row[1:]] for row in rows], len(sizes))
        for axis, sizes, rows in curve_rows(found, names)
    )
    how = "<p>Both scales are logarithmic; dashed is podcompose COMPOSE, faint are all the others.</p>"
    return f"<h3>Cost against size</h3>{how}{curves(found, names)}<details><summary>The same as numbers</summary>{tables}</details>"


def curve_rows(found: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Each axis with its sizes, and a row of microseconds for each system; empty where it has no such size."""
    for axis in dict.fromkeys(curve["axis"] for curve in found):
        of_axis = [curve for curve in found if curve["axis"] == axis]
        sizes = sorted({point[0] for curve in of_axis for point in curve["points"]})
        rows = [_curve_row(curve, sizes, names) for curve in of_axis]
        yield axis, [f"{size:g}" for size in sizes], rows


def _curve_row(curve: Mapping[str, Any], sizes: Sequence[float], names: Mapping[str, str]) -> list[str]:
    points = dict(map(tuple, curve["points"]))
    return [names.get(curve["system"], curve["system"]), *(number(points.get(size)) for size in sizes)]
