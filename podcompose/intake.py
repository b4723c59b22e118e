"""
What comes in: a V1Pod, a mapping or a text becomes a document, a manifest that knows where each value was written.

Everything wrong with it is noted, not raised: the stage whose document it is raises once, with all there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from podcompose.core.json import Json, JsonMap, Marks, kind_of, snapshot
from podcompose.core.path import format_raw
from podcompose.errors import Finding, PodComposeError, Problem, RawPath, a

__all__ = [
    "Document",
    "Origin",
    "as_pod",
    "file_name",
    "from_text",
    "from_value",
    "model_name",
    "read_model",
    "read_text",
    "take",
    "wrong_kind",
]

_NO_MARKS: Marks = {}

#: Where a PodTemplate has its pod.
_WRAPPED = "template"

_CLIENTS = ("kubernetes", "kubernetes_asyncio")
_POD_MODELS = ("V1Pod", "V1PodTemplateSpec", "V1PodTemplate")


class Origin(NamedTuple):
    """Whose document something is: the stage, its name and its file."""

    stage: str
    who: str = ""
    source: str | None = None

    def problem(self, finding: Finding, marks: Marks) -> Problem:
        """A finding with its place in the text, and how to quote what was written there."""
        line, column, suggestion = finding.line, finding.column, finding.suggestion
        mark = _mark(finding.raw, marks)
        if line is None and mark is not None:
            line, column = (mark.key_line, mark.key_column) if finding.at_key else (mark.line, mark.column)
            if (
                finding.code == "wrong-type"
                and mark.text is not None
                and suggestion is not None
                and suggestion.startswith("quote it")
            ):
                suggestion = f'quote it: "{mark.text}"'
        path = finding.path if finding.path != "" else format_raw(finding.raw)
        return Problem(finding.code, path, finding.message, self.stage, self.who, self.source, line, column, suggestion)

    def problems(self, found: Iterable[Finding], marks: Marks) -> list[Problem]:
        """All findings of a document."""
        return [self.problem(finding, marks) for finding in found]


def _mark(raw: RawPath, marks: Marks) -> Any:
    """The mark of a path, or of the nearest thing around it that was written."""
    if not marks:
        return None
    for length in range(len(raw), -1, -1):
        if raw[:length] in marks:
            return marks[raw[:length]]
    return None


class Document(NamedTuple):
    """A manifest as it came in, whole or partial, that nothing outside shares."""

    value: Json
    marks: Marks = _NO_MARKS
    found: tuple[Finding, ...] = ()


def from_value(value: object) -> Document:
    """
    The document of a V1Pod or a mapping that stands for a pod.

    >>> from_value({"spec": {}}).value
    {'spec': {}}
    """
    return as_pod(take(value))


def take(value: object) -> Document:
    """
    The document of a V1Pod or a mapping, whatever kind it says it is.

    >>> take(7).found[0].message
    'a pod is a V1Pod or a mapping, not an int'
    """
    found: list[Finding] = []
    name = model_name(value)
    if name is not None:
        manifest: Json = read_model(value, found)
        if name not in _POD_MODELS:
            found.append(Finding("bad-kind", ".", f"a pod is wanted, not {a(name)}", "wrap it in a V1Pod"))
        return Document({"kind": "PodTemplate", **manifest} if name == "V1PodTemplate" else manifest, {}, tuple(found))
    if not isinstance(value, Mapping):
        message = f"a pod is a V1Pod or a mapping, not {a(type(value).__name__)}"
        return Document({}, {}, (Finding("bad-kind", ".", message, _other_way(value)),))
    return Document(snapshot(value, found), {}, tuple(found))


def read_model(value: Any, found: list[Finding]) -> JsonMap:
    """A typed pod as wire JSON; what its own code raises is a finding."""
    from podcompose.models import from_model

    try:
        return from_model(value, found)
    except Exception as error:  # a stranger's objects among the pod's
        found.append(Finding("not-json", ".", f"this {type(value).__name__} cannot be read: it raised {a(type(error).__name__)}"))
        return {}


def model_name(value: object) -> str | None:
    """The client's name for what a typed object is; None for anything else."""
    names = (kind.__name__ for kind in type(value).__mro__ if kind.__module__.partition(".")[0] in _CLIENTS)
    return next((name for name in names if name[:1] == "V"), None)


def _other_way(value: object) -> str | None:
    if value is None:
        return "to say nothing, leave it out or write {}"
    return (
        "read text with from_yaml, a file with from_file"
        if isinstance(value, (str, bytes)) or hasattr(type(value), "__fspath__")
        else None
    )


