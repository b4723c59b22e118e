"""docs/airflow-executor-config.md is held to the table of the legacy keys."""

from __future__ import annotations

from podcompose.airflow.legacy_keys import BASE, KEYS, LegacyKey, known_in
from podcompose.core.path import Key, format_path
from podcompose.errors import RawPath
from tests.environments import ROOT

PAGE = (ROOT / "docs" / "airflow-executor-config.md").read_text()

#: What the page says of a key whose value has no place of its own.
WHOLE = {
    "pod": "the whole pod; beside it only `extract_xcom` counts",
    "pod_template_file": "an error: read the file with `Override.from_file`",
    "extract_xcom": "the sidecar `airflow-xcom-sidecar`, its volume and mounts",
}


def test_the_table_of_keys() -> None:
    """The page lists every key, where it goes, who knew it, and what was broken, as the data has it."""
    head = "| key | in the pod | known to Airflow | what did not work there, and does here |\n|---|---|---|---|\n"
    rows = PAGE.partition(head)[2].split("\n\n")[0].splitlines()

    assert rows == [row(key) for key in KEYS.values()]


def row(key: LegacyKey) -> str:
    """A key's row."""
    places = WHOLE.get(key.name) or " and ".join(f"`{place(path)}`" for path in key.paths)
    return f"| `{key.name}` | {places} | {known_in(key)} | {key.broken} |".replace("|  |", "| |")


def place(path: RawPath) -> str:
    """A path as Kubernetes prints it."""
    if path[: len(BASE)] == BASE:
        return format_path(("spec", "containers", Key((("name", "base"),)), *path[len(BASE) :]))
    return format_path(path)
