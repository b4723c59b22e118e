"""Nothing in a pod object is too odd: it is read for the rest, and what was odd is said."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podcompose.run.classify import classify
from podcompose.run.moments import instant, later
from podcompose.run.observe import Unreadable, lost, observe
from podcompose.run.outcome import Outcome
from podcompose.run.records import Owner, Stage

from .histories import NAMES, history
from .pods import Pod, at, deleted, ended, pod, running

_ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [[], {}, [None], [[]], [{}], {"": None}, 10**30, -(10**30), "2026-13-45T25:61:61Z", "0001-01-01T00:00:00+23:59"]
    ),
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a manifest stands."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for key, entry in items for below in _paths(entry, (*path, key)))]


@st.composite
def _damaged(draw: st.DrawFn) -> Any:
    """An object of a real history, with up to four of its values made odd."""
    manifest: Any = copy.deepcopy(dict(draw(st.sampled_from(history(draw(st.sampled_from(NAMES))).moments)).object))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(_paths(manifest)[1:]))
        parent = manifest
        for key in way:
            parent = parent[key]
        parent[last] = copy.deepcopy(draw(_ODD))
        if not isinstance(manifest, dict) or len(_paths(manifest)) == 1:
            break
    return manifest


@given(_damaged(), st.sampled_from([None, "certain", "uncertain"]), st.one_of(st.none(), _ODD), st.booleans())
def test_the_classifier_never_raises(manifest: Any, gone: Any, stopped_at: Any, patient: bool) -> None:
    """An object with odd values has an outcome or none, and what is gone always has one."""
    outcome = classify(manifest, None, stopped_at, gone, patient=patient)

    assert outcome is not None or gone is None
    assert outcome is None or isinstance(outcome, Outcome)


@given(_damaged(), _ODD)
def test_a_record_is_made_of_whatever_has_a_uid(manifest: Any, stopped_at: Any) -> None:
    """An object is a record where its uid, name and version can be read; else it is Unreadable, and never anything else."""
    metadata = manifest.get("metadata")
    fields = [metadata.get(field) if isinstance(metadata, dict) else None for field in ("uid", "name", "resourceVersion")]
    if not all(isinstance(field, str) and field != "" for field in fields):
        with pytest.raises(Unreadable):
            observe(manifest)
        return
    record = observe(manifest, stopped_at=stopped_at).record

    assert [record.ref.uid, record.ref.name, record.resource_version] == fields
    assert record.outcome is None or record.stage in (Stage.DRAINING, Stage.FINISHED)


@given(_damaged())
def test_what_vanished_is_what_its_record_says(manifest: Any) -> None:
    """The outcome of a pod that vanished unseen needs no more than its record."""
    try:
        record = observe(manifest).record
    except Unreadable:
        return

    assert lost(record, stopped=False) == classify(manifest, gone="uncertain")
    assert lost(record, stopped=True).kind in (lost(record, stopped=False).kind, "Stopped")


@pytest.mark.parametrize("value", [None, [], "", 3, {}, {"metadata": None}, {"metadata": {"uid": "7f", "name": "trainer"}}])
def test_what_has_no_identity_is_unreadable(value: Any) -> None:
    """Without a uid, a name and a version nothing can be said; the error says what is missing."""
    with pytest.raises(Unreadable, match="resourceVersion"):
        observe(value)


def _set(*path: str | int, to: object) -> Callable[[Pod], None]:
    def set_it(manifest: Any) -> None:
        *way, last = path
        for key in way:
            manifest = manifest[key]
        manifest[last] = to

    return set_it


PROBLEMS: dict[str, tuple[Callable[[Pod], None], str]] = {
    "a label that is a number": (
        _set("metadata", "labels", to={"a": "b", "n": 3}),
        "metadata.labels has entries that are no text, such as 'n'",
    ),
    "a null annotation": (
        _set("metadata", "annotations", to={"a": None}),
        "metadata.annotations has entries that are no text, such as 'a'",
    ),
    "labels that are a list": (_set("metadata", "labels", to=["a"]), "metadata.labels is no map"),
    "no namespace": (_set("metadata", "namespace", to=None), "metadata.namespace is not there, or no text"),
    "finalizers": (_set("metadata", "finalizers", to=["a", 3]), "metadata.finalizers is no list of texts"),
    "a phase of tomorrow": (_set("status", "phase", to="Hibernating"), "status.phase is 'Hibernating', no phase known"),
    "a phase that is a list": (_set("status", "phase", to=["Failed"]), "status.phase is ['Failed'], no phase known"),
    "statuses": (_set("status", "containerStatuses", 0, to="main"), "status.containerStatuses is no list of maps"),
    "conditions": (_set("status", "conditions", to={}), "status.conditions is no list of maps"),
    "an exit code": (
        _set("status", "containerStatuses", 0, "state", to={"terminated": {"exitCode": "3"}}),
        "the exit code of container 'main' cannot be read",
    ),
    "an exit code that is true": (
        _set("status", "containerStatuses", 0, "state", to={"terminated": {"exitCode": True}}),
        "the exit code of container 'main' cannot be read",
    ),
    "a time": (_set("metadata", "deletionTimestamp", to="soon"), "metadata.deletionTimestamp is no time"),
    "an epoch": (
        _set("metadata", "annotations", to={"podcompose.io/owner": "east", "podcompose.io/owner-epoch": "one"}),
        "the annotation podcompose.io/owner-epoch is 'one', no integer: 'east' is not taken for the owner; adopt it anew",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_w18_what_is_odd_is_said_and_the_rest_is_right(case: str) -> None:
    """A record names each part that could not be read, and keeps what could."""
    change, problem = PROBLEMS[case]
    manifest = pod("Running", main=running())
    change(manifest)
    record = observe(manifest).record

    assert record.problems == (problem,)
    assert (record.ref.uid, record.owner) == ("7f", None)


def test_w18_readable_entries_stay() -> None:
    """Of labels and finalizers, those that are text are kept."""
    manifest = pod("Running", main=running())
    manifest["metadata"] |= {"labels": {"a": "b", "n": 3}, "finalizers": ["x/y", None]}
    record = observe(manifest).record

    assert (record.labels, record.finalizers) == ({"a": "b"}, ("x/y",))


def test_a_pod_without_containers_has_a_problem() -> None:
    """Where neither the spec nor the status names a container, that is said."""
    manifest = pod("Running")

    assert observe(manifest).record.problems == ("no containers are there to be read",)


def test_a_spec_that_cannot_be_read() -> None:
    """Containers are taken from the statuses then, and policies for Always: no exit is final before the last phase."""
    manifest = pod("Running", main=ended(3, 9))
    manifest["spec"] = None
    done = pod("Failed", main=ended(3, 9))
    done["spec"] = None
    outcome = classify(done)

    assert classify(manifest, patient=False) is None
    assert outcome is not None
    assert (outcome.kind, outcome.exit_code) == ("Failed", 3)


def test_a_stop_whose_moment_cannot_be_read_is_ours_all_the_same() -> None:
    """The deletion's own times stand for it."""
    late, early = (classify(deleted(pod("Failed", main=ended(143, second)), 10), stopped_at="soon") for second in (12, 10))

    assert late is not None
    assert early is not None
    assert (late.kind, early.kind) == ("Stopped", "Failed")


