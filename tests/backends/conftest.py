"""A local backend for each test, with all that its pods write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from podcompose.backends.local import LocalBackend
from tests.backends.local import Watched


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Watched]:
    """A backend whose back-off is short, watched."""
    folder = tmp_path / "pods"
    with LocalBackend(
        folder, backoff=(0.01, 0.04), secrets={"keys": {"token": "s3"}}, config_maps={"settings": {"A": "1"}}
    ) as made:
        yield Watched(made)
