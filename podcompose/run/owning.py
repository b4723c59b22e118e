"""Who owns a pod: two annotations, and of two owners the one of the higher epoch."""

from __future__ import annotations

import re

from podcompose.core.json import JsonMap
from podcompose.run import naming
from podcompose.run.records import Owner

__all__ = ["owned", "owner_of", "superseding"]

_EPOCH = re.compile(r"-?\d{1,18}", re.ASCII)


def owner_of(manifest: JsonMap) -> Owner | None:
    """
    The owner a pod names; None where it names none that can be read.

    >>> owner_of(owned({"metadata": {"name": "a"}}, Owner("one", 2)))
    Owner(name='one', epoch=2)
    """
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if type(metadata) is dict else None
    found = annotations if type(annotations) is dict else {}
    name, epoch = found.get(naming.OWNER), found.get(naming.OWNER_EPOCH)
    if not isinstance(name, str) or not isinstance(epoch, str) or _EPOCH.fullmatch(epoch) is None:
        return None
    return Owner(name, int(epoch))


def superseding(manifest: JsonMap, owner: Owner) -> Owner | None:
    """
    The owner who keeps a pod from this one: of a higher epoch, or of the same and not he; None if he may have it.

    >>> superseding(owned({"metadata": {}}, Owner("one", 2)), Owner("two", 1))
    Owner(name='one', epoch=2)
    """
    there = owner_of(manifest)
    if there is None or there.epoch < owner.epoch or there == owner:
        return None
    return there


def owned(manifest: JsonMap, owner: Owner) -> JsonMap:
    """The pod with this owner; the one that came in is not changed."""
    metadata = manifest["metadata"]
    annotations = metadata.get("annotations")
    there = annotations if type(annotations) is dict else {}
    named = {**there, naming.OWNER: owner.name, naming.OWNER_EPOCH: str(owner.epoch)}
    return {**manifest, "metadata": {**metadata, "annotations": named}}
