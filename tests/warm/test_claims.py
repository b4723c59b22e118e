"""What is written on a pod of a task: whatever it is, it is read again; what somebody else wrote there is no error."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.backends.memory import MemoryBackend
from podcompose.run.errors import LaunchError
from podcompose.run.outcome import Cause, Disruption, Outcome
from podcompose.run.records import Owner, PodRecord, PodRef, Stage
from podcompose.run.warm.claims import Claim, claims_of, label_of, read_claim, written
from podcompose.run.warm.hosting import Task
from podcompose.run.warm.pool import WarmPool

#: All characters, lone surrogates too: a pod that has any cannot be sent, but nothing breaks of it.
TEXTS = st.text(max_size=8) | st.text(st.characters(categories=None), max_size=4) | st.sampled_from(('"\\', "\x00\n\u2028", "😀"))
LONG = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=4), st.sampled_from((1, 1, 3000)))
#: To the second, as all that a pod says.
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)).map(
    lambda at: at.replace(microsecond=0)
)
SECONDS = st.floats(0, 1e9) | st.integers(0, 10**6).map(float)
OWNERS = st.builds(Owner, TEXTS, st.integers(0, 2**63))
CAUSES = st.builds(Cause, st.sampled_from(("Exit", "OOMKilled", "Unknown")), st.none() | TEXTS, st.none() | TEXTS)
DISRUPTIONS = st.builds(Disruption, st.sampled_from(("Stop", "Evicted")), st.none() | TEXTS, st.none() | MOMENTS)
OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(("Succeeded", "Failed", "Stopped")),
    st.none() | CAUSES,
    exit_code=st.none() | st.integers(0, 255),
    signal=st.none() | st.integers(1, 64),
    message=st.none() | TEXTS,
    started=st.none() | MOMENTS,
    finished=st.none() | MOMENTS,
    ran=st.sampled_from(("yes", "no", "unknown")),
    infrastructure=st.booleans(),
    disruption=st.none() | DISRUPTIONS,
)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """Any claim."""
    key, launch_id = "k" * 52, draw(TEXTS)
    argv, env = st.lists(TEXTS | LONG, max_size=3).map(tuple), st.lists(st.tuples(TEXTS, TEXTS | LONG), max_size=3).map(tuple)
    task = Task(key, launch_id, draw(argv), draw(env), draw(st.none() | SECONDS), draw(SECONDS))
    labels = st.dictionaries(TEXTS, TEXTS, max_size=2)
    found = Claim(key, launch_id, draw(TEXTS), draw(TEXTS), draw(OWNERS), draw(labels), draw(labels), task)
    owner, stopped = draw(st.none() | OWNERS), draw(st.none() | MOMENTS)
    found = replace(found, owner=owner, stopped_at=stopped, stop_grace_s=None if stopped is None else draw(SECONDS))
    return found.ended(draw(OUTCOMES)) if draw(st.booleans()) else found


@given(claims())
def test_a_claim_is_read_as_it_was_written(claim: Claim) -> None:
    """Whatever its texts are, however long they are, with a result or without; it is one line of JSON as RFC 8259 has it."""
    text = written(claim)
    assert read_claim(claim.key, text) == claim
    assert claim.is_open == (claim.outcome is None)
    assert "\n" not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_large_task_is_packed() -> None:
    """100 kB of arguments and variables fit beside the others."""
    task = Task("k", "id", ("x" * 50_000,), (("A", "ä" * 50_000),))
    claim = Claim("k", "id", "u", "d", Owner("a", 1), task=task)
    text = written(claim)
    assert len(text) < 2000
    assert read_claim("k", text) == claim


SPOILT: tuple[Any, ...] = (None, True, math.inf, math.nan, -1, 10**400, 1e300, "x", "9" * 5000, "\ud800", [], [1], {}, {"a": 1})


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, found in inner for place in _places(found, (*path, name)))]


def _spoilt(claim: Claim, path: tuple[Any, ...], other: Any) -> Any:
    said: Any = {"whole": json.loads(written(claim))}
    inner: Any = said
    *before, last = ("whole", *path)
    for name in before:
        inner = inner[name]
    inner[last] = other
    return said["whole"]


WHOLE = Claim(
    "k", "id", "u", "d", Owner("a", 1), {"l": "1"}, {"a": "1"}, Task("k", "id", ("x",), (("A", "1"),), 9.0), Owner("b", 2)
)
AT = datetime(2020, 1, 1, tzinfo=timezone.utc)
STOPPED = replace(WHOLE, stopped_at=AT, stop_grace_s=5.0)
FAILED = WHOLE.ended(Outcome("Failed", Cause("Exit"), exit_code=3, started=AT, disruption=Disruption("Stop", at=AT)))


@pytest.mark.parametrize("claim", [WHOLE, STOPPED, FAILED], ids=["open", "stopped", "ended"])
def test_a_claim_that_somebody_has_spoilt_is_no_error(claim: Claim) -> None:
    """With any part of it replaced by anything it is a claim that can be written again, or none."""
    for path in _places(json.loads(written(claim))):
        for other in SPOILT:
            found = read_claim(claim.key, json.dumps(_spoilt(claim, path, other)))
            assert found is None or (found.key == claim.key and written(found) != "")


@given(st.text() | st.binary().map(bytes.hex))
def test_what_is_no_claim_is_none(text: str) -> None:
    """Any text where a claim might be."""
    assert read_claim("k", text) is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "[" * 100_000, '{"id": 1', "9" * 5000, '{"task": "!!"}'])
def test_the_claims_that_can_be_read_are_those_of_a_pod(text: str) -> None:
    """Others beside them are left out."""
    good = Claim("good", "id", "u", "d", Owner("a", 1))
    annotations = {label_of("good"): written(good), label_of("bad"): text, "other": "x"}
    record = PodRecord(PodRef("ns", "a", "a"), None, Stage.RUNNING, annotations=annotations)
    assert claims_of(record) == {"good": good}
    assert claims_of(PodRecord(PodRef("ns", "a", "a"), None, Stage.RUNNING)) == {}


def test_a_task_with_what_is_no_text_is_refused_as_its_pod_is() -> None:
    """A lone surrogate cannot be sent: the pool says what its backend says."""
    container = {"name": "base", "image": "busybox", "command": ["echo", "\ud800"]}
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    said = []
    for make in (MemoryBackend, lambda: WarmPool(MemoryBackend())):
        with make() as backend, pytest.raises((LaunchError, ValueError)) as raised:
            backend.launch(pod, launch_id="a")
        said.append((type(raised.value), str(raised.value)))
    assert said[0] == said[1]
