"""The table of README.md is true."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
ROWS = [
    *(f"L{number}" for number in range(1, 13)),
    *(f"W{number}" for number in range(1, 21)),
    *(f"O{number}" for number in range(1, 4)),
]


def names_in(folder: Path) -> set[str]:
    """The names of all tests of a folder."""
    return {name for file in folder.glob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}


def test_every_row_has_its_tests() -> None:
    """The table has every row once, each row has tests of its name here, and the live ones it names are there."""
    table = [line.split("|") for line in (HERE / "README.md").read_text().splitlines() if re.match(r"\| [LWO]\d", line)]
    here, live = names_in(HERE), names_in(HERE.parent / "cluster")
    named = {row: [test for test in here if re.match(rf"test_{row[0]}0?{row[1:]}_", test)] for row in ROWS}

    assert [columns[1].strip() for columns in table] == ROWS
    assert [row for row, tests in named.items() if tests == []] == []
    assert {name for columns in table for name in re.findall(r"test_\w+", columns[4])} - live == set()
