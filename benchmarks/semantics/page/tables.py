"""The tables of the page, as HTML that says everything without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.semantics.page import said
from benchmarks.semantics.page.drawings import bar
from benchmarks.semantics.sums import WORDS, Pair, Sum, equally_judged, pairs, sums, word_of
from benchmarks.semantics.words import VERDICTS, Mark, mark, source_link

__all__ = [
    "changes",
    "equal",
    "escaped",
    "fairness",
    "legend",
    "listed",
    "matrix",
    "paired",
    "sentences",
    "summed",
    "systems",
    "table",
]

_CODE = re.compile(r"`([^`]*)`")


def escaped(text: Any) -> str:
    """Text that stands for itself, in an element and in an attribute."""
    return html.escape(str(text), quote=True)


def sentences(texts: Sequence[str]) -> str:
    """Prose as a paragraph; what stands between backticks is code."""
    return f"<p>{_prose(' '.join(texts))}</p>"


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escaped(text))


def listed(texts: Sequence[str]) -> str:
    """Sentences that are read one by one."""
    return f'<ul class="plain">{"".join(f"<li>{escaped(text)}</li>" for text in texts)}</ul>'


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> str:
    """A table; the first column names the row, the last `numbers` columns are numbers. Cells and heads are HTML already."""
    first = len(heads) - numbers
    head = "".join(f'<th scope="col"{_class(place >= first)}>{each}</th>' for place, each in enumerate(heads))
    lines = "".join(
        f"<tr>{''.join(_plain_cell(place, each, place >= first) for place, each in enumerate(row))}</tr>" for row in rows
    )
    body = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody>"
    return f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table>{body}</table></div>'


def _plain_cell(place: int, text: str, is_number: bool) -> str:
    return f'<th scope="row">{text}</th>' if place == 0 else f"<td{_class(is_number)}>{text}</td>"


def _class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def legend() -> str:
    """Every sign with its word and what it means."""
    known = "".join(f"<li>{_sign(mark(word))} <span>{escaped(said)}</span></li>" for word, (_, said) in VERDICTS.items())
    told = _sign(Mark("ab", "another word", "told"))
    return f'<ul class="legend">{known}<li>{told} <span>of a reported case: what came out, by its first letters</span></li></ul>'


def _sign(shown: Mark) -> str:
    return f'<span class="sign {shown.kind}" aria-hidden="true">{escaped(shown.sign)}</span> <b>{escaped(shown.word)}</b>'


def summed(results: Mapping[str, Any]) -> str:
    """What each system did on the judged cases."""
    named, offered = _names(results), results["made"]["server"] is not None
    heads = ["System", "Passed of judged", *map(escaped, WORDS[:-1]), "the API server refused"]
    rows = [_sum_row(named[one.system], one, offered) for one in sums(results)]
    return table(
        "Every system on its own judged cases; these are not the same for all, so the numbers are not comparable", heads, rows, 7
    )


def _sum_row(system: Mapping[str, Any], one: Sum, offered: bool) -> list[str]:
    counts = [str(one.words[word]) for word in WORDS[:-1]]
    server = f"{one.rejected} of {one.offered}" if offered and one.offered > 0 else "\u2013"
    share = f"{one.passed} of {one.judged}" if one.judged > 0 else "not judged"
    kind = "" if system["kind"] == "system" else f' <small class="kind">{escaped(system["kind"])}</small>'
    note = "" if system["problem"] is None else f"<br><small>{escaped(system['problem'])}</small>"
    drawn = f'<span class="share">{bar(one)}<span>{share}</span></span>'
    return [f"{escaped(system['name'])}{kind}{note}", drawn, *counts, server]


def equal(results: Mapping[str, Any]) -> str:
    """The systems that were judged on equally many cases, most passes first."""
    named = _names(results)
    groups = [group for group in equally_judged([one for one in sums(results) if one.kind != "dummy"]) if len(group) > 1]
    rows = [[str(group[0].judged), _ranked(group, named)] for group in groups if group[0].judged > 0]
    if rows == []:
        return "<p>No two systems were judged on equally many cases.</p>"
    return table("Systems that were judged on equally many cases", ["Judged", "Passed"], rows)


def _ranked(group: Sequence[Sum], named: Mapping[str, Any]) -> str:
    return ", ".join(f"{escaped(named[one.system]['name'])} <b>{one.passed}</b>" for one in group)


def paired(results: Mapping[str, Any]) -> str:
    """Each system beside podcompose's default, on the cases that both were judged on."""
    named = _names(results)
    rows = [_pair_row(named[one.system]["name"], one) for one in pairs(results) if one.both > 0]
    heads = ["System", "judged both", "it passes", "COMPOSE passes"]
    return table("Each system beside podcompose COMPOSE, on the cases that both were judged on", heads, rows, 3)


