"""The merge by engines: what a dialect does to an original and a patch that are wire JSON already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, ParamSpec, Protocol, TypeAlias, TypeVar

from podcompose.core.json import Json, JsonMap, copy, kind_of, snapshot
from podcompose.core.maps import Struct
from podcompose.core.path import parse_path
from podcompose.core.schema import Schema
from podcompose.core.select import reach
from podcompose.core.walk import Index, Walk
from podcompose.errors import Finding, PathError

__all__ = ["Checked", "Dialect", "Laid", "check", "lay", "plainly"]

P = ParamSpec("P")
R = TypeVar("R")


class Merger(Protocol):
    """What a `deepmerge.Merger` looks like."""

    def merge(self, base: Any, nxt: Any) -> Any:
        """Merge `nxt` into `base`, which it may write to."""


Engine: TypeAlias = "Literal['structural', 'strategic'] | Merger"


class Dialect(Protocol):
    """What the engines ask of a dialect."""

    @property
    def schema(self) -> Schema: ...
    @property
    def engine(self) -> Engine: ...
    @property
    def repeated(self) -> Literal["error", "keep"]: ...
    @property
    def unknown(self) -> Literal["error", "keep"]: ...
    def plan(self) -> Struct:
        """The dialect compiled."""


class Checked(NamedTuple):
    """An original that was judged once, ready to be laid over many times. Nothing ever writes to it."""

    manifest: JsonMap
    indexes: Mapping[int, Index]
    #: Whether it holds a float that two JSON encoders may spell differently.
    exponents: bool
    found: list[Finding]
    #: Whether the manifest is not, to the letter, what was judged.
    changed: bool = False


class Laid(NamedTuple):
    """What a patch made of an original; it may share what did not change with it."""

    manifest: JsonMap
    exponents: bool
    found: list[Finding]


def plainly(judge: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R | None:
    """
    Judge a mapping that may hold anything; None where its own code raises, or naming what is wrong with it does.

    It is judged where it stands, which is right for most. Whoever gets None, or findings, takes a snapshot and asks again.
    """
    try:
        return judge(*arguments, **named)
    except Exception:  # a stranger's objects: whatever they raise is found by the snapshot
        return None


def check(original: Json, dialect: Dialect) -> Checked:
    """
    Judge wire JSON as an original of this dialect; a structural one is copied on the way.
    """
    if dialect.engine == "strategic":
        return Checked(original, {}, True, []) if type(original) is dict else Checked({}, {}, True, [_no_map(original)])
    indexes: dict[int, Index] = {}
    walk = Walk(
        keep_unknown=dialect.unknown == "keep",
        repeats=dialect.repeated == "keep",
        recorded=indexes,
        no_directive="a directive belongs into an override, there is nothing to act on here",
    )
    manifest = dialect.plan().check(original, None, walk)
    if walk.found != []:
        # What is wrong is merged with by nobody; the patch can still be judged alone, over nothing.
        return Checked({}, {}, False, _in_order(walk.found, original))
    return Checked(manifest, indexes, walk.exponents, walk.found, walk.changed)


def lay(original: JsonMap, patch: Json, dialect: Dialect, indexes: Mapping[int, Index]) -> Laid:
    """Lay a patch over an original that `check` has returned, or that `lay` has made of one; `indexes` are the check's."""
    engine = dialect.engine
    if engine == "structural":
        walk = Walk(keep_unknown=dialect.unknown == "keep", indexes=indexes)
        manifest = dialect.plan().merge(original, patch, None, walk)
        return Laid(manifest, walk.exponents, walk.found if walk.found == [] else _in_order(walk.found, patch))
    if type(patch) is not dict:
        return Laid(original, True, [_no_map(patch)])
    if engine == "strategic":
        from podcompose.core.strategic import strategic_merge  # an engine of its own, for those who ask for it

        found: list[Finding] = []
        return Laid(strategic_merge(original, patch, dialect.schema, found), True, found)
    return _stranger(engine, original, patch, dialect)


def _stranger(merger: Merger, original: JsonMap, patch: JsonMap, dialect: Dialect) -> Laid:
    """A merger of someone else's, which may write into what it is given and return anything."""
    found: list[Finding] = []
    try:
        merged = snapshot(merger.merge(copy(original), copy(patch)), found)
    except Exception as error:  # whatever a stranger's code raises is its finding
        return Laid(original, True, [Finding("merger-failed", ".", f"{merger!r:.80} raised {type(error).__name__}: {error}")])
    unread = "the dialect's engine does not act on directives"
    walk = Walk(keep_unknown=dialect.unknown == "keep", repeats=True, recorded={}, no_directive=unread)
    checked = dialect.plan().check(merged, None, walk)
    return Laid(checked, True, found + [_in_patch(finding, patch, dialect.schema) for finding in walk.found])


def _in_patch(finding: Finding, patch: JsonMap, schema: Schema) -> Finding:
    """A finding in what an engine made, at the place in the patch that it comes from: there is its line."""
    try:
        return finding._replace(raw=reach(patch, parse_path(finding.path), schema))
    except PathError:  # a key that cannot be printed
        return finding._replace(raw=())


def _in_order(found: list[Finding], document: Json) -> list[Finding]:
    """Findings in the order of the document they were found in."""

    def places(finding: Finding) -> list[int]:
        value, steps = document, list[int]()
        for step in finding.raw:
            if type(value) is dict and step in value:
                steps.append(list(value).index(step))
            elif type(value) is list and type(step) is int and step < len(value):
                steps.append(step)
            else:
                break
            value = value[step]
        return steps

    return sorted(found, key=places)


def _no_map(value: Json) -> Finding:
    return Finding("wrong-type", ".", f"a pod is a map, got {kind_of(value)}")
