"""Which of a pool's pods a composed pod may share, and why none."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from podcompose.errors import Problem
from podcompose.run.prepare import Prepared
from podcompose.run.records import Owner
from podcompose.run.warm.claims import LARGEST, Claim, written
from podcompose.run.warm.hosting import Hosting
from podcompose.run.warm.kinds import Fit, fit
from podcompose.run.warm.reasons import NOT_WARM

__all__ = ["FRESH", "Fitting"]

#: An annotation of a pod that is to have a pod of its own.
FRESH = "podcompose.io/fresh"


class Fitting:
    """How composed pods fit one pool: by their own words, the backend's, and what was found out."""

    def __init__(
        self,
        hosting: Hosting,
        fresh: bool | Callable[[Any], bool],
        init_once: Collection[str],
        of_pod: Collection[str],
    ) -> None:
        self._hosting, self._fresh, self._init_once, self._of_pod = hosting, fresh, init_once, of_pod
        #: By kind, why its pods cannot run tasks: that is known only when one was started.
        self._unfit: dict[str, str] = {}

    def fit(self, prepared: Prepared, fresh: bool = False) -> Fit:
        """The kind and task of a pod, or the reasons why it has none."""
        found = fit(prepared.composed, prepared.launch_id, prepared.namespace, self._init_once, self._of_pod)
        why = self._reasons(found, prepared, fresh)
        return found if why == () else replace(found, reasons=(*found.reasons, *why), kind=None, task=None)

    def cannot(self, kind: str, why: str) -> None:
        """Pods of this kind cannot run tasks."""
        self._unfit[kind] = why

    def _reasons(self, found: Fit, prepared: Prepared, fresh: bool) -> tuple[Problem, ...]:
        manifest = prepared.composed.manifest
        asked = fresh or self._fresh is True or (callable(self._fresh) and self._fresh(manifest))
        annotations = (manifest.get("metadata") or {}).get("annotations") or {}
        if asked or annotations.get(FRESH) == "true":
            return (Problem(NOT_WARM, "", "a fresh pod was asked for"),)
        if found.kind is None or found.task is None:
            return ()
        if found.kind.digest in self._unfit:
            return (Problem(NOT_WARM, "", self._unfit[found.kind.digest]),)
        claim = Claim(found.task.key, prepared.launch_id, "", "", Owner("", 0), found.labels, found.annotations, found.task)
        size = len(written(claim).encode())
        if size > LARGEST:
            fix = "put what is large into a ConfigMap"
            return (Problem(NOT_WARM, "", f"what is the task's own has {size} bytes, and {LARGEST} fit on a pod", suggestion=fix),)
        return self._hosting.unfit(manifest, found.kind.container)
