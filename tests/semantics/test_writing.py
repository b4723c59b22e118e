"""What is written, and that nothing is written by halves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.semantics import writing


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for theirs."""
    for name in ("RESULTS", "TABLE", "PAGE"):
        monkeypatch.setattr(writing, name, tmp_path / name)
    monkeypatch.setattr(writing, "markdown", lambda results: "the table")
    return tmp_path


def failing(results: Any) -> str:
    """A page that cannot be made."""
    raise ZeroDivisionError


def test_a_page_that_cannot_be_made_loses_no_results(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are there, the last page stays, and nothing half-written is left."""
    monkeypatch.setattr(writing, "render", failing)
    (places / "PAGE").write_text("the last page")
    with pytest.raises(ZeroDivisionError):
        writing.write({"format": 1})

    assert {file.name: file.read_text() for file in places.iterdir()} == {
        "RESULTS": json.dumps({"format": 1}) + "\n",
        "TABLE": "the table",
        "PAGE": "the last page",
    }
