"""Dialects: values that anyone can make."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from deepmerge import Merger, always_merger

from podcompose import COMPOSE, STRATEGIC, DialectError, OverrideError, compose, merge

A, B = {"key": "a"}, {"key": "b"}


def tolerations(*entries: Any) -> dict[str, Any]:
    """A pod with tolerations."""
    return {"spec": {"tolerations": list(entries)}}


@pytest.mark.parametrize("name", [".spec.tolerations", "PodSpec.tolerations", "spec.tolerations"])
@pytest.mark.parametrize(
    ("strategy", "result"),
    [("append", [A, B, A]), ("prepend", [B, A, A]), ("append_unique", [A, B]), ("replace", [B, A]), ("override", [B, A])],
)
def test_strategies(name: str, strategy: str, result: list[Any]) -> None:
    """deepmerge's list strategies by its names, by path or by type."""
    if name[0] == "s":
        with pytest.raises(DialectError):
            merge({}, {}, replace(COMPOSE, name="own", lists={name: strategy}))
        return
    assert merge(tolerations(A), tolerations(B, A), replace(COMPOSE, name="own", lists={name: strategy})) == tolerations(*result)


def test_a_strategy_of_ones_own() -> None:
    """A callable with deepmerge's signature; what it does to its arguments is its own business."""
    seen: list[Any] = []

    def strategy(config: Any, path: Any, base: Any, nxt: Any) -> Any:
        seen.append((list(path), list(base), list(nxt)))
        base.extend(nxt)
        nxt.clear()
        return base

    original, patch = tolerations(A), tolerations(B)
    dialect = replace(COMPOSE, name="own", lists={".spec.tolerations": strategy})

    assert merge(original, patch, dialect) == tolerations(A, B)
    assert (original, patch) == (tolerations(A), tolerations(B))
    assert seen == [(["spec", "tolerations"], [A], [B])]


@pytest.mark.parametrize("returned", [None, {}, "x", [1], [{"kee": "a"}], [{"key": {1}}]])
def test_strategies_that_return_something_else(returned: Any) -> None:
    """What a strategy returns is judged."""
    dialect = replace(COMPOSE, name="own", lists={".spec.tolerations": lambda *_: returned})
    with pytest.raises(OverrideError):
        compose(tolerations(A), tolerations(B), dialect=dialect)


def test_a_strategy_that_raises() -> None:
    """It is an error of the override it was used for."""

    def strategy(*_: Any) -> Any:
        raise LookupError("no")

    with pytest.raises(OverrideError, match="raised LookupError: no"):
        compose(tolerations(A), tolerations(B), dialect=replace(COMPOSE, name="own", lists={".spec.tolerations": strategy}))


def test_by_path_only_there() -> None:
    """A path through lists holds for all of their elements, and for no other list of the type."""
    dialect = replace(COMPOSE, name="own", lists={".spec.containers[*].envFrom": "append"})
    old, new = {"prefix": "a"}, {"prefix": "b"}

    def pod(entry: Any) -> Any:
        return {"spec": {kind: [{"name": "a", "envFrom": [entry]}] for kind in ("containers", "initContainers")}}

    merged = merge(pod(old), pod(new), dialect)["spec"]

    assert (merged["containers"][0]["envFrom"], merged["initContainers"][0]["envFrom"]) == ([old, new], [new])


@pytest.mark.parametrize("merger", [always_merger, Merger([(list, "append"), (dict, "merge")], ["override"], ["override"])])
def test_any_merger_as_engine(merger: Any) -> None:
    """A deepmerge.Merger does the whole merge, and what it writes to is not the caller's."""
    dialect = replace(COMPOSE, name="deepmerge", engine=merger)
    original, patch = tolerations(A), tolerations(B)

    assert merge(original, patch, dialect) == tolerations(A, B)
    assert compose(original, patch, patch, dialect=dialect).manifest == tolerations(A, B, B)
    assert (original, patch) == (tolerations(A), tolerations(B))


def test_a_merger_that_raises() -> None:
    """It is an error of the override."""

    class Raising:
        def merge(self, base: Any, nxt: Any) -> Any:
            raise LookupError("no")

    with pytest.raises(OverrideError, match="raised LookupError: no"):
        compose({}, {}, dialect=replace(COMPOSE, name="own", engine=Raising()))


def test_keys_and_atomic_maps() -> None:
    """A list may be keyed otherwise, or not at all; a map replaced whole."""
    keyed = replace(
        COMPOSE,
        name="own",
        keys={"PodSpec.tolerations": ("key",), "PodSpec.volumes": ()},
        atomic=frozenset({"PodSpec.nodeSelector"}),
    )
    patch = {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}], "volumes": [], "nodeSelector": {"b": "2"}}}
    original = {"spec": {"tolerations": [B, A], "volumes": [{"name": "v"}], "nodeSelector": {"a": "1"}}}

    assert merge(original, patch, keyed) == {
        "spec": {"tolerations": [B, {"key": "a", "operator": "Exists"}], "volumes": [], "nodeSelector": {"b": "2"}}
    }


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"lists": {".spec.toleration": "append"}}, "did you mean `tolerations`?"),
        ({"lists": {".spec.tolerations": "apend"}}, "did you mean `append`?"),
        ({"lists": {".spec.hostNetwork": "append"}}, "this is no list"),
        ({"lists": {".spec.containers[name=a].env": "append"}}, "write \\[\\*\\]"),
        ({"lists": {"Pod.tolerations": "append"}}, "Pod has no field"),
        ({"atomic": frozenset({"Affinty"})}, "did you mean `Affinity`?"),
        ({"keys": {"PodSpec.containers": ("nam",)}}, "name"),
        ({"engine": "strategicc"}, "engine"),
        ({"one_ofs": "sometimes"}, "one_ofs"),
        ({"scalars": "loose"}, "scalars"),
        ({"unknown": "drop"}, "unknown"),
        ({"repeated": "maybe"}, "repeated"),
    ],
)
def test_dialects_that_contradict_themselves(choices: Any, message: str) -> None:
    """A name that does not exist is an error with a guess, and so is a word that means nothing."""
    with pytest.raises(DialectError, match=message):
        merge({"spec": {}}, {"spec": {}}, replace(COMPOSE, name="own", **choices))


def test_dialects_are_values() -> None:
    """Frozen, compared by value, usable as keys."""
    with pytest.raises(FrozenInstanceError):
        COMPOSE.name = "x"

    assert replace(COMPOSE) == COMPOSE != STRATEGIC
    assert {COMPOSE: 1}[replace(COMPOSE)] == 1
