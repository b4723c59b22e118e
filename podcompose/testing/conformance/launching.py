"""Checks of a launcher: one pod for one launch id, whatever is asked how often."""

from __future__ import annotations

import copy
from typing import Any

from podcompose.run import naming
from podcompose.run.errors import LaunchError, NameTaken, OtherPod, Refused
from podcompose.run.prepare import differing, for_launch
from podcompose.run.protocols import Adopted, Launched, Launcher, NotFound, Superseded
from podcompose.run.records import Owner, PodRef
from podcompose.testing.conformance.doors import Doors, needs
from podcompose.testing.conformance.rules import ContractError, require

__all__ = ["Adopting", "Launching"]

_ODD_IDS = ("a", "dag/run/task/1", "///", "täsk-日本-🚀", "A b\nc\t", "x" * 300, "x" * 299 + "y", "-", "a" * 63)


class Launching(Doors):
    """What holds for `launch` and `settle`."""

    def test_it_is_a_launcher(self) -> None:
        """The backend has the methods of the protocol, and says which namespace is its own."""
        assert isinstance(self.backend, Launcher)
        assert isinstance(self.backend.namespace, str)

    def test_launch_makes_one_pod(self) -> None:
        """A launch makes one pod, of the name that its id gives, and says so."""
        launched = self.launch("dag/run/task/1")
        ref = self.only_pod()
        require(launched.created, "created", "the first launch of an id says that it made no pod")
        require(launched.ref == ref, "ref", f"launch says {launched.ref!r}, there is {ref!r}")
        require(ref.name == naming.pod_name("dag/run/task/1"), "name", f"the pod's name is {ref.name}")
        require(ref.namespace == self.backend.namespace, "namespace", f"the pod is in {ref.namespace}")

    def test_launch_sends_what_was_composed(self) -> None:
        """What is there has all that was composed, with the marks of the launch."""
        pod = self.labelled(team="a")
        self.launch("dag/run/task/1", pod)
        there = dict(next(iter(self.pods())))
        prepared = for_launch(pod, "dag/run/task/1", self.backend.namespace)
        different = differing(prepared, there)
        require(different == (), "same-pod", f"what is there differs from what was composed: {different}")

    def test_launch_changes_nothing_that_was_given(self) -> None:
        """The pod that is given to launch is not changed."""
        pod = self.labelled(team="a")
        before = copy.deepcopy(pod)
        self.launch("dag/run/task/1", pod)

        assert pod == before

    def test_launch_again_finds_the_pod(self) -> None:
        """The second launch of an id makes nothing and gives the first one's pod."""
        first, again = self.launch("dag/run/task/1"), self.launch("dag/run/task/1")
        require(not again.created, "created", "the second launch of an id says that it made a pod")
        require(again.ref == first.ref, "ref", f"the second launch gives {again.ref!r}, the first gave {first.ref!r}")
        self.only_pod()

    def test_launch_after_the_end_finds_the_pod(self) -> None:
        """A launch id whose pod has ended is not launched again."""
        ref = self.launch("dag/run/task/1").ref
        self.run(ref)
        self.end(ref)
        self.subscribe().until_told(ref.uid)
        again = self.launch("dag/run/task/1")
        require(not again.created and again.ref == ref, "created", "an id whose pod has ended was launched again")
        self.only_pod()

    def test_launch_of_another_pod_is_refused(self) -> None:
        """The same id with another pod is refused, and the pod that is there stays."""
        ref = self.launch("dag/run/task/1").ref
        error = self.refused(OtherPod, "dag/run/task/1", self.labelled(team="b"))
        require("team" in str(error), "says-what", f"the refusal does not say what differs: {error}")
        require(self.only_pod() == ref, "untouched", "the pod of the first launch is there no more")

    def test_launch_after_removal_makes_a_new_pod(self) -> None:
        """A launch id whose pod was removed can be launched again, under the same name and a new uid."""
        first = self.launch("dag/run/task/1")
        self.remove(first.ref.uid)
        second = self.launch("dag/run/task/1")
        require(second.created and second.ref.name == first.ref.name, "created", "a removed pod was not launched again")
        require(second.ref.uid != first.ref.uid, "uid", "two pods have one uid")

    @needs("supports_foreign_pods")
    def test_a_name_that_is_taken_is_left_alone(self) -> None:
        """A pod of that name with another launch id is left as it is."""
        name = naming.pod_name("dag/run/task/1")
        metadata = {"name": name, "namespace": self.backend.namespace, "annotations": {naming.LAUNCH_ID: "another"}}
        uid = self.put({**self.pod(), "metadata": metadata})
        before = copy.deepcopy(self.manifest(uid))
        error = self.refused(NameTaken, "dag/run/task/1")
        require("another" in str(error), "says-what", f"the refusal does not say whose the name is: {error}")
        require(self.manifest(uid) == before, "untouched", "somebody else's pod was touched")
        self.only_pod()

    @needs("supports_foreign_pods")
    def test_settle_takes_nobody_elses_pod(self) -> None:
        """A pod of that name with another launch id does not settle a launch."""
        name = naming.pod_name("dag/run/task/1")
        self.put({**self.pod(), "metadata": {"name": name, "namespace": self.backend.namespace}})
        settled = self.call(self.backend.settle, "dag/run/task/1")
        require(isinstance(settled, NotFound), "settle", f"somebody else's pod settles a launch: {settled!r}")

    def test_settle_finds_what_is_there(self) -> None:
        """After a launch, settle gives its pod; before, NotFound."""
        before = self.call(self.backend.settle, "dag/run/task/1")
        require(isinstance(before, NotFound), "settle", f"nothing was launched, and settle gives {before!r}")
        ref = self.launch("dag/run/task/1").ref
        found = self.call(self.backend.settle, "dag/run/task/1", self.backend.namespace)
        require(isinstance(found, Launched) and found.ref == ref, "settle", f"{ref!r} was launched, and settle gives {found!r}")
        require(not found.created, "created", "settle says that it made a pod")
        self.only_pod()

    def test_launch_id_can_be_any_text(self) -> None:
        """Any text that is not empty is a launch id, with a pod of its own, and comes back with its record."""
        refs = {launch_id: self.launch(launch_id).ref for launch_id in _ODD_IDS}
        require(len({ref.name for ref in refs.values()}) == len(refs), "name", "two launch ids share a pod")
        reader = self.subscribe().rest()
        found = {record.launch_id: record.ref for record in reader.view.values()}
        require(found == refs, "launch-id", f"launched {refs}, seen {found}")

    def test_a_launch_id_that_is_none_is_refused(self) -> None:
        """An empty launch id is refused, and makes no pod."""
        self.refused(Refused, "")
        require(list(self.pods()) == [], "untouched", "a pod was made for a launch id that was refused")

    @needs("supports_dry_run")
    def test_dry_run_makes_nothing(self) -> None:
        """A dry run makes no pod, and the real run after it does."""
        self.launch("dag/run/task/1", dry_run=True)
        require(list(self.pods()) == [], "dry-run", "a dry run made a pod")
        require(self.launch("dag/run/task/1").created, "created", "after a dry run, the launch says that it made no pod")

    @needs("supports_dry_run")
    def test_dry_run_refuses_what_a_launch_would(self) -> None:
        """A dry run of another pod under an id that was launched is refused."""
        self.launch("dag/run/task/1")
        self.refused(OtherPod, "dag/run/task/1", self.labelled(team="b"), dry_run=True)

    @needs("supports_threads")
    def test_launches_at_once_make_one_pod(self) -> None:
        """Of many launches of one id at the same time, one makes the pod and the others find it."""
        backend = self.backend
        launch = lambda: backend.launch(self.pod(), launch_id="dag/run/task/1")  # noqa: E731  (made many times)
        answers = self.at_once(*[launch] * 8)
        failed = [answer for answer in answers if not isinstance(answer, Launched)]
        require(failed == [], "at-once", f"launches at the same time failed: {failed}")
        require(sum(answer.created for answer in answers) == 1, "created", f"not one of them says that it made the pod: {answers}")
        ref = self.only_pod()
        require(all(answer.ref == ref for answer in answers), "ref", f"there is {ref!r}, and they say {answers}")

    @needs("supports_namespaces")
    def test_a_pod_goes_where_it_says(self) -> None:
        """A pod that names a namespace goes there, and is settled there."""
        pod = {**self.pod(), "metadata": {"namespace": self.other_namespace}}
        ref = self.launch("dag/run/task/1", pod).ref
        require(ref.namespace == self.other_namespace == self.only_pod().namespace, "namespace", f"the pod is in {ref.namespace}")
        here = self.call(self.backend.settle, "dag/run/task/1")
        there = self.call(self.backend.settle, "dag/run/task/1", self.other_namespace)
        require(isinstance(here, NotFound) and isinstance(there, Launched), "settle", f"settled {here!r} here, {there!r} there")

    def only_pod(self) -> PodRef:
        """The one pod there is, by the back door."""
        pods = list(self.pods())
        require(len(pods) == 1, "one-pod", f"there are {len(pods)} pods where one was launched")
        metadata = pods[0]["metadata"]
        return PodRef(metadata["namespace"], metadata["name"], metadata["uid"])

    def refused(self, kind: type[LaunchError], launch_id: str, pod: Any = None, **named: Any) -> LaunchError:
        """The error of a launch that must be refused."""
        try:
            launched = self.launch(launch_id, pod, **named)
        except kind as error:
            return error
        raise ContractError("refused", f"launch {launch_id!r} should have been {kind.__name__}, and gave {launched!r}")


