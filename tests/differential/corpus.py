"""
Recorded answers of Kubernetes, for where Go or kubectl is missing.

`python -m tests.differential.corpus` records them anew, with both at hand. A file holds one JSON line a pair: seed, original,
patch, and the truth as the live tests judge by (for APPLY and COMPOSE what the formula makes of Go's answer).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.differential.cases import KUBECTL_CASES, Case, cases
from tests.differential.judge import Answer

__all__ = ["FOLDER", "replay"]

FOLDER = Path(__file__).parent / "corpus"
SEED = "corpus"
SIZES = {"strategic": 1000, "apply_plain": 400, "apply": 1000, "compose": 1000, "kubectl": 600}


def replay(name: str) -> Iterator[tuple[Case, Answer]]:
    """The pairs of one file, with Kubernetes' answers."""
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            yield Case(entry["seed"], entry["original"], entry["patch"]), entry["truth"]


def write(name: str, pairs: list[tuple[Case, Answer]]) -> None:
    """Record one file; the same pairs give the same bytes."""
    lines = [json.dumps({**case._asdict(), "truth": _brief(truth)}, ensure_ascii=False) + "\n" for case, truth in pairs]
    (FOLDER / f"{name}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def _brief(truth: Answer) -> Any:
    if "race" in truth:
        return {"race": [_brief(one) for one in truth["race"]]}
    return {key: value if key == "ok" else value[:80] for key, value in truth.items()}


def record() -> None:
    """Ask Go and kubectl, and write all files."""
    from tests.differential import kubectl, test_apply, test_compose, test_strategic
    from tests.oracle.driver import Oracle

    FOLDER.mkdir(exist_ok=True)
    trials = {
        "strategic": test_strategic.TRIAL,
        "apply_plain": test_apply.PLAIN,
        "apply": test_apply.DIRECTIVES,
        "compose": test_compose.TRIAL,
    }
    with Oracle() as oracle:
        for name, trial in trials.items():
            pairs = list(cases(trial.profile, SIZES[name], SEED))
            write(name, list(zip(pairs, trial.truths(oracle, pairs), strict=True)))
    pairs = list(cases(KUBECTL_CASES, SIZES["kubectl"], SEED))
    write("kubectl", [(case, kubectl.settled(case, truth)) for case, truth in zip(pairs, kubectl.answers(pairs), strict=True)])


if __name__ == "__main__":
    record()
