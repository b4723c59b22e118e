"""Systems: what each is, and how its driver is started; read from YAML."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.semantics.mistakes import KINDS, mistakes_of_system
from tests.environments import python_of

__all__ = ["HERE", "ROOT", "DescriptionError", "NotInstalledError", "System", "locked", "read_systems"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DRIVERS, ENVIRONMENTS = HERE / "drivers", HERE / "environments"
#: What the drivers call that have no environment of their own, and which says no version.
_CALLED = (
    (DRIVERS, "go/**/*.go"),
    (DRIVERS, "go/*/go.*"),
    (ROOT, "tests/oracle/*.go"),
    (ROOT, "tests/oracle/go.*"),
    (ROOT, "tests/oracle/driver.py"),
    (ROOT, "tests/differential/kubectl.py"),
    (ROOT, "tests/cluster/build.py"),
)


class DescriptionError(ValueError):
    """Mistakes in the descriptions of systems, all of them."""


class NotInstalledError(RuntimeError):
    """A system cannot be had here; why, in one line that names no folder of this machine."""

    def __str__(self) -> str:
        """The last of what there is to say."""
        return " ".join(super().__str__().replace(f"{ROOT}/", "").split())[-800:]


@dataclass(frozen=True, slots=True)
class System:
    """
    One system, as its YAML says; `adds` maps the paths of what it puts in by itself to why, `values` those that are always the same
    to what they are.

    `quick`: it is asked in every `make test`. `kind`: a dummy is no system, and ours are ours.
    """

    id: str
    name: str
    project: str
    docs: str
    call: str
    user: str
    reads: tuple[str, ...]
    environment: str
    command: tuple[str, ...]
    adds: dict[str, str]
    kind: str
    quick: bool
    values: dict[str, Any] = field(default_factory=dict)

    def digest(self, hello: Mapping[str, Any]) -> str:
        """Of all that an answer depends on but the question: the code of the driver, and the versions of what it calls."""
        code = code_of(DRIVERS / self.command[1])
        code += (
            [file for folder, pattern in _CALLED for file in sorted(folder.glob(pattern))]
            if self.environment == "none"
            else [ENVIRONMENTS / f"{self.environment}.txt"]
        )
        content = [repr([self.command, hello, sys.version]).encode(), *(file.read_bytes() for file in code)]
        return hashlib.sha256(b"\0".join(content)).hexdigest()[:16]

    def python(self) -> Path:
        """The Python of its environment, made where it is not there yet; NotInstalledError."""
        if self.environment == "none":
            return Path(sys.executable)
        try:
            return python_of(f"semantics/{self.environment}", locked(self.environment))
        except (AssertionError, OSError) as error:
            raise NotInstalledError(f"could not be installed: {error}") from error

    def start(self) -> list[str]:
        """The command of its driver."""
        program = {"python": str(self.python())}.get(self.command[0]) or shutil.which(self.command[0])
        if program is None:
            raise NotInstalledError(f"there is no command {self.command[0]}")
        return [program, *self.command[1:]]


def locked(environment: str) -> list[str]:
    """The packages of an environment, every version pinned."""
    file = ENVIRONMENTS / f"{environment}.txt"
    if not file.exists():
        raise NotInstalledError(f"could not be installed: there is no {file.name}")
    return [line for line in (line.partition("#")[0].strip() for line in file.read_text().splitlines()) if line != ""]


def code_of(driver: Path) -> list[Path]:
    """A driver, and what of the drivers' folder it imports, at any distance."""
    found: set[Path] = set()
    left = {driver}
    while left:
        found |= left
        named = {name for file in left for name in re.findall(r"^(?:from|import) (\w+)", file.read_text(), re.MULTILINE)}
        left = {file for name in named if (file := driver.parent / f"{name}.py").exists()} - found
    return sorted(found)


def read_systems(folder: Path = HERE / "systems") -> list[System]:
    """All systems, in the order of the page: ours, the others by name, the dummies; DescriptionError names every mistake."""
    mistakes: list[str] = []
    systems: list[System] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            entry = yaml.safe_load(file.read_text(encoding="utf-8"))
            wrong = list(mistakes_of_system(entry, file.stem))
        except yaml.YAMLError as error:
            wrong = [" ".join(str(error).split())]
        mistakes += [f"{file.name}: {mistake}" for mistake in wrong]
        systems += [_system(entry)] if wrong == [] else []
    if mistakes != []:
        raise DescriptionError("\n".join(mistakes))
    return sorted(systems, key=lambda system: (KINDS.index(system.kind), _ours(system), system.id))


def _ours(system: System) -> int:
    known = ("compose", "apply", "strategic")
    return known.index(system.id) if system.id in known else len(known)


def _system(entry: dict[str, Any]) -> System:
    added = entry.get("adds", ())
    lists = {"reads": tuple(entry["reads"]), "command": tuple(entry["command"])}
    adds = {each["path"]: each["why"] for each in added}
    values = {each["path"]: each["value"] for each in added if "value" in each}
    return System(**{"kind": "system", "quick": False, **entry, **lists, "adds": adds, "values": values})
