"""A good backend, spoilt in one way at a time: what a conformance suite is for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from podcompose.backends.memory import ByHand, MemoryBackend
from podcompose.run import naming
from podcompose.run.board import BoardSubscription
from podcompose.run.cursor import format_cursor
from podcompose.run.outcome import Outcome
from podcompose.run.prepare import for_launch
from podcompose.run.protocols import (
    Adopted,
    Batch,
    Change,
    Gone,
    Health,
    Launched,
    Left,
    NotFound,
    Resynced,
    Seen,
    Selection,
    Synced,
)
from podcompose.run.records import Owner, PodRef, Stage

__all__ = ["MUTANTS", "Mutant"]


class Good(MemoryBackend):
    """The memory backend, moved by hand."""

    def __init__(self) -> None:
        super().__init__(fates=ByHand())


class Altered:
    """A subscription whose batches are altered on the way."""

    def __init__(self, inner: BoardSubscription) -> None:
        self.inner = inner
        self.records: dict[str, Any] = {}
        self.numbers = count(1)

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        """A batch of the good subscription, altered."""
        batch = self.inner.poll(timeout, max_items)
        changes = tuple(altered for change in batch.changes for altered in self.alter(change))
        return Batch(changes, self.cursor(batch))

    def alter(self, change: Change) -> Iterable[Change]:
        """What becomes of one change."""
        return [change]

    def cursor(self, batch: Batch) -> str:
        """What becomes of the cursor."""
        return batch.cursor

    def status(self) -> Health:
        """As it is."""
        return self.inner.status()

    def close(self) -> None:
        """As it is."""
        self.inner.close()


class OutcomeTwice(Altered):
    """Gone tells the outcome that Seen has told."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [replace(change, outcome=change.record.outcome) if isinstance(change, Gone) else change]


class OutcomeChanged(Altered):
    """The record of Gone has another outcome than was told."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, Gone) and change.outcome is None:
            return [replace(change, record=replace(change.record, outcome=Outcome("Lost")))]
        return [change]


class OutcomeOfAnother(Altered):
    """The exit code is not that of the container."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, (Seen, Gone)) and change.record.outcome is not None:
            wrong = replace(change.record.outcome, exit_code=1)
            told = None if change.outcome is None else wrong
            return [replace(change, record=replace(change.record, outcome=wrong), outcome=told)]
        return [change]


class OutcomeForgotten(Altered):
    """An outcome is in the record, and never told."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [replace(change, outcome=None) if isinstance(change, (Seen, Gone)) else change]


class EventLost(Altered):
    """Every fourth change does not arrive."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [] if next(self.numbers) % 4 == 0 else [change]


class GoneLost(Altered):
    """Removals are not told."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [] if isinstance(change, Gone) else [change]


class WrongUid(Altered):
    """A change names another pod's uid."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, Seen):
            ref = change.record.ref
            return [replace(change, record=replace(change.record, ref=replace(ref, uid=ref.uid[::-1])))]
        return [change]


class UidKept(Altered):
    """A pod is known by its name: a new one of the same name gets the uid of the old."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, (Seen, Gone, Left)):
            ref = change.record.ref
            uid = self.records.setdefault(ref.name, ref.uid)
            return [replace(change, record=replace(change.record, ref=replace(ref, uid=uid)))]
        return [change]


class LateStage(Altered):
    """A record shows the stage of before."""

    def alter(self, change: Change) -> Iterable[Change]:
        if not isinstance(change, Seen):
            return [change]
        uid, stage = change.record.ref.uid, change.record.stage
        before, self.records[uid] = self.records.get(uid, stage), stage
        return [replace(change, record=replace(change.record, stage=before))]


class StageBack(Altered):
    """A pod that runs is seen as Accepted once more."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, Seen) and change.record.stage is Stage.RUNNING:
            return [change, Seen(replace(change.record, stage=Stage.ACCEPTED))]
        return [change]


class StaleAfterGone(Altered):
    """The last state of a pod comes once more after it is gone."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, Seen):
            self.records[change.record.ref.uid] = change.record
        if isinstance(change, Gone) and change.record.ref.uid in self.records:
            return [change, Seen(self.records[change.record.ref.uid])]
        return [change]


class GoneTwice(Altered):
    """A removal is told twice."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [change, replace(change, outcome=None)] if isinstance(change, Gone) else [change]


