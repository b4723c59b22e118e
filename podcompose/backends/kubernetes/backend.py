"""Pods of a Kubernetes cluster."""

from __future__ import annotations

import os
import random
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Any, Literal

from podcompose.backends.kubernetes import access, hosting, orders
from podcompose.backends.kubernetes.adopting import adopt
from podcompose.backends.kubernetes.asking import Terms
from podcompose.backends.kubernetes.driving import drive
from podcompose.backends.kubernetes.launching import launch, settle
from podcompose.backends.kubernetes.logs import follow_logs
from podcompose.backends.kubernetes.stopping import stop
from podcompose.backends.kubernetes.swapping import Entries, holders, swap
from podcompose.backends.kubernetes.transport import Channel
from podcompose.backends.kubernetes.watching import KubernetesSubscription
from podcompose.core.json import JsonMap
from podcompose.errors import Problem
from podcompose.run.prepare import for_launch
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRecord, PodRef
from podcompose.run.warm.hosting import Changed, Order, Swapped, Told
from podcompose.run.warm.shell.script import supervisor
from podcompose.run.watch import WatchSettings

__all__ = ["FieldValidation", "KubernetesBackend", "remember_stop"]

FieldValidation = Literal["Strict", "Warn", "Ignore"]
#: How many of our own stops are remembered.
_REMEMBERED = 100_000


