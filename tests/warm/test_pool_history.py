"""
Histories of warm pools: several schedulers, over pods in memory, with failures of all of them, against what truly happened.

The model knows which launch ids were launched, what their programs do, and what was done to pods; it shares no code with the pool.
"""

from __future__ import annotations

import logging
import random
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from podcompose.backends.memory import BadCommand, Fails, Fate, Runs, Succeeds
from podcompose.run.errors import LaunchError, OtherPod
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Adopted, Launched, NotFound
from podcompose.run.records import Owner, PodRef
from tests.warm.schedulers import Armed, JobLog, Scheduler
from tests.warm.world import SHELLLESS, UNFIT, World

IMAGES = ("a", "a", "b", SHELLLESS, UNFIT)
PROGRAMS: tuple[Fate, ...] = (Succeeds(1.0), Succeeds(30.0), Fails(3, 2.0), Runs(), Runs(0, 40.0), BadCommand())
OPERATIONS = ("swap", "holders", "order", "launch", "stop")
WHATS = ("fail", "lose", "die before", "die after")
NUMBERS = st.integers(0, 5)
WHO = st.integers(0, 3)


class PoolHistory(RuleBasedStateMachine):
    """Schedulers, and all that may happen to them."""

    @initialize(
        keep=st.integers(0, 2),
        limit=st.integers(2, 3),
        max_tasks=st.sampled_from((1, 2, 100)),
        idle_s=st.sampled_from((20.0, 300.0)),
    )
    def begin(self, keep: int, limit: int, max_tasks: int, idle_s: float) -> None:
        """One scheduler."""
        # Of two claims the uids decide: the same ones each time, or a history that failed could not be told again.
        bits = random.Random(0)
        self.uuids = mock.patch("uuid.uuid4", side_effect=lambda: uuid.UUID(int=bits.getrandbits(128), version=4))
        self.uuids.start()
        self.numbers = {"keep": keep, "limit": limit, "max_tasks": max_tasks, "idle_timeout_s": idle_s, "max_age_s": 900.0}
        self.programs: dict[str, Fate] = {}
        self.world = World(self.programs)
        self.truth = self.world.truth
        self.commands: dict[str, tuple[str, ...]] = {}
        self.refs: dict[str, PodRef] = {}
        self.owners: dict[str, Owner | None] = {}
        #: How often a launch id may have run: once for each time that nothing of it was there when it was launched.
        self.lives: dict[str, int] = {}
        #: The ids of the launches under way, one in the middle of another.
        self.launching: list[str] = []
        self.outcomes: dict[str, Outcome] = {}
        self.schedulers: list[Scheduler] = []
        self.has_zombie = False
        self.log = JobLog()
        logging.getLogger("podcompose.warm").addHandler(self.log)
        self._join("s0", 1)

    def _join(self, name: str, epoch: int) -> Scheduler:
        found = Scheduler(self.world, Owner(name, epoch), self.numbers, self._check)
        self.schedulers.append(found)
        return found

    @property
    def living(self) -> list[Scheduler]:
        """The schedulers that are there."""
        return [one for one in self.schedulers if not one.is_dead]

    def _who(self, who: int) -> Scheduler:
        if self.living == []:
            last = self.schedulers[-1].owner
            self._join(last.name, last.epoch + 1)
        return self.living[who % len(self.living)]

    @rule(
        who=WHO,
        number=NUMBERS,
        image=st.sampled_from(IMAGES),
        program=st.sampled_from(PROGRAMS),
        other=st.sampled_from((0, 0, 0, 1)),
    )
    def launch(self, who: int, number: int, image: str, program: Fate, other: int) -> None:
        """A launch id is launched, perhaps again, perhaps with another pod."""
        launch_id = f"t/{number}"
        # Not held yet: one who moves a task to a pod of its own, and at once one of his name who holds him for dead.
        self.world.images.setdefault(launch_id, "a" if self.has_zombie and image in (SHELLLESS, UNFIT) else image)
        self.programs.setdefault(launch_id, program)
        self._launch(self._who(who), launch_id, other)

    def _launch(self, scheduler: Scheduler, launch_id: str, other: int) -> None:
        if scheduler.is_busy or scheduler.is_dead:
            return
        was_there, is_nested = self.world.key_is_there(launch_id), any(one.is_busy for one in self.schedulers)
        command = (f"do {launch_id}", f"{other}")
        if not was_there and launch_id not in self.launching:
            self.lives[launch_id] = self.lives.get(launch_id, 0) + 1
            self.commands.pop(launch_id, None)
        container = {"name": "base", "image": self.world.images[launch_id], "command": list(command)}
        pod = {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 10, "containers": [container]}}
        self.launching.append(launch_id)
        try:
            launched = scheduler.do(lambda: scheduler.pool.launch(pod, launch_id=launch_id))
        except OtherPod:
            assert self.commands.get(launch_id, command) != command or is_nested, f"{launch_id} is refused, and is the same"
            return
        except LaunchError:
            launched = None
        finally:
            self.launching.pop()
        if launched is not None:
            self._launched(scheduler, launch_id, command, launched, is_nested)
        elif self.world.key_is_there(launch_id):
            self.commands.setdefault(launch_id, command)

    def _launched(
        self, scheduler: Scheduler, launch_id: str, command: tuple[str, ...], launched: Launched, is_nested: bool
    ) -> None:
        scheduler.launched.add(launched.ref.uid)
        self.refs[launch_id] = launched.ref
        if launched.created:
            self.commands[launch_id] = command
        assert is_nested or launched.created or self.commands.setdefault(launch_id, command) == command, (
            "another pod is taken for it"
        )

    @rule(
        who=WHO, other=WHO, number=NUMBERS, operation=st.sampled_from(("swap", "holders", "launch")), after=st.integers(0, 1),
        when=st.sampled_from(("meanwhile before", "meanwhile after")), what=st.sampled_from(("launch", "launch", "stop", "harm")),
    )  # fmt: skip
    def race(self, who: int, other: int, number: int, operation: str, after: int, when: str, what: str) -> None:
        """In the middle of what one scheduler does next, another launches, or stops, or a pod is harmed."""
        launch_id, mine = f"t/{number}", self._who(who)

        def meanwhile() -> None:
            others = [one for one in self.living if one is not mine and not one.is_busy]
            if what == "harm":
                self._harm(other, "delete at once")
            elif others != [] and what == "stop":
                self._stop(others[other % len(others)], launch_id, None)
            elif others != [] and launch_id in self.world.images:
                self._launch(others[other % len(others)], launch_id, 0)

        mine.connection.armed.append(Armed(operation, after, when, meanwhile))

    @rule(who=WHO, operation=st.sampled_from(OPERATIONS), after=st.integers(0, 2), what=st.sampled_from(WHATS))
    def arm(self, who: int, operation: str, after: int, what: str) -> None:
        """One of the next calls of a scheduler fails, or its answer is lost, or it dies there."""
        self._who(who).connection.armed.append(Armed(operation, after, what))

    @rule(seconds=st.sampled_from((0.0, 0.5, 1.0, 3.0, 15.0, 60.0, 400.0)))
    def advance(self, seconds: float) -> None:
        """Time passes."""
        for _ in range(5):
            self.world.clock.advance(seconds / 5)
            self._poll()
        able = self.world.able_pods(int(self.numbers["max_tasks"]))
        assert len(able) <= self.numbers["limit"] * len(self.schedulers), "there are more pods than may be"

    def _poll(self) -> None:
        for scheduler in self.living:
            scheduler.poll()

    @rule(number=NUMBERS, code=st.sampled_from((0, 1, 130)))
    def end_task(self, number: int, code: int) -> None:
        """A program ends by itself."""
        if any(hosted.launch_id == f"t/{number}" for hosted in self.world._orders._courses):
            self.world.end_task(f"t/{number}", code)

    @precondition(lambda self: self.refs != {})
    @rule(who=WHO, number=NUMBERS, grace=st.sampled_from((None, 0.0, 5.0)))
    def stop(self, who: int, number: int, grace: float | None) -> None:
        """A task is stopped, or acknowledged if it has ended."""
        self._stop(self._who(who), f"t/{number}", grace)

    def _stop(self, scheduler: Scheduler, launch_id: str, grace: float | None) -> None:
        ref = self.refs.get(launch_id)
        if ref is None or scheduler.is_busy or scheduler.is_dead:
            return
        self.truth.stopped.add(ref.uid)
        with suppress(LaunchError):
            self._in_midst_of_launches(lambda: scheduler.do(lambda: scheduler.pool.stop(ref, grace=grace)))

    @precondition(lambda self: self.world.warm_pods() != [])
    @rule(which=st.integers(0, 5), how=st.sampled_from(("evict", "oom", "lose node", "delete", "delete at once", "remove")))
    def harm(self, which: int, how: str) -> None:
        """Something befalls a warm pod, whether a task is in it or not."""
        self._harm(which, how)

    def _harm(self, which: int, how: str) -> None:
        pods = self.world.warm_pods()
        if pods != []:
            self._in_midst_of_launches(lambda: self.world.harm(pods[which % len(pods)], how))

    def _in_midst_of_launches(self, done: Callable[[], object]) -> None:
        """Do it; a task that is gone by it may live once more, by the launch that found it or will find it gone."""
        there = {launch_id for launch_id in self.launching if self.world.key_is_there(launch_id)}
        done()
        for launch_id in there:
            if not self.world.key_is_there(launch_id):
                self.lives[launch_id] = self.lives.get(launch_id, 0) + 1
                self.commands.pop(launch_id, None)

    @rule(who=WHO, dies=st.booleans())
    def succeed(self, who: int, dies: bool) -> None:
        """A scheduler is replaced: it died, or is only taken for dead."""
        before = self._who(who)
        if dies or {SHELLLESS, UNFIT} & set(self.world.images.values()):
            before.kill()
        else:
            self.has_zombie = True
        epoch = max(one.owner.epoch for one in self.schedulers if one.owner.name == before.owner.name)
        self._join(before.owner.name, epoch + 1)

    @precondition(lambda self: len(self.living) < 3)
    @rule()
    def join(self) -> None:
        """One more scheduler, with a name of its own."""
        self._join(f"s{len(self.schedulers)}", 1)

    @rule(who=WHO, timeout=st.sampled_from((0.0, 2.0)))
    def poll(self, who: int, timeout: float) -> None:
        """One scheduler reads, the others do not."""
        self._who(who).poll(timeout)

    @rule(who=WHO, afresh=st.booleans())
    def resubscribe(self, who: int, afresh: bool) -> None:
        """One reads on with another subscription."""
        self._who(who).resubscribe(afresh=afresh)

    @rule(who=WHO, images=st.sets(st.sampled_from(IMAGES)))
    def announce(self, who: int, images: set[str]) -> None:
        """One has pods kept ready."""
        scheduler = self._who(who)
        containers = [{"name": "base", "image": image} for image in sorted(images)]
        spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 10}
        scheduler.do(lambda: scheduler.pool.announce([{"spec": {**spec, "containers": [one]}} for one in containers]))

    @precondition(lambda self: self.refs != {})
    @rule(who=WHO, number=NUMBERS, name=st.sampled_from("xy"), epoch=st.integers(1, 2))
    def adopt(self, who: int, number: int, name: str, epoch: int) -> None:
        """A task is taken over, unless somebody of a higher epoch has it."""
        ref, scheduler, owner = self.refs.get(f"t/{number}"), self._who(who), Owner(name, epoch)
        if ref is None:
            return
        there = self.owners.get(ref.uid)
        try:
            found = scheduler.do(lambda: scheduler.pool.adopt(ref, owner))
        except LaunchError:
            found = None
        if found is None:  # its answer was lost, or who asked is dead: it may be written
            self.owners[ref.uid] = None
        elif not isinstance(found, NotFound):
            wins = there is None or there == owner or there.epoch < owner.epoch
            assert isinstance(found, Adopted) == wins or there is None, (there, found)
            self.owners[ref.uid] = found.owner

    def _check(self, launch_id: str, uid: str, outcome: Outcome) -> None:
        """An outcome that is told is true."""
        run, wrongs = self.truth.runs.get(uid), self.truth.wrongs
        began = run is not None and run.ran
        if (outcome.ran == "no" and began) or (outcome.ran == "yes" and not began):
            wrongs.append(f"{launch_id} ran: {began}, and is told: {outcome}")
        if outcome.kind == "Succeeded" and (run is None or run.report is None or run.report.code != 0):
            wrongs.append(f"{launch_id} is told to have succeeded, and has not: {run}")
        if run is not None and run.pod not in self.truth.harmed:
            code = None if run.report is None else run.report.code
            # Who stops a task takes it off its pod with its end: others may only see that it is gone.
            is_hearsay = uid in self.truth.stopped and len(self.schedulers) > 1 and outcome.kind in ("Stopped", "Deleted")
            unseen = run.report is None and uid in self.truth.stopped and outcome.kind == "Stopped"  # it went with its pod
            if not unseen and (run.report is None or outcome.exit_code not in ((code, None) if is_hearsay else (code,))):
                wrongs.append(f"{launch_id} ended so: {run}; and is told: {outcome}")
        before = self.outcomes.setdefault(uid, outcome)
        if {before.ran, outcome.ran} == {"yes", "no"} or len({before.exit_code, outcome.exit_code} - {None}) > 1:
            wrongs.append(f"{launch_id} is told otherwise elsewhere: {before}, {outcome}")

    @invariant()
    def holds(self) -> None:
        """Nothing happened that must not, and no more pods are there than may be."""
        assert self.truth.wrongs == [], self.truth.wrongs
        for launch_id, lives in self.lives.items():
            runs = [run for run in self.truth.runs.values() if run.launch_id == launch_id]
            assert len(runs) <= lives, f"{launch_id} was launched {lives} times, and has run {len(runs)} times"

    @invariant()
    def no_job_failed(self) -> None:
        """No job of a pool ends in an error that it does not know what to do with."""
        found = [line for line in self.log.found if re.search("scripted", line) is None]
        assert found == []

    def teardown(self) -> None:
        """All that is left is attended to: then each has its outcome, and after a drain no pod runs."""
        try:
            self._attend_to_the_rest()
        finally:
            self.uuids.stop()

    def _attend_to_the_rest(self) -> None:
        logging.getLogger("podcompose.warm").removeHandler(self.log)
        if self.truth.wrongs != []:
            return
        for scheduler in self.schedulers:
            scheduler.connection.armed.clear()
        self._replace_the_dead()
        self._settle()
        self._each_has_an_outcome()
        self._drain()

    def _replace_the_dead(self) -> None:
        for name in {one.owner.name for one in self.schedulers}:
            ours = [one for one in self.schedulers if one.owner.name == name]
            if ours[-1].is_dead:
                self._join(name, ours[-1].owner.epoch + 1)

    def _settle(self) -> None:
        for round_ in range(24):
            for hosted in tuple(self.world._orders._courses):
                if round_ > 6 and hosted.started is not None:
                    self.world.end_task(hosted.launch_id, 7)
            for pod in self.world.pods:
                if round_ > 12 and "podcompose.io/warm-pool" not in pod["metadata"]["annotations"]:
                    self.world.stop(PodRef(pod["metadata"]["namespace"], pod["metadata"]["name"], pod["metadata"]["uid"]))
            self.advance(10.0)
        self.holds()

    def _each_has_an_outcome(self) -> None:
        left = self.world.open_tasks()
        assert left == [], f"nobody sees to {left}"
        for scheduler in self.living:
            lost = scheduler.launched - set(scheduler.told)
            assert lost == set(), f"{scheduler.owner} was never told of {lost}"

    def _drain(self) -> None:
        last = self.living[-1]
        for scheduler in self.living[:-1]:
            scheduler.kill()
        done = last.do(lambda: last.pool.drain(600.0))
        running = [pod for pod in self.world.warm_pods() if pod["status"].get("phase") not in ("Succeeded", "Failed")]
        assert done is True
        assert running == []


TestPoolHistory: Any = PoolHistory.TestCase
# The same histories each time: others are hunted by hand, with a larger max_examples.
TestPoolHistory.settings = settings(stateful_step_count=25, derandomize=True)
