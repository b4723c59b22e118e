"""
Dialects: which maps are replaced whole, which lists are keyed by what, which one-ofs switch, as one literal value.

A new dialect is made with `dataclasses.replace` from an old one; `docs/dialects.md` shows how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from podcompose.core.lists import Strategy
from podcompose.core.merge import Engine
from podcompose.core.one_of import Switch
from podcompose.core.plan import Plan, compile_plan
from podcompose.core.scalars import Strictness
from podcompose.core.schema import Schema
from podcompose.errors import DialectError, Problem, a
from podcompose.schema.pod import POD

__all__ = ["APPLY", "COMPOSE", "STRATEGIC", "Dialect", "keeping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    How a patch is merged into an original.

    Source: docs/merge.md for what each choice means to a pod.

    >>> from dataclasses import replace
    >>> from podcompose import COMPOSE, merge
    >>> additive = replace(COMPOSE, name="additive", lists={".spec.tolerations": "append_unique"})
    >>> template, override = {"spec": {"tolerations": [{"key": "gpu"}]}}, {"spec": {"tolerations": [{"key": "spot"}]}}
    >>> merge(template, override, additive)
    {'spec': {'tolerations': [{'key': 'gpu'}, {'key': 'spot'}]}}
    """

    name: str
    schema: Schema = field(repr=False)
    #: structural: server-side apply's kind of merge; strategic: kubectl's; or any `deepmerge.Merger`.
    engine: Engine = "structural"
    #: Maps and structs replaced whole: a type ("LabelSelector") or one field ("PodSpec.nodeSelector").
    atomic: frozenset[str] = field(default=frozenset(), repr=False)
    #: Lists keyed otherwise than the schema says, by "Type.field"; () replaces such a list whole.
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Lists merged by a strategy: by "Type.field" or by path (".spec.containers[*].envFrom"); deepmerge's names or signature.
    lists: Mapping[str, str | Strategy] = field(default_factory=dict)
    #: When a member of a one-of takes the others out of the original.
    one_ofs: Switch = "mentioned"
    #: Whether the original may name a key twice in one list; a patch never may.
    repeated: Literal["error", "keep"] = "error"
    #: Which JSON values a scalar field takes.
    scalars: Strictness = "decoder"
    #: What becomes of a field the schema does not know.
    unknown: Literal["error", "keep"] = "error"
    _plans: list[Plan] = field(default_factory=list, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Equal dialects have equal names."""
        return hash(self.name)

    def __post_init__(self) -> None:
        """Refuse a word that means nothing; what names the schema is judged when the plan is compiled."""
        self._must_be_known()
        set_once = object.__setattr__
        try:
            set_once(self, "atomic", frozenset(_names(self.atomic)))
            set_once(self, "keys", MappingProxyType({str(name): _names(names) for name, names in self.keys.items()}))
            set_once(self, "lists", MappingProxyType({str(name): strategy for name, strategy in self.lists.items()}))
        except (TypeError, ValueError, AttributeError) as cause:
            message = f"`atomic` is a set of names, `keys` and `lists` are maps by name: {cause}"
            raise self._error("wrong-type", "", message) from cause
        if self.engine == "strategic" and (len(self.atomic) > 0 or len(self.keys) > 0 or len(self.lists) > 0):
            message = "strategic merge patch has lists and maps of its own: nothing of them can be set"
            raise self._error("unknown-word", "engine", message)

    def _error(self, code: str, path: str, message: str) -> DialectError:
        return DialectError([Problem(code, path, message, "dialect", self.name)])

    def _must_be_known(self) -> None:
        known = {
            "one_ofs": get_args(Switch),
            "repeated": ("error", "keep"),
            "scalars": get_args(Strictness),
            "unknown": ("error", "keep"),
            "engine": ("structural", "strategic"),
        }
        wrong = [name for name, words in known.items() if getattr(self, name) not in words]
        if "engine" in wrong and callable(getattr(self.engine, "merge", None)):
            wrong.remove("engine")
        if wrong != []:
            messages = {name: f"{getattr(self, name)!r:.60} is none of {', '.join(known[name])}" for name in wrong}
            raise DialectError(Problem("unknown-word", name, message, "dialect", self.name) for name, message in messages.items())

    def __reduce__(self) -> tuple[Any, ...] | str:
        """Ours pickle by name, others by their choices; the plan is compiled anew, the schema of a Pod is at hand everywhere."""
        if any(self is ours for ours in (COMPOSE, APPLY, STRATEGIC)):
            return self.name
        choices = {choice.name: getattr(self, choice.name) for choice in fields(self) if choice.init}
        choices |= {"keys": dict(self.keys), "lists": dict(self.lists)}
        if self.schema is POD:
            del choices["schema"]
        return (_restored, (choices,))

    def plan(self) -> Plan:
        """
        The dialect compiled, once.

        Raises: DialectError: every type, field, path or strategy named here that does not exist.
        """
        if self._plans == []:
            self._plans.append(compile_plan(self, _DEEPMERGE))
        return self._plans[0]


def _names(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _restored(choices: dict[str, Any]) -> Dialect:
    return Dialect(**{"schema": POD, **choices})


class _Deepmerge:
    """deepmerge's list strategies, imported when a dialect first uses one."""

    #: Our names, and deepmerge's where they differ.
    names: Mapping[str, str] = {
        "append": "append",
        "prepend": "prepend",
        "append_unique": "append_unique",
        "override": "override",
        "replace": "override",
    }

    def named(self, name: str) -> Strategy:
        """deepmerge's strategy of that name."""
        from deepmerge.strategy.list import ListStrategies

        strategy: Strategy = getattr(ListStrategies, f"strategy_{self.names[name]}")
        return strategy

    def merger(self) -> Any:
        """The merger whose `value_strategy` a strategy may call for what lies deeper."""
        from deepmerge import always_merger

        return always_merger


_DEEPMERGE = _Deepmerge()


def _apply_atomic() -> frozenset[str]:
    """The maps and structs that server-side apply replaces whole."""
    fields = (
        f"{struct}.{name}"
        for struct, fields in POD.types.items()
        for name, known in fields.items()
        if known.merge == "atomic" and known.kind in ("map", "struct")
    )
    return POD.atomic | frozenset(fields)


#: Maps merged as strategic merge patch does, lists as server-side apply does; one-ofs switch; nothing silent. The default.
COMPOSE = Dialect(name="COMPOSE", schema=POD)

#: Server-side apply's merge.
APPLY = replace(COMPOSE, name="APPLY", atomic=_apply_atomic(), one_ofs="set", repeated="keep", scalars="apply")

#: kubectl's strategic merge patch to the letter, quirks included.
STRATEGIC = replace(
    COMPOSE, name="STRATEGIC", engine="strategic", one_ofs="never", repeated="keep", scalars="apply", unknown="keep"
)


def keeping(dialect: Dialect, unknown: Literal["error", "keep"] | None) -> Dialect:
    """
    A dialect with another word on unknown fields; None leaves it as it is.

    >>> keeping(COMPOSE, "keep").unknown, keeping(COMPOSE, None) is COMPOSE
    ('keep', True)
    """
    given: Any = dialect
    if not isinstance(given, Dialect):
        message = f"a dialect is COMPOSE, APPLY, STRATEGIC or made of one of them, not {a(type(given).__name__)}"
        raise DialectError([Problem("wrong-type", "", message, "dialect")])
    if unknown is None or unknown == dialect.unknown:
        return dialect
    word: Any = unknown
    if word not in ("error", "keep"):
        raise DialectError([Problem("unknown-word", "unknown", f"{unknown!r:.60} is none of error, keep", "dialect", dialect.name)])
    return _keeping(dialect, unknown)


@lru_cache(maxsize=32)
def _keeping(dialect: Dialect, unknown: Literal["error", "keep"]) -> Dialect:
    return replace(dialect, name=f"{dialect.name}, unknown={unknown}", unknown=unknown)
