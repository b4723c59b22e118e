"""The one place that writes: the results, and the two pages that are made of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from benchmarks.semantics.markdown import markdown
from benchmarks.semantics.page.render import render
from benchmarks.semantics.results import RESULTS, written
from benchmarks.semantics.systems import ROOT

__all__ = ["PAGE", "TABLE", "write"]

PAGE, TABLE = ROOT / "docs" / "semantics.html", ROOT / "docs" / "semantics.md"


def write(results: Mapping[str, Any]) -> None:
    """
    Each is written beside its place, then put there: a run that is broken off leaves the last ones whole.

    The results come first: a page that cannot be made of them loses nothing.
    """
    for file, text in ((RESULTS, written), (TABLE, markdown), (PAGE, render)):
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        fresh.write_text(text(results), encoding="utf-8")
        fresh.replace(file)