class NeverCertain(Altered):
    """A removal that was seen is told as if it had not been."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [replace(change, certain=False)] if isinstance(change, Gone) else [change]


class SyncedFirst(Altered):
    """Synced comes before what was there."""

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        first = next(self.numbers) == 1
        batch = self.inner.poll(timeout, max_items - 1 if first and max_items > 1 else max_items)
        changes = tuple(change for change in batch.changes if not isinstance(change, Synced))
        return Batch((Synced(), *changes) if first else changes, batch.cursor)


class SyncedNever(Altered):
    """Synced does not come."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [] if isinstance(change, Synced) else [change]


class SyncedTwice(Altered):
    """Synced comes twice."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [change, change] if isinstance(change, Synced) else [change]


class ResyncedNever(Altered):
    """A cursor of no use is passed over in silence."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [] if isinstance(change, Resynced) else [change]


class LeftIsGone(Altered):
    """A pod that is selected no more is said to be gone."""

    def alter(self, change: Change) -> Iterable[Change]:
        if isinstance(change, Left):
            lost = Outcome("Lost")
            return [Gone(replace(change.record, stage=Stage.GONE, outcome=lost), False, lost)]
        return [change]


class LeftForgotten(Altered):
    """A pod that is selected no more stays in view."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [] if isinstance(change, Left) else [change]


class MaxItemsIgnored(Altered):
    """Everything comes at once."""

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        return self.inner.poll(timeout, 1000)


class CursorTooNew(Altered):
    """The cursor acknowledges what was read, not what was taken."""

    def cursor(self, batch: Batch) -> str:
        board = self.inner._board
        return format_cursor(board.identity, self.inner.scope, str(board._version))


class CursorTooOld(Altered):
    """The cursor stays where it was after the first batch."""

    def cursor(self, batch: Batch) -> str:
        return str(self.records.setdefault("cursor", batch.cursor))


class LaunchIdLost(Altered):
    """Records do not say whose pod it is."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [replace(change, record=replace(change.record, launch_id=None))] if isinstance(change, Seen) else [change]


class OwnerLost(Altered):
    """Records do not say who owns the pod."""

    def alter(self, change: Change) -> Iterable[Change]:
        return [replace(change, record=replace(change.record, owner=None))] if isinstance(change, Seen) else [change]


class DeliversWhenClosed(Altered):
    """A closed subscription still gives changes."""

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        return Batch(self.inner.ledger.take(max_items)[0], "") if self.inner._closed else self.inner.poll(timeout, max_items)


class LiveWhenClosed(Altered):
    """A closed subscription says it is live."""

    def status(self) -> Health:
        return replace(self.inner.status(), state="Live")


class CloseForgetsPoll(Altered):
    """Closing does not wake the poll that waits."""

    def close(self) -> None:
        self.inner._closed = True


class CloseHangs(Altered):
    """Closing waits for what never comes, unless nothing was ever polled."""

    def poll(self, timeout: float | None = None, max_items: int = 1000) -> Batch:
        self.records["polled"] = True
        return self.inner.poll(timeout, max_items)

    def close(self) -> None:
        if self.records.get("polled") and threading.current_thread() is not threading.main_thread():
            threading.Event().wait(8)
        self.inner.close()


def altering(kind: Callable[[BoardSubscription], Any]) -> type[Good]:
    """The good backend with altered subscriptions."""

    class WithAltered(Good):
        def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
            return kind(super().subscribe(where, cursor=cursor))

    return WithAltered


class NoCoalescing(Good):
    """Every change waits for itself."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        subscription = super().subscribe(where, cursor=cursor)
        ledger, numbers = subscription.ledger, count()
        put = ledger._put
        ledger._put = lambda key, change: put(f"{key} {next(numbers)}", change)  # type: ignore[method-assign]
        return subscription


class LabelsForgotten(Good):
    """A selection by labels gives everything."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        return super().subscribe(Selection(where.namespaces), cursor=cursor)


class OneLabelIsEnough(Good):
    """A selection by two labels looks at the first."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        return super().subscribe(Selection(where.namespaces, dict(list(where.labels.items())[:1])), cursor=cursor)


class NamespacesForgotten(Good):
    """A selection by namespace gives everything."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        return super().subscribe(Selection((), where.labels), cursor=cursor)


class SharedQueue(Good):
    """Two subscriptions of one selection are one."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        if cursor is not None:
            return super().subscribe(where, cursor=cursor)
        there = [open_one for open_one in self._board._subscriptions if open_one.where == where]
        return there[0] if there else super().subscribe(where)


class OnlyNews(Good):
    """What was there before the subscription is not delivered."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        subscription = super().subscribe(where, cursor=cursor)
        subscription.ledger._pending.clear()
        subscription.ledger.note(Synced())
        return subscription


