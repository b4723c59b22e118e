"""Overrides: what a user lays over the template, as a storable value."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from podcompose.core.json import Json, JsonMap, Mark, copy, kind_of, same, snapshot
from podcompose.core.path import Path, parse_path
from podcompose.core.select import not_deletable, resolve
from podcompose.errors import Finding, OverrideError, PathError, Problem
from podcompose.intake import Document, Origin, as_pod, file_name, from_text, from_value, label, read_text
from podcompose.schema.pod import POD

__all__ = ["Override", "as_override"]

#: patch: merged by the dialect; json-patch: RFC 6902; merge-patch: RFC 7396.
Kind = Literal["patch", "json-patch", "merge-patch"]
_KINDS = ("patch", "json-patch", "merge-patch")


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Override:
    """
    What one person changes of a pod: a V1Pod, or a mapping in wire form, of which only what it mentions counts.

    `delete` names what shall be gone, by path and list key; it acts before the value is laid over. A mapping can say the same
    with null and `$patch: delete`; a V1Pod, whose None means "not set", cannot.
    Raises: OverrideError.

    >>> override = Override({"spec": {"nodeSelector": {"gpu": "yes"}}}, name="team-a", delete=[".metadata.labels.tier"])
    >>> Override.from_dict(override.to_dict()) == override
    True
    """

    name: str
    source: str | None
    kind: Kind
    delete: tuple[str, ...]
    #: `override`, or `hook` where an admin's hook is data.
    stage: str = field(repr=False)
    paths: tuple[Path, ...] = field(repr=False)
    #: The document, or a plain mapping packed: it is asked for only when somebody wants an explanation.
    _content: Document | bytes = field(repr=False)

    def __init__(self, value: Any = None, name: str = "", source: str | None = None, delete: Iterable[str] = ()) -> None:
        self._set(from_value({} if value is None else value), name, source, "patch", delete)

    def _set(self, document: Document, name: str, source: str | None, kind: Kind, delete: Iterable[str] = ()) -> None:
        name, source = label(name) or "", label(source)
        deleted, odd = _texts(delete)
        paths: tuple[Path, ...] = ()
        if document.found != () or deleted != () or odd != ():
            origin = Origin("override", name, source)
            problems = origin.problems((*document.found, *odd), document.marks)
            paths = tuple(_resolved(deleted, origin, problems))
            if problems != []:
                raise OverrideError(problems)
        self._keep(document, name, source, kind, deleted, paths)

    def _keep(
        self, content: Document | bytes, name: str, source: str | None, kind: Kind, delete: tuple[str, ...], paths: tuple[Path, ...]
    ) -> None:
        set_once = object.__setattr__
        set_once(self, "name", name)
        set_once(self, "source", source)
        set_once(self, "kind", kind)
        set_once(self, "delete", delete)
        set_once(self, "stage", "override")
        set_once(self, "paths", paths)
        set_once(self, "_content", content)

    @classmethod
    def _of(cls, document: Document, name: str, source: str | None, kind: Kind, delete: Iterable[str] = ()) -> Override:
        override = object.__new__(cls)
        override._set(document, name, source, kind, delete)
        return override

    @classmethod
    def packed(cls, value: JsonMap) -> Override | None:
        """A mapping that somebody else judges, kept as it stands now; None where it is not plain, or no pod's."""
        try:
            content = marshal.dumps(value)
        except ValueError:
            return None
        if value.get("kind") not in (None, "Pod") or value.get("apiVersion") not in (None, "v1"):
            return None
        override = object.__new__(cls)
        override._keep(content, "", None, "patch", (), ())
        return override

    def at_stage(self, stage: str) -> Override:
        """The same, said at another stage."""
        override = object.__new__(Override)
        override._keep(self._content, self.name, self.source, self.kind, self.delete, self.paths)
        object.__setattr__(override, "stage", stage)
        return override

    @property
    def document(self) -> Document:
        """What was written, with its lines. Shared: never write to it."""
        content = self._content
        return Document(marshal.loads(content)) if type(content) is bytes else content  # type: ignore[return-value] # else: a Document

    @classmethod
    def from_yaml(cls, text: str | bytes, name: str = "", source: str | None = None, *, delete: Iterable[str] = ()) -> Override:
        """Read an override from YAML or JSON text, nulls and directives included."""
        return cls._of(from_text(text), name, source, "patch", delete)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], name: str = "", *, delete: Iterable[str] = ()) -> Override:
        """Read an override from a YAML or JSON file."""
        source = file_name(path)
        return cls.from_yaml(read_text(source, Origin("override", name, source), OverrideError), name, source, delete=delete)

    @classmethod
    def json_patch(cls, ops: Any, name: str = "", source: str | None = None) -> Override:
        """
        An RFC 6902 JSON patch: a list of operations, or its JSON or YAML text.

        >>> Override.json_patch([{"op": "add", "path": "/spec/hostNetwork", "value": False}]).kind
        'json-patch'
        """
        return cls._of(_operations(_raw(ops)), name, source, "json-patch")

    @classmethod
    def merge_patch(cls, obj: Any, name: str = "", source: str | None = None) -> Override:
        """
        An RFC 7396 merge patch: maps merge, null deletes, lists are replaced whole.

        >>> Override.merge_patch({"spec": {"tolerations": None}}).kind
        'merge-patch'
        """
        return cls._of(_merge_patch(_raw(obj)), name, source, "merge-patch")

    @property
    def value(self) -> Json:
        """What was written, as wire JSON; a copy, the caller's to keep."""
        return copy(self.document.value)

    @property
    def origin(self) -> Origin:
        """What errors and explanations call this override."""
        return Origin(self.stage, self.name, self.source)

    def __eq__(self, other: object) -> bool:
        """Equal in all that `to_dict` stores."""
        return same(self.to_dict(), other.to_dict()) if isinstance(other, Override) else NotImplemented

    def __hash__(self) -> int:
        """Equal overrides have equal names, sources and kinds."""
        return hash((self.name, self.source, self.kind, self.delete))

    def to_dict(self) -> JsonMap:
        """
        Everything there is to it, as JSON.

        >>> Override({"spec": {}}, name="team-a").to_dict()
        {'kind': 'patch', 'name': 'team-a', 'source': None, 'value': {'spec': {}}, 'delete': [], 'marks': []}
        """
        marks = [[list(raw), *mark] for raw, mark in self.document.marks.items()]
        return {
            "kind": self.kind,
            "name": self.name,
            "source": self.source,
            "value": self.value,
            "delete": list(self.delete),
            "marks": marks,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Override:
        """
        The override that `to_dict` stored.

        Raises: OverrideError, where it is something else.
        """
        found: list[Finding] = []
        plain = snapshot(stored, found)
        if found != [] or not _is_stored(plain):
            raise OverrideError(
                [Problem("bad-kind", "", "this is no stored override", "override", suggestion="store what to_dict returns")]
            )
        marks = {tuple(raw): Mark(*mark) for raw, *mark in plain.get("marks", [])}
        document = _READ[plain["kind"]](Document(plain["value"], marks))
        return cls._of(document, plain.get("name", ""), plain.get("source"), plain["kind"], plain.get("delete", []))


def _is_stored(plain: Json) -> bool:
    """Whether this has the shape of what `to_dict` returns; what is left out is as it is by default."""
    if type(plain) is not dict or plain.get("kind") not in _KINDS or "value" not in plain:
        return False
    marks, delete = plain.get("marks", []), plain.get("delete", [])
    return (
        type(plain.get("name", "")) is str
        and type(plain.get("source")) in (str, type(None))
        and type(delete) is list
        and all(type(path) is str for path in delete)
        and type(marks) is list
        and all(map(_is_mark, marks))
    )


def _is_mark(stored: Json) -> bool:
    if type(stored) is not list or len(stored) not in (5, 6) or type(stored[0]) is not list:
        return False
    raw, places, text = stored[0], stored[1:5], stored[5:]
    return (
        all(type(step) in (str, int) for step in raw)
        and all(type(place) is int for place in places)
        and all(type(one) in (str, type(None)) for one in text)
    )


def _texts(delete: Iterable[str]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The paths to delete, and what is wrong with the argument itself."""
    if type(delete) is tuple and len(delete) == 0:
        return (), ()
    try:
        deleted = (delete,) if isinstance(delete, str) else tuple(delete)
        wrong = next((type(one).__name__ for one in deleted if type(one) is not str), None)
    except Exception:  # nothing to walk over, or a stranger's code
        deleted, wrong = (), type(delete).__name__
    if wrong is None:
        return deleted, ()
    return (), (Finding("bad-path", "delete", f"`delete` takes paths as strings, not a {wrong}"),)


def _resolved(delete: Iterable[str], origin: Origin, problems: list[Problem]) -> Iterable[Path]:
    for text in delete:
        try:
            path = resolve(parse_path(text), POD)
            message = not_deletable(path)
            if message is not None:
                raise PathError([Problem("bad-path", text, message)])
            yield path
        except PathError as error:
            for problem in error.problems:
                problems.append(
                    origin.problem(Finding(problem.code, f"delete={problem.path:.100}", problem.message, problem.suggestion), {})
                )


def _raw(value: Any) -> Document:
    """A document that is no pod: operations, or a merge patch."""
    if isinstance(value, (str, bytes)):
        from podcompose.yaml.reader import read

        text = read(value)
        return Document(text.value, text.marks, tuple(text.found))
    if not isinstance(value, (list, tuple, Mapping)):
        pod = from_value(value)
        return Document(pod.value, pod.marks, pod.found)
    found: list[Finding] = []
    return Document(snapshot(value, found), {}, tuple(found))


def _merge_patch(document: Document) -> Document:
    if type(document.value) is dict or document.found != ():
        return document
    finding = Finding("wrong-type", ".", f"a merge patch of a pod is a map, got {kind_of(document.value)}")
    return Document({}, document.marks, (finding,))


def _operations(document: Document) -> Document:
    found = list(document.found)
    if type(document.value) is not list:
        if found == []:
            found.append(Finding("bad-operation", ".", f"a JSON patch is a list of operations, got {kind_of(document.value)}"))
        return Document([], document.marks, tuple(found))
    for place, operation in enumerate(document.value):
        if type(operation) is not dict or type(operation.get("op")) is not str or type(operation.get("path")) is not str:
            message = f"operation {place} needs an `op` and a `path`"
            found.append(
                Finding(
                    "bad-operation", f"[{place}]", message, 'write {"op": "replace", "path": "/spec/...", "value": ...}', (place,)
                )
            )
    return Document(document.value, document.marks, tuple(found))


_READ: Mapping[str, Callable[[Document], Document]] = {"patch": as_pod, "json-patch": _operations, "merge-patch": _merge_patch}


def as_override(value: Any, name: str = "") -> Override:
    """
    An Override as it is; a V1Pod or a mapping as one.

    Raises: OverrideError.
    """
    if isinstance(value, Override):
        return value
    return Override._of(from_value(value), name, None, "patch")
