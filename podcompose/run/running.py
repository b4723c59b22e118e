"""Launch pods and wait for what becomes of them; over any backend, with threads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from datetime import timedelta
from itertools import islice

from podcompose.run.errors import LaunchError, Throttled
from podcompose.run.flight import Ended, Flight, Noted, Pods, Reconciled, clock_of, in_order, namespace_of, not_launched
from podcompose.run.naming import LAUNCH, MANAGED_BY, MANAGER, launch_label
from podcompose.run.outcome import Outcome
from podcompose.run.pace import Pace
from podcompose.run.policy import PATIENT, Policy
from podcompose.run.protocols import Backend, Change, Launched, Launcher, Pod, Selection, Subscription, Synced, Watcher

__all__ = ["Reconciled", "launch_many", "reconcile", "run", "run_many"]

#: How long the first view of a namespace is waited for before something is launched all the same.
SYNC_S = 30.0
#: How often the policy is asked while nothing happens.
TICK_S = 1.0


def run(backend: Backend, pod: Pod, *, launch_id: str, deadline: float | None = None, policy: Policy = PATIENT) -> Outcome:
    """
    Launch one pod and wait for its outcome. If this launch id was launched before, wait for that pod.

    Units:  `deadline` for the launch, in seconds; the pod itself may take as long as it takes.
    Raises: LaunchError.

    >>> from podcompose.backends import MemoryBackend
    >>> with MemoryBackend() as backend:
    ...     run(backend, {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}, launch_id="dag/run/task/1").kind
    'Succeeded'
    """
    where = Selection((namespace_of(pod, backend.namespace),), {LAUNCH: launch_label(launch_id)})
    with ExitStack() as stack:
        subscription = _subscribed(backend, where, stack)
        launched = backend.launch(pod, launch_id=launch_id, deadline=deadline)
        flight = Flight(policy)
        flight.awaits(launch_id, launched.ref)
        ended = [] if launched.created else _looked(backend, where, flight)
        while ended == []:
            ended = _polled(backend, subscription, flight, TICK_S)
        return ended[0].outcome


def run_many(
    backend: Backend, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None, policy: Policy = PATIENT
) -> Iterator[tuple[str, Outcome]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each outcome as it is known.

    Shapes: pods: a mapping of launch id to pod, or pairs, drawn only as there is room. A pod that could not be launched has the
            outcome Failed(NotLaunched), or Lost if that is not sure.

    >>> from podcompose.backends import MemoryBackend
    >>> pod = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
    >>> with MemoryBackend() as backend:
    ...     sorted((name, outcome.kind) for name, outcome in run_many(backend, {"a": pod, "b": pod}))
    [('a', 'Succeeded'), ('b', 'Succeeded')]
    """
    waiting = iter(in_order(pods))
    flight = Flight(policy)
    with ExitStack() as stack:
        views: dict[str, Subscription] = {}
        while True:
            starting = list(islice(waiting, max_in_flight - len(flight)))
            if starting == [] and len(flight) == 0:
                return
            for namespace in dict.fromkeys(namespace_of(pod, backend.namespace) for _, pod in starting):
                if namespace not in views:
                    views[namespace] = _subscribed(backend, Selection((namespace,), {MANAGED_BY: MANAGER}), stack)
            there: set[str] = set()
            for launch_id, result in launch_many(backend, starting, max_in_flight=max_in_flight, deadline=deadline):
                if isinstance(result, LaunchError):
                    yield launch_id, not_launched(result)
                    continue
                flight.awaits(launch_id, result.ref)
                there |= set() if result.created else {result.ref.namespace}
            ended = _looked(backend, Selection(tuple(sorted(there)), {MANAGED_BY: MANAGER}), flight) if there != set() else []
            for view in views.values():
                ended += _polled(backend, view, flight, TICK_S / len(views))
            yield from ((one.launch_id, one.outcome) for one in ended)


def launch_many(
    launcher: Launcher, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None
) -> Iterator[tuple[str, Launched | LaunchError]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each result as it comes.

    Started strictly in order; fewer at once where the server says slow down. Ending the iteration starts no more; what is under
    way is finished. A launcher's attribute `concurrency`, if it has one, is a further bound.
    """
    waiting = iter(in_order(pods))
    pace = Pace(min(max_in_flight, getattr(launcher, "concurrency", max_in_flight)))
    if pace.limit == 1:
        yield from ((launch_id, _launched(launcher, pod, launch_id, deadline)) for launch_id, pod in waiting)
        return
    with ThreadPoolExecutor(pace.limit, thread_name_prefix="podcompose-launch") as pool:
        under_way: dict[Future[Launched | LaunchError], str] = {}
        while True:
            for launch_id, pod in islice(waiting, max(0, pace.limit - len(under_way))):
                under_way[pool.submit(_launched, launcher, pod, launch_id, deadline)] = launch_id
            if under_way == {}:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                slow = result.attempts > 1 if isinstance(result, Launched) else isinstance(result, Throttled)
                pace.slow_down() if slow else pace.went_well()
                yield under_way.pop(future), result


def reconcile(watcher: Watcher, known_ids: Collection[str], where: Selection) -> Reconciled:
    """
    Compare the launch ids one knows with the pods that are there: one look, after a crash or a restart.

    Shapes: `where`: the namespaces the pods were launched into; the label `app.kubernetes.io/managed-by` is asked for besides.
            The records tell owner, stage and outcome; adopt what is `owned`, settle or launch anew what is `missing`.
    """
    noted = Noted()
    with ExitStack() as stack:
        subscription = watcher.subscribe(Selection(where.namespaces, {MANAGED_BY: MANAGER, **where.labels}))
        stack.callback(subscription.close)
        while not noted.synced:
            noted.take(subscription.poll(None).changes)
    return noted.reconciled(known_ids)


def _launched(launcher: Launcher, pod: Pod, launch_id: str, deadline: float | None) -> Launched | LaunchError:
    try:
        return launcher.launch(pod, launch_id=launch_id, deadline=deadline)
    except LaunchError as error:
        return error


def _looked(watcher: Watcher, where: Selection, flight: Flight) -> list[Ended]:
    """What has ended of pods that were there before they were launched: their past was told to nobody here."""
    changes: list[Change] = []
    with ExitStack() as stack:
        _subscribed(watcher, where, stack, changes)
    return flight.taken(changes)


def _subscribed(watcher: Watcher, where: Selection, stack: ExitStack, seen: list[Change] | None = None) -> Subscription:
    """A subscription that has seen what is there, if it can be seen at all: then no later pod can come and go unseen."""
    subscription = watcher.subscribe(where)
    stack.callback(subscription.close)
    clock = clock_of(watcher)
    end = clock() + timedelta(seconds=SYNC_S)
    while (left := (end - clock()).total_seconds()) > 0:
        batch = subscription.poll(left)
        if seen is not None:
            seen += batch.changes
        if batch.changes == () or any(isinstance(change, Synced) for change in batch.changes):
            break
    return subscription


def _polled(backend: Backend, subscription: Subscription, flight: Flight, timeout: float) -> list[Ended]:
    """What has ended since, and what is given up; the latter is stopped."""
    ended = [*flight.taken(subscription.poll(timeout).changes), *flight.overdue(clock_of(backend)())]
    for one in ended:
        if one.stop:
            with suppress(LaunchError):
                backend.stop(one.ref, grace=one.grace)
    return ended
