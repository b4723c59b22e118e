"""The options as Airflow 1.10 read them: the environment first, then the file, commands, secrets backends, and the defaults."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from podcompose.airflow.migration.expanding import Unexpandable, expand, interpolate
from podcompose.airflow.migration.options import EXECUTOR_SECTIONS, MAPS, OPTIONS, SENSITIVE, Option, known
from podcompose.airflow.migration.scanning import Entry, Scan
from podcompose.core.json import snapshot
from podcompose.errors import Finding

__all__ = ["HOME", "Given", "Settings", "read_settings"]

#: AIRFLOW_HOME of the official images, where nobody says another.
HOME = "/opt/airflow"

_MAPS = tuple(section.name for section in MAPS)
_TRUTHS = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}


class Given(NamedTuple):
    """A value, and where it comes from; `hidden` where Airflow asked a command or a secrets backend, which nobody does here."""

    section: str
    #: As it occurs: `git_password_cmd` is not `git_password`, whose value it gives.
    name: str
    text: str = ""
    origin: Literal["file", "environment", "default", "argument"] = "file"
    hidden: Literal["", "command", "secrets backend"] = ""
    line: int | None = None
    variable: str | None = None

    @property
    def there(self) -> bool:
        """Whether there is a value at all: an empty option is not given."""
        return self.text != "" or self.hidden != ""

    @property
    def occurs(self) -> bool:
        """Whether somebody wrote it."""
        return self.origin in ("file", "environment")

    def __repr__(self) -> str:
        """Where it stands; its value may be a secret."""
        return f"Given([{self.section}] {self.name}, {self.variable or self.line or self.origin})"


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything that was read.

    `one` has every known option, `maps` the sections that are maps, `beside` what occurs and is not taken: options that another
    source overrides, and those that no Airflow knows.
    """

    one: Mapping[tuple[str, str], Given]
    maps: Mapping[str, tuple[Given, ...]]
    beside: tuple[Given, ...]
    home: Given

    def __getitem__(self, name: str) -> Given:
        """An option of [kubernetes], or of [core] where `core.` stands before it."""
        section, _, option = name.rpartition(".")
        return self.one[section or "kubernetes", option]

    def truth(self, name: str) -> bool:
        """A boolean option; false where it is empty."""
        return _TRUTHS.get(_bare(self[name].text), False)

    def number(self, name: str) -> int | None:
        """A number; None where it is empty."""
        return int(self[name].text) if self[name].there else None

    def json(self, name: str) -> Any:
        """JSON; None where it is empty."""
        return json.loads(self[name].text) if self[name].there else None

    def names(self, name: str) -> list[str]:
        """Names between commas, each once."""
        return list(dict.fromkeys(one.strip() for one in self[name].text.split(",") if one.strip() != ""))


def read_settings(scanned: Scan, environ: Mapping[str, str], home: str | None) -> tuple[Settings, list[Finding]]:
    """
    The options, and what is wrong with them: values that mean nothing, numbers that are none, JSON that is none.

    Raises: nothing.
    """
    source = _Source({(entry.section, entry.name): entry for entry in scanned.entries}, dict(scanned.sections), environ, [])
    root = _root(source, home)
    # Whoever started the scheduler had set it, and values may name it.
    source = source._replace(environ={"AIRFLOW_HOME": root.text, **environ})
    one = {(option.section, option.name): _known(source, option, root.text) for option in OPTIONS}
    maps = {section: tuple(_map(source, section)) for section in _MAPS}
    taken = [given for given in (*one.values(), *(given for section in maps.values() for given in section)) if given.occurs]
    beside = tuple(_beside(source, {(given.section, given.name, given.origin) for given in taken}))
    for option in OPTIONS:
        if option.fate == "pod" and one[option.section, option.name].there:
            source.found.extend(_misshapen(option, one[option.section, option.name]))
    return Settings(one, maps, beside, root), list(dict.fromkeys(source.found))


