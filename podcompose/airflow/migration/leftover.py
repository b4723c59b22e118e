"""What is left of the cfg: its own text without the options of the pod, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from podcompose.airflow.migration.options import MAPS, known
from podcompose.airflow.migration.scanning import Entry, Scan, lines_of
from podcompose.airflow.migration.secrets import has_password, looks_secret

__all__ = ["Leftover", "left_over"]

_MAPS = frozenset(section.name for section in MAPS)
_COMMENTED = re.compile(r"[#;\s]*([\w.-]+)\s*[=:]\s*(\S.*)$")
#: Options whose value is a secret whatever it looks like.
_SECRET_OPTIONS = frozenset({("core", "sql_alchemy_conn"), ("kubernetes", "git_password"), ("kubernetes", "git_user")})
_PASSWORD = re.compile(r"://[^\s:/@]*:([^\s@]{1,500})@")
#: An option of the cfg's own that stands for a password in another's value.
_REFERENCE = re.compile(r"[:=][^:=@/?&\s]*?%\(([^)]+)\)s")
_LINE_OUT = "# (a line that may hold a secret was here)"
#: A secret that is shorter, or is a word such as `airflow`, may be part of any innocent line.
_LENGTH, _WORDS_LENGTH = 6, 8


class Leftover(NamedTuple):
    """The text, and the options that were taken out of it only because they may be secrets."""

    text: str
    withheld: tuple[Entry, ...]


def left_over(text: str, scanned: Scan) -> Leftover:
    """
    The lines that do not concern the pod, as they are; where a secret was, a comment says so.

    >>> from podcompose.airflow.migration.scanning import scan
    >>> cfg = "[core]\\nfernet_key = k3y\\nparallelism = 32\\n\\n[kubernetes]\\nfs_group = 1\\nnamespace = etl\\n"
    >>> print(left_over(cfg, scan(cfg)).text, end="")
    [core]
    # fernet_key was here: it may be a secret
    parallelism = 32
    <BLANKLINE>
    [kubernetes]
    namespace = etl
    """
    lines = lines_of(text)
    moved = [entry for entry in scanned.entries if _is_the_pods(entry)]
    secrets = _known_secrets(scanned)
    parts = _parts_of_secrets(scanned)
    withheld = tuple(one for one in scanned.entries if not _is_the_pods(one) and (one in parts or _is_secret(one, secrets)))
    out = {number for entry in moved for number in _lines(entry, lines)} | _emptied(scanned, moved, len(lines))
    instead = {entry.line: f"# {entry.name} was here: it may be a secret" for entry in withheld}
    out |= {number for entry in withheld for number in range(entry.line + 1, entry.last + 1)}
    options = {number for entry in scanned.entries for number in range(entry.line, entry.last + 1)}
    kept = ((number, instead.get(number, line)) for number, line in enumerate(lines, 1) if number not in out)
    shown = [(number, line if number in options else _quiet(line, secrets)) for number, line in kept]
    return Leftover("\n".join(_closed(shown)), withheld)


def _is_the_pods(entry: Entry) -> bool:
    if entry.section in _MAPS:
        return True
    plain = entry.name.removesuffix("_cmd").removesuffix("_secret") if entry.name.startswith("git_password") else entry.name
    option = known(entry.section, plain)
    return entry.section == "kubernetes" and option is not None and option.fate in ("pod", "start")


def _is_secret(entry: Entry, secrets: re.Pattern[str] | None = None) -> bool:
    if entry.raw == "" or (entry.section == "kubernetes_secrets" and re.fullmatch(r"[^=]+=[^=]+", entry.raw) is not None):
        return False
    if (entry.section, entry.name) in _SECRET_OPTIONS:
        return True
    # The names of options that name Secrets say nothing of their values.
    name = entry.name if known(entry.section, entry.name) is None else ""
    return looks_secret(name, entry.raw) or _shows(entry.raw, secrets)


def _parts_of_secrets(scanned: Scan) -> set[Entry]:
    """The options that `%(...)s` puts where the password of a secret stands."""
    entries = [(entry, _REFERENCE.findall(entry.raw)) for entry in scanned.entries if "%(" in entry.raw and _is_secret(entry)]
    named = {(section, name) for entry, names in entries for name in names for section in (entry.section, "DEFAULT")}
    return {entry for entry in scanned.entries if (entry.section, entry.name) in named}


def _shows(text: str, secrets: re.Pattern[str] | None) -> bool:
    return secrets is not None and secrets.search(text) is not None


def _known_secrets(scanned: Scan) -> re.Pattern[str] | None:
    """The secrets of the cfg, and the passwords in those that are URLs: where else they stand they are secrets too."""
    values = [entry.raw for entry in scanned.entries if _is_secret(entry)]
    inside = [match[1] for value in values for match in _PASSWORD.finditer(value)]
    known = {value for value in (*values, *inside) if len(value) >= (_WORDS_LENGTH if value.isalpha() else _LENGTH)}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(known)))})(?!\w)") if known != set() else None


def _lines(entry: Entry, lines: list[str]) -> Iterator[int]:
    """The lines of an option and of the comment right above it."""
    yield from range(entry.line, entry.last + 1)
    above = entry.line - 1
    while above >= 1 and lines[above - 1].strip().startswith(("#", ";")):
        yield above
        above -= 1


def _emptied(scanned: Scan, moved: Iterable[Entry], count: int) -> set[int]:
    """The lines of sections that only had options of the pod."""
    moved = set(moved)
    others = {entry.section for entry in scanned.entries if entry not in moved}
    mine = {entry.section for entry in moved} | _MAPS
    ends = [*(line for _, line in scanned.sections[1:]), count + 1]
    spans = zip(scanned.sections, ends, strict=False)
    return {number for (name, begin), end in spans if name in mine and name not in others for number in range(begin, end)}


def _quiet(line: str, secrets: re.Pattern[str] | None) -> str:
    """A comment, unless it shows a secret: an old value that was commented out, or one that is still in use."""
    comment = _COMMENTED.match(line)
    shows = has_password(line) or (comment is not None and looks_secret(comment[1], comment[2]) and " " not in comment[2].strip())
    return _LINE_OUT if shows or _shows(line, secrets) else line


def _closed(lines: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Lines, with one empty line where taking out has left several."""
    last, before = "", 0
    for number, line in lines:
        if not (line.strip() == "" and last.strip() == "" and number != before + 1):
            yield line
            last = line
        before = number
