"""What is not there any more: pods of which somebody may tell old news, and claims that may come again on another pod."""

from __future__ import annotations

from podcompose.run.records import PodRecord
from podcompose.run.warm.claims import Claim

__all__ = ["Doubts", "Graves"]

_BURIED = 4096


class Graves:
    """
    The uids of pods that are gone: what is told of them is old, whoever hears it later. Of so many others nobody hears any more.

    >>> graves = Graves()
    >>> graves.bury("u1")
    >>> "u1" in graves, "u2" in graves
    (True, False)
    """

    def __init__(self) -> None:
        self._buried: dict[str, None] = {}

    def __contains__(self, uid: str) -> bool:
        """Whether this pod is gone."""
        return uid in self._buried

    def bury(self, uid: str) -> None:
        """A pod is gone."""
        self._buried[uid] = None
        if len(self._buried) > _BURIED:
            del self._buried[next(iter(self._buried))]


class Doubts:
    """
    Claims of other schedulers that have vanished, with their pods as they were: withdrawn, or about to be on another pod.

    >>> from podcompose.run.records import Owner, PodRef, Stage
    >>> pod = PodRecord(PodRef("jobs", "a", "p1"), "dag/1", Stage.RUNNING)
    >>> first, second = (Claim("k", "dag/1", uid, "sha256:0", Owner("one", 1)) for uid in ("u1", "u2"))
    >>> doubts = Doubts()
    >>> doubts.add(pod, first)
    >>> doubts.over(second, "jobs") == [(pod, first)], doubts.take(first)
    (True, None)
    """

    def __init__(self) -> None:
        self._doubts: dict[str, tuple[PodRecord, Claim]] = {}

    def add(self, pod: PodRecord, claim: Claim) -> None:
        """A claim has vanished from this pod."""
        self._doubts[claim.uid] = (pod, claim)

    def take(self, claim: Claim) -> PodRecord | None:
        """The pod of a claim that is waited for no longer; None: it was not."""
        doubt = self._doubts.pop(claim.uid, None)
        return None if doubt is None else doubt[0]

    def over(self, claim: Claim, namespace: str) -> list[tuple[PodRecord, Claim]]:
        """This claim is there: it is waited for no longer, and the earlier ones of its launch id will not come again."""
        self._doubts.pop(claim.uid, None)
        found = [(pod, old) for pod, old in self._doubts.values() if (old.key, pod.ref.namespace) == (claim.key, namespace)]
        for _, old in found:
            del self._doubts[old.uid]
        return found
