"""The report: what has become of each option, once, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from podcompose.airflow.migration.judging import Remark, remarks
from podcompose.airflow.migration.options import EXECUTOR_SECTIONS, MAPS, OPTIONS, SENSITIVE, Option, known
from podcompose.airflow.migration.parts import Pod, place
from podcompose.airflow.migration.reading import Given, Settings
from podcompose.airflow.migration.scanning import Entry, Scan
from podcompose.airflow.migration.words import EMPTY, FILLED, KEPT, LATER, NOTES, UNUSED, WITHHELD
from podcompose.core import hints
from podcompose.errors import RawPath

__all__ = ["STATUSES", "Item", "Status", "reported"]

Status: TypeAlias = Literal["moved", "changed", "dropped", "contradictory", "secret", "kept"]

#: Those that somebody should look at come first.
STATUSES: tuple[Status, ...] = ("contradictory", "secret", "changed", "moved", "kept", "dropped")


@dataclass(frozen=True, slots=True)
class Item:
    """
    One option and what has become of it.

    Shapes: `where` are the places in the pod that it came to; `line` is its line in the cfg, `variable` the environment variable
            that it came from; `default` says that its value is what 1.10.15 took where nothing was written.
    """

    section: str
    option: str
    status: Status
    why: str = ""
    where: tuple[str, ...] = ()
    line: int | None = None
    variable: str | None = None
    default: bool = False

    def __str__(self) -> str:
        """One line, without any value."""
        place = "" if self.where == () else f" -> {', '.join(self.where)}"
        return f"[{self.section}] {self.option}{place}" + (f": {self.why}" if self.why != "" else "")


def reported(scanned: Scan, settings: Settings, pod: Pod, withheld: Iterable[Entry]) -> tuple[Item, ...]:
    """Every option that occurs, in the order of the text, then those of the environment, and those that are missed."""
    remarked = dict(reversed(remarks(settings, pod)))
    wheres = _wheres(pod)
    lines = {(entry.section, entry.name): entry.line for entry in scanned.entries}
    told = dict.fromkeys([*_occurring(settings), *remarked])
    found = [_item(given, settings, wheres.get(given, ()), remarked.get(given), lines) for given in told]
    names = {(item.section, item.option) for item in found}
    found += [
        Item(one.section, one.name, "secret", WITHHELD, (), one.line) for one in withheld if (one.section, one.name) not in names
    ]
    return tuple(sorted(found, key=lambda item: (item.line is None, item.line or 0)))


def _occurring(settings: Settings) -> Iterator[Given]:
    maps = (given for section in settings.maps.values() for given in section)
    yield from (given for given in (*settings.one.values(), *maps, *settings.beside) if given.occurs)


def _wheres(pod: Pod) -> dict[Given, tuple[str, ...]]:
    """Where each option came to: the outermost places only."""
    raws: dict[Given, list[RawPath]] = {}
    for raw, givens in pod.origins.items():
        for given in givens:
            if not any(raw[: len(known)] == known for known in raws.get(given, [])):
                raws.setdefault(given, []).append(raw)
    return {given: tuple(place(pod.manifest, raw) for raw in found) for given, found in raws.items()}


def _item(
    given: Given, settings: Settings, where: tuple[str, ...], remark: Remark | None, lines: Mapping[tuple[str, str], int]
) -> Item:
    option = known(given.section, given.name)
    default = option is not None and given.text != "" and given.text == option.default.replace("{home}", settings.home.text)
    verdict = remark or _verdict(given, option, settings, where, default)
    why = verdict.why
    if verdict.status == "secret" and where != () and _unexpanded(given) != "":
        why = f"{why}; it {_unexpanded(given)}"
    overridden = lines.get((given.section, given.name)) if given.variable is not None else None
    if overridden is not None:
        why = f"{why}; line {overridden} of the cfg says something else, and the environment wins".removeprefix("; ")
    return Item(given.section, given.name, verdict.status, why, where, given.line, given.variable, default)


def _verdict(given: Given, option: Option | None, settings: Settings, where: tuple[str, ...], default: bool) -> Remark:
    """What is to be said of an option that nothing remarkable was said of."""
    if where != ():
        note = NOTES.get(given.name, "") if option is not None else ""
        unexpanded = _unexpanded(given)
        said = ("its default" if default else "", note, unexpanded, _commented(given))
        return Remark("moved" if unexpanded == "" else "changed", "; ".join(part for part in said if part != ""))
    if option is None:
        return _unknown(given, settings)
    if option.fate in ("executor", "later"):
        return Remark("kept", KEPT + ("" if option.fate == "executor" else LATER))
    if not given.there:
        return Remark("dropped", FILLED if option.default != "" and option.shape == "text" else EMPTY)
    if option.section == "core" and option.name != "airflow_home":
        return Remark("kept", UNUSED[option.only])
    return Remark("dropped", ("its default; " if default else "") + UNUSED[option.only])


def _unexpanded(given: Given) -> str:
    """A value that names variables of the machine that Airflow ran on, which nobody gave here."""
    if given.section not in ("kubernetes", "core") or not (given.text.startswith("~") or "$" in given.text.replace("$(", "")):
        return ""
    return "holds a `$` or a `~` that 1.10 expanded by the scheduler's environment, and that stands here as it is"


def _commented(given: Given) -> str:
    """What looks like a comment and is none."""
    return "what stands behind the `#` is part of the value: ConfigParser has no comments there" if " #" in given.text else ""


def _unknown(given: Given, settings: Settings) -> Remark:
    folded = given.section.strip().lower()
    plain = given.name.removesuffix("_cmd").removesuffix("_secret")
    if plain != given.name and known(given.section, plain) is not None:
        return _unread(given, settings.one[given.section, plain])
    if given.section in EXECUTOR_SECTIONS:
        return Remark("kept", f"Airflow 2 and 3 read it in [{given.section}]")
    if given.section != folded or (folded != "kubernetes" and folded not in _SECTIONS):
        guess = hints.close(given.section, ("kubernetes", *_SECTIONS))
        meant = "" if guess is None else f"; did you mean [{guess}]?"
        return Remark("dropped", f"1.10 read no section of that name; upper and lower case matter{meant}")
    if folded in _SECTIONS:
        return Remark("dropped", "1.10 read environment variables in upper case only")
    guess = hints.close(given.name, [option.name for option in OPTIONS if option.section == "kubernetes"])
    return Remark("dropped", "no Airflow has an option of that name" + ("" if guess is None else f"; did you mean `{guess}`?"))


def _unread(given: Given, plain: Given) -> Remark:
    """Why 1.10 asked no command and no secrets backend."""
    if (given.section, plain.name) not in SENSITIVE:
        return Remark("dropped", f"1.10 did not read it: `{plain.name}` takes no command and no secret")
    if plain.occurs:
        return Remark("dropped", f"1.10 did not ask it: `{plain.name}` is given")
    return Remark(
        "secret", "the cfg has no `backend` in [secrets] to ask: if there is one elsewhere, put the value in a Secret by hand"
    )


_SECTIONS = tuple(section.name for section in MAPS)
