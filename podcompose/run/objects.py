"""The few things of an object that matter before it is read as a pod; nothing is too odd to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["metadata_of", "shows_deletion", "uid_of", "version_of"]


def metadata_of(thing: Any) -> Mapping[str, Any]:
    """The metadata of an object; empty where there is none."""
    metadata = thing.get("metadata") if type(thing) is dict or isinstance(thing, Mapping) else None
    return metadata if type(metadata) is dict or isinstance(metadata, Mapping) else {}


def uid_of(thing: Any) -> str:
    """The uid of an object; "" where there is none."""
    uid = metadata_of(thing).get("uid")
    return uid if type(uid) is str else ""


def version_of(thing: Any) -> str:
    """The resource version of an object; "" where there is none."""
    version = metadata_of(thing).get("resourceVersion")
    return version if type(version) is str else ""


def shows_deletion(pod: Any) -> bool:
    """Whether a pod was on its way to deletion: one that only left a selection was not."""
    return metadata_of(pod).get("deletionTimestamp") is not None