def _pair_row(name: str, one: Pair) -> list[str]:
    return [escaped(name), str(one.both), str(one.passed), str(one.other_passed)]


def matrix(results: Mapping[str, Any]) -> str:
    """All cases and all systems; the script of the page makes it sort, filter and open."""
    shown = "".join(_column(system) for system in results["systems"])
    head = f'<th scope="col" class="case"><span>Case</span></th><th scope="col" class="group"><span>Group</span></th>{shown}'
    rows = "".join(_row(place, case, results) for place, case in enumerate(results["cases"]))
    caption = "<caption>Verdicts: a row is a case, a column is a system</caption>"
    return f'<table id="matrix">{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _column(system: Mapping[str, Any]) -> str:
    title = f"{system['name']} {system['version']}"
    return f'<th scope="col" class="system {system["kind"]}" title="{escaped(title)}"><span>{escaped(system["name"])}</span></th>'


def _row(place: int, case: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    words = [word_of(results, case["id"], system["id"]) for system in results["systems"]]
    shown = "".join(_cell(_neutral(mark(word, words), case)) for word in words)
    kind = "" if case["judged"] else ' <small class="kind">reported</small>'
    about = f"<b>{escaped(case['title'])}</b>{kind}<small>{escaped(case['id'])}</small>"
    group = f'<td class="group">{escaped(case["group"])}</td>'
    return f'<tr data-case="{place}"><th scope="row" class="case">{about}</th>{group}{shown}</tr>'


def _neutral(shown: Mark, case: Mapping[str, Any]) -> Mark:
    """Where nobody is judged, a refusal is a word like the others."""
    return shown._replace(kind="told") if shown.word == "refused" and not case["judged"] else shown


def _cell(shown: Mark) -> str:
    inner = f'<i aria-hidden="true">{escaped(shown.sign)}</i><b>{escaped(shown.word)}</b>'
    return f'<td><button class="{shown.kind}">{inner}</button></td>'


def systems(results: Mapping[str, Any]) -> str:
    """What was called, how, for whom, and in which version."""
    rows = [_system_row(system) for system in results["systems"]]
    heads = ["System", "The call, and its user", "Spellings it reads, best first", "What it adds by itself, not judged"]
    return table("The systems", heads, rows)


def _system_row(system: Mapping[str, Any]) -> list[str]:
    adds = "".join(f"<li><code>{escaped(each['path'])}</code>: {_prose(each['why'])}</li>" for each in system["adds"])
    packages = ", ".join(f"{name} {version}" for name, version in system["packages"].items())
    version = escaped(packages or system["version"]) if system["problem"] is None else escaped(system["problem"])
    return [
        f"{_linked(system['name'], system['docs'])}<br><small>{escaped(system['id'])}<br>{version}</small>",
        f"{_prose(system['call'])}<br><small>{_prose(system['user'])}</small>",
        escaped(", ".join(system["reads"])),
        f"<ul>{adds}</ul>" if adds != "" else "nothing",
    ]


def _linked(text: str, address: str) -> str:
    link = source_link(address)
    return escaped(text) if link is None else f'<a href="{escaped(link)}">{escaped(text)}</a>'


def fairness(results: Mapping[str, Any]) -> str:
    """The section on what is fair, and how to object."""
    return "".join(f"<h3>{escaped(head)}</h3>{sentences(texts)}" for head, texts in said.fairness(results))


def changes(results: Mapping[str, Any]) -> str:
    """What is not as it was in the results before."""
    found = "".join(f"<li>{escaped(each)}</li>" for each in results["changes"])
    return f"<ul>{found}</ul>" if found != "" else "<p>No verdict is another one than in the results before.</p>"


def _names(results: Mapping[str, Any]) -> Mapping[str, Any]:
    return {system["id"]: system for system in results["systems"]}


def column_names(results: Mapping[str, Any]) -> Iterator[str]:
    """Rules of CSS that name the system of each cell where there are no columns: on a phone."""
    for place, system in enumerate(results["systems"], start=3):
        letters = "".join(f"\\{ord(character):06x}" for character in system["id"])
        yield f'#matrix td:nth-child({place}) button::after{{content:"{letters}"}}'
