"""Taking a pod over as effects: no I/O, no clock. Compare and swap on the resource version: of two schedulers, one has it."""

from __future__ import annotations

from podcompose.backends.kubernetes.asking import Call, Terms
from podcompose.backends.kubernetes.effects import Answer, Effects
from podcompose.backends.kubernetes.pods import get, patch, pod_of, ref_of
from podcompose.backends.kubernetes.refusals import about_uid, judge
from podcompose.run import naming
from podcompose.run.owning import owner_of, superseding
from podcompose.run.protocols import Adopted, NotFound, Superseded
from podcompose.run.records import Owner, PodRef

__all__ = ["adopt"]


def adopt(ref: PodRef, owner: Owner, terms: Terms, now: float) -> Effects[Adopted | Superseded | NotFound]:
    """
    Have this very pod be the owner's, unless one of a higher epoch has it.

    Raises: LaunchError.
    """
    call = Call(terms, now)
    named = {naming.OWNER: owner.name, naming.OWNER_EPOCH: str(owner.epoch)}
    while True:
        result = yield from call.ask(get(ref.namespace, ref.name))
        pod = pod_of(result)
        if pod is not None:
            other = superseding(pod, owner)
            if pod["metadata"].get("uid") != ref.uid:
                return NotFound(ref.name, ref.namespace)
            if other is not None:
                return Superseded(ref, other)
            if owner_of(pod) == owner:
                return Adopted(ref_of(pod, ref.namespace), owner)
            version = pod["metadata"].get("resourceVersion")
            result = yield from call.ask(patch(ref, {"resourceVersion": version, "annotations": named}))
            if pod_of(result) is not None:
                return Adopted(ref, owner)
        if isinstance(result, Answer) and (result.status == 404 or about_uid(result)):
            return NotFound(ref.name, ref.namespace)
        yield from call.again(judge(result), ref)
