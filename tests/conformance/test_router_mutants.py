"""A router that is wrong in one way is caught, by the check that is there for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from podcompose.run import Gone, Health, Left, NotFound, Resynced, Router
from podcompose.run.routing import subscription as module
from podcompose.run.routing.marks import Marks, marked, marks_of
from podcompose.run.routing.part import Part
from podcompose.run.routing.places import Places
from podcompose.run.routing.subscription import RoutedSubscription
from podcompose.testing.conformance import BackendSuite, ContractError
from tests.conformance.test_router import RoutedDoors


class Suite(RoutedDoors, BackendSuite):
    """The suite of one mutant."""

    __test__ = False
    patience_s = 2.0
    hangs_after_s = 1.0


class Mutant(NamedTuple):
    """What is broken, where, and which check says so, by which rule."""

    name: str
    where: Any
    attribute: str
    broken: Any
    check: str
    rule: str = ""


def without(kind: type) -> Callable[..., Any]:
    """Changes of one kind are not told."""
    told = Part.told
    return lambda self, change: () if isinstance(change, kind) else told(self, change)


def first_only(watchers: Any, *others: Any) -> Any:
    """Only the first backend is watched."""
    self, watchers, *others = watchers, *others
    return INIT(self, dict(list(watchers.items())[:1]), *others)


def flipped(self: Places, uid: str) -> str | None:
    """A pod is said to be where it is not."""
    found = OF_POD(self, uid)
    return None if found is None else {"one": "two", "two": "one"}[found]


INIT, POLL, OF_POD = RoutedSubscription.__init__, RoutedSubscription.poll, Places.of_pod
LAUNCH, STATUS, SENT = Router.launch, RoutedSubscription.status, Router._sent
TURNS = cycle(["one", "two"])

MUTANTS = [
    Mutant("one backend is not watched", RoutedSubscription, "__init__", first_only, "test_what_was_there_comes_before_synced"),
    Mutant("Gone is not told", Part, "told", without(Gone), "test_success_is_told_once", "lost"),
    Mutant("Left is not told", Part, "told", without(Left), "test_a_pod_that_is_selected_no_more_has_left", "lost"),
    Mutant("no Resynced", module, "marks_of", lambda *given: marks_of(*given)._replace(reason=""), "test_a_bad_cursor_begins_anew"),
    Mutant("the first says Synced", Part, "owes", False, "test_synced_comes_where_there_is_nothing"),
    Mutant(
        "more than asked",
        RoutedSubscription,
        "poll",
        lambda self, timeout, _: POLL(self, timeout, 1000),
        "test_small_batches_lose_nothing",
    ),
    Mutant(
        "the cursor of one only",
        module,
        "marked",
        lambda cursors, scope: marked({**cursors, "one": ""}, scope),
        "test_any_cursor_goes_on_where_it_was",
    ),
    Mutant(
        "cursors are not gone on from",
        module,
        "marks_of",
        lambda cursor, scope, names: Marks(dict.fromkeys(names, "")),
        "test_an_acknowledged_outcome_is_not_told_again",
    ),
    Mutant(
        "cursors are exchanged",
        module,
        "marked",
        lambda cursors, scope: marked(dict(zip(cursors, reversed(list(cursors.values())), strict=True)), scope),
        "test_cursors_outlive_the_backend",
        "resynced",
    ),
    Mutant(
        "a launch goes anywhere", Router, "_where", lambda *given: (next(TURNS), ()), "test_launch_again_finds_the_pod", "created"
    ),
    Mutant(
        "all launches are new",
        Router,
        "launch",
        lambda self, *pod, **named: replace(LAUNCH(self, *pod, **named), created=True),
        "test_launch_again_finds_the_pod",
        "created",
    ),
    Mutant(
        "a dry run is none",
        Router,
        "_sent",
        lambda self, *given: SENT(self, *given[:-1], False),
        "test_dry_run_makes_nothing",
        "dry-run",
    ),
    Mutant(
        "settle finds nothing",
        Router,
        "settle",
        lambda self, launch_id, namespace=None: NotFound("", ""),
        "test_settle_finds_what_is_there",
        "settle",
    ),
    Mutant(
        "settle in its own namespace only",
        Router,
        "settle",
        lambda self, launch_id, namespace=None, settle=Router.settle: settle(self, launch_id),
        "test_a_pod_goes_where_it_says",
        "settle",
    ),
    Mutant("another backend stops", Places, "of_pod", flipped, "test_a_stopped_pod_that_is_removed_is_stopped", "outcome"),
    Mutant("another backend adopts", Places, "of_pod", flipped, "test_a_higher_epoch_takes_over", "adopt"),
    Mutant("another namespace", Router, "namespace", property(lambda self: "x"), "test_launch_makes_one_pod", "namespace"),
    Mutant("closing wakes nobody", RoutedSubscription, "close", lambda self: None, "test_close_wakes_a_poll_that_waits"),
    Mutant("closing closes nothing", Router, "close", lambda self: None, "test_closing_the_backend_closes_its_subscriptions"),
    Mutant(
        "always Live", RoutedSubscription, "status", lambda self: Health("Live"), "test_a_closed_subscription_is_silent", "closed"
    ),
    Mutant(
        "never Live",
        RoutedSubscription,
        "status",
        lambda self: replace(STATUS(self), state="Degraded"),
        "test_it_says_how_it_is",
        "status",
    ),
    Mutant("afresh for nothing", Part, "told", lambda self, change: [Resynced("x"), change], "test_nothing_new_is_an_empty_batch"),
]


def failure(check: str, folder: Path) -> BaseException | None:
    """How one check of the suite fails; None if it passes."""
    suite = Suite()
    suite.begin(folder)
    try:
        getattr(suite, check)()
    except (AssertionError, KeyError) as error:
        return error
    finally:
        for backend in suite.hidden.values():
            backend._board.close()
        suite.finish()
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught_by_its_check(mutant: Mutant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check that is there for it fails, and names the rule; without the mutation it passes."""
    for folder in ("whole", "broken"):
        (tmp_path / folder).mkdir()
    whole = failure(mutant.check, tmp_path / "whole")
    if mutant.attribute == "owes":
        monkeypatch.setattr(Part, "owes", property(lambda self: False, lambda self, value: None), raising=False)
    else:
        monkeypatch.setattr(mutant.where, mutant.attribute, mutant.broken)
    broken = failure(mutant.check, tmp_path / "broken")

    assert whole is None
    assert broken is not None, f"{mutant.name} passes {mutant.check}"
    if mutant.rule != "":
        assert isinstance(broken, ContractError)
        assert broken.rule == mutant.rule
