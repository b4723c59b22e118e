"""Launch pods and wait for what becomes of them; over any backend, with threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice

from podcompose.run.errors import LaunchError, Refused, Throttled
from podcompose.run.flight import Ended, Flight, Noted, Pods, Reconciled, clock_of, closed, in_order, namespace_of, not_launched
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
#: How long one looks for changes while launches are under way.
GLANCE_S = 0.05


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
    flight = Flight(policy)
    flight.starts(launch_id)
    with ExitStack() as stack:
        subscription = _subscribed(backend, where, flight, stack)
        flight.awaits(launch_id, backend.launch(pod, launch_id=launch_id, deadline=deadline).ref)
        ended = flight.taken(())
        while ended == []:
            ended = _polled(backend, subscription, flight, TICK_S)
        return ended[0].outcome


def run_many(
    backend: Backend, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None, policy: Policy = PATIENT
) -> Iterator[tuple[str, Outcome]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each outcome as it is known.

    Shapes: pods: a mapping of launch id to pod, or pairs, drawn only as there is room. A pod that could not be launched has the
            outcome Failed(NotLaunched), or Lost if that is not sure. If drawing a pod raises, so does this: the pods that were
            launched go on, and running the same launch ids again gives their outcomes.

    >>> from podcompose.backends import MemoryBackend
    >>> pod = {"spec": {"containers": [{"name": "base", "image": "busybox"}]}}
    >>> with MemoryBackend() as backend:
    ...     sorted((name, outcome.kind) for name, outcome in run_many(backend, {"a": pod, "b": pod}))
    [('a', 'Succeeded'), ('b', 'Succeeded')]
    """
    waiting, flight = iter(in_order(pods)), Flight(policy)
    with ExitStack() as stack:
        views: dict[str, Subscription] = {}
        launches = stack.enter_context(_Launches(backend, max_in_flight, deadline))
        while True:
            for launch_id, pod in islice(waiting, min(launches.room, max_in_flight - len(flight))):
                namespace = namespace_of(pod, backend.namespace)
                if namespace not in views:
                    views[namespace] = _subscribed(backend, Selection((namespace,), {MANAGED_BY: MANAGER}), flight, stack)
                flight.starts(launch_id)
                launches.start(launch_id, pod)
            if len(flight) == 0:
                return
            for launch_id, result in launches.done(0.0):
                if isinstance(result, LaunchError):
                    flight.not_launched(launch_id)
                    yield launch_id, not_launched(result)
                else:
                    flight.awaits(launch_id, result.ref)
            known = _taken(backend, flight, ())  # launched before, and ended before this
            yield from ((ended.launch_id, ended.outcome) for ended in known)
            wait_s = 0.0 if known != [] else (TICK_S if launches.under_way == {} else GLANCE_S) / max(1, len(views))
            for view in views.values():
                for ended in _polled(backend, view, flight, wait_s):
                    yield ended.launch_id, ended.outcome


def launch_many(
    launcher: Launcher, pods: Pods, *, max_in_flight: int = 32, deadline: float | None = None
) -> Iterator[tuple[str, Launched | LaunchError]]:
    """
    Launch pods, at most `max_in_flight` at once, and give each result as it comes.

    Started strictly in order; fewer at once where the server says slow down. Ending the iteration starts no more; what is under
    way is finished. A launcher's attribute `concurrency`, if it has one, is a further bound.
    """
    waiting = iter(in_order(pods))
    with _Launches(launcher, max_in_flight, deadline) as launches:
        while True:
            for launch_id, pod in islice(waiting, launches.room):
                launches.start(launch_id, pod)
            if launches.under_way == {}:
                return
            yield from launches.done(None)


def reconcile(watcher: Watcher, known_ids: Iterable[str], where: Selection) -> Reconciled:
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
            if not noted.synced and subscription.status().state == "Closed":
                raise closed()
    return noted.reconciled(known_ids)


class _Launches:
    """Launches under way in threads: as many as the server likes."""

    def __init__(self, launcher: Launcher, max_in_flight: int, deadline: float | None) -> None:
        if max_in_flight < 1:
            raise ValueError(f"max_in_flight is at least 1, not {max_in_flight}")
        most = min(max_in_flight, getattr(launcher, "concurrency", max_in_flight))
        self.under_way: dict[Future[Launched | LaunchError], str] = {}
        self._launcher, self._deadline, self._pace = launcher, deadline, Pace(most)
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="podcompose-launch") if most > 1 else None

    @property
    def room(self) -> int:
        """How many more can be started now."""
        return max(0, self._pace.limit - len(self.under_way))

    def start(self, launch_id: str, pod: Pod) -> None:
        """Begin one; in place, if it is to be the only one."""
        if self._pool is not None:
            self.under_way[self._pool.submit(self._launched, launch_id, pod)] = launch_id
            return
        future: Future[Launched | LaunchError] = Future()
        future.set_result(self._launched(launch_id, pod))
        self.under_way[future] = launch_id

    def done(self, timeout: float | None) -> list[tuple[str, Launched | LaunchError]]:
        """What has been answered, after so many seconds at most."""
        done, _ = wait(self.under_way, timeout, FIRST_COMPLETED)
        results = [(self.under_way.pop(future), future.result()) for future in [one for one in self.under_way if one in done]]
        for _, result in results:
            slow = result.throttled if isinstance(result, Launched) else isinstance(result, Throttled)
            self._pace.slow_down() if slow else self._pace.went_well()
        return results

    def _launched(self, launch_id: str, pod: Pod) -> Launched | LaunchError:
        try:
            return self._launcher.launch(pod, launch_id=launch_id, deadline=self._deadline)
        except LaunchError as error:
            return error

    def __enter__(self) -> _Launches:
        return self

    def __exit__(self, *_: object) -> None:
        """What is under way is finished."""
        if self._pool is not None:
            self._pool.shutdown()


def _subscribed(watcher: Watcher, where: Selection, flight: Flight, stack: ExitStack) -> Subscription:
    """A subscription that has seen what is there, if it can be seen at all: then no later pod can come and go unseen."""
    subscription = watcher.subscribe(where)
    stack.callback(subscription.close)
    clock = clock_of(watcher)
    end = clock() + timedelta(seconds=SYNC_S)
    while (left := (end - clock()).total_seconds()) > 0:
        batch = subscription.poll(left)
        flight.noted(batch.changes)
        if batch.changes == () or any(isinstance(change, Synced) for change in batch.changes):
            break
    return subscription


def _polled(backend: Backend, subscription: Subscription, flight: Flight, timeout: float) -> list[Ended]:
    """What has ended since, and what is given up and could be stopped."""
    changes = subscription.poll(timeout).changes
    health = subscription.status()
    if changes == () and health.state == "Closed":
        raise closed()
    ended = _taken(backend, flight, changes)
    late = flight.overdue(clock_of(backend)()) if health.state == "Live" else []
    given_up = [one for one in late if _stopped(backend, one)]
    for one in given_up:
        flight.given_up(one)
    return [*ended, *given_up]


def _taken(backend: Backend, flight: Flight, changes: tuple[Change, ...]) -> list[Ended]:
    """What has ended, and is stopped if that is to be."""
    ended = flight.taken(changes)
    for one in ended:
        if one.stop:
            _stopped(backend, one)
    return ended


def _stopped(backend: Backend, ended: Ended) -> bool:
    """Whether a pod could be asked to end; for what will never be allowed, nobody waits."""
    try:
        backend.stop(ended.ref, grace=ended.grace)
    except LaunchError as error:
        return isinstance(error, Refused)
    return True
