"""The template as text, each part with the option it came from; and the report as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podcompose.airflow.migration.parts import Pod
from podcompose.airflow.migration.reading import Given
from podcompose.airflow.migration.report import STATUSES, Item, Status
from podcompose.airflow.migration.words import EMPTY
from podcompose.core.json import Json
from podcompose.errors import RawPath

__all__ = ["counted", "page", "template_text"]

_TITLES: Mapping[Status, str] = {
    "contradictory": "Contradictory: look at these",
    "secret": "Secrets: these want a value",
    "changed": "Changed",
    "moved": "Moved",
    "kept": "Kept by the executor",
    "dropped": "Dropped",
}


def template_text(pod: Pod, source: str) -> str:
    """The pod as YAML with comments."""
    from podcompose.yaml.comments import write_commented

    head = (
        f"The template that {_clean(source)} described.\n"
        "Each part says which option it came from; what has no comment, 1.10 always wrote.\n"
        "The name is a placeholder: every pod is given its own."
    )
    secret = [f"The Secret {pod.secret} must be there before the first pod."] if pod.sealed != {} else []
    return write_commented(pod.manifest, {(): "\n".join([head, *secret]), **dict(_comments(pod))})


def _comments(pod: Pod) -> Iterator[tuple[RawPath, str]]:
    said: dict[RawPath, list[Given]] = {}
    for raw, givens in pod.origins.items():
        around = {given for length in range(len(raw)) for given in pod.origins.get(raw[:length], ())}
        fresh = [given for given in dict.fromkeys(givens) if given not in around]
        if fresh != []:
            said.setdefault(_begun(pod.manifest, raw), []).extend(fresh)
    return ((raw, ", ".join(map(_said, givens))) for raw, givens in said.items())


def _begun(manifest: Json, raw: RawPath) -> RawPath:
    """What begins where this does: an element of a list, with its first field; a comment cannot stand between the two."""
    if len(raw) < 2 or type(raw[-2]) is not int:
        return raw
    element = manifest
    for segment in raw[:-1]:
        element = element[segment]
    return raw[:-1] if type(element) is dict and next(iter(element)) == raw[-1] else raw


def _said(given: Given) -> str:
    if given.variable is not None:
        return _clean(given.variable)
    return _clean(f"[{given.section}] {given.name}") + _ORIGINS.get(given.origin, "")


_ORIGINS = {"default": " (1.10's default)", "argument": " (as given to the migration)"}


def _clean(text: str) -> str:
    """Text for a comment: no control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def page(report: Sequence[Item], source: str) -> str:
    """
    The report as Markdown: a count first, then each status, those to be looked at first.

    >>> print(page([Item("kubernetes", "fs_group", "moved", where=(".spec.securityContext.fsGroup",), line=7)], "airflow.cfg"))
    # What has become of airflow.cfg
    <BLANKLINE>
    1 option: 1 moved.
    ...
    ## Moved
    <BLANKLINE>
    | line | option | where to | why |
    |---|---|---|---|
    | 7 | `[kubernetes] fs_group` | `.spec.securityContext.fsGroup` |  |
    <BLANKLINE>
    """
    lines = [f"# What has become of {_clean(source)}", "", f"{counted(report)}.", *_HINTS]
    for status in STATUSES:
        told = [item for item in report if item.status == status and item.why != EMPTY]
        if told != []:
            lines += ["", f"## {_TITLES[status]}", "", "| line | option | where to | why |", "|---|---|---|---|", *map(_row, told)]
    empty = [f"`{item.option}`" for item in report if item.why == EMPTY]
    lines += ["", "## Empty, so not given", "", f"{', '.join(empty)}."] if empty != [] else []
    return "\n".join([*lines, ""])


def counted(report: Sequence[Item]) -> str:
    """
    How many options have become what.

    >>> counted([Item("kubernetes", "namespace", "kept"), Item("kubernetes", "affinity", "moved")])
    '2 options: 1 moved, 1 kept'
    """
    counts = {status: sum(item.status == status for item in report) for status in STATUSES}
    options = f"{len(report)} option{'s' * (len(report) != 1)}"
    return f"{options}: {', '.join(f'{count} {status}' for status, count in counts.items() if count > 0) or 'none'}"


_HINTS = (
    "Secrets are named here and never shown.",
    "Set `pod_template_file` to the template's path, in [kubernetes] up to Airflow 2.4, in [kubernetes_executor] since.",
)


def _row(item: Item) -> str:
    line = item.variable or ("" if item.line is None else str(item.line))
    where = "<br>".join(f"`{place}`" for place in item.where)
    return f"| {' | '.join(_cell(text) for text in (line, f'`[{item.section}] {item.option}`', where, item.why))} |"


def _cell(text: str) -> str:
    return _clean(text).replace("|", "\\|")
