"""
Runs cases on a backend, many at once, and gives an account of each: what a scheduler learns, and what a person finds.

    with Place(backend, look, log) as place:
        accounts = place.run(CASES)         # name -> Account, or why there is none
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from podcompose.run import Launched, Outcome, PodRecord, PodRef, Selection, Stage, Subscription
from tests.cluster.child import wait_for
from tests.node.cases import Case, Stop
from tests.node.changes import Changes, steps
from tests.node.story import Said, Saw, When, statuses
from tests.node.watching import PATIENCE_S, Json

__all__ = ["Account", "Place"]

# So many pods at once start without waiting long for one another, on two cores.
AT_ONCE = 16
LOOK_S = 0.2
# So many readings of a log that agree are taken for all of it.
STILL = 5
SELECTION = Selection(labels={"app.kubernetes.io/managed-by": "podcompose"})


class Backend(Protocol):
    """What is asked of a backend here."""

    def launch(self, pod: Json, *, launch_id: str) -> Launched:
        """Launch a pod."""
        ...

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """Stop it."""
        ...

    def subscribe(self, where: Selection) -> Subscription:
        """Watch."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """
    What became of a pod. What the containers of a stopped pod left behind goes with it: `exits` and `logs` are empty then.

    `in_order` says whether each init container had ended before the next one started, `exits` each container's exit code and
    restarts.
    """

    outcome: Outcome
    stages: tuple[Stage, ...]
    exits: Mapping[str, tuple[int | None, int]]
    logs: Mapping[str, bytes]
    in_order: bool


class Place:
    """A backend, and ways round it: `look` and `log` show a pod as it is."""

    def __init__(self, backend: Backend, look: Callable[[PodRef], Json | None], log: Callable[[PodRef, str], bytes]) -> None:
        self._backend, self._look, self._log = backend, look, log

    def __enter__(self) -> Place:
        """Subscribe."""
        self._changes = Changes(self._backend.subscribe(SELECTION)).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the subscription."""
        self._changes.__exit__()

    def run(self, cases: Iterable[Case]) -> dict[str, Account | Exception]:
        """Run them all."""
        asked = list(cases)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip([case.name for case in asked], pool.map(self._try, asked), strict=True))

    def _try(self, case: Case) -> Account | Exception:
        try:
            return self._run(case)
        except Exception as error:
            return error

    def _run(self, case: Case) -> Account:
        """Launch, stop where it is to be stopped, wait until nothing more is to come, tell."""
        ref = self._backend.launch(case.manifest, launch_id=f"case/{case.name}").ref
        if case.stop is not None:
            self._wait_to(ref, case.stop)
            self._backend.stop(ref, grace=case.stop.grace)
        records, outcomes = self._changes.until(ref.uid, Stage.FINISHED if case.stop is None else Stage.GONE)
        assert len(outcomes) == 1, f"one outcome is told, once; here: {outcomes}"
        return self._tell(ref, outcomes[0], records, None if case.stop is not None else self._look(ref))

    def _wait_to(self, ref: PodRef, stop: Stop) -> None:
        """Wait until all is so, in this order."""
        self._changes.until(ref.uid, stop.stage)
        for when in stop.when:
            wait_for(partial(self._is, ref, when), f"{ref}: {when}", timeout=PATIENCE_S, every=LOOK_S)

    def _is(self, ref: PodRef, when: When) -> bool:
        match when:
            case Said(container, text):
                return text.encode() in self._log(ref, container)
            case Saw(_, test):
                return test(self._look(ref) or {})
            case _:
                return self._look(ref) is None

    def _tell(self, ref: PodRef, outcome: Outcome, records: list[PodRecord], seen: Json | None) -> Account:
        found = {} if seen is None else statuses(seen)
        exits = {
            name: (entry["state"].get("terminated", {}).get("exitCode"), entry["restartCount"]) for name, entry in found.items()
        }
        started = [name for name, entry in found.items() if entry["state"].get("terminated", {}).get("exitCode") not in (None, 128)]
        logs = {name: self._whole_log(ref, name) for name in started}
        return Account(outcome, tuple(steps(records)), exits, logs, seen is None or _in_order(seen))

    def _whole_log(self, ref: PodRef, name: str) -> bytes:
        """The log when it grows no more: a node tells a container's end before it has taken all that was written from its pipe."""
        seen: list[bytes] = []

        def still() -> bool:
            seen.append(self._log(ref, name))
            return len(seen) >= STILL and len(set(seen[-STILL:])) == 1

        wait_for(still, f"{ref}: the log of {name} grows no more", timeout=PATIENCE_S, every=LOOK_S)
        return seen[-1]


def _in_order(seen: Json) -> bool:
    """Whether each plain init container had ended when the next one started, and all of them when the main containers did."""
    sidecars = {entry["name"] for entry in seen["spec"].get("initContainers", []) if entry.get("restartPolicy") == "Always"}
    inits = [entry for entry in seen["status"].get("initContainerStatuses", []) if entry["name"] not in sidecars]
    runs = [entry["state"]["terminated"] for entry in inits if "terminated" in entry["state"]]
    mains = [entry["state"].get("terminated", {}) for entry in seen["status"].get("containerStatuses", [])]
    starts = [*(run["startedAt"] for run in runs[1:]), min((run["startedAt"] for run in mains if "startedAt" in run), default=None)]
    return all(
        start is None or run["finishedAt"] <= start or start.startswith("1970") for run, start in zip(runs, starts, strict=False)
    )
