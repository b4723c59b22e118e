"""The schedulers of the examples, over the backends in memory and of this machine, killed and started anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from examples import scheduler, scheduler_async
from examples.scheduler import Book, Task
from podcompose import aio
from podcompose.backends import LocalBackend, MemoryBackend
from podcompose.backends.memory import Evicted, Fails, Fate, Fault, ImageError, Rejected, Runs, Succeeds
from podcompose.run import Backend, Outcome, Owner, Refused, Unreachable, Unsettled, WarmPool

ME = Owner("me", 1)
Schedule = Callable[[Backend, Book, Owner], dict[str, str]]


def plain(backend: Backend, book: Book, me: Owner) -> dict[str, str]:
    """By the scheduler with threads."""
    return scheduler.schedule(backend, book, me)


def asynchronous(backend: Backend, book: Book, me: Owner) -> dict[str, str]:
    """By the scheduler with async def."""

    async def main() -> dict[str, str]:
        threads = 0 if isinstance(backend, MemoryBackend) else 4
        return await scheduler_async.schedule(aio.Bridged(backend, threads), book, me)

    return asyncio.run(main())


@pytest.fixture(params=[plain, asynchronous])
def schedule(request: pytest.FixtureRequest) -> Schedule:
    """Each of the two."""
    found: Schedule = request.param
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the scheduler keeps what it knows."""
    return tmp_path / "book.json"


def pod(script: str = "true") -> dict[str, Any]:
    """A pod that runs a script."""
    container = {"name": "base", "image": "busybox", "command": ["sh", "-c", script]}
    return {"spec": {"restartPolicy": "Never", "containers": [container]}}


def launched(backend: MemoryBackend) -> list[str]:
    """The launch ids of all pods that are there."""
    return sorted(one["metadata"]["annotations"]["podcompose.io/launch-id"] for one in backend.pods)


def test_what_ran_is_tried_again_only_if_its_task_says_so(schedule: Schedule, file: Path) -> None:
    """A failure is final without retries; with them a new launch id is tried; what never ran is tried in any case."""
    fates = {"final/1": Fails(3), "again/1": Fails(3), "again/2": Succeeds(), "rejected/1": Rejected("Outof", "full")}
    tasks = [Task("final", pod()), Task("again", pod(), retries=1), Task("rejected", pod())]
    with MemoryBackend(fates=fates) as backend:
        ends = schedule(backend, Book(tasks, file), ME)

        assert ends == {"final": "Failed", "again": "Succeeded", "rejected": "Succeeded"}
        assert launched(backend) == ["again/1", "again/2", "final/1", "rejected/1", "rejected/2"]


def test_an_answer_that_was_lost_makes_no_second_pod(schedule: Schedule, file: Path) -> None:
    """After Unsettled and Unreachable the same id is launched again; a refusal is the end of that task alone."""
    errors = {"a/1": [Fault(Unsettled, made=True)], "b/1": [Fault(Unreachable)], "c/1": [Fault(Refused, message="no such field")]}
    with MemoryBackend(launch_errors=errors) as backend:
        ends = schedule(backend, Book([Task(name, pod()) for name in "abc"], file), ME)

        assert (ends["a"], ends["b"]) == ("Succeeded", "Succeeded")
        assert "no such field" in ends["c"]
        assert launched(backend) == ["a/1", "b/1"]


class Killed(BaseException):
    """The end of a process, as far as a test can have it."""


