"""Quantities as numbers: the units, and what is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from podcompose.airflow import compare
from podcompose.core.quantity import quantity


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("100n", "1e-7"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("-2", "-2"),
        ("1E", "1e18"),
        ("1Ei", "1152921504606846976"),
        (0, "0"),
        (0.1, "0.1"),
    ],
)
def test_units(written: object, number: str) -> None:
    """Every form that Kubernetes takes is the number that it says."""
    assert quantity(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "1K", "1mi", "1 Gi", "one", "1e", True, None, "1e999999E", "1e99999999999999999999"])
def test_no_quantity(written: object) -> None:
    """Anything else, and what is beyond all numbers, is a ValueError."""
    with pytest.raises(ValueError, match=r"quantities must match|beyond all numbers"):
        quantity(written)


def test_a_comparison_takes_any_amount() -> None:
    """A request that is beyond all numbers has no order, and ends no comparison."""
    template, patch = (
        {"spec": {"containers": [{"name": "base", "image": "i", "resources": {side: {"memory": "1e999999E"}}}]}}
        for side in ("requests", "limits")
    )

    assert "replaced" in str(compare(template, patch))
