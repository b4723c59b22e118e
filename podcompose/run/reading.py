"""What one pod object tells, read without trust: a part that is missing, null or of a wrong type tells nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from podcompose.run.moments import instant, really_started

__all__ = [
    "DEFAULT_CONTAINER",
    "Container",
    "Exit",
    "Pod",
    "condition",
    "entries",
    "is_map",
    "main_names",
    "mapping",
    "number",
    "read",
    "text",
]

#: Kubernetes' own annotation: which container people mean where they name none.
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"

Fields = Mapping[str, Any]
_NOTHING: Fields = {}
_LOST = "ContainerStatusUnknown"


def mapping(value: object) -> Fields:
    """A map, or an empty one."""
    return value if type(value) is dict or isinstance(value, Mapping) else _NOTHING


def is_map(value: object) -> bool:
    """Whether it is a map; asked first is what JSON makes, for an abstract class takes its time."""
    return type(value) is dict or isinstance(value, Mapping)


def entries(value: object) -> list[Fields]:
    """The maps of a list."""
    return (
        [entry for entry in value if type(entry) is dict or isinstance(entry, Mapping)] if isinstance(value, (list, tuple)) else []
    )


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value != "" else None


def number(value: object) -> int | None:
    """An integer; true and false are none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class Exit(NamedTuple):
    """The end of one run of a container."""

    code: int
    reason: str | None
    message: str | None
    started: datetime | None
    finished: datetime | None

    @property
    def start_error(self) -> bool:
        """It never started: its command is not there, or not executable."""
        return self.reason in ("StartError", "ContainerCannotRun") or (self.code == 128 and self.started is None)


