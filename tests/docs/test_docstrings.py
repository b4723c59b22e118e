"""The examples in the docstrings of the package are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import podcompose

MODULES = [
    "podcompose",
    *(one.name for one in pkgutil.walk_packages(podcompose.__path__, "podcompose.") if not one.name.endswith(".__main__")),
]


@pytest.mark.parametrize("name", MODULES)
def test_every_docstring_example_is_true(name: str) -> None:
    """Each example in the docstrings of the module gives what it says."""
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def test_every_public_name_has_a_docstring() -> None:
    """What is exported says what it is."""
    silent = [name for name in podcompose.__all__ if not name.isupper() and not getattr(podcompose, name).__doc__]

    assert silent == []