class Adopting(Doors):
    """What holds for `adopt`: of two owners the one of the higher epoch."""

    @needs("supports_adopt")
    def test_adopt_makes_the_owner_known(self) -> None:
        """Who adopts a pod is its owner, in records too."""
        ref = self.launch("dag/run/task/1").ref
        reader = self.subscribe().until_synced()
        self._adopts(ref, Owner("one", 1), Adopted)
        reader.until(lambda seen: seen.view[ref.uid].owner == Owner("one", 1), "the owner of a pod")

    @needs("supports_adopt")
    def test_a_higher_epoch_takes_over(self) -> None:
        """A higher epoch takes a pod from a lower one, which is then superseded."""
        ref = self.launch("dag/run/task/1").ref
        self._adopts(ref, Owner("one", 1), Adopted)
        self._adopts(ref, Owner("two", 2), Adopted)
        self._adopts(ref, Owner("one", 1), Superseded)
        self._owned(ref, Owner("two", 2))

    @needs("supports_adopt")
    def test_of_equal_epochs_the_first_keeps_it(self) -> None:
        """An owner of the same epoch is superseded; the owner himself may adopt again."""
        ref = self.launch("dag/run/task/1").ref
        self._adopts(ref, Owner("one", 1), Adopted)
        self._adopts(ref, Owner("two", 1), Superseded)
        self._adopts(ref, Owner("one", 1), Adopted)
        self._owned(ref, Owner("one", 1))

    @needs("supports_adopt")
    def test_adopt_of_another_uid_is_not_found(self) -> None:
        """A pod that is no more is not found, though another has its name."""
        old = self.launch("dag/run/task/1").ref
        self.remove(old.uid)
        self._adopts(old, Owner("one", 1), NotFound)
        new = self.launch("dag/run/task/1").ref
        self._adopts(old, Owner("one", 1), NotFound)
        self._owned(new, None)

    def _adopts(self, ref: PodRef, owner: Owner, kind: type) -> None:
        answer = self.call(self.backend.adopt, ref, owner)
        require(isinstance(answer, kind), "adopt", f"adopt by {owner} gave {answer!r}, and must give {kind.__name__}")

    def _owned(self, ref: PodRef, owner: Owner | None) -> None:
        found = self.subscribe().until_synced().view[ref.uid].owner
        require(found == owner, "owner", f"the owner of {ref} is {found}, and must be {owner}")
