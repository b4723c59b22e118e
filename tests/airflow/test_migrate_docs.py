"""The page of the migration says of every option what the data says."""

from __future__ import annotations

from podcompose.airflow.migration.options import MAPS, OPTIONS
from tests.environments import ROOT

PAGE = (ROOT / "docs" / "airflow-migrate.md").read_text()


def test_the_page_has_every_option() -> None:
    """A row for each option, its default and what it becomes, and for each section that is a map; no other, in this order."""
    defaults = [f"`{option.default.replace('{home}', 'AIRFLOW_HOME')}`" if option.default != "" else "" for option in OPTIONS]
    options = [f"| `{one.name}` | {default} | {one.becomes} |" for one, default in zip(OPTIONS, defaults, strict=True)]
    maps = [f"| `[{section.name}]` | {section.becomes} |" for section in MAPS]
    rows = [line for line in PAGE.split("## Every option\n")[1].split("\n") if line.startswith("| `")]

    assert [row for row in rows if not row.startswith("| `[")] == options
    assert [row for row in rows if row.startswith("| `[")] == maps
