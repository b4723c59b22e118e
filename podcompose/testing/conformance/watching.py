"""Checks of a watcher: all that is there, all that changes, nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from podcompose.run.protocols import Batch, Gone, Left, Seen, Selection, Watcher
from podcompose.run.records import PodRef, Stage
from podcompose.testing.conformance.doors import Doors, needs
from podcompose.testing.conformance.life import running, scheduled
from podcompose.testing.conformance.reader import Reader
from podcompose.testing.conformance.rules import require

__all__ = ["Closing", "Watching"]


class Watching(Doors):
    """What holds for `subscribe` and `poll`."""

    def test_it_is_a_watcher(self) -> None:
        """The backend has the method of the protocol."""
        assert isinstance(self.backend, Watcher)

    def test_what_was_there_comes_before_synced(self) -> None:
        """Everything that was there is delivered, then Synced."""
        refs = [self.launch(f"task/{number}").ref for number in range(5)]
        reader = self.subscribe().until_synced()
        require({ref.uid for ref in refs} == set(reader.view), "lost", f"launched {refs}, in view {set(reader.view)}")

    def test_synced_comes_where_there_is_nothing(self) -> None:
        """Where no pods are, Synced comes all the same."""
        reader = self.subscribe().until_synced()
        require(len(reader.changes) == 1, "phantom", f"no pods are there, and {reader.changes} came")

    def test_new_pods_are_seen(self) -> None:
        """A pod that is launched later is seen, with its launch id and labels."""
        reader = self.subscribe().until_synced()
        ref = self.launch("dag/run/task/1", self.labelled(team="a")).ref
        record = reader.until(lambda seen: ref.uid in seen.view, "a new pod").view[ref.uid]
        found = (record.ref, record.launch_id, (record.labels or {}).get("team"))
        require(found == (ref, "dag/run/task/1", "a"), "identity", f"launched {ref}, seen {record}")

    @needs("supports_steps")
    def test_the_stage_follows_the_pod(self) -> None:
        """A pod's stage is Accepted, then as its node says."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_stage(ref.uid, Stage.ACCEPTED)
        self.set_status(ref.uid, scheduled(self.now()))
        reader.until_stage(ref.uid, Stage.SCHEDULED)
        self.run(ref)
        reader.until_stage(ref.uid, Stage.RUNNING)
        self.end(ref)
        reader.until_stage(ref.uid, Stage.FINISHED)

    def test_a_selection_by_labels_gives_those_pods(self) -> None:
        """A selection by labels delivers the pods that have them all, and Synced; no others."""
        mine = self.launch("mine", self.labelled(team="a", size="s")).ref
        self.launch("other", self.labelled(team="b", size="s"))
        self.launch("neither")
        reader = self.subscribe(Selection((), {"team": "a", "size": "s"}))
        later = self.launch("later", self.labelled(team="a", size="s")).ref
        self.launch("later other", self.labelled(team="a", size="l"))
        everything = self.subscribe()
        everything.until(lambda seen: len(seen.view) == 5, "five pods")
        reader.rest()
        require(set(reader.view) == {mine.uid, later.uid}, "selection", f"selected {set(reader.view)}")

    @needs("supports_namespaces")
    def test_a_selection_by_namespace_gives_those_pods(self) -> None:
        """A selection of one namespace delivers its pods only; of none named, those of all."""
        here = self.launch("here").ref
        there = self.launch("there", {**self.pod(), "metadata": {"namespace": self.other_namespace}}).ref
        seen = set(self.subscribe(Selection((self.other_namespace,))).rest().view)
        require(seen == {there.uid}, "selection", f"selected {seen}")
        seen = set(self.subscribe().rest().view)
        require(seen == {here.uid, there.uid}, "selection", f"selected {seen}")

    @needs("supports_labels")
    def test_a_pod_that_is_selected_no_more_has_left(self) -> None:
        """A pod whose labels are changed has left, and is not gone; with its labels back, it is seen again."""
        ref = self.launch("dag/run/task/1", self.labelled(team="a")).ref
        reader = self.subscribe(Selection((), {"team": "a"})).until_synced()
        self.set_labels(ref.uid, {"team": "b"})
        reader.until(lambda seen: ref.uid not in seen.view, "Left")
        require(isinstance(reader.changes[-1], Left), "left", f"a relabelled pod gave {reader.changes[-1]!r}")
        self.set_labels(ref.uid, {"team": "a"})
        reader.until(lambda seen: ref.uid in seen.view, "a pod that came back")

    def test_a_name_that_comes_again_is_another_pod(self) -> None:
        """A pod that is removed, and another of its name: Gone of the first, then Seen of the second."""
        old = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self.remove(old.uid)
        new = self.launch("dag/run/task/1").ref
        reader.until(lambda seen: new.uid in seen.view, "the pod of the same name")
        news = [change for change in reader.changes if isinstance(change, (Seen, Gone))]
        order = [(type(change).__name__, change.record.ref.uid) for change in news[-2:]]
        require(order == [("Gone", old.uid), ("Seen", new.uid)], "identity", f"a name that came again gave {order}")

    @needs("supports_steps")
    def test_changes_that_nobody_took_are_one(self) -> None:
        """Many changes of a pod while nobody polls are fewer changes to take, the last of them as it is now."""
        refs = [self.launch(f"task/{number}").ref for number in range(3)]
        reader = self.subscribe()
        other = self.subscribe()
        for number in range(1, 21):
            for ref in refs:
                self.set_status(ref.uid, running(self.now(), restarts=number))
        other.until(lambda seen: self._restarted(seen, refs, 20), "the last change")
        lag = self.call(reader.subscription.status).lag
        reader.until(lambda seen: self._restarted(seen, refs, 20), "the last change").rest()
        times = Counter(change.record.ref.uid for change in reader.changes if isinstance(change, Seen))
        require(lag <= len(refs) + 1, "memory", f"{lag} changes wait for {len(refs)} pods")
        require(max(times.values()) <= 10, "memory", f"20 changes that nobody took were delivered one by one: {times}")

    def _restarted(self, reader: Reader, refs: list[PodRef], times: int) -> bool:
        return all(ref.uid in reader.view and reader.view[ref.uid].restarts == times for ref in refs)

    def test_memory_is_bounded_by_pods_and_outcomes(self) -> None:
        """Of pods that came and went while nobody polled, no more waits than what was not told."""
        reader = self.subscribe().until_synced()
        other = self.subscribe().until_synced()
        for number in range(10):
            ref = self.launch(f"task/{number}").ref
            self.run(ref)
            self.end(ref)
            other.until_told(ref.uid)
            self.remove(ref.uid)
            other.until_gone(ref.uid)
        lag = self.call(reader.subscription.status).lag
        reader.until(lambda seen: len(seen.gone) == 10, "ten pods that are gone").rest()
        require(lag <= 10, "memory", f"{lag} changes wait for 10 pods that are gone")

    def test_small_batches_lose_nothing(self) -> None:
        """Who takes one change at a time gets everything in the end."""
        refs = [self.launch(f"task/{number}").ref for number in range(6)]
        reader = self.subscribe().until_synced(max_items=1)
        for number, ref in enumerate(refs):
            self.run(ref)
            reader.take(0.0, 1)
            self.end(ref, number)
            reader.take(0.0, 1)
        reader.rest(max_items=1)
        codes = [reader.told[ref.uid].exit_code for ref in refs]
        require(codes == list(range(6)), "lost", f"exit codes 0 to 5 were told as {codes}")

    def test_subscriptions_are_independent(self) -> None:
        """What one subscription has taken, the other still gets."""
        first, second = self.subscribe().until_synced(), self.subscribe()
        ref = self.launch("dag/run/task/1").ref
        self.run(ref)
        self.end(ref)
        first.until_told(ref.uid)
        second.until_told(ref.uid)
        require(first.told == second.told, "outcome-changed", f"one was told {first.told}, the other {second.told}")

    def test_nothing_new_is_an_empty_batch(self) -> None:
        """When nothing happens, poll gives an empty batch with the cursor as it was."""
        self.launch("dag/run/task/1")
        reader = self.subscribe().rest()
        cursor = reader.cursor
        batch = reader.take(0.0)
        require(batch == Batch((), batch.cursor), "phantom", f"nothing has happened, and {batch.changes} came")
        require(isinstance(cursor, str), "cursor", f"the cursor is {cursor!r}")

    def test_it_says_how_it_is(self) -> None:
        """An open subscription is Live once it is synced, has no lag when all is taken, and heard of the source lately."""
        reader = self.subscribe().rest()
        health = self.call(reader.subscription.status)
        require(health.state == "Live" and health.lag == 0, "status", f"a synced subscription says {health}")
        heard = health.last_heard
        require(heard is None or heard.utcoffset() == timedelta(0), "status", f"last heard {heard}, not in UTC")