class _Source(NamedTuple):
    entries: Mapping[tuple[str, str], Entry]
    sections: Mapping[str, int]
    environ: Mapping[str, str]
    found: list[Finding]

    def entry(self, section: str, name: str) -> Entry | None:
        """An option of a section, or of [DEFAULT], which every section that is there has too."""
        return self.entries.get((section, name)) or (self.entries.get(("DEFAULT", name)) if section in self.sections else None)

    def interpolated(self, entry: Entry, section: str) -> str:
        raws = {name: other.raw for (where, name), other in self.entries.items() if where == "DEFAULT"}
        raws |= {name: other.raw for (where, name), other in self.entries.items() if where == section}
        return self.noted(interpolate(entry.raw, raws), section, entry.name, entry.line)

    def expanded(self, text: str, section: str, name: str, line: int | None) -> str:
        return self.noted(expand(text, self.environ), section, name, line)

    def hidden(self, section: str, name: str) -> Iterator[tuple[str, Literal["command", "secrets backend"]]]:
        """The further options that may give an option's value; a secrets backend only where there is one."""
        if (section, name) in SENSITIVE:
            yield "_cmd", "command"
            backend = self.entry("secrets", "backend")
            if (backend is not None and backend.raw != "") or self.environ.get("AIRFLOW__SECRETS__BACKEND", "") != "":
                yield "_secret", "secrets backend"

    def noted(self, value: str | Unexpandable, section: str, name: str, line: int | None) -> str:
        """The value; where there is none, that is a finding."""
        if isinstance(value, Unexpandable):
            where = f"[{section}] {name}" if line is not None else f"the environment variable {variable(section, name)}"
            self.found.append(Finding("bad-cfg", ".", f"{where}: {value.message}", value.suggestion, line=line))
            return ""
        return value


def variable(section: str, name: str) -> str:
    """
    The environment variable of an option.

    >>> variable("kubernetes", "git_repo")
    'AIRFLOW__KUBERNETES__GIT_REPO'
    """
    return f"AIRFLOW__{section.upper()}__{name.upper()}"


def _root(source: _Source, home: str | None) -> Given:
    """AIRFLOW_HOME: the argument, the environment, the file, or the images'."""
    if home is not None:
        return Given("core", "airflow_home", source.expanded(home, "core", "airflow_home", None), "argument")
    if source.environ.get("AIRFLOW_HOME", "") != "":
        text = source.expanded(source.environ["AIRFLOW_HOME"], "core", "airflow_home", None)
        return Given("core", "airflow_home", text, "environment", variable="AIRFLOW_HOME")
    written = _from_environment(source, "core", "airflow_home") or _from_file_or_hidden(source, "core", "airflow_home")
    return written if written is not None and written.there else Given("core", "airflow_home", HOME, "default")


def _known(source: _Source, option: Option, home: str) -> Given:
    section, name = option.section, option.name
    return (
        _from_environment(source, section, name)
        or _from_file_or_hidden(source, section, name)
        or Given(section, name, option.default.replace("{home}", home), "default")
    )


def _from_environment(source: _Source, section: str, name: str) -> Given | None:
    wanted = variable(section, name)
    if wanted in source.environ:
        text = source.expanded(source.environ[wanted], section, name, None)
        return Given(section, name, text, "environment", variable=wanted)
    for suffix, hidden in source.hidden(section, name):
        if wanted + suffix.upper() in source.environ:
            return Given(section, name + suffix, "", "environment", hidden, variable=wanted + suffix.upper())
    return None


def _from_file_or_hidden(source: _Source, section: str, name: str) -> Given | None:
    entry = source.entry(section, name)
    if entry is not None:
        return _from_file(source, section, entry)
    for suffix, hidden in source.hidden(section, name):
        entry = source.entry(section, name + suffix)
        if entry is not None:
            return Given(section, name + suffix, "", "file", hidden, entry.line)
    return None


