"""Comments by list key: what is said of an element stays with it, wherever a merge puts it."""

from __future__ import annotations

from collections.abc import Mapping

from podcompose.core.json import Json
from podcompose.core.leaves import key_of
from podcompose.core.path import Path, Segment
from podcompose.core.schema import Field
from podcompose.core.select import locate
from podcompose.errors import RawPath
from podcompose.schema.pod import POD
from podcompose.yaml.comments import comments_of, write_commented
from podcompose.yaml.reader import read

__all__ = ["keyed_comments", "write_keyed"]


def keyed_comments(text: str) -> dict[Path, str]:
    """
    The comments of a pod's text that have lines of their own, by path and list key; those at the top are ().

    >>> keyed_comments("spec:\\n  volumes:\\n  # Gone with the pod.\\n  - name: tmp\\n    emptyDir: {}\\n")
    {('spec', 'volumes', Key(fields=(('name', 'tmp'),))): 'Gone with the pod.'}
    """
    value = read(text).value
    return {_keyed(raw, value): comment for raw, comment in comments_of(text).items()}


def write_keyed(manifest: Json, comments: Mapping[Path, str]) -> str:
    """
    A pod as `write` writes it, with comments above what they are about; one for a path that leads nowhere is left out.

    >>> comments = keyed_comments("metadata:\\n  # Whose it is.\\n  name: a\\n")
    >>> print(write_keyed({"kind": "Pod", "metadata": {"name": "b"}}, comments), end="")
    kind: Pod
    metadata:
      # Whose it is.
      name: b
    """
    places = {path: locate(manifest, path, POD) for path in comments}
    return write_commented(manifest, {raw: comments[path] for path, raw in places.items() if raw is not None})


def _keyed(raw: RawPath, value: Json) -> Path:
    done: list[Segment] = []
    struct: str | None = POD.root
    field: Field | None = None
    for step in raw:
        value = value[step]
        if type(step) is str:
            field = POD.types.get(struct or "", {}).get(step)
            struct = field.of if field is not None and field.is_struct else None
            done.append(step)
        else:
            key = key_of(value, field.keys, field.of, POD) if field is not None and field.merge == "keyed" else None
            done.append(step if key is None else key)
    return tuple(done)
