"""The configurations of `cases/`, read: a text of airflow.cfg each, and the pod that is right for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

__all__ = ["CASES", "Case"]


class Case(NamedTuple):
    """One configuration."""

    name: str
    title: str
    source: str
    cfg: str
    airflow_home: str
    environ: dict[str, str]
    #: What must not be seen anywhere: passwords, keys, connections.
    secrets: list[str]
    #: "section/option" and its status, only where there is no doubt about it.
    report: dict[str, str]
    #: The pod, with the words of matching.py where there is a choice; or
    expected: dict[str, Any] | None
    #: the error that Airflow 1.10.15 gave instead of a pod.
    refused: str | None
    note: str | None

    def question(self) -> dict[str, Any]:
        """What the oracle is asked."""
        return {"cfg": self.cfg, "airflow_home": self.airflow_home, "environ": self.environ}


def _read(file: Path) -> Case:
    """One file; what it leaves out is empty."""
    unsaid: dict[str, Any] = {"environ": {}, "report": {}, "expected": None, "refused": None, "note": None}
    return Case(name=file.stem, **(unsaid | yaml.safe_load(file.read_text(encoding="utf-8"))))


CASES = tuple(_read(file) for file in sorted(Path(__file__).with_name("cases").glob("*.yaml")))
