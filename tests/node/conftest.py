"""One real node for all tests of this folder; where it cannot be had they are skipped, and say why."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.node.crowd import Crowd
from tests.node.node import RealNode
from tests.node.packages import NodeMissingError


@pytest.fixture(scope="session")
def node() -> Iterator[RealNode]:
    """The node."""
    with contextlib.ExitStack() as held:
        try:
            yield held.enter_context(RealNode())
        except NodeMissingError as missing:
            pytest.skip(str(missing))


@pytest.fixture(scope="session")
def crowd(node: RealNode) -> Iterator[Crowd]:
    """All stories and cases, running."""
    with ThreadPoolExecutor(3) as pool:
        yield Crowd(node, pool)
