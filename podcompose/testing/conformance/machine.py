"""
Histories that nobody thought of, against a model of pods that knows no backend.

The model: a pod is launched, runs, exits, is stopped, is removed. What its outcome must be follows from the order of these alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from podcompose.run.errors import OtherPod
from podcompose.run.outcome import Outcome
from podcompose.run.protocols import Selection
from podcompose.run.records import PodRef, Stage
from podcompose.testing.conformance.memory import Stored
from podcompose.testing.conformance.reader import Reader
from podcompose.testing.conformance.rules import require

if TYPE_CHECKING:
    from podcompose.testing.conformance.doors import Doors

__all__ = ["History", "history_of"]

_IDS = ("task/1", "task/2", "task/3")
_TEAMS = ("a", "b")
_MINE = Selection((), {"team": "a"})


@dataclass(slots=True)
class _Pod:
    """A pod of the model."""

    ref: PodRef
    launch_id: str
    team: str
    ran: bool = False
    code: int | None = None
    stopped: bool = False
    removed: bool = False

    def allows(self, outcome: Outcome, every_change: bool) -> bool:
        """Whether this can be its outcome. A stop and an exit may share a second, so both are right then."""
        kinds = set()
        if self.code is not None:
            kinds.add("Succeeded" if self.code == 0 else "Failed")
        if self.stopped:
            kinds.add("Stopped")
        if self.removed and not (every_change and (self.code is not None or self.stopped)):
            kinds |= {"Deleted", "Lost"}
        exits = self.code is None or self.stopped or outcome.exit_code == self.code or outcome.kind in ("Deleted", "Lost")
        return outcome.kind in kinds and exits


@dataclass(slots=True)
class _Follower:
    """A subscription of the model's, and every cursor it could go on from."""

    reader: Reader
    stored: list[Stored]


