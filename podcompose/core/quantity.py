"""Kubernetes' quantities: amounts of cores, of bytes, of anything, with a unit behind."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["quantity"]

_FORM = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")
_UNITS = {unit: Decimal(1000) ** power for power, unit in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), -3)}
_UNITS |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)}


def quantity(written: object) -> Decimal:
    """
    A quantity as a number.

    Shapes: text, or a number of JSON.
    Raises: ValueError: it is none; the message is Kubernetes'.
    Source: k8s.io/apimachinery, pkg/api/resource.

    >>> quantity("500m"), quantity("1Ki"), quantity("1e3"), quantity(2)
    (Decimal('0.500'), Decimal('1024'), Decimal('1E+3'), Decimal('2'))
    """
    found = _FORM.fullmatch(str(written))
    if found is None:
        raise ValueError(f"quantities must match the regular expression of Kubernetes, and {written!r} does not")
    try:
        return Decimal(found[1]) * _UNITS[found[2] or ""]
    except ArithmeticError as error:
        raise ValueError(f"{written!r:.80} is beyond all numbers") from error
