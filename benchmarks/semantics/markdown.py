"""The results as a document that reads well where Markdown is shown: tables, legend, fairness, times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.semantics.page.said import CLAIM, READING, REPRODUCING, fairness
from benchmarks.semantics.page.times import curve_rows
from benchmarks.semantics.sums import WORDS, equally_judged, pairs, reported, sums, word_of
from benchmarks.semantics.words import VERDICTS, command, mark, number, source_link

__all__ = ["markdown"]


def markdown(results: Mapping[str, Any]) -> str:
    """The whole document; the same results give the same bytes."""
    return "\n".join(line for section in _SECTIONS for line in (*section(results), ""))


def _head(results: Mapping[str, Any]) -> Iterator[str]:
    made, judged = results["made"], sum(case["judged"] for case in results["cases"])
    machine = _cell(f"{made['machine']['cpu']}, {made['machine']['cores']} cores, Python {made['machine']['python']}")
    programs = f"podcompose {made['podcompose']}; kube-apiserver {made['server'] or 'none at hand'}"
    yield "# The merge, side by side"
    yield ""
    yield CLAIM
    yield f"There are {len(results['cases'])} cases, {judged} of them judged, and {len(results['systems'])} systems."
    yield "[semantics.html](semantics.html) is the same with every template, override and result, to filter and to sort."
    yield ""
    yield f"Made by `make semantics` on {made['date']}: {machine}; {programs}."


def _reading(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## How to read it"
    yield ""
    yield from READING
    yield ""
    yield from _table(["sign", "word", "what it means"], [[sign, word, said] for word, (sign, said) in VERDICTS.items()])


def _sums(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Sums"
    yield ""
    yield "Each system on its own judged cases."
    yield "These are not the same for all, so the numbers are not comparable; see [Fairness](#fairness)."
    yield "What the API server says counts for no verdict."
    yield ""
    named = _names(results)
    heads = ["system", "kind", "judged", *WORDS, "the API server refused"]
    yield from _table(heads, [_sum_row(one, named[one.system]) for one in sums(results)], 2)


def _sum_row(one: Any, name: str) -> list[str]:
    server = f"{one.rejected} of {one.offered}" if one.offered > 0 else ""
    return [name, one.kind, str(one.judged), *(str(one.words[word]) for word in WORDS), server]


def _comparable(results: Mapping[str, Any]) -> Iterator[str]:
    named = _names(results)
    yield "### What may be compared"
    yield ""
    yield "In pairs, on the cases that both were judged on:"
    yield ""
    rows = [[named[one.system], str(one.both), str(one.passed), str(one.other_passed)] for one in pairs(results) if one.both > 0]
    yield from _table(["system", "judged both", "it passes", "podcompose COMPOSE passes"], rows, 1)
    groups = [group for group in equally_judged([one for one in sums(results) if one.kind != "dummy"]) if len(group) > 1]
    rows = [
        [str(group[0].judged), ", ".join(f"{named[one.system]} {one.passed}" for one in group)]
        for group in groups
        if group[0].judged > 0
    ]
    if rows != []:
        yield ""
        yield "Systems that were judged on equally many cases, with what each passes:"
        yield ""
        yield from _table(["judged", "passed"], rows)


def _cases(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Cases"
    for group in results["groups"]:
        yield ""
        yield f"### {group[:1].upper()}{group[1:]}"
        yield ""
        of_group = [case for case in results["cases"] if case["group"] == group]
        heads = ["case", *(f"`{system['id']}`" for system in results["systems"])]
        yield from _table(heads, [_case_row(case, results) for case in of_group if case["judged"]])
        yield ""
        yield from (_about(case) for case in of_group)


def _case_row(case: Mapping[str, Any], results: Mapping[str, Any]) -> list[str]:
    signs = (mark(word_of(results, case["id"], system["id"])).sign for system in results["systems"])
    return [f"`{case['id']}`", *signs]


def _about(case: Mapping[str, Any]) -> str:
    sources = ", ".join(map(_source, case["sources"]))
    kind = "" if case["judged"] else " Reported, not judged."
    return f"- `{case['id']}`: {_cell(case['title'])}. {_cell(case['intent'])}{kind}{f' From {sources}.' if sources else ''}"


def _source(source: str) -> str:
    link = source_link(source)
    return _cell(source) if link is None else f"[{_cell(source)}]({link})"


def _reported(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Reported, not judged"
    yield ""
    yield "Users legitimately want different things here, so there is no right answer: this is what each system does."
    yield ""
    rows = [
        [f"`{case}`" if place == 0 else "", _cell(word), ", ".join(f"`{system}`" for system in systems)]
        for case, words in reported(results).items()
        for place, (word, systems) in enumerate(words.items())
    ]
    yield from _table(["case", "what came out", "systems"], rows)


def _laws(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Laws"
    yield ""
    yield "On how many of the generated pods each law held, of those that the system's users can say."
    yield ""
    laws = [case for case in results["cases"] if case["law"] is not None]
    heads = ["system", *(f"`{case['id']}`" for case in laws)]
    named = _names(results)
    rows = [
        [named[system["id"]], *(_held(results["cells"].get(case["id"], {}).get(system["id"])) for case in laws)]
        for system in results["systems"]
    ]
    yield from _table(heads, rows, 1)


def _held(cell: Mapping[str, Any] | None) -> str:
    law = (cell or {}).get("law")
    return "" if law is None or law["of"] == 0 else f"{law['held']} of {law['of']}"


def _times(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Times"
    found = results["times"]
    if found is None:
        yield ""
        yield "Times were not measured in this run."
        return
    yield ""
    yield "Microseconds a merge, medians: in process with inputs built beforehand, and from JSON to JSON."
    yield "Ratios are to podcompose COMPOSE in the same run."
    yield f"Noise of this machine: {found['noise']['text']}."
    named = _names(results)
    for pod, said in found["pods"].items():
        yield ""
        yield f"### The {pod} pod: {said}"
        yield ""
        rows = sorted((row for row in found["rows"] if row["pod"] == pod), key=lambda row: row["in_process_us"]["median"])
        yield from _table(
            ["system", "in process", "ratio", "JSON to JSON", "ratio", "bytes a result"], [_time_row(row, named) for row in rows], 1
        )
    yield from _curves(found, named)


def _time_row(row: Mapping[str, Any], named: Mapping[str, str]) -> list[str]:
    name = named.get(row["system"], row["system"]) + (f" ({_cell(row['note'])})" if row.get("note") else "")
    in_process, json = (row[f"{way}_us"]["median"] for way in ("in_process", "json"))
    return [name, *map(number, (in_process, row["ratio_in_process"], json, row["ratio_json"], row["result_bytes"]))]


def _curves(found: Mapping[str, Any], named: Mapping[str, str]) -> Iterator[str]:
    for axis, sizes, rows in curve_rows(found["curves"], named):
        yield ""
        yield f"### Microseconds by {axis}"
        yield ""
        yield from _table(["system", *sizes], rows, 1)
    if len(found["imports"]) > 0:
        yield ""
        yield "### Milliseconds to import"
        yield ""
        imports = sorted(found["imports"], key=lambda each: each["ms"])
        yield from _table(
            ["system", "ms", "ratio"],
            [[named.get(each["system"], each["system"]), number(each["ms"]), number(each["ratio"])] for each in imports],
            1,
        )


def _fairness(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Fairness"
    for head, texts in fairness(results):
        yield ""
        yield f"### {head}"
        yield ""
        yield from texts


def _systems(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Systems"
    yield ""
    yield from _table(
        ["system", "id", "version", "the call", "its user", "adds by itself"],
        [_system_row(system) for system in results["systems"]],
    )


def _system_row(system: Mapping[str, Any]) -> list[str]:
    link = source_link(system["docs"])
    name = _cell(system["name"]) if link is None else f"[{_cell(system['name'])}]({link})"
    packages = ", ".join(f"{package} {version}" for package, version in system["packages"].items())
    version = system["problem"] or f"{system['version']}{f' ({packages})' if packages else ''}"
    adds = "; ".join(f"{each['path']}: {each['why']}" for each in system["adds"])
    return [name, f"`{system['id']}`", *map(_cell, (version, system["call"], system["user"], adds))]


def _reproduce(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Reproduce a cell"
    yield ""
    yield from REPRODUCING
    yield ""
    yield "```sh"
    yield command("SYSTEM", "CASE")
    yield "```"
    yield ""
    yield "The ids of systems and cases are those of the tables above; `make semantics` makes everything again."


_SECTIONS = (_head, _reading, _sums, _comparable, _cases, _reported, _laws, _times, _fairness, _systems, _reproduce)


def _names(results: Mapping[str, Any]) -> Mapping[str, str]:
    return {system["id"]: _cell(system["name"]) for system in results["systems"]}


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], words: int | None = None) -> Iterator[str]:
    """A table; all columns but the first `words` are numbers, where that is said."""
    if len(rows) == 0:
        yield "None."
        return
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' if words is None or place < words else '---:' for place, _ in enumerate(heads))}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


#: What means something in Markdown or HTML, in text that stands for itself.
_MEANT = {character: f"\\{character}" for character in "\\`*_[]|~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " ", "\r": " "}


def _cell(text: Any) -> str:
    return str(text).translate({ord(character): meant for character, meant in _MEANT.items()})
