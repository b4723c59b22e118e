"""Several backends as one: a route says which of them a pod goes to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Literal

from podcompose.compose import compose
from podcompose.composition import Composition
from podcompose.core.hints import listed
from podcompose.errors import Problem, TemplateError, a
from podcompose.override import Override
from podcompose.run.board import steady_clock
from podcompose.run.errors import Invalid, LaunchError, Refused, Unsettled
from podcompose.run.naming import pod_name
from podcompose.run.protocols import Adopted, Backend, Launched, Launcher, NotFound, Pod, Selection, Superseded, Watcher
from podcompose.run.records import Owner, PodRef
from podcompose.run.routing.asking import Asking
from podcompose.run.routing.places import Places, Turns
from podcompose.run.routing.route import Route, by, no_such, route_of, routed
from podcompose.run.routing.subscription import RoutedSubscription

__all__ = ["Router"]


class Router:
    """
    Several backends as one: a Launcher and a Watcher. Thread-safe; a context manager, which closes them all.

    Shapes: backends: by name; names are part of cursors. route: which of them a pod goes to: a function of the pod as wire JSON,
            or of that and the launch id, or the name of a label or annotation (a path, if it begins with a dot) whose value is
            the backend's name; None is for `default`. namespace: where pods go that name none; needed where the backends do not
            agree. ask: "all" asks the other backends before a launch whether they have this launch id, for the route may have
            given another answer once; "routed" trusts that it gives one answer for one launch id. clock: by which a backend
            that fails rests; that of the backends, if they have one in common.
    Raises: ValueError, TypeError: the backends, the route or the default are none.

    >>> from podcompose.backends import MemoryBackend
    >>> from podcompose.backends.memory import VirtualClock
    >>> from podcompose.run import run
    >>> clock = VirtualClock()
    >>> backends = {"kubernetes": MemoryBackend(clock=clock), "local": MemoryBackend(clock=clock, seed=1)}
    >>> pod = {"metadata": {"labels": {"queue": "kubernetes"}}, "spec": {"containers": [{"name": "base", "image": "busybox"}]}}
    >>> with Router(backends, route="queue", default="local") as router:
    ...     run(router, pod, launch_id="dag/1").kind
    'Succeeded'
    >>> len(backends["kubernetes"].pods), len(backends["local"].pods)
    (1, 0)
    """

    #: A route by the values of a label, an annotation or a field: `Router.by("queue", {"gpu": "kubernetes"})`.
    by = staticmethod(by)
    #: The clock of the backends, and how many launches each of them bears at once: there only where they have such.
    clock: Callable[[], datetime]
    concurrency: int

    def __init__(
        self,
        backends: Mapping[str, Backend],
        route: Route,
        *,
        default: str | None = None,
        namespace: str | None = None,
        ask: Literal["all", "routed"] = "all",
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._backends = _checked(backends)
        if default is not None and default not in self._backends:
            raise ValueError(str(no_such(default, self._backends)).replace("the route gave", "the default is", 1))
        if ask not in ("all", "routed"):
            raise ValueError(f"ask is 'all' or 'routed', not {ask!r}")
        self._route, self._default, self._ask = route_of(route), default, ask
        self._namespace = _common_namespace(self._backends) if namespace is None else namespace
        common = _common_clock(self._backends) if clock is None else clock
        if common is not None:
            self.clock = common
        bounds = [bound for bound in (getattr(one, "concurrency", None) for one in self._backends.values()) if bound is not None]
        if bounds != []:
            self.concurrency = min(bounds)
        self._clock = steady_clock() if common is None else common
        self._asking = Asking(self._backends, self._clock)
        self._places, self._turns = Places(), Turns()
        self._subscriptions: set[RoutedSubscription] = set()
        self._closed = False

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._namespace

    @property
    def backends(self) -> Mapping[str, Backend]:
        """The backends by name."""
        return dict(self._backends)

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod where its route says, or find the one this launch id already has, wherever that is.

        Shapes: `Launched.warnings` name the backends that could not be asked whether they have it already.
        Units:  `deadline` is in seconds from now, for the launch itself.
        Raises: LaunchError, as the backend does; Refused: the route names no backend; Unsettled: where the pod was launched once
                cannot be asked.
        """
        composition = self._composed(pod, launch_id)
        named = composition.namespace
        namespace = self._namespace if named in (None, "") else str(named)
        name = self._routed(composition, launch_id, namespace)
        with self._turns.of((namespace, launch_id)):
            there, doubts = self._where(name, launch_id, namespace)
            launched = self._sent(there, composition, namespace, launch_id, deadline, dry_run)
        return replace(launched, warnings=(*launched.warnings, *doubts)) if doubts != () else launched

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """
        Whether the pod of this launch id is there, in whichever backend.

        Raises: Unsettled: it was not found, and a backend could not be asked.
        """
        name, where = pod_name(launch_id), self._namespace if namespace is None else namespace
        known = self._places.of_launch(where, launch_id)
        names = sorted(self._backends, key=lambda one: one != known)
        found, answer = self._asking.each(names, lambda one: one.settle(launch_id, where), _is_launched)
        if isinstance(found, Launched):
            self._places.saw(answer.name, found.ref, launch_id)
            return found
        if len(answer.doubts) > 0:
            raise Unsettled(answer.doubts.values(), launch_id=launch_id, namespace=where, name=name)
        return NotFound(name, where)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """
        Ask the pod of this uid to end; absent is done.

        Raises: LaunchError, as its backend does; Unsettled: nobody knows which has it, and one could not be asked.
        """
        known = self._places.of_pod(ref.uid)
        if known is not None:
            self._backends[known].stop(ref, grace=grace)
            return
        _, answer = self._asking.each(self._backends, lambda one: one.stop(ref, grace=grace), lambda _: False)
        _settled(answer.doubts, ref)

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it, or another of the same. Raises as `stop` does."""
        known = self._places.of_pod(ref.uid)
        if known is not None:
            return self._backends[known].adopt(ref, owner)
        found, answer = self._asking.each(self._backends, lambda one: one.adopt(ref, owner), _is_found)
        if found is not None:
            self._places.saw(answer.name, ref, None)
            return found
        _settled(answer.doubts, ref)
        return NotFound(ref.name, ref.namespace)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> RoutedSubscription:
        """What happens to the selected pods of all backends, from now or from a cursor on."""
        backends: Mapping[str, Watcher] = self._backends
        subscription = RoutedSubscription(backends, where, cursor, self._clock, self._places, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.close()
        return subscription

    def close(self) -> None:
        """Close every subscription and every backend, whatever one of them raises; errors of several are chained."""
        self._closed = True
        for subscription in tuple(self._subscriptions):
            subscription.close()
        _close(list(self._backends.values()))

    def __enter__(self) -> Router:
        """Itself; closed at the end, and all its backends with it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def _composed(self, pod: Pod, launch_id: str) -> Composition:
        name = pod_name(launch_id)
        try:
            return pod if isinstance(pod, Composition) else compose(pod, unknown="keep")
        except TemplateError as error:
            raise Invalid(error.problems, launch_id=launch_id, namespace=self._namespace, name=name) from error

    def _routed(self, composition: Composition, launch_id: str, namespace: str) -> str:
        name = routed(self._route, composition.manifest, launch_id, self._backends, self._default)
        if isinstance(name, Problem):
            raise Refused([name], launch_id=launch_id, namespace=namespace, name=pod_name(launch_id))
        return name

    def _where(self, name: str, launch_id: str, namespace: str) -> tuple[str, tuple[str, ...]]:
        """The backend that has this launch id already, else the one of this name; and a word on each that could not be asked."""
        known = self._places.of_launch(namespace, launch_id)
        if known == name:
            return name, ()
        others = [one for one in self._backends if one == known or (self._ask == "all" and one != name)]
        found, answer = self._asking.each(others, lambda one: one.settle(launch_id, namespace), _is_launched, spare=True)
        if found is not None:
            return answer.name, ()
        if known is not None and known in answer.doubts:
            raise Unsettled([answer.doubts[known]], launch_id=launch_id, namespace=namespace, name=pod_name(launch_id))
        return name, tuple(str(doubt) for doubt in answer.doubts.values())

    def _sent(
        self, name: str, composition: Composition, namespace: str, launch_id: str, deadline: float | None, dry_run: bool
    ) -> Launched:
        backend = self._backends[name]
        if composition.namespace in (None, "") and backend.namespace != namespace:
            composition = composition.with_stage("route", Override({"metadata": {"namespace": namespace}}))
        try:
            launched = backend.launch(composition, launch_id=launch_id, deadline=deadline, dry_run=dry_run)
        except Exception as error:
            if not dry_run and (isinstance(error, Unsettled) or not isinstance(error, LaunchError)):
                self._places.meant(name, namespace, launch_id)
            raise
        if launched.ref.uid != "":
            self._places.saw(name, launched.ref, launch_id)
        return launched


