"""Names made of launch ids: pure functions, so that two launches of one id meet at one pod."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata

from podcompose.errors import Problem
from podcompose.run.errors import Refused

__all__ = [
    "DIGEST",
    "LAUNCH",
    "LAUNCH_ID",
    "MANAGED_BY",
    "MANAGER",
    "OWNER",
    "OWNER_EPOCH",
    "STOPPED_AT",
    "TASK_PREFIX",
    "WARM_POOL",
    "from_label_value",
    "label_value",
    "launch_label",
    "named",
    "pod_name",
]

#: Labels; they never change, so pods can be selected by them.
MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "podcompose"
LAUNCH = "podcompose.io/launch"
#: Annotations.
LAUNCH_ID = "podcompose.io/launch-id"
DIGEST = "podcompose.io/digest"
OWNER = "podcompose.io/owner"
OWNER_EPOCH = "podcompose.io/owner-epoch"
STOPPED_AT = "podcompose.io/stopped-at"
#: Of warm pods: the pool, as a label and an annotation; and what it has of each task, by the task's key, as both too.
WARM_POOL = "podcompose.io/warm-pool"
TASK_PREFIX = "task.podcompose.io/"

#: A pod's name is its hostname too, and that is a DNS label.
_LONGEST = 63
_HASH = 10
#: All annotations of an object together may have 256 KiB.
_LONGEST_ID_BYTES = 65_536


def pod_name(launch_id: str) -> str:
    """
    The name of a launch id's pod: as much as can be read of the id, and 10 base32 characters of its SHA-256.

    Shapes: at most 63 characters, a DNS label.
    Raises: Refused: the id is empty, too long to be kept in an annotation, or no Unicode text.

    >>> pod_name("dag/run/task/1")
    'dag-run-task-1-qth4m5eo2v'
    """
    return named(launch_id, _digest(launch_id))


def named(text: str, digest: str) -> str:
    """
    A name of a pod: as much as can be read of a text, and the first 10 characters of a digest.

    Shapes: at most 63 characters, a DNS label, of any text; `digest` is of base32 characters, lower case.

    >>> named("Täsk #1", "qth4m5eo2vxyz")
    'task-1-qth4m5eo2v'
    """
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    readable = re.sub("[^a-z0-9]+", "-", plain)[: _LONGEST - _HASH - 1].strip("-")
    return f"{'pod' if readable == '' else readable}-{digest[:_HASH]}"


def launch_label(launch_id: str) -> str:
    """The value of the label `podcompose.io/launch`: all 52 base32 characters of the launch id's SHA-256."""
    return _digest(launch_id)


def _digest(launch_id: str) -> str:
    if type(launch_id) is not str or launch_id == "":
        raise _refused(launch_id, Problem("empty-launch-id", "", "a launch id is a text that is not empty"))
    try:
        encoded = launch_id.encode()
    except UnicodeEncodeError as error:
        raise _refused(launch_id, Problem("launch-id-text", "", f"the launch id is no Unicode text: {error.reason}")) from None
    if len(encoded) > _LONGEST_ID_BYTES:
        raise _refused(
            launch_id[:40] + "...", Problem("launch-id-length", "", f"a launch id has at most {_LONGEST_ID_BYTES} bytes")
        )
    return base64.b32encode(hashlib.sha256(encoded).digest()).decode().rstrip("=").lower()


def _refused(launch_id: object, problem: Problem) -> Refused:
    return Refused([problem], launch_id=launch_id if isinstance(launch_id, str) else repr(launch_id))


_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
#: What starts so was not a label value as it was; base32hex has no letters above v, so no case is lost.
_ESCAPE = "x--"


def label_value(text: str) -> str:
    """
    Any text as the value of a label: itself where it is one, else escaped; `from_label_value` gives it back.

    Raises: Refused: escaped it has more than 63 characters. It is never cut, for then two texts could meet in one value.

    >>> label_value("team-a"), label_value("team a")
    ('team-a', 'x--ehim2r90c4')
    """
    if _VALUE.fullmatch(text) and not text.startswith(_ESCAPE):
        return text
    try:
        escaped = _ESCAPE + base64.b32hexencode(text.encode()).decode().rstrip("=").lower()
    except UnicodeEncodeError as error:
        raise Refused([Problem("label-value", "", f"{text!r} is no Unicode text: {error.reason}")]) from None
    if len(escaped) > _LONGEST:
        longest = (_LONGEST - len(_ESCAPE)) * 5 // 8
        fix = "put it into an annotation, or shorten it yourself"
        raise Refused(
            [Problem("label-value", "", f"{text!r} has more than the {longest} bytes that fit into a label", suggestion=fix)]
        )
    return escaped


def from_label_value(value: str) -> str:
    """
    The text of which `label_value` made this.

    >>> from_label_value(label_value("dag/täsk"))
    'dag/täsk'
    """
    if not value.startswith(_ESCAPE):
        return value
    encoded = value[len(_ESCAPE) :].upper()
    return base64.b32hexdecode(encoded + "=" * (-len(encoded) % 8)).decode()