def _from_file(source: _Source, section: str, entry: Entry) -> Given:
    text = source.expanded(source.interpolated(entry, section), section, entry.name, entry.line)
    return Given(section, entry.name, text, line=entry.line)


def _map(source: _Source, section: str) -> Iterator[Given]:
    """The entries of a map, [DEFAULT]'s among them; values of the file are not expanded, those of the environment are."""
    overriding = {given.name: given for given in _map_of_environment(source, section)}
    wheres = ("DEFAULT", section) if section in source.sections else ()
    entries = {name: entry for wanted in wheres for (where, name), entry in source.entries.items() if where == wanted}
    own = {name: Given(section, name, source.interpolated(one, section), line=one.line) for name, one in entries.items()}
    yield from {**own, **overriding}.values()


def _map_of_environment(source: _Source, section: str) -> Iterator[Given]:
    """Airflow took names in upper case only, and made them lower but for those of environment variables."""
    prefix = variable(section, "")
    for wanted in source.environ:
        if wanted.startswith(prefix) and wanted == wanted.upper() and wanted != prefix:
            written = wanted.removeprefix(prefix)
            name = written if section == "kubernetes_environment_variables" else written.lower()
            text = source.expanded(source.environ[wanted], section, name, None)
            yield Given(section, name, text, "environment", variable=wanted)


def _beside(source: _Source, taken: set[tuple[str, str, str]]) -> Iterator[Given]:
    """What occurs and is not taken, once each: an option that two sources have is the one that is taken."""
    names = {(section, name) for section, name, _ in taken}
    for (section, name), entry in source.entries.items():
        if (section, name) not in names and _concerns(section, name):
            yield Given(section, name, entry.raw, line=entry.line)
    for wanted in source.environ:
        parts = wanted.split("__", 2)
        section, name = (parts[1].lower(), parts[2].lower()) if len(parts) == 3 and parts[0] == "AIRFLOW" else ("", "")
        written = (section, parts[2]) if section in _MAPS else (section, name)
        if section != "" and _concerns(section, name) and (section, name) not in names and written not in names:
            yield Given(*written, source.environ[wanted], "environment", variable=wanted)


def _concerns(section: str, name: str) -> bool:
    """Whether an option is one of those that the report answers for."""
    folded = section.strip().lower()
    if folded == "core":
        plain = name.removesuffix("_cmd").removesuffix("_secret")
        return known("core", name) is not None or (plain != name and plain == "sql_alchemy_conn")
    return folded.startswith("kubernetes") or folded in EXECUTOR_SECTIONS


def _misshapen(option: Option, given: Given) -> Iterable[Finding]:
    message = _SHAPES[option.shape](given.text) if option.shape in _SHAPES else None
    if message is not None:
        where = f"[{given.section}] {given.name}" if given.line is not None else f"the environment variable {given.variable}"
        code = "bad-json" if option.shape.startswith("json") else "wrong-type"
        yield Finding(code, ".", f"{where}: {message}", line=given.line)


def _bare(text: str) -> str:
    return text.lower().strip().partition("#")[0].strip()


def _no_number(text: str) -> str | None:
    try:
        int(text)
    except ValueError:
        return "a number is wanted"
    return None


def _no_truth(text: str) -> str | None:
    return None if _bare(text) in _TRUTHS else "True or False is wanted"


def _no_json(text: str, kind: type, wanted: str) -> str | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno}, column {error.colno} of the value)" if isinstance(error, json.JSONDecodeError) else ""
        return f"this is no JSON{place}"
    if type(value) is not kind:
        return f"a JSON {wanted} is wanted"
    found: list[Finding] = []
    snapshot(value, found)
    return next((one.message for one in found if one.code in ("too-deep", "too-large")), None)


_SHAPES: Mapping[str, Any] = {
    "number": _no_number,
    "truth": _no_truth,
    "json map": lambda text: _no_json(text, dict, "object, in braces,"),
    "json list": lambda text: _no_json(text, list, "array, in brackets,"),
}
