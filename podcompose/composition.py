"""What composing gives: one pod, and everything there is to know about how it came to be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, overload

from podcompose.blame import Blame
from podcompose.core.diff import Change, changes
from podcompose.core.json import JsonMap, copy
from podcompose.core.path import Path, parse_path
from podcompose.core.provenance import Explanation, Stage, explain, leaves
from podcompose.core.select import resolve
from podcompose.dialect import Dialect
from podcompose.encode import encode, independent
from podcompose.hook import CodeHook
from podcompose.override import Override
from podcompose.stages import lay_override
from podcompose.template import Template, main_container

__all__ = ["Composition", "Ran", "StageChanges"]


@dataclass(frozen=True, slots=True)
class Ran:
    """A hook that is code, and the manifest it left: unlike a merge, it cannot be asked again."""

    hook: CodeHook
    after: JsonMap


@dataclass(frozen=True, slots=True)
class StageChanges:
    """What one stage changed."""

    stage: str
    who: str
    source: str | None
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        """The stage, and a line for every change."""
        head = " ".join(
            part for part in (self.stage, self.who, f"({self.source})" if self.source is not None else "") if part != ""
        )
        count = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}"
        return "\n".join([f"{head}: {count}", *(f"  {change}" for change in self.changes)])


class Composition:
    """
    One composed pod. Immutable; two are equal if their pods are, to the byte.

    Everything but the pod itself is computed when asked, from the template, overrides and hooks it keeps.

    >>> from podcompose import compose
    >>> composition = compose({"spec": {"hostNetwork": True}}, {"spec": {"hostNetwork": False}})
    >>> composition.json
    b'{"spec":{"hostNetwork":false}}'
    """

    __slots__ = ("_digest", "_exponents", "_manifest", "dialect", "hooks", "overrides", "template")

    _manifest: JsonMap
    _exponents: bool
    _digest: str | None
    template: Template
    overrides: tuple[Override, ...]
    hooks: tuple[Ran | Override, ...]
    dialect: Dialect

    def __init__(
        self,
        manifest: JsonMap,
        template: Template,
        overrides: tuple[Override, ...],
        hooks: tuple[Ran | Override, ...],
        dialect: Dialect,
        exponents: bool,
    ) -> None:
        """Made by `compose`."""
        set_once = object.__setattr__
        set_once(self, "_manifest", manifest)
        set_once(self, "template", template)
        set_once(self, "overrides", overrides)
        set_once(self, "hooks", hooks)
        set_once(self, "dialect", dialect)
        set_once(self, "_exponents", exponents)
        set_once(self, "_digest", None)

    @property
    def manifest(self) -> JsonMap:
        """The pod as wire JSON; a copy, the caller's to keep."""
        return independent(self._manifest)

    @property
    def json(self) -> bytes:
        """The pod as canonical JSON: keys sorted, no white space, UTF-8. These are the bytes to send."""
        return encode(self._manifest, exponents=self._exponents)

    @property
    def digest(self) -> str:
        """`sha256:` and the hex SHA-256 of `json`."""
        if self._digest is None:
            object.__setattr__(self, "_digest", f"sha256:{hashlib.sha256(self.json).hexdigest()}")
        return str(self._digest)

    @property
    def pod(self) -> Any:
        """
        The pod as a V1Pod of the installed client; a new one each time.

        Raises: ModelError: the client is too old to hold a field; see `to_pod`.
        """
        return self.to_pod()

    def to_pod(self, *, drop: bool = False) -> Any:
        """The pod as a V1Pod; with `drop`, without the fields the installed client cannot hold."""
        from podcompose import models

        return models.to_model(self._manifest, drop=drop)

    @property
    def pod_template(self) -> JsonMap:
        """Metadata and spec, to embed in a Job or a custom resource; a copy, the caller's to keep."""
        return {name: copy(self._manifest[name]) for name in ("metadata", "spec") if name in self._manifest}

    @property
    def main_container(self) -> str | None:
        """The container the annotation kubectl.kubernetes.io/default-container names, else the first; None if there is none."""
        return main_container(self._manifest)

    @overload
    def explain(self, path: None = None) -> Blame: ...
    @overload
    def explain(self, path: str) -> Explanation: ...
    def explain(self, path: str | None = None) -> Explanation | Blame:
        """
        Who set this field, who set it before, and where; without a path, for every field of the pod.

        Raises: PathError: no Pod has such a field.

        >>> from podcompose import Override, Template, compose
        >>> template = Template.from_yaml("spec: {hostNetwork: true}", source="worker.yaml")
        >>> print(compose(template, Override({"spec": {"hostNetwork": False}}, name="team-a")).explain("spec.hostNetwork"))
        .spec.hostNetwork: false
          template (worker.yaml:1:21) set it to true
          override team-a set it to false
        """
        stages, schema = self._stages(), self.dialect.schema
        if path is not None:
            return explain(self._by_key(resolve(parse_path(path), schema)), stages, schema)
        present = dict.fromkeys(path for path, _ in leaves(self._manifest, schema))
        earlier = dict.fromkeys(path for stage in stages[:-1] for path, _ in leaves(stage.after, schema) if path not in present)
        gone = (one for one in (explain(path, stages, schema) for path in earlier) if not one.present)
        return Blame(self.manifest, schema, (*(explain(path, stages, schema) for path in present), *gone))

    def _by_key(self, path: Path) -> Path:
        """A path with the places of keyed lists turned into the keys of the elements that stand there."""
        by_place: dict[Path, Path] = {
            raw[: len(path)]: found[: len(path)] for found, raw in leaves(self._manifest, self.dialect.schema)
        }
        return by_place.get(path, path)

    def diff(self) -> tuple[StageChanges, ...]:
        """
        What each override and hook changed, by path and list key.

        >>> from podcompose import Override, compose
        >>> print(*compose({"spec": {"hostNetwork": True}}, Override({"spec": {"hostNetwork": False}}, name="team-a")).diff())
        override team-a: 1 change
          ~ .spec.hostNetwork: true -> false
        """
        stages = self._stages()
        return tuple(
            StageChanges(stage.stage, stage.who, stage.source, tuple(changes(before.after, stage.after, self.dialect.plan())))
            for before, stage in pairwise(stages)
        )

    def _stages(self) -> list[Stage]:
        """Every stage with what it left, the merges done again."""
        checked = self.template.checked(self.dialect)
        origin, document = self.template.origin, self.template.document
        stages = [Stage(origin.stage, origin.who, origin.source, checked.manifest, document.value, document.marks)]
        for name, patch in self._patches():
            before = stages[-1].after
            if isinstance(patch, Ran):
                stages.append(Stage("hook", name, patch.hook.origin.source, patch.after, line=patch.hook.line))
            else:
                after = lay_override(before, patch, self.dialect, checked.indexes).manifest
                stages.append(_patch_stage("override" if len(stages) <= len(self.overrides) else "hook", name, patch, after))
        return stages

    def _patches(self) -> Iterator[tuple[str, Ran | Override]]:
        for place, override in enumerate(self.overrides, 1):
            yield override.name or (f"#{place}" if len(self.overrides) > 1 else ""), override
        for place, hook in enumerate(self.hooks, 1):
            name = hook.hook.origin.who if isinstance(hook, Ran) else hook.name
            yield name or (f"#{place}" if len(self.hooks) > 1 else ""), hook

    def __setattr__(self, name: str, value: object) -> None:
        """Refused: a composition does not change."""
        raise AttributeError(f"a Composition does not change: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """A composition pickles with its inputs, but for hooks that are code: of those it keeps what they left."""
        hooks = tuple(Ran(hook.hook._replace(function=_gone), hook.after) if isinstance(hook, Ran) else hook for hook in self.hooks)
        return (Composition, (self._manifest, self.template, self.overrides, hooks, self.dialect, self._exponents))

    def __eq__(self, other: object) -> bool:
        """Equal pods, to the byte."""
        return self.digest == other.digest if isinstance(other, Composition) else NotImplemented

    def __hash__(self) -> int:
        """The digest's."""
        return hash(self.digest)

    def __repr__(self) -> str:
        """Its digest and stages."""
        return f"Composition({self.digest[:19]}, {len(self.overrides)} overrides, {len(self.hooks)} hooks)"


def _patch_stage(stage: str, who: str, patch: Override, after: JsonMap) -> Stage:
    document = patch.document.value if patch.kind != "json-patch" else None
    return Stage(stage, who, patch.source, after, document, patch.document.marks, patch.paths)


def _gone(pod: Any) -> None:
    """Stands for a hook that did not travel with its composition."""