class ClosesAll(Good):
    """Closing one subscription closes every one."""

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> Any:
        board = self._board

        class Closing(Altered):
            def close(self) -> None:
                board.close()

        return Closing(super().subscribe(where, cursor=cursor))


class BackendStaysOpen(Good):
    """Closing the backend leaves polls waiting."""

    def close(self) -> None:
        self._lives.halt()


class TwoPods(Good):
    """Every launch makes a pod of a new name."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        launched = super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        if launched.created or dry_run:
            return launched
        again = self._board.get(launched.ref.namespace, launched.ref.name)
        assert again is not None
        return Launched(self.put({**again, "metadata": {**again["metadata"], "name": f"{launched.ref.name}-{self._made}"}}), True)


class OtherPodTaken(Good):
    """The same id with another pod is success."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        found = self.settle(launch_id)
        return found if isinstance(found, Launched) else super().launch(pod, launch_id=launch_id, dry_run=dry_run)


class NameTakenOver(Good):
    """A pod of that name is replaced, whoever made it."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        if launch_id != "" and isinstance(self.settle(launch_id), NotFound) and not dry_run:
            there = self._board.get(self.namespace, naming.pod_name(launch_id))
            if there is not None:
                self._board.remove(there["metadata"]["uid"])
        return super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)


class EndedLaunchedAgain(Good):
    """A launch id whose pod has ended is launched again."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        there = self.settle(launch_id) if launch_id != "" else None
        if isinstance(there, Launched):
            manifest = self.manifest(there.ref)
            if (manifest is not None and manifest["status"]["phase"] == "Failed") or manifest["status"]["phase"] == "Succeeded":
                self.remove(there.ref)
        return super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)


class AlwaysCreated(Good):
    """Every launch says that it made the pod."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        launched = super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        return replace(launched, created=True)


class DryRunLaunches(Good):
    """A dry run makes the pod."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        return super().launch(pod, launch_id=launch_id, deadline=deadline)


class DryRunSaysYes(Good):
    """A dry run refuses nothing."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        if dry_run:
            return Launched(PodRef(self.namespace, naming.pod_name(launch_id), ""), False)
        return super().launch(pod, launch_id=launch_id, deadline=deadline)


class Racing(Good):
    """Looks, lets others go first, then makes the pod: no compare-and-set."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        found = self.settle(launch_id) if launch_id != "" else None
        if isinstance(found, Launched) or launch_id == "" or dry_run:
            return super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        barrier.wait()
        return self._created(for_launch(pod, launch_id, self.namespace))


#: Lets the threads of the race arrive, and a lone launch pass.
class _Gate:
    def wait(self) -> None:
        threading.Event().wait(0.05)


barrier = _Gate()


class InputChanged(Good):
    """The pod that is given is stamped in place."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        launched = super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        pod.setdefault("metadata", {})["name"] = launched.ref.name
        return launched


class LabelsDropped(Good):
    """A pod's own labels do not arrive."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        launched = super().launch(pod, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        if launched.created:
            self.set_labels(launched.ref, {naming.LAUNCH: naming.launch_label(launch_id)})
        return launched


class IdsCut(Good):
    """A long launch id is cut, and meets another one's pod."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        return super().launch(pod, launch_id=launch_id[:200], deadline=deadline, dry_run=dry_run)


class EmptyIdTaken(Good):
    """An empty launch id is taken for some id."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        return super().launch(pod, launch_id=launch_id or "empty", deadline=deadline, dry_run=dry_run)


