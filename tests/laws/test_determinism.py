"""Same inputs, same bytes: in this process, in another, in many threads; and the same problems in the same order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podcompose import APPLY, COMPOSE, STRATEGIC, Override, PodComposeError, Template, compose, merge
from podcompose.core.path import Key, Member, format_path, parse_path
from podcompose.encode import encode
from podcompose.testing import json_values, pod_pairs, pods
from tests.laws.manifests import text

Pod = dict[str, Any]
Pair = tuple[Pod, Pod]


def shuffled(value: Any, data: st.DataObject) -> Any:
    """A value with the entries of its maps in another order."""
    if isinstance(value, dict):
        names = data.draw(st.permutations(list(value))) if len(value) < 6 else list(reversed(value))
        return {name: shuffled(value[name], data) for name in names}
    return [shuffled(entry, data) for entry in value] if isinstance(value, list) else value


@given(pair=pod_pairs(nulls=True, directives=True), data=st.data())
def test_same_inputs_same_bytes(pair: Pair, data: st.DataObject) -> None:
    """Composing again gives the same bytes; the order of the entries of maps means nothing."""
    pod, patch = pair
    expected = compose(pod, patch).json

    assert compose(pod, patch).json == expected
    assert compose(shuffled(pod, data), shuffled(patch, data)).json == expected


@given(pairs=st.lists(pod_pairs(nulls=True, directives=True), min_size=2, max_size=2))
def test_digest_equality_is_byte_equality(pairs: list[Pair]) -> None:
    """Two compositions are equal, and their digests and hashes too, exactly when their bytes are."""
    one, two = (compose(*pair) for pair in pairs)
    again = compose(one.manifest)

    assert (one.digest == two.digest) is (one.json == two.json) is (one == two)
    assert (one.json, one.digest, hash(one)) == (again.json, again.digest, hash(again))
    assert one == again


PRINTED = """
import hashlib, json, sys
from podcompose import PodComposeError, STRATEGIC, Template, compose
for pod, patch in json.load(sys.stdin):
    template = Template.from_pod(pod)
    composition = compose(template, patch)
    print(composition.digest, hashlib.sha256(str(composition.explain()).encode()).hexdigest())
    print(*(str(stage) for stage in composition.diff()))
    print(compose(pod, patch, dialect=STRATEGIC).digest)
    try:
        compose({**pod, "a": 1, "spec": {**pod["spec"], "b": 1, "hostNetwork": "x"}}, {"spec": {"c": 1}})
    except PodComposeError as error:
        print(error)
"""


@st.composite
def many_pairs(draw: st.DrawFn) -> list[Pair]:
    """Twenty pairs."""
    return draw(st.lists(pod_pairs(nulls=True), min_size=20, max_size=20))


def test_another_process_gives_the_same_bytes() -> None:
    """With other hashes of strings, in other processes, the bytes, explanations and problems are the same."""
    found: list[list[Pair]] = []
    from hypothesis import Phase, settings

    @settings(max_examples=2, database=None, derandomize=True, phases=[Phase.generate])
    @given(many_pairs())
    def collect(pairs: list[Pair]) -> None:
        found.append(pairs)

    collect()
    answers = set()
    for seed in ("0", "1", "20261"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", PRINTED],
            input=json.dumps(found[-1]),
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(done.stdout)

    assert len(answers) == 1
    assert len(answers.pop().splitlines()) > 60


@given(pair=pod_pairs(nulls=True, directives=True), value=json_values(), more=json_values())
def test_errors_are_stable(pair: Pair, value: Any, more: Any) -> None:
    """The same wrong input gives the same problems in the same order."""
    pod, patch = pair
    pod["spec"] |= {"unknown": value, "hostNetwork": "yes", "containers": [*pod["spec"]["containers"], value]}
    patch["spec"] |= {"a": value, "dnsPolicy": more, "tolerations": [value, more], "$patches": 1}
    for dialect in (COMPOSE, APPLY, STRATEGIC):
        answers = []
        for _ in range(2):
            try:
                answers.append(compose(pod, patch, dialect=dialect).json)
            except PodComposeError as error:
                answers.append(error.problems)

        assert answers[0] == answers[1]


@given(value=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values(), max_size=4))
def test_both_encoders_write_the_same_bytes(value: Pod) -> None:
    """orjson, where it may be used, and the standard library's json write the same bytes."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    exponents = any("e" in repr(number) for number in floats(value))

    assert encode(value, exponents=exponents) == encode(value) == plain.encode()


def floats(value: Any) -> list[float]:
    """Every float in a value."""
    if isinstance(value, (dict, list)):
        return [number for entry in (value.values() if isinstance(value, dict) else value) for number in floats(entry)]
    return [value] if isinstance(value, float) else []


@given(pod=pods(), quantity=st.floats(allow_nan=False, allow_infinity=False), unknown=json_values())
def test_a_composition_is_the_bytes_of_its_manifest(pod: Pod, quantity: float, unknown: Any) -> None:
    """The bytes are those the standard library's json writes of the manifest, whatever floats are in it."""
    patch = {"spec": {"overhead": {"cpu": quantity}, "newer": unknown}}
    composition = compose(pod, patch, unknown="keep")

    assert composition.json == json.dumps(composition.manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert text(json.loads(composition.json)) == text(composition.manifest)


SCALARS = st.text(max_size=6) | st.integers(-(10**17), 10**17) | st.booleans() | st.none()
WORDS = st.from_regex(r"[A-Za-z$_][A-Za-z0-9/_-]{0,5}", fullmatch=True)
FIELDS = WORDS | st.text(max_size=5)
KEYS = st.lists(st.tuples(WORDS, SCALARS), min_size=1, max_size=3).map(lambda pairs: Key(tuple(pairs)))


@given(path=st.lists(FIELDS | st.integers(0, 99) | KEYS | SCALARS.map(Member), max_size=6).map(tuple))
def test_a_path_comes_back_from_its_text(path: Any) -> None:
    """Parsing a printed path gives the path."""
    assert text_of(parse_path(format_path(path))) == text_of(path)


def text_of(path: Any) -> str:
    """A path as text that tells 1 from true."""
    return repr(path)


@given(pair=pod_pairs(nulls=True, directives=True))
def test_threads_compose_alike(pair: Pair) -> None:
    """Many threads that compose from one Template by one fresh Dialect all get what one would get."""
    pod, patch = pair
    dialect = replace(COMPOSE, name="fresh", lists={".spec.tolerations": "append"})
    template = Template.from_pod(pod)
    override = Override(patch)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: compose(template, override, dialect=dialect).json, range(16)))
        merged = list(pool.map(lambda _: text(merge(template, patch, dialect)), range(8)))

    assert set(together) == {compose(pod, patch, dialect=replace(dialect, name="another")).json}
    assert set(merged) == {text(merge(pod, patch, dialect))}
