"""Templates: the admin's base pods, read and judged once, and catalogs of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from podcompose.core import hints
from podcompose.core.json import Json, JsonMap, Marks, copy, same
from podcompose.core.merge import Checked, check, plainly
from podcompose.dialect import COMPOSE, Dialect, keeping
from podcompose.errors import Problem, TemplateError, UnknownTemplateError, a
from podcompose.intake import Document, Origin, as_pod, file_name, from_text, from_value, label, read_text

__all__ = ["Catalog", "Template", "main_container"]

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class Template:
    """
    The admin's base pod, judged once and reused for any number of compositions. Immutable.

    Shapes: a whole or partial `Pod`, or a `PodTemplate`, whose pod is taken.
    Raises: TemplateError: every problem, with line and column where the template is text.

    >>> template = Template.from_yaml("spec: {containers: [{name: base, image: busybox}]}")
    >>> template.main_container
    'base'
    """

    __slots__ = ("_checked", "_document", "name", "source")

    _document: Document
    _checked: dict[Dialect, Checked]
    name: str
    source: str | None

    def __init__(self, document: Document, name: str, source: str | None, dialect: Dialect, known: Checked | None = None) -> None:
        """Use `from_file`, `from_yaml` or `from_pod`."""
        set_once = object.__setattr__
        set_once(self, "name", label(name) or "")
        set_once(self, "source", label(source))
        set_once(self, "_document", document)
        set_once(self, "_checked", {} if known is None else {dialect: known})
        self.checked(dialect)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        name: str = "",
        dialect: Dialect = COMPOSE,
        unknown: Literal["error", "keep"] | None = None,
    ) -> Template:
        """Read a template from a YAML or JSON file."""
        source = file_name(path)
        return cls(
            from_text(read_text(source, Origin("template", name, source), TemplateError)), name, source, keeping(dialect, unknown)
        )

    @classmethod
    def from_yaml(
        cls,
        text: str | bytes,
        source: str | None = None,
        *,
        name: str = "",
        dialect: Dialect = COMPOSE,
        unknown: Literal["error", "keep"] | None = None,
    ) -> Template:
        """Read a template from YAML or JSON text; `source` is what errors call it."""
        return cls(from_text(text), name, source, keeping(dialect, unknown))

    @classmethod
    def from_pod(
        cls,
        pod: Any,
        source: str | None = None,
        *,
        name: str = "",
        dialect: Dialect = COMPOSE,
        unknown: Literal["error", "keep"] | None = None,
    ) -> Template:
        """Take a V1Pod, or a mapping in wire form, as a template."""
        dialect = keeping(dialect, unknown)
        if type(pod) is dict and dialect.engine == "structural":
            # Most mappings are plain and right, and the judge copies: nothing else need look at them.
            known = plainly(check, pod, dialect)
            document = as_pod(Document(known.manifest if known is not None else {}))
            if known is not None and known.found == [] and not known.changed and document == Document(known.manifest):
                return cls(document, name, source, dialect, known)
        return cls(from_value(pod), name, source, dialect)

    @property
    def manifest(self) -> JsonMap:
        """The pod as wire JSON; a copy, the caller's to keep."""
        manifest: JsonMap = copy(self._document.value)
        return manifest

    @property
    def main_container(self) -> str | None:
        """The container the annotation kubectl.kubernetes.io/default-container names, else the first; None if there is none."""
        return main_container(self._document.value)

    @property
    def marks(self) -> Marks:
        """Line and column of every value, where the template is text."""
        return self._document.marks

    @property
    def document(self) -> Document:
        """The pod as it came in. Shared: never write to it."""
        return self._document

    @property
    def origin(self) -> Origin:
        """What errors and explanations call this template."""
        return Origin("template", self.name, self.source)

    def checked(self, dialect: Dialect) -> Checked:
        """
        The template judged by a dialect, once for each.

        Raises: TemplateError.
        """
        known = self._checked.get(dialect)
        if known is None:
            found = list(self._document.found)
            known = check(self._document.value, dialect)
            # A value that is not JSON was noted when it came in; the schema would only say so again.
            found += known.found if found == [] else [finding for finding in known.found if finding.code != "wrong-type"]
            if found != []:
                raise TemplateError(self.origin.problems(found, self.marks))
            self._checked[dialect] = known
        return known

    def __setattr__(self, name: str, value: object) -> None:
        """Refused: a template does not change."""
        raise AttributeError(f"a Template does not change: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """A template pickles as what it was read from."""
        return (_restore, (self._document, self.name, self.source))

    def __eq__(self, other: object) -> bool:
        """Equal documents, names and sources."""
        if not isinstance(other, Template):
            return NotImplemented
        return (self.name, self.source) == (other.name, other.source) and same(self._document.value, other._document.value)

    __hash__ = None  # type: ignore[assignment] # a manifest has no cheap hash

    def __repr__(self) -> str:
        """Its name and source."""
        return f"Template(name={self.name!r}, source={self.source!r}, main_container={self.main_container!r})"


def _restore(document: Document, name: str, source: str | None) -> Template:
    template = object.__new__(Template)
    for slot, value in (("name", name), ("source", source), ("_document", document), ("_checked", {})):
        object.__setattr__(template, slot, value)
    return template


def main_container(manifest: JsonMap) -> str | None:
    """
    The name of a pod's main container: what kubectl takes when no container is named.

    >>> main_container({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}})
    'a'
    """
    containers, annotations = _inner(manifest, "spec", "containers"), _inner(manifest, "metadata", "annotations")
    names = [one.get("name") for one in containers if type(one) is dict] if type(containers) is list else []
    chosen = annotations.get(_DEFAULT_CONTAINER) if type(annotations) is dict else None
    if chosen in names and type(chosen) is str:
        return chosen
    return names[0] if names != [] and type(names[0]) is str else None


def _inner(manifest: JsonMap, outer: str, inner: str) -> Json:
    """A field of a field, whatever they are: STRATEGIC does not judge a manifest."""
    holder = manifest.get(outer)
    return holder.get(inner) if type(holder) is dict else None


class Catalog(Mapping[str, Template]):
    """
    Named templates, from a folder of YAML and JSON files or from a mapping.

    A file `gpu.yaml` is the template "gpu". All are read at once.
    Raises: TemplateError: every problem of every template.

    >>> catalog = Catalog({"small": {"spec": {}}, "gpu": {"spec": {}}})
    >>> catalog["gpx"]
    Traceback (most recent call last):
        ...
    podcompose.errors.UnknownTemplateError: there is no template 'gpx'; there are: gpu, small
    """

    def __init__(self, templates: str | os.PathLike[str] | Mapping[str, Any], *, dialect: Dialect = COMPOSE) -> None:
        problems: list[Problem] = []
        named: dict[str, Template] = {}
        for name, source in sorted(_named(templates).items()):
            try:
                named[name] = _template(name, source, dialect)
            except TemplateError as error:
                problems += error.problems
        if problems != []:
            raise TemplateError(problems)
        self._templates = named

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str], *, dialect: Dialect = COMPOSE) -> Catalog:
        """The templates of a folder."""
        return cls(folder, dialect=dialect)

    def __getitem__(self, name: str) -> Template:
        """The template of that name."""
        wanted = name if isinstance(name, str) else f"<{type(name).__name__}>"
        if wanted in self._templates:
            return self._templates[wanted]
        guess = hints.close(wanted, self._templates)
        message = f"there is no template {wanted!r}; there are: {hints.listed(self._templates) or 'none'}"
        suggestion = None if guess is None or len(self._templates) < 9 else f"did you mean {guess!r}?"
        raise UnknownTemplateError([Problem("unknown-template", "", message, suggestion=suggestion)])

    def __iter__(self) -> Iterator[str]:
        """The names, sorted."""
        return iter(self._templates)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._templates)


def _named(templates: str | os.PathLike[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(templates, Mapping):
        return _by_name(templates)
    from pathlib import Path

    folder = file_name(templates)
    try:
        files = [path for path in sorted(Path(folder).iterdir()) if _is_template(path)]
    except (OSError, ValueError) as cause:
        message = f"this folder cannot be read: {getattr(cause, 'strerror', None) or cause}"
        raise TemplateError([Problem("unreadable", "", message, "template", "", folder)]) from cause
    twice = [path for path in files if any(path.stem == other.stem and path != other for other in files)]
    if twice != []:
        names = hints.listed(path.name for path in twice)
        raise TemplateError([Problem("repeated-key", "", f"files of one name are one template: {names}", "template", "", folder)])
    return {path.stem: path for path in files}


def _is_template(path: Any) -> bool:
    return path.suffix in (".yaml", ".yml", ".json") and not path.name.startswith(".") and bool(path.is_file())


def _by_name(templates: Mapping[Any, Any]) -> Mapping[str, Any]:
    try:
        named = dict(templates.items())
        wrong = next(
            (f"the name of a template is a string, not {a(type(name).__name__)}" for name in named if type(name) is not str), None
        )
    except Exception as cause:  # a stranger's code
        named, wrong = {}, f"{a(type(templates).__name__)} that cannot be read: it raised {a(type(cause).__name__)}"
    if wrong is not None:
        raise TemplateError([Problem("bad-key", "", wrong, "template")])
    return named


def _template(name: str, source: Any, dialect: Dialect) -> Template:
    if isinstance(source, Template):
        return source
    if isinstance(source, (str, os.PathLike)):
        return Template.from_file(source, name=name, dialect=dialect)
    return Template.from_pod(source, name=name, dialect=dialect)