class KubernetesBackend:
    """
    Launches and watches pods of one cluster, by the official client's configuration: a Launcher and a Watcher.

    Thread-safe; a context manager. Made by `from_kubeconfig`, `in_cluster` or `from_api_client`.

    Shapes: `namespace` is where pods go that name none. `field_validation`: what the server does with fields it does not know;
            None is its own default, to drop them and warn (`Launched.warnings`). "Strict" refuses them. `scratch` is the emptyDir
            (`medium`, `sizeLimit`) of pods that are kept warm: it holds what their tasks write to stdout and to $TMPDIR.
    Units:  `deadline` in seconds, for calls that are given none. `exec_stay` in seconds: how long an exec that ran a task in a pod
            that is kept warm stays for the pod's next one (0: each task has an exec of its own).
    """

    def __init__(
        self,
        where: access.Access,
        namespace: str | None = None,
        *,
        deadline: float = 300.0,
        field_validation: FieldValidation | None = None,
        watch: WatchSettings | None = None,
        scratch: Mapping[str, Any] | None = None,
        exec_stay: float = 2.0,
    ) -> None:
        self._access = where
        self._namespace = where.namespace if namespace is None else namespace
        self._deadline = deadline
        self._field_validation = field_validation
        self._scratch = {} if scratch is None else dict(scratch)
        self._channel = Channel(where)
        self._orders = orders.Orders(self._channel, exec_stay)
        self._watch = WatchSettings() if watch is None else watch
        self._closing = Event()
        self._subscriptions: set[KubernetesSubscription] = set()
        self._stops: OrderedDict[str, datetime] = OrderedDict()

    @classmethod
    def from_kubeconfig(
        cls, path: str | os.PathLike[str] | None = None, context: str | None = None, namespace: str | None = None, **options: Any
    ) -> KubernetesBackend:
        """
        By a kubeconfig file (None: $KUBECONFIG, else ~/.kube/config), a context (None: the current one), and its namespace.

        Raises: kubernetes.config.ConfigException: there is no such file or context, or it is wrong.
        """
        return cls(access.from_kubeconfig(path, context), namespace, **options)

    @classmethod
    def in_cluster(cls, namespace: str | None = None, **options: Any) -> KubernetesBackend:
        """
        By the service account of the pod this runs in, and its namespace.

        Raises: kubernetes.config.ConfigException: this is no pod, or one without a service account.
        """
        return cls(access.in_cluster(), namespace, **options)

    @classmethod
    def from_api_client(cls, api_client: Any, namespace: str | None = None, **options: Any) -> KubernetesBackend:
        """By an ApiClient that is configured already; it is copied, not used."""
        return cls(access.from_api_client(api_client), namespace, **options)

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._namespace

    def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod, or find the one this launch id already has.

        Units:  `deadline` is in seconds from now.
        Raises: LaunchError: Refused, Throttled, Unreachable; Unsettled where a pod may be there, `settle` tells.
        """
        prepared = for_launch(pod, launch_id, self._namespace)
        effects = launch(prepared, self._terms(deadline), monotonic(), dry_run=dry_run, field_validation=self._field_validation)
        return drive(effects, self._channel, self._closing)

    def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there; after Unsettled or a crash."""
        where = self._namespace if namespace is None else namespace
        return drive(settle(launch_id, where, self._terms(None), monotonic()), self._channel, self._closing)

    def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """
        Ask the pod of this uid to end; absent is done.

        Units:  `grace` in seconds; None: what the pod names itself.
        """
        began = drive(stop(ref, grace, self._terms(None), monotonic()), self._channel, self._closing)
        remember_stop(self._stops, ref.uid, began)

    def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it, or another of the same."""
        return drive(adopt(ref, owner, self._terms(None), monotonic()), self._channel, self._closing)

    def subscribe(self, where: Selection, *, cursor: str | None = None) -> KubernetesSubscription:
        """What happens to the selected pods, from now or from a cursor on; one thread for each namespace that it names."""
        subscription = KubernetesSubscription(
            where, cursor, lambda: Channel(self._access), self._watch, self._stops, self._subscriptions.discard
        )
        self._subscriptions.add(subscription)
        if self._closing.is_set():
            subscription.close()
        return subscription

    def follow_logs(self, ref: PodRef, container: str | None = None) -> Iterator[bytes]:
        """
        What a container (the main one if not named) writes, in all its runs, as it writes it; until the pod is over.

        Raises: LaunchError: no such pod, or the permission to `get pods/log` is missing.
        """
        return follow_logs(self._channel, ref, container, lambda: self._terms(None), self._closing)

    def unfit(self, manifest: JsonMap, container: str) -> tuple[Problem, ...]:
        """Why tasks cannot be run in this container of such a pod (as it was composed); () if they can."""
        return hosting.unfit(manifest, container)

    def idle(self, manifest: JsonMap, container: str) -> JsonMap:
        """The pod as it waits for tasks: a shell script in place of this container's program, and a folder for what tasks write."""
        return hosting.idle(manifest, container, supervisor(hosting.FOLDER), self._scratch)

    def order(self, ref: PodRef, container: str, order: Order, told: Told) -> None:
        """Have something done in the pod's container, by a thread of its own."""
        self._orders.give(ref, container, order, told)

    def output(self, ref: PodRef, container: str, key: str) -> bytes:
        """
        What the task of this key has written so far, both streams in one; empty if nothing, or if it is not kept any longer.

        Raises: LaunchError.
        """
        return orders.output(self._channel, ref, container, key, self._terms(None), self._closing)

    def swap(self, record: PodRecord, labels: Entries, annotations: Entries) -> Swapped | Changed:
        """
        Write labels and annotations (None: take away) on the pod, if it is as it was in this record: compare and swap.

        Raises: LaunchError: Unsettled where it may have been written.
        """
        effects = swap(record, labels, annotations, self._stops.get, self._terms(None), monotonic())
        return drive(effects, self._channel, self._closing)

    def holders(self, namespace: str, label: str, *, since: str = "") -> tuple[PodRecord, ...]:
        """
        The pods of the namespace that have a label of this name, as they all were at one moment: not before `since`, or now.

        Raises: LaunchError.
        """
        effects = holders(namespace, label, self._stops.get, self._terms(None), monotonic(), since)
        return drive(effects, self._channel, self._closing)

    def close(self) -> None:
        """End what is under way, all subscriptions and connections; launch ids that were not settled can be settled later."""
        self._closing.set()
        self._orders.close()
        for subscription in tuple(self._subscriptions):
            subscription.close()
        self._channel.close()

    def __enter__(self) -> KubernetesBackend:
        """Itself; closed at the end."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    def _terms(self, deadline: float | None) -> Terms:
        return Terms(random.random, self._deadline if deadline is None else deadline)


def remember_stop(stops: OrderedDict[str, datetime], uid: str, began: datetime | None) -> None:
    """Note when our own stop of a pod began, for as many pods as can be remembered."""
    if began is not None:
        stops.setdefault(uid, began)
        while len(stops) > _REMEMBERED:
            stops.popitem(last=False)