def test_an_exit_without_a_moment_is_an_exit() -> None:
    """It is there, so it is taken for earlier than whatever has a moment."""
    state = {"terminated": {"exitCode": 3, "finishedAt": None}}
    outcome = classify(deleted(pod("Failed", main=state), 10), stopped_at=at(10))

    assert outcome is not None
    assert (outcome.kind, outcome.finished) == ("Failed", None)


@pytest.mark.parametrize("value", [None, True, [], "soon", "2026-02-30T00:00:00Z", float("nan"), float("inf"), 10**30])
def test_what_is_no_moment_is_none(value: object) -> None:
    """Times that cannot be read are none, without a word."""
    assert instant(value) is None


@pytest.mark.parametrize("seconds", [None, True, "3", 10**30])
def test_no_later_than_cannot_be_told(seconds: object) -> None:
    """Nor is there a moment so much later."""
    assert later(instant(at(0)), seconds) is None


def test_a_big_epoch_is_read_and_a_monstrous_one_is_a_problem() -> None:
    """Epochs have up to 18 digits."""
    manifest = pod("Running", main=running())
    manifest["metadata"]["annotations"] = {"podcompose.io/owner": "east", "podcompose.io/owner-epoch": "9" * 18}
    big = observe(manifest).record
    manifest["metadata"]["annotations"]["podcompose.io/owner-epoch"] = "9" * 5000
    monstrous = observe(manifest).record

    assert big.owner == Owner("east", 10**18 - 1)
    assert (monstrous.owner, len(monstrous.problems)) == (None, 1)