class History(RuleBasedStateMachine):
    """One backend, a few launch ids, one subscription to all pods and one to half of them."""

    def __init__(self, suite: Doors) -> None:
        super().__init__()
        self.suite = suite
        suite.renew()
        self.pods: dict[str, _Pod] = {}
        self.present: dict[str, _Pod] = {}
        self.followers: list[_Follower] = []

    @initialize()
    def subscribe(self) -> None:
        """Begin with one subscription to everything."""
        self.followers = [self._follow(Selection())]

    @precondition(lambda self: len(self.followers) == 1)
    @rule()
    def subscribe_again(self) -> None:
        """And, at some time, one to one team's pods."""
        self.followers.append(self._follow(_MINE))

    @rule(launch_id=st.sampled_from(_IDS), team=st.sampled_from(_TEAMS))
    def launch(self, launch_id: str, team: str) -> None:
        """Launch, for the first time or not, the same pod or another."""
        self._bury()
        there = self.present.get(launch_id)
        try:
            launched = self.suite.launch(launch_id, self.suite.labelled(team=team))
        except OtherPod:
            if there is None or there.team == team:
                raise
            return
        if launched.created:
            # A pod that was stopped may go at any time, also between the look and the launch.
            self._bury()
            there = self.present.get(launch_id)
        is_same = there is None or there.team == team
        require(is_same, "refused", f"another pod of launch id {launch_id} was launched: {launched}")
        require(launched.created == (there is None), "created", f"{launched} where the model has {there}")
        if there is not None:
            require(launched.ref == there.ref, "ref", f"{launched} where the model has {there}")
            return
        require(launched.ref.uid not in self.pods, "uid", f"the uid of {launched} was another pod's")
        self.present[launch_id] = self.pods[launched.ref.uid] = _Pod(launched.ref, launch_id, team)

    @precondition(lambda self: len(self.present) > 0)
    @rule(data=st.data())
    def run(self, data: st.DataObject) -> None:
        """A node starts a pod."""
        pod = self._any(data)
        if pod.code is None and not pod.stopped:
            self.suite.run(pod.ref)
            pod.ran = True

    @precondition(lambda self: len(self.present) > 0)
    @rule(data=st.data(), code=st.sampled_from((0, 0, 3)))
    def end(self, data: st.DataObject, code: int) -> None:
        """A pod's container exits."""
        pod = self._any(data)
        if pod.code is None and not pod.stopped:
            self.suite.run(pod.ref)
            self.suite.end(pod.ref, code)
            pod.code = code

    @precondition(lambda self: self.suite.supports_stop and len(self.present) > 0)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        """A pod is stopped by us."""
        pod = self._any(data)
        self.suite.call(self.suite.backend.stop, pod.ref, grace=1.0)
        pod.stopped = True

    @precondition(lambda self: len(self.present) > 0)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        """A pod is removed by somebody."""
        self._take_away(self._any(data))

    @rule(data=st.data(), max_items=st.sampled_from((1, 2, 1000)), timeout=st.sampled_from((0.0, 0.05)))
    def poll(self, data: st.DataObject, max_items: int, timeout: float) -> None:
        """A subscription is polled for a few changes, and its cursor stored."""
        follower = data.draw(st.sampled_from(self.followers))
        follower.reader.take(timeout, max_items)
        follower.stored.append(follower.reader.stored())
        self._compare(follower.reader)

    @precondition(lambda self: self.suite.supports_cursor)
    @rule(data=st.data(), last=st.sampled_from((0, 1, 1, 2)), back=st.sampled_from((0, 0, 1, 3)))
    def resume(self, data: st.DataObject, last: int, back: int) -> None:
        """A consumer takes a last small batch, crashes, and begins again from a cursor it stored then or some time before."""
        follower = data.draw(st.sampled_from(self.followers))
        if last > 0:
            follower.reader.take(0.0, last)
            follower.stored.append(follower.reader.stored())
        self.suite.call(follower.reader.subscription.close)
        del follower.stored[len(follower.stored) - min(back, len(follower.stored) - 1) :]
        follower.reader = self.suite.subscribe(follower.reader.where, stored=follower.stored[-1])

    def teardown(self) -> None:
        """In the end, every subscription knows what is true."""
        for pod in list(self.present.values()):
            if pod.stopped:
                # It may be gone by now, or never go without a node: then it goes now.
                self._take_away(pod)
        for follower in self.followers:
            self._compare(follower.reader.rest(max_items=3))
            for pod in self.present.values():
                self._compare_stage(follower.reader, pod)

    def _compare_stage(self, reader: Reader, pod: _Pod) -> None:
        """What is seen in the end is what is; a backend that hears of it from elsewhere may take a moment."""
        stage = Stage.FINISHED if pod.code is not None else Stage.RUNNING if pod.ran else Stage.ACCEPTED
        if pod.code is not None or self.suite.supports_steps:
            told = f"the stage of {pod}, which is {stage}"
            reader.until(lambda reader: reader.stage(pod.ref.uid) in (None, stage), told, 1000)

    def _bury(self) -> None:
        """A pod that was stopped may go at any time, others not."""
        if any(pod.stopped for pod in self.present.values()):
            there = {pod["metadata"]["uid"] for pod in self.suite.pods()}
            for pod in list(self.present.values()):
                if pod.stopped and pod.ref.uid not in there:
                    self._take_away(pod)

    def _take_away(self, pod: _Pod) -> None:
        self.suite.remove(pod.ref.uid)
        pod.removed = True
        del self.present[pod.launch_id]

    def _any(self, data: st.DataObject) -> _Pod:
        return data.draw(st.sampled_from(sorted(self.present.values(), key=lambda pod: pod.launch_id)))

    def _follow(self, where: Selection) -> _Follower:
        return _Follower(self.suite.subscribe(where), [Stored()])

    def _compare(self, reader: Reader) -> None:
        """What a subscription says is true by the model."""
        for uid, record in reader.view.items():
            require(uid in self.pods, "phantom", f"{record} was never launched")
            pod = self.pods[uid]
            same = (record.ref, record.launch_id) == (pod.ref, pod.launch_id)
            require(same, "identity", f"{record} where the model has {pod}")
        for uid, outcome in reader.told.items():
            require(uid in self.pods, "phantom", f"pod {uid} has an outcome and was never launched")
            right = self.pods[uid].allows(outcome, self.suite.supports_every_change)
            require(right, "outcome", f"the model has {self.pods[uid]}, whose outcome was told as {outcome}")


def history_of(suite: Doors) -> type[History]:
    """The machine of a suite."""

    class SuiteHistory(History):
        def __init__(self) -> None:
            super().__init__(suite)

    return SuiteHistory
