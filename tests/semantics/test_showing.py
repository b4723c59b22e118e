"""What the commands print."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.semantics.case import read_cases
from benchmarks.semantics.engine import Cell, Ran
from benchmarks.semantics.judge import Verdict
from benchmarks.semantics.showing import cell_text, verdicts_text
from benchmarks.semantics.systems import read_systems

CASES = {case.id: case for case in read_cases()}
SYSTEM = read_systems()[0]
POD: Any = {"metadata": {"name": "job"}, "spec": {"hostNetwork": True}}


def ran(*cells: Cell, **others: Any) -> Ran:
    """A system that was run on these."""
    return Ran(SYSTEM, {"version": "1"}, cells={cell.case: cell for cell in cells}, **others)


def test_verdicts_stand_in_columns() -> None:
    """However long a reported word is; each reason has its lines, and each system its sum."""
    text = verdicts_text(
        [
            ran(
                Cell("g/a", Verdict("fail", ("one\ntwo",)), None, {}),
                Cell("g/b", Verdict("appended and sorted"), None, {}),
                Cell("g/c", Verdict("pass"), None, {}),
                Cell("g/d", Verdict("pass"), None, {}),
            ),
            Ran(replace(SYSTEM, id="another"), problem="no network"),
        ]
    )

    assert text.splitlines() == [
        "fail                compose g/a",
        "                    one",
        "                    two",
        "appended and sorted compose g/b",
        "pass                compose g/c",
        "pass                compose g/d",
        "",
        "compose 4 cases: 2 pass, 1 fail, 1 appended and sorted",
        "another not installed: no network",
    ]


def test_a_law_is_shown_by_what_differs() -> None:
    """From what had to come out."""
    found = {"id": "n-1", "template": POD, "override": {"spec": {}}, "manifest": {**POD, "spec": {}}, "wanted": POD, "why": "gone"}
    law = {"held": 9, "of": 12, "refused": 1, "counterexample": found}
    text = cell_text(
        ran(Cell("laws/idempotence", Verdict("fail", ("gone",)), "mapping", {"status": "ok"}, law)), CASES["laws/idempotence"]
    )

    assert "It held on 9 of 12 generated pods; 1 were refused." in text
    assert "The smallest pod on which it did not, n-1:\nmetadata:\n  name: job" in text
    assert text.endswith(
        "What came out, against what it had to be:\n  metadata:\n    name: job\n- spec:\n+ spec: {}\n-   hostNetwork: true"
    )


def test_a_law_that_holds_has_nothing_to_show() -> None:
    """But on how many pods."""
    law = {"held": 12, "of": 12, "refused": 0, "counterexample": None}
    text = cell_text(ran(Cell("laws/frame", Verdict("pass"), "mapping", {"status": "ok"}, law)), CASES["laws/frame"])

    assert text.endswith("The verdict: pass\n\nIt held on 12 of 12 generated pods; 0 were refused.")