@pytest.fixture(params=range(30))
def dying(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AbstractContextManager[None]:
    """In this a scheduler may end, before or after one of its first writes; from then on writes are as ever."""
    after, writes, save = request.param, iter(range(100)), Book.save

    def last(book: Book, cursor: str) -> None:
        number = next(writes)
        if number == after and after % 2 == 0:
            raise Killed
        save(book, cursor)
        if number == after:
            raise Killed

    @contextmanager
    def dying() -> Iterator[None]:
        monkeypatch.setattr(Book, "save", last)
        with suppress(Killed):
            yield
        monkeypatch.setattr(Book, "save", save)

    return dying()


def test_killed_at_any_moment_it_goes_on(file: Path, dying: AbstractContextManager[None]) -> None:
    """Killed before or after any of its writes, the next one runs each task once, and learns every outcome."""
    tasks = [Task("a", pod()), Task("b", pod()), Task("c", pod(), retries=1)]
    with MemoryBackend(fates={"c/1": Evicted()}) as backend:
        with dying:
            scheduler.schedule(backend, Book(tasks, file), ME)
        ends = scheduler.schedule(backend, Book(tasks, file), Owner("me", 2))

        assert ends == {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}
        assert launched(backend) == ["a/1", "b/1", "c/1", "c/2"]


def test_killed_at_any_moment_it_goes_on_with_warm_pods(file: Path, dying: AbstractContextManager[None]) -> None:
    """The same through a pool, and its successor: each task runs once, and a pod that is evicted takes one task with it."""
    tasks = [Task("a", pod()), Task("b", pod()), Task("c", pod(), retries=1)]
    ran = list[str]()

    def fate(launch_id: str) -> Fate:
        ran.append(launch_id)
        return Evicted() if launch_id == "c/1" else Succeeds()

    with MemoryBackend(fates=fate) as backend:
        with dying:
            scheduler.schedule(WarmPool(backend, keep=0, limit=2), Book(tasks, file), ME)
        ends = scheduler.schedule(WarmPool(backend, keep=0, limit=2), Book(tasks, file), Owner("me", 2))

    assert ends == {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}
    assert sorted(launch_id for launch_id in ran if not launch_id.startswith("warm/")) == ["a/1", "b/1", "c/1", "c/2"]


def test_the_pods_of_before_are_adopted_and_those_that_vanished_lost(file: Path) -> None:
    """A new epoch takes the running pods over; a launched pod that is there no more is Lost, and tried by policy."""
    tasks = [Task("runs", pod()), Task("gone", pod())]
    with MemoryBackend(fates={"runs/1": Runs(), "gone/1": Runs()}) as backend:
        book = Book(tasks, file)
        for launch_id, wanted in book.starting(2):
            book.answered(launch_id, backend.launch(wanted, launch_id=launch_id))
        book.save("")
        gone = backend.settle("gone/1")
        backend.remove(gone.ref)
        fresh = Book(tasks, file)
        scheduler.take_over(backend, fresh, Owner("me", 2))

        assert fresh.ends == {"gone": "Lost"}
        assert backend.pods[0]["metadata"]["annotations"]["podcompose.io/owner-epoch"] == "2"
        with pytest.raises(RuntimeError, match="me has taken over with epoch 2"):
            scheduler.take_over(backend, Book(tasks, file), Owner("old", 1))


def test_an_outcome_that_is_told_twice_counts_once(file: Path) -> None:
    """A failure of the first try, told again after the second was begun, is not the second's."""
    book = Book([Task("a", pod(), retries=1)], file)
    for _ in range(2):
        book.ended("a/1", Outcome("Failed", ran="yes"))

    assert (book.ends, book.starting(1)[0][0]) == ({}, "a/2")


def test_what_is_held_up_for_good_stays_under_way(file: Path) -> None:
    """No more than `at_once` are launched; the others wait."""
    with MemoryBackend(fates=ImageError()) as backend:
        book = Book([Task(str(number), pod()) for number in range(5)], file)
        for launch_id, wanted in book.starting(2):
            book.answered(launch_id, backend.launch(wanted, launch_id=launch_id))

        assert (launched(backend), book.starting(2)) == (["0/1", "1/1"], [])


def test_real_processes(schedule: Schedule, file: Path) -> None:
    """Over the local backend, tasks are processes, and a failed one runs as often as it may."""
    tasks = [Task("good", pod()), Task("bad", pod(f"echo . >> {file.parent}/runs; exit 3"), retries=1)]
    with LocalBackend() as backend:
        ends = schedule(backend, Book(tasks, file), ME)

    assert ends == {"good": "Succeeded", "bad": "Failed"}
    assert (file.parent / "runs").read_text() == ".\n.\n"
