"""The oracle itself answers as its documentation says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.driver import GoMissingError, Oracle

A, B = {"name": "a"}, {"name": "b"}


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """The running Go program."""
    try:
        with Oracle() as running:
            yield running
    except GoMissingError as reason:
        pytest.skip(f"Kubernetes' Go code was not asked: {reason}")


def containers(*entries: object) -> dict[str, object]:
    """A pod of these containers."""
    return {"spec": {"containers": list(entries)}}


def test_answers_come_in_the_order_of_the_questions(oracle: Oracle) -> None:
    """A thousand requests get a thousand answers, in order."""
    asked = [{"op": "strategic", "original": {"n": n}, "patch": {}} for n in range(1000)]

    assert oracle.ask_all(asked) == [{"ok": {"n": n}} for n in range(1000)]


def test_integers_and_floats_stay_what_they_are(oracle: Oracle) -> None:
    """An integer comes back as an integer, also beyond 2**53; a float comes back as a float."""
    answer = oracle.ask({"op": "strategic", "original": {"i": 2**63 - 1, "f": 80.0}, "patch": {}})["ok"]

    assert (answer["i"], repr(answer["f"])) == (2**63 - 1, "80.0")


def test_strategic_puts_new_elements_first_and_apply_last(oracle: Oracle) -> None:
    """The two merges are Kubernetes' two merges."""
    pair = {"original": containers(A), "patch": containers(B)}

    assert oracle.ask({"op": "strategic", **pair}) == {"ok": containers(B, A)}
    assert oracle.ask({"op": "apply", **pair}) == {"ok": containers(A, B)}


def test_table_compose_merges_what_apply_replaces(oracle: Oracle) -> None:
    """In the table `compose` every map is granular; lists are as in `apply`."""
    pair = {"original": {"spec": {"nodeSelector": {"a": "1"}}}, "patch": {"spec": {"nodeSelector": {"b": "2"}}}}

    assert oracle.ask({"op": "apply", **pair}) == {"ok": {"spec": {"nodeSelector": {"b": "2"}}}}
    assert oracle.ask({"op": "apply", "table": "compose", **pair}) == {"ok": {"spec": {"nodeSelector": {"a": "1", "b": "2"}}}}


def test_a_random_outcome_is_a_race(oracle: Oracle) -> None:
    """Where Go's answer hangs on the order of a map, both answers are given."""
    patch = {"metadata": {"finalizers": ["b"], "$deleteFromPrimitiveList/finalizers": ["b"]}}

    answer = oracle.ask({"op": "strategic", "original": {"metadata": {"finalizers": ["a"]}}, "patch": patch})

    assert {len(one["ok"]["metadata"]["finalizers"]) for one in answer["race"]} == {1, 2}


def test_a_panic_is_an_answer(oracle: Oracle) -> None:
    """Kubernetes' panic is reported, and the next question answered."""
    null_first = {"spec": {"containers": [None]}}

    assert "panic" in oracle.ask({"op": "strategic", "original": null_first, "patch": null_first})
    assert oracle.ask({"op": "strategic", "original": {}, "patch": {}}) == {"ok": {}}


def test_decode_is_strict(oracle: Oracle) -> None:
    """A manifest with an unknown field is refused; another one comes back as Kubernetes writes it."""
    limits = oracle.ask({"op": "decode", "manifest": containers({"name": "a", "resources": {"limits": {"cpu": 1.5}}})})["ok"]

    assert limits["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1500m"}}
    assert oracle.ask({"op": "decode", "manifest": {"spec": {"containrs": []}}}) == {"error": 'unknown field "spec.containrs"'}


def test_yaml_is_kubectls(oracle: Oracle) -> None:
    """A text is read as kubectl reads it: of a repeated key the last one counts."""
    assert oracle.ask({"op": "yaml", "text": "a: yes\nb: 0x10"}) == {"ok": {"a": True, "b": 16}}
    assert oracle.ask({"op": "yaml", "text": "a: 1\na: 2"}) == {"ok": {"a": 2}}
    assert "error" in oracle.ask({"op": "yaml", "text": "a: [1"})


def test_bench_counts_nanoseconds(oracle: Oracle) -> None:
    """Both ways of merging are timed."""
    answer = oracle.ask({"op": "bench", "original": containers(A), "patch": containers(B), "n": 10})["ok"]

    assert answer["n"] == 10
    assert min(answer["bytes_ns"], answer["maps_ns"]) > 0


@pytest.mark.parametrize("merge", ["strategic", "apply", "rfc7396"])
def test_other_merges_are_timed_and_weighed(oracle: Oracle, merge: str) -> None:
    """Each is timed from bytes to bytes, from maps to maps where its library does that, and one more result is weighed."""
    pair = {"original": containers(A), "patch": containers(B), "n": 10, "merge": merge}

    times, weight = oracle.ask({"op": "bench", **pair})["ok"], oracle.ask({"op": "weigh", **pair})["ok"]

    assert times["bytes_ns"] > 0
    assert ("maps_ns" in times) == (merge != "rfc7396")
    assert weight["bytes"] > 0


def test_operations_are_timed(oracle: Oracle) -> None:
    """A JSON patch is a list of operations."""
    patch = [{"op": "add", "path": "/spec/hostname", "value": "a"}]

    answer = oracle.ask({"op": "bench", "original": containers(A), "patch": patch, "n": 10, "merge": "json-patch"})["ok"]

    assert answer["bytes_ns"] > 0
