"""What composing gives: one pod, and everything there is to know about how it came to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from podcompose.core.json import JsonMap, copy
from podcompose.core.path import parse_path
from podcompose.dialect import Dialect
from podcompose.encode import encode, independent
from podcompose.errors import HookError
from podcompose.hook import Ran
from podcompose.override import Override
from podcompose.stages import lay_override
from podcompose.template import Template, main_container

if TYPE_CHECKING:
    from podcompose.blame import Blame
    from podcompose.core.provenance import Explanation, Stage
    from podcompose.history import StageChanges

__all__ = ["Composition"]


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
            import hashlib

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
        from podcompose.models import to_model

        return to_model(self._manifest, drop=drop)

    @property
    def pod_template(self) -> JsonMap:
        """Metadata and spec, to embed in a Job or a custom resource; a copy, the caller's to keep."""
        return {name: copy(self._manifest[name]) for name in ("metadata", "spec") if name in self._manifest}

    @property
    def namespace(self) -> str | None:
        """The namespace the pod names; None if it names none."""
        metadata = self._manifest.get("metadata", {})
        named = metadata.get("namespace")
        return named if type(named) is str else None

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
        from podcompose.history import explain_path, explain_pod

        if path is None:
            return explain_pod(self._manifest, self._stages(), self.dialect)
        return explain_path(parse_path(path), self._manifest, self._stages(), self.dialect)

    def diff(self) -> tuple[StageChanges, ...]:
        """
        What each override and hook changed, by path and list key.

        >>> from podcompose import Override, compose
        >>> print(*compose({"spec": {"hostNetwork": True}}, Override({"spec": {"hostNetwork": False}}, name="team-a")).diff())
        override team-a: 1 change
          ~ .spec.hostNetwork: true -> false
        """
        from podcompose.history import stage_changes

        return stage_changes(self._stages(), self.dialect.plan())

    def with_stage(self, name: str, patch: Override) -> Composition:
        """
        The same with one patch more, laid over at a stage of its own after all hooks.

        Raises: HookError: the patch does not fit.

        >>> from podcompose import Override, compose
        >>> compose({"spec": {}}).with_stage("launch", Override({"metadata": {"name": "a"}})).explain("metadata.name").stage
        'launch'
        """
        patch = patch.at_stage(name)
        laid = lay_override(self._manifest, patch, self.dialect, {})
        if laid.found != []:
            raise HookError(patch.origin.problems(laid.found, patch.document.marks))
        exponents = self._exponents or laid.exponents
        return Composition(laid.manifest, self.template, self.overrides, (*self.hooks, patch), self.dialect, exponents)

    def _stages(self) -> list[Stage]:
        from podcompose.history import stages

        return stages(self.template, self.overrides, self.hooks, self.dialect)

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


def _gone(pod: Any) -> None:
    """Stands for a hook that did not travel with its composition."""
