"""
Starters: worker pods to begin with, as templates with comments, made for a release, an image, a repository by parameters.

The data files are whole pods that can be read and copied as they are. A choice (Airflow 2, git-sync 3, an SSH key) lays a part
over them, a value is an override; nothing here is text with holes in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from podcompose.airflow.starters.kinds import Value
from podcompose.airflow.starters.outlines import OUTLINES, PARTS, Outline, Part
from podcompose.airflow.starters.parameters import Parameter, Place
from podcompose.airflow.starters.reading import read_parameters, unused
from podcompose.compose import compose
from podcompose.composition import Composition
from podcompose.core import hints
from podcompose.core.json import Json, JsonMap
from podcompose.core.path import Key, Path, parse_path
from podcompose.core.select import locate, resolve
from podcompose.errors import Problem, TemplateError, UnknownTemplateError
from podcompose.override import Override
from podcompose.schema.pod import POD
from podcompose.template import Template

__all__ = ["STARTERS", "Parameter", "Starter", "starter", "starter_parameters"]

#: The starters, and what each is in one line.
STARTERS: Mapping[str, str] = MappingProxyType({name: outline.description for name, outline in OUTLINES.items()})


@dataclass(frozen=True, slots=True)
class Starter:
    """A starter with its parameters filled in: as text with comments, and as a template."""

    name: str
    text: str = field(repr=False)
    #: The value of every parameter; None where there is none.
    values: Mapping[str, Value | None] = field(compare=False)
    #: Read from `text`.
    template: Template = field(compare=False, repr=False)
    #: How it came about: its `explain` says which part and which parameter set what.
    composition: Composition = field(compare=False, repr=False)


def starter(name: str, /, **given: Any) -> Starter:
    """
    A worker pod to begin with; names and parameters are written with dashes or underscores.

    Raises: UnknownTemplateError: no starter has that name; TemplateError: every parameter that is unknown, wrong or of no use.
    Source: podcompose.airflow.starters.parameters says where the facts are from.

    >>> made = starter("git_sync", release="prod", repo="git@git.example.com:team/dags.git", ssh_secret="dags-key")
    >>> made.template.manifest["spec"]["serviceAccountName"]
    'prod-worker-serviceaccount'
    >>> starter("git-sync", branch="main", git_sync=5)
    Traceback (most recent call last):
        ...
    podcompose.errors.TemplateError: 2 problems:
      it has no parameter 'branch' (starter git_sync); did you mean 'ref'?
      git-sync: expected one of 3, 4, got '5' (starter git_sync)
    """
    name, outline = _outline(name)
    values = read_parameters(name, outline, given)
    composition, comments = _composed(name, outline, values)
    stray = [
        one for one in outline.parameters if _is_given(one, given) and one.places != () and not _settings(one, values, composition)
    ]
    if stray != []:
        raise TemplateError([unused(name, one) for one in stray])
    from podcompose.yaml.keyed import write_keyed

    text = write_keyed(composition.manifest, comments)
    return Starter(name, text, values, Template.from_yaml(text, f"{name}.yaml", name=name), composition)


def starter_parameters(name: str) -> tuple[Parameter, ...]:
    """
    What can be said about a starter.

    Raises: UnknownTemplateError.

    >>> [one.name for one in starter_parameters("dags_in_volume")][-2:]
    ['claim', 'subpath']
    """
    return _outline(name)[1].parameters


def _outline(name: str) -> tuple[str, Outline]:
    known = name.replace("-", "_") if isinstance(name, str) else f"<{type(name).__name__}>"
    if known in OUTLINES:
        return known, OUTLINES[known]
    guess = hints.close(known, OUTLINES)
    message = f"there is no starter {name!r:.80}; there are: {hints.listed(OUTLINES)}"
    raise UnknownTemplateError(
        [Problem("unknown-template", "", message, suggestion=None if guess is None else f"did you mean {guess!r}?")]
    )


def _is_given(parameter: Parameter, given: Mapping[str, Any]) -> bool:
    return any(name.replace("-", "_") == parameter.name and value is not None for name, value in given.items())


def _composed(name: str, outline: Outline, values: Mapping[str, Value | None]) -> tuple[Composition, dict[Path, str]]:
    """The pod of these values, and the comments of all that went into it."""
    from podcompose.yaml.keyed import keyed_comments

    text = _data(f"{name}.yaml")
    template = Template.from_yaml(text, f"{name}.yaml", name=name)
    files = {part.file: _data("parts", part.file) for part in PARTS if _is_wanted(part, values)}
    parts = [Override.from_yaml(part, file.removesuffix(".yaml"), file) for file, part in files.items()]
    shape = compose(template, *parts)
    settings = [setting for one in outline.parameters for setting in _settings(one, values, shape)]
    comments = {path: comment for part in files.values() for path, comment in keyed_comments(part).items() if path != ()}
    return compose(template, *parts, *settings), {**keyed_comments(text), **comments}


def _is_wanted(part: Part, values: Mapping[str, Value | None]) -> bool:
    chosen = all(values.get(name) == value for name, value in part.chosen.items())
    return chosen and (part.given is None or values.get(part.given) is not None)


def _settings(parameter: Parameter, values: Mapping[str, Value | None], shape: Composition) -> list[Override]:
    """A parameter's value as an override of every place that is there for it."""
    value = values[parameter.name]
    if value is None:
        return []
    return [
        Override(_patch(path, _filled(place, value)), name=f"{parameter.name.replace('_', '-')}={value}")
        for place, path in _places(parameter, shape.manifest)
    ]


def _places(parameter: Parameter, manifest: JsonMap) -> Iterator[tuple[Place, Path]]:
    for place in parameter.places:
        path = resolve(parse_path(place.path), POD)
        if locate(manifest, path[:-1], POD) is not None:
            yield place, path


def _filled(place: Place, value: Value) -> Json:
    return _form(place.form, str(value) if place.is_text else value)


def _form(form: Json, value: Value) -> Json:
    """A form with the value in place of `{}`: alone as it is, within text as text."""
    if type(form) is dict:
        return {name: _form(entry, value) for name, entry in form.items()}
    if type(form) is list:
        return [_form(entry, value) for entry in form]
    if type(form) is not str:
        return form
    return value if form == "{}" else form.replace("{}", str(value))


def _patch(path: Path, value: Json) -> JsonMap:
    """The mapping that sets one path and mentions nothing else."""
    patch: Json = value
    for segment in reversed(path):
        patch = [{**dict(segment.fields), **patch}] if isinstance(segment, Key) else {str(segment): patch}
    result: JsonMap = patch
    return result


def _data(*names: str) -> str:
    """The text of a file that came with this package."""
    from importlib import resources

    return resources.files(__name__).joinpath(*names).read_text(encoding="utf-8")
