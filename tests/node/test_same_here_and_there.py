"""The same pods as processes of this machine and on a real node: equal, or the difference is in a table."""

from __future__ import annotations

import pytest

from tests.node.account import Account
from tests.node.cases import CASES, Case
from tests.node.compare import differing
from tests.node.crowd import Crowd
from tests.node.differences import DIFFERENCES, Difference


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_pod_ends_here_as_on_a_node(case: Case, crowd: Crowd) -> None:
    """Outcome, exit codes, restarts, messages, logs and the order of stages agree, but for what the table of differences says."""
    local, real = account(crowd.local()[case.name]), account(crowd.real()[case.name])
    allowed = DIFFERENCES.get(case.name, Difference("they agree"))

    found = differing(local, real)

    assert set(found) - allowed.sometimes == allowed.always, f"(here, on the node): {found}"


def test_every_difference_is_of_a_case() -> None:
    """The table says nothing of pods that are not run."""
    assert set(DIFFERENCES) <= {case.name for case in CASES}


def account(found: Account | Exception) -> Account:
    """What was told, or raise what went wrong."""
    if isinstance(found, Exception):
        raise found
    return found
