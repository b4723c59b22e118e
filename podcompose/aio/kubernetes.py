"""Pods of a Kubernetes cluster, with async def."""

from __future__ import annotations

import asyncio
import os
import random
from collections import OrderedDict
from datetime import datetime
from time import monotonic
from types import TracebackType
from typing import Any

from podcompose.aio.channel import channel
from podcompose.aio.driving import drive
from podcompose.aio.watching import AioSubscription
from podcompose.backends.kubernetes import access
from podcompose.backends.kubernetes.adopting import adopt
from podcompose.backends.kubernetes.asking import Terms
from podcompose.backends.kubernetes.backend import FieldValidation, remember_stop
from podcompose.backends.kubernetes.launching import launch, settle
from podcompose.backends.kubernetes.stopping import stop
from podcompose.run.prepare import for_launch
from podcompose.run.protocols import Adopted, Launched, NotFound, Pod, Selection, Superseded
from podcompose.run.records import Owner, PodRef
from podcompose.run.watch import WatchSettings

__all__ = ["KubernetesBackend"]


class KubernetesBackend:
    """
    `podcompose.backends.KubernetesBackend` with async def: the same effects, the same watch machine, driven by an event loop.

    Made in a running loop, and used in that one only. The client's own asynchronous transport is used where it has one
    (from 36 on), else threads.
    """

    def __init__(
        self,
        where: access.Access,
        namespace: str | None = None,
        *,
        deadline: float = 300.0,
        field_validation: FieldValidation | None = None,
        watch: WatchSettings | None = None,
    ) -> None:
        self._access = where
        self._namespace = where.namespace if namespace is None else namespace
        self._deadline = deadline
        self._field_validation = field_validation
        self._watch = WatchSettings() if watch is None else watch
        self._channel = channel(where)
        self._closing = asyncio.Event()
        self._subscriptions: set[AioSubscription] = set()
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
        """By a (plain, not asynchronous) ApiClient that is configured already; it is copied, not used."""
        return cls(access.from_api_client(api_client), namespace, **options)

    @property
    def namespace(self) -> str:
        """Where pods go that name no namespace."""
        return self._namespace

    async def launch(self, pod: Pod, *, launch_id: str, deadline: float | None = None, dry_run: bool = False) -> Launched:
        """
        Launch a pod, or find the one this launch id already has.

        Units:  `deadline` is in seconds from now. A call that is cancelled may have made the pod: `settle` tells.
        Raises: LaunchError: Refused, Throttled, Unreachable; Unsettled where a pod may be there, `settle` tells.
        """
        prepared = for_launch(pod, launch_id, self._namespace)
        effects = launch(prepared, self._terms(deadline), monotonic(), dry_run=dry_run, field_validation=self._field_validation)
        return await drive(effects, self._channel, self._closing)

    async def settle(self, launch_id: str, namespace: str | None = None) -> Launched | NotFound:
        """Whether the pod of this launch id is there; after Unsettled, a cancellation or a crash."""
        where = self._namespace if namespace is None else namespace
        return await drive(settle(launch_id, where, self._terms(None), monotonic()), self._channel, self._closing)

    async def stop(self, ref: PodRef, *, grace: float | None = None) -> None:
        """
        Ask the pod of this uid to end; absent is done.

        Units:  `grace` in seconds; None: what the pod names itself.
        """
        began = await drive(stop(ref, grace, self._terms(None), monotonic()), self._channel, self._closing)
        remember_stop(self._stops, ref.uid, began)

    async def adopt(self, ref: PodRef, owner: Owner) -> Adopted | Superseded | NotFound:
        """Take a pod over, unless an owner of a higher epoch has it, or another of the same."""
        return await drive(adopt(ref, owner, self._terms(None), monotonic()), self._channel, self._closing)

    async def subscribe(self, where: Selection, *, cursor: str | None = None) -> AioSubscription:
        """What happens to the selected pods, from now or from a cursor on; one task for each namespace that it names."""
        subscription = AioSubscription(where, cursor, self._channel, self._watch, self._stops, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        if self._closing.is_set():
            await subscription.close()
        return subscription

    async def close(self) -> None:
        """End what is under way, all subscriptions and connections; launch ids that were not settled can be settled later."""
        self._closing.set()
        for subscription in tuple(self._subscriptions):
            await subscription.close()
        await self._channel.close()

    async def __aenter__(self) -> KubernetesBackend:
        """Itself; closed at the end."""
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        await self.close()

    def _terms(self, deadline: float | None) -> Terms:
        return Terms(random.random, self._deadline if deadline is None else deadline)