class Waiting(NamedTuple):
    """Why a container does not run yet, or not again."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Container:
    """
    A container and how far it came.

    Shapes: `exit` is that of its present run, None while it runs, waits, or is lost; `last` that of the run before.
            `final`: it has exited and its policy would not start it again.
    """

    name: str
    exit: Exit | None = None
    last: Exit | None = None
    running: bool = False
    #: When its present run started.
    started: datetime | None = None
    #: The kubelet could not find it any more, or never could: its exit code 137 is made up.
    lost: bool = False
    restarts: int = 0
    final: bool = False
    #: The object says where it stands.
    seen: bool = False
    waiting: Waiting | None = None
    #: It has ended, and its exit code cannot be read.
    odd: bool = False

    @property
    def ran(self) -> bool:
        """Whether it is known to have started at any time."""
        return self.running or any(run is not None and not run.start_error for run in (self.exit, self.last))


@dataclass(frozen=True, slots=True)
class Pod:
    """
    A pod as one object tells of it.

    Shapes: `beside` are the regular containers outside the main set; of the init containers, `inits` run to their end, and
            `sidecars` (restartable ones) as long as the pod does: these never decide.
    """

    metadata: Fields
    spec: Fields
    status: Fields
    main: tuple[Container, ...]
    beside: tuple[Container, ...]
    inits: tuple[Container, ...]
    sidecars: tuple[Container, ...]

    @property
    def phase(self) -> Literal["Succeeded", "Failed"] | None:
        """The phase, where it is a last one."""
        phase = self.status.get("phase")
        return "Succeeded" if phase == "Succeeded" else "Failed" if phase == "Failed" else None

    @property
    def complete(self) -> bool:
        """Whether every main container has really exited, to stay so."""
        return self.main != () and all(container.final for container in self.main)

    @property
    def entangled(self) -> bool:
        """Whether an exit of one container may start all of them again: then none is over before the pod is."""
        own = (*entries(self.spec.get("containers")), *entries(self.spec.get("initContainers")))
        return any(rule.get("action") != "Restart" for part in own for rule in entries(part.get("restartPolicyRules")))

    @property
    def restarts(self) -> int:
        """How often main containers were started again."""
        return sum(container.restarts for container in self.main)

    @property
    def started(self) -> datetime | None:
        """When a main container first started, as far as the object tells."""
        runs = (run for container in self.main for run in (container.started, container.last and container.last.started))
        return min((run for run in runs if run is not None), default=None)

    @property
    def failed_init(self) -> Container | None:
        """The init container whose failure ends the pod."""
        return next((init for init in self.inits if init.final and init.exit is not None and init.exit.code != 0), None)


def condition(status: Fields, kind: str) -> Fields:
    """The condition of this type, or an empty map."""
    return next((entry for entry in entries(status.get("conditions")) if entry.get("type") == kind), _NOTHING)


def main_names(metadata: Fields, names: Iterable[str], main: str | tuple[str, ...] | None = None) -> frozenset[str]:
    """The main set: what the caller names, else the annotation, else all; names that the pod has not are not counted."""
    if main is None:
        main = text(mapping(metadata.get("annotations")).get(DEFAULT_CONTAINER))
    everyone = frozenset(names)
    wanted = everyone.intersection((main,) if isinstance(main, str) else () if main is None else main)
    return wanted or everyone


def read(manifest: object, main: str | tuple[str, ...] | None = None) -> Pod:
    """Read a pod object. Nothing is too odd for it; policies that cannot be read are taken for Always."""
    pod = mapping(manifest)
    metadata, spec, status = mapping(pod.get("metadata")), mapping(pod.get("spec")), mapping(pod.get("status"))
    statuses = _by_name(status.get("containerStatuses"))
    specs = _by_name(spec.get("containers")) or statuses
    chosen = main_names(metadata, specs, main)
    regular = [_container(own, statuses.get(name, _NOTHING), spec) for name, own in specs.items()]
    init_statuses = _by_name(status.get("initContainerStatuses"))
    inits = [
        (own, _container(own, init_statuses.get(name, _NOTHING), spec))
        for name, own in _by_name(spec.get("initContainers")).items()
    ]
    return Pod(
        metadata,
        spec,
        status,
        main=tuple([container for container in regular if container.name in chosen]),
        beside=tuple([container for container in regular if container.name not in chosen]),
        inits=tuple([container for own, container in inits if own.get("restartPolicy") != "Always"]),
        sidecars=tuple([container for own, container in inits if own.get("restartPolicy") == "Always"]),
    )


def _by_name(value: object) -> dict[str, Fields]:
    return {entry["name"]: entry for entry in entries(value) if text(entry.get("name")) is not None}


def _container(own: Fields, status: Fields, pod_spec: Fields) -> Container:
    state, before = mapping(status.get("state")), mapping(status.get("lastState"))
    terminated, running, waiting = state.get("terminated"), state.get("running"), state.get("waiting")
    ended, last = _exit(terminated), _exit(before.get("terminated"))
    lost = _LOST in (mapping(terminated).get("reason"), mapping(before.get("terminated")).get("reason"))
    return Container(
        name=own["name"],
        exit=ended,
        last=last,
        running=is_map(running),
        started=really_started(mapping(running).get("startedAt")) if ended is None else ended.started,
        lost=lost,
        restarts=number(status.get("restartCount")) or 0,
        final=ended is not None and not _starts_again(own, ended.code, pod_spec),
        seen=any(is_map(part) for part in state.values()),
        waiting=_waiting(mapping(waiting)) if is_map(waiting) else None,
        odd=terminated is not None and ended is None and not lost,
    )


def _waiting(waiting: Fields) -> Waiting:
    return Waiting(text(waiting.get("reason")) or "", text(waiting.get("message")) or "")


def _exit(value: object) -> Exit | None:
    """A real exit: with a code, and not one that the kubelet made up for a container it could not find."""
    if value is None:
        return None
    terminated = mapping(value)
    code = number(terminated.get("exitCode"))
    reason = text(terminated.get("reason"))
    if code is None or reason == _LOST:
        return None
    started, finished = really_started(terminated.get("startedAt")), instant(terminated.get("finishedAt"))
    return Exit(code, reason, text(terminated.get("message")), started, finished)


def _starts_again(own: Fields, code: int, pod_spec: Fields) -> bool:
    """Whether the kubelet would start it again: its rules in their order, then its own policy, then the pod's."""
    policy = own.get("restartPolicy")
    if policy is None:
        policy = pod_spec.get("restartPolicy")
    elif any(_matches(mapping(rule.get("exitCodes")), code) for rule in entries(own.get("restartPolicyRules"))):
        return True  # every action there is starts it again: Restart, RestartAllContainers
    return not (policy == "Never" or (policy == "OnFailure" and code == 0))


def _matches(codes: Fields, code: int) -> bool:
    """Whether a rule is for this exit code; one that cannot be read may be."""
    values, operator = codes.get("values"), codes.get("operator")
    if not isinstance(values, (list, tuple)) or operator not in ("In", "NotIn"):
        return True
    named = code in tuple(values)
    return named if operator == "In" else not named