class Closing(Doors):
    """What holds for `close`."""

    def test_a_closed_subscription_is_silent(self) -> None:
        """A closed subscription says so, and its polls give empty batches at once, however long they would wait."""
        reader = self.subscribe()
        self.launch("dag/run/task/1")
        self.call(reader.subscription.close)
        self.call(reader.subscription.close)
        (batch,) = self.at_once(lambda: reader.subscription.poll(None))
        require(isinstance(batch, Batch) and batch.changes == (), "closed", f"a closed subscription gave {batch!r}")
        state = self.call(reader.subscription.status).state
        require(state == "Closed", "closed", f"a closed subscription says it is {state}")

    @needs("supports_threads")
    def test_close_wakes_a_poll_that_waits(self) -> None:
        """A poll that waits for ever returns when somebody else closes its subscription."""
        reader = self.subscribe().rest()
        batch, _ = self.at_once(lambda: reader.subscription.poll(None), reader.subscription.close)
        require(isinstance(batch, Batch), "close-hangs", f"poll was waiting when its subscription was closed, and gave {batch!r}")

    def test_closing_one_leaves_the_other(self) -> None:
        """Closing a subscription does nothing to another of the same selection."""
        one, other = self.subscribe().until_synced(), self.subscribe().until_synced()
        self.call(one.subscription.close)
        ref = self.launch("dag/run/task/1").ref
        other.until(lambda seen: ref.uid in seen.view, "a new pod")

    @needs("supports_threads")
    def test_closing_the_backend_closes_its_subscriptions(self) -> None:
        """A closed backend has no open subscriptions; it can be closed twice."""
        reader = self.subscribe().until_synced()
        answers = self.at_once(self.backend.close)
        require(answers == [None], "close-hangs", f"close gave {answers[0]!r}")
        self.call(self.backend.close)
        (batch,) = self.at_once(lambda: reader.subscription.poll(None))
        require(isinstance(batch, Batch), "close-hangs", f"a poll on a closed backend gave {batch!r}")