def from_text(text: object) -> Document:
    """
    The document of a YAML or JSON text.

    >>> from_text("spec: {hostNetwork: false}").value
    {'spec': {'hostNetwork': False}}
    """
    from podcompose.yaml.reader import read

    if not isinstance(text, (str, bytes)):
        return Document({}, {}, (Finding("bad-kind", "", f"text is a str or bytes, not {a(type(text).__name__)}"),))
    document = read(text)
    return as_pod(Document(document.value, document.marks, tuple(document.found)))


def label(name: object) -> str | None:
    """A name or source as plain text, a path included; None where there is none."""
    if name is None or type(name) is str:
        return name
    return str.__str__(name) if isinstance(name, str) else file_name(name)


def file_name(path: object) -> str:
    """A path as text; what is no path becomes one that no file has."""
    try:
        name = os.fspath(path)  # type: ignore[call-overload] # what it is not made for is an answer too
        return str.__str__(name) if isinstance(name, str) else os.fsdecode(name)
    except Exception:  # a stranger's code, or no path
        return f"<{type(path).__name__}>"


def read_text(path: str, origin: Origin, error: type[PodComposeError]) -> bytes:
    """
    A file's bytes.

    Raises: `error`, where it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError, TypeError) as cause:
        message = f"cannot be read: {getattr(cause, 'strerror', None) or cause}"
        raise error([Problem("unreadable", "", message, origin.stage, origin.who, origin.source)]) from cause


def as_pod(document: Document) -> Document:
    """A document of kind Pod, or without a kind, as it is; of kind PodTemplate, the pod inside; anything else is a finding."""
    value = document.value
    if type(value) is not dict:
        if document.found != ():
            return Document({}, document.marks, document.found)
        return _refused(document, Finding("bad-kind", ".", f"a pod is a map, got {kind_of(value)}", _unlisted(value)))
    kind, version = value.get("kind"), value.get("apiVersion")
    if kind not in (None, "Pod", "PodTemplate"):
        spec = value.get("spec")
        where = spec if type(spec) is dict else {}
        hint = "take its `.spec.template`" if _WRAPPED in where else None
        hint = "write `Pod`" if type(kind) is str and kind.lower() == "pod" else hint
        return _refused(
            document, Finding("bad-kind", ".kind", f"a Pod or a PodTemplate is wanted, not {_named(kind)}", hint, ("kind",))
        )
    if version not in (None, "v1"):
        message = f"a {kind or 'Pod'} is of apiVersion v1, not {_named(version)}"
        document = _with(document, Finding("bad-kind", ".apiVersion", message, None, ("apiVersion",)))
    return _unwrapped(document) if kind == "PodTemplate" else document


def wrong_kind(manifest: Json) -> list[Finding]:
    """
    What a finished pod says of itself that it is not.

    >>> [finding.path for finding in wrong_kind({"kind": "Job"})]
    ['.kind']
    """
    wanted = {"kind": "Pod", "apiVersion": "v1"}
    if type(manifest) is not dict:
        return []
    wrong = {name: manifest[name] for name in wanted if name in manifest and manifest[name] not in (None, wanted[name])}
    return [
        Finding("bad-kind", f".{name}", f"a pod is of {name} {wanted[name]}, not {_named(value)}") for name, value in wrong.items()
    ]


def _refused(document: Document, finding: Finding) -> Document:
    return Document({}, document.marks, (*document.found, finding))


def _with(document: Document, finding: Finding) -> Document:
    return Document(document.value, document.marks, (*document.found, finding))


def _named(value: Json) -> str:
    return value if type(value) is str and value != "" else repr(value)[:60]


def _unlisted(value: Json) -> str | None:
    return "it is a list of one: leave out the `- `" if type(value) is list and len(value) == 1 else None


def _unwrapped(document: Document) -> Document:
    value: JsonMap = document.value
    inner = value.get(_WRAPPED)
    strays = [name for name in value if name not in ("apiVersion", "kind", "metadata", _WRAPPED)]
    for name in strays:
        finding = Finding(
            "unknown-field", f".{name}", f"a PodTemplate has no field `{name:.60}`", "the pod is under `template`", (name,), True
        )
        document = _with(document, finding)
    if type(inner) is not dict:
        finding = Finding(
            "wrong-type", f".{_WRAPPED}", "a PodTemplate holds a pod's metadata and spec under `template`", None, (_WRAPPED,)
        )
        return _refused(document, finding)
    head = {"apiVersion": "v1", "kind": "Pod"}
    marks = {raw[1:]: mark for raw, mark in document.marks.items() if raw[:1] == (_WRAPPED,)}
    marks.update({raw: mark for raw, mark in document.marks.items() if raw in (("apiVersion",), ("kind",), ())})
    return Document({**head, **inner}, marks, document.found)