def _close(backends: list[Backend]) -> None:
    """One after the other; what one raises is the context of what the next does."""
    if backends != []:
        try:
            backends[0].close()
        finally:
            _close(backends[1:])


def _is_launched(answer: object) -> bool:
    return isinstance(answer, Launched)


def _is_found(answer: object) -> bool:
    return not isinstance(answer, NotFound)


def _settled(doubts: Mapping[str, Problem], ref: PodRef) -> None:
    if len(doubts) > 0:
        raise Unsettled(doubts.values(), namespace=ref.namespace, name=ref.name)


def _checked(backends: Mapping[str, Backend]) -> Mapping[str, Backend]:
    if not isinstance(backends, Mapping):
        raise TypeError(f"backends are a mapping of names to backends, not {a(type(backends).__name__)}")
    if len(backends) == 0:
        raise ValueError("a router needs at least one backend")
    for name, backend in backends.items():
        if not isinstance(name, str) or name == "":
            raise TypeError(f"the name of a backend is a text that is not empty, not {name!r}")
        if not name.isprintable():
            raise ValueError(f"the name of a backend is part of cursors and messages: {name!r} holds what cannot be printed")
        if isinstance(backend, type) or not isinstance(backend, Launcher) or not isinstance(backend, Watcher):
            raise TypeError(
                f"{name!r} is {a(type(backend).__name__)}, which is no backend: it lacks methods of Launcher or Watcher"
            )
        if inspect.iscoroutinefunction(backend.launch):
            raise TypeError(f"{name!r} is written with async def: route between synchronous backends, and bridge the router")
    if len({id(backend) for backend in backends.values()}) < len(backends):
        raise ValueError("a backend has two names; give it one, and let the route say it for both: Router.by(key, names)")
    return dict(backends)


def _common_namespace(backends: Mapping[str, Backend]) -> str:
    found = {name: backend.namespace for name, backend in backends.items()}
    if len(set(found.values())) > 1:
        said = listed(f"{name}: {namespace}" for name, namespace in found.items())
        raise ValueError(f"the backends have different namespaces ({said}): make them equal, or say the router's `namespace`")
    return next(iter(found.values()))


def _common_clock(backends: Mapping[str, Backend]) -> Any:
    """The clock that all backends have; None where they have none, or not the same."""
    clocks = [getattr(backend, "clock", None) for backend in backends.values()]
    return clocks[0] if callable(clocks[0]) and all(clock is clocks[0] for clock in clocks) else None
