"""What is still to happen to each pod, and that it does when its time has come."""

from __future__ import annotations

from dataclasses import dataclass

from podcompose.backends.memory.clock import Timer, VirtualClock
from podcompose.backends.memory.fates import Fate
from podcompose.backends.memory.happenings import Ended, Exited, Marked
from podcompose.backends.memory.kubelet import after, is_bound, is_done
from podcompose.backends.memory.script import Step, ending, from_start
from podcompose.core.json import JsonMap
from podcompose.run.board import Board

__all__ = ["Lives"]


@dataclass(slots=True)
class _Plan:
    """What is to happen to one pod."""

    fate: Fate
    steps: tuple[Step, ...]
    timer: Timer | None = None


class Lives:
    """The scripts of the pods of a board; every method is called with its lock held."""

    def __init__(self, board: Board, clock: VirtualClock) -> None:
        self._board = board
        self._clock = clock
        self._plans: dict[str, _Plan] = {}

    def begin(self, uid: str, fate: Fate, steps: tuple[Step, ...]) -> None:
        """From now on this happens to the pod, and nothing that was to happen before."""
        before = self._plans.get(uid)
        if before is not None:
            _cancel(before)
        plan = self._plans[uid] = _Plan(fate, steps)
        self._arm(uid, plan)

    def strike(self, pod: JsonMap, fate: Fate) -> None:
        """A fate befalls a pod that runs; one that is being deleted has its own already."""
        if "deletionTimestamp" not in pod["metadata"]:
            self.begin(pod["metadata"]["uid"], fate, from_start(fate))

    def finish(self, pod: JsonMap) -> None:
        """Its main container exits 0 at once, and the pod has succeeded."""
        uid = pod["metadata"]["uid"]
        plan = self._plans.get(uid)
        if plan is not None and "deletionTimestamp" not in pod["metadata"]:
            _cancel(plan)
        for what in (Exited(0), Ended("Succeeded")):
            pod = self._board.put(after(pod, what, self._clock.now()))

    def delete(self, pod: JsonMap, grace: float) -> None:
        """Its deletion begins."""
        uid = pod["metadata"]["uid"]
        plan = self._plans.get(uid)
        grace = grace if is_bound(pod) and not is_done(pod) else 0
        if "deletionTimestamp" in pod["metadata"] and grace > 0:
            # A second DELETE does not shorten a running one, as real nodes have it.
            return
        marked = self._board.put(after(pod, Marked(grace), self._clock.now()))
        if plan is not None:
            self.begin(uid, plan.fate, ending(plan.fate, marked, grace))

    def drop(self, uid: str) -> None:
        """It is gone."""
        plan = self._plans.pop(uid, None)
        if plan is not None:
            _cancel(plan)
        self._board.remove(uid)

    def halt(self) -> None:
        """Nothing happens to any pod any more."""
        for plan in self._plans.values():
            _cancel(plan)

    def _arm(self, uid: str, plan: _Plan) -> None:
        if len(plan.steps) > 0:
            plan.timer = self._clock.after(plan.steps[0].after_s, lambda: self._proceed(uid, plan))

    def _proceed(self, uid: str, plan: _Plan) -> None:
        """Do the next step, and those that follow in the same moment."""
        with self._board.changed:
            if self._plans.get(uid) is not plan or plan.timer is None or plan.timer.cancelled:
                return
            step, plan.steps = plan.steps[0], plan.steps[1:]
            self._happen(uid, step)
            if self._plans.get(uid) is plan:
                self._arm(uid, plan)

    def _happen(self, uid: str, step: Step) -> None:
        pod = self._board.by_uid(uid)
        if pod is None:
            return
        if step.what is None:
            self.drop(uid)
        elif isinstance(step.what, Marked) and step.what.grace > 0:
            self.delete(pod, step.what.grace)
        else:
            self._board.put(after(pod, step.what, self._clock.now()))


def _cancel(plan: _Plan) -> None:
    if plan.timer is not None:
        plan.timer.cancel()
