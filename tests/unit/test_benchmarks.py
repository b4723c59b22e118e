"""What the benchmarks time is right: making a job holds it to the pod that was written down by hand."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from benchmarks import lives, locally, memory, pods, running, watching
from benchmarks.jobs import Job, checked, mapping_jobs, start_jobs, typed_jobs
from benchmarks.rows import ROWS
from podcompose import Template, compose
from tests.oracle.driver import GoMissingError


@pytest.mark.parametrize("jobs", [mapping_jobs, typed_jobs, start_jobs])
def test_jobs(jobs: Any) -> None:
    """Every job gives what it must, and takes some time."""
    for job in jobs():
        assert job.seconds(1) > 0, job.name


@pytest.fixture
def go_jobs() -> Iterator[list[Job]]:
    """The jobs of Kubernetes' Go code."""
    from benchmarks.go import Go

    with ExitStack() as stack:
        try:
            go = stack.enter_context(Go())
        except GoMissingError as missing:
            pytest.skip(f"NOT RUN: {missing}")
        yield list(go.jobs())


def test_go(go_jobs: list[Job]) -> None:
    """Go's merge gives the same pod as ours, but for the order of the variables."""
    assert [job.seconds(2) > 0 for job in go_jobs] == [True, True]


def test_wrong_result() -> None:
    """A job that gives something else than it must is refused before it is timed."""
    with pytest.raises(AssertionError, match="the job gives 1, not 2"):
        checked("the job", lambda: 1, 2)


def test_rows(go_jobs: list[Job]) -> None:
    """Every row compares jobs that exist."""
    names = {job.name for jobs in (mapping_jobs(), typed_jobs(), start_jobs(), go_jobs) for job in jobs}

    assert {name for row in ROWS for name in (row.ours, row.peer)} - names <= {"Airflow's reconcile_pods"}


@pytest.fixture
def untraced() -> Iterator[None]:
    """No tracing of memory is left on: it would make every test after this one several times slower."""
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("meter", memory.METERS)
@pytest.mark.usefixtures("untraced")
def test_memory(meter: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The memory program prints a number."""
    memory.main("20", "20", "compositions", meter)

    assert float(capsys.readouterr().out) >= 0


def test_apart() -> None:
    """An override without variables leaves the template's list of them as it is."""
    template = Template.from_pod(pods.template(20))

    env = compose(template, pods.override(env=False)).manifest["spec"]["containers"][0]["env"]

    assert env == pods.template(20)["spec"]["containers"][0]["env"]


def test_lives() -> None:
    """The pods that are watched are as large as said, each event another version, and the typed client can read them."""
    several = lives.Lives()
    events = b"".join(several.wave(0, 3)).splitlines()

    assert len(events) == 3 * len(several) == several.version - 1000
    assert 9_000 < sum(map(len, events)) / len(events) < 10_000


def test_watched() -> None:
    """The machine, the typed client and bare JSON see as many pods end as there are; time passes."""
    found = watching.events(rounds=1, count=3)

    assert min(found.values()) > 0


def test_listed() -> None:
    """A LIST in pages is read to its end, by ours and by the typed client."""
    assert watching.pages(1000, 1)["ours"] > 0
    assert watching.listed(1000)["kept"] >= 0


def test_flat() -> None:
    """Of pods that have come and gone nothing is left; each of them has ended once."""
    found = watching.flat(400, 200)

    assert found["blocks late"] > 0


def test_locally() -> None:
    """As many pods succeed on the local backend as were run, and as many bare processes."""
    assert locally.found(2, 1)["ratio"] > 0


def test_section() -> None:
    """The part of the page on running says what was measured, and takes the place of an older one."""
    part = running.section({"37 events": {"ours": 50.0, "peer": 500.0, "json": 25.0, "ratio": 0.1, "bytes": 9400.0}})
    page = running.written(running.written("# Results\n", "## Launched and watched\nold\n"), part)

    assert "| 50 us | 500 us (client's Watch, typed) | 0.1 x | <= 100 us | yes |" in page
    assert "old" not in page
