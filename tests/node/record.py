"""
Record the stories on a real node, and keep them: `python -m tests.node.record [NAME ...]`.

Each becomes a file of tests/records; kept histories are replayed by every test run, with or without a node.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.node import plots, plots_of_others
from tests.node.node import RealNode
from tests.node.recorder import record, save

__all__ = ["RECORDS", "STORIES"]

RECORDS = Path(__file__).parent.parent / "records"
STORIES = (*plots.STORIES, *plots_of_others.STORIES)


def main(names: Sequence[str]) -> None:
    """Record those that are named, or all."""
    chosen = [story for story in STORIES if not names or story.name in names]
    with RealNode() as node:
        namespace = node.api.must("POST", "/api/v1/namespaces", {"metadata": {"name": "kept"}})["metadata"]["name"]
        found = record(node, namespace, chosen)
    RECORDS.mkdir(exist_ok=True)
    for name, history in found.items():
        if isinstance(history, Exception):
            print(f"{name}: {history}", file=sys.stderr)
        else:
            save(history, RECORDS / f"{name}.jsonl")


if __name__ == "__main__":
    main(sys.argv[1:])
