"""The order of keyed lists and sets: the whole table of server-side apply."""

from __future__ import annotations

import pytest

from podcompose import APPLY, COMPOSE, Dialect, compose, merge

#: (original, override, result), each a row of names
TABLE = [
    ("a b", "c", "a b c"),
    ("a b", "c a", "c a b"),
    ("a b", "c b", "a c b"),
    ("a b", "b c", "a b c"),
    ("a b c", "a n", "a b c n"),
    ("a b c", "n a", "n a b c"),
    ("a b c", "c b a", "c b a"),
    ("a b d", "d a", "b d a"),
    ("a b c d", "d n b", "a c d n b"),
    ("a b c d", "n d m b o", "a c n d m b o"),
    ("x a y b z", "n a m b o", "x n a y m b z o"),
    ("x a y b z", "n b m a o", "x y n b z m a o"),
    ("", "b a", "b a"),
    ("a b", "", "a b"),
]
REPEATED = [("x a a y", "n a m o", "x n a m y o"), ("a x a y", "a n m", "a x n y m")]

DIALECTS = pytest.mark.parametrize("dialect", [COMPOSE, APPLY], ids=["COMPOSE", "APPLY"])


@DIALECTS
@pytest.mark.parametrize(("original", "override", "result"), TABLE)
def test_elements(original: str, override: str, result: str, dialect: Dialect) -> None:
    """Containers, told apart by what they came from."""
    before = {"spec": {"containers": [{"name": name, "image": "old"} for name in original.split()]}}
    patch = {"spec": {"containers": [{"name": name, "image": "new"} for name in override.split()]}}
    merged = merge(before, patch, dialect)["spec"]["containers"]

    assert [one["name"] for one in merged] == result.split()
    assert {one["name"] for one in merged if one["image"] == "new"} == set(override.split())


@DIALECTS
@pytest.mark.parametrize(("original", "override", "result"), TABLE)
def test_sets(original: str, override: str, result: str, dialect: Dialect) -> None:
    """Finalizers, which have no keys but themselves."""
    merged = merge({"metadata": {"finalizers": original.split()}}, {"metadata": {"finalizers": override.split()}}, dialect)

    assert merged["metadata"]["finalizers"] == result.split()


@pytest.mark.parametrize(("original", "override", "result"), [*TABLE, *REPEATED])
def test_repeated_keys_of_the_original_in_apply(original: str, override: str, result: str) -> None:
    """Apply takes an original that repeats a key: naming it replaces all copies."""
    before = {"spec": {"containers": [{"name": name, "image": "old"} for name in original.split()]}}
    patch = {"spec": {"containers": [{"name": name} for name in override.split()]}}
    merged = merge(before, patch, APPLY)["spec"]["containers"]

    assert [one["name"] for one in merged] == result.split()
    if original.split().count("a") > 1:
        assert {"name": "a"} in merged


@pytest.mark.parametrize(("original", "override", "result"), TABLE)
def test_applying_twice_changes_nothing(original: str, override: str, result: str) -> None:
    """The order that comes of an override is the order that it wants."""
    before = {"spec": {"volumes": [{"name": name} for name in original.split()]}}
    patch = {"spec": {"volumes": [{"name": name} for name in override.split()]}}

    assert compose(before, patch) == compose(before, patch, patch)