class NamespaceIgnored(Good):
    """Every pod goes to the backend's own namespace."""

    def launch(self, pod: Any, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        metadata = {name: value for name, value in pod.get("metadata", {}).items() if name != "namespace"}
        return super().launch({**pod, "metadata": metadata}, launch_id=launch_id, deadline=deadline, dry_run=dry_run)


class SettleLaunches(Good):
    """Settling a launch that never was says it is there."""

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        settled = super().settle(launch_id, namespace)
        return settled if isinstance(settled, Launched) else Launched(PodRef(self.namespace, settled.name, ""), False)


class SettleByName(Good):
    """Settling looks at the name alone."""

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        where, name = namespace or self.namespace, naming.pod_name(launch_id)
        there = self._board.get(where, name)
        return NotFound(name, where) if there is None else Launched(PodRef(where, name, there["metadata"]["uid"]), False)


class SettleBlind(Good):
    """Settling finds nothing."""

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        return NotFound(naming.pod_name(launch_id), namespace or self.namespace)


class StopByName(Good):
    """A stop ends whoever has the name."""

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        there = self._board.get(ref.namespace, ref.name)
        if there is not None:
            super().stop(replace(ref, uid=there["metadata"]["uid"]), grace=grace)


class StopUnnoted(Good):
    """A stop of ours is not told from a deletion by somebody else."""

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        self.delete(ref, grace=grace)


class StopOfNothingFails(Good):
    """To stop what is gone is an error."""

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        if self.manifest(ref) is None:
            raise KeyError(ref)
        super().stop(ref, grace=grace)


class StopDoesNothing(Good):
    """A stop is taken and forgotten."""

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Nothing."""


class LastOwnerWins(Good):
    """Whoever adopts a pod has it."""

    def adopt(self, ref: PodRef, owner: Owner) -> Any:
        found = self._board.by_uid(ref.uid)
        return super().adopt(ref, owner) if found is None else self._adopted(found, ref, owner)

    def _adopted(self, found: Any, ref: PodRef, owner: Owner) -> Adopted:
        annotations = {**found["metadata"]["annotations"], naming.OWNER: owner.name, naming.OWNER_EPOCH: str(owner.epoch)}
        self._board.put({**found, "metadata": {**found["metadata"], "annotations": annotations}})
        return Adopted(ref, owner)


class EqualEpochsTake(Good):
    """Of equal epochs the last one wins."""

    def adopt(self, ref: PodRef, owner: Owner) -> Any:
        answer = super().adopt(ref, owner)
        if not isinstance(answer, (Adopted, NotFound)) and answer.owner.epoch == owner.epoch:
            super().adopt(ref, Owner(owner.name, owner.epoch + 1))
            return Adopted(ref, owner)
        return answer


class AdoptByName(Good):
    """Adopts whoever has the name."""

    def adopt(self, ref: PodRef, owner: Owner) -> Any:
        there = self._board.get(ref.namespace, ref.name)
        return super().adopt(ref if there is None else replace(ref, uid=there["metadata"]["uid"]), owner)


class AdoptUnwritten(Good):
    """Says Adopted and writes nothing."""

    def adopt(self, ref: PodRef, owner: Owner) -> Any:
        return Adopted(ref, owner) if self.manifest(ref) is not None else NotFound(ref.name, ref.namespace)


class Mutant(NamedTuple):
    """A spoilt backend, the check that must catch it, and the rule by whose name."""

    made: type[Good]
    check: str
    rule: str = ""
    #: The name of what was spoilt, where it is not the backend itself.
    spoilt: type | None = None

    @property
    def name(self) -> str:
        """What was spoilt."""
        return (self.made if self.spoilt is None else self.spoilt).__name__

    @property
    def what(self) -> str:
        """What it does wrong."""
        return ((self.made if self.spoilt is None else self.spoilt).__doc__ or "").strip()


def _altered(kind: type[Altered], check: str, rule: str) -> Mutant:
    return Mutant(altering(kind), check, rule, kind)


MUTANTS = (
    _altered(OutcomeTwice, "test_success_is_told_once", "outcome-twice"),
    _altered(OutcomeChanged, "test_failure_is_told_once_with_its_exit_code", "outcome-changed"),
    _altered(OutcomeOfAnother, "test_failure_is_told_once_with_its_exit_code", "outcome"),
    _altered(OutcomeForgotten, "test_success_is_told_once", "outcome-changed"),
    _altered(EventLost, "test_what_was_there_comes_before_synced", "synced-too-early"),
    _altered(GoneLost, "test_removal_of_a_running_pod_is_its_outcome", "lost"),
    _altered(WrongUid, "test_new_pods_are_seen", "lost"),
    _altered(UidKept, "test_a_name_that_comes_again_is_another_pod", "stale-after-gone"),
    _altered(LateStage, "test_the_stage_follows_the_pod", "repeated"),
    _altered(StageBack, "test_the_stage_follows_the_pod", "illegal-stage"),
    _altered(StaleAfterGone, "test_removal_of_a_running_pod_is_its_outcome", "stale-after-gone"),
    _altered(GoneTwice, "test_removal_of_a_running_pod_is_its_outcome", "gone-twice"),
    _altered(NeverCertain, "test_removal_of_a_running_pod_is_its_outcome", "certain"),
    _altered(SyncedFirst, "test_what_was_there_comes_before_synced", "synced-too-early"),
    _altered(SyncedNever, "test_synced_comes_where_there_is_nothing", "lost"),
    _altered(SyncedTwice, "test_synced_comes_where_there_is_nothing", "synced-twice"),
    _altered(ResyncedNever, "test_a_bad_cursor_begins_anew", "resynced"),
    _altered(LeftIsGone, "test_a_pod_that_is_selected_no_more_has_left", "left"),
    _altered(LeftForgotten, "test_a_pod_that_is_selected_no_more_has_left", "lost"),
    _altered(MaxItemsIgnored, "test_small_batches_lose_nothing", "max-items"),
    _altered(CursorTooNew, "test_any_cursor_goes_on_where_it_was", "synced-too-early"),
    _altered(CursorTooOld, "test_any_cursor_goes_on_where_it_was", "repeated"),
    _altered(LaunchIdLost, "test_launch_id_can_be_any_text", "launch-id"),
    _altered(OwnerLost, "test_adopt_makes_the_owner_known", "lost"),
    _altered(DeliversWhenClosed, "test_a_closed_subscription_is_silent", "closed"),
    _altered(LiveWhenClosed, "test_a_closed_subscription_is_silent", "closed"),
    _altered(CloseForgetsPoll, "test_close_wakes_a_poll_that_waits", "close-hangs"),
    _altered(CloseHangs, "test_close_wakes_a_poll_that_waits", "close-hangs"),
    Mutant(NoCoalescing, "test_changes_that_nobody_took_are_one", "memory"),
    Mutant(LabelsForgotten, "test_a_selection_by_labels_gives_those_pods", "selection"),
    Mutant(OneLabelIsEnough, "test_a_selection_by_labels_gives_those_pods", "selection"),
    Mutant(NamespacesForgotten, "test_a_selection_by_namespace_gives_those_pods", "selection"),
    Mutant(SharedQueue, "test_subscriptions_are_independent", "lost"),
    Mutant(OnlyNews, "test_what_was_there_comes_before_synced", "synced-too-early"),
    Mutant(ClosesAll, "test_closing_one_leaves_the_other", "lost"),
    Mutant(BackendStaysOpen, "test_closing_the_backend_closes_its_subscriptions", "close-hangs"),
    Mutant(TwoPods, "test_launch_again_finds_the_pod", "created"),
    Mutant(OtherPodTaken, "test_launch_of_another_pod_is_refused", "refused"),
    Mutant(NameTakenOver, "test_a_name_that_is_taken_is_left_alone", "refused"),
    Mutant(EndedLaunchedAgain, "test_launch_after_the_end_finds_the_pod", "created"),
    Mutant(AlwaysCreated, "test_launch_again_finds_the_pod", "created"),
    Mutant(DryRunLaunches, "test_dry_run_makes_nothing", "dry-run"),
    Mutant(DryRunSaysYes, "test_dry_run_refuses_what_a_launch_would", "refused"),
    Mutant(Racing, "test_launches_at_once_make_one_pod", "created"),
    Mutant(InputChanged, "test_launch_changes_nothing_that_was_given"),
    Mutant(LabelsDropped, "test_launch_sends_what_was_composed", "same-pod"),
    Mutant(IdsCut, "test_launch_id_can_be_any_text", "name"),
    Mutant(EmptyIdTaken, "test_a_launch_id_that_is_none_is_refused", "refused"),
    Mutant(NamespaceIgnored, "test_a_pod_goes_where_it_says", "namespace"),
    Mutant(SettleLaunches, "test_settle_finds_what_is_there", "settle"),
    Mutant(SettleByName, "test_settle_takes_nobody_elses_pod", "settle"),
    Mutant(SettleBlind, "test_settle_finds_what_is_there", "settle"),
    Mutant(StopByName, "test_stop_of_another_uid_touches_nothing", "stop-uid"),
    Mutant(StopUnnoted, "test_a_stopped_pod_is_stopped", "outcome"),
    Mutant(StopOfNothingFails, "test_stop_of_a_pod_that_is_gone_is_done"),
    Mutant(StopDoesNothing, "test_a_stopped_pod_is_stopped", "outcome"),
    Mutant(LastOwnerWins, "test_a_higher_epoch_takes_over", "adopt"),
    Mutant(EqualEpochsTake, "test_of_equal_epochs_the_first_keeps_it", "adopt"),
    Mutant(AdoptByName, "test_adopt_of_another_uid_is_not_found", "adopt"),
    Mutant(AdoptUnwritten, "test_adopt_makes_the_owner_known", "lost"),
)
